#include "services/chat/store_conversation.h"

#include <string.h>

#include "lib/db/db.h"
#include "services/chat/citation_json.h"

/* What read_message() reads, of a message m; its column numbers follow. */
#define MESSAGE_COLUMNS                                                                            \
    "m.id, m.role, m.content, m.create_time, m.source, m.is_grounded, m.citations, m.number"

enum {
    COL_ID,
    COL_ROLE,
    COL_CONTENT,
    COL_CREATE_TIME,
    COL_SOURCE,
    COL_IS_GROUNDED,
    COL_CITATIONS,
    COL_NUMBER,
    COL_OF_CONVERSATION, /* what a statement adds behind them */
};

/* By the unique (job_id, account_id). Locks the row, so that turns come one after the other. */
static const struct db_statement conversation_take = {
    "conversation_take",
    "INSERT INTO conversation (id, job_id, account_id, expire_time) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (job_id, account_id) DO UPDATE SET expire_time = EXCLUDED.expire_time "
    "RETURNING id, message_count",
};
static const struct db_statement conversation_grow = {
    "conversation_grow",
    "UPDATE conversation SET message_count = message_count + 2 WHERE id = $1",
};
static const struct db_statement conversation_delete = {
    "conversation_delete",
    "DELETE FROM conversation WHERE job_id = $1 AND account_id = $2",
};

/* The clock, since turns that wait for each other began in another order. */
static const struct db_statement message_insert = {
    "message_insert",
    "INSERT INTO message AS m (conversation_id, number, id, role, content, request_id, source, "
    "is_grounded, citations, create_time) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp()) RETURNING m.create_time",
};

/* By message_request, then by the primary key. */
static const struct db_statement turn_find = {
    "turn_find",
    "SELECT " MESSAGE_COLUMNS ", c.id FROM conversation c "
    "JOIN message q ON q.conversation_id = c.id AND q.request_id = $3 "
    "JOIN message m ON m.conversation_id = c.id AND m.number IN (q.number, q.number + 1) "
    "WHERE c.job_id = $1 AND c.account_id = $2 ORDER BY m.number",
};

/* Both by the primary key of message. */
static const struct db_statement messages_latest = {
    "messages_latest",
    "SELECT " MESSAGE_COLUMNS ", c.message_count FROM conversation c "
    "JOIN message m ON m.conversation_id = c.id "
    "WHERE c.job_id = $1 AND c.account_id = $2 ORDER BY m.number DESC LIMIT $3",
};
static const struct db_statement messages_page = {
    "messages_page",
    "SELECT " MESSAGE_COLUMNS ", c.id FROM conversation c "
    "JOIN message m ON m.conversation_id = c.id AND m.number >= $3 "
    "WHERE c.job_id = $1 AND c.account_id = $2 ORDER BY m.number LIMIT $4",
};

static const char *const source_names[SOURCE_COUNT] = {
    [SOURCE_EXTRACTIVE] = "extractive",
    [SOURCE_MODEL] = "model",
    [SOURCE_FALLBACK] = "fallback",
};

static bool parse_source(struct str name, answer_source *ret_source)
{
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if (str_equal(name, str_of(source_names[i]))) {
            *ret_source = (answer_source)i;
            return true;
        }
    return false;
}

static bool copy_id(struct str text, char ret_id[static RANDOM_ID_SIZE])
{
    if (text.n != RANDOM_ID_SIZE - 1)
        return false;
    memcpy(ret_id, text.p, text.n);
    ret_id[text.n] = '\0';
    return true;
}

static status_code read_message(const struct db_rows *rows, size_t row, struct arena *arena,
                                struct message *ret_message, struct status *st)
{
    struct message message = {
        .role = str_equal(db_text(rows, row, COL_ROLE), STR("user")) ? MESSAGE_QUESTION
                                                                     : MESSAGE_ANSWER,
        .create_time = db_time(rows, row, COL_CREATE_TIME),
        .is_grounded = db_boolean(rows, row, COL_IS_GROUNDED),
    };
    const char *content = db_text_copy(rows, row, COL_CONTENT, arena);

