// Darkroom
// SPDX-License-Identifier: Apache-2.0
//
// What the Glibc module lacks: epoll, eventfd, sendfile, calls that need _GNU_SOURCE, and socket addresses, whose C
// casts Swift could only repeat with unsafe pointers.

#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/types.h>

#include "clinux_signals.h"

/// A listening TCP socket (SOCK_NONBLOCK | SOCK_CLOEXEC) at a numeric IPv4 or IPv6 address; -errno when it fails,
/// -EADDRNOTAVAIL also when `host` is not such an address.
int clinux_listen(const char *host, uint16_t port, int backlog);

/// The port that a socket is bound to; -errno when it fails.
int clinux_local_port(int socket);

/// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC, and TCP_NODELAY set; -errno when it fails. Writes the peer's numeric
/// address to `peer`, which holds `size` bytes (INET6_ADDRSTRLEN suffices), or an empty string.
int clinux_accept(int listener, char *peer, size_t size);

/// A TCP socket (SOCK_NONBLOCK | SOCK_CLOEXEC, TCP_NODELAY) that connects to a numeric IPv4 or IPv6 address; -errno when
/// that fails at once, -EADDRNOTAVAIL also when `host` is not such an address. It becomes writable when it is connected
/// or has failed, which clinux_socket_error tells.
int clinux_connect(const char *host, uint16_t port);

/// The error that is pending on a socket; 0 for none.
int clinux_socket_error(int socket);

/// Looks a name up, and blocks meanwhile: writes up to `capacity` numeric addresses to `addresses`, INET6_ADDRSTRLEN
/// bytes for each, and returns how many.
int clinux_resolve(const char *host, char *addresses, int capacity);

/// Closes a TCP socket so that the peer sees an error instead of an orderly end.
void clinux_close_with_reset(int socket);

/// An address that is unique to the calling thread. glibc declares pthread_self() as `const`, so the
/// optimiser may merge its calls across an `await`; this one is opaque.
const void *clinux_thread_token(void);

#endif
