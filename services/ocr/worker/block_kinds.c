#include "services/ocr/worker/block_kinds.h"

#include "services/ocr/worker/block_text.h"

enum {
    HEADING_LINES_MAX = 4,
    HEADING_WORDS_MAX = 24, /* by size */
    LINE_WORDS_MAX = 14,    /* by other signs */
    HEADING_LETTERS_MIN = 3,
    FORMULA_LONG_LINES_MIN = 5, /* of a page of text; forms have other signs */
    LEVEL_MAX = 6,
};

/* --- Looks --- */

static struct bbox box_of(const struct block *block)
{
    struct bbox box = {0};

    for (size_t l = 0; l < block->line_count; l++)
        box = bbox_union(box, block->lines[l].bbox);
    return box;
}

static bool is_bold(const struct block *block)
{
    for (size_t l = 0; l < block->line_count; l++)
        if (!block->lines[l].is_bold)
            return false;
    return true;
}

/* How a block lies to what is around it. */
struct surroundings {
    struct bbox column; /* of the blocks above and beneath with it */
    bool is_apart;      /* room above and beneath */
    bool is_centred;
};

static bool shares_column(struct bbox a, struct bbox b)
{
    return a.x0 < b.x1 && b.x0 < a.x1;
}

static struct surroundings look_around(const struct page *page, size_t number,
                                       const struct page_measure *measure)
{
    enum { NEAR = 3 /* blocks each way that tell how wide the column is */ };
    struct bbox own = box_of(&page->blocks[number]);
    struct surroundings around = {.column = own};
    int32_t above = INT32_MAX, beneath = INT32_MAX, height = measure->text_height;
    size_t from = number > NEAR ? number - NEAR : 0;

    for (size_t b = from; b < page->block_count && b <= number + NEAR; b++) {
        struct bbox box = box_of(&page->blocks[b]);
        if (b == number || !shares_column(own, box))
            continue;
        around.column = bbox_union(around.column, box);
        if (box.y1 <= own.y0 + height / 2 && own.y0 - box.y1 < above)
            above = own.y0 - box.y1;
        if (box.y0 >= own.y1 - height / 2 && box.y0 - own.y1 < beneath)
            beneath = box.y0 - own.y1;
    }
    int32_t left = own.x0 - around.column.x0, right = around.column.x1 - own.x1;
    around.is_apart =
        (int64_t)above * 10 > (int64_t)height * 6 && (int64_t)beneath * 10 > (int64_t)height * 4;
    around.is_centred = left > 2 * height && right > 2 * height &&
                        (left > right ? left - right : right - left) < 2 * height;
    return around;
}

/* --- Headings --- */

/* A line of its own that is not larger than the text: several signs come together. */
static bool is_heading_of_size(const struct page *page, size_t number,
                               const struct page_measure *measure)
{
    const struct block *block = &page->blocks[number];
    const struct block *next = number + 1 < page->block_count ? &page->blocks[number + 1] : NULL;
    uint32_t depth = block_text_section_depth(block_text_first_word(block));

    if (block->line_count > 2 || block_text_count_words(block) > LINE_WORDS_MAX ||
        block_text_ends_as_text(block) || measure->long_lines == 0)
        return false;
    struct surroundings around = look_around(page, number, measure);
    if (is_bold(block))
        return next != NULL;
    if (!around.is_apart || next == NULL)
        return false;
    return depth > 0 || block_text_is_capitals(block) ||
           (around.is_centred && block->line_count == 1 && next->line_count > 1);
}

/* The number of a section that goes on from the one before reads as that of a list. */
static bool is_numbered_heading(const struct page *page, size_t number,
                                const struct page_measure *measure)
{
    const struct block *block = &page->blocks[number];
    const struct block *next = number + 1 < page->block_count ? &page->blocks[number + 1] : NULL;

    return block->kind == BLOCK_LIST_ITEM &&
           block_text_section_depth(block_text_first_word(block)) > 0 &&
           (is_bold(block) || block_text_is_capitals(block)) && block->line_count <= 2 &&
           block_text_count_words(block) <= LINE_WORDS_MAX && !block_text_ends_as_text(block) &&
           next != NULL && next->kind != BLOCK_LIST_ITEM && next->line_count > 0 &&
           measure->long_lines > 0;
}

static uint32_t level_of(const struct block *block, const struct page_measure *measure)
{
    const float level_1 = 1.7f, level_2 = 1.2f; /* times the usual size */
    float ratio = measure->size > 0 ? block->lines[0].size / measure->size : 1;
    uint32_t depth = block_text_section_depth(block_text_first_word(block));

    if (ratio >= level_1)
        return 1;
    if (depth > 0)
        return depth + 1 < LEVEL_MAX ? depth + 1 : LEVEL_MAX;
    return ratio >= level_2 ? 2 : 3;
}

