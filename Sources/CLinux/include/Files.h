#pragma once
// Finds a file without opening it, so that its type can be checked first.
#include <stdint.h>

/// openat2(2) with O_PATH and RESOLVE_NO_SYMLINKS: -1 with errno, ELOOP if the path has a symbolic
/// link. Without openat2(2), the path is resolved component by component.
int cgw_find_without_links(int directory, const char *path);

/// Resolves a path component by component (openat(2), O_PATH|O_NOFOLLOW). With `follow`, symbolic
/// links of root and of the effective user are followed. Any other link is ELOOP, with its owner in
/// `stranger`; too many links are ELOOP with -1.
int cgw_find_by_steps(int directory, const char *path, int follow, int64_t *stranger);

/// openat(2) with O_PATH. Symbolic links are followed, the last component only if `follow` is not 0.
int cgw_find(int directory, const char *path, int follow);

/// Opens what was found (open(2) of /proc/thread-self/fd/N), with O_CLOEXEC, O_NOCTTY and
/// O_NONBLOCK besides `flags`.
int cgw_open_found(int found, int flags);

/// statx(2) without a query to the file system: 1 if a file has the set-user-ID bit, 0 if not, -1
/// with errno.
int cgw_sets_user_id(const char *path);
