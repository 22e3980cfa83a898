#include "bridge/job_json.h"

#include "bridge/http/json_write.h"
#include "bridge/json_member.h"
#include "lib/base/status.h"
#include "lib/rest/error_code.h"
#include "lib/rest/words.h"

bool job_json_has_ended(const Ocrmesh__Ocr__V1__Job *job)
{
    return job->state == OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE ||
           job->state == OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED ||
           job->state == OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_CANCELLED;
}

int64_t job_json_credits(const Ocrmesh__Ocr__V1__Job *job)
{
    return job->usage != NULL ? job->usage->credits : 0;
}

/* `code` as in the body of an error: the reason in lower case. */
static bool member_error(struct buf *out, const char *reason, const char *message)
{
    char code[STATUS_REASON_MAX];

    rest_error_code(reason, code, sizeof(code));
    return json_write_name(out, "error") && json_write_begin_object(out) &&
           json_member_string(out, "code", code) && json_member_string(out, "message", message) &&
           json_write_end_object(out);
}

static bool member_usage(struct buf *out, const Ocrmesh__Ocr__V1__Job *job)
{
    const Ocrmesh__Ocr__V1__Usage *usage = job->usage;

    return json_write_name(out, "usage") && json_write_begin_object(out) &&
           json_member_integer(out, "pages", usage != NULL ? usage->pages : 0) &&
           json_member_integer(out, "credits", job_json_credits(job)) && json_write_end_object(out);
}

/* null until a page was read. */
static bool member_engine(struct buf *out, const Ocrmesh__Ocr__V1__Engine *engine)
{
    if (!json_write_name(out, "engine"))
        return false;
    if (engine == NULL)
        return json_write_null(out);
    return json_write_begin_object(out) && json_member_string(out, "name", engine->name) &&
           json_member_string(out, "version", engine->version) &&
           json_member_strings(out, "models", engine->models, engine->n_models) &&
           json_write_end_object(out);
}

/* Tool and translation only where they were asked for, the name only where one was sent. */
static bool member_request(struct buf *out, const Ocrmesh__Ocr__V1__Job *job)
{
    return json_member_string(out, "tier", rest_tier_word(job->tier)) &&
           json_member_string(out, "language", job->language[0] != '\0' ? job->language : "auto") &&
           (job->tool[0] == '\0' || json_member_string(out, "tool", job->tool)) &&
           (job->suggested_format[0] == '\0' ||
            json_member_string(out, "suggested_format", job->suggested_format)) &&
           (job->translate_to[0] == '\0' ||
            json_member_string(out, "translate_to", job->translate_to)) &&
           (job->file_name[0] == '\0' || json_member_string(out, "file_name", job->file_name));
}

bool job_json_begin(struct buf *out, const Ocrmesh__Ocr__V1__Job *job)
{
    return json_write_begin_object(out) && json_member_string(out, "uuid", job->job_id) &&
           json_member_string(out, "status", rest_status_word(job->state)) &&
           member_request(out, job) && json_member_integer(out, "page_count", job->page_count) &&
           json_member_real(out, "mean_confidence", job->mean_confidence) &&
           json_member_integer(out, "pages_done", job->pages_done) &&
           json_member_integers(out, "failed_pages", job->failed_page_indexes,
                                job->n_failed_page_indexes) &&
           json_member_time(out, "created_at", job->create_time) &&
           json_member_time(out, "finished_at", job->finish_time) &&
           json_member_time(out, "expires_at", job->expire_time) &&
           json_member_strings(out, "warnings", job->warnings, job->n_warnings) &&
           member_usage(out, job) && member_engine(out, job->engine) &&
           (job->error == NULL || member_error(out, job->error->reason, job->error->message));
}

bool job_json_write(struct buf *out, const Ocrmesh__Ocr__V1__Job *job, bool has_text)
{
    return job_json_begin(out, job) &&
           (!has_text ||
            (json_member_string(out, "text", "") && json_member_string(out, "markdown", "") &&
             json_write_name(out, "pages") && json_write_begin_array(out) &&
             json_write_end_array(out))) &&
           json_write_end_object(out);
}

bool job_json_progress(struct buf *out, const Ocrmesh__Ocr__V1__Job *job)
{
    return json_write_begin_object(out) && json_member_string(out, "uuid", job->job_id) &&
           json_member_string(out, "status", rest_status_word(job->state)) &&
           json_member_integer(out, "page_count", job->page_count) &&
           json_member_integer(out, "pages_done", job->pages_done) &&
           json_member_integers(out, "failed_pages", job->failed_page_indexes,
                                job->n_failed_page_indexes) &&
           json_write_end_object(out);
}

