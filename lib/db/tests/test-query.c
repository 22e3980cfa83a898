#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"

static struct db *db;

static int open_database(void **state)
{
    db = database_open("public", 2);
    return 0;
}

static int close_database(void **state)
{
    db_close(db);
    return 0;
}

static void test_values_come_back_as_they_went(void **state)
{
    static const struct db_statement echo = {
        "echo", "SELECT $1::bigint, $2::int, $3::float8, $4::bool, $5::text, $6::bytea,"
                " $7::timestamptz, $8::uuid, $9::jsonb, $10::text, $11::float4, $12::smallint"};
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct status st = {0};
    const char text[] = "'; DROP TABLE x; -- \"\\ \xc3\xbc $1 %s";
    int64_t wall = INT64_C(1790000000123456000);

    for (int round = 0; round < 2; round++) { /* prepared, then used again */
        db_rows_freep(&rows);
        assert_int_equal(
            db_query(db, database_deadline(), &echo,
                     DB_PARAMS(DB_P_INTEGER(INT64_MIN), DB_P_INTEGER(-5), DB_P_REAL(0.1),
                               DB_P_BOOLEAN(true), DB_P_TEXT(text), DB_P_BYTES("\0\xff\x01", 3),
                               DB_P_TIME(wall), DB_P_TEXT("0198C0DE-0000-4000-8000-00000000ABCD"),
                               DB_P_TEXT("{\"a\": 1}"), DB_P_TEXT(NULL), DB_P_REAL(0.5),
                               DB_P_INTEGER(-32768)),
                     &rows, &st),
            STATUS_OK);
        assert_int_equal(db_row_count(rows), 1);
        assert_true(db_integer(rows, 0, 0) == INT64_MIN);
        assert_int_equal(db_integer(rows, 0, 1), -5);
        assert_true(db_real(rows, 0, 2) == 0.1);
        assert_true(db_boolean(rows, 0, 3));
        assert_true(str_equal(db_text(rows, 0, 4), str_of(text)));
        assert_true(str_equal(db_bytes(rows, 0, 5), (struct str){"\0\xff\x01", 3}));
        assert_true(db_time(rows, 0, 6) == wall);
        assert_true(str_equal(db_text(rows, 0, 7), STR("0198c0de-0000-4000-8000-00000000abcd")));
        assert_true(str_equal(db_text(rows, 0, 8), STR("{\"a\": 1}")));
        assert_true(db_is_null(rows, 0, 9));
        assert_null(db_text(rows, 0, 9).p);
        assert_true(db_real(rows, 0, 10) == 0.5);
        assert_int_equal(db_integer(rows, 0, 11), -32768);
    }
}

static void test_uuids_are_found_by_row_and_column(void **state)
{
    static const struct db_statement select = {
        "uuids", "SELECT lpad(i::text, 32, '0')::uuid, i, lpad((i + 10)::text, 32, '0')::uuid"
                 " FROM generate_series(1, 3) i"};
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct status st = {0};

    assert_int_equal(db_query(db, database_deadline(), &select, DB_NO_PARAMS, &rows, &st),
                     STATUS_OK);
    assert_true(str_equal(db_text(rows, 2, 0), STR("00000000-0000-0000-0000-000000000003")));
    assert_int_equal(db_integer(rows, 2, 1), 3);
    assert_true(str_equal(db_text(rows, 1, 2), STR("00000000-0000-0000-0000-000000000012")));
}

static void test_null_times_and_infinity_are_numbers(void **state)
{
    static const struct db_statement select = {
        "times", "SELECT NULL::timestamptz, 'infinity'::timestamptz, '-infinity'::timestamptz,"
                 " '1970-01-01T00:00:00Z'::timestamptz"};
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct status st = {0};

    assert_int_equal(db_query(db, database_deadline(), &select, DB_NO_PARAMS, &rows, &st),
                     STATUS_OK);
    assert_int_equal(db_time(rows, 0, 0), 0);
    assert_true(db_time(rows, 0, 1) == INT64_MAX);
    assert_true(db_time(rows, 0, 2) == INT64_MIN);
    assert_int_equal(db_time(rows, 0, 3), 0);
}

