#include "bridge/job_answer.h"

#include <inttypes.h>
#include <stdio.h>

#include "bridge/bridge.h"
#include "bridge/extraction_json.h"
#include "bridge/http/entity_tag.h"
#include "bridge/http/error.h"
#include "bridge/http/json_write.h"
#include "bridge/job_json.h"
#include "bridge/upstream.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

enum {
    /* JSON of one message (1 MiB at most): its escapes may be longer than the text. */
    PIECE_MAX_BYTES = 8 << 20,
    PIECE_KEPT_BYTES = 64 * 1024,
    ENTITY_TAG_MAX = 64,
    RETRY_AFTER_SECONDS = 2, /* what the published samples poll at */
};

struct job_answer;

/* One reading of the document. */
struct pass {
    Ocrmesh__Ocr__V1__PageView view;
    bool is_of_translation; /* only of a job that is translated */
    bool (*begin)(struct job_answer *answer);
    bool (*job)(struct job_answer *answer, const Ocrmesh__Ocr__V1__Job *job);
    bool (*page)(struct job_answer *answer, const Ocrmesh__Document__V1__Page *page);
    bool (*end)(struct job_answer *answer);
};

struct job_answer {
    const char *job_id;
    struct upstream *upstream; /* NULL between passes */
    size_t pass;
    struct buf piece;
    bool waits_for_room;
    bool has_text; /* of a text pass: a page with text came before */
    bool has_page; /* of the page pass: a page is open */
    bool is_translated;
    bool has_blocks; /* the open page has blocks */
    uint32_t page_index;
};

static const struct rpc_method get_document = {&ocrmesh__ocr__v1__ocr_service__descriptor,
                                               "GetDocument", RPC_SERVER_STREAM};

/* --- the passes --- */

static bool append_text(struct job_answer *answer, const char *text)
{
    if (text[0] == '\0')
        return true;
    /* As the txt and md exports are read as one string: an empty line between pages. */
    if (answer->has_text && !buf_append_str(&answer->piece, "\\n\\n"))
        return false;
    answer->has_text = true;
    return json_write_escaped(&answer->piece, str_of(text));
}

static bool begin_nothing(struct job_answer *answer)
{
    return true;
}

/* Only here the job has what its tool found. */
static bool job_text(struct job_answer *answer, const Ocrmesh__Ocr__V1__Job *job)
{
    return extraction_json_members(&answer->piece, job->extraction) &&
           buf_append_str(&answer->piece, ",\"text\":\"");
}

static bool job_nothing(struct job_answer *answer, const Ocrmesh__Ocr__V1__Job *job)
{
    return true;
}

static bool page_text(struct job_answer *answer, const Ocrmesh__Document__V1__Page *page)
{
    return append_text(answer, page->text);
}

static bool begin_markdown(struct job_answer *answer)
{
    answer->has_text = false;
    return buf_append_str(&answer->piece, "\",\"markdown\":\"");
}

static bool page_markdown(struct job_answer *answer, const Ocrmesh__Document__V1__Page *page)
{
    return append_text(answer, page->markdown);
}

static bool begin_translated_text(struct job_answer *answer)
{
    answer->has_text = false;
    return buf_append_str(&answer->piece, "\",\"translated_text\":\"");
}

static bool page_translated_text(struct job_answer *answer, const Ocrmesh__Document__V1__Page *page)
{
    return append_text(answer,
                       page->translated_text[0] != '\0' ? page->translated_text : page->text);
}

static bool begin_translated_markdown(struct job_answer *answer)
{
    answer->has_text = false;
    return buf_append_str(&answer->piece, "\",\"translated_markdown\":\"");
}

static bool page_translated_markdown(struct job_answer *answer,
                                     const Ocrmesh__Document__V1__Page *page)
{
    return append_text(answer, page->translated_markdown[0] != '\0' ? page->translated_markdown
                                                                    : page->markdown);
}

static bool begin_pages(struct job_answer *answer)
{
    return buf_append_str(&answer->piece, "\",\"pages\":[");
}

