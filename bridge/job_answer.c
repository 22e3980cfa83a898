#include "bridge/job_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/bridge.h"
#include "bridge/http/answer_cache.h"
#include "bridge/http/entity_tag.h"
#include "bridge/http/error.h"
#include "bridge/job_json.h"
#include "bridge/job_pass.h"
#include "bridge/upstream.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

enum {
    PIECE_KEPT_BYTES = 64 * 1024, /* of an empty piece's memory */
    /* A document of so many pages is read once, if what is to be kept of it is no more than that.
     */
    ONE_READING_PAGES_MAX = 20,
    ONE_READING_BYTES_MAX = 384 * 1024, /* of each pass */
    ENTITY_TAG_MAX = 64,
    STORED_PIECE_BYTES = 256 * 1024, /* of a stored answer, written at once */
    RETRY_AFTER_SECONDS = 2,         /* what the published samples poll at */
};

struct job_answer {
    const char *job_id;
    struct upstream *upstream; /* NULL between passes */
    size_t pass;
    struct job_writer writer; /* of that pass */
    bool waits_for_room;
    bool is_translated;
    /* Of a short document, while the first pass reads it: what the later ones make of it. */
    struct job_writer *kept;

    int64_t revision;
    struct answer_draft *draft;   /* what goes out is written down; NULL: it is not */
    struct stored_answer *stored; /* the answer as it went out before; NULL: it is made */
    size_t stored_bytes;          /* that were written of it */
};

static const struct str media_type = STR("application/json");

static const struct rpc_method get_document = {&ocrmesh__ocr__v1__ocr_service__descriptor,
                                               "GetDocument", RPC_SERVER_STREAM};

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
    bool has_room = exchange_write(exchange, buf_str(&answer->writer.piece));

    if (answer->writer.piece.capacity > PIECE_KEPT_BYTES)
        buf_deinit(&answer->writer.piece);
    else
        buf_clear(&answer->writer.piece);
    return has_room;
}

static void start_pass(struct exchange *exchange, struct job_answer *answer);

static size_t next_pass(const struct job_answer *answer, size_t pass)
{
    do
        pass++;
    while (pass < JOB_PASSES && job_passes[pass].is_of_translation && !answer->is_translated);
    return pass;
}

/* --- one reading for all passes --- */

static void drop_kept(struct job_answer *answer)
{
    struct job_writer *kept = TAKE(answer->kept);

    for (size_t i = 0; kept != NULL && i < JOB_PASSES; i++)
        buf_deinit(&kept[i].piece);
    free(kept);
}

static void begin_keeping(struct job_answer *answer)
{
    answer->kept = calloc(JOB_PASSES, sizeof(*answer->kept));
    if (answer->kept == NULL)
        return; /* each pass then reads for itself */
    for (size_t i = 0; i < JOB_PASSES; i++)
        buf_init(&answer->kept[i].piece, ONE_READING_BYTES_MAX);
    for (size_t i = next_pass(answer, 0); i < JOB_PASSES; i = next_pass(answer, i)) {
        if (!job_passes[i].begin(&answer->kept[i])) {
            drop_kept(answer);
            return;
        }
    }
}

/* A document that proves too long is read again after all. */
static void keep_page(struct job_answer *answer, const Ocrmesh__Document__V1__Page *page)
{
    if (answer->kept == NULL)
        return;
    for (size_t i = next_pass(answer, 0); i < JOB_PASSES; i = next_pass(answer, i)) {
        if (!job_passes[i].page(&answer->kept[i], page)) {
            drop_kept(answer);
            return;
        }
    }
}

static void write_kept(struct exchange *exchange, struct job_answer *answer)
{
    for (size_t i = next_pass(answer, 0); i < JOB_PASSES; i = next_pass(answer, i)) {
        if (!job_passes[i].end(&answer->kept[i])) {
            fail_memory(exchange);
            return;
        }
        (void)exchange_write(exchange, buf_str(&answer->kept[i].piece));
    }
    exchange_end(exchange);
}

/* --- an answer that went out before --- */

static void drop_draft(struct job_answer *answer)
{
    answer_draft_free(TAKE(answer->draft));
}

static void on_sent(struct exchange *exchange, struct str bytes, void *data)
{
    struct job_answer *answer = data;

    if (answer->draft != NULL && !answer_draft_append(answer->draft, bytes))
        drop_draft(answer);
}

/* What was coded otherwise than it was wanted is not what the next one is looking for. */
static void settle_draft(struct exchange *exchange, struct job_answer *answer)
{
    if (answer->draft != NULL && exchange_is_whole(exchange) &&
        exchange_coding(exchange) == exchange_wanted_coding(exchange, media_type))
        answer_draft_finish(TAKE(answer->draft));
    else
        drop_draft(answer);
}

