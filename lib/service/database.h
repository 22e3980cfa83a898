#pragma once

/*
 * The database of a service at its start, and in its metrics.
 */

#include "lib/db/db.h"

/*
 * Opens it and brings its schema up to date (db_open(), db_migrate()). One that is not there yet is
 * waited for, until the process is told to end: the processes of a mesh start in any order.
 *
 * Thread rule: the main thread, before service_run().
 */
status_code service_open_database(const struct db_options *options,
                                  const struct db_migration *migrations, size_t migration_count,
                                  struct db **ret_db, struct status *st) _must_check_;

/* The same for a process that does nothing else: service_program.migrate. */
status_code service_migrate_database(const struct db_options *options,
                                     const struct db_migration *migrations, size_t migration_count,
                                     struct status *st) _must_check_;

/* How its connections are used, for service_options.write_metrics. Any thread. */
void service_write_database_metrics(struct db *db, struct buf *out);