static bool page_blocks(struct job_answer *answer, const Ocrmesh__Document__V1__Page *page)
{
    struct buf *out = &answer->piece;
    bool is_more = answer->has_page && page->index == answer->page_index;

    if (is_more) {
        if (!job_json_page_more(out, page, answer->has_blocks))
            return false;
        answer->has_blocks = answer->has_blocks || page->n_blocks > 0;
        return true;
    }
    if (answer->has_page && !(job_json_page_end(out) && buf_append_str(out, ",\n")))
        return false;
    answer->has_page = true;
    answer->page_index = page->index;
    answer->has_blocks = page->n_blocks > 0;
    /* The writer looks for a comma that is due; here it stands already, before a line end. */
    struct buf one;
    buf_init(&one, PIECE_MAX_BYTES);
    bool is_written = job_json_page_begin(&one, page) && buf_append(out, one.data, one.length);
    buf_deinit(&one);
    return is_written;
}

static bool end_pages(struct job_answer *answer)
{
    return (!answer->has_page || job_json_page_end(&answer->piece)) &&
           buf_append_str(&answer->piece, "]}\n");
}

static bool end_nothing(struct job_answer *answer)
{
    return true;
}

static const struct pass passes[] = {
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, false, begin_nothing, job_text, page_text,
     end_nothing},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, false, begin_markdown, job_nothing, page_markdown,
     end_nothing},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, true, begin_translated_text, job_nothing,
     page_translated_text, end_nothing},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, true, begin_translated_markdown, job_nothing,
     page_translated_markdown, end_nothing},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_BLOCKS, false, begin_pages, job_nothing, page_blocks,
     end_pages},
};

/* --- the stream --- */

static void fail_memory(struct exchange *exchange)
{
    struct status st = {0};

    (void)FAIL_MEMORY(&st);
    error_respond(exchange, &st);
}

/* Passes on what was made; false when the client has no room for more. */
static bool write_piece(struct exchange *exchange, struct job_answer *answer)
{
    bool has_room = exchange_write(exchange, buf_str(&answer->piece));

    if (answer->piece.capacity > PIECE_KEPT_BYTES)
        buf_deinit(&answer->piece);
    else
        buf_clear(&answer->piece);
    return has_room;
}

static void start_pass(struct exchange *exchange, struct job_answer *answer);

static void on_message(struct exchange *exchange, const void *message, void *data)
{
    const Ocrmesh__Ocr__V1__GetDocumentResponse *part = message;
    struct job_answer *answer = data;

    if (part->part_case == OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_JOB &&
        !passes[answer->pass].job(answer, part->job)) {
        fail_memory(exchange);
        return;
    }
    if (part->part_case == OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_PAGE) {
        if (!passes[answer->pass].page(answer, part->page)) {
            fail_memory(exchange);
            return;
        }
        if (!write_piece(exchange, answer)) {
            answer->waits_for_room = true;
            return;
        }
    }
    if (answer->upstream != NULL)
        upstream_read(answer->upstream);
}

static void on_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct job_answer *answer = data;

    answer->upstream = NULL;
    if (st->code != STATUS_OK) {
        error_respond(exchange, st);
        return;
    }
    if (!passes[answer->pass].end(answer)) {
        fail_memory(exchange);
        return;
    }
    (void)write_piece(exchange, answer);
    do
        answer->pass++;
    while (answer->pass < ARRAY_LENGTH(passes) && passes[answer->pass].is_of_translation &&
           !answer->is_translated);
    if (answer->pass < ARRAY_LENGTH(passes))
        start_pass(exchange, answer);
    else
        exchange_end(exchange);
}

static const struct upstream_handler upstream_handler = {
    .on_message = on_message,
    .on_end = on_end,
};