static void test_text_that_is_no_text_is_refused(void **state)
{
    static const struct db_statement echo = {"echo_text", "SELECT $1::text"};
    struct db_rows *rows = NULL;
    struct status st = {0};
    struct db_param with_zero = {.type = DB_TEXT, .bytes = {"a\0b", 3}};

    assert_int_equal(
        db_query(db, database_deadline(), &echo, DB_PARAMS(DB_P_TEXT("\xc3\x28")), &rows, &st),
        STATUS_INVALID_ARGUMENT);
    assert_int_equal(db_query(db, database_deadline(), &echo, &with_zero, 1, &rows, &st),
                     STATUS_INVALID_ARGUMENT);
}

static void test_megabytes_go_both_ways(void **state)
{
    static const struct db_statement echo = {"echo_bytes", "SELECT $1::bytea"};
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    _cleanup_(freep) char *bytes = malloc(8 << 20);
    struct status st = {0};

    for (size_t i = 0; i < 8 << 20; i++)
        bytes[i] = (char)(i * 31);
    assert_int_equal(
        db_query(db, database_deadline(), &echo, DB_PARAMS(DB_P_BYTES(bytes, 8 << 20)), &rows, &st),
        STATUS_OK);
    assert_true(str_equal(db_bytes(rows, 0, 0), (struct str){bytes, 8 << 20}));
}

static void test_a_transaction_that_is_not_committed_leaves_nothing(void **state)
{
    static const struct db_statement insert = {"insert", "INSERT INTO a VALUES ($1)"};
    struct status st = {0};
    struct db_tx *tx = NULL;
    int64_t affected = 0;

    database_execute(db, "CREATE TABLE a (id int PRIMARY KEY)");
    assert_int_equal(db_tx_begin(db, database_deadline(), &tx, &st), STATUS_OK);
    assert_int_equal(db_tx_execute(tx, &insert, DB_PARAMS(DB_P_INTEGER(1)), &affected, &st),
                     STATUS_OK);
    assert_int_equal(affected, 1);
    db_tx_freep(&tx);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM a"), 0);

    assert_int_equal(db_tx_begin(db, database_deadline(), &tx, &st), STATUS_OK);
    assert_int_equal(db_tx_execute(tx, &insert, DB_PARAMS(DB_P_INTEGER(1)), NULL, &st), STATUS_OK);
    assert_int_equal(db_tx_commit(tx, &st), STATUS_OK);
    db_tx_freep(&tx);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM a"), 1);
}

static void test_a_failed_statement_keeps_its_transaction_from_committing(void **state)
{
    static const struct db_statement insert = {"insert_b", "INSERT INTO b VALUES ($1)"};
    struct status st = {0};
    _cleanup_(db_tx_freep) struct db_tx *tx = NULL;

    database_execute(db, "CREATE TABLE b (id int CONSTRAINT b_one PRIMARY KEY)");
    assert_int_equal(db_tx_begin(db, database_deadline(), &tx, &st), STATUS_OK);
    assert_int_equal(db_tx_execute(tx, &insert, DB_PARAMS(DB_P_INTEGER(1)), NULL, &st), STATUS_OK);
    assert_int_equal(db_tx_execute(tx, &insert, DB_PARAMS(DB_P_INTEGER(1)), NULL, &st),
                     STATUS_ALREADY_EXISTS);
    assert_string_equal(st.reason, "SQLSTATE_23505");
    assert_string_equal(status_get_info(&st, "constraint"), "b_one");
    assert_int_equal(db_tx_commit(tx, &st), STATUS_INTERNAL);
    db_tx_freep(&tx);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM b"), 0);
}

static void test_the_search_path_is_the_schema(void **state)
{
    _cleanup_(db_closep) struct db *other = NULL;

    database_execute(db, "CREATE SCHEMA other");
    database_execute(db, "CREATE TABLE other.only_there AS SELECT 7 AS n");
    other = database_open("other", 1);
    assert_int_equal(database_integer(other, "SELECT n FROM only_there"), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_come_back_as_they_went),
        cmocka_unit_test(test_uuids_are_found_by_row_and_column),
        cmocka_unit_test(test_null_times_and_infinity_are_numbers),
        cmocka_unit_test(test_text_that_is_no_text_is_refused),
        cmocka_unit_test(test_megabytes_go_both_ways),
        cmocka_unit_test(test_a_transaction_that_is_not_committed_leaves_nothing),
        cmocka_unit_test(test_a_failed_statement_keeps_its_transaction_from_committing),
        cmocka_unit_test(test_the_search_path_is_the_schema),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
