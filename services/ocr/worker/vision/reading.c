#include "services/ocr/worker/vision/reading.h"

#include <string.h>

#include "lib/base/utf8.h"
#include "services/ocr/worker/vision/reading_internal.h"

static struct reading_block *last_block(struct reading *reading)
{
    return &reading->blocks[reading->block_count - 1];
}

struct reading_block *reading_begin_block(struct reading_writer *writer, block_kind kind)
{
    struct reading *reading = writer->reading;

    if (reading->block_count == READING_BLOCKS_MAX) {
        reading->is_full = true;
        return NULL;
    }
    struct reading_block *block = &reading->blocks[reading->block_count++];
    *block = (struct reading_block){.kind = kind, .first_unit = reading->units.count};
    return block;
}

void reading_write(struct reading_writer *writer, const char *text, size_t length)
{
    if (!buf_append(&writer->text, text, length))
        writer->reading->is_full = true;
}

/* "$x$" as it stands in running text. */
static void add_inline_formula(struct reading *reading, const struct formula *formula)
{
    const char *text = formula_inline(formula, reading->arena);

    if (text != NULL)
        units_add_formula(&reading->units, text);
    else
        reading->is_full = true;
}

/* One line of what was written: text, with formulas in their places. */
static void add_line(struct reading_writer *writer, struct str line)
{
    struct reading *reading = writer->reading;
    size_t start = 0;

    for (size_t at = 0; at < line.n;) {
        uint32_t character;
        bool is_valid;
        size_t length = utf8_decode(line.p + at, line.n - at, &character, &is_valid);
        const struct formula *formula = formula_at(writer->formulas, character);
        if (formula != NULL) {
            units_add_text(&reading->units, (struct str){line.p + start, at - start});
            add_inline_formula(reading, formula);
            start = at + length;
        }
        at += length;
    }
    units_add_text(&reading->units, (struct str){line.p + start, line.n - start});
}

static void add_lines(struct reading_writer *writer)
{
    struct units *units = &writer->reading->units;
    struct str text = buf_str(&writer->text);
    struct str line;

    while (str_next_token(&text, '\n', &line)) {
        size_t before = units->count;
        add_line(writer, line);
        if (units->count > before)
            units->items[units->count - 1].ends_line = true;
    }
    writer->reading->is_full = writer->reading->is_full || units->is_full;
    buf_clear(&writer->text);
}

/* Whether what was written is formulas that stand on their own, and nothing else. */
static bool is_display_only(const struct reading_writer *writer)
{
    struct str text = str_trim(buf_str(&writer->text));

    for (size_t at = 0; at < text.n;) {
        uint32_t character;
        bool is_valid;
        at += utf8_decode(text.p + at, text.n - at, &character, &is_valid);
        const struct formula *formula = formula_at(writer->formulas, character);
        bool is_space = character == ' ' || character == '\n';
        if (!is_space && (formula == NULL || !formula->is_display))
            return false;
    }
    return text.n > 0;
}

void reading_add_formula(struct reading_writer *writer, const char *latex)
{
    struct units *units = &writer->reading->units;
    struct reading_block *block = reading_begin_block(writer, BLOCK_FORMULA);

    if (block == NULL)
        return;
    block->latex = latex;
    units_add_formula(units, latex);
    block->unit_count = units->count - block->first_unit;
}

/* The paragraph that was begun becomes one block a formula. */
static void add_formula_blocks(struct reading_writer *writer)
{
    struct reading *reading = writer->reading;
    struct str text = buf_str(&writer->text);

    reading->block_count--;
    for (size_t at = 0; at < text.n;) {
        uint32_t character;
        bool is_valid;
        at += utf8_decode(text.p + at, text.n - at, &character, &is_valid);
        const struct formula *formula = formula_at(writer->formulas, character);
        if (formula != NULL)
            reading_add_formula(writer, formula->latex);
    }
    buf_clear(&writer->text);
}

void reading_end_block(struct reading_writer *writer)
{
    struct reading *reading = writer->reading;

    if (reading->is_full || reading->block_count == 0)
        return;
    if (last_block(reading)->kind == BLOCK_PARAGRAPH && is_display_only(writer)) {
        add_formula_blocks(writer);
        return;
    }
    if (last_block(reading)->list_marker != NULL)
        units_add_text(&reading->units, str_of(last_block(reading)->list_marker));
    size_t marker_units = reading->units.count - last_block(reading)->first_unit;
    add_lines(writer);
    struct reading_block *block = last_block(reading);
    block->unit_count = reading->units.count - block->first_unit;
    if (block->kind != BLOCK_TABLE && block->unit_count == marker_units) {
        reading->units.count = block->first_unit;
        reading->block_count--;
    }
}

void reading_end_cell(struct reading_writer *writer, struct reading_cell cell)
{
    struct reading *reading = writer->reading;
    struct reading_block *table = last_block(reading);

    if (reading->is_full || table->cell_count == READING_CELLS_MAX)
        return;
    if (table->cells == NULL)
        table->cells = ARENA_NEW_ARRAY(reading->arena, struct reading_cell, READING_CELLS_MAX);
    if (table->cells == NULL) {
        reading->is_full = true;
        return;
    }
    cell.first_unit = reading->units.count;
    add_lines(writer);
    cell.unit_count = reading->units.count - cell.first_unit;
    table->cells[table->cell_count++] = cell;
}
