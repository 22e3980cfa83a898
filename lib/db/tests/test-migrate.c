#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/db/tests/database.h"
#include "lib/db/tests/migrations-for-test.h"

static void test_embedded_files_are_applied_once_and_in_order(void **state)
{
    _cleanup_(db_closep) struct db *db = database_open("fresh", 2);
    struct status st = {0};

    assert_int_equal(test_migrations_count, 2);
    assert_string_equal(test_migrations[0].name, "0001_create_item");
    assert_non_null(strstr(test_migrations[0].sql, "a backslash \\, a dollar $1"));
    assert_int_equal(db_migrate(db, test_migrations, 1, &st), STATUS_OK);
    database_execute(db, "INSERT INTO item (id) VALUES (1)");
    assert_int_equal(db_migrate(db, test_migrations, 2, &st), STATUS_OK);
    assert_int_equal(db_migrate(db, test_migrations, 2, &st), STATUS_OK);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM schema_migration"), 2);
    assert_int_equal(
        database_integer(db, "SELECT count(*) FROM item WHERE name = E'it''s \"\\\\n\" ü'"), 1);
}

static void test_a_migration_that_was_changed_later_is_refused(void **state)
{
    _cleanup_(db_closep) struct db *db = database_open("changed", 1);
    struct db_migration changed[] = {{"0001_create_item", "CREATE TABLE item (id int)"}};
    struct status st = {0};

    assert_int_equal(db_migrate(db, test_migrations, 1, &st), STATUS_OK);
    assert_int_equal(db_migrate(db, changed, 1, &st), STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "MIGRATION_CHANGED");
    assert_non_null(strstr(st.message, "0001_create_item"));
}

static void test_a_database_of_a_later_version_is_refused(void **state)
{
    _cleanup_(db_closep) struct db *db = database_open("later", 1);
    struct status st = {0};

    assert_int_equal(db_migrate(db, test_migrations, 2, &st), STATUS_OK);
    assert_int_equal(db_migrate(db, test_migrations, 1, &st), STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "MIGRATION_UNKNOWN");
    assert_non_null(strstr(st.message, "0002_add_trigger"));
}

/* While replicas of two versions take turns: the older one starts again, also from nothing. */
static void test_a_database_that_a_later_version_expanded_is_gone_on_with(void **state)
{
    _cleanup_(db_closep) struct db *db = database_open("expanded", 1);
    const struct db_migration newer[] = {
        test_migrations[0],
        test_migrations[1],
        {"0003_add_note", "-- expansion: nobody has to write it\nALTER TABLE item ADD note text"},
        {"0004_drop_name", "ALTER TABLE item DROP name"},
    };
    struct status st = {0};

    assert_int_equal(db_migrate(db, newer, 3, &st), STATUS_OK);
    assert_int_equal(db_migrate(db, newer, 2, &st), STATUS_OK);
    assert_int_equal(database_integer(db, "SELECT count(*) FROM schema_migration"), 3);
    /* It lacks more than the expansion. */
    assert_int_equal(db_migrate(db, newer, 1, &st), STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(st.message, "0002_add_trigger"));
    assert_int_equal(db_migrate(db, newer, 4, &st), STATUS_OK);
    assert_int_equal(db_migrate(db, newer, 3, &st), STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "MIGRATION_UNKNOWN");
    assert_non_null(strstr(st.message, "0004_drop_name"));
}

static void test_a_migration_that_fails_leaves_nothing(void **state)
{
    _cleanup_(db_closep) struct db *db = database_open("failing", 1);
    struct db_migration failing[] = {
        {"0001_create_item", "CREATE TABLE item (id int)"},
        {"0002_fail", "CREATE TABLE half (id int); SELECT 1 / 0; CREATE TABLE other (id int)"},
    };
    struct status st = {0};

    assert_int_equal(db_migrate(db, failing, 2, &st), STATUS_INTERNAL);
    assert_non_null(strstr(st.message, "0002_fail"));
    assert_int_equal(database_integer(db, "SELECT count(*) FROM schema_migration"), 1);
    assert_int_equal(
        database_integer(db, "SELECT count(*) FROM pg_tables WHERE tablename = 'half'"), 0);
    /* Mended, it goes on from there. */
    failing[1].sql = "CREATE TABLE half (id int)";
    assert_int_equal(db_migrate(db, failing, 2, &st), STATUS_OK);
}

static void *migrate(void *arg)
{
    _cleanup_(db_closep) struct db *db = database_open("crowded", 1);
    struct status st = {0};

    *(status_code *)arg = db_migrate(db, test_migrations, test_migrations_count, &st);
    return NULL;
}

static void test_replicas_that_start_at_once_apply_it_once(void **state)
{
    enum { REPLICAS = 8 };
    pthread_t threads[REPLICAS];
    status_code codes[REPLICAS];

    for (int i = 0; i < REPLICAS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate, &codes[i]), 0);
    for (int i = 0; i < REPLICAS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(codes[i], STATUS_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_embedded_files_are_applied_once_and_in_order),
        cmocka_unit_test(test_a_migration_that_was_changed_later_is_refused),
        cmocka_unit_test(test_a_database_of_a_later_version_is_refused),
        cmocka_unit_test(test_a_database_that_a_later_version_expanded_is_gone_on_with),
        cmocka_unit_test(test_a_migration_that_fails_leaves_nothing),
        cmocka_unit_test(test_replicas_that_start_at_once_apply_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
