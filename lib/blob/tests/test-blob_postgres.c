/* Blobs in a real PostgreSQL: run by tests/postgres-for-test.sh. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/blob/blob.h"
#include "lib/db/db.h"

enum { DEADLINE_MS = 20000 };

static struct db *db;
static struct blob_store *store;

static int64_t soon(void)
{
    return time_mono_after_ms(DEADLINE_MS);
}

static void execute(const struct db_statement *statement)
{
    struct status st = {0};

    if (db_execute(db, soon(), statement, DB_NO_PARAMS, NULL, &st) != STATUS_OK)
        fail_msg("%s: %s", statement->sql, st.message);
}

/* The tables as blob.h describes them. */
static int open_store(void **state)
{
    static const struct db_migration tables = {
        "0001_create_blob",
        "CREATE TABLE blob (key text PRIMARY KEY, size_bytes bigint NOT NULL, "
        "create_time timestamptz NOT NULL DEFAULT now());"
        "CREATE TABLE blob_chunk (blob_key text NOT NULL REFERENCES blob ON DELETE CASCADE, "
        "position integer NOT NULL, data bytea NOT NULL, PRIMARY KEY (blob_key, position));"
        "CREATE INDEX blob_by_key ON blob (key COLLATE \"C\")",
    };
    const struct db_options options = {
        .conninfo = getenv("DATABASE_URL"),
        .schema = "blob_test",
        .application_name = "blob-test",
    };
    struct status st = {0};

    if (options.conninfo == NULL || db_open(&options, &db, &st) != STATUS_OK ||
        db_migrate(db, &tables, 1, &st) != STATUS_OK ||
        blob_store_open_postgres(db, &store, &st) != STATUS_OK) {
        (void)fprintf(stderr, "no store: %s\n", st.message);
        return 1;
    }
    return 0;
}

static int close_store(void **state)
{
    blob_store_close(store);
    db_close(db);
    return 0;
}

static int empty_store(void **state)
{
    static const struct db_statement remove_all = {"remove_all", "DELETE FROM blob"};

    execute(&remove_all);
    return 0;
}

/* A file of random bytes; *ret_bytes is freed by the caller. */
static int make_file(size_t size, char **ret_bytes)
{
    int fd = memfd_create("blob", MFD_CLOEXEC);
    char *bytes = malloc(size + 1);

    assert_true(fd >= 0 && bytes != NULL);
    random_bytes(bytes, size);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    *ret_bytes = bytes;
    return fd;
}

static void put(const char *key, size_t size, char **ret_bytes)
{
    _cleanup_(closep) int fd = make_file(size, ret_bytes);
    struct status st = {0};

    if (blob_put(store, key, fd, (int64_t)size, soon(), &st) != STATUS_OK)
        fail_msg("not stored: %s", st.message);
}

static void assert_holds(const char *key, const char *bytes, size_t size)
{
    _cleanup_(closep) int fd = memfd_create("copy", MFD_CLOEXEC);
    _cleanup_(freep) char *copy = malloc(size + 1);
    struct status st = {0};
    int64_t size_bytes = -1;

    if (blob_get(store, key, fd, soon(), &size_bytes, &st) != STATUS_OK)
        fail_msg("not read: %s", st.message);
    assert_int_equal(size_bytes, size);
    assert_int_equal(pread(fd, copy, size + 1, 0), (ssize_t)size);
    assert_memory_equal(copy, bytes, size);
}

static void test_bytes_come_back_as_they_went(void **state)
{
    static const size_t sizes[] = {0,
                                   1,
                                   BLOB_CHUNK_BYTES - 1,
                                   BLOB_CHUNK_BYTES,
                                   BLOB_CHUNK_BYTES + 1,
                                   3 * BLOB_CHUNK_BYTES + 7};

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        _cleanup_(freep) char *bytes = NULL;
        put("upload/a", sizes[i], &bytes);
        assert_holds("upload/a", bytes, sizes[i]);
    }
}

static void test_a_blob_is_replaced_whole(void **state)
{
    _cleanup_(freep) char *first = NULL;
    _cleanup_(freep) char *second = NULL;

    put("upload/a", 4 * BLOB_CHUNK_BYTES, &first);
    put("upload/a", 10, &second);
    assert_holds("upload/a", second, 10);
}

static void test_the_files_offset_is_left_alone(void **state)
{
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = make_file(100, &bytes);
    struct status st = {0};

    assert_int_equal(lseek(fd, 42, SEEK_SET), 42);
    assert_int_equal(blob_put(store, "upload/a", fd, 100, soon(), &st), STATUS_OK);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 42);
    assert_holds("upload/a", bytes, 100);
}

static void test_parts_are_read_from_anywhere(void **state)
{
    enum { SIZE = 2 * BLOB_CHUNK_BYTES + 100 };
    static const struct {
        int64_t offset;
        size_t length;
    } parts[] = {
        {0, 1},
        {0, BLOB_CHUNK_BYTES},
        {1, BLOB_CHUNK_BYTES},
        {BLOB_CHUNK_BYTES - 1, 2},
        {BLOB_CHUNK_BYTES, BLOB_CHUNK_BYTES},
        {2 * BLOB_CHUNK_BYTES + 1, 99},
    };
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(freep) char *part = malloc(BLOB_CHUNK_BYTES);
    struct status st = {0};

    put("upload/a", SIZE, &bytes);
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        assert_int_equal(
            blob_read(store, "upload/a", parts[i].offset, part, parts[i].length, soon(), &st),
            STATUS_OK);
        assert_memory_equal(part, bytes + parts[i].offset, parts[i].length);
    }
    assert_int_equal(blob_read(store, "upload/a", SIZE - 9, part, 10, soon(), &st),
                     STATUS_DATA_LOSS);
    assert_int_equal(blob_read(store, "upload/a", 9 * BLOB_CHUNK_BYTES, part, 1, soon(), &st),
                     STATUS_DATA_LOSS);
    assert_int_equal(blob_read(store, "upload/b", 0, part, 1, soon(), &st), STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "BLOB_NOT_FOUND");
}

