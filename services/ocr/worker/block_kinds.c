#include "services/ocr/worker/block_kinds.h"

#include <string.h>

#include "lib/base/utf8.h"
#include "services/ocr/worker/normalize.h"

enum {
    HEADING_LINES_MAX = 4,
    HEADING_WORDS_MAX = 24, /* by size */
    LINE_WORDS_MAX = 14,    /* by other signs */
    HEADING_LETTERS_MIN = 3,
    LEVEL_MAX = 6,
};

/* --- Text --- */

static size_t count_words(const struct block *block)
{
    size_t words = 0;

    for (size_t l = 0; l < block->line_count; l++)
        for (size_t w = 0; w < block->lines[l].word_count; w++)
            words += !block->lines[l].words[w].no_space_after;
    return words;
}

static size_t count_letters(const struct block *block)
{
    size_t letters = 0;

    for (size_t l = 0; l < block->line_count; l++)
        for (size_t w = 0; w < block->lines[l].word_count; w++)
            for (const char *c = block->lines[l].words[w].text; *c != '\0'; c++)
                letters += (unsigned char)*c >= 0x80 || ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z');
    return letters;
}

static const char *first_word(const struct block *block)
{
    return block->lines[0].words[0].text;
}

static const char *last_word(const struct block *block)
{
    const struct line *last = &block->lines[block->line_count - 1];

    return last->words[last->word_count - 1].text;
}

/* The end of a sentence, or of what goes on. */
static bool ends_as_text(const struct block *block)
{
    const char *word = last_word(block);
    size_t length = strlen(word);

    return length > 0 && strchr(".,;:-!", word[length - 1]) != NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "2.", "2.1", "2.1.", "IV.", "A.": the number of a section, and how deep it is; 0: is none. */
static uint32_t section_depth(const char *text)
{
    const char *at = text;
    uint32_t depth = 0;
    size_t roman = strspn(text, "IVXLC");

    if ((roman > 0 || (*text >= 'A' && *text <= 'H')) && text[roman > 0 ? roman : 1] == '.' &&
        text[(roman > 0 ? roman : 1) + 1] == '\0')
        return 1;
    while (is_digit(*at)) {
        size_t digits = strspn(at, "0123456789");
        if (digits > 2)
            return 0;
        depth++;
        at += digits;
        if (*at == '.')
            at++;
        else
            break;
    }
    return *at == '\0' ? depth : 0;
}

/* Capitals, and hardly a small letter. */
static bool is_capitals(const struct block *block)
{
    size_t capitals = 0, small = 0;

    for (size_t l = 0; l < block->line_count; l++)
        for (size_t w = 0; w < block->lines[l].word_count; w++)
            for (const char *c = block->lines[l].words[w].text; *c != '\0'; c++) {
                capitals += *c >= 'A' && *c <= 'Z';
                small += (*c >= 'a' && *c <= 'z') || (unsigned char)*c >= 0x80;
            }
    return capitals > 6 * small && capitals >= 2 * HEADING_LETTERS_MIN;
}

/* "Figure 3", "Table 1.", "Abb. 2": a word for a picture or table, then a number. */
static bool begins_as_caption(const struct block *block)
{
    static const char *const words[] = {
        "Figure", "Fig.",    "FIG.",    "FIGURE", "Table", "TABLE",  "Tab.",  "Abbildung",
        "Abb.",   "Tabelle", "Tableau", "Figura", "Tabla", "Tabela", "Рис.",  "Рисунок",
        "Табл.",  "Таблица", "图",      "表",     "図",    "Plate",  "Chart", "Photo",
    };
    const struct line *line = &block->lines[0];

    if (line->word_count < 2)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strcmp(line->words[0].text, words[i]) == 0)
            return is_digit(line->words[1].text[0]) || strspn(line->words[1].text, "IVX") > 0;
    return false;
}

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
    uint32_t depth = section_depth(first_word(block));

    if (block->line_count > 2 || count_words(block) > LINE_WORDS_MAX || ends_as_text(block) ||
        measure->long_lines == 0)
        return false;
    struct surroundings around = look_around(page, number, measure);
    if (is_bold(block))
        return next != NULL;
    if (!around.is_apart || next == NULL)
        return false;
    return depth > 0 || is_capitals(block) ||
           (around.is_centred && block->line_count == 1 && next->line_count > 1);
}

static uint32_t level_of(const struct block *block, const struct page_measure *measure)
{
    const float level_1 = 1.7f, level_2 = 1.2f; /* times the usual size */
    float ratio = measure->size > 0 ? block->lines[0].size / measure->size : 1;
    uint32_t depth = section_depth(first_word(block));

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
    char first = first_word(block)[0];

    if (!is_bold(block) && first >= 'a' && first <= 'z' && size < measure->size * text_ratio)
        return false;
    if (block->line_count > HEADING_LINES_MAX || count_words(block) > HEADING_WORDS_MAX ||
        measure->size <= 0)
        return false;
    return size >= measure->size * heading_ratio ||
           (is_bold(block) && size >= measure->size * bold_ratio);
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

    return next->kind == BLOCK_HEADING && next->level == heading->level && is_alike &&
           section_depth(first_word(next)) == 0 &&
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
        if (block->line_count == 0 ||
            (block->kind != BLOCK_PARAGRAPH && block->kind != BLOCK_HEADING))
            continue;
        bool is_told = block->kind == BLOCK_HEADING;
        bool is_short =
            block->line_count <= HEADING_LINES_MAX && count_words(block) <= HEADING_WORDS_MAX;
        bool is_heading = count_letters(block) >= HEADING_LETTERS_MIN &&
                          ((is_told && is_short) || is_large(block, measure) ||
                           is_heading_of_size(page, b, measure));
        block->kind = is_heading                 ? BLOCK_HEADING
                      : begins_as_caption(block) ? BLOCK_CAPTION
                                                 : BLOCK_PARAGRAPH;
        block->level = is_heading ? level_of(block, measure) : 0;
    }
    return join_headings(page);
}
