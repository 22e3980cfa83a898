#include "services/ocr/worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "services/ocr/restrict.h"
#include "services/ocr/restrict_files.h"
#include "services/ocr/worker/sandbox_calls.h"

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

static status_code limit_resources(bool may_write_files, struct status *st)
{
    if (!IS_SANITIZED)
        TRY(restrict_resource(RLIMIT_AS, (rlim_t)WORKER_MEMORY_MAX_MIB << 20, st));
    if (!IS_SANITIZED && !may_write_files) {
        /* Such a write fails instead of killing the worker. */
        (void)signal(SIGXFSZ, SIG_IGN);
        TRY(restrict_resource(RLIMIT_FSIZE, 0, st));
    }
    TRY(restrict_resource(RLIMIT_CORE, 0, st));
    return restrict_resource(RLIMIT_NOFILE, WORKER_FILES_MAX, st);
}

/* When memory runs out, the kernel ends a worker before the service: it costs one page. */
static void go_first(void)
{
    static const char points[] = "500";
    _cleanup_(closep) int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd >= 0)
        (void)!write(fd, points, sizeof(points) - 1);
}

/* No files but those below `models_paths` and what the engines look up, read only. */
static status_code limit_files(const char *const *models_paths, size_t path_count, uint32_t *gaps,
                               struct status *st)
{
    _cleanup_(closep) int ruleset = -1;

    TRY(restrict_files_begin(&ruleset, st));
    if (ruleset < 0)
        *gaps |= SANDBOX_WITHOUT_LANDLOCK;
    for (size_t i = 0; i < path_count; i++)
        TRY(restrict_files_allow(ruleset, models_paths[i], RESTRICT_READ, st));
    /* What the processor is: the networks' runtime counts its cores there. */
    TRY(restrict_files_allow(ruleset, "/sys/devices/system/cpu", RESTRICT_READ, st));
    TRY(restrict_files_allow(ruleset, "/sys/devices/system/node", RESTRICT_READ, st));
    TRY(restrict_files_allow(ruleset, "/proc/cpuinfo", RESTRICT_READ, st));
    /* Where tesseract's own messages go. */
    TRY(restrict_files_allow(ruleset, "/dev/null", RESTRICT_READ | RESTRICT_WRITE, st));
    return restrict_files_enforce(ruleset, st);
}

status_code sandbox_enter(const char *const *models_paths, size_t path_count, bool may_write_files,
                          uint32_t *ret_gaps, struct status *st)
{
    uint32_t gaps =
        IS_SANITIZED ? SANDBOX_WITHOUT_LANDLOCK | SANDBOX_WITHOUT_SECCOMP | SANDBOX_WITHOUT_LIMITS
                     : 0;

    go_first();
    TRY(limit_resources(may_write_files, st));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
        (!IS_SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0))
        return FAIL_RESTRICTION(st, errno);
    if (!IS_SANITIZED) {
        bool is_held;
        TRY(limit_files(models_paths, path_count, &gaps, st));
        TRY(sandbox_limit_calls(&is_held, st));
        gaps |= is_held ? 0 : SANDBOX_WITHOUT_SECCOMP;
    }
    *ret_gaps = gaps;
    return STATUS_OK;
}
