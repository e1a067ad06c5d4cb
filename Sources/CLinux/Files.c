#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

int cgw_find_without_links(int directory, const char *path) {
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    int found = syscall(SYS_openat2, directory, path, &how, sizeof how);
    // A sandbox that does not know the call returns EPERM.
    if (found >= 0 || (errno != ENOSYS && errno != EPERM)) return found;
    int64_t stranger;
    return cgw_find_by_steps(directory, path, 0, &stranger);
}

/// Closes a descriptor and returns -1 with the given errno.
static int failed(int descriptor, int reason) {
    if (descriptor >= 0) close(descriptor);
    errno = reason;
    return -1;
}

/// Prepends the target of a link to the rest of the path; NULL with errno on failure.
static char *followed(int link, const char *rest) {
    char target[PATH_MAX];
    ssize_t length = readlinkat(link, "", target, sizeof target);
    if (length < 0) return NULL;
    char *path = malloc(length + strlen(rest) + 2);
    if (path == NULL) return NULL;
    memcpy(path, target, length);
    path[length] = '/';
    strcpy(path + length + 1, rest);
    return path;
}

static int top(int directory, const char *path) {
    const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    return *path == '/' ? open("/", flags) : openat(directory, ".", flags);
}

int cgw_find_by_steps(int directory, const char *path, int follow, int64_t *stranger) {
    *stranger = -1;
    char *all = strdup(path), *rest = all;
    int here = all == NULL ? -1 : top(directory, all);
    for (int links = 0; here >= 0;) {
        rest += strspn(rest, "/");
        if (*rest == 0) break;
        size_t length = strcspn(rest, "/");
        char name[NAME_MAX + 1];
        if (length > NAME_MAX) {
            here = failed(here, ENAMETOOLONG);
            break;
        }
        memcpy(name, rest, length);
        name[length] = 0;
        rest += length;
        int next = openat(here, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct stat status;
        if (next < 0 || fstat(next, &status) != 0) {
            int reason = errno;
            if (next >= 0) close(next);
            here = failed(here, reason);
            break;
        }
        if (!S_ISLNK(status.st_mode)) {
            close(here);
            here = next;
            continue;
        }
        int is_trusted = follow && (status.st_uid == 0 || status.st_uid == geteuid());
        if (!is_trusted || ++links > 40) {
            if (!is_trusted) *stranger = status.st_uid;
            close(next);
            here = failed(here, ELOOP);
            break;
        }
        char *longer = followed(next, rest);
        int reason = errno;
        close(next);
        if (longer == NULL) {
            here = failed(here, reason);
            break;
        }
        free(all);
        all = rest = longer;
        if (*rest == '/') {
            close(here);
            here = top(directory, rest);
        }
    }
    int reason = errno;
    free(all);
    errno = reason;
    return here;
}

int cgw_find(int directory, const char *path, int follow) {
    return openat(directory, path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
}

int cgw_open_found(int found, int flags) {
    // Not /proc/self/fd, because some threads have their own descriptor table.
    char path[48];
    snprintf(path, sizeof path, "/proc/thread-self/fd/%d", found);
    return open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int cgw_sets_user_id(const char *path) {
    struct statx found;
    if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_MODE, &found) != 0) return -1;
    return (found.stx_mode & S_ISUID) != 0;
}
