#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

char **cgw_environment(void) { return environ; }

// Between clone and exec, the child of a process with threads may only make async-signal-safe
// calls: no malloc, no stdio except snprintf of integers, no locks. The child's memory is a copy, so
// everything is prepared before the clone.
struct birth {
    const struct cgw_spawn *request;
    int report; // a failure is written here; exec closes it
    int joins;  // it was not created in its v2 cgroup, so it moves there itself
    char uid_map[32], gid_map[32];
};

struct failure {
    int step, code;
};

static _Noreturn void give_up(const struct birth *birth, int step) {
    struct failure failure = {step, errno};
    ssize_t ignored = write(birth->report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t length = (ssize_t)strlen(text);
    int result = write(file, text, (size_t)length) == length ? 0 : -1;
    int code = errno;
    close(file);
    errno = code;
    return result;
}

static int map_user(const struct birth *birth) {
    if (write_file("/proc/self/setgroups", "deny") != 0 && errno != ENOENT) return -1;
    if (write_file("/proc/self/uid_map", birth->uid_map) != 0) return -1;
    return write_file("/proc/self/gid_map", birth->gid_map);
}

static int raise_loopback(void) {
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (control < 0) return -1;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int result = ioctl(control, SIOCSIFFLAGS, &request);
    close(control);
    return result;
}

// The order matters: the cgroup namespace roots at the cgroup that was joined, the maps are
// written through the old /proc, and mounting needs the mapped root.
static int enter_namespaces(const struct birth *birth) {
    uint64_t wanted = birth->request->namespaces;
    if (wanted & CLONE_NEWUSER && map_user(birth) != 0) return -1;
    if (wanted & CLONE_NEWCGROUP && unshare(CLONE_NEWCGROUP) != 0) return -1;
    if (wanted & CLONE_NEWNS) {
        if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return -1;
        if (wanted & CLONE_NEWPID
            && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
            return -1;
    }
    if (wanted & CLONE_NEWNET && raise_loopback() != 0) return -1;
    return 0;
}

// The C library's wrappers would signal its other threads, which this process does not have.
// The order matters: groups cannot be set once the privileges are gone. If the caller is not root
// but has capabilities, only the ambient ones survive exec; a set-user-ID program must not regain
// any.
static int become_user(const struct cgw_apart *apart) {
    if (syscall(SYS_setgroups, apart->group_count, apart->groups) != 0) return -1;
    if (syscall(SYS_setresgid, apart->group, apart->group, apart->group) != 0) return -1;
    if (syscall(SYS_setresuid, apart->user, apart->user, apart->user) != 0) return -1;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int stand_apart(const struct cgw_apart *apart) {
    if (setsid() < 0) return -1;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(apart->output, 1) < 0 || dup2(apart->output, 2) < 0)
        return -1;
    if (chdir("/") != 0) return -1;
    if (apart->changes_user && become_user(apart) != 0) return -1;
    environ = (char **)apart->environment;
    return 0;
}

static _Noreturn void execute(const struct birth *birth) {
    // Our handlers must not run here. Signals that were ignored at our start stay ignored, except
    // SIGPIPE, which cgwarden itself ignores.
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) != 0) continue;
        if (action.sa_handler == SIG_IGN && number != SIGPIPE) continue;
        action = (struct sigaction){.sa_handler = SIG_DFL};
        sigaction(number, &action, NULL);
    }
    // The calling thread may block signals that the rest of the process does not block.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // The command inherits no other descriptor of this process, whatever its origin.
    cgw_seal_descriptors(3, 0);
    for (size_t index = 0; index < birth->request->passed_count; index++)
        fcntl(birth->request->passed[index], F_SETFD, 0);
    execvp(birth->request->arguments[0], (char *const *)birth->request->arguments);
    give_up(birth, CGW_SPAWN_EXEC);
}

// Process 1 of a PID namespace: signals have no default action for it, and it inherits every orphan.
static _Noreturn void serve_as_init(const struct birth *birth) {
    pid_t command = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (command == 0) execute(birth);
    if (command < 0) give_up(birth, CGW_SPAWN_PROCESS);
    // Close the caller's locks and the report, which now ends with the command's exec.
    cgw_seal_descriptors(3, 1);
    sigset_t all;
    sigfillset(&all);
    for (;;) {
        siginfo_t info;
        int number = sigwaitinfo(&all, &info);
        if (number == SIGCHLD) {
            int status;
            pid_t ended;
            while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
                if (ended != command) continue;
                _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
            }
        } else if (number > 0 && info.si_code != SI_KERNEL) {
            // The terminal has already signaled the whole process group.
            kill(command, number);
        }
    }
}

