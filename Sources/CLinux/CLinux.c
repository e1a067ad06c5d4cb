#define _GNU_SOURCE
#include "CLinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

ssize_t cgw_getdents(int descriptor, void *buffer, size_t size) {
    return syscall(SYS_getdents64, descriptor, buffer, size);
}

// Used before Linux 5.6 and where a seccomp filter refuses openat2(2). It does not detect a mount of
// the same file system.
static int open_on_device(int directory, const char *path, int flags) {
    int opened = openat(directory, path, flags);
    if (opened < 0) return -1;
    struct stat above, here;
    int code = EXDEV;
    if (fstat(directory, &above) != 0 || fstat(opened, &here) != 0)
        code = errno;
    else if (above.st_dev == here.st_dev)
        return opened;
    close(opened);
    errno = code;
    return -1;
}

static int open_within(int directory, const char *path, int flags) {
    flags |= O_DIRECTORY | O_CLOEXEC;
    struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_NO_XDEV};
    int opened = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (opened >= 0 || (errno != ENOSYS && errno != EPERM)) return opened;
    return open_on_device(directory, path, flags);
}

int cgw_open_path_within(int directory, const char *path) {
    return open_within(directory, path, O_PATH | O_NOFOLLOW);
}

int cgw_open_within(int directory, const char *path) {
    return open_within(directory, path, O_RDONLY);
}

int cgw_open_directory(int directory, const char *path) {
    return openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int cgw_open_file(int directory, const char *path) {
    return openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

uint64_t cgw_inode(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}

int cgw_entry(int directory, const char *name, uint64_t *inode) {
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return -1;
    *inode = status.st_ino;
    return S_ISDIR(status.st_mode) ? 1 : 0;
}

uint64_t cgw_links(int directory, const char *path, uint64_t *device) {
    struct stat status;
    if (fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode))
        return 0;
    *device = status.st_dev;
    return status.st_nlink;
}

int cgw_own_descriptor_table(void) {
    if (unshare(CLONE_FILES) != 0) return -1;
    return syscall(SYS_close_range, 3u, ~0u, 0u) == 0 ? 0 : -1;
}

int cgw_watch_open(void) { return inotify_init1(IN_NONBLOCK | IN_CLOEXEC); }

int cgw_watch_add(int watch, const char *path) {
    return inotify_add_watch(
        watch, path,
        IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_ONLYDIR);
}

int cgw_watch_remove(int watch, int descriptor) { return inotify_rm_watch(watch, descriptor); }

uint64_t cgw_file_size(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

uint64_t cgw_filesystem_magic(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (uint64_t)status.f_type : 0;
}

void cgw_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
