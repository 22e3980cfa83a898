#include "services/export/tests/fake_ocr.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/export/tests/picture_fixture.h"
#include "services/export/tests/random_document.h"

enum {
    SEEN_KEYS_MAX = 3,
    HUGE_PARTS = 20, /* of FAKE_BIG_PAGE_BYTES each */
};

static const char *const seen_keys[SEEN_KEYS_MAX] = {"authorization", "ocrmesh-client-address",
                                                     "ocrmesh-request-id"};

struct fake_ocr {
    struct rpc_server *server;
    char *big_text;

    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    int pages_sent;
    int cancelled;
    int calls;
    char seen[SEEN_KEYS_MAX][FAKE_SEEN_MAX];
};

static void note_call(struct fake_ocr *fake, struct rpc_call *call)
{
    pthread_mutex_lock(&fake->mutex);
    fake->calls++;
    for (int i = 0; i < SEEN_KEYS_MAX; i++) {
        struct str value;

        if (!rpc_metadata_get(rpc_call_metadata(call), seen_keys[i], &value))
            value = STR("");
        (void)snprintf(fake->seen[i], FAKE_SEEN_MAX, "%.*s", (int)value.n, value.p);
    }
    pthread_mutex_unlock(&fake->mutex);
}

static void note_page(struct fake_ocr *fake)
{
    pthread_mutex_lock(&fake->mutex);
    fake->pages_sent++;
    pthread_mutex_unlock(&fake->mutex);
}

static void note_cancelled(struct fake_ocr *fake)
{
    pthread_mutex_lock(&fake->mutex);
    fake->cancelled++;
    pthread_cond_broadcast(&fake->changed);
    pthread_mutex_unlock(&fake->mutex);
}

static status_code send_job(struct rpc_call *call, const char *id, Ocrmesh__Ocr__V1__JobState state,
                            int64_t revision, struct status *st)
{
    Ocrmesh__Ocr__V1__Job job = OCRMESH__OCR__V1__JOB__INIT;
    Ocrmesh__Ocr__V1__GetDocumentResponse message = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__INIT;

    job.job_id = (char *)id;
    job.state = state;
    job.file_name = (char *)"Rechnung März.pdf";
    job.language = (char *)"auto";
    job.revision = revision;
    message.part_case = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_JOB;
    message.job = &job;
    return rpc_call_write(call, &message, st);
}

static status_code send_page(struct fake_ocr *fake, struct rpc_call *call, uint32_t index,
                             const char *text, const char *block_text, struct status *st)
{
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT;
    Ocrmesh__Document__V1__Block *blocks[] = {&block};
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    Ocrmesh__Ocr__V1__GetDocumentResponse message = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__INIT;

    block.text = (char *)block_text;
    page.index = index;
    page.text = (char *)text;
    if (text != fake->big_text) /* twice would be more than a message may have */
        page.markdown = (char *)text;
    if (block_text[0] != '\0') {
        page.blocks = blocks;
        page.n_blocks = 1;
    }
    message.part_case = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_PAGE;
    message.page = &page;
    TRY(rpc_call_write(call, &message, st));
    note_page(fake);
    return STATUS_OK;
}

static status_code send_numbered_pages(struct fake_ocr *fake, struct rpc_call *call, int count,
                                       struct status *st)
{
    for (int i = 0; i < count; i++) {
        char text[32];

        (void)snprintf(text, sizeof(text), "page %d", i + 1);
        TRY(send_page(fake, call, (uint32_t)i, text, text, st));
    }
    return STATUS_OK;
}

static status_code send_split(struct fake_ocr *fake, struct rpc_call *call, struct status *st)
{
    TRY(send_page(fake, call, 0, "one", "a", st));
    TRY(send_page(fake, call, 1, "two", "b", st));
    TRY(send_page(fake, call, 1, "", "c", st));
    TRY(send_page(fake, call, 1, "", "d", st));
    return send_page(fake, call, 2, "three", "e", st);
}

static status_code send_big(struct fake_ocr *fake, struct rpc_call *call, int pages,
                            struct status *st)
{
    for (int i = 0; i < pages; i++)
        TRY(send_page(fake, call, (uint32_t)i, fake->big_text, "", st));
    return STATUS_OK;
}

static status_code send_huge(struct fake_ocr *fake, struct rpc_call *call, struct status *st)
{
    for (int i = 0; i < HUGE_PARTS; i++)
        TRY(send_page(fake, call, 0, "", fake->big_text, st));
    return STATUS_OK;
}

