#include "services/ocr/worker_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker_channel.h"

extern char **environ;

enum { ENVIRONMENT_MAX = 32 };

/* What libraries of the worker look at; everything else stays with the service. */
static const char *const passed_variables[] = {
    "PATH=",
    "HOME=",
    "LANG=",
    "LC_ALL=",
    "TMPDIR=",
    "TZ=",
    "TESSDATA_PREFIX=",
    "NEURAL_PATH=",
    "LD_LIBRARY_PATH=",
    "ASAN_OPTIONS=",
    "LSAN_OPTIONS=",
    "UBSAN_OPTIONS=",
    "TSAN_OPTIONS=",
};

static void choose_environment(char *ret_environment[static ENVIRONMENT_MAX])
{
    size_t count = 0;

    for (char **variable = environ; *variable != NULL && count < ENVIRONMENT_MAX - 1; variable++)
        for (size_t i = 0; i < ARRAY_LENGTH(passed_variables); i++)
            if (strncmp(*variable, passed_variables[i], strlen(passed_variables[i])) == 0)
                ret_environment[count++] = *variable;
    ret_environment[count] = NULL;
}

int worker_spawn(const char *path, int channel_fd, pid_t *ret_pid)
{
    char descriptor[16];
    char *arguments[] = {(char *)path, (char *)"--channel-fd", descriptor, NULL};
    char *environment[ENVIRONMENT_MAX];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    int error;

    (void)snprintf(descriptor, sizeof(descriptor), "%d", WORKER_CHANNEL_CHILD_FD);
    choose_environment(environment);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    /* The service blocks and ignores signals that should end a worker. */
    sigemptyset(&signals);
    error = posix_spawnattr_setsigmask(&attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(&attributes, &signals);
    if (error == 0)
        error =
            posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, channel_fd, WORKER_CHANNEL_CHILD_FD);
    /* Whatever a library opened without close-on-exec. */
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(&actions, WORKER_CHANNEL_CHILD_FD + 1);
    if (error == 0)
        error = posix_spawn(ret_pid, path, &actions, &attributes, arguments, environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}
