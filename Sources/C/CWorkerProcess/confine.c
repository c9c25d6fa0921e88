// Darkroom
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE 1
#include "cworkerprocess.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the worker's system call filter is written for x86-64 and arm64"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/// The low half of an argument; both architectures are little-endian.
#define LOAD_ARGUMENT(n) LOAD(args[n])
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (error))
#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), RETURN(SECCOMP_RET_ALLOW)
#define REFUSE_CALL(call, error) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), REFUSE(error)
/// Allows a call only when the low half of an argument equals a value.
#define ALLOW_WHEN(call, n, value) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), LOAD_ARGUMENT(n), \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), RETURN(SECCOMP_RET_ALLOW), REFUSE(EPERM)
/// Allows a call only when a bit of an argument is set.
#define ALLOW_WITH(call, n, bit) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), LOAD_ARGUMENT(n), \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bit), 0, 1), RETURN(SECCOMP_RET_ALLOW), REFUSE(EPERM)

int64_t cworker_file_size(int descriptor) {
    // On both architectures the kernel's structure is the one of the C library.
    struct stat status;
    return syscall(SYS_fstat, descriptor, &status) == 0 ? (int64_t) status.st_size : -1;
}

int cworker_confine(void) {
    const uint32_t self = (uint32_t) getpid();
    // Errors instead of a kill: libraries probe for files and take "no" for an answer.
    struct sock_filter rules[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCHITECTURE, 1, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        // What was handed over: read, write, cut to length, close, talk.
        ALLOW(read), ALLOW(write), ALLOW(pread64), ALLOW(pwrite64), ALLOW(lseek), ALLOW(fstat), ALLOW(ftruncate),
        ALLOW(close), ALLOW(recvmsg), ALLOW(sendmsg), ALLOW(ppoll),
        // Memory; executable too, because libvips' vector code is made at run time.
        ALLOW(mmap), ALLOW(munmap), ALLOW(mprotect), ALLOW(mremap), ALLOW(madvise), ALLOW(brk),
        // Threads, and no processes; clone3 hides its flags, without it glibc falls back to clone.
        REFUSE_CALL(clone3, ENOSYS), ALLOW_WITH(clone, 0, CLONE_THREAD),
        ALLOW(futex), ALLOW(set_robust_list), ALLOW(rseq), ALLOW(sched_yield), ALLOW(sched_getaffinity),
        ALLOW(sched_getparam), ALLOW(sched_getscheduler), ALLOW(gettid), ALLOW(getpid), ALLOW_WHEN(prctl, 0, PR_SET_NAME),
        ALLOW(exit), ALLOW(exit_group),
        // Signals, only to itself.
        ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigaltstack), ALLOW_WHEN(tgkill, 0, self),
        ALLOW(restart_syscall),
        // Clocks, chance, its own use and limits.
        ALLOW(clock_gettime), ALLOW(clock_getres), ALLOW(clock_nanosleep), ALLOW(nanosleep), ALLOW(gettimeofday),
        ALLOW(getrandom), ALLOW(getrusage), ALLOW(sysinfo), ALLOW(uname), ALLOW_WHEN(prlimit64, 0, 0),
        REFUSE(EPERM),
    };
    struct sock_fprog program = {.len = sizeof rules / sizeof rules[0], .filter = rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return -1;
    }
    // Threads that libvips has already started are confined as well.
    return (int) syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}
