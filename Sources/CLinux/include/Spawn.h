#pragma once
// Starting a process inside a cgroup, and following it.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What a command gets that shares nothing with its caller: a session of its own, /dev/null as
/// input, one output, its own environment, and perhaps another user.
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

/// What is started, and where.
struct cgw_spawn {
    /// The command and its arguments, NULL-terminated; looked up in PATH.
    const char *const *arguments;
    /// Open `cgroup.procs` files of v1 cgroups that the process joins before exec.
    const int *memberships;
    size_t membership_count;
    /// The directory of the v2 cgroup in which it is born, -1 for none.
    int cgroup;
    /// CLONE_NEW* flags.
    uint64_t namespaces;
    /// Descriptors besides 0, 1 and 2 that the command gets; all others are closed.
    const int *passed;
    size_t passed_count;
    /// NULL for a command that shares the caller's terminal and environment.
    const struct cgw_apart *apart;
    /// Both ends of a pipe at which the process waits for a byte before anything else, and ends if
    /// there will be none; -1 for no waiting.
    int gate[2];
};

/// This process's own environment, NULL-terminated (environ(7)).
char **cgw_environment(void);

/// Where starting failed.
enum cgw_spawn_step {
    CGW_SPAWN_PROCESS,
    CGW_SPAWN_JOIN,
    CGW_SPAWN_NAMESPACE,
    CGW_SPAWN_EXEC,
    CGW_SPAWN_APART,
};

/// clone3(2), after which the process becomes its command by execvp(3): its id, its descriptor and a
/// report, which can be read once the command runs or could not be run; or -1 with errno.
///
/// Where clone3(2) is filtered out the process moves into the v2 cgroup before anything else.
/// With CLONE_NEWPID the process is a small init that runs the command as its child, forwards
/// signals, reaps, and ends as the command did (128+N for a signal).
pid_t cgw_spawn_begin(const struct cgw_spawn *request, int *process, int *report);

/// Waits for the report: 0 when the command runs, or -1 with errno and step after the process was
/// reaped.
int cgw_spawn_finish(pid_t child, int report, int *step);

/// Lets a process at a gate go on.
int cgw_open_gate(int gate);

/// Routes TERM, INT, HUP, QUIT, USR1, USR2, CONT and WINCH, unless they are ignored, into a pipe:
/// two bytes each, the signal and 1 if the kernel sent it (a terminal's key). Returns the end to
/// read from, which does not block, or -1 with errno.
int cgw_relay_signals(void);

/// waitpid(2) without waiting: 1 and the wait status of an ended child, 0 while it runs.
int cgw_reap(pid_t process, int *status);

/// faccessat(2) with AT_EACCESS: whether the caller may write there.
int cgw_is_writable(int directory, const char *path);
