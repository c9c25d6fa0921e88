// Darkroom
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE 1
#include "clinux.h"
#include <sys/socket.h>

int clinux_accept(int listener) {
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

const void *clinux_thread_token(void) {
    static _Thread_local char token;
    return &token;
}
