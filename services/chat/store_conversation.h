#pragma once

/*
 * Conversations in the database.
 *
 * With the other store_*.h this is the only place that speaks SQL. `deadline` is in monotonic
 * nanoseconds; what is read lives in the arena. Thread rule: any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/chat/conversation.h"

struct db;

/* Whose conversation about what. Borrowed. */
struct conversation_key {
    const char *job_id;
    const char *account_id;
};

/* A question with its answer, to be stored together. */
struct turn_to_store {
    struct conversation_key key;
    int64_t expire_time;    /* the job's; wall nanoseconds */
    const char *request_id; /* the caller's, or a random one: what makes storing repeatable */
    const struct message *question, *answer; /* ids and times are made here */
};

/* A turn as it is stored. */
struct stored_turn {
    char conversation_id[RANDOM_ID_SIZE];
    struct message question, answer;
};

/*
 * Stores a turn behind those that the conversation has, which is made if there is none; or gives
 * the one that was stored under its request id before, by whichever replica.
 *
 * @ret_is_replayed: the latter. Whether it was the same question is for the caller to compare.
 *
 * FAILED_PRECONDITION CONVERSATION_FULL at CONVERSATION_MESSAGES_BEYOND more messages than
 * CONVERSATION_MESSAGES_MAX: a question that has found room for itself does not lose it to others.
 */
status_code store_turn_add(struct db *db, int64_t deadline, const struct turn_to_store *turn,
                           struct arena *arena, struct stored_turn *ret_turn, bool *ret_is_replayed,
                           struct status *st) _must_check_;

/* The turn under a request id; *ret_turn is NULL when there is none. */
status_code store_turn_find(struct db *db, int64_t deadline, const struct conversation_key *key,
                            const char *request_id, struct arena *arena,
                            const struct stored_turn **ret_turn, struct status *st) _must_check_;

/* The latest messages, `limit` at most, oldest first; none when nothing was asked yet. Fails with
 * CONVERSATION_FULL when one more turn would be beyond CONVERSATION_MESSAGES_MAX. */
status_code store_messages_latest(struct db *db, int64_t deadline,
                                  const struct conversation_key *key, int32_t limit,
                                  struct arena *arena, const struct message **ret_messages,
                                  size_t *ret_count, struct status *st) _must_check_;

/* A part of a conversation. */
struct message_page {
    char conversation_id[RANDOM_ID_SIZE]; /* "": nothing was asked yet */
    const struct message *messages;       /* oldest first */
    size_t count;
    int32_t next_number; /* 0: these are the last ones */
};

/* Messages from number `first_number` (from 1) on: at most `limit` ones, and no more than about
 * `bytes_max` in all, but at least one where there is one. */
status_code store_messages_page(struct db *db, int64_t deadline, const struct conversation_key *key,
                                int32_t first_number, int32_t limit, size_t bytes_max,
                                struct arena *arena, struct message_page *ret_page,
                                struct status *st) _must_check_;

/* Forgetting what is not there is no failure. */
status_code store_conversation_delete(struct db *db, int64_t deadline,
                                      const struct conversation_key *key,
                                      struct status *st) _must_check_;