static void write_stored(struct exchange *exchange, struct job_answer *answer)
{
    struct str body = stored_answer_body(answer->stored);

    while (answer->stored_bytes < body.n) {
        size_t left = body.n - answer->stored_bytes;
        struct str piece = {body.p + answer->stored_bytes,
                            left < STORED_PIECE_BYTES ? left : STORED_PIECE_BYTES};

        answer->stored_bytes += piece.n;
        if (!exchange_write_lent(exchange, stored_answer_lend(answer->stored, piece)) &&
            answer->stored_bytes < body.n) {
            answer->waits_for_room = true;
            return;
        }
    }
    exchange_end(exchange);
}

/* True when the answer is there already: what it begins with, and the revision, say that nothing
 * of it would be different. The job was asked for, so it is there, and the caller's to see. Only
 * documents that do not change any more are stored: a page of a cancelled job may still come. */
static bool find_stored(struct exchange *exchange, struct job_answer *answer,
                        const Ocrmesh__Ocr__V1__Job *job)
{
    struct answer_cache *cache = exchange_bridge(exchange)->answers;
    content_coding coding = exchange_wanted_coding(exchange, media_type);
    struct str name = str_of(answer->job_id);
    char *stamp = arena_printf(exchange_arena(exchange), "%" PRId64 " %s", job->revision,
                               answer->writer.piece.data);

    if (stamp == NULL || job->state != OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE ||
        strcmp(exchange_method(exchange), "GET") != 0)
        return false;
    answer->stored = answer_cache_find(cache, name, coding, str_of(stamp));
    if (answer->stored == NULL) {
        answer->draft = answer_cache_begin(cache, name, coding, str_of(stamp));
        return false;
    }
    exchange_set_coded(exchange, coding);
    exchange_set_length(exchange, (int64_t)stored_answer_body(answer->stored).n);
    return true;
}

/* --- the passes --- */

static void on_message(struct exchange *exchange, const void *message, void *data)
{
    const Ocrmesh__Ocr__V1__GetDocumentResponse *part = message;
    struct job_answer *answer = data;

    if (part->part_case == OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_JOB &&
        part->job->revision != answer->revision)
        drop_draft(answer);
    if (part->part_case == OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_JOB &&
        !job_passes[answer->pass].job(&answer->writer, part->job)) {
        fail_memory(exchange);
        return;
    }
    if (part->part_case == OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_PAGE) {
        if (!job_passes[answer->pass].page(&answer->writer, part->page)) {
            fail_memory(exchange);
            return;
        }
        keep_page(answer, part->page);
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
    if (!job_passes[answer->pass].end(&answer->writer)) {
        fail_memory(exchange);
        return;
    }
    (void)write_piece(exchange, answer);
    if (answer->kept != NULL) {
        write_kept(exchange, answer);
        return;
    }
    answer->pass = next_pass(answer, answer->pass);
    if (answer->pass < JOB_PASSES)
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

    if (!job_passes[answer->pass].begin(&answer->writer)) {
        fail_memory(exchange);
        return;
    }
    request.job_id = (char *)answer->job_id;
    request.view = answer->kept != NULL ? OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_BLOCKS
                                        : job_passes[answer->pass].view;
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
    if (answer->stored != NULL)
        write_stored(exchange, answer);
    else if (answer->upstream != NULL)
        upstream_read(answer->upstream);
}

static void on_close(struct exchange *exchange, void *data)
{
    struct job_answer *answer = data;

    settle_draft(exchange, answer);
    stored_answer_unref(TAKE(answer->stored));
    buf_deinit(&answer->writer.piece);
    drop_kept(answer);
}

static const struct exchange_handler exchange_handler = {
    .on_sent = on_sent, .on_room = on_room, .on_close = on_close};

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
    exchange_add_header(exchange, "content-type", "%s", media_type.p);
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
    answer->revision = job->revision;
    buf_init(&answer->writer.piece, JOB_PIECE_MAX_BYTES);
    exchange_set_handler(exchange, &exchange_handler, answer);
    answer->job_id = arena_strdup(exchange_arena(exchange), job->job_id);
    respond_head(exchange, status, job);
    if (exchange_is_head_request(exchange)) {
        exchange_end(exchange);
        return;
    }
    if (answer->job_id == NULL || !(has_ended ? job_json_begin(&answer->writer.piece, job)
                                              : job_json_write(&answer->writer.piece, job, true) &&
                                                    buf_append_char(&answer->writer.piece, '\n'))) {
        fail_memory(exchange);
        return;
    }
    if (!has_ended) {
        (void)write_piece(exchange, answer);
        exchange_end(exchange);
        return;
    }
    if (find_stored(exchange, answer, job)) {
        write_stored(exchange, answer);
        return;
    }
    if (job->page_count <= ONE_READING_PAGES_MAX)
        begin_keeping(answer);
    start_pass(exchange, answer);
}
