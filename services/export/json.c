/*
 * json: the job as the REST API shows it (API: GET /api/v1/ocr/<uuid>/), with everything that the
 * document model holds beside: lines, words, tables and page sizes.
 *
 * The job's `text` and `markdown` are the whole document's and stand before `pages`. To write them
 * without holding them, the document is read three times, the first two in the small text view.
 * Pages are joined as in the txt and md formats would be by a reader of one string: an empty line
 * between pages.
 *
 * Members that would be empty or unknown are left out, save those of the public contract, which are
 * always there. Numbers are JSON numbers; confidence is 0 to 1; boxes are [x0, y0, x1, y1] in
 * pixels of the upright page image; times are RFC 3339 in UTC.
 */

#include <string.h>

#include "lib/base/clock.h"
#include "services/export/format.h"
#include "services/export/json_writer.h"

struct json_state {
    struct json_writer writer;
    bool has_text; /* of the string that is being written: a page with text came before */
};

static void member_string(struct json_writer *writer, const char *name, const char *value)
{
    json_writer_name(writer, name);
    json_writer_string(writer, value);
}

static void member_integer(struct json_writer *writer, const char *name, int64_t value)
{
    json_writer_name(writer, name);
    json_writer_integer(writer, value);
}

static void member_real(struct json_writer *writer, const char *name, float value)
{
    json_writer_name(writer, name);
    json_writer_real(writer, value);
}

/* Left out when empty. */
static void member_text(struct json_writer *writer, const char *name, const char *value)
{
    if (value[0] != '\0')
        member_string(writer, name, value);
}

static void member_strings(struct json_writer *writer, const char *name, char *const *values,
                           size_t count)
{
    json_writer_name(writer, name);
    json_writer_begin_array(writer);
    for (size_t i = 0; i < count; i++)
        json_writer_string(writer, values[i]);
    json_writer_end_array(writer);
}

/* Left out when unset. */
static void member_time(struct json_writer *writer, const char *name,
                        const Google__Protobuf__Timestamp *time)
{
    char text[TIME_RFC3339_SIZE];

    if (time == NULL)
        return;
    time_format_rfc3339(time->seconds * NANOSECONDS_PER_SECOND + time->nanos, text);
    member_string(writer, name, text);
}

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

static const char *state_name(Ocrmesh__Ocr__V1__JobState state)
{
    switch (state) {
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PENDING:
        return "pending";
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PROCESSING:
        return "processing";
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE:
        return "done";
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_CANCELLED:
        return "cancelled";
    default:
        return "failed";
    }
}

static const char *kind_name(Ocrmesh__Document__V1__BlockKind kind)
{
    switch (kind) {
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING:
        return "heading";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_LIST_ITEM:
        return "list_item";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE:
        return "table";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FIGURE:
        return "figure";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_CAPTION:
        return "caption";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FORMULA:
        return "formula";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADER:
        return "header";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FOOTER:
        return "footer";
    default:
        return "paragraph";
    }
}

static void member_direction(struct json_writer *writer,
                             Ocrmesh__Document__V1__TextDirection direction)
{
    switch (direction) {
    case OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_LEFT_TO_RIGHT:
        member_string(writer, "direction", "ltr");
        break;
    case OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT:
        member_string(writer, "direction", "rtl");
        break;
    case OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_TOP_TO_BOTTOM:
        member_string(writer, "direction", "ttb");
        break;
    default:
        break;
    }
}

static void member_text_source(struct json_writer *writer, Ocrmesh__Document__V1__TextSource source)
{
    if (source == OCRMESH__DOCUMENT__V1__TEXT_SOURCE__TEXT_SOURCE_RECOGNIZED)
        member_string(writer, "text_source", "recognized");
    else if (source == OCRMESH__DOCUMENT__V1__TEXT_SOURCE__TEXT_SOURCE_TEXT_LAYER)
        member_string(writer, "text_source", "text_layer");
}

/* --- pages --- */

static void write_word(struct json_writer *writer, const Ocrmesh__Document__V1__Word *word)
{
    json_writer_begin_object(writer);
    member_string(writer, "text", word->text);
    member_bbox(writer, word->bbox);
    member_real(writer, "confidence", word->confidence);
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
    member_real(writer, "confidence", line->confidence);
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
    member_integer(writer, "row", cell->row);
    member_integer(writer, "column", cell->column);
    member_integer(writer, "row_span", cell->row_span);
    member_integer(writer, "column_span", cell->column_span);
    json_writer_name(writer, "is_header");
    json_writer_boolean(writer, cell->is_header);
    member_string(writer, "text", cell->text);
    member_bbox(writer, cell->bbox);
    member_real(writer, "confidence", cell->confidence);
    json_writer_end_object(writer);
}

