#include "services/ocr/worker_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

const struct worker_watch_limits worker_watch_usual = {.cpu_s = 600, .stall_ms = 30 * 1000};

/* Processor time that all threads of a process have used; -1 when it has ended. */
static int64_t used_ns(pid_t pid)
{
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) < 0)
        return -1;
    return used.tv_sec * NANOSECONDS_PER_SECOND + used.tv_nsec;
}

void worker_watch_allow(pid_t pid, const struct worker_watch_limits *limits)
{
    int64_t used = used_ns(pid);
    /* The soft limit alone, which can be moved again; the worker itself may not call setrlimit().
     */
    struct rlimit limit = {.rlim_cur = (rlim_t)(used / NANOSECONDS_PER_SECOND + limits->cpu_s),
                           .rlim_max = RLIM_INFINITY};

    if (used >= 0)
        (void)prlimit(pid, RLIMIT_CPU, &limit, NULL);
}

/* Until readable (> 0), or the end of the time (0). */
static int wait_readable(int fd, int64_t until)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    int ready;

    do {
        int64_t left_ms = (until - time_mono()) / NANOSECONDS_PER_MS + 1;
        ready = poll(&poll_fd, 1, left_ms < 0 ? 0 : (int)left_ms);
    } while (ready < 0 && errno == EINTR);
    return ready;
}

status_code worker_watch_wait(pid_t pid, int fd, const struct worker_watch_limits *limits,
                              int64_t deadline, struct status *st)
{
    enum { STEP_NS = 1000 * 1000 }; /* less than that is what a signal handler takes */
    int64_t used = used_ns(pid);

    while (time_mono() < deadline) {
        int64_t until = time_mono_after_ms(limits->stall_ms);
        if (wait_readable(fd, until < deadline ? until : deadline) != 0)
            return STATUS_OK;
        int64_t used_by_now = used_ns(pid);
        if (until <= deadline && used_by_now - used < STEP_NS)
            return FAIL(st, STATUS_DEADLINE_EXCEEDED, "CHANNEL_TIMEOUT",
                        "the reading process has stood still for %lld seconds",
                        (long long)limits->stall_ms / 1000);
        used = used_by_now;
    }
    return STATUS_OK;
}

/* Of all that is mapped, and of what is in memory; false when the process has ended. proc(5) */
static bool read_memory(pid_t pid, uint64_t *ret_mapped_bytes, uint64_t *ret_resident_bytes)
{
    unsigned long long mapped_pages;
    unsigned long long resident_pages;
    const uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    char path[64];
    char line[128];

    (void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, line, sizeof(line) - 1);
    if (length <= 0)
        return false;
    line[length] = '\0';
    if (sscanf(line, "%llu %llu", &mapped_pages, &resident_pages) != 2)
        return false;
    *ret_mapped_bytes = mapped_pages * page_bytes;
    *ret_resident_bytes = resident_pages * page_bytes;
    return true;
}

bool worker_watch_is_spent(pid_t pid)
{
    struct rlimit limit;
    uint64_t mapped;
    uint64_t resident;

    return prlimit(pid, RLIMIT_AS, NULL, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
           read_memory(pid, &mapped, &resident) &&
           (mapped > limit.rlim_cur / 100 * WORKER_WATCH_MAPPED_PERCENT ||
            resident > limit.rlim_cur / 100 * WORKER_WATCH_RESIDENT_PERCENT);
}
