#include "services/chat/document_loader.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/log/log.h"
#include "lib/mesh/document.h"
#include "services/chat/metrics.h"
#include "services/chat/passage/passage.h"
#include "services/chat/store_index.h"

enum { STORE_TIMEOUT_MS = 30000 };

struct document_loader {
    struct document_loader_options options;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    int builds; /* under way */
};

struct document_loader *document_loader_new(const struct document_loader_options *options)
{
    struct document_loader *loader = calloc(1, sizeof(*loader));

    if (loader == NULL)
        return NULL;
    loader->options = *options;
    (void)pthread_mutex_init(&loader->lock, NULL);
    wait_init(&loader->changed);
    return loader;
}

void document_loader_free(struct document_loader *loader)
{
    if (loader == NULL)
        return;
    (void)pthread_cond_destroy(&loader->changed);
    (void)pthread_mutex_destroy(&loader->lock);
    free(loader);
}

/* --- making --- */

static status_code begin_build(struct document_loader *loader, int64_t deadline, struct status *st)
{
    bool is_begun;

    (void)pthread_mutex_lock(&loader->lock);
    while (loader->builds >= DOCUMENT_BUILDS_MAX)
        if (!wait_until(&loader->changed, &loader->lock, deadline))
            break;
    is_begun = loader->builds < DOCUMENT_BUILDS_MAX;
    loader->builds += is_begun;
    (void)pthread_mutex_unlock(&loader->lock);
    if (!is_begun)
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL,
                    "the document was not ready for questions in time");
    return STATUS_OK;
}

static void end_build(struct document_loader *loader)
{
    (void)pthread_mutex_lock(&loader->lock);
    loader->builds--;
    (void)pthread_cond_signal(&loader->changed);
    (void)pthread_mutex_unlock(&loader->lock);
}

/* Appends the index of the document to `out`. */
static status_code make_index(struct document *document, struct buf *out, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(DOCUMENT_PASSAGES_MAX_BYTES);
    _cleanup_(passage_maker_freep) struct passage_maker *maker =
        arena == NULL ? NULL : passage_maker_new(arena);
    const Ocrmesh__Document__V1__Page *page;
    struct passages passages;

    if (maker == NULL)
        return FAIL_MEMORY(st);
    for (;;) {
        TRY(document_next_page(document, &page, st));
        if (page == NULL)
            break;
        TRY(passage_maker_add(maker, page, st));
    }
    TRY(passage_maker_end(maker, &passages, st));
    return document_index_build(&passages, out, st);
}

static status_code build(struct document_loader *loader, const struct document_request *request,
                         struct buf *out, struct status *st)
{
    _cleanup_(document_freep) struct document *document = NULL;
    status_code code;

    TRY(document_open(
        loader->options.ocr, request->options, request->job_id,
        &(struct document_part){.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_BLOCKS}, &document,
        st));
    code = make_index(document, out, st);
    /* The latter: a row of a table that is longer than words are cut of. */
    if (code == STATUS_RESOURCE_EXHAUSTED || code == STATUS_INVALID_ARGUMENT)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "DOCUMENT_TOO_LARGE",
                    "the document has more text than questions can be answered from");
    return code;
}

static void store(struct document_loader *loader, const struct document_request *request,
                  struct str bytes)
{
    struct status st = {0};

    if (store_index_put(loader->options.db, time_mono_after_ms(STORE_TIMEOUT_MS),
                        &(struct index_to_store){
                            .job_id = request->job_id,
                            .account_id = request->account_id,
                            .version = DOCUMENT_INDEX_VERSION,
                            .expire_time = request->expire_time,
                            .bytes = bytes,
                        },
                        &st) != STATUS_OK)
        log_failure(LOG_WARNING, "the index of a document was not stored", &st,
                    LOG_STRING("job_id", request->job_id));
}

static status_code build_and_store(struct document_loader *loader,
                                   const struct document_request *request, struct buf *out,
                                   struct status *st)
{
    int64_t start;
    status_code code;

    TRY(begin_build(loader, request->options->deadline, st));
    start = time_mono();
    code = build(loader, request, out, st);
    metrics_index_build(loader->options.metrics, code == STATUS_OK, time_mono() - start);
    if (code == STATUS_OK)
        store(loader, request, buf_str(out));
    end_build(loader);
    return code;
}

/* --- loading --- */

struct load {
    struct document_loader *loader;
    const struct document_request *request;
    bool is_stored_bad; /* what is stored cannot be read: it is made anew */
};

/* A document_cache_get() function. */
static status_code load_index(void *arg, struct buf *out, struct status *st)
{
    const struct load *load = arg;
    const struct document_request *request = load->request;
    bool is_found = false;

    if (!load->is_stored_bad)
        TRY(store_index_get(load->loader->options.db, request->options->deadline, request->job_id,
                            DOCUMENT_INDEX_VERSION, out, &is_found, st));
    if (is_found)
        return STATUS_OK;
    buf_clear(out);
    return build_and_store(load->loader, request, out, st);
}

status_code document_loader_get(struct document_loader *loader,
                                const struct document_request *request,
                                struct cached_document **ret_document, struct status *st)
{
    struct load load = {loader, request, false};
    status_code code =
        document_cache_get(loader->options.cache, request->job_id, request->options->deadline,
                           load_index, &load, ret_document, st);

    if (code != STATUS_DATA_LOSS)
        return code;
    log_failure(LOG_WARNING, "the stored index of a document is made anew", st,
                LOG_STRING("job_id", request->job_id));
    load.is_stored_bad = true;
    return document_cache_get(loader->options.cache, request->job_id, request->options->deadline,
                              load_index, &load, ret_document, st);
}
