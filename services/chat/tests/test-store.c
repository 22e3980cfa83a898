/* Conversations and indexes over a real PostgreSQL. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/tests/database.h"
#include "services/chat/migrations.h"
#include "services/chat/store_conversation.h"
#include "services/chat/store_index.h"
#include "services/chat/store_retention.h"

enum {
    CONNECTIONS = 8,
    ARENA_BYTES = 16 << 20,
    ASKERS = 4,
    QUESTIONS_EACH = 10,
};

#define JOB   "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"

static struct db *db;
static struct arena *arena;

static const struct conversation_key alice = {JOB, "alice"};
static const struct conversation_key bob = {JOB, "bob"};

static int open_database(void **state)
{
    struct status st = {0};

    db = database_open("chat", CONNECTIONS);
    arena = arena_new(ARENA_BYTES);
    return db_migrate(db, chat_migrations, chat_migrations_count, &st) == STATUS_OK ? 0 : -1;
}

static int close_database(void **state)
{
    arena_free(arena);
    db_close(db);
    return 0;
}

static int empty_tables(void **state)
{
    arena_reset(arena);
    database_execute(db, "TRUNCATE conversation, document_index CASCADE");
    return 0;
}

static int64_t in_an_hour(void)
{
    return time_wall() + 3600 * NANOSECONDS_PER_SECOND;
}

static const struct citation_box boxes[] = {{10, 20, 300, 40}, {10, 50, 120, 70}};
static const struct citation citations[] = {
    {.page_index = 2,
     .block_index = 7,
     .snippet = {"Summe \"netto\" \xE2\x82\xAC 42", sizeof("Summe \"netto\" \xE2\x82\xAC 42") - 1},
     .boxes = boxes,
     .box_count = 2},
    {.page_index = 0, .block_index = 0, .snippet = {"x", 1}},
};

/* What was stored, or the code of the failure. */
static status_code try_add(const struct conversation_key *key, const char *request_id,
                           const char *question_text, struct arena *memory,
                           struct stored_turn *ret_turn, bool *ret_is_replayed, struct status *st)
{
    const struct message question = {.role = MESSAGE_QUESTION, .content = str_of(question_text)};
    const struct message answer = {
        .role = MESSAGE_ANSWER,
        .content = STR("42 (p. 3)"),
        .source = SOURCE_MODEL,
        .is_grounded = true,
        .citations = citations,
        .citation_count = ARRAY_LENGTH(citations),
    };

    return store_turn_add(
        db, database_deadline(),
        &(struct turn_to_store){*key, in_an_hour(), request_id, &question, &answer}, memory,
        ret_turn, ret_is_replayed, st);
}

