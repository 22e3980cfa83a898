/*
 * A worker whose documents are scripts: what the tests of lanes and inspector run in place of the
 * real one. The file says what happens, one line each:
 *
 *     pages N              it has N pages
 *     refuse REASON        it cannot be opened: INVALID_ARGUMENT with that reason
 *     die                  opening it ends the worker
 *     die-at N             reading page N ends the worker
 *     die-once-at N PATH   the same, unless there is a file PATH, which is made first
 *     hang-at N            reading page N never ends
 *     spin-at N            the same, and takes all the time of a processor
 *     fail-at N REASON     page N cannot be read
 *     tire-at N            page N cannot be read (INTERNAL) but by a worker that has read no other
 *     swell-at N           after page N the worker keeps more memory than it may
 *     torn-at N            page N has a text that is no UTF-8 in its warnings
 *     pictures-at N SIZE   page N has a preview of 7 bytes "preview", a rendition of SIZE bytes
 *                          'r', and a cut-out of block 3, "figure", where pictures are wanted
 *     lie-at N             page N has a picture of more bytes than one may have
 *     flood-at N           more bytes come than the pictures of page N were said to have
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "ocrmesh/ocr/worker/v1/worker.pb-c.h"
#include "services/ocr/page_pictures.h"
#include "services/ocr/worker_channel.h"

typedef Ocrmesh__Ocr__Worker__V1__WorkerRequest WorkerRequest;
typedef Ocrmesh__Ocr__Worker__V1__WorkerResponse WorkerResponse;

static char script[4096];
static char job_id[64];

/* The rest of the line that starts with `word` (and, if at least 0, the number); NULL: none. */
static const char *find_line(const char *word, int number)
{
    static char rest[512];
    char wanted[64];
    struct str text = str_of(script);
    struct str line;

    if (number >= 0)
        (void)snprintf(wanted, sizeof(wanted), "%s %d", word, number);
    else
        (void)snprintf(wanted, sizeof(wanted), "%s", word);
    while (str_next_token(&text, '\n', &line)) {
        size_t length = strlen(wanted);
        if (line.n < length || memcmp(line.p, wanted, length) != 0 ||
            (line.n > length && line.p[length] != ' '))
            continue;
        struct str tail = str_trim((struct str){line.p + length, line.n - length});
        (void)snprintf(rest, sizeof(rest), "%.*s", (int)tail.n, tail.p == NULL ? "" : tail.p);
        return rest;
    }
    return NULL;
}

static void answer(struct worker_channel *channel, const WorkerResponse *response)
{
    struct status st;

    if (worker_channel_send(channel, &response->base, -1, TIME_NEVER, &st) != STATUS_OK)
        exit(1);
}

static void answer_failure(struct worker_channel *channel, int code, const char *reason)
{
    Ocrmesh__Ocr__Worker__V1__WorkerFailure failure =
        OCRMESH__OCR__WORKER__V1__WORKER_FAILURE__INIT;
    WorkerResponse response = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__INIT;

    failure.code = code;
    failure.reason = (char *)reason;
    failure.message = (char *)"the script says so";
    response.response_case = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_FAILURE;
    response.failure = &failure;
    answer(channel, &response);
}

static void open_document(struct worker_channel *channel,
                          const Ocrmesh__Ocr__Worker__V1__OpenDocument *request, int fd)
{
    Ocrmesh__Ocr__Worker__V1__DocumentOpened opened =
        OCRMESH__OCR__WORKER__V1__DOCUMENT_OPENED__INIT;
    WorkerResponse response = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__INIT;
    ssize_t length = pread(fd, script, sizeof(script) - 1, 0);

    if (fd < 0) {
        answer_failure(channel, STATUS_INVALID_ARGUMENT, "NO_FILE");
        return;
    }
    if (length < 0)
        exit(1);
    script[length] = '\0';
    (void)close(fd);
    (void)snprintf(job_id, sizeof(job_id), "%s", request->job_id);
    if (find_line("die", -1) != NULL)
        abort();
    const char *reason = find_line("refuse", -1);
    if (reason != NULL) {
        answer_failure(channel, STATUS_INVALID_ARGUMENT, reason);
        return;
    }
    const char *pages = find_line("pages", -1);
    opened.media_type = (char *)"text/x-script";
    opened.page_count = pages == NULL ? 1 : (uint32_t)atoi(pages);
    response.response_case = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_DOCUMENT_OPENED;
    response.document_opened = &opened;
    answer(channel, &response);
}

/* --- pictures --- */

enum { PICTURES_MAX = 3 };

struct pictures {
    Ocrmesh__Ocr__Worker__V1__PagePictures message;
    Ocrmesh__Ocr__Worker__V1__PagePicture items[PICTURES_MAX];
    Ocrmesh__Ocr__Worker__V1__PagePicture *pointers[PICTURES_MAX];
    Ocrmesh__Document__V1__PageImage images[PICTURES_MAX];
};

static void add_picture(struct pictures *pictures, int kind, uint32_t block_index, int64_t size)
{
    size_t i = pictures->message.n_pictures++;

    ocrmesh__ocr__worker__v1__page_picture__init(&pictures->items[i]);
    ocrmesh__document__v1__page_image__init(&pictures->images[i]);
    pictures->images[i].encoding =
        OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_JPEG;
    pictures->images[i].size_bytes = size;
    pictures->items[i].kind = (Ocrmesh__Document__V1__PageImageKind)kind;
    pictures->items[i].block_index = block_index;
    pictures->items[i].image = &pictures->images[i];
    pictures->pointers[i] = &pictures->items[i];
}

