/*
 * ocrmesh-ocr-worker: reads pages for the ocr service in a process of its own, so that a hostile
 * document meets neither the service's memory nor its network.
 *
 *   ocrmesh-ocr-worker --channel-fd 3          answers WorkerRequests on that socket until its end
 *   ocrmesh-ocr-worker --read FILE [--language L] [--tier T] [--format text|markdown]
 *                                             prints a file's text, for people
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <allheaders.h>

#include "lib/base/clock.h"
#include "ocrmesh/ocr/worker/v1/worker.pb-c.h"
#include "services/ocr/language.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/decode.h"
#include "services/ocr/worker/page_message.h"
#include "services/ocr/worker/recognize.h"
#include "services/ocr/worker/sandbox.h"
#include "services/ocr/worker_channel.h"

enum {
    /* Everything that is kept of one page: blocks, texts, messages. */
    PAGE_ARENA_MAX_BYTES = 512 << 20,
};

typedef Ocrmesh__Ocr__Worker__V1__WorkerRequest WorkerRequest;
typedef Ocrmesh__Ocr__Worker__V1__WorkerResponse WorkerResponse;
typedef Ocrmesh__Ocr__Worker__V1__OpenDocument OpenDocument;
typedef Ocrmesh__Ocr__Worker__V1__ReadPage ReadPage;
typedef Ocrmesh__Ocr__Worker__V1__WorkerFailure WorkerFailure;
typedef Ocrmesh__Ocr__Worker__V1__DocumentOpened DocumentOpened;
typedef Ocrmesh__Ocr__Worker__V1__PageRead PageRead;
typedef Ocrmesh__Ocr__V1__Engine Engine;

struct worker {
    struct recognizer *recognizer;
    struct decoder *decoder; /* NULL until a document is open */
    struct arena *arena;     /* of the page that is being read */
};

DEFINE_CLEANUP_NAMED(struct worker_channel *, channel_closep, worker_channel_close)

static void request_freep(WorkerRequest **request)
{
    if (*request != NULL)
        protobuf_c_message_free_unpacked(&(*request)->base, NULL);
}

static void worker_deinit(struct worker *worker)
{
    decoder_close(worker->decoder);
    recognizer_free(worker->recognizer);
    arena_free(worker->arena);
}

/* @may_write_files: as in sandbox.h. Afterwards the process is in its sandbox. */
static status_code worker_init(struct worker *worker, bool may_write_files, struct status *st)
{
    const char *models_paths[ENGINE_TIERS];
    size_t path_count = 0;
    struct status unused;
    uint32_t gaps;

    worker->recognizer = recognizer_new();
    worker->arena = arena_new(PAGE_ARENA_MAX_BYTES);
    if (worker->recognizer == NULL || worker->arena == NULL)
        return FAIL_MEMORY(st);
    TRY(recognizer_prepare(worker->recognizer, TIER_CPU, &models_paths[path_count++], st));
    /* Without it there are still the pages of the other tier. */
    path_count += recognizer_prepare(worker->recognizer, TIER_VLM, &models_paths[path_count],
                                     &unused) == STATUS_OK;
    TRY(sandbox_enter(models_paths, path_count, may_write_files, &gaps, st));
    if (gaps != 0)
        (void)fprintf(stderr, "ocrmesh-ocr-worker: runs without%s%s%s\n",
                      gaps & SANDBOX_WITHOUT_LANDLOCK ? " Landlock" : "",
                      gaps & SANDBOX_WITHOUT_SECCOMP ? " seccomp" : "",
                      gaps & SANDBOX_WITHOUT_LIMITS ? " limits" : "");
    return STATUS_OK;
}

/* @fd: taken. */
static status_code open_document(struct worker *worker, int fd, uint32_t pages_max,
                                 struct status *st)
{
    _cleanup_(decoder_closep) struct decoder *decoder = NULL;

