#include "lib/testing/service_process.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/base/wait.h"

enum {
    LINE_MAX_BYTES = 8192,
    LOG_MAX_BYTES = 64 << 20,
    ENVIRONMENT_MAX = 64,
    START_TIMEOUT_MS = 60000,
    LOOK_MS = 50, /* between two looks at whether the process lives */
};

struct service_process {
    pid_t pid;
    FILE *log;
    pthread_t reader;
    pthread_mutex_t mutex;  /* for what follows */
    pthread_cond_t changed; /* the log has grown */
    int port;               /* 0 until the log has named it; the same from then on */
    struct buf text;        /* of the log */
};

static _Noreturn void give_up(const char *program, const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", program == NULL ? "(no program)" : program, what);
    abort();
}

static void keep(struct service_process *process, const char *line)
{
    static const char key[] = "\"port\":";
    const char *port = strstr(line, key);

    pthread_mutex_lock(&process->mutex);
    if (!buf_append_str(&process->text, line))
        (void)fputs("the log is longer than the test keeps\n", stderr);
    if (process->port == 0 && port != NULL)
        process->port = atoi(port + strlen(key));
    pthread_cond_signal(&process->changed);
    pthread_mutex_unlock(&process->mutex);
    if (line[0] != '{')
        (void)fputs(line, stderr);
}

/* A log that nobody reads would stop the process. */
static void *read_log(void *arg)
{
    struct service_process *process = arg;
    char line[LINE_MAX_BYTES];

    while (fgets(line, sizeof(line), process->log) != NULL)
        keep(process, line);
    return NULL;
}

/* The end of the log would not tell that the process has ended: its own children may hold it. */
static bool has_ended(const struct service_process *process)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid != 0;
}

/* Until the log names the port; false when the process ends first, or takes too long. */
static bool wait_for_port(struct service_process *process)
{
    int64_t deadline = time_mono_after_ms(START_TIMEOUT_MS);
    bool is_serving;

    pthread_mutex_lock(&process->mutex);
    while (process->port == 0 && time_mono() < deadline && !has_ended(process))
        (void)wait_until(&process->changed, &process->mutex, time_mono_after_ms(LOOK_MS));
    is_serving = process->port != 0;
    pthread_mutex_unlock(&process->mutex);
    return is_serving;
}

/* `ret_all` points into `given` and into our own environment. */
static void choose_environment(const char *const *given, char *ret_all[static ENVIRONMENT_MAX])
{
    static const char *const passed[] = {
        "PATH=", "TMPDIR=", "ASAN_OPTIONS=", "LSAN_OPTIONS=", "TSAN_OPTIONS=", "UBSAN_OPTIONS="};
    size_t count = 0;

    for (; *given != NULL && count < ENVIRONMENT_MAX - 1; given++)
        ret_all[count++] = (char *)*given;
    for (char **own = environ; *own != NULL; own++)
        for (size_t i = 0; i < ARRAY_LENGTH(passed); i++)
            if (strncmp(*own, passed[i], strlen(passed[i])) == 0 && count < ENVIRONMENT_MAX - 1)
                ret_all[count++] = *own;
    ret_all[count] = NULL;
}

static bool spawn(struct service_process *process, const char *program, char *const environment[])
{
    posix_spawn_file_actions_t actions;
    int ends[2];

    if (pipe(ends) != 0)
        return false;
    process->log = fdopen(ends[0], "r");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    /* With the test's own output, what outlives a crashed test would keep the runner waiting. */
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    int error = posix_spawn(&process->pid, program, &actions, NULL,
                            (char *[]){(char *)program, NULL}, environment);
    posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    return error == 0 && process->log != NULL;
}

struct service_process *service_process_start(const char *program, const char *const *environment)
{
    struct service_process *process = calloc(1, sizeof(*process));
    char *all[ENVIRONMENT_MAX];

    if (program == NULL || process == NULL)
        give_up(program, "cannot be started");
    pthread_mutex_init(&process->mutex, NULL);
    wait_init(&process->changed);
    buf_init(&process->text, LOG_MAX_BYTES);
    choose_environment(environment, all);
    if (!spawn(process, program, all))
        give_up(program, "cannot be started");
    if (pthread_create(&process->reader, NULL, read_log, process) != 0)
        give_up(program, "its log cannot be read");
    if (!wait_for_port(process)) {
        pthread_mutex_lock(&process->mutex);
        (void)fputs(process->text.data != NULL ? process->text.data : "", stderr);
        (void)kill(process->pid, SIGKILL);
        give_up(program, "does not come to serve");
    }
    return process;
}

int service_process_port(const struct service_process *process)
{
    return process->port;
}

static int64_t read_status_kib(const struct service_process *process, const char *key)
{
    char path[64], line[256];
    int64_t kib = -1;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)process->pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    while (fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            kib = strtoll(line + strlen(key), NULL, 10);
    (void)fclose(file);
    return kib;
}

int64_t service_process_memory_kib(const struct service_process *process)
{
    return read_status_kib(process, "VmRSS:");
}

int64_t service_process_peak_kib(const struct service_process *process)
{
    return read_status_kib(process, "VmHWM:");
}

bool service_process_has_logged(struct service_process *process, const char *text)
{
    pthread_mutex_lock(&process->mutex);
    bool has = process->text.data != NULL && strstr(process->text.data, text) != NULL;
    pthread_mutex_unlock(&process->mutex);
    return has;
}

void service_process_wait_logged(struct service_process *process, const char *text)
{
    int64_t deadline = time_mono_after_ms(START_TIMEOUT_MS);

    while (!service_process_has_logged(process, text)) {
        if (time_mono() >= deadline)
            give_up(text, "is not logged");
        pthread_mutex_lock(&process->mutex);
        (void)wait_until(&process->changed, &process->mutex, time_mono_after_ms(LOOK_MS));
        pthread_mutex_unlock(&process->mutex);
    }
}

int64_t service_process_logged_number(struct service_process *process, const char *key)
{
    char wanted[64];

    (void)snprintf(wanted, sizeof(wanted), "\"%s\":", key);
    pthread_mutex_lock(&process->mutex);
    const char *at = process->text.data != NULL ? strstr(process->text.data, wanted) : NULL;
    int64_t number = at != NULL ? strtoll(at + strlen(wanted), NULL, 10) : -1;
    pthread_mutex_unlock(&process->mutex);
    return number;
}

void service_process_signal(struct service_process *process, int signal_number)
{
    (void)kill(process->pid, signal_number);
}

int service_process_wait(struct service_process *process)
{
    int status = 0;

    (void)waitpid(process->pid, &status, 0);
    pthread_join(process->reader, NULL);
    (void)fclose(process->log);
    buf_deinit(&process->text);
    pthread_cond_destroy(&process->changed);
    pthread_mutex_destroy(&process->mutex);
    free(process);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int service_process_end(struct service_process *process, int signal_number)
{
    service_process_signal(process, signal_number);
    return service_process_wait(process);
}
