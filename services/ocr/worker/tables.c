#include "services/ocr/worker/tables.h"

#include <stdlib.h>
#include <string.h>

#include "services/ocr/worker/layout.h"
#include "services/ocr/worker/layout_box.h"
#include "services/ocr/worker/table_align.h"
#include "services/ocr/worker/table_grid.h"
#include "services/ocr/worker/table_pieces.h"

/* --- From drafts to blocks --- */

/* A piece of a table, with what it is sorted by. */
struct entry {
    const struct table_piece *piece;
    const struct table_cell *cell;
};

static int32_t middle_of(const struct entry *entry)
{
    return layout_middle_height(entry->piece->bbox);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->cell->row != y->cell->row)
        return x->cell->row < y->cell->row ? -1 : 1;
    if (x->cell->column != y->cell->column)
        return x->cell->column < y->cell->column ? -1 : 1;
    return middle_of(x) != middle_of(y) ? (middle_of(x) < middle_of(y) ? -1 : 1) : 0;
}

static int compare_left(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    return layout_compare_left(x->piece->bbox, y->piece->bbox);
}

static int compare_right(const void *a, const void *b)
{
    return compare_left(b, a);
}

static int compare_cells(const void *a, const void *b)
{
    const struct table_cell *x = a, *y = b;

    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

static bool add_words(struct page *page, struct line *line, const struct table_piece *piece)
{
    for (size_t w = 0; w < piece->word_count; w++) {
        struct word *word = line_add_word(page, line);
        if (word == NULL)
            return false;
        *word = piece->line->words[piece->first_word + w];
    }
    line->bbox = layout_line_box(line);
    return true;
}

/* A line as the whole one, without its words. */
static struct line *add_empty_line(struct page *page, struct block *block, const struct line *whole)
{
    struct line *line = block_add_line(page, block);

    if (line == NULL)
        return NULL;
    *line = *whole;
    line->words = NULL;
    line->word_count = 0;
    line->word_capacity = 0;
    return line;
}

/* Pieces that stand side by side in one cell are one line. Returns where the first one ends. */
static size_t line_end(const struct entry *entries, size_t count)
{
    struct bbox first = entries[0].piece->bbox;
    size_t end = 1;

    while (end < count && entries[end].cell == entries[0].cell &&
           (middle_of(&entries[end]) < first.y1 ||
            middle_of(&entries[0]) > entries[end].piece->bbox.y0))
        end++;
    return end;
}

/* Adds the lines of sorted entries, and tells the cells which are theirs. */
static bool add_lines(struct page *page, struct block *block, const struct table_draft *draft,
                      struct entry *entries, size_t count)
{
    for (size_t start = 0; start < count;) {
        size_t end = start + line_end(entries + start, count - start);
        const struct line *whole = entries[start].piece->line;
        struct table_cell *cell = &draft->cells[entries[start].piece->cell];
        qsort(entries + start, end - start, sizeof(*entries),
              whole->direction == DIRECTION_RIGHT_TO_LEFT ? compare_right : compare_left);
        if (cell->line_count++ == 0)
            cell->first_line = block->line_count;
        struct line *line = add_empty_line(page, block, whole);
        if (line == NULL)
            return false;
        for (; start < end; start++)
            if (!add_words(page, line, entries[start].piece))
                return false;
    }
    return true;
}

/* Where a table's columns are read from the right, they are numbered from there. */
static void turn_columns(struct table_draft *draft, const struct entry *entries, size_t count)
{
    size_t from_right = 0;

    for (size_t i = 0; i < count; i++)
        from_right += entries[i].piece->line->direction == DIRECTION_RIGHT_TO_LEFT;
    if (from_right * 2 <= count)
        return;
    for (size_t i = 0; i < draft->cell_count; i++) {
        struct table_cell *cell = &draft->cells[i];
        cell->column = draft->column_count - cell->column - cell->column_span;
    }
}

/* Numbers rows or columns anew, without those in which no cell with words begins. */
static bool drop_empty(struct table_draft *draft, const bool *has_words, bool is_rows,
                       struct arena *arena)
{
    uint32_t count = is_rows ? draft->row_count : draft->column_count, kept = 0;
    uint32_t *numbers = ARENA_NEW_ARRAY(arena, uint32_t, (size_t)count + 1);
    bool *is_used = ARENA_NEW_ARRAY(arena, bool, count);

    if (numbers == NULL || is_used == NULL)
        return false;
    for (size_t i = 0; i < draft->cell_count; i++)
        if (has_words[i])
            is_used[is_rows ? draft->cells[i].row : draft->cells[i].column] = true;
    for (uint32_t n = 0; n < count; n++) {
        numbers[n] = kept;
        kept += is_used[n];
    }
    numbers[count] = kept;
    for (size_t i = 0; i < draft->cell_count; i++) {
        uint32_t *start = is_rows ? &draft->cells[i].row : &draft->cells[i].column;
        uint32_t *span = is_rows ? &draft->cells[i].row_span : &draft->cells[i].column_span;
        uint32_t end = numbers[*start + *span];
        *start = numbers[*start];
        *span = end - *start; /* 0: has no words, and goes */
    }
    *(is_rows ? &draft->row_count : &draft->column_count) = kept;
    return true;
}

/* Where nothing tells the head, it is the first row. */
static void mark_head(struct table_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cells[i].is_header)
            return;
    for (size_t i = 0; i < count; i++)
        cells[i].is_header = cells[i].row == 0;
}

/* Makes the block's table of the draft, whose pieces' entries are given in any order. */
static bool fill_table(struct page *page, struct block *block, struct table_draft *draft,
                       struct entry *entries, size_t count)
{
    struct arena *arena = page->arena;
    bool *has_words = ARENA_NEW_ARRAY(arena, bool, draft->cell_count + 1);
    struct table *table = ARENA_NEW(arena, struct table);