/* The document of that id, in `arena`; false when it is none of these. */
static bool find_made(struct arena *arena, const char *id, struct rich_document *ret_document)
{
    if (strcmp(id, FAKE_RICH) == 0)
        *ret_document = rich_document_new(arena);
    else if (strncmp(id, FAKE_RANDOM, strlen(FAKE_RANDOM)) == 0)
        *ret_document = random_document_new(arena, strtoull(id + strlen(FAKE_RANDOM), NULL, 10));
    else
        return false;
    return true;
}

static status_code send_made(struct fake_ocr *fake, struct rpc_call *call,
                             const struct rich_document *document, struct status *st)
{
    Ocrmesh__Ocr__V1__GetDocumentResponse message = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__INIT;

    message.part_case = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_JOB;
    message.job = document->job;
    TRY(rpc_call_write(call, &message, st));
    message.part_case = OCRMESH__OCR__V1__GET_DOCUMENT_RESPONSE__PART_PAGE;
    for (size_t i = 0; i < document->page_count; i++) {
        message.page = document->pages[i];
        TRY(rpc_call_write(call, &message, st));
        note_page(fake);
    }
    return STATUS_OK;
}

static status_code send_document(struct fake_ocr *fake, struct rpc_call *call, const char *id,
                                 struct status *st)
{
    int64_t revision = strcmp(id, FAKE_CHANGES) == 0 ? fake->calls : 7;
    _cleanup_(arena_freep) struct arena *arena = arena_new(RANDOM_DOCUMENT_ARENA_BYTES);
    struct rich_document document;

    if (find_made(arena, id, &document))
        return send_made(fake, call, &document, st);

    if (strcmp(id, FAKE_SILENT) == 0)
        return STATUS_OK;
    if (strcmp(id, FAKE_PENDING) == 0)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE", "the job is not done yet");
    if (strcmp(id, FAKE_FAILED) == 0)
        return send_job(call, id, OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED, revision, st);

    static const char *const known[] = {FAKE_SPLIT, FAKE_MANY,    FAKE_BIG,  FAKE_BROKEN,
                                        FAKE_EMPTY, FAKE_CHANGES, FAKE_HUGE, FAKE_LONG};
    size_t which = 0;
    while (which < ARRAY_LENGTH(known) && strcmp(id, known[which]) != 0)
        which++;
    if (which == ARRAY_LENGTH(known))
        return FAIL(st, STATUS_NOT_FOUND, "JOB_NOT_FOUND", "there is no such job");

    TRY(send_job(call, id, OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE, revision, st));
    if (strcmp(id, FAKE_SPLIT) == 0)
        return send_split(fake, call, st);
    if (strcmp(id, FAKE_BIG) == 0)
        return send_big(fake, call, FAKE_BIG_PAGES, st);
    if (strcmp(id, FAKE_LONG) == 0)
        return send_big(fake, call, FAKE_LONG_PAGES, st);
    if (strcmp(id, FAKE_HUGE) == 0)
        return send_huge(fake, call, st);
    if (strcmp(id, FAKE_EMPTY) == 0 || strcmp(id, FAKE_CHANGES) == 0)
        return send_page(fake, call, 0, "", "", st);
    if (strcmp(id, FAKE_MANY) == 0)
        return send_numbered_pages(fake, call, FAKE_MANY_PAGES, st);
    TRY(send_numbered_pages(fake, call, FAKE_BROKEN_PAGES, st));
    return FAIL(st, STATUS_DATA_LOSS, FAKE_BROKEN_REASON, "a page of the document is lost");
}

static status_code get_document(struct rpc_call *call, const void *request, void *response,
                                void *data, struct status *st)
{
    const Ocrmesh__Ocr__V1__GetDocumentRequest *wanted = request;
    struct fake_ocr *fake = data;
    status_code code;

    note_call(fake, call);
    code = send_document(fake, call, wanted->job_id, st);
    if (code == STATUS_CANCELLED)
        note_cancelled(fake);
    return code;
}

