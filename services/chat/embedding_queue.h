#pragma once

/*
 * Whose document is embedded next: accounts take turns, and so do the documents of one account, so
 * that nobody waits longer because somebody else asks about many documents.
 *
 * At most EMBEDDING_QUEUE_MAX documents wait. Beyond, the account that has the most of them loses
 * the one that came last, unless it is the one that adds another. Thread rule: one thread at a
 * time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/random.h"

enum {
    EMBEDDING_QUEUE_MAX = 256,
    EMBEDDING_ACCOUNT_SIZE = 64, /* of an account's id; a longer one is told by its beginning */
};

struct embedding_job {
    char id[RANDOM_ID_SIZE];
    char account_id[EMBEDDING_ACCOUNT_SIZE];
    uint64_t account_turn; /* the last one that its account had; 0: none that is known */
};

/* Zero is an empty one. */
struct embedding_queue {
    struct embedding_job jobs[EMBEDDING_QUEUE_MAX]; /* in the order in which they came */
    size_t length;
    uint64_t turns; /* that were taken */
    char last_account_id[EMBEDDING_ACCOUNT_SIZE];
};

/* One that waits already stays where it is. False when there is no room for it. */
bool embedding_queue_add(struct embedding_queue *queue, const char *job_id, const char *account_id);

/* Takes the job whose turn it is; false when none waits. */
bool embedding_queue_take(struct embedding_queue *queue, struct embedding_job *ret_job);
