#define _GNU_SOURCE
#include "CLinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

ssize_t cgw_getdents(int descriptor, void *buffer, size_t size) {
    return syscall(SYS_getdents64, descriptor, buffer, size);
}

int cgw_open_directory_path(int directory, const char *path) {
    return openat(directory, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
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
