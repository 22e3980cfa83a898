#include "services/export/json/page.h"

#include "lib/base/status.h"
#include "lib/rest/error_code.h"
#include "lib/rest/words.h"

static void member_bbox(struct json_writer *writer, const Ocrmesh__Document__V1__BoundingBox *bbox)
{
    if (bbox == NULL)
        return;
    json_writer_name(writer, "bbox");
    json_writer_begin_array(writer);
    json_writer_integer(writer, bbox->x0);
    json_writer_integer(writer, bbox->y0);
    json_writer_integer(writer, bbox->x1);
    json_writer_integer(writer, bbox->y1);
    json_writer_end_array(writer);
}

/* A probability, whatever the document says. */
static void member_confidence(struct json_writer *writer, const char *name, float confidence)
{
    json_writer_member_real(writer, name, confidence >= 0 && confidence <= 1 ? confidence : 0);
}

static void member_direction(struct json_writer *writer,
                             Ocrmesh__Document__V1__TextDirection direction)
{
    switch (direction) {
    case OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_LEFT_TO_RIGHT:
        json_writer_member_string(writer, "direction", "ltr");
        break;
    case OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT:
        json_writer_member_string(writer, "direction", "rtl");
        break;
    case OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_TOP_TO_BOTTOM:
        json_writer_member_string(writer, "direction", "ttb");
        break;
    default:
        break;
    }
}

static void member_text_source(struct json_writer *writer, Ocrmesh__Document__V1__TextSource source)
{
    if (source == OCRMESH__DOCUMENT__V1__TEXT_SOURCE__TEXT_SOURCE_RECOGNIZED)
        json_writer_member_string(writer, "text_source", "recognized");
    else if (source == OCRMESH__DOCUMENT__V1__TEXT_SOURCE__TEXT_SOURCE_TEXT_LAYER)
        json_writer_member_string(writer, "text_source", "text_layer");
}

static void write_word(struct json_writer *writer, const Ocrmesh__Document__V1__Word *word)
{
    json_writer_begin_object(writer);
    json_writer_member_string(writer, "text", word->text);
    member_bbox(writer, word->bbox);
    member_confidence(writer, "confidence", word->confidence);
    if (word->no_space_after) {
        json_writer_name(writer, "no_space_after");
        json_writer_boolean(writer, true);
    }
    json_writer_end_object(writer);
}

static void member_baseline(struct json_writer *writer,
                            const Ocrmesh__Document__V1__Baseline *baseline)
{
    if (baseline == NULL ||
        (baseline->x0 == 0 && baseline->y0 == 0 && baseline->x1 == 0 && baseline->y1 == 0))
        return;
    json_writer_name(writer, "baseline");
    json_writer_begin_array(writer);
    json_writer_real(writer, baseline->x0);
    json_writer_real(writer, baseline->y0);
    json_writer_real(writer, baseline->x1);
    json_writer_real(writer, baseline->y1);
    json_writer_end_array(writer);
}

static void write_line(struct json_writer *writer, const Ocrmesh__Document__V1__Line *line)
{
    json_writer_begin_object(writer);
    member_bbox(writer, line->bbox);
    member_confidence(writer, "confidence", line->confidence);
    member_direction(writer, line->direction);
    member_baseline(writer, line->baseline);
    json_writer_name(writer, "words");
    json_writer_begin_array(writer);
    for (size_t i = 0; i < line->n_words; i++)
        write_word(writer, line->words[i]);
    json_writer_end_array(writer);
    json_writer_end_object(writer);
}

static void write_cell(struct json_writer *writer, const Ocrmesh__Document__V1__TableCell *cell)
{
    json_writer_begin_object(writer);
    json_writer_member_integer(writer, "row", cell->row);
    json_writer_member_integer(writer, "column", cell->column);
    json_writer_member_integer(writer, "row_span", cell->row_span > 0 ? cell->row_span : 1);
    json_writer_member_integer(writer, "column_span",
                               cell->column_span > 0 ? cell->column_span : 1);
    json_writer_name(writer, "is_header");
    json_writer_boolean(writer, cell->is_header);
    json_writer_member_string(writer, "text", cell->text);
    member_bbox(writer, cell->bbox);
    member_confidence(writer, "confidence", cell->confidence);
    json_writer_end_object(writer);
}

