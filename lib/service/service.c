#include "lib/service/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/admin/admin.h"
#include "lib/log/log.h"
#include "lib/program/program.h"
#include "lib/service/call_log.h"
#include "lib/service/call_metrics.h"
#include "lib/service/certificate_metrics.h"
#include "lib/service/readiness.h"
#include "lib/service/trace_metrics.h"

enum { PURPOSE_MAX = 512 };

static const char migrate_option[] = "--migrate";
static const char check_option[] = "--check-config";

/* What `--help` says first: the options there are. */
static void describe(const struct service_program *program, char ret_text[static PURPOSE_MAX])
{
    (void)snprintf(
        ret_text, PURPOSE_MAX,
        "%s%s%s%s\n\nWith %s it looks whether its settings are right, says so of the first that is "
        "not, and ends.",
        program->purpose, program->migrate != NULL ? "\n\nWith " : "",
        program->migrate != NULL ? migrate_option : "",
        program->migrate != NULL ? " it brings the schema of its database up to date, and ends."
                                 : "",
        check_option);
}

static int migrate(const struct service_program *program)
{
    struct status st = {0};

    if (program->migrate(program->settings, &st) != STATUS_OK) {
        log_failure(LOG_ERROR, "cannot migrate", &st);
        return EXIT_FAILURE;
    }
    log_write(LOG_INFO, "the schema is up to date");
    return EXIT_SUCCESS;
}

static int check(const struct service_program *program)
{
    struct status st = {0};

    if (program_load(program->name, program->entries, program->entry_count, program->settings,
                     &st) == STATUS_OK &&
        program->check(program->settings, &st) == STATUS_OK)
        return EXIT_SUCCESS;
    (void)fprintf(stderr, "%s\n", st.message);
    return EX_CONFIG;
}

int service_main(int argc, char **argv, const struct service_program *program)
{
    const bool only_migrates =
        program->migrate != NULL && argc == 2 && strcmp(argv[1], migrate_option) == 0;
    char purpose[PURPOSE_MAX];
    struct status st = {0};
    status_code code;

    if (argc == 2 && strcmp(argv[1], check_option) == 0)
        return check(program);
    describe(program, purpose);
    program_start(only_migrates ? 1 : argc, argv, program->name, purpose, program->entries,
                  program->entry_count, program->settings);
    if (only_migrates)
        return migrate(program);
    rpc_start();
    code = program->run(program->settings, &st);
    rpc_stop();
    if (code != STATUS_OK) {
        log_failure(LOG_ERROR, "cannot serve", &st);
        program_end();
        return EXIT_FAILURE;
    }
    program_end();
    log_write(LOG_INFO, "stopped");
    return EXIT_SUCCESS;
}

/* What the admin port's callbacks share. */
struct admin_data {
    struct readiness *readiness;
    struct call_metrics *metrics;
    const struct service_options *options;
};

static status_code check_admin_ready(void *data, struct status *st)
{
    const struct admin_data *admin = data;

    return readiness_last(admin->readiness, st);
}

static void write_admin_metrics(void *data, struct buf *out)
{
    const struct admin_data *admin = data;

    call_metrics_write(admin->metrics, out);
    trace_metrics_write(out);
    certificate_metrics_write(admin->options->security, out);
    if (admin->options->write_metrics != NULL)
        admin->options->write_metrics(admin->options->data, out);
}

static void end_call(struct rpc_call *call, const struct status *st, int64_t duration_ns,
                     void *metrics)
{
    call_metrics_add(metrics, rpc_call_method(call), st->code, duration_ns);
    call_log_end(call, st, duration_ns);
}

/* The admin port is the last to go, so that it can be watched how the process drains. */
status_code service_run(const struct service_options *options, struct status *st)
{
    _cleanup_(call_metrics_freep) struct call_metrics *metrics =
        call_metrics_new(options->services, options->service_count);
    _cleanup_(rpc_server_freep) struct rpc_server *server = NULL;
    _cleanup_(readiness_freep) struct readiness *readiness = NULL;
    _cleanup_(admin_server_stopp) struct admin_server *admin = NULL;
    struct admin_data admin_data = {.metrics = metrics, .options = options};
    struct rpc_server_options server_options = {
        .address = options->listen,
        .threads_max = options->threads_max,
        .on_call_end = end_call,
        .on_call_end_data = metrics,
    };

    if (metrics == NULL)
        return FAIL_MEMORY(st);
    TRY(mesh_security_protect(options->security, &server_options, st));
    TRY(rpc_server_new(&server_options, options->services, options->service_count, &server, st));
    TRY(readiness_new(
        &(struct readiness_options){
            .server = server,
            .services = options->services,
            .service_count = options->service_count,
            .check = options->check_ready,
            .data = options->data,
        },
        &readiness, st));
    admin_data.readiness = readiness;
    TRY(admin_server_start(
        &(struct admin_options){
            .address = options->admin_listen,
            .check_ready = check_admin_ready,
            .write_metrics = write_admin_metrics,
            .data = &admin_data,
        },
        &admin, st));
    log_write(LOG_INFO, "serving", LOG_STRING("address", options->listen),
              LOG_INTEGER("port", rpc_server_port(server)),
              LOG_INTEGER("admin_port", admin_server_port(admin)));

    int signal_number = program_wait_for_signal();
    log_write(LOG_INFO, "draining", LOG_INTEGER("signal", signal_number));
    readiness_stop(readiness);
    if (options->begin_drain != NULL)
        options->begin_drain(options->data);
    rpc_server_drain(server, SERVICE_DRAIN_GRACE_MS);
    return STATUS_OK;
}
