#include "lib/rpc/runtime.h"

#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <grpc/support/log.h>
#include <grpc/support/time.h>

#include "lib/base/clock.h"
#include "lib/log/log.h"

/* What a server says of every client that sends the host name it calls, for which it looks in its
 * certificate; names play no part in ours. */
static const char no_host_name[] = "No match found for server name";

/* Core's errors are mostly a peer's: a handshake that failed, an address that does not answer. */
static void log_from_core(gpr_log_func_args *args)
{
    const bool is_news = args->severity == GPR_LOG_SEVERITY_ERROR &&
                         strncmp(args->message, no_host_name, strlen(no_host_name)) != 0;

    log_write(is_news ? LOG_WARNING : LOG_DEBUG, "grpc", LOG_STRING("detail", args->message),
              LOG_STRING("file", args->file), LOG_INTEGER("line", args->line));
}

/* By default glibc gives up to eight arenas a core to threads, and each keeps what it has freed:
 * threads that mostly wait would hold several times the memory that is in use. */
static void bound_arenas(void)
{
    cpu_set_t cores;

    if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
        (void)mallopt(M_ARENA_MAX, CPU_COUNT(&cores));
}

void rpc_start(void)
{
    bound_arenas();
    gpr_set_log_function(log_from_core);
    grpc_init();
}

void rpc_stop(void)
{
    grpc_shutdown_blocking();
}

/* The two monotonic clocks need not agree (tests move ours), so deadlines cross as durations. */
gpr_timespec rpc_deadline_to_core(int64_t deadline)
{
    int64_t left;

    if (deadline == TIME_NEVER)
        return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    if (__builtin_sub_overflow(deadline, time_mono(), &left))
        return gpr_inf_past(GPR_CLOCK_MONOTONIC);
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(left, GPR_TIMESPAN));
}

int64_t rpc_deadline_from_core(gpr_timespec deadline)
{
    /* Deadlines further away than this are kept as "none". */
    static const int64_t far_seconds = INT64_C(100) * 365 * 24 * 3600;

    if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0)
        return TIME_NEVER;
    gpr_timespec left = gpr_time_sub(gpr_convert_clock_type(deadline, GPR_CLOCK_MONOTONIC),
                                     gpr_now(GPR_CLOCK_MONOTONIC));
    if (left.tv_sec > far_seconds)
        return TIME_NEVER;
    return time_mono() + left.tv_sec * NANOSECONDS_PER_SECOND + left.tv_nsec;
}

status_code rpc_path(const char *service, const char *method, char ret_path[static RPC_PATH_MAX],
                     struct status *st)
{
    int length = snprintf(ret_path, RPC_PATH_MAX, "/%s/%s", service, method);

    if (length < 0 || length >= RPC_PATH_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "a method's path has at most %d bytes",
                    RPC_PATH_MAX - 1);
    return STATUS_OK;
}
