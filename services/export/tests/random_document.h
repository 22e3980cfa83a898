#pragma once

/*
 * Documents made of a seed, for tests of formats: any text that a string field can hold, boxes and
 * spans that make no sense, large tables, empty pages, blocks and words. The same seed gives the
 * same document on every machine.
 */

#include "services/export/tests/rich_document.h"

enum { RANDOM_DOCUMENT_ARENA_BYTES = 64 << 20 };

/* Aborts when out of memory. */
struct rich_document random_document_new(struct arena *arena, uint64_t seed);