    if (content == NULL)
        return FAIL_MEMORY(st);
    message.content = str_of(content);
    if (!copy_id(db_text(rows, row, COL_ID), message.id) ||
        (message.role == MESSAGE_ANSWER &&
         !parse_source(db_text(rows, row, COL_SOURCE), &message.source)))
        return FAIL(st, STATUS_INTERNAL, NULL, "a message of a conversation cannot be read");
    TRY(citation_json_read(db_text(rows, row, COL_CITATIONS), arena, &message.citations,
                           &message.citation_count, st));
    *ret_message = message;
    return STATUS_OK;
}

/* --- turns --- */

static status_code read_turn(const struct db_rows *rows, struct arena *arena,
                             struct stored_turn *ret_turn, struct status *st)
{
    struct stored_turn turn;

    if (db_row_count(rows) != 2 ||
        !copy_id(db_text(rows, 0, COL_OF_CONVERSATION), turn.conversation_id))
        return FAIL(st, STATUS_INTERNAL, NULL, "a question of a conversation has no answer");
    TRY(read_message(rows, 0, arena, &turn.question, st));
    TRY(read_message(rows, 1, arena, &turn.answer, st));
    *ret_turn = turn;
    return STATUS_OK;
}

status_code store_turn_find(struct db *db, int64_t deadline, const struct conversation_key *key,
                            const char *request_id, struct arena *arena,
                            const struct stored_turn **ret_turn, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct stored_turn *turn = NULL;

    TRY(db_query(
        db, deadline, &turn_find,
        DB_PARAMS(DB_P_TEXT(key->job_id), DB_P_TEXT(key->account_id), DB_P_TEXT(request_id)), &rows,
        st));
    if (db_row_count(rows) > 0) {
        turn = ARENA_NEW(arena, struct stored_turn);
        if (turn == NULL)
            return FAIL_MEMORY(st);
        TRY(read_turn(rows, arena, turn, st));
    }
    *ret_turn = turn;
    return STATUS_OK;
}

static status_code fail_full(struct status *st)
{
    return FAIL(st, STATUS_FAILED_PRECONDITION, "CONVERSATION_FULL",
                "this conversation has %d messages, which is as many as one may: delete it to "
                "begin another one",
                CONVERSATION_MESSAGES_MAX);
}

struct addition {
    const struct turn_to_store *turn;
    struct arena *arena;
    struct stored_turn *stored;
    bool is_replayed;
};

/* Fills the message's id and time. */
static status_code insert_message(struct db_tx *tx, const char *conversation_id, int64_t number,
                                  const char *request_id, struct message *message,
                                  struct arena *arena, struct status *st)
{
    const bool is_answer = message->role == MESSAGE_ANSWER;
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    const char *citations;

    random_id(message->id);
    TRY(citation_json_write(message->citations, message->citation_count, arena, &citations, st));
    TRY(db_tx_query(tx, &message_insert,
                    DB_PARAMS(DB_P_TEXT(conversation_id), DB_P_INTEGER(number),
                              DB_P_TEXT(message->id), DB_P_TEXT(is_answer ? "assistant" : "user"),
                              ((struct db_param){.type = DB_TEXT, .bytes = message->content}),
                              DB_P_TEXT(request_id),
                              DB_P_TEXT(is_answer ? source_names[message->source] : NULL),
                              DB_P_BOOLEAN(message->is_grounded), DB_P_TEXT(citations)),
                    &rows, st));
    message->create_time = db_time(rows, 0, 0);
    return STATUS_OK;
}

/* A db_run() body. */
static status_code add_turn(struct db_tx *tx, void *arg, struct status *st)
{
    struct addition *addition = arg;
    const struct turn_to_store *turn = addition->turn;
    const struct conversation_key *key = &turn->key;
    struct stored_turn *stored = addition->stored;
    _cleanup_(db_rows_freep) struct db_rows *taken = NULL;
    _cleanup_(db_rows_freep) struct db_rows *found = NULL;
    char new_id[RANDOM_ID_SIZE];

    random_id(new_id);
    TRY(db_tx_query(tx, &conversation_take,
                    DB_PARAMS(DB_P_TEXT(new_id), DB_P_TEXT(key->job_id), DB_P_TEXT(key->account_id),
                              DB_P_TIME(turn->expire_time)),
                    &taken, st));
    TRY(db_tx_query(
        tx, &turn_find,
        DB_PARAMS(DB_P_TEXT(key->job_id), DB_P_TEXT(key->account_id), DB_P_TEXT(turn->request_id)),
        &found, st));
    addition->is_replayed = db_row_count(found) > 0;
    if (addition->is_replayed)
        return read_turn(found, addition->arena, stored, st);

    int64_t count = db_integer(taken, 0, 1);
    if (count + 2 > CONVERSATION_MESSAGES_MAX + CONVERSATION_MESSAGES_BEYOND)
        return fail_full(st);
    if (!copy_id(db_text(taken, 0, 0), stored->conversation_id))
        return FAIL(st, STATUS_INTERNAL, NULL, "a conversation has no id");
    stored->question = *turn->question;
    stored->answer = *turn->answer;
    TRY(insert_message(tx, stored->conversation_id, count + 1, turn->request_id, &stored->question,
                       addition->arena, st));
    TRY(insert_message(tx, stored->conversation_id, count + 2, NULL, &stored->answer,
                       addition->arena, st));
    return db_tx_execute(tx, &conversation_grow, DB_PARAMS(DB_P_TEXT(stored->conversation_id)),
                         NULL, st);
}

