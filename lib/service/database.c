#include "lib/service/database.h"

#include "lib/admin/prometheus.h"
#include "lib/log/log.h"
#include "lib/program/program.h"

status_code service_open_database(const struct db_options *options,
                                  const struct db_migration *migrations, size_t migration_count,
                                  struct db **ret_db, struct status *st)
{
    _cleanup_(db_closep) struct db *db = NULL;
    status_code code;

    while ((code = db_open(options, &db, st)) == STATUS_UNAVAILABLE && !program_is_told_to_end())
        log_failure(LOG_WARNING, "waiting for the database", st);
    TRY(code);
    TRY(db_migrate(db, migrations, migration_count, st));
    *ret_db = TAKE(db);
    return STATUS_OK;
}

status_code service_migrate_database(const struct db_options *options,
                                     const struct db_migration *migrations, size_t migration_count,
                                     struct status *st)
{
    _cleanup_(db_closep) struct db *db = NULL;

    return service_open_database(options, migrations, migration_count, &db, st);
}

void service_write_database_metrics(struct db *db, struct buf *out)
{
    const struct db_pool_use use = db_pool_use(db);

    prometheus_head(out, "ocrmesh_db_connections", "gauge", "Connections to the database.");
    prometheus_integer(out, use.busy, "ocrmesh_db_connections{state=\"busy\"}");
    prometheus_integer(out, use.idle, "ocrmesh_db_connections{state=\"idle\"}");
    prometheus_head(out, "ocrmesh_db_connections_max", "gauge",
                    "Connections to the database that there may be.");
    prometheus_integer(out, use.max, "ocrmesh_db_connections_max");
    prometheus_head(out, "ocrmesh_db_waiting", "gauge",
                    "Statements and transactions that wait for a connection.");
    prometheus_integer(out, use.waiting, "ocrmesh_db_waiting");
}
