#include "services/ocr/worker/line_quality.h"

#include <stdbool.h>

#include "services/ocr/worker/normalize.h"

/* Measured on receipts, tables and photographs: lines of noise 0.08 to 0.29, misread text 0.3 to
 * 0.65, text 0.85 and more. */
static const float quality_of_noise = 0.3f;

float line_quality(const struct line *line, size_t *ret_letters)
{
    double sum = 0;
    size_t letters = 0;

    for (size_t w = 0; w < line->word_count; w++) {
        size_t more = normalize_count_letters(line->words[w].text);
        sum += (double)line->words[w].confidence * (double)more;
        letters += more;
    }
    *ret_letters = letters;
    return letters > 0 ? (float)(sum / (double)letters) : 0;
}

float line_quality_of_page(const struct page *page)
{
    double sum = 0;
    size_t all = 0;

    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++) {
            size_t letters;
            sum += (double)line_quality(&page->blocks[b].lines[l], &letters) * (double)letters;
            all += letters;
        }
    return all > 0 ? (float)(sum / (double)all) : 0;
}

static bool is_noise(const struct line *line)
{
    size_t letters;
    float quality = line_quality(line, &letters);

    return letters > 0 && quality < quality_of_noise;
}

void line_quality_drop_noise(struct page *page)
{
    if (line_quality_of_page(page) < line_quality_good)
        return;
    for (size_t b = 0; b < page->block_count; b++) {
        struct block *block = &page->blocks[b];
        size_t kept = 0;
        for (size_t l = 0; l < block->line_count; l++)
            if (!is_noise(&block->lines[l]))
                block->lines[kept++] = block->lines[l];
        block->line_count = kept;
    }
}
