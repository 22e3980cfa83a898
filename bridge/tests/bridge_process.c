#include "bridge/tests/bridge_process.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"

enum {
    LINE_MAX_BYTES = 8192,
    LOG_MAX_BYTES = 16 << 20,
    SETTINGS_MAX = 24,
    SETTING_MAX_BYTES = 128,
};

struct bridge_process {
    pid_t pid;
    int port;
    FILE *log;
    pthread_t reader;
    pthread_mutex_t mutex; /* for what follows */
    struct buf text;
};

static void keep(struct bridge_process *process, const char *line)
{
    pthread_mutex_lock(&process->mutex);
    if (!buf_append_str(&process->text, line))
        (void)fputs("the log is longer than the test keeps\n", stderr);
    pthread_mutex_unlock(&process->mutex);
}

static void *read_log(void *arg)
{
    struct bridge_process *process = arg;
    char line[LINE_MAX_BYTES];

    while (fgets(line, sizeof(line), process->log) != NULL) {
        keep(process, line);
        /* Ours is JSON; anything else is a sanitizer or the loader. */
        if (line[0] != '{')
            (void)fputs(line, stderr);
    }
    return NULL;
}

/* Reads the log up to the line that names the port. */
static bool read_port(struct bridge_process *process)
{
    char line[LINE_MAX_BYTES];

    while (fgets(line, sizeof(line), process->log) != NULL) {
        const char *port = strstr(line, "\"port\":");

        keep(process, line);
        if (port != NULL) {
            process->port = atoi(port + strlen("\"port\":"));
            return true;
        }
        (void)fputs(line, stderr);
    }
    return false;
}

static bool spawn(struct bridge_process *process, const char *program, char *const environment[])
{
    posix_spawn_file_actions_t actions;
    int ends[2];

    if (pipe(ends) != 0)
        return false;
    process->log = fdopen(ends[0], "r");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    int error = posix_spawn(&process->pid, program, &actions, NULL,
                            (char *[]){(char *)program, NULL}, environment);
    posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    return error == 0;
}

struct bridge_process *bridge_process_start(int mesh_port, const char *const *settings)
{
    static const char *const services[] = {"OCR", "BILLING", "EXPORT", "CHAT"};
    const char *program = getenv("OCRMESH_BRIDGE_PROGRAM");
    struct bridge_process *process = calloc(1, sizeof(*process));
    char targets[ARRAY_LENGTH(services)][SETTING_MAX_BYTES];
    char *environment[SETTINGS_MAX] = {
        (char *)"BRIDGE_LISTEN=127.0.0.1:0",
        (char *)"BRIDGE_ADMIN_LISTEN=127.0.0.1:0",
        (char *)"LOG_LEVEL=info",
    };
    size_t count = 3;

    for (size_t i = 0; i < ARRAY_LENGTH(services); i++) {
        (void)snprintf(targets[i], sizeof(targets[i]), "%s_TARGET=dns:///127.0.0.1:%d", services[i],
                       mesh_port);
        environment[count++] = targets[i];
    }
    for (; settings != NULL && *settings != NULL && count < SETTINGS_MAX - 1; settings++)
        environment[count++] = (char *)*settings;
    if (program == NULL || process == NULL)
        return NULL;
    pthread_mutex_init(&process->mutex, NULL);
    buf_init(&process->text, LOG_MAX_BYTES);
    if (!spawn(process, program, environment) || !read_port(process) ||
        pthread_create(&process->reader, NULL, read_log, process) != 0)
        return NULL;
    return process;
}

int bridge_process_port(const struct bridge_process *process)
{
    return process->port;
}

static int64_t read_status(const struct bridge_process *process, const char *format)
{
    char path[64], line[256];
    int64_t kib = -1;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)process->pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    while (fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, format, strlen(format)) == 0)
            kib = strtoll(line + strlen(format), NULL, 10);
    (void)fclose(file);
    return kib;
}

int64_t bridge_process_memory_kib(const struct bridge_process *process)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)process->pid);
    FILE *file = fopen(path, "w");
    if (file != NULL) {
        (void)fputs("5", file); /* proc(5): resets VmHWM */
        (void)fclose(file);
    }
    return read_status(process, "VmRSS:");
}

int64_t bridge_process_peak_kib(const struct bridge_process *process)
{
    return read_status(process, "VmHWM:");
}

bool bridge_process_has_logged(struct bridge_process *process, const char *text)
{
    pthread_mutex_lock(&process->mutex);
    bool has = process->text.data != NULL && strstr(process->text.data, text) != NULL;
    pthread_mutex_unlock(&process->mutex);
    return has;
}

void bridge_process_terminate(struct bridge_process *process)
{
    (void)kill(process->pid, SIGTERM);
}

int bridge_process_wait(struct bridge_process *process)
{
    int status = 0;

    (void)waitpid(process->pid, &status, 0);
    pthread_join(process->reader, NULL);
    (void)fclose(process->log);
    buf_deinit(&process->text);
    pthread_mutex_destroy(&process->mutex);
    free(process);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
