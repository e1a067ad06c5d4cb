// The floor under a sweep: floor SWEEPS <PATHS reads every path (one a line) SWEEPS times through
// descriptors opened once, with no more than the kernel's own work in between, and prints what it
// cost as JSON: CPU seconds a sweep, resident bytes, files, and how many of them could not be read.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { spare = 64, buffer_size = 65536 };

// One share of the files. Descriptors beyond the limit need another descriptor table, and a thread
// can have its own; the shares take turns, so that one is read at a time.
struct share {
    pthread_t thread;
    char **paths;
    size_t count, failed;
    struct share *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct share *turn;
static int closing;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static double resident_bytes(void) {
    long size, resident;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm || fscanf(statm, "%ld %ld", &size, &resident) != 2) fail("/proc/self/statm");
    fclose(statm);
    return (double)resident * sysconf(_SC_PAGESIZE);
}

// False when there will be no other turn.
static int wait_for_turn(struct share *self) {
    while (turn != self && !closing) pthread_cond_wait(&changed, &lock);
    return !closing;
}

static void hand_on(struct share *self) {
    turn = self->next;
    pthread_cond_broadcast(&changed);
}

static void *read_share(void *argument) {
    static char buffer[buffer_size];
    struct share *self = argument;
    int *descriptors = malloc(self->count * sizeof *descriptors);
    if (!descriptors || unshare(CLONE_FILES) < 0) fail("floor: a descriptor table of its own");
    pthread_mutex_lock(&lock);
    for (size_t i = 0; wait_for_turn(self); i++) {
        self->failed = 0;
        for (size_t file = 0; file < self->count; file++) {
            if (i == 0) descriptors[file] = open(self->paths[file], O_RDONLY | O_CLOEXEC);
            if (descriptors[file] < 0 || pread(descriptors[file], buffer, buffer_size, 0) < 0)
                self->failed++;
        }
        hand_on(self);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

// One turn for every share; the first also opens the files.
static void sweep(struct share *shares) {
    hand_on(&(struct share){.next = shares});
    while (turn) pthread_cond_wait(&changed, &lock);
}

int main(int argc, char **argv) {
    long sweeps = argc == 2 ? atol(argv[1]) : 0;
    if (sweeps <= 0) return fprintf(stderr, "usage: floor SWEEPS <PATHS\n"), 64;

    char **paths = NULL, *line = NULL;
    size_t count = 0, room = 0, capacity = 0;
    for (ssize_t length; (length = getline(&line, &capacity, stdin)) > 0;) {
        if (line[length - 1] == '\n') line[length - 1] = 0;
        if (count == room && !(paths = realloc(paths, (room = 2 * room + 64) * sizeof *paths)))
            fail("floor");
        if (!(paths[count++] = strdup(line))) fail("floor");
    }
    if (!count) return fprintf(stderr, "floor: no paths on standard input\n"), 64;

    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) fail("floor: RLIMIT_NOFILE");
    size_t size = limit.rlim_cur > 2 * spare ? limit.rlim_cur - spare : spare;
    size_t number = (count + size - 1) / size;
    struct share *shares = calloc(number, sizeof *shares);
    if (!shares) fail("floor");

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < number; i++) {
        shares[i].paths = paths + i * size;
        shares[i].count = i + 1 < number ? size : count - i * size;
        shares[i].next = i + 1 < number ? &shares[i + 1] : NULL;
        if (pthread_create(&shares[i].thread, NULL, read_share, &shares[i])) fail("floor: thread");
    }
    sweep(shares);
    double before = cpu_seconds();
    for (long i = 0; i < sweeps; i++) sweep(shares);
    double spent = cpu_seconds() - before;
    double resident = resident_bytes();
    closing = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);

    size_t failed = 0;
    for (size_t i = 0; i < number; i++) {
        pthread_join(shares[i].thread, NULL);
        failed += shares[i].failed;
    }
    printf("{\"cpu_seconds_per_sweep\": %.9f, \"resident_bytes\": %.0f, \"files\": %zu, "
           "\"failed\": %zu}\n",
           spent / sweeps, resident, count, failed);
}
