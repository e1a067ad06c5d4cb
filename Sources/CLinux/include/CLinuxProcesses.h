#pragma once
// System calls for actions on processes and cgroup directories.
#include <stdint.h>
#include <sys/types.h>

/// pidfd_open(2): a handle that never refers to a later process with the same ID; -1 with errno.
int cgw_process_handle(pid_t process);

/// pidfd_send_signal(2).
int cgw_signal_process(int handle, int signal);

/// flock(2) with LOCK_EX|LOCK_NB.
int cgw_try_lock(int descriptor);

/// Closes every descriptor from `first` on, or makes exec close it: close_range(2), or before Linux
/// 5.11 those listed in /proc/self/fd. Async-signal-safe.
void cgw_seal_descriptors(int first, int closes_now);

/// The same without close_range(2).
void cgw_seal_listed_descriptors(int first, int closes_now);

/// pipe2(2) with O_CLOEXEC.
int cgw_pipe(int ends[2]);

/// Starts a program that outlives the caller: in a session of its own, as a child of process 1,
/// with `input` as 0, `output` as 1, /dev/null as 2 and `directory` as 3. 0, or -1 with errno;
/// `output` reveals whether the program could be executed.
int cgw_spawn_detached(
    const char *program, char *const arguments[], int input, int output, int directory);

/// The user at the other end of a local socket (SO_PEERCRED), -1 with errno.
int64_t cgw_peer_user(int socket);

/// The process at the other end of a local socket, or the one that listens there (SO_PEERCRED): 0 if
/// this PID namespace does not have it, -1 with errno.
int64_t cgw_peer_process(int socket);
