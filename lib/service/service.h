#pragma once

/*
 * The life of a process of the mesh: service_main() for each, service_run() for those that serve
 * gRPC: serving, health, the admin port, the drain.
 *
 *     int main(int argc, char **argv)
 *     {
 *         struct settings settings;
 *
 *         return service_main(argc, argv, &(struct service_program){
 *             "export", "turns recognised documents into files",
 *             entries, ARRAY_LENGTH(entries), &settings, run});
 *     }
 *
 * run() builds what the service is made of, calls service_run(), which returns when the process
 * was told to end and every call is over, and takes apart what it has built. Thread rule: the main
 * thread.
 */

#include "lib/config/config.h"
#include "lib/mesh/security.h"
#include "lib/rpc/server.h"

/* How long calls under way may take to finish once the process is told to end. The orchestrator's
 * own grace period must be longer. */
enum { SERVICE_DRAIN_GRACE_MS = 20000 };

struct service_program {
    const char *name;    /* in the log and in `--help`; static */
    const char *purpose; /* one line for `--help` */
    const struct config_entry *entries;
    size_t entry_count;
    void *settings; /* filled from the entries, then handed to run() */
    /* The RPC runtime is started. Fails when the process cannot start. */
    status_code (*run)(const void *settings, struct status *st);
    /* Brings the schema of the service's database up to date, and nothing else: what `--migrate`
     * does in place of run(). NULL: there is no such option, for there is no database. */
    status_code (*migrate)(const void *settings, struct status *st);
    /* Looks at the settings beyond what their entries say, and at the files that they name; asks
     * nobody, and leaves things as they are. What `--check-config` does in place of run(). */
    status_code (*check)(const void *settings, struct status *st);
};

/* What main() returns: 0 after a drain, a migration or a check, 1 when run() or migrate() failed,
 * which is logged, and 78 (EX_CONFIG) when a check failed, which is one line on stderr. Ends the
 * process by itself for `--help` and for wrong settings (lib/program). */
int service_main(int argc, char **argv, const struct service_program *program);

struct service_options {
    const char *listen;             /* as rpc_server_options.address */
    struct mesh_security *security; /* of the gRPC server; borrowed */
    const char *admin_listen;       /* as admin_options.address */
    const struct rpc_service *const *services;
    size_t service_count;
    int threads_max; /* as in rpc_server_options: calls at once */
    /* Whether this process can do its work: STATUS_OK, or why not. Called every second on a thread
     * of its own, must return within a second; grpc.health.v1 and /readyz tell the outcome. NULL:
     * ready as long as it serves. */
    status_code (*check_ready)(void *data, struct status *st);
    /* As in admin_options, after the counters of calls (call_metrics.h). May be NULL. */
    void (*write_metrics)(void *data, struct buf *out);
    /* Called once the process was told to end, before calls under way are waited for: lets go of
     * those that would wait for something. Must not block. May be NULL. */
    void (*begin_drain)(void *data);
    void *data; /* of all of these */
};

/* Serves until SIGTERM or SIGINT, then drains: health to NOT_SERVING, no new call, those under way
 * finish or are cancelled after SERVICE_DRAIN_GRACE_MS. Every failed call is logged (call_log.h).
 * Fails when an address cannot be bound, or may not be for want of TLS (lib/mesh/security.h). */
status_code service_run(const struct service_options *options, struct status *st) _must_check_;
