#pragma once

/*
 * The passages that a language model was given, cut into what can bear out a claim: the sentences
 * of running text, the lines of a form, the rows of a table. Private to model/.
 *
 * A line of text that is wrapped belongs to its sentence; one that stands for itself does not. A
 * line that holds nothing but a value goes with the line above it. Passages are cut when they are
 * first asked for. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/chat/passage/passage.h"
#include "services/chat/text/words.h"

struct given_unit {
    uint32_t offset; /* bytes of the passage's text */
    uint32_t length;
    const struct word *words; /* offsets are those of the passage's text */
    size_t word_count;
    bool is_row;    /* of a table, its cells by tabs */
    bool has_plain; /* words that are neither numbers nor function words */
};

struct given_passage {
    const struct passage *passage;
    uint32_t index; /* in the document's passages */
    const struct given_unit *units;
    size_t unit_count;
    const struct word *context_words; /* offsets are those of the passage's context */
    size_t context_word_count;
    const struct word *heading_words; /* of headings within its text; of that as offsets */
    size_t heading_word_count;
    struct str header; /* the row of heads above its rows, a view into the context; may be empty */
};

struct given;

/*
 * @passages: the document's; borrowed. @indexes: of those that were given, in the order of
 * their numbers, which begin with 1. All in the arena.
 */
status_code given_new(const struct passages *passages, const uint32_t *indexes, size_t count,
                      struct arena *arena, struct given **ret_given,
                      struct status *st) _must_check_;
void given_free(struct given *given);
DEFINE_CLEANUP(struct given *, given)

bool given_has(const struct given *given, uint32_t number);
/* A number that it has. Lives as long as the arena. */
status_code given_passage(struct given *given, uint32_t number,
                          const struct given_passage **ret_passage, struct status *st) _must_check_;
/* What the model wrote, cut as a passage's text is. */
status_code given_cut(struct given *given, struct str text, struct str language,
                      const struct word **ret_words, size_t *ret_count,
                      struct status *st) _must_check_;
