#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/pool.h"
#include "lib/db/rows.h"
#include "lib/log/log.h"

/* For all migrations together, the wait for another replica's included. */
static const int64_t migrate_timeout_ms = INT64_C(30) * 60 * 1000;

/* A session lock: it goes with the connection, so a process that dies leaves none behind. */
static const struct db_statement lock_schema = {
    "db_migrate_lock",
    "SELECT pg_advisory_lock(hashtextextended('ocrmesh migrations of ' || $1, 0))",
};

static const struct db_statement no_timeout = {
    "db_migrate_no_timeout",
    "SELECT set_config('statement_timeout', '0', false),"
    "       set_config('idle_in_transaction_session_timeout', '0', false)",
};

/* CREATE SCHEMA IF NOT EXISTS asks for the right to create even where there is nothing to do. */
static const struct db_statement find_schema = {
    "db_migrate_find_schema",
    "SELECT 1 FROM pg_namespace WHERE nspname = $1",
};
static const char create_schema[] =
    "DO $$ BEGIN EXECUTE format('CREATE SCHEMA %I', current_setting('search_path')); END $$";

static const char create_table[] = "CREATE TABLE IF NOT EXISTS schema_migration ("
                                   "    name       text PRIMARY KEY,"
                                   "    checksum   text NOT NULL," /* SHA-256 of the file */
                                   "    apply_time timestamptz NOT NULL DEFAULT now());"
                                   "ALTER TABLE schema_migration ADD COLUMN IF NOT EXISTS"
                                   "    is_expansion boolean NOT NULL DEFAULT false";

/* How the SQL of a migration begins that programs which do not know it go on with. */
static const char expansion_mark[] = "-- expansion:";

static const struct db_statement list_applied = {
    "db_migrate_list",
    "SELECT name, checksum, is_expansion FROM schema_migration ORDER BY name",
};

static const struct db_statement checksum_of = {
    "db_migrate_checksum",
    "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')",
};

static const struct db_statement record = {
    "db_migrate_record",
    "INSERT INTO schema_migration (name, checksum, is_expansion)"
    " VALUES ($1, encode(sha256(convert_to($2, 'UTF8')), 'hex'), $3)",
};

struct migration_run {
    struct db_connection *connection;
    int64_t deadline;
    const struct db_migration *migrations;
    size_t count;
};

static status_code query(const struct migration_run *run, const struct db_statement *statement,
                         const struct db_param *params, size_t param_count,
                         struct db_rows **ret_rows, struct status *st)
{
    PGresult *result;

    TRY(db_connection_run(run->connection, run->deadline, statement, params, param_count, &result,
                          st));
    return db_rows_new(result, ret_rows, st);
}

static status_code command(const struct migration_run *run, const char *sql, struct status *st)
{
    return db_connection_command(run->connection, run->deadline, sql, st);
}

static status_code prepare_schema(const struct migration_run *run, const char *schema,
                                  struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(query(run, &find_schema, DB_PARAMS(DB_P_TEXT(schema)), &rows, st));
    if (db_row_count(rows) == 0)
        TRY(command(run, create_schema, st));
    return command(run, create_table, st);
}

/* That what was applied is what we have, from the first one on and without a gap; behind it there
 * may be expansions of newer programs, with which this one shares the schema while they replace it.
 */
static status_code check_applied(const struct migration_run *run, size_t *ret_applied_count,
                                 struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *applied = NULL;
    int64_t newer_count = 0;

    TRY(query(run, &list_applied, DB_NO_PARAMS, &applied, st));
    for (size_t i = 0; i < db_row_count(applied); i++) {
        _cleanup_(db_rows_freep) struct db_rows *expected = NULL;
        struct str name = db_text(applied, i, 0);
        if (i >= run->count && db_boolean(applied, i, 2)) {
            newer_count++;
            continue;
        }
        if (i >= run->count || !str_equal(name, str_of(run->migrations[i].name)))
            return FAIL(st, STATUS_FAILED_PRECONDITION, "MIGRATION_UNKNOWN",
                        "the database has the migration '%.*s', which this program does not know"
                        " at that place: it is of a version that cannot go on with it",
                        (int)name.n, name.p);
        TRY(query(run, &checksum_of, DB_PARAMS(DB_P_TEXT(run->migrations[i].sql)), &expected, st));
        if (!str_equal(db_text(applied, i, 1), db_text(expected, 0, 0)))
            return FAIL(st, STATUS_FAILED_PRECONDITION, "MIGRATION_CHANGED",
                        "the migration '%s' was changed after it had been applied",
                        run->migrations[i].name);
    }
    if (newer_count > 0)
        log_write(LOG_WARNING, "the schema is newer than this program, which goes on with it",
                  LOG_INTEGER("newer_migrations", newer_count));
    *ret_applied_count = db_row_count(applied) < run->count ? db_row_count(applied) : run->count;
    return STATUS_OK;
}

static bool is_expansion(const struct db_migration *migration)
{
    return strncmp(migration->sql, expansion_mark, strlen(expansion_mark)) == 0;
}

static status_code apply(const struct migration_run *run, const struct db_migration *migration,
                         struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    int64_t started = time_mono();

    TRY(command(run, "BEGIN", st));
    if (command(run, migration->sql, st) != STATUS_OK)
        return FAIL(st, st->code, st->reason, "the migration '%s' failed: %s", migration->name,
                    st->message);
    TRY(query(run, &record,
              DB_PARAMS(DB_P_TEXT(migration->name), DB_P_TEXT(migration->sql),
                        DB_P_BOOLEAN(is_expansion(migration))),
              &rows, st));
    TRY(command(run, "COMMIT", st));
    log_write(LOG_INFO, "migration applied", LOG_STRING("migration", migration->name),
              LOG_REAL("seconds", (double)(time_mono() - started) / NANOSECONDS_PER_SECOND));
    return STATUS_OK;
}

static status_code migrate(const struct migration_run *run, const char *schema, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *no_limit = NULL;
    _cleanup_(db_rows_freep) struct db_rows *lock = NULL;
    size_t applied_count = 0;

    TRY(query(run, &no_timeout, DB_NO_PARAMS, &no_limit, st));
    TRY(query(run, &lock_schema, DB_PARAMS(DB_P_TEXT(schema)), &lock, st));
    TRY(prepare_schema(run, schema, st));
    TRY(check_applied(run, &applied_count, st));
    for (size_t i = applied_count; i < run->count; i++)
        TRY(apply(run, &run->migrations[i], st));
    return STATUS_OK;
}

status_code db_migrate(struct db *db, const struct db_migration *migrations, size_t count,
                       struct status *st)
{
    struct migration_run run = {
        .deadline = time_mono_after_ms(migrate_timeout_ms),
        .migrations = migrations,
        .count = count,
    };

    TRY(db_pool_acquire(db, run.deadline, &run.connection, st));
    run.connection->statement_timeout_ms = 0;
    status_code code = migrate(&run, db_pool_options(db)->schema, st);
    /* Closing it frees the lock and forgets the settings. */
    run.connection->is_broken = true;
    db_pool_release(db, run.connection);
    return code;
}
