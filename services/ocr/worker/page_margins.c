#include "services/ocr/worker/page_margins.h"

#include <stdlib.h>
#include <string.h>

#include "services/ocr/worker/layout_box.h"
#include "services/ocr/worker/margin_signs.h"

enum {
    ROWS_MAX = 10, /* looked at, from each edge */
    SCORE_MIN = 3,
    WORDS_MAX = 16,
};

static const float small_print = 0.89f; /* of the usual size */

/* --- Rows --- */

static int compare_middle(const void *a, const void *b)
{
    const struct margin_item *x = a, *y = b;

    return layout_compare_middle(x->bbox, y->bbox);
}

static int compare_left(const void *a, const void *b)
{
    const struct margin_item *x = a, *y = b;

    return layout_compare_left(x->bbox, y->bbox);
}

/* Groups sorted items into rows; returns their number. */
static size_t make_rows(struct margin_item *items, size_t count, struct margin_row *rows)
{
    size_t row_count = 0;

    for (size_t start = 0; start < count;) {
        size_t end = start + 1;
        struct margin_row *row = &rows[row_count++];
        while (end < count && layout_is_in_row(items[start].bbox, items[end].bbox))
            end++;
        *row = (struct margin_row){.items = items + start, .count = end - start};
        for (size_t i = start; i < end; i++) {
            row->bbox = bbox_union(row->bbox, items[i].bbox);
            row->has_table = row->has_table || items[i].line == NULL;
        }
        qsort(row->items, row->count, sizeof(*row->items), compare_left);
        start = end;
    }
    return row_count;
}

/* --- Judgement --- */

/* How the row lies to the edge and to the rest of the page. */
struct place {
    int32_t gap;       /* to the row beside it that is further from the edge */
    int32_t from_edge; /* of the page, in thousandths of its height */
    bool is_ruled;
};

static struct place place_of(const struct margin_row *row, const struct margin_row *inner,
                             bool is_top, const struct margins *margins)
{
    int32_t height = (int32_t)margins->page->height, slack = margins->measure->text_height / 3;
    int32_t edge = is_top ? row->bbox.y1 : height - row->bbox.y0;
    /* A rule belongs to what it is close to; beside a table it is the table's. */
    int32_t near = margins->measure->text_height * 3 / 2;
    int32_t from = is_top ? row->bbox.y1 - slack : row->bbox.y0 - near;
    int32_t to = is_top ? row->bbox.y1 + near : row->bbox.y0 + slack;

    return (struct place){
        .gap = is_top ? inner->bbox.y0 - row->bbox.y1 : row->bbox.y0 - inner->bbox.y1,
        .from_edge = height > 0 ? (int32_t)((int64_t)edge * 1000 / height) : 0,
        .is_ruled = !inner->has_table && margin_signs_are_ruled_off(margins, from, to),
    };
}

/* Large type, or bold type that is larger than the text. */
static bool is_title(const struct margin_row *row, const struct margins *margins)
{
    const float large = 1.25f, large_for_bold = 1.1f; /* of the usual size */
    float size = margin_signs_size(row), usual = margins->measure->size;

    return usual > 0 && size > usual * (margin_signs_are_bold(row) ? large_for_bold : large);
}

static bool is_margin(const struct margin_row *row, const struct margin_row *inner, bool is_top,
                      const struct margins *margins)
{
    /* Thousandths of the page's height; pages with wide margins have their number far in. */
    enum { NEAR = 70, FAR = 150, NUMBER_FAR = 200 };
    struct place place = place_of(row, inner, is_top, margins);
    int32_t text_height = margins->measure->text_height;
    float size = margin_signs_size(row), usual = margins->measure->size;
    bool is_small = usual > 0 && size > 0 && size < usual * small_print;
    int score = margin_signs_score(row, margins);
    bool has_sign = score > 0 || place.is_ruled || is_small;

    int32_t far = margin_signs_are_page_number(row, margins) ? NUMBER_FAR : FAR;
    if (is_title(row, margins) || place.from_edge > far || place.gap * 5 < text_height * 3 ||
        (!is_small && margin_signs_count_words(row) > WORDS_MAX))
        return false;
    score += place.gap * 5 > text_height * 6;
    score += place.from_edge < NEAR;
    if (place.is_ruled)
        score += 2;
    if (is_top && margin_signs_are_before_going_on(row, inner, margins))
        has_sign = true, score += 3;
    if (is_small)
        score += is_top ? 1 : 2;
    return has_sign && score >= SCORE_MIN;
}

/* True when the row may be a further one of a header or footer of several. */
static bool may_be_part(const struct margin_row *row, const struct margins *margins)
{
    float size = margin_signs_size(row), usual = margins->measure->size;

    return margin_signs_score(row, margins) > 0 ||
           (usual > 0 && size > 0 && size < usual * small_print);
}

/* Takes back what the engine says of rows of which it means a part, which are as often the heads of
 * columns, and of larger type, which is a title. */
static void doubt_told(struct margin_row *rows, size_t count, const struct margins *margins)
{
    for (size_t r = 0; r < count; r++) {
        struct margin_row *row = &rows[r];
        if (row->has_table || (margin_signs_are_told(row) && !is_title(row, margins)))
            continue;
        for (size_t i = 0; i < row->count; i++)
            if (margin_signs_is_margin(row->items[i].kind))
                row->items[i].kind = BLOCK_PARAGRAPH;
    }
}

/* Takes rows from one edge inwards, up to the last gap that makes them a margin; returns their
 * number. */
