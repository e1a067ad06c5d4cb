#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/fanotify.h>

#ifndef FAN_MARK_FILESYSTEM
#define FAN_MARK_FILESYSTEM 0x100
#endif

int cgw_write_watch_open(void) {
    return fanotify_init(
        FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_CLOEXEC | O_LARGEFILE);
}

int cgw_write_watch_add(int watch, int directory) {
    int done = fanotify_mark(
        watch, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_MODIFY, directory, NULL);
    if (done == 0 || errno != EINVAL) return done;
    return fanotify_mark(watch, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_MODIFY, directory, NULL);
}

int cgw_reopen_through(int directory, int file) {
    union {
        struct file_handle handle;
        char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    } found;
    int mount;
    found.handle.handle_bytes = MAX_HANDLE_SZ;
    if (name_to_handle_at(file, "", &found.handle, &mount, AT_EMPTY_PATH) != 0) return -1;
    return open_by_handle_at(directory, &found.handle, O_PATH | O_CLOEXEC);
}
