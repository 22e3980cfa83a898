#include "services/ocr/tests/service_process.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 32 };

struct service_process {
    pid_t pid;
    int port;
    FILE *log;
    pthread_t reader;
};

static void give_up(const char *program, const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", program == NULL ? "(no program)" : program, what);
    abort();
}

/* A log that nobody reads would stop the process. */
static void *pass_log_on(void *arg)
{
    struct service_process *process = arg;
    char line[8192];

    while (fgets(line, sizeof(line), process->log) != NULL)
        (void)fputs(line, stderr);
    return NULL;
}

static void read_port(struct service_process *process, const char *program)
{
    char line[8192];

    while (fgets(line, sizeof(line), process->log) != NULL) {
        const char *port = strstr(line, "\"port\":");
        (void)fputs(line, stderr);
        if (port != NULL) {
            process->port = atoi(port + strlen("\"port\":"));
            return;
        }
    }
    give_up(program, "ended before it served");
}

/* All of them are copies, for free_environment(). */
static void choose_environment(const char *const *given, char *ret_all[static ENVIRONMENT_MAX])
{
    static const char *const passed[] = {"PATH",          "ASAN_OPTIONS", "LSAN_OPTIONS",
                                         "UBSAN_OPTIONS", "TSAN_OPTIONS", "TMPDIR"};
    size_t count = 0;

    for (size_t i = 0; given[i] != NULL && count < ENVIRONMENT_MAX - 1; i++)
        ret_all[count++] = strdup(given[i]);
    for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
        const char *value = getenv(passed[i]);
        if (value != NULL && count < ENVIRONMENT_MAX - 1 &&
            asprintf(&ret_all[count], "%s=%s", passed[i], value) > 0)
            count++;
    }
    ret_all[count] = NULL;
}

static void free_environment(char *all[static ENVIRONMENT_MAX])
{
    for (size_t i = 0; all[i] != NULL; i++)
        free(all[i]);
}

struct service_process *service_process_start(const char *program, const char *const *environment)
{
    struct service_process *process = calloc(1, sizeof(*process));
    posix_spawn_file_actions_t actions;
    char *all[ENVIRONMENT_MAX];
    int ends[2];

    if (program == NULL || process == NULL || pipe(ends) != 0)
        give_up(program, "cannot be started");
    choose_environment(environment, all);
    process->log = fdopen(ends[0], "r");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    if (posix_spawn(&process->pid, program, &actions, NULL, (char *[]){(char *)program, NULL},
                    all) != 0)
        give_up(program, "cannot be started");
    posix_spawn_file_actions_destroy(&actions);
    free_environment(all);
    (void)close(ends[1]);
    read_port(process, program);
    if (pthread_create(&process->reader, NULL, pass_log_on, process) != 0)
        give_up(program, "its log cannot be read");
    return process;
}

int service_process_port(const struct service_process *process)
{
    return process->port;
}

pid_t service_process_pid(const struct service_process *process)
{
    return process->pid;
}

int service_process_end(struct service_process *process, int signal_number)
{
    int status = 0;

    (void)kill(process->pid, signal_number);
    (void)waitpid(process->pid, &status, 0);
    pthread_join(process->reader, NULL);
    (void)fclose(process->log);
    free(process);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
