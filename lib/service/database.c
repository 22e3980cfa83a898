#include "lib/service/database.h"

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
