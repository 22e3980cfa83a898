#include "services/ocr/worker/layout.h"

#include <stdlib.h>

#include "services/ocr/worker/block_kinds.h"
#include "services/ocr/worker/block_text.h"
#include "services/ocr/worker/figures.h"
#include "services/ocr/worker/layout_internal.h"
#include "services/ocr/worker/list_markers.h"
#include "services/ocr/worker/page_margins.h"
#include "services/ocr/worker/page_measure.h"
#include "services/ocr/worker/table_rules.h"
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

static bool differs(float a, float b, float ratio)
{
    return a > 0 && b > 0 && (a > b * ratio || b > a * ratio);
}

static bool is_right_to_left(const struct line *line)
{
    return line->direction == DIRECTION_RIGHT_TO_LEFT;
}

/* A bold line is a heading of its own, unless it only begins with bold words and goes on. */
static bool changes_weight(const struct line *previous, const struct line *line,
                           const struct measure *measure)
{
    char first = line->words[0].text[0];
    bool is_full = measure->right - previous->bbox.x1 < 2 * measure->height;

    return previous->is_bold != line->is_bold && !(is_full && first >= 'a' && first <= 'z');
}

/* True when an item's further lines begin before its first one, as those of a paragraph do. */
static bool is_outdented(const struct line *line, const struct line *item,
                         const struct measure *measure)
{
    int32_t by =
        is_right_to_left(line) ? line->bbox.x1 - item->bbox.x1 : item->bbox.x0 - line->bbox.x0;

    return by > measure->height / 2;
}

/* True when `line` begins a new paragraph after `previous`. @item: first line of the list item that
 * `previous` is in; NULL: it is in none. */
static bool begins_paragraph(const struct line *previous, const struct line *line,
                             const struct measure *measure, const struct line *item)
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
    if (differs(previous->size, line->size, size_ratio) || changes_weight(previous, line, measure))
        return true;
    /* Headings right beneath each other. */
    if (line->is_bold && line->word_count > 1 && block_text_section_depth(line->words[0].text) > 1)
        return true;
    /* A first line that is indented, after one that is not. */
    if (indent > measure->height && indent_before < measure->height / 2 &&
        indent < 6 * measure->height && (item == NULL || is_outdented(previous, item, measure)))
        return true;
    /* A last line that leaves room for the word that follows. */
    struct bbox first_word = line->words[0].bbox;
    return room_before > (first_word.x1 - first_word.x0) + 4 * measure->height &&
           room_before * 3 > measure->right - measure->left;
}

/* --- Blocks --- */

/* Begins a part of a block with its first line. */
static struct block *add_part(struct page *page, const struct block *whole,
                              const struct list_item *item)
{
    struct block *part = page_add_block(page);

    if (part == NULL)
        return NULL;
    /* A table that was not found to be one is text. */
    part->kind = whole->kind == BLOCK_TABLE ? BLOCK_PARAGRAPH : whole->kind;
    if (item != NULL && (part->kind == BLOCK_PARAGRAPH || part->kind == BLOCK_HEADING)) {
        part->kind = BLOCK_LIST_ITEM;
        part->level = 1;
        part->list_marker = item->marker;
    }
    return part;
}

static bool split_block(struct page *page, const struct block *whole, const struct list_item *items,
                        size_t item_count)
{
    struct measure measure = measure_block(whole, page->arena);
    struct block *part = NULL;

    for (size_t i = 0; i < whole->line_count; i++) {
        const struct line *line = &whole->lines[i];
        const struct list_item *item = list_markers_of(items, item_count, line);
        const struct line *in_item =
            part != NULL && part->kind == BLOCK_LIST_ITEM ? &part->lines[0] : NULL;
        if (part == NULL || item != NULL ||
            begins_paragraph(&whole->lines[i - 1], line, &measure, in_item)) {
            part = add_part(page, whole, item);
            if (part == NULL)
                return false;
        }
        struct line *copy = block_add_line(page, part);
        if (copy == NULL)
            return false;
        *copy = *line;
        if (item != NULL)
            copy->words[0].text = item->marker;
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

/* Splits all blocks but tables. */
static bool split_blocks(struct page *page)
{
    size_t count, item_count;
    struct list_item *items;

    if (!list_markers_find(page, &items, &item_count))
        return false;
    const struct block *wholes = page_take_blocks(page, &count);
    for (size_t b = 0; b < count; b++)
        if (wholes[b].table != NULL ? !page_copy_block(page, &wholes[b])
                                    : !split_block(page, &wholes[b], items, item_count))
            return false;
    return true;
}

bool layout_split_blocks(struct page *page, const struct image *image)
{
    struct page_measure measure;
    struct table_rules rules;

    drop_empty(page);
    if (image != NULL && !page_measure_mark_bold(page, image))
        return false;
    if (!figures_leave_out_text(page) || !page_measure_lines(page, &measure) ||
        !table_rules_find(image, measure.text_height, page->arena, &rules) ||
        !tables_take_from_page(page, measure.text_height, &rules) ||
        !page_margins_part(page, &measure, &rules) || !split_blocks(page))
        return false;
    return block_kinds_name(page, &measure) && figures_gather(page);
}
