// Darkroom
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE 1
#include "cworkerprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/// Where the worker finds its socket.
static const int worker_socket = 3;

static int plan_descriptors(posix_spawn_file_actions_t *actions, int socket) {
    // The socket first: it may stand where /dev/null is about to be opened.
    int status = posix_spawn_file_actions_adddup2(actions, socket, worker_socket);
    if (status == 0) status = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (status == 0) status = posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
    if (status == 0) status = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
    if (status == 0) status = posix_spawn_file_actions_addclosefrom_np(actions, worker_socket + 1);
    return status;
}

static int plan_signals(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int status = posix_spawnattr_setsigmask(attributes, &none);
    if (status == 0) status = posix_spawnattr_setsigdefault(attributes, &all);
    if (status == 0) status = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return status;
}

pid_t cworker_spawn(const char *path, char *const *arguments, char *const *environment, int socket) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t child = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int status = plan_descriptors(&actions, socket);
    if (status == 0) status = plan_signals(&attributes);
    if (status == 0) status = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (status != 0) {
        errno = status;
        return -1;
    }
    return child;
}

int cworker_die_with_parent(pid_t parent) {
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        return -1;
    }
    if (getppid() != parent) {
        errno = ESRCH;
        return -1;
    }
    return 0;
}

static int limit(int resource, uint64_t value) {
    struct rlimit limits = {.rlim_cur = value, .rlim_max = value};
    return setrlimit(resource, &limits);
}

int cworker_limit(uint64_t memory, uint64_t file_size, uint64_t files) {
    if (memory > 0 && limit(RLIMIT_AS, memory) != 0) {
        return -1;
    }
    return limit(RLIMIT_FSIZE, file_size) || limit(RLIMIT_NOFILE, files) || limit(RLIMIT_CORE, 0) ? -1 : 0;
}

int cworker_grant_cpu(uint64_t seconds) {
    struct rlimit limits;
    uint64_t used, memory;
    if (getrlimit(RLIMIT_CPU, &limits) != 0) {
        return -1;
    }
    cworker_usage(&used, &memory);
    limits.rlim_cur = used / 1000000 + 1 + seconds;
    if (limits.rlim_cur > limits.rlim_max) {
        limits.rlim_cur = limits.rlim_max;
    }
    return setrlimit(RLIMIT_CPU, &limits);
}

static uint64_t microseconds(struct timeval time) {
    return (uint64_t) time.tv_sec * 1000000 + (uint64_t) time.tv_usec;
}

void cworker_usage(uint64_t *cpu_microseconds, uint64_t *peak_memory) {
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    *cpu_microseconds = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    *peak_memory = (uint64_t) usage.ru_maxrss * 1024;
}

int cworker_memory_file(const void *bytes, size_t length) {
    int file = memfd_create("picture", MFD_CLOEXEC);
    if (file < 0) return -1;
    size_t written = 0;
    while (written < length) {
        ssize_t count = write(file, (const char *) bytes + written, length - written);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            close(file);
            return -1;
        }
        written += (size_t) count;
    }
    return file;
}
