#include "services/ocr/worker/serve.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "ocrmesh/ocr/worker/v1/worker.pb-c.h"
#include "services/ocr/language.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/page_message.h"
#include "services/ocr/worker/picture/pix_memory.h"
#include "services/ocr/worker/pictures_send.h"
#include "services/ocr/worker/vision/page_jpeg.h"
#include "services/ocr/worker/vision/vision_page.h"
#include "services/ocr/worker_channel.h"

typedef Ocrmesh__Ocr__Worker__V1__WorkerRequest WorkerRequest;
typedef Ocrmesh__Ocr__Worker__V1__WorkerResponse WorkerResponse;
typedef Ocrmesh__Ocr__Worker__V1__OpenDocument OpenDocument;
typedef Ocrmesh__Ocr__Worker__V1__ReadPage ReadPage;
typedef Ocrmesh__Ocr__Worker__V1__FinishPage FinishPage;
typedef Ocrmesh__Ocr__Worker__V1__WorkerFailure WorkerFailure;
typedef Ocrmesh__Ocr__Worker__V1__DocumentOpened DocumentOpened;
typedef Ocrmesh__Ocr__Worker__V1__PageDraft PageDraft;
typedef Ocrmesh__Ocr__Worker__V1__PageRead PageRead;
typedef Ocrmesh__Ocr__V1__Engine Engine;

DEFINE_CLEANUP_NAMED(struct worker_channel *, channel_closep, worker_channel_close)

static void request_freep(WorkerRequest **request)
{
    if (*request != NULL)
        protobuf_c_message_free_unpacked(&(*request)->base, NULL);
}

void worker_deinit(struct worker *worker)
{
    decoder_close(worker->decoder);
    recognizer_free(worker->recognizer);
    arena_free(worker->arena);
    image_free(worker->image);
}

status_code worker_open_document(struct worker *worker, int fd, uint32_t pages_max,
                                 struct status *st)
{
    _cleanup_(decoder_closep) struct decoder *decoder = NULL;

    decoder_close(TAKE(worker->decoder));
    worker->has_draft = false;
    recognizer_next_document(worker->recognizer);
    if (fd < 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "NO_FILE", "no file came with the request");
    TRY(decoder_open(fd, &decoder, st));
    /* A file with more pages than are wanted is refused by the caller, who needs their number; one
     * that was accepted is not decoded once more than it is read. */
    if (decoder_page_count(decoder) <= pages_max)
        TRY(decoder_probe(decoder, st));
    worker->decoder = TAKE(decoder);
    return STATUS_OK;
}

status_code worker_read_page(struct worker *worker, const struct recognize_request *request,
                             struct page *ret_page, const struct engine_class **ret_engine,
                             struct status *st)
{
    arena_reset(worker->arena);
    worker->has_draft = false;
    if (worker->decoder == NULL)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "NO_DOCUMENT", "no document is open");
    if (request->page_index >= decoder_page_count(worker->decoder))
        return FAIL(st, STATUS_OUT_OF_RANGE, "NO_SUCH_PAGE", "the document has no page %u",
                    request->page_index + 1);
    if (strcmp(request->language, "auto") != 0)
        TRY(language_check(str_of(request->language), st));
    return recognize_page(worker->recognizer, worker->decoder, request, worker->arena, ret_page,
                          ret_engine, st);
}

static status_code send_failure(struct worker_channel *channel, const struct status *failure,
                                struct status *st)
{
    WorkerFailure message = OCRMESH__OCR__WORKER__V1__WORKER_FAILURE__INIT;
    WorkerResponse response = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__INIT;

    message.code = (int32_t)failure->code;
    message.reason = (char *)failure->reason;
    message.message = (char *)failure->message;
    response.response_case = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_FAILURE;
    response.failure = &message;
    return worker_channel_send(channel, &response.base, -1, TIME_NEVER, st);
}

/* @fd: taken. */
static status_code answer_open(struct worker *worker, struct worker_channel *channel,
                               const OpenDocument *request, int fd, struct status *st)
{
    struct status failure;
    DocumentOpened message = OCRMESH__OCR__WORKER__V1__DOCUMENT_OPENED__INIT;
    WorkerResponse response = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__INIT;

    if (worker_open_document(worker, fd, request->pages_max, &failure) != STATUS_OK)
        return send_failure(channel, &failure, st);
    message.media_type = (char *)decoder_media_type(worker->decoder);
    message.page_count = decoder_page_count(worker->decoder);
    response.response_case = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_DOCUMENT_OPENED;
    response.document_opened = &message;
    return worker_channel_send(channel, &response.base, -1, TIME_NEVER, st);
}

