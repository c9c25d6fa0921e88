// Darkroom
// SPDX-License-Identifier: Apache-2.0
//
// What the Glibc module lacks: epoll, eventfd, sendfile, and calls that need _GNU_SOURCE.

#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/types.h>

/// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC.
int clinux_accept(int listener);

/// An address that is unique to the calling thread. glibc declares pthread_self() as `const`, so the
/// optimiser may merge its calls across an `await`; this one is opaque.
const void *clinux_thread_token(void);

#endif
