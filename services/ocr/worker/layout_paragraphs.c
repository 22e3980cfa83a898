#include "services/ocr/worker/layout.h"

#include <stdlib.h>
#include <string.h>

#include "services/ocr/worker/layout_internal.h"
#include "services/ocr/worker/tables.h"

/* Where a line stands, from the top: its baseline, which descenders do not move. */
static int32_t foot_of(const struct line *line)
{
    if (line->baseline[2] <= line->baseline[0])
        return line->bbox.y1;
    return (int32_t)((line->baseline[1] + line->baseline[3]) / 2);
}

/* What is usual in a block. */
struct measure {
    int32_t left, right; /* where most lines begin, and the rightmost end */
    int32_t height;      /* median of lines */
    int32_t pitch;       /* median from line to line */
};

static struct measure measure_block(const struct block *block, struct arena *arena)
{
    struct measure measure = {.left = INT32_MAX};
    int32_t *pitches = ARENA_NEW_ARRAY(arena, int32_t, block->line_count);

    measure.height = layout_median_height(block->lines, block->line_count, arena);
    measure.pitch = measure.height;
    for (size_t i = 0; i < block->line_count; i++) {
        struct bbox box = block->lines[i].bbox;
        if (box.x0 < measure.left)
            measure.left = box.x0;
        if (box.x1 > measure.right)
            measure.right = box.x1;
        if (pitches != NULL && i > 0)
            pitches[i - 1] = foot_of(&block->lines[i]) - foot_of(&block->lines[i - 1]);
    }
    if (pitches != NULL && block->line_count > 1) {
        qsort(pitches, block->line_count - 1, sizeof(*pitches), layout_compare_int32);
        /* The lower quartile: gaps between paragraphs pull the median up in short blocks. */
        int32_t pitch = pitches[(block->line_count - 1) / 4];
        if (pitch > 0)
            measure.pitch = pitch;
    }
    return measure;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "1.", "12)", "(a)", "a)", "-" and bullets; NULL when the word marks no list item. */
static const char *marker_of(const struct line *line)
{
    static const char *const bullets[] = {"-", "–", "—", "•", "·", "*", "◦", "▪", "■", "●", "○"};
    const char *text = line->word_count > 1 ? line->words[0].text : NULL;

    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(bullets); i++)
        if (strcmp(text, bullets[i]) == 0)
            return text;
    const char *at = text + (text[0] == '(');
    size_t length = 0;
    while (is_digit(at[length]))
        length++;
    if (length == 0 && ((at[0] >= 'a' && at[0] <= 'z') || (at[0] >= 'A' && at[0] <= 'Z')))
        length = 1;
    if (length == 0 || length > 3 || at[length] == '\0' || at[length + 1] != '\0')
        return NULL;
    if (at[length] == ')')
        return text;
    return at[length] == '.' && text[0] != '(' && is_digit(at[0]) ? text : NULL;
}

static bool differs(float a, float b, float ratio)
{
    return a > 0 && b > 0 && (a > b * ratio || b > a * ratio);
}

static bool is_right_to_left(const struct line *line)
{
    return line->direction == DIRECTION_RIGHT_TO_LEFT;
}

/* True when `line` begins a new paragraph after `previous`. */
static bool begins_paragraph(const struct line *previous, const struct line *line,
                             const struct measure *measure)
{
    const float size_ratio = 1.25f;
    int32_t pitch = foot_of(line) - foot_of(previous);
    int32_t indent =
        is_right_to_left(line) ? measure->right - line->bbox.x1 : line->bbox.x0 - measure->left;
    int32_t indent_before = is_right_to_left(line) ? measure->right - previous->bbox.x1
                                                   : previous->bbox.x0 - measure->left;
    int32_t room_before = is_right_to_left(line) ? previous->bbox.x0 - measure->left
                                                 : measure->right - previous->bbox.x1;

    if (line->direction == DIRECTION_TOP_TO_BOTTOM)
        return false;
    if (pitch > measure->pitch + measure->pitch / 3 + 1 || pitch < 0)
        return true;
    if (differs(previous->size, line->size, size_ratio) || previous->is_bold != line->is_bold)
        return true;
    if (marker_of(line) != NULL)
        return true;
    /* A first line that is indented, after one that is not. */
    if (indent > measure->height && indent_before < measure->height / 2 &&
        indent < 6 * measure->height && marker_of(previous) == NULL)
        return true;
    /* A last line that leaves room for the word that follows. */
    struct bbox first_word = line->words[0].bbox;
    return room_before > (first_word.x1 - first_word.x0) + 4 * measure->height &&
           room_before * 3 > measure->right - measure->left;
}

