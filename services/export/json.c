/*
 * json: the job as the REST API shows it (API: GET /api/v1/ocr/<uuid>/), with everything that the
 * document model holds beside: lines, words, tables and page sizes.
 *
 * The job's `text` and `markdown` are the whole document's and stand before `pages`; those of a job
 * that is translated are followed by `translated_text` and `translated_markdown`. To write them
 * without holding them, the document is read once for each in the small text view.
 * Pages are joined as in the txt and md formats would be by a reader of one string: an empty line
 * between pages.
 *
 * Members that would be empty or unknown are left out, save those of the public contract, which are
 * always there. Numbers are JSON numbers; confidence is 0 to 1; boxes are [x0, y0, x1, y1] in
 * pixels of the upright page image; times are RFC 3339 in UTC.
 */

#include <string.h>

#include "lib/base/clock.h"
#include "lib/rest/words.h"
#include "services/export/format.h"
#include "services/export/json/extraction.h"
#include "services/export/json/page.h"
#include "services/export/json/writer.h"

struct json_state {
    struct json_writer writer;
    bool has_text; /* of the string that is being written: a page with text came before */
};

/* Left out when unset. */
static void member_time(struct json_writer *writer, const char *name,
                        const Google__Protobuf__Timestamp *time)
{
    char text[TIME_RFC3339_SIZE];

    if (time == NULL)
        return;
    time_format_rfc3339(time->seconds * NANOSECONDS_PER_SECOND + time->nanos, text);
    json_writer_member_string(writer, name, text);
}

/* --- pages --- */

static void write_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    struct json_writer *writer = &((struct json_state *)run->state)->writer;

    json_writer_line(writer);
    json_page_write(writer, page);
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
    json_writer_member_integer(writer, "pages", usage != NULL ? usage->pages : 0);
    json_writer_member_integer(writer, "credits", usage != NULL ? usage->credits : 0);
    json_writer_end_object(writer);
}

static void member_engine(struct json_writer *writer, const Ocrmesh__Ocr__V1__Engine *engine)
{
    if (engine == NULL)
        return;
    json_writer_name(writer, "engine");
    json_writer_begin_object(writer);
    json_writer_member_string(writer, "name", engine->name);
    json_writer_member_string(writer, "version", engine->version);
    json_writer_member_strings(writer, "models", engine->models, engine->n_models);
    json_writer_end_object(writer);
}

/* Only a job that is done has a file. */
static void write_job(struct json_writer *writer, const Ocrmesh__Ocr__V1__Job *job)
{
    json_writer_member_string(writer, "uuid", job->job_id);
    json_writer_member_string(writer, "status", rest_status_word(job->state));
    json_writer_member_string(writer, "tier", rest_tier_word(job->tier));
    json_writer_member_string(writer, "language", job->language);
    json_writer_member_text(writer, "tool", job->tool);
    json_writer_member_text(writer, "suggested_format", job->suggested_format);
    json_writer_member_text(writer, "translate_to", job->translate_to);
    json_writer_member_text(writer, "file_name", job->file_name);
    json_writer_member_text(writer, "media_type", job->media_type);
    json_writer_member_integer(writer, "size_bytes", job->size_bytes);
    json_writer_member_integer(writer, "page_count", job->page_count);
    json_writer_member_integer(writer, "pages_done", job->pages_done);
    json_writer_name(writer, "failed_pages");
    json_writer_begin_array(writer);
    for (size_t i = 0; i < job->n_failed_page_indexes; i++)
        json_writer_integer(writer, job->failed_page_indexes[i]);
    json_writer_end_array(writer);
    json_writer_member_real(
        writer, "mean_confidence",
        job->mean_confidence >= 0 && job->mean_confidence <= 1 ? job->mean_confidence : 0);
    member_time(writer, "created_at", job->create_time);
    member_time(writer, "finished_at", job->finish_time);
    member_time(writer, "expires_at", job->expire_time);
    json_writer_member_strings(writer, "warnings", job->warnings, job->n_warnings);
    member_usage(writer, job->usage);
    member_engine(writer, job->engine);
    json_extraction_write(writer, job->extraction);
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

/* A page that was not translated stands as it is: its words may be names and numbers. */
static void begin_translated_text(struct format_run *run)
{
    begin_whole(run->state, "translated_text");
}

static void page_translated_text(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    append_whole(run->state, page->translated_text[0] != '\0' ? page->translated_text : page->text);
}

static void begin_translated_markdown(struct format_run *run)
{
    begin_whole(run->state, "translated_markdown");
}

static void page_translated_markdown(struct format_run *run,
                                     const Ocrmesh__Document__V1__Page *page)
{
    append_whole(run->state,
                 page->translated_markdown[0] != '\0' ? page->translated_markdown : page->markdown);
}

static bool is_translated(const struct format_run *run)
{
    return run->job->translate_to[0] != '\0';
}

static const struct format_pass passes[] = {
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, begin_text, page_text, end_whole},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, begin_markdown, page_markdown, end_whole},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, begin_translated_text, page_translated_text,
     end_whole, is_translated},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, begin_translated_markdown,
     page_translated_markdown, end_whole, is_translated},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL, begin_pages, write_page, end_pages},
};

const struct format format_json = {
    .name = "json",
    .media_type = "application/json",
    .extension = ".json",
    .description = "The job with every block, line, word and table of its document.",
    .revision = 3,
    .state_size = sizeof(struct json_state),
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
