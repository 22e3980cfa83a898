#include "services/ocr/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

static status_code set_limit(__rlimit_resource_t resource, rlim_t value, struct status *st)
{
    struct rlimit limit = {value, value};

    if (setrlimit(resource, &limit) < 0)
        return FAIL(st, STATUS_INTERNAL, NULL, "a resource limit cannot be set: %s",
                    strerror(errno));
    return STATUS_OK;
}

status_code sandbox_enter(bool may_write_files, struct status *st)
{
    if (!IS_SANITIZED)
        TRY(set_limit(RLIMIT_AS, (rlim_t)WORKER_MEMORY_MAX_MIB << 20, st));
    if (!IS_SANITIZED && !may_write_files) {
        /* Such a write fails instead of killing the worker. */
        (void)signal(SIGXFSZ, SIG_IGN);
        TRY(set_limit(RLIMIT_FSIZE, 0, st));
    }
    TRY(set_limit(RLIMIT_CORE, 0, st));
    TRY(set_limit(RLIMIT_NOFILE, WORKER_FILES_MAX, st));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return FAIL(st, STATUS_INTERNAL, NULL, "a restriction cannot be set: %s", strerror(errno));
    return STATUS_OK;
}
