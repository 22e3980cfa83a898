#include "services/ocr/worker/vision/vision_page.h"

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/vision/placement.h"

/*
 * Shares of letters. Text that was made up shares a sixth to a quarter of its letters with a page
 * in the same language, in words that every text has; a good reading of clean print shares nearly
 * all, one of handwriting what the embedded engine could read of it.
 */
static const double found_min = 0.5;
static const double supported_min = 0.5; /* times the draft's quality */
static const double quality_min = 0.5;   /* below it, the draft says nothing about the reading */

enum {
    /* Fewer letters prove nothing. */
    SURE_LETTERS_MIN = 20,
    /* A block of so many letters... */
    INVENTED_LETTERS_MIN = 40,
};

/* ...of which the draft has less than this share, ... */
static const double invented_supported_max = 0.2;
/* ...while what is left of the draft is shorter than this share of it, was made up... */
static const double invented_room_max = 0.3;
/* ...if the draft can be trusted. */
static const double invented_quality_min = 0.8;

struct composing {
    const struct page *draft_page;
    const struct draft *draft;
    const struct reading *reading;
    const struct placement *placement;
    struct page page;
    size_t invented_words;
};

/* --- whether it is to be used --- */

static status_code check_agreement(const struct reading *reading, const struct agreement *agreement,
                                   struct status *st)
{
    if (agreement->sure_letters >= SURE_LETTERS_MIN && agreement->found < found_min)
        return FAIL(st, STATUS_FAILED_PRECONDITION, NULL, "it left out most of the page's text");
    if (agreement->draft_letters == 0 && reading->units.count > 0)
        return FAIL(st, STATUS_FAILED_PRECONDITION, NULL, "it read text where the page shows none");
    if (agreement->quality >= quality_min &&
        agreement->supported < supported_min * agreement->quality)
        return FAIL(st, STATUS_FAILED_PRECONDITION, NULL,
                    "what it read is not what the page shows");
    return STATUS_OK;
}

static bool is_invented(const struct composing *composing, const struct reading_block *block)
{
    const struct agreement *agreement = &composing->placement->agreement;
    double letters = 0, supported = 0;

    for (size_t i = block->first_unit; i < block->first_unit + block->unit_count; i++) {
        letters += composing->reading->units.items[i].letters;
        supported += composing->reading->units.items[i].letters *
                     composing->placement->places[i].similarity / 100.0;
    }
    return letters >= INVENTED_LETTERS_MIN && agreement->quality >= invented_quality_min &&
           supported < letters * invented_supported_max &&
           (double)agreement->missing_letters < letters * invented_room_max;
}

/* --- lines and words --- */

/* A line that runs as the draft's does. */
static struct line *begin_line(struct composing *composing, struct block *block, int32_t number)
{
    struct line *line = block_add_line(&composing->page, block);

    if (line == NULL || number < 0)
        return line;
    const struct line *like = composing->draft->lines[number].line;
    line->direction = like->direction;
    for (size_t i = 0; i < ARRAY_LENGTH(line->baseline); i++)
        line->baseline[i] = like->baseline[i];
    line->size = like->size;
    line->is_bold = like->is_bold;
    return line;
}

/* The draft's spelling where it is the file's own. */
static const char *text_of(const struct composing *composing, size_t unit)
{
    const struct placed *placed = &composing->placement->places[unit];

    if (composing->draft_page->source == TEXT_FROM_LAYER && placed->other >= 0)
        return composing->draft->units.items[placed->other].text;
    return composing->reading->units.items[unit].text;
}

/* Whether two pieces in a row are parts of one word: of one of the draft's, without a space. */
static bool is_same_word(const struct composing *composing, size_t unit)
{
    const struct placed *placed = &composing->placement->places[unit];

    return composing->reading->units.items[unit - 1].no_space_after && placed->word >= 0 &&
           composing->placement->places[unit - 1].word == placed->word;
}