static size_t take_rows(const struct margin_row *rows, size_t count, bool is_top,
                        const struct margins *margins)
{
    size_t taken = 0;

    for (size_t i = 0; i < ROWS_MAX && i + 1 < count; i++) {
        const struct margin_row *row = is_top ? &rows[i] : &rows[count - 1 - i];
        const struct margin_row *inner = is_top ? &rows[i + 1] : &rows[count - 2 - i];
        if (row->has_table)
            break;
        if (is_margin(row, inner, is_top, margins))
            taken = i + 1;
        else if (!may_be_part(row, margins))
            break;
    }
    return taken;
}

/* --- Blocks --- */

static void mark_taken(struct margin_row *rows, size_t count)
{
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < rows[r].count; i++)
            rows[r].items[i].is_taken = true;
}

/* A block of the kind for each row's lines. */
static bool add_rows(struct page *page, const struct margin_row *rows, size_t count,
                     block_kind kind)
{
    for (size_t r = 0; r < count; r++) {
        struct block *block = page_add_block(page);
        if (block == NULL)
            return false;
        block->kind = kind;
        for (size_t i = 0; i < rows[r].count; i++) {
            struct line *line = block_add_line(page, block);
            if (line == NULL)
                return false;
            *line = *rows[r].items[i].line;
        }
    }
    return true;
}

static int compare_lines(const void *a, const void *b)
{
    const struct line *x = ((const struct margin_item *)a)->line,
                      *y = ((const struct margin_item *)b)->line;

    return (x > y) - (x < y);
}

/* The sorted item of a line. */
static const struct margin_item *item_of(const struct line *line, const struct margin_item *items,
                                         size_t count)
{
    const struct margin_item wanted = {.line = line};

    return bsearch(&wanted, items, count, sizeof(*items), compare_lines);
}

/* Adds what is left of a block. */
static bool add_rest(struct page *page, const struct block *whole, const struct margin_item *items,
                     size_t count)
{
    struct block rest = *whole;

    if (rest.table == NULL) {
        rest.lines = ARENA_NEW_ARRAY(page->arena, struct line, whole->line_count + 1);
        rest.line_count = 0;
        rest.line_capacity = whole->line_count + 1;
        if (rest.lines == NULL)
            return false;
        for (size_t l = 0; l < whole->line_count; l++) {
            const struct margin_item *item = item_of(&whole->lines[l], items, count);
            if (item->is_taken)
                continue;
            rest.kind = item->kind;
            rest.lines[rest.line_count++] = whole->lines[l];
        }
        if (rest.line_count == 0)
            return true;
    }
    return page_copy_block(page, &rest);
}

/* A table of small print at the foot is an imprint in columns: its lines are taken one by one. */
static void dissolve_imprint(struct block *block, const struct margins *margins)
{
    enum { FOOT = 840 /* thousandths of the page's height */ };
    int64_t height = margins->page->height;

    if (block->table == NULL)
        return;
    for (size_t l = 0; l < block->line_count; l++) {
        const struct line *line = &block->lines[l];
        if (line->bbox.y0 * 1000LL < height * FOOT || line->size <= 0 ||
            line->size >= margins->measure->size * small_print)
            return;
    }
    block->table = NULL;
    block->kind = BLOCK_PARAGRAPH;
}

/* Every line, and every table as a whole; returns their number. */
static size_t list_items(const struct page *page, struct margin_item *items)
{
    size_t count = 0;

    for (size_t b = 0; b < page->block_count; b++) {
        const struct block *block = &page->blocks[b];
        struct bbox box = {0};
        for (size_t l = 0; l < block->line_count; l++) {
            box = bbox_union(box, block->lines[l].bbox);
            if (block->table == NULL)
                items[count++] = (struct margin_item){&block->lines[l], block->lines[l].bbox,
                                                      block->kind, false};
        }
        if (block->table != NULL)
            items[count++] = (struct margin_item){NULL, box, block->kind, false};
    }
    return count;
}

bool page_margins_part(struct page *page, const struct page_measure *measure,
                       const struct table_rules *rules)
{
    const struct margins margins = {page, measure, rules};
    size_t lines = page->block_count;

    for (size_t b = 0; b < page->block_count; b++) {
        dissolve_imprint(&page->blocks[b], &margins);
        lines += page->blocks[b].line_count;
    }
    struct margin_item *items = ARENA_NEW_ARRAY(page->arena, struct margin_item, lines + 1);
    struct margin_item *by_line = ARENA_NEW_ARRAY(page->arena, struct margin_item, lines + 1);
    struct margin_row *rows = ARENA_NEW_ARRAY(page->arena, struct margin_row, lines + 1);
    if (items == NULL || by_line == NULL || rows == NULL)
        return false;
    size_t count = list_items(page, items);
    qsort(items, count, sizeof(*items), compare_middle);
    size_t row_count = make_rows(items, count, rows);
    doubt_told(rows, row_count, &margins);
    size_t top = take_rows(rows, row_count, true, &margins);
    size_t bottom = take_rows(rows, row_count, false, &margins);
    if (top + bottom >= row_count) /* a page of nothing else */
        top = bottom = 0;

    size_t whole_count;
    const struct block *wholes = page_take_blocks(page, &whole_count);
    mark_taken(rows, top);
    mark_taken(rows + row_count - bottom, bottom);
    memcpy(by_line, items, count * sizeof(*items)); /* rows go on pointing to theirs */
    qsort(by_line, count, sizeof(*by_line), compare_lines);
    if (!add_rows(page, rows, top, BLOCK_HEADER))
        return false;
    for (size_t b = 0; b < whole_count; b++)
        if (!add_rest(page, &wholes[b], by_line, count))
            return false;
    return add_rows(page, rows + row_count - bottom, bottom, BLOCK_FOOTER);
}
