// Darkroom
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE 1
#include "clinux.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/// Fills `address` from numeric text; returns its size, or 0 when the text is not an IP address.
static socklen_t parse_address(const char *host, uint16_t port, struct sockaddr_storage *address) {
    memset(address, 0, sizeof *address);
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        return sizeof *v6;
    }
    return 0;
}

int clinux_listen(const char *host, uint16_t port, int backlog) {
    struct sockaddr_storage address;
    socklen_t size = parse_address(host, port, &address);
    if (size == 0) return -EADDRNOTAVAIL;
    int listener = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) return -errno;
    int on = 1;
    // Without it a restarted server could not take its port while old connections are in TIME_WAIT.
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, backlog) == 0) return listener;
    int error = errno;
    close(listener);
    return -error;
}

int clinux_local_port(int socket) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(socket, (struct sockaddr *)&address, &size) != 0) return -errno;
    if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

int clinux_accept(int listener, char *peer, size_t size) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int accepted = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) return -errno;
    int on = 1;
    // Answers are written in whole pieces, so waiting to fill a segment would only delay them.
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const void *number = address.ss_family == AF_INET6 ? (const void *)&((struct sockaddr_in6 *)&address)->sin6_addr
                                                       : (const void *)&((struct sockaddr_in *)&address)->sin_addr;
    if (size > 0 && inet_ntop(address.ss_family, number, peer, (socklen_t)size) == NULL) peer[0] = 0;
    return accepted;
}

int clinux_connect(const char *host, uint16_t port) {
    struct sockaddr_storage address;
    socklen_t size = parse_address(host, port, &address);
    if (size == 0) return -EADDRNOTAVAIL;
    int connecting = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connecting < 0) return -errno;
    int on = 1;
    setsockopt(connecting, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(connecting, (struct sockaddr *)&address, size) == 0 || errno == EINPROGRESS) return connecting;
    int error = errno;
    close(connecting);
    return -error;
}

int clinux_socket_error(int socket) {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

int clinux_resolve(const char *host, char *addresses, int capacity) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0) return 0;
    int count = 0;
    for (struct addrinfo *each = found; each != NULL && count < capacity; each = each->ai_next) {
        char *text = addresses + (size_t)count * INET6_ADDRSTRLEN;
        if (getnameinfo(each->ai_addr, each->ai_addrlen, text, INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST) == 0) count++;
    }
    freeaddrinfo(found);
    return count;
}

void clinux_close_with_reset(int socket) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(socket);
}

const void *clinux_thread_token(void) {
    static _Thread_local char token;
    return &token;
}
