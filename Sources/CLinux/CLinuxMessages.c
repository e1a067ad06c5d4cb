#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

ssize_t cgw_attribute(int descriptor, const char *name, void *buffer, size_t size) {
    return fgetxattr(descriptor, name, buffer, size);
}

int cgw_set_attribute(int descriptor, const char *name, const char *value) {
    return fsetxattr(descriptor, name, value, strlen(value), 0);
}

int cgw_remove_attribute(int descriptor, const char *name) {
    return fremovexattr(descriptor, name);
}

int cgw_datagram_socket(void) {
    return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int cgw_datagram_send(int socket, const char *path, const void *bytes, size_t size) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    ssize_t sent;
    do sent = sendto(socket, bytes, size, MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof address);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}
