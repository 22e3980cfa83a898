#include "lib/program/program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/log/log.h"
#include "lib/trace/settings.h"

struct common_settings {
    const char *log_level;
};

static const struct config_entry common_entries[] = {
    {"LOG_LEVEL", CONFIG_STRING, offsetof(struct common_settings, log_level), "info",
     "least level that is logged: debug, info, warning or error", 0, 0},
};

enum { TRACED_NAME_SIZE = 64 };

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
    const size_t common_count = ARRAY_LENGTH(common_entries);
    const size_t total = count + common_count + TRACE_SETTINGS_COUNT;
    struct config_entry *all = calloc(total, sizeof(*all));

    if (all == NULL)
        abort();
    if (count > 0)
        memcpy(all, entries, count * sizeof(*all));
    memcpy(all + count, common_entries, sizeof(common_entries));
    memcpy(all + count + common_count, trace_settings_entries, sizeof(trace_settings_entries));
    config_print_help(out, service, purpose, all, total);
    free(all);
}

static status_code load_log_level(log_level *ret_level, struct status *st)
{
    struct common_settings common;

    TRY(config_load(common_entries, ARRAY_LENGTH(common_entries), &common, st));
    if (!log_level_parse(common.log_level, ret_level))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "LOG_LEVEL must be debug, info, warning or error, not '%.60s'",
                    common.log_level);
    return STATUS_OK;
}

/* Spans are those of "ocrmesh-SERVICE". The settings live as long as the process, for the exporter
 * borrows their text. */
static status_code load_traces(const char *service, struct trace_options *ret_options,
                               struct status *st)
{
    static struct trace_settings settings;
    static char name[TRACED_NAME_SIZE];

    (void)snprintf(name, sizeof(name), "ocrmesh-%s", service);
    TRY(config_load(trace_settings_entries, TRACE_SETTINGS_COUNT, &settings, st));
    return trace_settings_read(&settings, name, ret_options, st);
}

static status_code load_all(const char *service, const struct config_entry *entries, size_t count,
                            void *ret_settings, log_level *ret_level,
                            struct trace_options *ret_traces, struct status *st)
{
    TRY(load_log_level(ret_level, st));
    TRY(config_load(entries, count, ret_settings, st));
    return load_traces(service, ret_traces, st);
}

status_code program_load(const char *service, const struct config_entry *entries, size_t count,
                         void *ret_settings, struct status *st)
{
    struct trace_options traces;
    log_level level;

    log_start(service, LOG_ERROR);
    TRY(load_all(service, entries, count, ret_settings, &level, &traces, st));
    TRY(trace_start(&traces, st));
    trace_stop();
    return STATUS_OK;
}

void program_start(int argc, char **argv, const char *service, const char *purpose,
                   const struct config_entry *entries, size_t count, void *ret_settings)
{
    struct trace_options traces;
    struct status st = {0};
    log_level level;
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
    log_start(service, LOG_INFO);
    status_code code = load_all(service, entries, count, ret_settings, &level, &traces, &st);
    if (code == STATUS_OK) {
        log_start(service, level);
        code = trace_start(&traces, &st);
    }
    if (code != STATUS_OK) {
        log_failure(LOG_ERROR, "cannot start: a setting is wrong", &st);
        exit(EX_CONFIG);
    }
}

void program_end(void)
{
    trace_stop();
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