static void member_table(struct json_writer *writer, const Ocrmesh__Document__V1__Table *table)
{
    if (table == NULL)
        return;
    json_writer_name(writer, "table");
    json_writer_begin_object(writer);
    json_writer_member_integer(writer, "row_count", table->row_count);
    json_writer_member_integer(writer, "column_count", table->column_count);
    json_writer_name(writer, "cells");
    json_writer_begin_array(writer);
    for (size_t i = 0; i < table->n_cells; i++)
        write_cell(writer, table->cells[i]);
    json_writer_end_array(writer);
    json_writer_end_object(writer);
}

static void write_block(struct json_writer *writer, const Ocrmesh__Document__V1__Block *block)
{
    json_writer_begin_object(writer);
    json_writer_member_string(writer, "kind", rest_block_kind_word(block->kind));
    json_writer_member_string(writer, "text", block->text);
    member_bbox(writer, block->bbox);
    member_confidence(writer, "confidence", block->confidence);
    if (block->level > 0)
        json_writer_member_integer(writer, "level", block->level);
    member_direction(writer, block->direction);
    json_writer_member_text(writer, "language", block->language);
    json_writer_member_text(writer, "list_marker", block->list_marker);
    json_writer_member_text(writer, "latex", block->latex);
    json_writer_member_text(writer, "translation", block->translation);
    member_table(writer, block->table);
    if (block->n_lines > 0) {
        json_writer_name(writer, "lines");
        json_writer_begin_array(writer);
        for (size_t i = 0; i < block->n_lines; i++)
            write_line(writer, block->lines[i]);
        json_writer_end_array(writer);
    }
    json_writer_end_object(writer);
}

/* As the REST API has it. */
static void member_error(struct json_writer *writer, const Ocrmesh__Document__V1__PageError *error)
{
    char code[STATUS_REASON_MAX];

    rest_error_code(error->reason, code, sizeof(code));
    json_writer_name(writer, "error");
    json_writer_begin_object(writer);
    json_writer_member_string(writer, "code", code);
    json_writer_member_string(writer, "message", error->message);
    json_writer_end_object(writer);
}

void json_page_write(struct json_writer *writer, const Ocrmesh__Document__V1__Page *page)
{
    json_writer_begin_object(writer);
    json_writer_member_integer(writer, "index", page->index);
    if (page->error != NULL) {
        member_error(writer, page->error);
    } else {
        json_writer_member_integer(writer, "width", page->width);
        json_writer_member_integer(writer, "height", page->height);
        json_writer_member_real(writer, "dpi", page->dpi);
        json_writer_member_integer(writer, "rotation", page->rotation);
        json_writer_member_real(writer, "skew_degrees", page->skew_degrees);
        json_writer_member_text(writer, "language", page->language);
        json_writer_member_text(writer, "script", page->script);
        member_confidence(writer, "mean_confidence", page->mean_confidence);
        member_text_source(writer, page->text_source);
    }
    json_writer_member_string(writer, "text", page->text);
    json_writer_member_string(writer, "markdown", page->markdown);
    json_writer_member_text(writer, "translated_text", page->translated_text);
    json_writer_member_text(writer, "translated_markdown", page->translated_markdown);
    if (page->n_warnings > 0)
        json_writer_member_strings(writer, "warnings", page->warnings, page->n_warnings);
    json_writer_name(writer, "blocks");
    json_writer_begin_array(writer);
    for (size_t i = 0; i < page->n_blocks; i++)
        write_block(writer, page->blocks[i]);
    json_writer_end_array(writer);
    json_writer_end_object(writer);
}
