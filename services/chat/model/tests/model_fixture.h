#pragma once

/*
 * A document of some pages in several languages, its passages and its index, for tests of what a
 * language model is asked about it. Functions assert that they succeed.
 */

#include "lib/base/arena.h"
#include "services/chat/retrieve/document_index.h"

enum { MODEL_FIXTURE_HITS_MAX = 64 };

struct model_fixture {
    struct arena *arena;
    struct buf bytes;
    struct document_index *index;
    struct index_hit hits[MODEL_FIXTURE_HITS_MAX]; /* all passages, in order */
    size_t hit_count;
};

void model_fixture_open(struct model_fixture *fixture);
void model_fixture_close(struct model_fixture *fixture);

/* The number, from 1, of the passage that holds a text. */
uint32_t model_fixture_number(const struct model_fixture *fixture, const char *text);