    decoder_close(TAKE(worker->decoder));
    recognizer_next_document(worker->recognizer);
    if (fd < 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "NO_FILE", "no file came with the request");
    TRY(decoder_open(fd, &decoder, st));
    /* A file with more pages than are wanted is refused by the caller, who needs their number. */
    if (pages_max == 0 || decoder_page_count(decoder) <= pages_max)
        TRY(decoder_probe(decoder, st));
    worker->decoder = TAKE(decoder);
    return STATUS_OK;
}

static status_code read_page(struct worker *worker, const struct recognize_request *request,
                             struct page *ret_page, const struct engine_class **ret_engine,
                             struct status *st)
{
    arena_reset(worker->arena);
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

    if (open_document(worker, fd, request->pages_max, &failure) != STATUS_OK)
        return send_failure(channel, &failure, st);
    message.media_type = (char *)decoder_media_type(worker->decoder);
    message.page_count = decoder_page_count(worker->decoder);
    response.response_case = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_DOCUMENT_OPENED;
    response.document_opened = &message;
    return worker_channel_send(channel, &response.base, -1, TIME_NEVER, st);
}

static status_code answer_page(struct worker *worker, struct worker_channel *channel,
                               const ReadPage *request, struct status *st)
{
    struct status failure;
    struct page page;
    const struct engine_class *engine_class;
    const struct recognize_request wanted = {
        .page_index = request->page_index,
        .tier = (engine_tier)request->tier,
        .language = request->language[0] != '\0' ? request->language : "auto",
    };
    PageRead message = OCRMESH__OCR__WORKER__V1__PAGE_READ__INIT;
    Engine engine = OCRMESH__OCR__V1__ENGINE__INIT;
    WorkerResponse response = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__INIT;

    if (read_page(worker, &wanted, &page, &engine_class, &failure) != STATUS_OK)
        return send_failure(channel, &failure, st);
    message.page = page_message_make(&page, worker->arena);
    message.engine = &engine;
    engine.name = (char *)engine_class->name;
    engine.version = (char *)engine_class->version();
    response.response_case = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_PAGE_READ;
    response.page_read = &message;
    if (message.page == NULL) {
        (void)FAIL_PAGE_TEXT(&failure);
        return send_failure(channel, &failure, st);
    }
    if (worker_channel_send(channel, &response.base, -1, TIME_NEVER, &failure) == STATUS_OK)
        return STATUS_OK;
    if (failure.code == STATUS_RESOURCE_EXHAUSTED) {
        (void)FAIL_PAGE_TEXT(&failure);
        return send_failure(channel, &failure, st);
    }
    *st = failure;
    return st->code;
}

static status_code answer(struct worker *worker, struct worker_channel *channel,
                          const WorkerRequest *request, int fd, struct status *st)
{
    struct status failure;

    switch (request->request_case) {
    case OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_OPEN_DOCUMENT:
        return answer_open(worker, channel, request->open_document, fd, st);
    case OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_READ_PAGE:
        if (fd >= 0)
            (void)close(fd);
        return answer_page(worker, channel, request->read_page, st);
    default:
        if (fd >= 0)
            (void)close(fd);
        (void)FAIL(&failure, STATUS_UNIMPLEMENTED, NULL, "the worker does not know this request");
        return send_failure(channel, &failure, st);
    }
}