/* A page that is too large to be sent fails. @set: its pictures. */
static status_code send_page_with(struct worker *worker, struct worker_channel *channel,
                                  const struct page *page, const struct picture_set *set,
                                  Engine *engine, bool is_models, struct status *st)
{
    struct status failure;
    PageRead message = OCRMESH__OCR__WORKER__V1__PAGE_READ__INIT;
    WorkerResponse response = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__INIT;

    message.page = page_message_make(page, worker->arena);
    message.engine = engine;
    message.is_vision_reading = is_models;
    if (message.page != NULL && set->count > 0)
        message.pictures = pictures_message_make(set, worker->arena);
    response.response_case = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_PAGE_READ;
    response.page_read = &message;
    if (message.page == NULL) {
        (void)FAIL_PAGE_TEXT(&failure);
        return send_failure(channel, &failure, st);
    }
    if (worker_channel_send(channel, &response.base, -1, TIME_NEVER, &failure) == STATUS_OK)
        return message.pictures != NULL ? pictures_send(set, channel, st) : STATUS_OK;
    if (failure.code == STATUS_RESOURCE_EXHAUSTED) {
        (void)FAIL_PAGE_TEXT(&failure);
        return send_failure(channel, &failure, st);
    }
    *st = failure;
    return st->code;
}

static status_code send_page(struct worker *worker, struct worker_channel *channel,
                             const struct page *page, Engine *engine, bool is_models,
                             struct status *st)
{
    struct picture_set set = {.count = 0};

    if (worker->image != NULL)
        picture_set_make(worker->decoder, worker->image, page, &set);
    image_free(TAKE(worker->image));
    status_code code = send_page_with(worker, channel, page, &set, engine, is_models, st);
    picture_set_deinit(&set);
    return code;
}

/* "rus+eng" as two names; false when the arena is full. */
static bool list_models(const char *models, struct arena *arena, Engine *engine)
{
    struct str rest = str_of(models), name;

    engine->models =
        arena_calloc(arena, rest.n + 1, sizeof(*engine->models)); /* more than enough */
    if (engine->models == NULL)
        return false;
    while (rest.n > 0 && str_next_token(&rest, '+', &name)) {
        engine->models[engine->n_models] = arena_strndup(arena, name.p, name.n);
        if (engine->models[engine->n_models++] == NULL)
            return false;
    }
    return true;
}

/* The page as the engine of the worker alone reads it. */
static status_code send_own_page(struct worker *worker, struct worker_channel *channel,
                                 const struct page *page, const struct engine_class *engine_class,
                                 struct status *st)
{
    Engine engine = OCRMESH__OCR__V1__ENGINE__INIT;

    engine.name = (char *)engine_class->name;
    engine.version = (char *)engine_class->version();
    if (!list_models(page->models, worker->arena, &engine)) {
        struct status failure;

        (void)FAIL_PAGE_TEXT(&failure);
        return send_failure(channel, &failure, st);
    }
    return send_page(worker, channel, page, &engine, false, st);
}

/* --- pages of a vision model --- */

/* Keeps the page as a draft and sends its picture. @image: of the page. */
static status_code send_draft(struct worker *worker, struct worker_channel *channel,
                              const struct image *image, uint32_t side_max, struct status *st)
{
    PageDraft message = OCRMESH__OCR__WORKER__V1__PAGE_DRAFT__INIT;
    WorkerResponse response = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__INIT;
    struct status failure;
    struct str picture;

    if (page_jpeg_make(image, side_max, worker->arena, &picture, &failure) != STATUS_OK)
        return send_failure(channel, &failure, st);
    message.image.data = (uint8_t *)picture.p;
    message.image.len = picture.n;
    message.media_type = (char *)PAGE_JPEG_MEDIA_TYPE;
    response.response_case = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_PAGE_DRAFT;
    response.page_draft = &message;
    worker->has_draft = true;
    return worker_channel_send(channel, &response.base, -1, TIME_NEVER, st);
}

/* With the warning of what became of the model. */
static status_code send_draft_page(struct worker *worker, struct worker_channel *channel,
                                   const char *why, struct status *st)
{
    page_warn(&worker->draft,
              "this page was read without the vision model, which was asked, but %s", why);
    return send_own_page(worker, channel, &worker->draft, worker->draft_engine, st);
}

