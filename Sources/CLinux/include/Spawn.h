#pragma once
// Starts a process inside a cgroup, and waits for it.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// The settings of a command that shares nothing with its caller: it gets a session of its own,
/// /dev/null as input, one output, its own environment, and optionally another user.
struct cgw_apart {
    /// NULL-terminated `NAME=VALUE`.
    const char *const *environment;
    /// Becomes its standard output and its standard error.
    int output;
    int changes_user;
    uid_t user;
    gid_t group;
    const gid_t *groups;
    size_t group_count;
};

/// The command to start, and its cgroups.
struct cgw_spawn {
    /// The command and its arguments, NULL-terminated; looked up in PATH.
    const char *const *arguments;
    /// Open `cgroup.procs` files of v1 cgroups that the process joins before exec.
    const int *memberships;
    size_t membership_count;
    /// The directory of the v2 cgroup to create it in, -1 for none.
    int cgroup;
    /// CLONE_NEW* flags.
    uint64_t namespaces;
    /// Descriptors besides 0, 1 and 2 that the command gets; all others are closed.
    const int *passed;
    size_t passed_count;
    /// NULL for a command that shares the caller's terminal and environment.
    const struct cgw_apart *apart;
    /// Both ends of a pipe. The process first waits for a byte, and exits if the pipe is closed
    /// before one arrives; -1 for no wait.
    int gate[2];
};

/// This process's own environment, NULL-terminated (environ(7)).
char **cgw_environment(void);

/// The step at which starting failed.
enum cgw_spawn_step {
    CGW_SPAWN_PROCESS,
    CGW_SPAWN_JOIN,
    CGW_SPAWN_NAMESPACE,
    CGW_SPAWN_EXEC,
    CGW_SPAWN_APART,
};

/// clone3(2), then execvp(3) of the command. Returns the process ID, the pidfd, and a report that can
/// be read once the command runs or has failed to start; or -1 with errno.
///
/// Where a filter refuses clone3(2), the process first moves into the v2 cgroup by itself. With
/// CLONE_NEWPID it is a small init, which runs the command as its child, forwards signals, reaps, and
/// exits with the command's status (128+N for a signal).
pid_t cgw_spawn_begin(const struct cgw_spawn *request, int *process, int *report);

/// Waits for the report: 0 once the command runs, or -1 with errno and the step, after reaping the
/// process.
int cgw_spawn_finish(pid_t child, int report, int *step);

/// Releases a process that waits at a gate.
int cgw_open_gate(int gate);

/// Routes TERM, INT, HUP, QUIT, USR1, USR2, CONT and WINCH, unless they are ignored, into a pipe:
/// two bytes each, the signal and 1 if the kernel sent it (a key in the terminal). Returns the
/// non-blocking read end, or -1 with errno.
int cgw_relay_signals(void);

/// waitpid(2) without waiting: 1 and the wait status of an ended child, 0 while it runs.
int cgw_reap(pid_t process, int *status);

/// faccessat(2) with AT_EACCESS: whether the caller may write there.
int cgw_is_writable(int directory, const char *path);

/// TIOCGWINSZ: the columns of a terminal; 0 for anything else.
int cgw_terminal_columns(int terminal);
