#pragma once

/*
 * A recognizer for all tests of a group, for models take a second to load, and pages read with it.
 * Every function asserts that it succeeds.
 */

#include "services/ocr/worker/recognize.h"

struct reading {
    struct recognizer *recognizer;
    struct arena *arena;                     /* of all pages */
    const struct engine_class *engine_class; /* that read the last one */
};

/* For cmocka_run_group_tests(): *state becomes a struct reading. */
int reading_begin(void **state);
int reading_end(void **state);

/* The first page of a file, as of a new document; lives until reading_end(). @fd: taken. */
struct page reading_page(struct reading *reading, int fd, engine_tier tier, const char *language);