// If the process that holds the gate exits or cancels the start, no byte arrives.
static void wait_at_gate(const int gate[2]) {
    char byte;
    ssize_t got;
    close(gate[1]);
    do got = read(gate[0], &byte, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1) _exit(127);
}

static int join(int cgroup) {
    int members = openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    return members >= 0 && write(members, "0", 1) == 1 ? 0 : -1;
}

static _Noreturn void be_born(const struct birth *birth) {
    const struct cgw_spawn *request = birth->request;
    if (request->gate[0] >= 0) wait_at_gate(request->gate);
    if (birth->joins && join(request->cgroup) != 0) give_up(birth, CGW_SPAWN_JOIN);
    for (size_t index = 0; index < request->membership_count; index++)
        if (write(request->memberships[index], "0", 1) != 1) give_up(birth, CGW_SPAWN_JOIN);
    if (enter_namespaces(birth) != 0) give_up(birth, CGW_SPAWN_NAMESPACE);
    if (request->apart && stand_apart(request->apart) != 0) give_up(birth, CGW_SPAWN_APART);
    if (request->namespaces & CLONE_NEWPID) serve_as_init(birth);
    execute(birth);
}

// Seccomp filters that check flags (systemd's RestrictNamespaces=) cannot see those of clone3(2), and
// pretend that the call does not exist. clone(2) takes the same flags except one.
static pid_t fork_with(struct clone_args *arguments, struct birth *birth) {
    pid_t child = (pid_t)syscall(SYS_clone3, arguments, sizeof *arguments);
    if (child >= 0 || errno != ENOSYS) return child;
    uint64_t flags = arguments->flags & ~(uint64_t)CLONE_INTO_CGROUP;
    birth->joins = flags != arguments->flags;
    return (pid_t)syscall(SYS_clone, flags | arguments->exit_signal, 0, arguments->pidfd, 0, 0);
}

pid_t cgw_spawn_begin(const struct cgw_spawn *request, int *process, int *report) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    struct birth birth = {.request = request, .report = ends[1]};
    snprintf(birth.uid_map, sizeof birth.uid_map, "0 %u 1", (unsigned)geteuid());
    snprintf(birth.gid_map, sizeof birth.gid_map, "0 %u 1", (unsigned)getegid());

    struct clone_args arguments = {
        .flags = CLONE_PIDFD | (request->namespaces & ~(uint64_t)CLONE_NEWCGROUP),
        .pidfd = (uint64_t)(uintptr_t)process,
        .exit_signal = SIGCHLD,
    };
    if (request->cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)request->cgroup;
    }
    sigset_t all, usual;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &usual);
    pid_t child = fork_with(&arguments, &birth);
    if (child == 0) be_born(&birth);
    int code = errno;
    pthread_sigmask(SIG_SETMASK, &usual, NULL);
    close(ends[1]);
    *report = ends[0];
    if (child < 0) close(ends[0]);
    errno = code;
    return child;
}

int cgw_spawn_finish(pid_t child, int report, int *step) {
    struct failure failure;
    ssize_t got;
    do got = read(report, &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    if (got != sizeof failure) return 0;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
    *step = failure.step;
    errno = failure.code;
    return -1;
}

int cgw_open_gate(int gate) { return write(gate, "", 1) == 1 ? 0 : -1; }

static int relay_end = -1;

static void relay(int number, siginfo_t *info, void *context) {
    (void)context;
    int code = errno;
    unsigned char note[2] = {(unsigned char)number, info->si_code == SI_KERNEL};
    ssize_t ignored = write(relay_end, note, sizeof note);
    (void)ignored;
    errno = code;
}

int cgw_relay_signals(void) {
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT,
                                  SIGWINCH};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    relay_end = ends[1];
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
        struct sigaction action;
        sigaction(numbers[index], NULL, &action);
        if (action.sa_handler == SIG_IGN) continue;
        action = (struct sigaction){.sa_sigaction = relay, .sa_flags = SA_SIGINFO | SA_RESTART};
        sigfillset(&action.sa_mask);
        sigaction(numbers[index], &action, NULL);
    }
    return ends[0];
}

int cgw_reap(pid_t process, int *status) { return waitpid(process, status, WNOHANG) > 0; }

int cgw_is_writable(int directory, const char *path) {
    return faccessat(directory, path, W_OK, AT_EACCESS) == 0;
}

int cgw_terminal_columns(int terminal) {
    struct winsize size;
    return ioctl(terminal, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
