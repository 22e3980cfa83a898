#pragma once

/*
 * What a language model writes, taken apart as it comes: sentences, each with the marks that say
 * what it rests on.
 *
 * A mark is "[P2]", "[P1, P3]" or, with the words that it rests on, `[P2: "due on March 3"]`,
 * before or after the end of its sentence; where the passages hold no such thing themselves, "[2]"
 * is one too. Line breaks end sentences; markers of lists, emphasis of Markdown and control
 * characters are taken out. What is written is not trusted: bytes, marks and quotes are bounded,
 * and what is no mark stays text.
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    /* A sentence, or what comes without any end of one. */
    CLAIM_MAX_BYTES = 4096,
    CLAIM_MARKS_MAX = 16,
    CLAIM_MARK_MAX_BYTES = 1024, /* with its quote */
    CLAIM_NUMBER_MAX = 9999,
};

struct claim_mark {
    uint32_t number;   /* of a passage, as it is written: perhaps of none */
    struct str quote;  /* "": none */
    uint32_t position; /* bytes of the claim's text that stand before it */
};

/* Views live until the callback returns. */
struct claim {
    struct str text; /* without marks; not empty */
    const struct claim_mark *marks;
    size_t mark_count;
    bool begins_line;
    bool is_item; /* of a list */
};

/* False: no more is wanted. */
typedef bool (*claim_function)(void *arg, const struct claim *claim);

struct claim_parser {
    struct buf text;       /* what is not a whole sentence yet */
    size_t looked_at;      /* bytes of it that were there at the last look */
    struct arena *scratch; /* of one look at it */
    struct str language;   /* for the ends of sentences */
    bool takes_bare_numbers;
    bool is_in_line; /* sentences of this line were taken already */
    bool is_item;    /* this line is one of a list */
};

/* @language: ISO 639-1; borrowed. False when out of memory. */
bool claim_parser_init(struct claim_parser *parser, struct str language,
                       bool takes_bare_numbers) _must_check_;
void claim_parser_deinit(struct claim_parser *parser);

/*
 * Takes a piece of what the model writes, and hands on the sentences that it completes.
 *
 * Fails with RESOURCE_EXHAUSTED when a sentence goes over its limit, ABORTED when `on_claim` wants
 * no more.
 */
status_code claim_parser_feed(struct claim_parser *parser, struct str piece,
                              claim_function on_claim, void *arg, struct status *st) _must_check_;
/*
 * Nothing more comes. @is_whole: the model has come to its end, so that what is left is a sentence
 * too. Fails as claim_parser_feed().
 */
status_code claim_parser_end(struct claim_parser *parser, bool is_whole, claim_function on_claim,
                             void *arg, struct status *st) _must_check_;
