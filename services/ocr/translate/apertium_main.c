/*
 * ocrmesh-ocr-apertium MODES PAIR: translates its standard input by one of Apertium's pairs.
 *
 * What Apertium's own script does, without a shell: the pair's mode file is a pipeline, whose
 * programs are started here with pipes between them. Input and output are Apertium's stream format
 * (wiki.apertium.org/wiki/Apertium_stream_format), escaped and cut up by the caller (apertium.c).
 *
 * The text is an outsider's, and the programs are large: before any of them starts, this process
 * gives up, for itself and for them, all files but what is below /usr and /lib (read and execute),
 * all sockets, and memory, time and output beyond bounds.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "services/ocr/translate/mode.h"

enum {
    MEMORY_MAX_MIB = 1024, /* of each program */
    CPU_MAX_SECONDS = 60,
    FILES_MAX = 64,
};

static int fail(const char *what)
{
    (void)fprintf(stderr, "ocrmesh-ocr-apertium: %s: %s\n", what, strerror(errno));
    return 1;
}

static bool limit(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit limits = {value, value};

    return setrlimit(resource, &limits) == 0;
}

static bool allow_below(int ruleset, const char *path, uint64_t access)
{
    _cleanup_(closep) int fd = open(path, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

    return fd < 0 ||
           syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

/* Landlock (Linux 5.13); a kernel without it leaves the other restrictions. */
static bool limit_files(void)
{
    const uint64_t use =
        LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;
    struct landlock_ruleset_attr attributes = {.handled_access_fs =
                                                   (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    _cleanup_(closep) int ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);

    if (ruleset < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP;
    return allow_below(ruleset, "/usr", use) && allow_below(ruleset, "/lib", use) &&
           allow_below(ruleset, "/lib64", use) &&
           allow_below(ruleset, "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE) &&
           allow_below(ruleset, "/dev/null",
                       LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE) &&
           syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

#define LOAD(field)                                                                                \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define REFUSE(number)                                                                             \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                           \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

/* No network, and nothing done to other processes. */
static bool limit_calls(void)
{
    const struct sock_filter filter[] = {
#if defined(__x86_64__)
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
#elif defined(__aarch64__)
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_AARCH64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
#endif
        LOAD(nr),
        REFUSE(SYS_socket),
        REFUSE(SYS_socketpair),
        REFUSE(SYS_connect),
        REFUSE(SYS_bind),
        REFUSE(SYS_ptrace),
        REFUSE(SYS_process_vm_readv),
        REFUSE(SYS_process_vm_writev),
        REFUSE(SYS_io_uring_setup),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = ARRAY_LENGTH(filter),
                                       .filter = (struct sock_filter *)filter};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

static bool restrict_self(void)
{
    return limit(RLIMIT_AS, (rlim_t)MEMORY_MAX_MIB << 20) && limit(RLIMIT_CPU, CPU_MAX_SECONDS) &&
           limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, FILES_MAX) &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && limit_files() && limit_calls();
}

/* Starts one program between two descriptors, which it closes here; -1 on failure. */
static pid_t start(const struct mode_stage *stage, int in, int out)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
            (void)execvp(stage->arguments[0], stage->arguments);
        _exit(fail(stage->arguments[0]));
    }
    if (in != STDIN_FILENO)
        (void)close(in);
    if (out != STDOUT_FILENO)
        (void)close(out);
    return pid;
}

static int run(const struct mode *mode)
{
    int in = STDIN_FILENO;
    int result = 0;

    for (size_t i = 0; i < mode->stage_count; i++) {
        int ends[2] = {-1, STDOUT_FILENO};
        if (i + 1 < mode->stage_count && pipe2(ends, O_CLOEXEC) < 0)
            return fail("a pipe");
        if (start(&mode->stages[i], in, ends[1]) < 0)
            return fail("a process");
        in = ends[0];
    }
    for (size_t i = 0; i < mode->stage_count; i++) {
        int status = 0;
        if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            result = 1;
    }
    return result;
}

int main(int argc, char **argv)
{
    struct mode mode;
    struct status st;

    if (argc != 3) {
        (void)fprintf(stderr, "usage: ocrmesh-ocr-apertium MODES PAIR < TEXT\n");
        return 2;
    }
    if (mode_read(argv[1], argv[2], &mode, &st) != STATUS_OK) {
        (void)fprintf(stderr, "ocrmesh-ocr-apertium: %s\n", st.message);
        return 1;
    }
    if (!restrict_self())
        return fail("a restriction");
    /* At the end of a sanitized build leaks are looked for by ptrace(), which was given up. */
    _exit(run(&mode));
}
