#include "services/ocr/worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
enum { IS_SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif
#else
enum { IS_SANITIZED = 0 };
#endif

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

static status_code fail_refused(struct status *st)
{
    return FAIL(st, STATUS_INTERNAL, NULL, "a restriction cannot be set: %s", strerror(errno));
}

/* --- Resources --- */

static status_code set_limit(__rlimit_resource_t resource, rlim_t value, struct status *st)
{
    struct rlimit limit = {value, value};

    return setrlimit(resource, &limit) < 0 ? fail_refused(st) : STATUS_OK;
}

static status_code limit_resources(bool may_write_files, struct status *st)
{
    if (!IS_SANITIZED)
        TRY(set_limit(RLIMIT_AS, (rlim_t)WORKER_MEMORY_MAX_MIB << 20, st));
    if (!IS_SANITIZED && !may_write_files) {
        /* Such a write fails instead of killing the worker. */
        (void)signal(SIGXFSZ, SIG_IGN);
        TRY(set_limit(RLIMIT_FSIZE, 0, st));
    }
    TRY(set_limit(RLIMIT_CORE, 0, st));
    return set_limit(RLIMIT_NOFILE, WORKER_FILES_MAX, st);
}

/* --- Files: Landlock (Linux 5.13), kernel documentation userspace-api/landlock.rst --- */

static status_code allow_path(int ruleset, const char *path, uint64_t access, struct status *st)
{
    _cleanup_(closep) int fd = open(path, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

    if (fd < 0) /* nothing there that could be read */
        return STATUS_OK;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        return fail_refused(st);
    return STATUS_OK;
}

static status_code limit_files(const char *const *models_paths, size_t path_count, uint32_t *gaps,
                               struct status *st)
{
    const uint64_t read_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    /* All that the first version of Landlock knows. */
    struct landlock_ruleset_attr attributes = {.handled_access_fs =
                                                   (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    _cleanup_(closep) int ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);

    if (ruleset < 0) {
        *gaps |= SANDBOX_WITHOUT_LANDLOCK;
        return STATUS_OK;
    }
    for (size_t i = 0; i < path_count; i++)
        TRY(allow_path(ruleset, models_paths[i], read_access, st));
    /* What the processor is: the networks' runtime counts its cores there. */
    TRY(allow_path(ruleset, "/sys/devices/system/cpu", read_access, st));
    TRY(allow_path(ruleset, "/sys/devices/system/node", read_access, st));
    TRY(allow_path(ruleset, "/proc/cpuinfo", LANDLOCK_ACCESS_FS_READ_FILE, st));
    /* Where tesseract's own messages go. */
    TRY(allow_path(ruleset, "/dev/null",
                   LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE, st));
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        return fail_refused(st);
    return STATUS_OK;
}

/* --- System calls: seccomp --- */

#ifdef NATIVE_ARCHITECTURE

#define LOAD(field)                                                                                \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define ALLOW            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define REFUSE_AS(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define PERMIT(number)   BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), ALLOW

static status_code limit_calls(uint32_t *gaps, struct status *st)
{
    /* What computing, memory, threads, the open descriptors and reading models take; everything
     * else, above all sockets, processes and signals to others, fails with EPERM. */
    const struct sock_filter filter[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
        PERMIT(SYS_read),
        PERMIT(SYS_readv),
        PERMIT(SYS_pread64),
        PERMIT(SYS_write),
        PERMIT(SYS_writev),
        PERMIT(SYS_lseek),
        PERMIT(SYS_close),
        PERMIT(SYS_fstat),
        PERMIT(SYS_newfstatat),
        PERMIT(SYS_statx),
        PERMIT(SYS_fcntl),
        PERMIT(SYS_openat),
        PERMIT(SYS_faccessat),
        PERMIT(SYS_faccessat2),
        PERMIT(SYS_readlinkat),
        PERMIT(SYS_getdents64),
        PERMIT(SYS_getcwd),
#ifdef SYS_open
        PERMIT(SYS_open),
        PERMIT(SYS_stat),
        PERMIT(SYS_lstat),
        PERMIT(SYS_access),
        PERMIT(SYS_readlink),
        PERMIT(SYS_poll),
        PERMIT(SYS_time),
#endif
        PERMIT(SYS_ppoll),
        PERMIT(SYS_sendmsg),
        PERMIT(SYS_recvmsg),
        PERMIT(SYS_sendto),
        PERMIT(SYS_recvfrom),
        PERMIT(SYS_mmap),
        PERMIT(SYS_munmap),
        PERMIT(SYS_mremap),
        PERMIT(SYS_mprotect),
        PERMIT(SYS_madvise),
        PERMIT(SYS_brk),
        PERMIT(SYS_futex),
        PERMIT(SYS_set_robust_list),
#ifdef SYS_rseq
        PERMIT(SYS_rseq),
#endif
        PERMIT(SYS_sched_yield),
        PERMIT(SYS_sched_getaffinity),
        PERMIT(SYS_getcpu),
        PERMIT(SYS_clock_gettime),
        PERMIT(SYS_clock_nanosleep),
        PERMIT(SYS_nanosleep),
        PERMIT(SYS_gettimeofday),
        PERMIT(SYS_setitimer),
        PERMIT(SYS_rt_sigaction),
        PERMIT(SYS_rt_sigprocmask),
        PERMIT(SYS_rt_sigreturn),
        PERMIT(SYS_restart_syscall),
        PERMIT(SYS_getpid),
        PERMIT(SYS_gettid),
        PERMIT(SYS_getuid),
        PERMIT(SYS_geteuid),
        PERMIT(SYS_getrandom),
        PERMIT(SYS_sysinfo),
        PERMIT(SYS_uname),
        PERMIT(SYS_getrusage),
        PERMIT(SYS_exit),
        PERMIT(SYS_exit_group),
        /* Threads, but no processes. Of clone3() a filter cannot see the flags; the C library takes
         * clone() where it is told that there is none. */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
        REFUSE_AS(ENOSYS),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
        ALLOW,
        REFUSE,
        /* abort() signals its own process so. */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 4),
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 0, 1),
        ALLOW,
        REFUSE,
        /* Of ioctl() only isatty(). */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
        LOAD(args[1]),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TCGETS, 0, 1),
        ALLOW,
        REFUSE,
    };
    const struct sock_fprog program = {.len = ARRAY_LENGTH(filter),
                                       .filter = (struct sock_filter *)filter};

    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0)
        return STATUS_OK;
    if (errno != EINVAL && errno != ENOSYS)
        return fail_refused(st);
    *gaps |= SANDBOX_WITHOUT_SECCOMP;
    return STATUS_OK;
}

#else

static status_code limit_calls(uint32_t *gaps, struct status *st)
{
    (void)st;
    *gaps |= SANDBOX_WITHOUT_SECCOMP;
    return STATUS_OK;
}

#endif

status_code sandbox_enter(const char *const *models_paths, size_t path_count, bool may_write_files,
                          uint32_t *ret_gaps, struct status *st)
{
    uint32_t gaps =
        IS_SANITIZED ? SANDBOX_WITHOUT_LANDLOCK | SANDBOX_WITHOUT_SECCOMP | SANDBOX_WITHOUT_LIMITS
                     : 0;

    TRY(limit_resources(may_write_files, st));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
        (!IS_SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0))
        return fail_refused(st);
    if (!IS_SANITIZED) {
        TRY(limit_files(models_paths, path_count, &gaps, st));
        TRY(limit_calls(&gaps, st));
    }
    *ret_gaps = gaps;
    return STATUS_OK;
}