static status_code get_page_image(struct rpc_call *call, const void *request, void *response,
                                  void *data, struct status *st)
{
    const Ocrmesh__Ocr__V1__GetPageImageRequest *wanted = request;
    struct page_image_query query = {wanted->kind, wanted->page_index, wanted->block_index};
    Ocrmesh__Document__V1__PageImage description;
    Ocrmesh__Ocr__V1__GetPageImageResponse message =
        OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__INIT;
    const uint8_t *bytes;
    size_t length;

    note_call(data, call);
    if (strcmp(wanted->job_id, FAKE_BROKEN) == 0)
        return FAIL(st, STATUS_DATA_LOSS, FAKE_BROKEN_REASON, "a picture of a page is lost");
    if (strcmp(wanted->job_id, FAKE_SILENT) == 0)
        return STATUS_OK;
    bytes = fixture_picture(&query, &description, &length);
    if (bytes == NULL)
        return FAIL(st, STATUS_NOT_FOUND, "PAGE_IMAGE_NOT_FOUND", "no such picture is kept");
    message.part_case = OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__PART_IMAGE;
    message.image = &description;
    TRY(rpc_call_write(call, &message, st));
    for (size_t at = 0; at < length; at += message.chunk.len) {
        message.part_case = OCRMESH__OCR__V1__GET_PAGE_IMAGE_RESPONSE__PART_CHUNK;
        message.chunk.data = (uint8_t *)bytes + at;
        message.chunk.len =
            length - at < FIXTURE_PICTURE_CHUNK_BYTES ? length - at : FIXTURE_PICTURE_CHUNK_BYTES;
        TRY(rpc_call_write(call, &message, st));
    }
    return STATUS_OK;
}

static const struct rpc_handler handlers[] = {
    {"GetDocument", RPC_SERVER_STREAM, get_document},
    {"GetPageImage", RPC_SERVER_STREAM, get_page_image},
};

struct fake_ocr *fake_ocr_new(void)
{
    struct fake_ocr *fake = calloc(1, sizeof(*fake));
    struct status st = {0};

    assert(fake != NULL);
    fake->big_text = malloc(FAKE_BIG_PAGE_BYTES + 1);
    assert(fake->big_text != NULL);
    memset(fake->big_text, 'x', FAKE_BIG_PAGE_BYTES);
    fake->big_text[FAKE_BIG_PAGE_BYTES] = '\0';
    pthread_mutex_init(&fake->mutex, NULL);
    wait_init(&fake->changed);

    struct rpc_service service = {&ocrmesh__ocr__v1__ocr_service__descriptor, handlers,
                                  ARRAY_LENGTH(handlers), fake};
    struct rpc_server_options options = {.address = "127.0.0.1:0"};
    status_code code = rpc_server_new(&options, (const struct rpc_service *const[]){&service}, 1,
                                      &fake->server, &st);
    if (code != STATUS_OK) {
        (void)fprintf(stderr, "fake ocr: %s\n", st.message);
        abort();
    }
    return fake;
}

void fake_ocr_free(struct fake_ocr *fake)
{
    if (fake == NULL)
        return;
    rpc_server_drain(fake->server, 0);
    rpc_server_free(fake->server);
    pthread_cond_destroy(&fake->changed);
    pthread_mutex_destroy(&fake->mutex);
    free(fake->big_text);
    free(fake);
}

int fake_ocr_port(const struct fake_ocr *fake)
{
    return rpc_server_port(fake->server);
}

int fake_ocr_pages_sent(struct fake_ocr *fake)
{
    pthread_mutex_lock(&fake->mutex);
    int count = fake->pages_sent;
    pthread_mutex_unlock(&fake->mutex);
    return count;
}

bool fake_ocr_wait_cancelled(struct fake_ocr *fake, int count, int64_t timeout_ms)
{
    int64_t deadline = time_mono_after_ms(timeout_ms);
    bool was_seen;

    pthread_mutex_lock(&fake->mutex);
    while (fake->cancelled < count && wait_until(&fake->changed, &fake->mutex, deadline))
        ;
    was_seen = fake->cancelled >= count;
    pthread_mutex_unlock(&fake->mutex);
    return was_seen;
}

void fake_ocr_seen(struct fake_ocr *fake, const char *key, char ret_value[static FAKE_SEEN_MAX])
{
    ret_value[0] = '\0';
    pthread_mutex_lock(&fake->mutex);
    for (int i = 0; i < SEEN_KEYS_MAX; i++)
        if (strcmp(seen_keys[i], key) == 0)
            memcpy(ret_value, fake->seen[i], FAKE_SEEN_MAX);
    pthread_mutex_unlock(&fake->mutex);
}