    if (has_words == NULL || table == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        has_words[entries[i].piece->cell] = true;
    if (!drop_empty(draft, has_words, true, arena) || !drop_empty(draft, has_words, false, arena))
        return false;
    turn_columns(draft, entries, count);
    qsort(entries, count, sizeof(*entries), compare_entries);
    if (!add_lines(page, block, draft, entries, count))
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < draft->cell_count; i++)
        if (draft->cells[i].line_count > 0)
            draft->cells[kept++] = draft->cells[i];
    qsort(draft->cells, kept, sizeof(*draft->cells), compare_cells);
    mark_head(draft->cells, kept);
    *table = (struct table){.row_count = draft->row_count,
                            .column_count = draft->column_count,
                            .cells = draft->cells,
                            .cell_count = kept};
    block->table = table;
    return true;
}

static bool add_table(struct page *page, struct table_drafts *drafts, size_t number,
                      const struct table_piece *pieces, size_t count)
{
    struct table_draft *draft = &drafts->drafts[number];
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += pieces[i].table == (int32_t)number;
    struct entry *entries = ARENA_NEW_ARRAY(page->arena, struct entry, found + 1);
    struct block *block = page_add_block(page);
    if (block == NULL || entries == NULL)
        return false;
    block->kind = BLOCK_TABLE;
    found = 0;
    for (size_t i = 0; i < count; i++)
        if (pieces[i].table == (int32_t)number)
            entries[found++] = (struct entry){&pieces[i], &draft->cells[pieces[i].cell]};
    return fill_table(page, block, draft, entries, found);
}

/* --- The blocks around them --- */

/* The blocks of the page anew, while pieces are put into them one after the other. */
struct rebuild {
    struct page *page;
    struct block *block; /* that takes lines; NULL: none yet */
    struct line *line;   /* that takes pieces; NULL: none yet */
    bool is_added[TABLES_MAX];
};

/* Adds a piece that belongs to no table. */
static bool keep_piece(struct rebuild *rebuild, const struct block *whole,
                       const struct table_piece *piece)
{
    if (rebuild->block == NULL) {
        rebuild->block = page_add_block(rebuild->page);
        if (rebuild->block == NULL)
            return false;
        rebuild->block->kind = whole->kind;
        rebuild->line = NULL;
    }
    if (rebuild->line == NULL) {
        rebuild->line = add_empty_line(rebuild->page, rebuild->block, piece->line);
        if (rebuild->line == NULL)
            return false;
    }
    return add_words(rebuild->page, rebuild->line, piece);
}

static bool is_in_table(const struct table_piece *piece, const struct table_drafts *drafts)
{
    int32_t x = layout_middle(piece->bbox.x0, piece->bbox.x1);
    int32_t y = layout_middle_height(piece->bbox);

    for (size_t i = 0; i < drafts->count; i++) {
        struct bbox box = drafts->drafts[i].bbox;
        if (x >= box.x0 && x < box.x1 && y >= box.y0 && y < box.y1)
            return true;
    }
    return false;
}

static bool rebuild_blocks(struct page *page, struct table_drafts *drafts,
                           const struct table_piece *pieces, size_t count)
{
    struct rebuild rebuild = {.page = page};
    size_t whole_count, at = 0;
    const struct block *wholes = page_take_blocks(page, &whole_count);

    for (size_t b = 0; b < whole_count; b++) {
        rebuild.block = NULL;
        for (size_t l = 0; l < wholes[b].line_count; l++) {
            rebuild.line = NULL;
            for (; at < count && pieces[at].line == &wholes[b].lines[l]; at++) {
                int32_t table = pieces[at].table;
                if (pieces[at].is_bar && is_in_table(&pieces[at], drafts))
                    continue;
                if (table < 0) {
                    if (!keep_piece(&rebuild, &wholes[b], &pieces[at]))
                        return false;
                } else if (!rebuild.is_added[table]) {
                    rebuild.is_added[table] = true;
                    rebuild.block = NULL;
                    rebuild.line = NULL;
                    if (!add_table(page, drafts, (size_t)table, pieces, count))
                        return false;
                }
            }
        }
    }
    return true;
}

/* Lets go of tables that a message could not hold. */
static void drop_huge(struct table_drafts *drafts, struct table_piece *pieces, size_t count)
{
    size_t words[TABLES_MAX] = {0};

    for (size_t i = 0; i < count; i++)
        if (pieces[i].table >= 0)
            words[pieces[i].table] += pieces[i].word_count;
    for (size_t i = 0; i < count; i++)
        if (pieces[i].table >= 0 && words[pieces[i].table] > TABLE_WORDS_MAX)
            pieces[i].table = -1;
    for (size_t i = 0; i < drafts->count; i++)
        if (words[i] > TABLE_WORDS_MAX)
            drafts->drafts[i].bbox = (struct bbox){0};
}

bool tables_take_from_page(struct page *page, int32_t text_height, const struct table_rules *rules)
{
    struct table_drafts *drafts = ARENA_NEW(page->arena, struct table_drafts);
    const struct table_hints hints = {rules, page->regions, page->region_count};
    struct table_piece *pieces;
    size_t count;

    if (drafts == NULL ||
        !table_pieces_make(page, rules, text_height, page->arena, &pieces, &count) ||
        !table_grid_find(rules, text_height, pieces, count, page->arena, drafts) ||
        !table_align_find(pieces, count, text_height, &hints, page->arena, drafts))
        return false;
    drop_huge(drafts, pieces, count);
    return drafts->count == 0 || rebuild_blocks(page, drafts, pieces, count);
}
