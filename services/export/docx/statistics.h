#pragma once

/*
 * What most of a document is like: the size of its body text, the space between paragraphs, its
 * language. Only computes; one thread at a time.
 */

#include <stdint.h>

#include "services/export/docx/margin.h"

enum {
    DOCX_SIZE_BUCKETS = 128, /* half points */
    /* Half points: what a body size is kept between. */
    DOCX_BODY_SIZE_MIN = 14,
    DOCX_BODY_SIZE_MAX = 28,
    DOCX_BODY_SIZE_DEFAULT = 22,

    DOCX_GAP_BUCKETS = 64, /* half points between two paragraphs */

    DOCX_LANGUAGES_MAX = 16, /* that are counted */
};

struct docx_language_count {
    char language[DOCX_LANGUAGE_SIZE];
    uint32_t pages;
};

/* All zero at first; the members are the module's own. */
struct docx_statistics {
    uint64_t lines_of_size[DOCX_SIZE_BUCKETS];
    uint64_t gaps_of_height[DOCX_GAP_BUCKETS];
    struct docx_language_count languages[DOCX_LANGUAGES_MAX];
};

void docx_statistics_add(struct docx_statistics *statistics,
                         const Ocrmesh__Document__V1__Page *page, double twips_per_pixel);
/* Half points: the median of the lines of paragraphs. */
int docx_statistics_body_size(const struct docx_statistics *statistics);
/* Twips that stand after a paragraph beside the distance of its lines: the median of paragraphs one
 * below the other, within what shows where one ends and does not tear them apart. */
int docx_statistics_space_after(const struct docx_statistics *statistics);
/* BCP 47, of most pages; "" when no page has one. */
const char *docx_statistics_language(const struct docx_statistics *statistics);