status_code store_turn_add(struct db *db, int64_t deadline, const struct turn_to_store *turn,
                           struct arena *arena, struct stored_turn *ret_turn, bool *ret_is_replayed,
                           struct status *st)
{
    struct stored_turn stored;
    struct addition addition = {.turn = turn, .arena = arena, .stored = &stored};

    TRY(db_run(db, deadline, add_turn, &addition, st));
    *ret_turn = stored;
    *ret_is_replayed = addition.is_replayed;
    return STATUS_OK;
}

/* --- reading --- */

/* @backwards: the rows come in the reverse order. */
static status_code read_messages(const struct db_rows *rows, size_t count, bool backwards,
                                 struct arena *arena, const struct message **ret_messages,
                                 struct status *st)
{
    struct message *messages = ARENA_NEW_ARRAY(arena, struct message, count + 1);

    if (messages == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++)
        TRY(read_message(rows, backwards ? count - 1 - i : i, arena, &messages[i], st));
    *ret_messages = messages;
    return STATUS_OK;
}

status_code store_messages_latest(struct db *db, int64_t deadline,
                                  const struct conversation_key *key, int32_t limit,
                                  struct arena *arena, const struct message **ret_messages,
                                  size_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &messages_latest,
                 DB_PARAMS(DB_P_TEXT(key->job_id), DB_P_TEXT(key->account_id), DB_P_INTEGER(limit)),
                 &rows, st));
    size_t count = db_row_count(rows);
    if (count > 0 && db_integer(rows, 0, COL_OF_CONVERSATION) + 2 > CONVERSATION_MESSAGES_MAX)
        return fail_full(st);
    TRY(read_messages(rows, count, true, arena, ret_messages, st));
    *ret_count = count;
    return STATUS_OK;
}

status_code store_messages_page(struct db *db, int64_t deadline, const struct conversation_key *key,
                                int32_t first_number, int32_t limit, size_t bytes_max,
                                struct arena *arena, struct message_page *ret_page,
                                struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct message_page page = {0};
    size_t bytes = 0;

    TRY(db_query(db, deadline, &messages_page,
                 DB_PARAMS(DB_P_TEXT(key->job_id), DB_P_TEXT(key->account_id),
                           DB_P_INTEGER(first_number), DB_P_INTEGER((int64_t)limit + 1)),
                 &rows, st));
    size_t found = db_row_count(rows);
    if (found > 0 && !copy_id(db_text(rows, 0, COL_OF_CONVERSATION), page.conversation_id))
        return FAIL(st, STATUS_INTERNAL, NULL, "a conversation has no id");
    for (; page.count < found && page.count < (size_t)limit; page.count++) {
        bytes +=
            db_text(rows, page.count, COL_CONTENT).n + db_text(rows, page.count, COL_CITATIONS).n;
        if (page.count > 0 && bytes > bytes_max)
            break;
    }
    if (page.count < found)
        page.next_number = (int32_t)db_integer(rows, page.count, COL_NUMBER);
    TRY(read_messages(rows, page.count, false, arena, &page.messages, st));
    *ret_page = page;
    return STATUS_OK;
}

status_code store_conversation_delete(struct db *db, int64_t deadline,
                                      const struct conversation_key *key, struct status *st)
{
    return db_execute(db, deadline, &conversation_delete,
                      DB_PARAMS(DB_P_TEXT(key->job_id), DB_P_TEXT(key->account_id)), NULL, st);
}
