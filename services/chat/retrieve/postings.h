#pragma once

/*
 * Reading the postings of a term. Private to retrieve/. Any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "services/chat/retrieve/index_parts.h"
#include "services/chat/retrieve/varint.h"

/* One passage that has the term. */
struct posting {
    uint32_t passage;
    uint32_t in_text; /* times; as many places follow */
    uint32_t apart;   /* times in the context, or as a part of a code */
};

struct postings {
    struct varint_reader reader;
    uint32_t passage; /* the last one; UINT32_MAX stands for -1 */
    uint32_t left;
};

static inline struct postings postings_of(const struct index_term *term)
{
    const unsigned char *start = (const unsigned char *)term->postings.p;

    return (struct postings){{start, start + term->postings.n}, UINT32_MAX, term->passage_count};
}

/* False after the last one. Its places must be read, or skipped, before the next one. */
static inline bool postings_next(struct postings *postings, struct posting *ret_posting)
{
    uint32_t step;

    if (postings->left == 0 || !varint_read(&postings->reader, &step) ||
        !varint_read(&postings->reader, &ret_posting->in_text) ||
        !varint_read(&postings->reader, &ret_posting->apart))
        return false;
    postings->left--;
    postings->passage += step;
    ret_posting->passage = postings->passage;
    return true;
}

/* Words since the last place; the first one counts from the start of the text. */
static inline bool postings_next_place(struct postings *postings, uint32_t *ret_step)
{
    return varint_read(&postings->reader, ret_step);
}

static inline void postings_skip_places(struct postings *postings, uint32_t count)
{
    for (; count > 0 && postings->reader.at < postings->reader.end; postings->reader.at++)
        count -= *postings->reader.at < 0x80;
}
