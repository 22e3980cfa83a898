#pragma once

/*
 * What is said about a job's document: plain values that stores, evidence and handlers share.
 *
 * Text and arrays live in the arena of whoever made them. Thread rule: values, any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/random.h"
#include "lib/base/str.h"

enum {
    QUESTION_MAX_BYTES = 8000, /* of a message to chat */
    REQUEST_ID_MAX_BYTES = 255,
    /* Two a turn; no question begins where as many are stored. */
    CONVERSATION_MESSAGES_MAX = 2000,
    /* More, of questions that began at the same time as the last one: they were counted. */
    CONVERSATION_MESSAGES_BEYOND = 512,
};

/* Pixels of the upright page image, half-open. */
struct citation_box {
    int32_t x0, y0, x1, y1;
};

/* Where a claim stands, checked against the page. */
struct citation {
    uint32_t page_index;  /* from 0 */
    uint32_t block_index; /* on the page, from 0 */
    struct str snippet;   /* text of the page, white space folded */
    const struct citation_box *boxes;
    size_t box_count;
};

typedef enum {
    MESSAGE_QUESTION,
    MESSAGE_ANSWER,
} message_role;

/* How an answer was made. */
typedef enum {
    SOURCE_EXTRACTIVE, /* quoted from the document */
    SOURCE_MODEL,      /* written by the model, citations checked */
    SOURCE_FALLBACK,   /* quoted, since the model failed or its citations did */
    SOURCE_COUNT,
} answer_source;

struct message {
    char id[RANDOM_ID_SIZE];
    message_role role;
    struct str content;
    int64_t create_time; /* wall nanoseconds */
    /* Of answers: */
    answer_source source;
    bool is_grounded; /* false: the document does not say; no citations then */
    const struct citation *citations;
    size_t citation_count;
};