/* --- Kinds --- */

/* Font size that most characters of the page have; 0: unknown. */
static float body_size(const struct page *page)
{
    enum { SIZES = 512 };
    size_t characters[SIZES] = {0};
    size_t most = 0;

    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++) {
            const struct line *line = &page->blocks[b].lines[l];
            if (line->size >= 1 && line->size < SIZES)
                characters[(size_t)line->size] += line->word_count;
        }
    for (size_t i = 1; i < SIZES; i++)
        if (characters[i] > characters[most])
            most = i;
    return (float)most;
}

static size_t count_letters(const struct block *block)
{
    size_t count = 0;

    for (size_t l = 0; l < block->line_count; l++)
        for (size_t w = 0; w < block->lines[l].word_count; w++)
            for (const char *c = block->lines[l].words[w].text; *c != '\0'; c++)
                count += !is_digit(*c) && ((unsigned char)*c >= 0x80 || (*c | 0x20) >= 'a');
    return count;
}

static void name_kind(struct block *block, float body)
{
    enum { HEADING_LINES_MAX = 3, HEADING_LETTERS_MIN = 2 };
    const float level_1 = 1.7f, level_2 = 1.3f;
    const struct line *first = &block->lines[0];
    const char *marker = marker_of(first);

    if (block->kind != BLOCK_PARAGRAPH)
        return;
    if (body > 0 && first->size >= body * level_2 && block->line_count <= HEADING_LINES_MAX &&
        count_letters(block) >= HEADING_LETTERS_MIN) {
        block->kind = BLOCK_HEADING;
        block->level = first->size >= body * level_1 ? 1 : 2;
    } else if (marker != NULL) {
        block->kind = BLOCK_LIST_ITEM;
        block->level = 1;
        block->list_marker = marker;
    }
}

/* --- Blocks --- */

static bool split_block(struct page *page, const struct block *whole)
{
    struct measure measure = measure_block(whole, page->arena);
    struct block *part = NULL;

    for (size_t i = 0; i < whole->line_count; i++) {
        const struct line *line = &whole->lines[i];
        if (part == NULL || begins_paragraph(&whole->lines[i - 1], line, &measure)) {
            part = page_add_block(page);
            if (part == NULL)
                return false;
            part->kind = whole->kind;
        }
        struct line *copy = block_add_line(page, part);
        if (copy == NULL)
            return false;
        *copy = *line;
    }
    return true;
}

/* Drops words without text and lines without words; measures lines. */
static void drop_empty(struct page *page)
{
    for (size_t b = 0; b < page->block_count; b++) {
        struct block *block = &page->blocks[b];
        size_t lines_kept = 0;
        for (size_t l = 0; l < block->line_count; l++) {
            struct line line = block->lines[l];
            size_t words_kept = 0;
            for (size_t w = 0; w < line.word_count; w++)
                if (line.words[w].text != NULL && line.words[w].text[0] != '\0')
                    line.words[words_kept++] = line.words[w];
            line.word_count = words_kept;
            line.bbox = layout_line_box(&line);
            if (words_kept > 0)
                block->lines[lines_kept++] = line;
        }
        block->line_count = lines_kept;
    }
}

static bool add_block(struct page *page, const struct block *block)
{
    struct block *copy = page_add_block(page);

    if (copy != NULL)
        *copy = *block;
    return copy != NULL;
}

bool layout_split_blocks(struct page *page, const struct image *image)
{
    drop_empty(page);
    if (!tables_take_from_page(page, image))
        return false;

    struct block *wholes = page->blocks;
    size_t count = page->block_count;

    page->blocks = NULL;
    page->block_count = 0;
    page->block_capacity = 0;
    for (size_t b = 0; b < count; b++)
        if (wholes[b].table != NULL ? !add_block(page, &wholes[b]) : !split_block(page, &wholes[b]))
            return false;
    float body = body_size(page);
    for (size_t b = 0; b < page->block_count; b++)
        name_kind(&page->blocks[b], body);
    return true;
}