/* Sizes of short lines are not sure: what reads as part of a text must be much larger. */
static bool is_large(const struct block *block, const struct page_measure *measure)
{
    const float heading_ratio = 1.2f, bold_ratio = 1.08f, text_ratio = 1.5f;
    float size = block->lines[0].size;
    char first = block_text_first_word(block)[0];

    if (!is_bold(block) && first >= 'a' && first <= 'z' && size < measure->size * text_ratio)
        return false;
    if (block->line_count > HEADING_LINES_MAX ||
        block_text_count_words(block) > HEADING_WORDS_MAX || measure->size <= 0)
        return false;
    return size >= measure->size * heading_ratio ||
           (is_bold(block) && size >= measure->size * bold_ratio);
}

/* Very large letters over a picture, or beside it where the engine sees one. */
static bool is_title_in_figure(const struct block *block, const struct page_measure *measure)
{
    const float ratio = 2.0f; /* to the usual size */

    return block->kind == BLOCK_FIGURE && measure->long_lines > 0 && measure->size > 0 &&
           block->lines[0].size >= measure->size * ratio &&
           block->line_count <= HEADING_LINES_MAX &&
           block_text_count_words(block) <= LINE_WORDS_MAX &&
           block_text_count_letters(block) > HEADING_LETTERS_MIN;
}

/* Lines of one heading that the engine found apart: alike, and as close as lines are. */
static bool goes_on_in(const struct block *heading, const struct block *next)
{
    const float size_ratio = 1.15f;
    const struct line *last = &heading->lines[heading->line_count - 1];
    const struct line *first = &next->lines[0];
    int32_t height = last->bbox.y1 - last->bbox.y0;
    bool is_alike = last->size < first->size * size_ratio &&
                    first->size < last->size * size_ratio && last->is_bold == first->is_bold;
    bool is_beneath = first->bbox.y0 - last->bbox.y1 < height && first->bbox.y0 > last->bbox.y0;
    bool is_beside = first->bbox.y0 < last->bbox.y1 && last->bbox.y0 < first->bbox.y1 &&
                     first->bbox.x0 - last->bbox.x1 < 2 * height;

    return next->kind == BLOCK_HEADING && is_alike &&
           block_text_section_depth(block_text_first_word(next)) == 0 &&
           block_text_count_words(heading) + block_text_count_words(next) <= HEADING_WORDS_MAX &&
           ((is_beneath && shares_column(last->bbox, first->bbox)) || is_beside);
}

static bool join_headings(struct page *page)
{
    size_t kept = 0;

    for (size_t b = 0; b < page->block_count; b++) {
        const struct block *block = &page->blocks[b];
        struct block *before = kept > 0 ? &page->blocks[kept - 1] : NULL;
        if (before == NULL || before->kind != BLOCK_HEADING || before->line_count == 0 ||
            block->line_count == 0 || before->line_count + block->line_count > HEADING_LINES_MAX ||
            !goes_on_in(before, block)) {
            page->blocks[kept++] = *block;
            continue;
        }
        for (size_t l = 0; l < block->line_count; l++) {
            struct line *line = block_add_line(page, before);
            if (line == NULL)
                return false;
            *line = block->lines[l];
        }
    }
    page->block_count = kept;
    return true;
}

bool block_kinds_name(struct page *page, const struct page_measure *measure)
{
    for (size_t b = 0; b < page->block_count; b++) {
        struct block *block = &page->blocks[b];
        if (block->line_count == 0)
            continue;
        if (is_numbered_heading(page, b, measure)) {
            block->kind = BLOCK_HEADING;
            block->list_marker = NULL;
        }
        if (is_title_in_figure(block, measure))
            block->kind = BLOCK_HEADING;
        if (block->kind != BLOCK_PARAGRAPH && block->kind != BLOCK_HEADING)
            continue;
        bool is_told = block->kind == BLOCK_HEADING;
        bool is_short = block->line_count <= HEADING_LINES_MAX &&
                        block_text_count_words(block) <= HEADING_WORDS_MAX;
        bool is_heading = block_text_count_letters(block) >= HEADING_LETTERS_MIN &&
                          ((is_told && is_short) || is_large(block, measure) ||
                           is_heading_of_size(page, b, measure));
        if (measure->long_lines >= FORMULA_LONG_LINES_MIN && block_text_is_formula(block)) {
            block->kind = BLOCK_FORMULA;
            continue;
        }
        block->kind = is_heading                            ? BLOCK_HEADING
                      : block_text_begins_as_caption(block) ? BLOCK_CAPTION
                                                            : BLOCK_PARAGRAPH;
        block->level = is_heading ? level_of(block, measure) : 0;
    }
    return join_headings(page);
}
