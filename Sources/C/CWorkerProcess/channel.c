// Darkroom
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE 1
#include "cworkerprocess.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/// Room for the descriptors of one message, aligned as the kernel wants it.
typedef union {
    char bytes[CMSG_SPACE(sizeof(int) * CWORKER_MAX_DESCRIPTORS)];
    struct cmsghdr align;
} control_room;

int cworker_socket_pair(int pair[2]) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

int cworker_send(int socket, const void *bytes, size_t length, const int *descriptors, int count) {
    if (count < 0 || count > CWORKER_MAX_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    control_room control;
    struct iovec part = {.iov_base = (void *) bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        size_t size = sizeof(int) * (size_t) count;
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(size);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(header), descriptors, size);
    }
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

static int take_descriptors(struct msghdr *message, int *descriptors) {
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
        return 0;
    }
    size_t size = header->cmsg_len - CMSG_LEN(0);
    memcpy(descriptors, CMSG_DATA(header), size);
    return (int) (size / sizeof(int));
}

ssize_t cworker_receive(int socket, void *bytes, size_t capacity, int *descriptors, int *count) {
    control_room control;
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (*count > 0) {
        size_t room = *count < CWORKER_MAX_DESCRIPTORS ? (size_t) *count : CWORKER_MAX_DESCRIPTORS;
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * room);
    }
    ssize_t received;
    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    *count = received > 0 && *count > 0 ? take_descriptors(&message, descriptors) : 0;
    if (received > 0 && (message.msg_flags & MSG_TRUNC)) {
        errno = EMSGSIZE;
        return -1;
    }
    return received;
}
