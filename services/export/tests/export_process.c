#include "services/export/tests/export_process.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/base/cleanup.h"

struct export_process {
    pid_t pid;
    int port;
    FILE *log;
    pthread_t reader;
};

/* The log would fill its pipe and stop the process when nobody reads it. */
static void *pass_log_on(void *arg)
{
    struct export_process *process = arg;
    char line[4096];

    while (fgets(line, sizeof(line), process->log) != NULL)
        (void)fputs(line, stderr);
    return NULL;
}

/* Reads the log up to the line that names the port. */
static bool read_port(struct export_process *process)
{
    char line[4096];

    while (fgets(line, sizeof(line), process->log) != NULL) {
        const char *port = strstr(line, "\"port\":");

        (void)fputs(line, stderr);
        if (port != NULL) {
            process->port = atoi(port + strlen("\"port\":"));
            return true;
        }
    }
    return false;
}

static bool spawn(struct export_process *process, const char *program, char *const environment[])
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

struct export_process *export_process_start(int ocr_port)
{
    const char *program = getenv("OCRMESH_EXPORT_PROGRAM");
    struct export_process *process = calloc(1, sizeof(*process));
    char target[64];
    char *environment[] = {
        (char *)"EXPORT_LISTEN=127.0.0.1:0",
        (char *)"EXPORT_ADMIN_LISTEN=127.0.0.1:0",
        (char *)"LOG_LEVEL=info",
        target,
        NULL,
    };

    (void)snprintf(target, sizeof(target), "OCR_TARGET=dns:///127.0.0.1:%d", ocr_port);
    if (program == NULL || process == NULL || !spawn(process, program, environment) ||
        !read_port(process) || pthread_create(&process->reader, NULL, pass_log_on, process) != 0)
        return NULL;
    return process;
}

int export_process_port(const struct export_process *process)
{
    return process->port;
}

int64_t export_process_peak_kib(const struct export_process *process)
{
    char path[64];
    char line[256];
    int64_t peak_kib = -1;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)process->pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    while (fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "VmHWM: %" SCNd64, &peak_kib) == 1)
            break;
    (void)fclose(file);
    return peak_kib;
}

void export_process_terminate(struct export_process *process)
{
    (void)kill(process->pid, SIGTERM);
}

int export_process_wait(struct export_process *process)
{
    int status = 0;

    (void)waitpid(process->pid, &status, 0);
    pthread_join(process->reader, NULL);
    (void)fclose(process->log);
    free(process);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
