// Darkroom
// SPDX-License-Identifier: Apache-2.0
//
// What a confined worker process needs of Linux and Swift cannot call: descriptors over a socket
// (macros), a clean spawn, limits, and a system call filter.
//
// Functions return 0 or a count when they succeed, and -1 with errno when they do not.

#ifndef CWORKERPROCESS_H
#define CWORKERPROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// The most descriptors that travel with one message.
#define CWORKER_MAX_DESCRIPTORS 32

/// A pair of connected sockets that keep message boundaries, closed on exec.
int cworker_socket_pair(int pair[2]);

/// Sends one message with descriptors, which stay open here.
int cworker_send(int socket, const void *bytes, size_t length, const int *descriptors, int count);

/// Receives one message; its length, or 0 when the other side is gone. `count` holds the room for
/// descriptors and then their number; with no room, any that come are closed by the system. A message
/// that does not fit fails with EMSGSIZE.
ssize_t cworker_receive(int socket, void *bytes, size_t capacity, int *descriptors, int *count);

/// Starts a program that finds `socket` at descriptor 3, /dev/null at 0...2 and nothing else: no other
/// descriptor, no signal mask, no environment but the one given. Returns its process id.
///
/// The program should call `cworker_die_with_parent`. The system then kills it when the *thread* that
/// called this function ends.
pid_t cworker_spawn(const char *path, char *const *arguments, char *const *environment, int socket);

/// Asks to be killed when the parent's thread ends, and fails with ESRCH when it already has. Ignores
/// the signals that stop a process group from the terminal or the service manager: the parent decides.
int cworker_die_with_parent(pid_t parent);

/// Limits that hold for the process's life; `memory` 0 leaves the address space free.
int cworker_limit(uint64_t memory, uint64_t file_size, uint64_t files);

/// Grants `seconds` of processor time beyond what was used so far; then SIGXCPU ends the process.
int cworker_grant_cpu(uint64_t seconds);

/// Processor time used so far in microseconds, and the most memory held in bytes.
void cworker_usage(uint64_t *cpu_microseconds, uint64_t *peak_memory);

/// The size of an open file in bytes. Works in a confined process, where `fstat` does not: glibc turns it
/// into a call that also takes paths.
int64_t cworker_file_size(int descriptor);

/// An open file in memory that holds these bytes, closed on exec.
int cworker_memory_file(const void *bytes, size_t length);

/// Gives up every system call that decoding does not need: no files are opened, no sockets made, no
/// programs started, no other process touched. A forbidden call fails with EPERM.
int cworker_confine(void);

#endif
