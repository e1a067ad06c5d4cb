#define _GNU_SOURCE
#include "Events.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

int cgw_watch_entries(int watch, const char *path) {
    return inotify_add_watch(
        watch, path, IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR);
}

int cgw_watch_file(int watch, const char *path) {
    return inotify_add_watch(watch, path, IN_MODIFY);
}

int cgw_event_flag(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int cgw_open_trigger(int directory, const char *path) {
    return openat(directory, path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

int cgw_lock_memory(void) {
    if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0) return 0;
    return mlockall(MCL_CURRENT | MCL_FUTURE);
}

int cgw_hurry_thread(void) { return setpriority(PRIO_PROCESS, syscall(SYS_gettid), -20); }

void cgw_ignore_group_signals(void) {
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU,
                                  SIGPIPE};
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++)
        signal(numbers[index], SIG_IGN);
}