static struct stored_turn add(const struct conversation_key *key, const char *request_id,
                              const char *question, bool expects_replay)
{
    struct stored_turn turn;
    struct status st = {0};
    bool is_replayed;

    if (try_add(key, request_id, question, arena, &turn, &is_replayed, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    assert_int_equal(is_replayed, expects_replay);
    return turn;
}

static struct message_page read_page(const struct conversation_key *key, int32_t first,
                                     int32_t limit, size_t bytes_max)
{
    struct message_page page;
    struct status st = {0};

    if (store_messages_page(db, database_deadline(), key, first, limit, bytes_max, arena, &page,
                            &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return page;
}

static void assert_text(struct str text, const char *expected)
{
    assert_int_equal(text.n, strlen(expected));
    assert_memory_equal(text.p, expected, text.n);
}

static void test_turn_is_read_as_it_was_stored(void **state)
{
    struct stored_turn stored = add(&alice, "r1", "total?", false);
    struct message_page page = read_page(&alice, 1, 10, SIZE_MAX);

    assert_string_equal(page.conversation_id, stored.conversation_id);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.next_number, 0);
    assert_int_equal(page.messages[0].role, MESSAGE_QUESTION);
    assert_text(page.messages[0].content, "total?");
    const struct message *answer = &page.messages[1];
    assert_string_equal(answer->id, stored.answer.id);
    assert_int_equal(answer->role, MESSAGE_ANSWER);
    assert_int_equal(answer->source, SOURCE_MODEL);
    assert_true(answer->is_grounded);
    assert_int_equal(answer->create_time, stored.answer.create_time);
    assert_int_equal(answer->citation_count, 2);
    assert_int_equal(answer->citations[0].page_index, 2);
    assert_int_equal(answer->citations[0].block_index, 7);
    assert_text(answer->citations[0].snippet, citations[0].snippet.p);
    assert_int_equal(answer->citations[0].box_count, 2);
    assert_memory_equal(answer->citations[0].boxes, boxes, sizeof(boxes));
    assert_int_equal(answer->citations[1].box_count, 0);
}

static void test_conversations_are_one_a_job_and_account(void **state)
{
    struct stored_turn of_alice = add(&alice, "r1", "mine?", false);
    struct stored_turn of_bob = add(&bob, "r1", "his?", false);
    struct stored_turn again = add(&alice, "r2", "more?", false);

    assert_string_not_equal(of_alice.conversation_id, of_bob.conversation_id);
    assert_string_equal(of_alice.conversation_id, again.conversation_id);
    assert_int_equal(read_page(&alice, 1, 10, SIZE_MAX).count, 4);
    assert_int_equal(read_page(&bob, 1, 10, SIZE_MAX).count, 2);
    assert_string_equal(
        read_page(&(struct conversation_key){OTHER, "alice"}, 1, 10, SIZE_MAX).conversation_id, "");
}

static void test_request_id_gives_the_turn_that_it_has(void **state)
{
    struct stored_turn first = add(&alice, "r1", "total?", false);
    struct stored_turn again = add(&alice, "r1", "total?", true);
    const struct stored_turn *found;
    struct status st = {0};

    assert_string_equal(first.answer.id, again.answer.id);
    assert_int_equal(read_page(&alice, 1, 10, SIZE_MAX).count, 2);
    assert_int_equal(store_turn_find(db, database_deadline(), &alice, "r1", arena, &found, &st),
                     STATUS_OK);
    assert_string_equal(found->answer.id, first.answer.id);
    assert_text(found->question.content, "total?");
    assert_int_equal(store_turn_find(db, database_deadline(), &bob, "r1", arena, &found, &st),
                     STATUS_OK);
    assert_null(found);
}

static void test_pages_go_on_where_the_last_one_ended(void **state)
{
    char seen[64] = "";
    struct message_page page = {.next_number = 1};

    for (int i = 0; i < 5; i++)
        add(&alice, (char[]){'r', (char)('0' + i), '\0'}, (char[]){(char)('a' + i), '\0'}, false);
    while (page.next_number != 0) {
        page = read_page(&alice, page.next_number, 3, SIZE_MAX);
        assert_true(page.count > 0 && page.count <= 3);
        for (size_t i = 0; i < page.count; i++)
            if (page.messages[i].role == MESSAGE_QUESTION)
                strncat(seen, page.messages[i].content.p, 1);
    }
    assert_string_equal(seen, "abcde");
    /* Bytes end a page as well, but each has one message at least. */
    page = read_page(&alice, 1, 10, 1);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.next_number, 2);
}

static void test_latest_messages_come_oldest_first(void **state)
{
    const struct message *messages;
    struct status st = {0};
    size_t count;

    for (int i = 0; i < 5; i++)
        add(&alice, (char[]){'r', (char)('0' + i), '\0'}, (char[]){(char)('a' + i), '\0'}, false);
    assert_int_equal(
        store_messages_latest(db, database_deadline(), &alice, 4, arena, &messages, &count, &st),
        STATUS_OK);
    assert_int_equal(count, 4);
    assert_text(messages[0].content, "d");
    assert_int_equal(messages[1].role, MESSAGE_ANSWER);
    assert_text(messages[2].content, "e");
}

static void test_full_conversation_takes_no_more(void **state)
{
    struct stored_turn turn;
    struct status st = {0};
    const struct message *messages;
    bool is_replayed;
    size_t count;

    add(&alice, "r1", "first?", false);
    database_execute(db, "UPDATE conversation SET message_count = 2000");
    assert_int_equal(
        store_messages_latest(db, database_deadline(), &alice, 4, arena, &messages, &count, &st),
        STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "CONVERSATION_FULL");
    add(&alice, "r2", "began before it was full?", false);
    add(&alice, "r1", "first?", true);
    database_execute(db, "UPDATE conversation SET message_count = 2512");
    st = (struct status){0};
    assert_int_equal(try_add(&alice, "r3", "one more?", arena, &turn, &is_replayed, &st),
                     STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "CONVERSATION_FULL");
}

/* --- several at once --- */

static void *ask_often(void *arg)
{
    const int *asker = arg;
    struct arena *own = arena_new(ARENA_BYTES);
    intptr_t failures = 0;

    for (int i = 0; i < QUESTIONS_EACH; i++) {
        char text[32];
        struct stored_turn turn;
        struct status st = {0};
        bool is_replayed;

        /* Each question is stored by two askers under one id. */
        (void)snprintf(text, sizeof(text), "question %d of %d", i, *asker / 2);
        failures += try_add(&alice, text, text, own, &turn, &is_replayed, &st) != STATUS_OK;
    }
    arena_free(own);
    return (void *)failures; /* NOLINT: a count */
}

static void test_turns_of_several_at_once_stand_whole_and_once(void **state)
{
    pthread_t threads[ASKERS];
    int askers[ASKERS];

    for (int i = 0; i < ASKERS; i++) {
        askers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &askers[i]), 0);
    }
    for (int i = 0; i < ASKERS; i++) {
        void *failures;

        assert_int_equal(pthread_join(threads[i], &failures), 0);
        assert_null(failures);
    }
    assert_int_equal(database_integer(db, "SELECT count(*) FROM message"),
                     ASKERS / 2 * QUESTIONS_EACH * 2);
    assert_int_equal(database_integer(db, "SELECT message_count FROM conversation"),
                     ASKERS / 2 * QUESTIONS_EACH * 2);
    assert_int_equal(database_integer(db, "SELECT max(number) FROM message"),
                     ASKERS / 2 * QUESTIONS_EACH * 2);
    /* In the order of their times, too. */
    assert_int_equal(
        database_integer(db, "SELECT count(*) FROM message a JOIN message b "
                             "ON b.number = a.number + 1 WHERE b.create_time < a.create_time"),
        0);
}