static bool add_unit(struct composing *composing, struct line *line, size_t unit, bool is_first)
{
    struct page *page = &composing->page;
    const struct placed *placed = &composing->placement->places[unit];
    const char *text = text_of(composing, unit);
    struct word *word;

    if (!is_first && is_same_word(composing, unit)) {
        word = &line->words[line->word_count - 1];
        word->text = arena_printf(page->arena, "%s%s", word->text, text);
        word->bbox = bbox_union(word->bbox, placed->bbox);
        if (placed->confidence < word->confidence)
            word->confidence = placed->confidence;
    } else {
        word = line_add_word(page, line);
        if (word == NULL)
            return false;
        word->text = text;
        word->bbox = placed->bbox;
        word->confidence = placed->confidence;
    }
    word->no_space_after = composing->reading->units.items[unit].no_space_after;
    return word->text != NULL;
}

/* Lines end where the draft's do, and where the model says so. */
static bool add_units(struct composing *composing, struct block *block, size_t first, size_t count)
{
    struct line *line = NULL;

    for (size_t i = first; i < first + count; i++) {
        const struct placed *placed = &composing->placement->places[i];
        bool is_first = line == NULL || composing->reading->units.items[i - 1].ends_line ||
                        placed->line != composing->placement->places[i - 1].line;
        if (is_first)
            line = begin_line(composing, block, placed->line);
        if (line == NULL || !add_unit(composing, line, i, is_first))
            return false;
    }
    return true;
}

/* --- tables --- */

/* How far the cells reach; 0 x 0 for what is no table that is kept as one. */
static void measure_table(const struct reading_block *from, struct table *table)
{
    for (size_t i = 0; i < from->cell_count; i++) {
        const struct reading_cell *cell = &from->cells[i];
        if (cell->row + 1 > table->row_count)
            table->row_count = cell->row + 1;
        if (cell->column + cell->column_span > table->column_count)
            table->column_count = cell->column + cell->column_span;
    }
    if (table->row_count > TABLE_ROWS_MAX || table->column_count > TABLE_COLUMNS_MAX ||
        from->unit_count > TABLE_WORDS_MAX)
        *table = (struct table){0};
}

/* Cells with their lines, in the order that the model gives, which is by row and column. */
static bool add_table(struct composing *composing, struct block *block,
                      const struct reading_block *from)
{
    struct arena *arena = composing->page.arena;
    struct table *table = ARENA_NEW(arena, struct table);

    if (table == NULL)
        return false;
    measure_table(from, table);
    if (table->row_count == 0)
        return add_units(composing, block, from->first_unit, from->unit_count);
    table->cells = ARENA_NEW_ARRAY(arena, struct table_cell, from->cell_count);
    if (table->cells == NULL)
        return false;
    for (size_t i = 0; i < from->cell_count; i++) {
        const struct reading_cell *cell = &from->cells[i];
        uint32_t rows_left = table->row_count - cell->row;
        size_t first_line = block->line_count;
        if (!add_units(composing, block, cell->first_unit, cell->unit_count))
            return false;
        table->cells[table->cell_count++] = (struct table_cell){
            .row = cell->row,
            .column = cell->column,
            .row_span = cell->row_span < rows_left ? cell->row_span : rows_left,
            .column_span = cell->column_span,
            .is_header = cell->is_header,
            .first_line = first_line,
            .line_count = block->line_count - first_line,
        };
    }
    block->table = table;
    return true;
}

/* --- blocks --- */

/* A running title that the model took for text. */
static block_kind kind_of(const struct composing *composing, const struct reading_block *block)
{
    size_t votes[BLOCK_FOOTER + 1] = {0};

    if (block->kind != BLOCK_PARAGRAPH && block->kind != BLOCK_HEADING)
        return block->kind;
    for (size_t i = block->first_unit; i < block->first_unit + block->unit_count; i++) {
        const struct placed *placed = &composing->placement->places[i];
        if (placed->other >= 0)
            votes[composing->draft->lines[placed->line].block->kind]++;
    }
    if (votes[BLOCK_HEADER] * 2 > block->unit_count)
        return BLOCK_HEADER;
    return votes[BLOCK_FOOTER] * 2 > block->unit_count ? BLOCK_FOOTER : block->kind;
}

