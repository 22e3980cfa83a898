#pragma once

/*
 * The passage that is being made, and those that are done. Private to passage/. One thread at a
 * time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "services/chat/passage/headings.h"
#include "services/chat/passage/passage.h"

enum {
    DRAFT_PIECES_MAX = 256,            /* of a passage: rows may be short */
    DRAFT_TEXT_MAX_BYTES = 8 << 20,    /* of one passage: a row is never cut */
    DRAFT_JOINED_MAX_BYTES = 64 << 10, /* of several pieces together: dots are no words */
    DRAFT_WORDS_MAX = PASSAGE_WORDS + PASSAGE_WORDS / 4,
    DRAFT_LANGUAGE_BYTES = 36, /* RFC 5646 §4.4.1: 35 are enough for any that is used */
};

struct draft {
    struct arena *arena;
    struct passage *items;
    size_t count, capacity;

    struct headings headings;
    uint32_t page_index;
    struct buf text;
    struct buf context;
    struct passage_piece pieces[DRAFT_PIECES_MAX];
    size_t piece_count;
    size_t words;
    size_t leading_pieces; /* the last ones, which lead in what follows them: headings, an intro */
    size_t leading_words;
    char language[DRAFT_LANGUAGE_BYTES]; /* of its longest piece */
    size_t language_words;
};

void draft_init(struct draft *draft, struct arena *arena);
void draft_deinit(struct draft *draft);

/*
 * Adds a piece, in a new passage when it does not fit into this one.
 *
 * @piece: offset and length are set here. @leads_in: belongs to what follows.
 */
bool draft_add(struct draft *draft, struct str text, struct passage_piece piece,
               struct str language, bool leads_in) _must_check_;
/* Ends the passage, if there is one. */
bool draft_end(struct draft *draft) _must_check_;
/* A line for retrieval alone; one that is there already is not repeated. */
bool draft_add_context(struct draft *draft, struct str line) _must_check_;
/* A passage of one piece beside the one that is being made: a running header. */
bool draft_add_aside(struct draft *draft, struct str text, struct passage_piece piece,
                     struct str language) _must_check_;