static status_code answer_finish(struct worker *worker, struct worker_channel *channel,
                                 const FinishPage *request, struct status *st)
{
    const struct str reply = {(const char *)request->reply.data, request->reply.len};
    Engine engine = OCRMESH__OCR__V1__ENGINE__INIT;
    char *models[] = {(char *)worker->draft_engine->name};
    struct status failure;
    struct page page;

    worker->has_draft = false;
    if (request->failure[0] != '\0')
        return send_draft_page(worker, channel, request->failure, st);
    status_code code = vision_page_make(&worker->draft, reply, &page, &failure);
    if (code == STATUS_FAILED_PRECONDITION)
        return send_draft_page(worker, channel, failure.message, st);
    if (code != STATUS_OK)
        return send_failure(channel, &failure, st);
    engine.name = (char *)"vision";
    engine.version = request->model;
    engine.models = models;
    engine.n_models = ARRAY_LENGTH(models);
    return send_page(worker, channel, &page, &engine, true, st);
}

/* --- */

/* Of the tier that is asked for. Where the model is to read the page, and no networks are here or
 * they see nothing on it, the other engine makes the draft: what the model says is held against it.
 */
static status_code read_page(struct worker *worker, struct recognize_request *wanted, bool is_draft,
                             struct page *ret_page, const struct engine_class **ret_engine,
                             struct status *st)
{
    status_code code = worker_read_page(worker, wanted, ret_page, ret_engine, st);
    bool is_nothing =
        code == STATUS_UNAVAILABLE || (code == STATUS_OK && ret_page->text[0] == '\0');

    if (!is_nothing || !is_draft || wanted->tier == TIER_CPU)
        return code;
    image_free(*wanted->ret_image);
    *wanted->ret_image = NULL;
    wanted->tier = TIER_CPU;
    return worker_read_page(worker, wanted, ret_page, ret_engine, st);
}

static status_code answer_page(struct worker *worker, struct worker_channel *channel,
                               const ReadPage *request, struct status *st)
{
    _cleanup_(image_freep) struct image *image = NULL;
    struct status failure;
    bool is_draft = request->draft_side_max > 0;
    struct recognize_request wanted = {
        .page_index = request->page_index,
        .tier = (engine_tier)request->tier,
        .language = request->language[0] != '\0' ? request->language : "auto",
        .ret_image = is_draft || request->wants_pictures ? &image : NULL,
    };

    if (read_page(worker, &wanted, is_draft, &worker->draft, &worker->draft_engine, &failure) !=
        STATUS_OK)
        return send_failure(channel, &failure, st);
    if (is_draft)
        TRY(send_draft(worker, channel, image, request->draft_side_max, st));
    if (request->wants_pictures)
        worker->image = TAKE(image);
    return is_draft ? STATUS_OK
                    : send_own_page(worker, channel, &worker->draft, worker->draft_engine, st);
}

static status_code answer(struct worker *worker, struct worker_channel *channel,
                          const WorkerRequest *request, int fd, struct status *st)
{
    struct status failure;

    if (request->request_case != OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_FINISH_PAGE)
        image_free(TAKE(worker->image));
    switch (request->request_case) {
    case OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_OPEN_DOCUMENT:
        return answer_open(worker, channel, request->open_document, fd, st);
    case OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_READ_PAGE:
        if (fd >= 0)
            (void)close(fd);
        return answer_page(worker, channel, request->read_page, st);
    case OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_FINISH_PAGE:
        if (fd >= 0)
            (void)close(fd);
        if (worker->has_draft)
            return answer_finish(worker, channel, request->finish_page, st);
        (void)FAIL(&failure, STATUS_FAILED_PRECONDITION, "NO_DOCUMENT", "no page is begun");
        return send_failure(channel, &failure, st);
    default:
        if (fd >= 0)
            (void)close(fd);
        (void)FAIL(&failure, STATUS_UNIMPLEMENTED, NULL, "the worker does not know this request");
        return send_failure(channel, &failure, st);
    }
}

status_code worker_serve(struct worker *worker, int channel_fd, struct status *st)
{
    _cleanup_(channel_closep) struct worker_channel *channel = worker_channel_open(channel_fd);

    if (channel == NULL)
        return FAIL(st, STATUS_INTERNAL, NULL, "descriptor %d is no channel", channel_fd);
    for (;;) {
        _cleanup_(request_freep) WorkerRequest *request = NULL;
        ProtobufCMessage *message;
        int fd;
        pix_memory_release();
        status_code code =
            worker_channel_receive(channel, &ocrmesh__ocr__worker__v1__worker_request__descriptor,
                                   TIME_NEVER, &message, &fd, st);
        if (code == STATUS_UNAVAILABLE)
            return STATUS_OK;
        TRY(code);
        request = (WorkerRequest *)message;
        TRY(answer(worker, channel, request, fd, st));
    }
}
