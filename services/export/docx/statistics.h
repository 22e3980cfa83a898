#pragma once

/*
 * What most of a document is like: the size of its body text, its language. Only computes; one
 * thread at a time.
 */

#include <stdint.h>

#include "services/export/docx/margin.h"

enum {
    DOCX_SIZE_BUCKETS = 128, /* half points */
    /* Half points: what a body size is kept between. */
    DOCX_BODY_SIZE_MIN = 14,
    DOCX_BODY_SIZE_MAX = 28,
    DOCX_BODY_SIZE_DEFAULT = 22,

    DOCX_LANGUAGES_MAX = 16, /* that are counted */
};

struct docx_language_count {
    char language[DOCX_LANGUAGE_SIZE];
    uint32_t pages;
};

/* All zero at first; the members are the module's own. */
struct docx_statistics {
    uint64_t lines_of_size[DOCX_SIZE_BUCKETS];
    struct docx_language_count languages[DOCX_LANGUAGES_MAX];
};

void docx_statistics_add(struct docx_statistics *statistics,
                         const Ocrmesh__Document__V1__Page *page, double twips_per_pixel);
/* Half points: the median of the lines of paragraphs. */
int docx_statistics_body_size(const struct docx_statistics *statistics);
/* BCP 47, of most pages; "" when no page has one. */
const char *docx_statistics_language(const struct docx_statistics *statistics);
