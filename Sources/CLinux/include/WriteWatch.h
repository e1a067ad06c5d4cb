#pragma once
// Reports which process writes to the files of a file system: fanotify(7).

/// fanotify_init(2): a nonblocking watch that reports open files. Its descriptor, or -1
/// with errno.
int cgw_write_watch_open(void);

/// fanotify_mark(2): reports writes to all files of the file system that a directory is on, or
/// before Linux 4.20 only those through the directory's mount. 0, or -1 with errno.
int cgw_write_watch_add(int watch, int directory);

/// Opens a file again with O_PATH through the mount of a directory of the same file system
/// (open_by_handle_at(2), CAP_DAC_READ_SEARCH): its descriptor, or -1 with errno.
int cgw_reopen_through(int directory, int file);