static bool add_block(struct composing *composing, const struct reading_block *from)
{
    if (from->unit_count == 0) /* a table of empty cells */
        return true;
    if (is_invented(composing, from)) {
        composing->invented_words += from->unit_count;
        return true;
    }
    struct block *block = page_add_block(&composing->page);
    if (block == NULL)
        return false;
    block->kind = kind_of(composing, from);
    block->level = from->level;
    block->list_marker = from->list_marker;
    block->latex = from->latex;
    if (from->kind == BLOCK_TABLE)
        return add_table(composing, block, from);
    return add_units(composing, block, from->first_unit, from->unit_count);
}

/* Whether the reading has most of one of the draft's blocks. */
static bool is_read(const struct composing *composing, const struct block *block)
{
    size_t pieces = 0, taken = 0;

    for (size_t j = 0; j < composing->draft->units.count; j++)
        if (composing->draft->lines[composing->draft->places[j].line].block == block) {
            pieces++;
            taken += composing->placement->is_taken[j];
        }
    return taken * 2 > pieces;
}

/* Running titles and figures that the model left out, as it may. */
static bool add_from_draft(struct composing *composing, block_kind kind)
{
    for (size_t b = 0; b < composing->draft_page->block_count; b++) {
        const struct block *from = &composing->draft_page->blocks[b];
        if (from->kind != kind || is_read(composing, from))
            continue;
        struct block *block = page_add_block(&composing->page);
        if (block == NULL)
            return false;
        *block = *from;
    }
    return true;
}

static bool add_blocks(struct composing *composing)
{
    if (!add_from_draft(composing, BLOCK_HEADER))
        return false;
    for (size_t b = 0; b < composing->reading->block_count; b++)
        if (!add_block(composing, &composing->reading->blocks[b]))
            return false;
    return add_from_draft(composing, BLOCK_FIGURE) && add_from_draft(composing, BLOCK_FOOTER);
}

/* --- */

/* Tells the page which of its pieces are formulas. */
static bool name_formulas(struct composing *composing)
{
    const struct units *units = &composing->reading->units;
    size_t count = 0;

    for (size_t i = 0; i < units->count; i++)
        count += units->items[i].is_formula;
    const char **formulas = ARENA_NEW_ARRAY(composing->page.arena, const char *, count + 1);
    if (formulas == NULL)
        return false;
    count = 0;
    for (size_t i = 0; i < units->count; i++)
        if (units->items[i].is_formula && units->items[i].text[0] == '$')
            formulas[count++] = units->items[i].text;
    composing->page.formulas = formulas;
    composing->page.formula_count = count;
    return true;
}

static void begin_page(struct composing *composing)
{
    struct page *page = &composing->page;

    *page = *composing->draft_page;
    page->source = TEXT_RECOGNIZED;
    page->blocks = NULL;
    page->block_count = 0;
    page->block_capacity = 0;
}

status_code vision_page_make(const struct page *draft_page, struct str markdown,
                             struct page *ret_page, struct status *st)
{
    struct reading reading;
    struct draft draft;
    struct placement placement;
    struct composing composing = {
        .draft_page = draft_page, .draft = &draft, .reading = &reading, .placement = &placement};

    if (!reading_parse(markdown, draft_page->arena, &reading))
        return FAIL(st, STATUS_FAILED_PRECONDITION, NULL, "its answer is too long");
    if (!draft_make(draft_page, draft_page->arena, &draft) ||
        !placement_make(&reading, &draft, &placement))
        return FAIL(st, STATUS_FAILED_PRECONDITION, NULL, "the page has too much text for it");
    TRY(check_agreement(&reading, &placement.agreement, st));
    begin_page(&composing);
    if (!add_blocks(&composing) || !name_formulas(&composing))
        return FAIL_PAGE_TEXT(st);
    if (composing.invented_words > 0)
        page_warn(&composing.page,
                  "%zu words that the vision model read and the page does not show were left out",
                  composing.invented_words);
    TRY(page_finish(&composing.page, st));
    *ret_page = composing.page;
    return STATUS_OK;
}
