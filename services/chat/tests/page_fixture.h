#pragma once

/*
 * Pages made by hand, as GetDocument gives them with PAGE_VIEW_BLOCKS. They live in the arena.
 */

#include "lib/base/arena.h"
#include "services/chat/passage/passage.h"

#define KIND(name) OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_##name

Ocrmesh__Document__V1__Page *fixture_page(struct arena *arena, uint32_t index,
                                          const char *language);
Ocrmesh__Document__V1__Block *fixture_block(struct arena *arena, Ocrmesh__Document__V1__Page *page,
                                            Ocrmesh__Document__V1__BlockKind kind,
                                            const char *text);
/* A heading of that level. */
void fixture_heading(struct arena *arena, Ocrmesh__Document__V1__Page *page, uint32_t level,
                     const char *text);
/* @text: rows by "\n", cells by "\t". The first `header_rows` are headers. */
Ocrmesh__Document__V1__Table *fixture_table(struct arena *arena, Ocrmesh__Document__V1__Page *page,
                                            const char *text, uint32_t header_rows);
/* The page's text: blocks by empty lines. */
const char *fixture_text(struct arena *arena, const Ocrmesh__Document__V1__Page *page);

/* Passages of the pages; fails the test where they cannot be made. */
struct passages fixture_passages(struct arena *arena, Ocrmesh__Document__V1__Page *const *pages,
                                 size_t count);
