#include "lib/program/program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/log/log.h"

struct common_settings {
    const char *log_level;
};

static const struct config_entry common_entries[] = {
    {"LOG_LEVEL", CONFIG_STRING, offsetof(struct common_settings, log_level), "info",
     "least level that is logged: debug, info, warning or error", 0, 0},
};

/* SIGTERM and SIGINT wait for program_wait_for_signal(), in every thread. */
static void block_signals(sigset_t *ret_set)
{
    sigemptyset(ret_set);
    sigaddset(ret_set, SIGTERM);
    sigaddset(ret_set, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, ret_set, NULL) != 0)
        abort();
}

static void print_help(FILE *out, const char *service, const char *purpose,
                       const struct config_entry *entries, size_t count)
{
    struct config_entry *all = calloc(count + ARRAY_LENGTH(common_entries), sizeof(*all));

    if (all == NULL)
        abort();
    if (count > 0)
        memcpy(all, entries, count * sizeof(*all));
    memcpy(all + count, common_entries, sizeof(common_entries));
    config_print_help(out, service, purpose, all, count + ARRAY_LENGTH(common_entries));
    free(all);
}

static void start_log(const char *service, struct status *st)
{
    struct common_settings common;
    log_level level;

    log_start(service, LOG_INFO);
    if (config_load(common_entries, ARRAY_LENGTH(common_entries), &common, st) != STATUS_OK)
        return;
    if (!log_level_parse(common.log_level, &level)) {
        (void)FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                   "LOG_LEVEL must be debug, info, warning or error, not '%.60s'",
                   common.log_level);
        return;
    }
    log_start(service, level);
}

void program_start(int argc, char **argv, const char *service, const char *purpose,
                   const struct config_entry *entries, size_t count, void *ret_settings)
{
    struct status st = {0};
    sigset_t set;

    block_signals(&set);
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_help(stdout, service, purpose, entries, count);
        exit(0);
    }
    if (argc > 1) {
        (void)fprintf(stderr, "%s: unknown argument '%s'\n\n", service, argv[1]);
        print_help(stderr, service, purpose, entries, count);
        exit(2);
    }
    start_log(service, &st);
    if (st.code != STATUS_OK || config_load(entries, count, ret_settings, &st) != STATUS_OK) {
        log_failure(LOG_ERROR, "cannot start: a setting is wrong", &st);
        exit(EX_CONFIG);
    }
}

int program_wait_for_signal(void)
{
    sigset_t set;
    int number;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    while (sigwait(&set, &number) != 0)
        ; /* EINTR, on systems that give it */
    return number;
}

bool program_is_told_to_end(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}