bool job_json_ended_page(struct buf *out, const Ocrmesh__Ocr__V1__Job *job,
                         const Ocrmesh__Ocr__V1__EndedPage *page)
{
    return json_write_begin_object(out) && json_member_string(out, "uuid", job->job_id) &&
           json_member_integer(out, "index", page->page_index) &&
           json_member_string(out, "status", page->error == NULL ? "done" : "failed") &&
           (page->error == NULL || member_error(out, page->error->reason, page->error->message)) &&
           json_write_end_object(out);
}

static bool member_bbox(struct buf *out, const Ocrmesh__Document__V1__BoundingBox *bbox)
{
    static const Ocrmesh__Document__V1__BoundingBox none =
        OCRMESH__DOCUMENT__V1__BOUNDING_BOX__INIT;

    if (bbox == NULL)
        bbox = &none;
    return json_write_name(out, "bbox") && json_write_begin_array(out) &&
           json_write_integer(out, bbox->x0) && json_write_integer(out, bbox->y0) &&
           json_write_integer(out, bbox->x1) && json_write_integer(out, bbox->y1) &&
           json_write_end_array(out);
}

static bool write_cell(struct buf *out, const Ocrmesh__Document__V1__TableCell *cell)
{
    return json_write_begin_object(out) && json_member_integer(out, "row", cell->row) &&
           json_member_integer(out, "column", cell->column) &&
           json_member_integer(out, "row_span", cell->row_span) &&
           json_member_integer(out, "column_span", cell->column_span) &&
           json_member_boolean(out, "is_header", cell->is_header) &&
           json_member_string(out, "text", cell->text) && member_bbox(out, cell->bbox) &&
           json_member_real(out, "confidence", cell->confidence) && json_write_end_object(out);
}

/* Members as in the exported JSON file. */
static bool member_table(struct buf *out, const Ocrmesh__Document__V1__Table *table)
{
    if (!json_write_name(out, "table") || !json_write_begin_object(out) ||
        !json_member_integer(out, "row_count", table->row_count) ||
        !json_member_integer(out, "column_count", table->column_count) ||
        !json_write_name(out, "cells") || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < table->n_cells; i++)
        if (!write_cell(out, table->cells[i]))
            return false;
    return json_write_end_array(out) && json_write_end_object(out);
}

static bool write_block(struct buf *out, const Ocrmesh__Document__V1__Block *block)
{
    return json_write_begin_object(out) && json_member_string(out, "text", block->text) &&
           member_bbox(out, block->bbox) &&
           json_member_real(out, "confidence", block->confidence) &&
           json_member_string(out, "kind", rest_block_kind_word(block->kind)) &&
           (block->latex[0] == '\0' || json_member_string(out, "latex", block->latex)) &&
           (block->translation[0] == '\0' ||
            json_member_string(out, "translation", block->translation)) &&
           (block->table == NULL || member_table(out, block->table)) && json_write_end_object(out);
}

bool job_json_page_begin(struct buf *out, const Ocrmesh__Document__V1__Page *page)
{
    return json_write_begin_object(out) && json_member_integer(out, "index", page->index) &&
           json_member_integer(out, "width", page->width) &&
           json_member_integer(out, "height", page->height) &&
           json_member_real(out, "dpi", page->dpi) &&
           json_member_integer(out, "rotation", page->rotation) &&
           json_member_string(out, "language", page->language) &&
           json_member_string(out, "text", page->text) &&
           json_member_string(out, "markdown", page->markdown) &&
           (page->error == NULL || member_error(out, page->error->reason, page->error->message)) &&
           json_write_name(out, "blocks") && json_write_begin_array(out) &&
           job_json_page_more(out, page, false);
}

bool job_json_page_more(struct buf *out, const Ocrmesh__Document__V1__Page *page, bool has_blocks)
{
    if (has_blocks && page->n_blocks > 0 && !buf_append_char(out, ','))
        return false;
    for (size_t i = 0; i < page->n_blocks; i++)
        if (!write_block(out, page->blocks[i]))
            return false;
    return true;
}

bool job_json_page_end(struct buf *out)
{
    return json_write_end_array(out) && json_write_end_object(out);
}