/* --- indexes --- */

static void put_index(const char *job_id, const char *account_id, int32_t version, struct str bytes)
{
    struct status st = {0};

    if (store_index_put(db, database_deadline(),
                        &(struct index_to_store){job_id, account_id, version, in_an_hour(), bytes},
                        &st) != STATUS_OK)
        fail_msg("%s", st.message);
}

static bool get_index(const char *job_id, int32_t version, struct buf *out)
{
    struct status st = {0};
    bool is_found;

    if (store_index_get(db, database_deadline(), job_id, version, out, &is_found, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return is_found;
}

static void test_index_of_several_parts_is_read_as_it_was_stored(void **state)
{
    enum { SIZE = 3 * 512 * 1024 + 1 };
    char *bytes = arena_alloc(arena, SIZE);
    _cleanup_(buf_deinit) struct buf out;

    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 31 + i / 256);
    buf_init(&out, SIZE);
    put_index(JOB, "alice", 1, STR("what was there before"));
    put_index(JOB, "alice", 1, (struct str){bytes, SIZE});
    assert_true(get_index(JOB, 1, &out));
    assert_int_equal(out.length, SIZE);
    assert_memory_equal(out.data, bytes, SIZE);
}

static void test_index_of_another_version_or_without_a_part_is_none(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, 1000);
    put_index(JOB, "alice", 1, STR("bytes"));
    assert_false(get_index(JOB, 2, &out));
    assert_false(get_index(OTHER, 1, &out));
    database_execute(db, "DELETE FROM document_index_part");
    assert_false(get_index(JOB, 1, &out));
}

/* --- retention --- */

static int64_t count_kept(void)
{
    return database_integer(db, "SELECT (SELECT count(*) FROM conversation) + (SELECT count(*) "
                                "FROM message) + (SELECT count(*) FROM document_index) + (SELECT "
                                "count(*) FROM document_index_part)");
}