/* Until the service closes its end. */
static status_code serve(struct worker *worker, int channel_fd, struct status *st)
{
    _cleanup_(channel_closep) struct worker_channel *channel = worker_channel_open(channel_fd);

    if (channel == NULL)
        return FAIL(st, STATUS_INTERNAL, NULL, "descriptor %d is no channel", channel_fd);
    for (;;) {
        _cleanup_(request_freep) WorkerRequest *request = NULL;
        ProtobufCMessage *message;
        int fd;
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

static status_code open_file(const char *path, int *ret_fd, struct status *st)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return FAIL(st, STATUS_NOT_FOUND, NULL, "%s: %s", path, strerror(errno));
    *ret_fd = fd;
    return STATUS_OK;
}

/* @fd: taken. */
static status_code print_document(struct worker *worker, int fd, engine_tier tier,
                                  const char *language, bool is_markdown, struct status *st)
{
    TRY(open_document(worker, fd, 0, st));
    for (uint32_t i = 0; i < decoder_page_count(worker->decoder); i++) {
        const struct recognize_request request = {
            .page_index = i, .tier = tier, .language = language};
        const struct engine_class *engine_class;
        struct page page;
        int64_t start = time_mono();
        TRY(read_page(worker, &request, &page, &engine_class, st));
        (void)printf("%s\n", is_markdown ? page.markdown : page.text);
        (void)fprintf(stderr,
                      "page %u: %ux%u, %.0f dpi, %s %s, %s, confidence %.3f, %" PRId64 " ms\n",
                      i + 1, page.width, page.height, (double)page.dpi, page.language, page.script,
                      page.source == TEXT_FROM_LAYER ? "text layer" : "recognized",
                      (double)page.mean_confidence, (time_mono() - start) / NANOSECONDS_PER_MS);
        for (size_t w = 0; w < page.warning_count; w++)
            (void)fprintf(stderr, "page %u: %s\n", i + 1, page.warnings[w]);
    }
    return STATUS_OK;
}

static int usage(FILE *out, int code)
{
    (void)fprintf(out, "usage: ocrmesh-ocr-worker --channel-fd N\n"
                       "       ocrmesh-ocr-worker --read FILE [--language CODE] [--tier cpu|vlm]\n"
                       "           [--format text|markdown]\n");
    return code;
}

/* One thread a worker: more only fight for the cores, at several times the cost. libgomp reads its
 * limit when it is loaded, before main(), so that the program starts itself anew with it. */
static void use_one_thread(char **argv)
{
    const char *limit = getenv("OMP_THREAD_LIMIT");

    if (limit != NULL && strcmp(limit, "1") == 0)
        return;
    (void)setenv("OMP_THREAD_LIMIT", "1", 1);
    (void)execv("/proc/self/exe", argv);
    (void)fprintf(stderr, "ocrmesh-ocr-worker: more than one thread will be used: %s\n",
                  strerror(errno));
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"channel-fd", required_argument, NULL, 'c'},
        {"read", required_argument, NULL, 'r'},
        {"language", required_argument, NULL, 'l'},
        {"tier", required_argument, NULL, 't'},
        {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    _cleanup_(worker_deinit) struct worker worker = {0};
    const char *path = NULL;
    const char *language = "auto";
    engine_tier tier = TIER_CPU;
    bool is_markdown = false;
    int64_t channel_fd = -1;
    struct status st;

    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'c' && str_to_int64(str_of(optarg), &channel_fd) && channel_fd <= INT32_MAX)
            continue;
        if (option == 'r')
            path = optarg;
        else if (option == 'l')
            language = optarg;
        else if (option == 't' && strcmp(optarg, "vlm") == 0)
            tier = TIER_VLM;
        else if (option == 't' && strcmp(optarg, "cpu") == 0)
            tier = TIER_CPU;
        else if (option == 'f' && strcmp(optarg, "markdown") == 0)
            is_markdown = true;
        else if (option == 'f' && strcmp(optarg, "text") == 0)
            is_markdown = false;
        else
            return usage(option == 'h' ? stdout : stderr, option == 'h' ? 0 : 2);
    }
    if ((channel_fd >= 0) == (path != NULL))
        return usage(stderr, 2);

    use_one_thread(argv);
    (void)setMsgSeverity(L_SEVERITY_NONE);
    int fd = -1;
    status_code code = path != NULL ? open_file(path, &fd, &st) : STATUS_OK;
    if (code == STATUS_OK)
        code = worker_init(&worker, path != NULL, &st);
    if (code == STATUS_OK)
        code = path != NULL ? print_document(&worker, fd, tier, language, is_markdown, &st)
                            : serve(&worker, (int)channel_fd, &st);
    if (code == STATUS_OK)
        return 0;
    (void)fprintf(stderr, "ocrmesh-ocr-worker: %s\n", st.message);
    return 1;
}
