#define _GNU_SOURCE
#include "CLinuxProcesses.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1u << 2)
#endif

int cgw_process_handle(pid_t process) { return syscall(SYS_pidfd_open, process, 0); }

int cgw_signal_process(int handle, int signal) {
    return syscall(SYS_pidfd_send_signal, handle, signal, NULL, 0);
}

int cgw_try_lock(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

static void seal(int descriptor, int closes_now) {
    if (closes_now)
        close(descriptor);
    else
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

// A record of getdents64(2), which not every C library declares.
struct listed {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char kind;
    char name[];
};

void cgw_seal_listed_descriptors(int first, int closes_now) {
    int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        struct rlimit limit = {.rlim_cur = 1024};
        getrlimit(RLIMIT_NOFILE, &limit);
        for (rlim_t number = (rlim_t)first; number < limit.rlim_cur; number++)
            seal((int)number, closes_now);
        return;
    }
    _Alignas(struct listed) char room[4096];
    long got;
    while ((got = syscall(SYS_getdents64, folder, room, sizeof room)) > 0) {
        for (long at = 0; at < got;) {
            const struct listed *entry = (const struct listed *)(room + at);
            int number = 0;
            const char *digit = entry->name;
            for (; *digit >= '0' && *digit <= '9'; digit++) number = number * 10 + *digit - '0';
            if (digit != entry->name && number >= first && number != folder)
                seal(number, closes_now);
            at += entry->length;
        }
    }
    close(folder);
}

void cgw_seal_descriptors(int first, int closes_now) {
    unsigned flags = closes_now ? 0 : CLOSE_RANGE_CLOEXEC;
    if (syscall(SYS_close_range, (unsigned)first, ~0u, flags) != 0)
        cgw_seal_listed_descriptors(first, closes_now);
}

int cgw_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

// Only async-signal-safe calls: the process has other threads.
static void become(
    const char *program, char *const arguments[], int input, int output, int directory) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // First move them away from the numbers that others will get.
    input = fcntl(input, F_DUPFD, 10);
    output = fcntl(output, F_DUPFD, 10);
    directory = fcntl(directory, F_DUPFD, 10);
    int null = open("/dev/null", O_RDWR);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(null, 2) < 0 || dup2(directory, 3) < 0)
        _exit(126);
    cgw_seal_descriptors(4, 1);
    if (chdir("/") != 0) _exit(126);
    execv(program, arguments);
    _exit(127);
}

int cgw_spawn_detached(
    const char *program, char *const arguments[], int input, int output, int directory) {
    pid_t between = fork();
    if (between < 0) return -1;
    if (between == 0) {
        setsid();
        pid_t helper = fork();
        if (helper == 0) become(program, arguments, input, output, directory);
        _exit(helper < 0 ? 1 : 0);
    }
    int status = 0;
    while (waitpid(between, &status, 0) < 0) {
        // ECHILD: the caller lets the kernel reap its children.
        if (errno == ECHILD) return 0;
        if (errno != EINTR) return -1;
    }
    if (status == 0) return 0;
    errno = EAGAIN;
    return -1;
}

int64_t cgw_peer_user(int socket) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? (int64_t)peer.uid : -1;
}

int64_t cgw_peer_process(int socket) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? (int64_t)peer.pid : -1;
}
