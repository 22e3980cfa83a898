#include "services/export/docx/statistics.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "services/export/docx/font_size.h"
#include "services/export/page/language.h"

enum { TWIPS_PER_HALF_POINT = 10 };

/* Between the boxes of two lines of one paragraph, of the size of their font. */
static const double leading = 0.35;

/* What the space after a paragraph is kept between, and what it is where nothing tells it, of the
 * size of the body text. */
static const double space_after_min = 0.2;
static const double space_after_max = 0.8;
static const double space_after_default = 0.5;

static void count_language(struct docx_statistics *statistics, const char *language)
{
    struct docx_language_count *entry = statistics->languages;
    const struct docx_language_count *end = entry + DOCX_LANGUAGES_MAX;

    if (language == NULL || strlen(language) >= DOCX_LANGUAGE_SIZE)
        return;
    while (entry < end && entry->pages > 0 && strcmp(entry->language, language) != 0)
        entry++;
    if (entry == end)
        return;
    memcpy(entry->language, language, strlen(language) + 1);
    entry->pages++;
}

static bool is_paragraph(const Ocrmesh__Document__V1__Block *block)
{
    return block->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_PARAGRAPH &&
           block->bbox != NULL;
}

/* Counts the lines of a paragraph by the size of their font. */
static void count_size(struct docx_statistics *statistics,
                       const Ocrmesh__Document__V1__Block *block, double scale)
{
    uint32_t lines = 1;

    if (!is_paragraph(block))
        return;
    for (const char *p = block->text; *p != '\0'; p++)
        lines += *p == '\n';
    double half_points = docx_font_size_of(block, scale);
    if (half_points > 0 && half_points < DOCX_SIZE_BUCKETS)
        statistics->lines_of_size[(int)half_points] += lines;
}

/* Counts what stands between two paragraphs of one column, the lower of which begins next. */
static void count_gap(struct docx_statistics *statistics, const Ocrmesh__Document__V1__Block *upper,
                      const Ocrmesh__Document__V1__Block *lower, double scale)
{
    if (!is_paragraph(upper) || !is_paragraph(lower) || lower->bbox->y0 < upper->bbox->y1 ||
        lower->bbox->x0 >= upper->bbox->x1 || upper->bbox->x0 >= lower->bbox->x1)
        return;
    double half_points = ((double)lower->bbox->y0 - upper->bbox->y1) * scale / TWIPS_PER_HALF_POINT;
    if (half_points < DOCX_GAP_BUCKETS)
        statistics->gaps_of_height[(int)half_points]++;
}

void docx_statistics_add(struct docx_statistics *statistics,
                         const Ocrmesh__Document__V1__Page *page, double twips_per_pixel)
{
    for (size_t i = 0; i < page->n_blocks; i++) {
        count_size(statistics, page->blocks[i], twips_per_pixel);
        if (i > 0)
            count_gap(statistics, page->blocks[i - 1], page->blocks[i], twips_per_pixel);
    }
    count_language(statistics, language_of(page, NULL));
}

/* The bucket with the median; -1 when all are empty. */
static int median_of(const uint64_t *buckets, int count)
{
    uint64_t all = 0;
    uint64_t below = 0;

    for (int i = 0; i < count; i++)
        all += buckets[i];
    for (int i = 0; i < count && all > 0; i++) {
        below += buckets[i];
        if (2 * below >= all)
            return i;
    }
    return -1;
}

int docx_statistics_body_size(const struct docx_statistics *statistics)
{
    int size = median_of(statistics->lines_of_size, DOCX_SIZE_BUCKETS);

    return size < 0                    ? DOCX_BODY_SIZE_DEFAULT
           : size < DOCX_BODY_SIZE_MIN ? DOCX_BODY_SIZE_MIN
           : size > DOCX_BODY_SIZE_MAX ? DOCX_BODY_SIZE_MAX
                                       : size;
}

int docx_statistics_space_after(const struct docx_statistics *statistics)
{
    double size = docx_statistics_body_size(statistics);
    int gap = median_of(statistics->gaps_of_height, DOCX_GAP_BUCKETS);
    double space = gap < 0 ? space_after_default * size : gap - leading * size;

    return (int)(fmin(fmax(space, space_after_min * size), space_after_max * size) *
                 TWIPS_PER_HALF_POINT);
}

const char *docx_statistics_language(const struct docx_statistics *statistics)
{
    const struct docx_language_count *most = &statistics->languages[0];

    for (int i = 1; i < DOCX_LANGUAGES_MAX; i++)
        if (statistics->languages[i].pages > most->pages)
            most = &statistics->languages[i];
    return most->language;
}
