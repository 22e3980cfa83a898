#include "services/export/docx/statistics.h"

#include <string.h>

#include "services/export/page/language.h"

enum { TWIPS_PER_HALF_POINT = 10 };

/* Size of a font, of the distance of its lines and of the height of a single one: what common
 * typefaces have. */
static const double size_of_pitch = 1 / 1.2;
static const double size_of_height = 1.15;

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

/* Counts the lines of a paragraph by the size of their font. */
static void count_size(struct docx_statistics *statistics,
                       const Ocrmesh__Document__V1__Block *block, double scale)
{
    uint32_t lines = 1;

    if (block->kind != OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_PARAGRAPH ||
        block->bbox == NULL)
        return;
    for (const char *p = block->text; *p != '\0'; p++)
        lines += *p == '\n';
    /* The last line's box has no leading. */
    double height = ((double)block->bbox->y1 - block->bbox->y0) * scale;
    double size = lines > 1 ? height / (lines - 0.3) * size_of_pitch : height * size_of_height;
    double half_points = size / TWIPS_PER_HALF_POINT;
    if (half_points > 0 && half_points < DOCX_SIZE_BUCKETS)
        statistics->lines_of_size[(int)half_points] += lines;
}

void docx_statistics_add(struct docx_statistics *statistics,
                         const Ocrmesh__Document__V1__Page *page, double twips_per_pixel)
{
    for (size_t i = 0; i < page->n_blocks; i++)
        count_size(statistics, page->blocks[i], twips_per_pixel);
    count_language(statistics, language_of(page, NULL));
}

int docx_statistics_body_size(const struct docx_statistics *statistics)
{
    uint64_t all = 0;
    uint64_t below = 0;

    for (int i = 0; i < DOCX_SIZE_BUCKETS; i++)
        all += statistics->lines_of_size[i];
    if (all == 0)
        return DOCX_BODY_SIZE_DEFAULT;
    for (int i = 0; i < DOCX_SIZE_BUCKETS; i++) {
        below += statistics->lines_of_size[i];
        if (2 * below >= all)
            return i < DOCX_BODY_SIZE_MIN   ? DOCX_BODY_SIZE_MIN
                   : i > DOCX_BODY_SIZE_MAX ? DOCX_BODY_SIZE_MAX
                                            : i;
    }
    return DOCX_BODY_SIZE_DEFAULT;
}

const char *docx_statistics_language(const struct docx_statistics *statistics)
{
    const struct docx_language_count *most = &statistics->languages[0];

    for (int i = 1; i < DOCX_LANGUAGES_MAX; i++)
        if (statistics->languages[i].pages > most->pages)
            most = &statistics->languages[i];
    return most->language;
}