static void fill(void)
{
    add(&alice, "r1", "a?", false);
    add(&bob, "r1", "b?", false);
    add(&(struct conversation_key){OTHER, "alice"}, "r1", "c?", false);
    put_index(JOB, "alice", 1, STR("bytes"));
}

static void test_what_is_kept_goes_with_its_job(void **state)
{
    const char *const gone[] = {JOB};
    const char **ids;
    struct status st = {0};
    size_t count;

    fill();
    assert_int_equal(store_list_jobs(db, database_deadline(), "", 10, arena, &ids, &count, &st),
                     STATUS_OK);
    assert_int_equal(count, 2);
    assert_string_equal(ids[0], JOB);
    assert_string_equal(ids[1], OTHER);
    assert_int_equal(store_list_jobs(db, database_deadline(), JOB, 10, arena, &ids, &count, &st),
                     STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(store_delete_jobs(db, database_deadline(), gone, 1, &st), STATUS_OK);
    assert_int_equal(count_kept(), 3);
    assert_int_equal(read_page(&alice, 1, 10, SIZE_MAX).count, 0);
}

static void test_what_is_kept_goes_with_its_account(void **state)
{
    struct status st = {0};

    fill();
    assert_int_equal(store_delete_account(db, database_deadline(), "alice", &st), STATUS_OK);
    assert_int_equal(count_kept(), 3);
    assert_int_equal(read_page(&bob, 1, 10, SIZE_MAX).count, 2);
}

static void test_what_is_kept_goes_when_its_time_is_over(void **state)
{
    struct status st = {0};
    int64_t count;

    fill();
    assert_int_equal(store_delete_expired(db, database_deadline(), &count, &st), STATUS_OK);
    assert_int_equal(count, 0);
    database_execute(db, "UPDATE conversation SET expire_time = now() WHERE account_id = 'alice'");
    database_execute(db, "UPDATE document_index SET expire_time = now()");
    assert_int_equal(store_delete_expired(db, database_deadline(), &count, &st), STATUS_OK);
    assert_int_equal(count, 3);
    assert_int_equal(count_kept(), 3);
}

static void test_deleted_conversation_begins_anew(void **state)
{
    struct stored_turn before = add(&alice, "r1", "a?", false);
    struct status st = {0};

    assert_int_equal(store_conversation_delete(db, database_deadline(), &alice, &st), STATUS_OK);
    assert_int_equal(store_conversation_delete(db, database_deadline(), &alice, &st), STATUS_OK);
    struct stored_turn after = add(&alice, "r1", "a?", false);
    assert_string_not_equal(before.conversation_id, after.conversation_id);
    assert_int_equal(read_page(&alice, 1, 10, SIZE_MAX).count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_turn_is_read_as_it_was_stored, empty_tables),
        cmocka_unit_test_setup(test_conversations_are_one_a_job_and_account, empty_tables),
        cmocka_unit_test_setup(test_request_id_gives_the_turn_that_it_has, empty_tables),
        cmocka_unit_test_setup(test_pages_go_on_where_the_last_one_ended, empty_tables),
        cmocka_unit_test_setup(test_latest_messages_come_oldest_first, empty_tables),
        cmocka_unit_test_setup(test_full_conversation_takes_no_more, empty_tables),
        cmocka_unit_test_setup(test_turns_of_several_at_once_stand_whole_and_once, empty_tables),
        cmocka_unit_test_setup(test_index_of_several_parts_is_read_as_it_was_stored, empty_tables),
        cmocka_unit_test_setup(test_index_of_another_version_or_without_a_part_is_none,
                               empty_tables),
        cmocka_unit_test_setup(test_what_is_kept_goes_with_its_job, empty_tables),
        cmocka_unit_test_setup(test_what_is_kept_goes_with_its_account, empty_tables),
        cmocka_unit_test_setup(test_what_is_kept_goes_when_its_time_is_over, empty_tables),
        cmocka_unit_test_setup(test_deleted_conversation_begins_anew, empty_tables),
    };

    return cmocka_run_group_tests(tests, open_database, close_database);
}