static void member_table(struct json_writer *writer, const Ocrmesh__Document__V1__Table *table)
{
    if (table == NULL)
        return;
    json_writer_name(writer, "table");
    json_writer_begin_object(writer);
    member_integer(writer, "row_count", table->row_count);
    member_integer(writer, "column_count", table->column_count);
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
    member_string(writer, "kind", kind_name(block->kind));
    member_string(writer, "text", block->text);
    member_bbox(writer, block->bbox);
    member_real(writer, "confidence", block->confidence);
    if (block->level > 0)
        member_integer(writer, "level", block->level);
    member_direction(writer, block->direction);
    member_text(writer, "language", block->language);
    member_text(writer, "list_marker", block->list_marker);
    member_text(writer, "latex", block->latex);
    member_text(writer, "translation", block->translation);
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

static void member_error(struct json_writer *writer, const char *reason, const char *message)
{
    json_writer_name(writer, "error");
    json_writer_begin_object(writer);
    member_string(writer, "reason", reason);
    member_string(writer, "message", message);
    json_writer_end_object(writer);
}

static void write_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    struct json_writer *writer = &((struct json_state *)run->state)->writer;

    json_writer_line(writer);
    json_writer_begin_object(writer);
    member_integer(writer, "index", page->index);
    if (page->error != NULL) {
        member_error(writer, page->error->reason, page->error->message);
    } else {
        member_integer(writer, "width", page->width);
        member_integer(writer, "height", page->height);
        member_real(writer, "dpi", page->dpi);
        member_integer(writer, "rotation", page->rotation);
        member_real(writer, "skew_degrees", page->skew_degrees);
        member_text(writer, "language", page->language);
        member_text(writer, "script", page->script);
        member_real(writer, "mean_confidence", page->mean_confidence);
        member_text_source(writer, page->text_source);
    }
    member_string(writer, "text", page->text);
    member_string(writer, "markdown", page->markdown);
    if (page->n_warnings > 0)
        member_strings(writer, "warnings", page->warnings, page->n_warnings);
    json_writer_name(writer, "blocks");
    json_writer_begin_array(writer);
    for (size_t i = 0; i < page->n_blocks; i++)
        write_block(writer, page->blocks[i]);
    json_writer_end_array(writer);
    json_writer_end_object(writer);
}

static void begin_pages(struct format_run *run)
{
    struct json_writer *writer = &((struct json_state *)run->state)->writer;

    json_writer_name(writer, "pages");
    json_writer_begin_array(writer);
}

static void end_pages(struct format_run *run)
{
    struct json_writer *writer = &((struct json_state *)run->state)->writer;

    json_writer_line(writer);
    json_writer_end_array(writer);
    json_writer_end_object(writer);
    sink_append(run->sink, "\n", 1);
}

/* --- the job --- */

static void member_usage(struct json_writer *writer, const Ocrmesh__Ocr__V1__Usage *usage)
{
    json_writer_name(writer, "usage");
    json_writer_begin_object(writer);
    member_integer(writer, "pages", usage != NULL ? usage->pages : 0);
    member_integer(writer, "credits", usage != NULL ? usage->credits : 0);
    json_writer_end_object(writer);
}

static void member_engine(struct json_writer *writer, const Ocrmesh__Ocr__V1__Engine *engine)
{
    if (engine == NULL)
        return;
    json_writer_name(writer, "engine");
    json_writer_begin_object(writer);
    member_string(writer, "name", engine->name);
    member_string(writer, "version", engine->version);
    member_strings(writer, "models", engine->models, engine->n_models);
    json_writer_end_object(writer);
}

static void write_job(struct json_writer *writer, const Ocrmesh__Ocr__V1__Job *job)
{
    member_string(writer, "uuid", job->job_id);
    member_string(writer, "status", state_name(job->state));
    member_string(writer, "tier", job->tier == OCRMESH__OCR__V1__TIER__TIER_VLM ? "vlm" : "cpu");
    member_string(writer, "language", job->language);
    member_text(writer, "tool", job->tool);
    member_text(writer, "translate_to", job->translate_to);
    member_text(writer, "file_name", job->file_name);
    member_text(writer, "media_type", job->media_type);
    member_integer(writer, "size_bytes", job->size_bytes);
    member_integer(writer, "page_count", job->page_count);
    member_integer(writer, "pages_done", job->pages_done);
    json_writer_name(writer, "failed_pages");
    json_writer_begin_array(writer);
    for (size_t i = 0; i < job->n_failed_page_indexes; i++)
        json_writer_integer(writer, job->failed_page_indexes[i]);
    json_writer_end_array(writer);
    member_real(writer, "mean_confidence", job->mean_confidence);
    member_time(writer, "created_at", job->create_time);
    member_time(writer, "finished_at", job->finish_time);
    member_time(writer, "expires_at", job->expire_time);
    member_strings(writer, "warnings", job->warnings, job->n_warnings);
    member_usage(writer, job->usage);
    member_engine(writer, job->engine);
    if (job->error != NULL)
        member_error(writer, job->error->reason, job->error->message);
}

/* --- the whole document's text and Markdown --- */

static void begin_whole(struct json_state *state, const char *name)
{
    json_writer_line(&state->writer);
    json_writer_name(&state->writer, name);
    json_writer_string_begin(&state->writer);
    state->has_text = false;
}

static void append_whole(struct json_state *state, const char *text)
{
    if (text[0] == '\0')
        return;
    if (state->has_text)
        json_writer_string_part(&state->writer, "\n\n");
    json_writer_string_part(&state->writer, text);
    state->has_text = true;
}

static void end_whole(struct format_run *run)
{
    struct json_state *state = run->state;

    json_writer_string_end(&state->writer);
}

static void begin_text(struct format_run *run)
{
    struct json_state *state = run->state;

    json_writer_init(&state->writer, run->sink);
    json_writer_begin_object(&state->writer);
    write_job(&state->writer, run->job);
    begin_whole(state, "text");
}

static void page_text(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    append_whole(run->state, page->text);
}

static void begin_markdown(struct format_run *run)
{
    begin_whole(run->state, "markdown");
}

static void page_markdown(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    append_whole(run->state, page->markdown);
}

static const struct format_pass passes[] = {
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, begin_text, page_text, end_whole},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, begin_markdown, page_markdown, end_whole},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL, begin_pages, write_page, end_pages},
};

const struct format format_json = {
    .name = "json",
    .media_type = "application/json",
    .extension = ".json",
    .description = "The job with every block, line, word and table of its document.",
    .revision = 1,
    .state_size = sizeof(struct json_state),
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