/* False when the page has none. *ret_rendition_bytes: of one of them. */
static bool make_pictures(int index, struct pictures *pictures, int64_t *ret_rendition_bytes)
{
    const char *size = find_line("pictures-at", index);

    *ret_rendition_bytes = size != NULL ? atoll(size) : 0;
    ocrmesh__ocr__worker__v1__page_pictures__init(&pictures->message);
    pictures->message.pictures = pictures->pointers;
    if (find_line("lie-at", index) != NULL)
        add_picture(pictures, 1, 0, PAGE_PICTURE_MAX_BYTES + 1);
    if (find_line("flood-at", index) != NULL)
        add_picture(pictures, 1, 0, 3);
    if (size != NULL) {
        add_picture(pictures, 1, 0, 7);
        add_picture(pictures, 2, 0, *ret_rendition_bytes);
        add_picture(pictures, 3, 3, 6);
    }
    return pictures->message.n_pictures > 0;
}

static void answer_chunk(struct worker_channel *channel, const char *bytes, size_t length)
{
    Ocrmesh__Ocr__Worker__V1__PictureChunk chunk = OCRMESH__OCR__WORKER__V1__PICTURE_CHUNK__INIT;
    WorkerResponse response = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__INIT;

    chunk.data = (ProtobufCBinaryData){length, (uint8_t *)bytes};
    response.response_case = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_PICTURE_CHUNK;
    response.picture_chunk = &chunk;
    answer(channel, &response);
}

static void answer_pictures(struct worker_channel *channel, int index, int64_t rendition_bytes)
{
    static char chunk[PAGE_PICTURE_CHUNK_MAX_BYTES];

    if (find_line("flood-at", index) != NULL) {
        answer_chunk(channel, "four", 4);
        return;
    }
    answer_chunk(channel, "preview", 7);
    memset(chunk, 'r', sizeof(chunk));
    for (int64_t left = rendition_bytes; left > 0; left -= (int64_t)sizeof(chunk))
        answer_chunk(channel, chunk, left < (int64_t)sizeof(chunk) ? (size_t)left : sizeof(chunk));
    answer_chunk(channel, "figure", 6);
}

static void answer_page(struct worker_channel *channel, int index, bool wants_pictures)
{
    struct pictures pictures = {0};
    int64_t rendition_bytes = 0;
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    Ocrmesh__Ocr__V1__Engine engine = OCRMESH__OCR__V1__ENGINE__INIT;
    Ocrmesh__Ocr__Worker__V1__PageRead read = OCRMESH__OCR__WORKER__V1__PAGE_READ__INIT;
    WorkerResponse response = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__INIT;
    char text[128];
    char *warnings[] = {(char *)"torn \xff"};

    (void)snprintf(text, sizeof(text), "page %d of %s", index, job_id);
    page.index = (uint32_t)index;
    page.text = text;
    page.mean_confidence = 0.5F;
    if (find_line("torn-at", index) != NULL) {
        page.warnings = warnings;
        page.n_warnings = 1;
    }
    engine.name = (char *)"script";
    engine.version = (char *)"1";
    read.page = &page;
    read.engine = &engine;
    response.response_case = OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_PAGE_READ;
    response.page_read = &read;
    if (wants_pictures && make_pictures(index, &pictures, &rendition_bytes))
        read.pictures = &pictures.message;
    answer(channel, &response);
    if (read.pictures != NULL)
        answer_pictures(channel, index, rendition_bytes);
}

/* Lets itself be limited, as the real one does, to little more than what it has mapped. */
static void swell(void)
{
    unsigned long long mapped_pages;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL || fscanf(file, "%llu", &mapped_pages) != 1)
        exit(1);
    (void)fclose(file);
    const rlim_t mapped = (rlim_t)mapped_pages * (rlim_t)sysconf(_SC_PAGESIZE);
    const struct rlimit limit = {mapped + mapped / 5, RLIM_INFINITY};
    if (setrlimit(RLIMIT_AS, &limit) < 0)
        exit(1);
}

/* @pages_before: that this process has read. */
static void read_page(struct worker_channel *channel, int index, bool wants_pictures,
                      int pages_before)
{
    const char *path = find_line("die-once-at", index);

    if (find_line("die-at", index) != NULL)
        abort();
    if (path != NULL && open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600) >= 0)
        abort();
    while (find_line("hang-at", index) != NULL)
        (void)pause();
    while (find_line("spin-at", index) != NULL)
        ;
    if (find_line("swell-at", index) != NULL)
        swell();
    const char *reason = find_line("fail-at", index);
    if (reason != NULL)
        answer_failure(channel, STATUS_INVALID_ARGUMENT, reason);
    else if (find_line("tire-at", index) != NULL && pages_before > 0)
        answer_failure(channel, STATUS_INTERNAL, "TIRED");
    else
        answer_page(channel, index, wants_pictures);
}

int main(void)
{
    struct worker_channel *channel = worker_channel_open(WORKER_CHANNEL_CHILD_FD);
    struct status st;
    ProtobufCMessage *message;
    int pages_before = 0;
    int fd;

    /* As the real one: no longer than the service. */
    if (channel == NULL || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return 1;
    while (worker_channel_receive(channel, &ocrmesh__ocr__worker__v1__worker_request__descriptor,
                                  TIME_NEVER, &message, &fd, &st) == STATUS_OK) {
        WorkerRequest *request = (WorkerRequest *)message;
        if (request->request_case ==
            OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_OPEN_DOCUMENT)
            open_document(channel, request->open_document, fd);
        else
            read_page(channel, (int)request->read_page->page_index,
                      request->read_page->wants_pictures, pages_before++);
        protobuf_c_message_free_unpacked(message, NULL);
    }
    worker_channel_close(channel);
    return 0;
}
