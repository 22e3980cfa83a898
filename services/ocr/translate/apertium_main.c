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
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "services/ocr/restrict.h"
#include "services/ocr/restrict_calls.h"
#include "services/ocr/restrict_files.h"
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

/* A kernel without Landlock leaves the other restrictions. */
static status_code limit_files(struct status *st)
{
    const uint32_t use = RESTRICT_READ | RESTRICT_EXECUTE;
    _cleanup_(closep) int ruleset = -1;

    TRY(restrict_files_begin(&ruleset, st));
    TRY(restrict_files_allow(ruleset, "/usr", use, st));
    TRY(restrict_files_allow(ruleset, "/lib", use, st));
    TRY(restrict_files_allow(ruleset, "/lib64", use, st));
    TRY(restrict_files_allow(ruleset, "/etc/ld.so.cache", RESTRICT_READ, st));
    TRY(restrict_files_allow(ruleset, "/dev/null", RESTRICT_READ | RESTRICT_WRITE, st));
    return restrict_files_enforce(ruleset, st);
}

/* No network, and nothing done to other processes. */
static status_code limit_calls(struct status *st)
{
    static const int refused[] = {
        SCMP_SYS(socket),
        SCMP_SYS(socketpair),
        SCMP_SYS(connect),
        SCMP_SYS(bind),
        SCMP_SYS(ptrace),
        SCMP_SYS(process_vm_readv),
        SCMP_SYS(process_vm_writev),
        SCMP_SYS(io_uring_setup),
    };
    _cleanup_(restrict_calls_freep) scmp_filter_ctx filter = NULL;
    bool is_held;

    TRY(restrict_calls_begin(SCMP_ACT_ALLOW, &filter, st));
    TRY(restrict_calls_add(filter, SCMP_ACT_ERRNO(EPERM), refused, ARRAY_LENGTH(refused), st));
    TRY(restrict_calls_enforce(filter, &is_held, st));
    return is_held ? STATUS_OK : FAIL_RESTRICTION(st, ENOSYS);
}

static status_code restrict_self(struct status *st)
{
    TRY(restrict_resource(RLIMIT_CPU, CPU_MAX_SECONDS, st));
    TRY(restrict_resource(RLIMIT_FSIZE, 0, st));
    TRY(restrict_resource(RLIMIT_CORE, 0, st));
    TRY(restrict_resource(RLIMIT_NOFILE, FILES_MAX, st));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return FAIL_RESTRICTION(st, errno);
    TRY(limit_files(st));
    TRY(limit_calls(st));
    /* The last, for it takes memory to make a filter, and a sanitizer has more than that. */
    return restrict_resource(RLIMIT_AS, (rlim_t)MEMORY_MAX_MIB << 20, st);
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
    if (mode_read(argv[1], argv[2], &mode, &st) != STATUS_OK || restrict_self(&st) != STATUS_OK) {
        (void)fprintf(stderr, "ocrmesh-ocr-apertium: %s\n", st.message);
        return 1;
    }
    /* At the end of a sanitized build leaks are looked for by ptrace(), which was given up. */
    _exit(run(&mode));
}