static void test_all_of_a_prefix_are_deleted_and_no_others(void **state)
{
    static const char *const keys[] = {"a/1/0", "a/1/12/x", "a/1", "a/10/0", "a/1-0", "b"};
    struct status st = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        _cleanup_(freep) char *bytes = NULL;
        put(keys[i], 1, &bytes);
    }
    assert_int_equal(blob_delete_all(store, "a/1/", soon(), &st), STATUS_OK);
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        char byte;
        assert_int_equal(blob_read(store, keys[i], 0, &byte, 1, soon(), &st),
                         i < 2 ? STATUS_NOT_FOUND : STATUS_OK);
    }
}

static void test_what_is_deleted_is_gone(void **state)
{
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = memfd_create("copy", MFD_CLOEXEC);
    struct status st = {0};
    int64_t size_bytes;

    put("upload/a", 100, &bytes);
    assert_int_equal(blob_delete(store, "upload/a", soon(), &st), STATUS_OK);
    assert_int_equal(blob_delete(store, "upload/a", soon(), &st), STATUS_OK);
    assert_int_equal(blob_get(store, "upload/a", fd, soon(), &size_bytes, &st), STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "BLOB_NOT_FOUND");
}

static void test_a_blob_that_lacks_a_piece_is_lost(void **state)
{
    static const struct db_statement tear = {"tear", "DELETE FROM blob_chunk WHERE position = 1"};
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = memfd_create("copy", MFD_CLOEXEC);
    struct status st = {0};
    int64_t size_bytes;

    put("upload/a", 3 * BLOB_CHUNK_BYTES, &bytes);
    execute(&tear);
    assert_int_equal(blob_get(store, "upload/a", fd, soon(), &size_bytes, &st), STATUS_DATA_LOSS);
}

/* A file that is shorter than it was said to be: nothing is kept of it. */
static void test_a_blob_appears_whole_or_not_at_all(void **state)
{
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = make_file(BLOB_CHUNK_BYTES + 1, &bytes);
    _cleanup_(closep) int copy = memfd_create("copy", MFD_CLOEXEC);
    struct status st = {0};
    int64_t size_bytes;

    assert_int_equal(blob_put(store, "upload/a", fd, 3 * BLOB_CHUNK_BYTES, soon(), &st),
                     STATUS_INTERNAL);
    assert_int_equal(blob_get(store, "upload/a", copy, soon(), &size_bytes, &st), STATUS_NOT_FOUND);
}

static void test_old_blobs_are_found_in_order_of_their_keys(void **state)
{
    static const struct db_statement age = {
        "age", "UPDATE blob SET create_time = now() - interval '1 hour' WHERE key <> 'upload/b'"};
    static const char *const keys[] = {"upload/c", "upload/a", "upload/b"};
    _cleanup_(freep) struct blob_keys *found = malloc(sizeof(*found));
    struct status st = {0};
    int64_t before = time_wall() - 60 * NANOSECONDS_PER_SECOND;

    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        _cleanup_(freep) char *bytes = NULL;
        put(keys[i], 1, &bytes);
    }
    execute(&age);
    assert_non_null(found);
    assert_int_equal(blob_list_older(store, before, "", soon(), found, &st), STATUS_OK);
    assert_int_equal(found->count, 2);
    assert_string_equal(found->keys[0], "upload/a");
    assert_string_equal(found->keys[1], "upload/c");
    assert_int_equal(blob_list_older(store, before, "upload/a", soon(), found, &st), STATUS_OK);
    assert_int_equal(found->count, 1);
    assert_int_equal(blob_list_older(store, before, "upload/c", soon(), found, &st), STATUS_OK);
    assert_int_equal(found->count, 0);
}

static void test_keys_and_sizes_are_checked(void **state)
{
    char long_key[BLOB_KEY_MAX + 2];
    const char *const keys[] = {"", "Upload", "a b", "a'b", "../a", long_key};
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = make_file(1, &bytes);
    struct status st = {0};

    memset(long_key, 'a', sizeof(long_key) - 1);
    long_key[sizeof(long_key) - 1] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        assert_int_equal(blob_put(store, keys[i], fd, 1, soon(), &st), STATUS_INTERNAL);
    assert_int_equal(blob_put(store, "a", fd, BLOB_MAX_BYTES + 1, soon(), &st),
                     STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "BLOB_TOO_LARGE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_bytes_come_back_as_they_went, empty_store),
        cmocka_unit_test_setup(test_a_blob_is_replaced_whole, empty_store),
        cmocka_unit_test_setup(test_the_files_offset_is_left_alone, empty_store),
        cmocka_unit_test_setup(test_parts_are_read_from_anywhere, empty_store),
        cmocka_unit_test_setup(test_all_of_a_prefix_are_deleted_and_no_others, empty_store),
        cmocka_unit_test_setup(test_what_is_deleted_is_gone, empty_store),
        cmocka_unit_test_setup(test_a_blob_that_lacks_a_piece_is_lost, empty_store),
        cmocka_unit_test_setup(test_a_blob_appears_whole_or_not_at_all, empty_store),
        cmocka_unit_test_setup(test_old_blobs_are_found_in_order_of_their_keys, empty_store),
        cmocka_unit_test_setup(test_keys_and_sizes_are_checked, empty_store),
    };

    return cmocka_run_group_tests(tests, open_store, close_store);
}
