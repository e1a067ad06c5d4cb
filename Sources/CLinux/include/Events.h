#pragma once
// Waiting for kernel notifications, and staying responsive when memory is short.

/// inotify_add_watch(2) for entries created, removed or renamed in a directory.
int cgw_watch_entries(int watch, const char *path);

/// inotify_add_watch(2) for changes to a file.
int cgw_watch_file(int watch, const char *path);

/// eventfd(2) with EFD_CLOEXEC|EFD_NONBLOCK.
int cgw_event_flag(void);

/// openat(2) with O_RDWR|O_NONBLOCK|O_CLOEXEC.
int cgw_open_trigger(int directory, const char *path);

/// mlockall(2) with MCL_CURRENT|MCL_FUTURE, each page from its first use on where the kernel can.
int cgw_lock_memory(void);

/// setpriority(2) of the calling thread: nice -20.
int cgw_hurry_thread(void);

/// Ignores the signals that a terminal or a service manager sends to a whole group: HUP, INT, QUIT,
/// TERM, TSTP, TTIN, TTOU, PIPE.
void cgw_ignore_group_signals(void);
