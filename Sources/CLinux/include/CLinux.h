#pragma once
// System calls that Swift's Glibc module does not import.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "Build.h"
#include "CLinuxProcesses.h"
#include "Events.h"
#include "Files.h"
#include "Password.h"
#include "Spawn.h"
#include "WriteWatch.h"

/// getdents64(2): bytes written to buffer, 0 at the end, -1 with errno.
ssize_t cgw_getdents(int descriptor, void *buffer, size_t size);

/// Opens a directory below another one with O_PATH|O_NOFOLLOW; EXDEV if something is mounted on it
/// or on the way to it (openat2(2), RESOLVE_NO_XDEV).
int cgw_open_path_within(int directory, const char *path);

/// The same with O_RDONLY.
int cgw_open_within(int directory, const char *path);

/// openat(2) with O_RDONLY|O_DIRECTORY|O_CLOEXEC.
int cgw_open_directory(int directory, const char *path);

/// openat(2) with O_RDONLY|O_CLOEXEC|O_NOCTTY.
int cgw_open_file(int directory, const char *path);

/// The inode of an open file, 0 with errno on failure.
uint64_t cgw_inode(int descriptor);

/// The number of links to a directory and its device; 0 for anything else and on failure.
uint64_t cgw_links(int directory, const char *path, uint64_t *device);

/// The inode and type of an entry; returns 1 for a directory, 0 for anything else, -1 with errno.
int cgw_entry(int directory, const char *name, uint64_t *inode);

/// Gives the calling thread its own descriptor table, with only 0, 1 and 2 open.
int cgw_own_descriptor_table(void);

/// inotify_init1(2) with IN_NONBLOCK|IN_CLOEXEC.
int cgw_watch_open(void);

/// inotify_add_watch(2) for entries created, removed, renamed or written to in a directory.
int cgw_watch_add(int watch, const char *path);

/// inotify_rm_watch(2).
int cgw_watch_remove(int watch, int descriptor);

/// The size of a file, 0 on failure.
uint64_t cgw_file_size(const char *path);

/// The file system's magic number from statfs(2), 0 with errno on failure.
uint64_t cgw_filesystem_magic(const char *path);

/// Names the calling thread for ps and top.
void cgw_name_thread(const char *name);

/// fgetxattr(2): the length of an extended attribute of an open file, -1 with errno.
ssize_t cgw_attribute(int descriptor, const char *name, void *buffer, size_t size);

/// fsetxattr(2): 0, or -1 with errno.
int cgw_set_attribute(int descriptor, const char *name, const char *value);

/// fremovexattr(2): 0, or -1 with errno.
int cgw_remove_attribute(int descriptor, const char *name);

/// An unconnected, non-blocking Unix datagram socket, -1 with errno.
int cgw_datagram_socket(void);

/// sendto(2) a Unix socket with a path: 0, or -1 with errno.
int cgw_datagram_send(int socket, const char *path, const void *bytes, size_t size);
