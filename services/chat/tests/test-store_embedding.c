/* Embeddings over a real PostgreSQL: kept beside the index that they are of, and gone with it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"
#include "services/chat/embed/passage_vectors.h"
#include "services/chat/migrations.h"
#include "services/chat/retrieve/document_index.h"
#include "services/chat/store_embedding.h"
#include "services/chat/store_index.h"
#include "services/chat/store_retention.h"

enum {
    CONNECTIONS = 2,
    PARTS = 300, /* more than one statement reads */
    PASSAGES = (PARTS - 1) * VECTORS_PART_PASSAGES + 1,
};

#define JOB "0123456789abcdef0123456789abcdef"

static struct db *db;

static int open_database(void **state)
{
    struct status st = {0};

    db = database_open("chat", CONNECTIONS);
    return db_migrate(db, chat_migrations, chat_migrations_count, &st) == STATUS_OK ? 0 : -1;
}

static int close_database(void **state)
{
    db_close(db);
    return 0;
}

static void put_index(int32_t version)
{
    struct status st = {0};

    assert_int_equal(store_index_put(db, database_deadline(),
                                     &(struct index_to_store){
                                         .job_id = JOB,
                                         .account_id = "alice",
                                         .version = version,
                                         .expire_time = time_wall() + 3600 * NANOSECONDS_PER_SECOND,
                                         .bytes = STR("bytes"),
                                     },
                                     &st),
                     STATUS_OK);
}

static int begin_anew(void **state)
{
    database_execute(db, "TRUNCATE document_index CASCADE");
    put_index(DOCUMENT_INDEX_VERSION);
    return 0;
}

static struct passage_vectors *new_vectors(bool is_filled)
{
    struct passage_vectors *vectors = passage_vectors_new(PASSAGES);
    float vector[1][EMBEDDING_WIDTH] = {{1}};

    assert_non_null(vectors);
    for (size_t i = 0; i < PASSAGES && is_filled; i++)
        assert_true(passage_vectors_set(vectors, i, vector, 1));
    return vectors;
}

static void put(const struct passage_vectors *vectors, size_t part)
{
    struct status st = {0};

    assert_int_equal(store_embedding_put(db, database_deadline(), JOB, vectors, part, &st),
                     STATUS_OK);
}

/* How many embeddings are read back. */
static size_t count_read(void)
{
    _cleanup_(passage_vectors_freep) struct passage_vectors *copy = new_vectors(false);
    struct status st = {0};

    assert_int_equal(store_embedding_get(db, database_deadline(), JOB, copy, &st), STATUS_OK);
    return passage_vectors_count(copy);
}

static int64_t count_rows(void)
{
    return database_integer(db, "SELECT count(*) FROM document_embedding_part");
}

static void test_all_parts_are_read_back_and_known_to_be_kept(void **state)
{
    _cleanup_(passage_vectors_freep) struct passage_vectors *vectors = new_vectors(true);
    _cleanup_(passage_vectors_freep) struct passage_vectors *copy = new_vectors(false);
    struct status st = {0};

    for (size_t part = 0; part < PARTS; part++)
        put(vectors, part);
    put(vectors, 0);
    assert_int_equal(store_embedding_get(db, database_deadline(), JOB, copy, &st), STATUS_OK);
    assert_int_equal(passage_vectors_count(copy), PASSAGES);
    assert_int_equal(passage_vectors_not_kept(copy, 0), PARTS);
}

static void test_parts_that_are_not_kept_stay_missing(void **state)
{
    _cleanup_(passage_vectors_freep) struct passage_vectors *vectors = new_vectors(true);
    _cleanup_(passage_vectors_freep) struct passage_vectors *copy = new_vectors(false);
    struct status st = {0};

    put(vectors, 0);
    put(vectors, 2);
    assert_int_equal(store_embedding_get(db, database_deadline(), JOB, copy, &st), STATUS_OK);
    assert_int_equal(passage_vectors_not_kept(copy, 0), 1);
    assert_int_equal(passage_vectors_not_kept(copy, 2), 3);
}

static void test_what_is_damaged_or_of_another_version_is_none(void **state)
{
    _cleanup_(passage_vectors_freep) struct passage_vectors *vectors = new_vectors(true);

    put(vectors, 0);
    database_execute(db, "UPDATE document_embedding_part SET model_version = model_version + 1");
    assert_int_equal(count_read(), 0);
    put(vectors, 0);
    assert_int_equal(count_read(), VECTORS_PART_PASSAGES);
    database_execute(db, "UPDATE document_embedding_part SET index_version = index_version + 1");
    assert_int_equal(count_read(), 0);
    put(vectors, 0);
    database_execute(db, "UPDATE document_embedding_part SET data = 'short'");
    assert_int_equal(count_read(), 0);
    database_execute(db, "UPDATE document_embedding_part SET position = 1000000");
    assert_int_equal(count_read(), 0);
}

static void test_nothing_is_kept_without_the_index_that_it_is_of(void **state)
{
    _cleanup_(passage_vectors_freep) struct passage_vectors *vectors = new_vectors(true);
    const char *const gone[] = {JOB};
    struct status st = {0};

    put(vectors, 0);
    put_index(DOCUMENT_INDEX_VERSION + 1);
    put(vectors, 1);
    assert_int_equal(count_rows(), 1);
    assert_int_equal(store_delete_jobs(db, database_deadline(), gone, 1, &st), STATUS_OK);
    assert_int_equal(count_rows(), 0);
    put(vectors, 0);
    assert_int_equal(count_rows(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_all_parts_are_read_back_and_known_to_be_kept, begin_anew),
        cmocka_unit_test_setup(test_parts_that_are_not_kept_stay_missing, begin_anew),
        cmocka_unit_test_setup(test_what_is_damaged_or_of_another_version_is_none, begin_anew),
        cmocka_unit_test_setup(test_nothing_is_kept_without_the_index_that_it_is_of, begin_anew),
    };

    return cmocka_run_group_tests(tests, open_database, close_database);
}
