#include "services/ocr/worker/sandbox_calls.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "services/ocr/restrict.h"
#include "services/ocr/restrict_calls.h"

/*
 * An allow-list. What is on neither list fails with EPERM, so that a library that tries something
 * harmless (to ask for its priority, to tune the kernel) goes on without it; what only an exploit
 * would try ends the process at once.
 *
 * Memory may be made executable, for the networks' runtime writes its kernels at run time. Files
 * cannot: none can be opened but models, and none can be written.
 */

/* What computing, memory, threads, the open descriptors and reading models take. */
static const int permitted[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(fcntl),
    SCMP_SYS(openat),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getcwd),
    SCMP_SYS(open),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(access),
    SCMP_SYS(readlink),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getcpu),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(time),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(setitimer),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getrusage),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* No library of ours calls these by mistake. */
static const int deadly[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(bpf),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(mount),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(reboot),
};

/* Calls that depend on what they are given. */
static status_code add_particular(scmp_filter_ctx filter, struct status *st)
{
    const struct scmp_arg_cmp is_thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
    const struct scmp_arg_cmp is_itself = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());
    const struct scmp_arg_cmp is_isatty = SCMP_A1(SCMP_CMP_EQ, TCGETS);
    /* Threads, but no processes. Of clone3() a filter cannot see the flags; the C library takes
     * clone() where it is told that there is none. */
    int result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &is_thread);

    if (result == 0)
        result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (result == 0) /* abort() signals its own process so */
        result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &is_itself);
    if (result == 0)
        result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, &is_isatty);
    return result < 0 ? FAIL_RESTRICTION(st, -result) : STATUS_OK;
}

status_code sandbox_limit_calls(bool *ret_is_held, struct status *st)
{
    _cleanup_(restrict_calls_freep) scmp_filter_ctx filter = NULL;

    TRY(restrict_calls_begin(SCMP_ACT_ERRNO(EPERM), &filter, st));
    TRY(restrict_calls_add(filter, SCMP_ACT_ALLOW, permitted, ARRAY_LENGTH(permitted), st));
    TRY(restrict_calls_add(filter, SCMP_ACT_KILL_PROCESS, deadly, ARRAY_LENGTH(deadly), st));
    TRY(add_particular(filter, st));
    return restrict_calls_enforce(filter, ret_is_held, st);
}
