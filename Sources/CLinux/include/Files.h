#pragma once
// Finding a file without opening it, so that what it is can be told first.
#include <stdint.h>

/// openat2(2) with O_PATH and RESOLVE_NO_SYMLINKS: -1 with errno, ELOOP if the path has a symbolic
/// link. Kernels and sandboxes without openat2(2) take the path step by step.
int cgw_find_without_links(int directory, const char *path);

/// Takes a path step by step (openat(2), O_PATH|O_NOFOLLOW). With `follow`, symbolic links of root
/// and of the effective user are followed; any other one ends with ELOOP and, in `stranger`, its
/// owner, or -1 if there are just too many.
int cgw_find_by_steps(int directory, const char *path, int follow, int64_t *stranger);

/// openat(2) with O_PATH; all symbolic links are followed unless it is the last one and `follow` is 0.
int cgw_find(int directory, const char *path, int follow);

/// Opens what was found (open(2) of /proc/thread-self/fd/N), with O_CLOEXEC, O_NOCTTY and
/// O_NONBLOCK besides `flags`.
int cgw_open_found(int found, int flags);