static void start_pass(struct exchange *exchange, struct job_answer *answer)
{
    Ocrmesh__Ocr__V1__GetDocumentRequest request = OCRMESH__OCR__V1__GET_DOCUMENT_REQUEST__INIT;
    struct status st = {0};

    if (!passes[answer->pass].begin(answer)) {
        fail_memory(exchange);
        return;
    }
    request.job_id = (char *)answer->job_id;
    request.view = passes[answer->pass].view;
    request.allow_partial = true; /* a cancelled job has what was read of it */
    if (upstream_ask(exchange, exchange_bridge(exchange)->ocr, &get_document,
                     UPSTREAM_STREAM_TIMEOUT_MS, &request, &upstream_handler, answer,
                     &answer->upstream, &st) != STATUS_OK)
        error_respond(exchange, &st);
}

static void on_room(struct exchange *exchange, void *data)
{
    struct job_answer *answer = data;

    if (!answer->waits_for_room)
        return;
    answer->waits_for_room = false;
    if (answer->upstream != NULL)
        upstream_read(answer->upstream);
}

static void on_close(struct exchange *exchange, void *data)
{
    struct job_answer *answer = data;

    buf_deinit(&answer->piece);
}

static const struct exchange_handler exchange_handler = {.on_room = on_room, .on_close = on_close};

/* --- the head --- */

/* The revision grows with every visible change (API: B13). */
static void format_tag(const Ocrmesh__Ocr__V1__Job *job, char ret_tag[static ENTITY_TAG_MAX])
{
    (void)snprintf(ret_tag, ENTITY_TAG_MAX, "\"%.40s-%" PRId64 "\"", job->job_id, job->revision);
}

bool job_answer_if_unchanged(struct exchange *exchange, const Ocrmesh__Ocr__V1__Job *job)
{
    char tag[ENTITY_TAG_MAX];

    format_tag(job, tag);
    if (!entity_tag_is_listed(exchange, "if-none-match", str_of(tag), ENTITY_TAG_WEAK))
        return false;
    exchange_add_header(exchange, "etag", "%s", tag);
    exchange_add_header(exchange, "x-credits-charged", "%" PRId64, job_json_credits(job));
    if (!job_json_has_ended(job))
        exchange_add_header(exchange, "retry-after", "%d", RETRY_AFTER_SECONDS);
    exchange_respond(exchange, HTTP_STATUS_NOT_MODIFIED);
    exchange_end(exchange);
    return true;
}

static void respond_head(struct exchange *exchange, enum http_status status,
                         const Ocrmesh__Ocr__V1__Job *job)
{
    char tag[ENTITY_TAG_MAX];

    format_tag(job, tag);
    exchange_add_header(exchange, "etag", "%s", tag);
    if (!job_json_has_ended(job))
        exchange_add_header(exchange, "retry-after", "%d", RETRY_AFTER_SECONDS);
    exchange_add_header(exchange, "x-credits-charged", "%" PRId64, job_json_credits(job));
    exchange_add_header(exchange, "content-type", "application/json");
    exchange_respond(exchange, status);
}

void job_answer_start(struct exchange *exchange, enum http_status status,
                      const Ocrmesh__Ocr__V1__Job *job)
{
    struct job_answer *answer = ARENA_NEW(exchange_arena(exchange), struct job_answer);
    bool has_ended = job_json_has_ended(job);

    if (answer == NULL) {
        fail_memory(exchange);
        return;
    }
    answer->is_translated = job->translate_to[0] != '\0';
    buf_init(&answer->piece, PIECE_MAX_BYTES);
    exchange_set_handler(exchange, &exchange_handler, answer);
    answer->job_id = arena_strdup(exchange_arena(exchange), job->job_id);
    respond_head(exchange, status, job);
    if (exchange_is_head_request(exchange)) {
        exchange_end(exchange);
        return;
    }
    if (answer->job_id == NULL || !(has_ended ? job_json_begin(&answer->piece, job)
                                              : job_json_write(&answer->piece, job, true) &&
                                                    buf_append_char(&answer->piece, '\n'))) {
        fail_memory(exchange);
        return;
    }
    if (!has_ended) {
        (void)write_piece(exchange, answer);
        exchange_end(exchange);
        return;
    }
    start_pass(exchange, answer);
}
