#include "lib/db/tests/database.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/clock.h"

struct db_options database_options(const char *schema, int connections_max)
{
    const char *url = getenv("DATABASE_URL");

    if (url == NULL) {
        fail_msg("DATABASE_URL is not set: run this by tests/postgres-for-test.sh");
        abort();
    }
    return (struct db_options){.conninfo = url,
                               .schema = schema,
                               .application_name = "ocrmesh-test",
                               .connections_max = connections_max};
}

struct db *database_open(const char *schema, int connections_max)
{
    struct db_options options = database_options(schema, connections_max);
    struct db *db = NULL;
    struct status st = {0};

    if (db_open(&options, &db, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return db;
}

int64_t database_deadline(void)
{
    return time_mono_after_ms(60000);
}

enum { STATEMENTS_MAX = 200 };

/* Statements are known by their address, so each of the tests' own needs one that stays. */
static const struct db_statement *make_statement(const char *sql)
{
    static struct db_statement statements[STATEMENTS_MAX];
    static char names[STATEMENTS_MAX][16];
    static atomic_int count;
    int number = atomic_fetch_add(&count, 1);

    assert_true(number < STATEMENTS_MAX);
    (void)snprintf(names[number], sizeof(names[number]), "test_%d", number);
    statements[number] = (struct db_statement){names[number], sql};
    return &statements[number];
}

void database_execute(struct db *db, const char *sql)
{
    struct status st = {0};

    if (db_execute(db, database_deadline(), make_statement(sql), DB_NO_PARAMS, NULL, &st) !=
        STATUS_OK)
        fail_msg("%s: %s", sql, st.message);
}

int64_t database_integer(struct db *db, const char *sql)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct status st = {0};

    if (db_query(db, database_deadline(), make_statement(sql), DB_NO_PARAMS, &rows, &st) !=
        STATUS_OK)
        fail_msg("%s: %s", sql, st.message);
    return db_integer(rows, 0, 0);
}

void database_server(const char *verb)
{
    char command[1024];
    const char *control = getenv("TEST_POSTGRES");

    assert_non_null(control);
    (void)snprintf(command, sizeof(command), "%s %s", control, verb);
    assert_int_equal(system(command), 0);
}
