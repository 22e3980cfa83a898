#include "services/chat/document_cache.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/base/wait.h"
#include "services/chat/embed/passage_vectors.h"

/* A job has one at most in the list; one that was dropped is in none, and lives for its users. */
struct cached_document {
    struct document_cache *cache;
    char job_id[RANDOM_ID_SIZE];
    struct cached_document *previous, *next; /* used before and after this one */
    int users;                               /* those that wait for it included */
    bool is_listed;
    bool is_loading;
    bool is_loaded;     /* false after loading: it failed */
    int64_t size_bytes; /* when it was last measured */
    struct buf bytes;
    struct document_index *index;
    struct passage_vectors *vectors;
};

struct document_cache {
    int64_t limit_bytes;
    pthread_mutex_t lock; /* for what follows, and all but index and bytes of documents */
    pthread_cond_t loaded;
    struct cached_document *oldest, *newest;
    struct document_cache_counts counts;
};

struct document_cache *document_cache_new(int64_t limit_bytes)
{
    struct document_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return NULL;
    cache->limit_bytes = limit_bytes;
    (void)pthread_mutex_init(&cache->lock, NULL);
    wait_init(&cache->loaded);
    return cache;
}

static void document_free(struct cached_document *document)
{
    passage_vectors_free(document->vectors);
    document_index_free(document->index);
    buf_deinit(&document->bytes);
    free(document);
}

void document_cache_free(struct document_cache *cache)
{
    if (cache == NULL)
        return;
    while (cache->oldest != NULL) {
        struct cached_document *document = cache->oldest;

        cache->oldest = document->next;
        document_free(document);
    }
    (void)pthread_cond_destroy(&cache->loaded);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* --- the list, with the lock held --- */

static void list_remove(struct cached_document *document)
{
    struct document_cache *cache = document->cache;

    if (document->previous == NULL)
        cache->oldest = document->next;
    else
        document->previous->next = document->next;
    if (document->next == NULL)
        cache->newest = document->previous;
    else
        document->next->previous = document->previous;
    document->previous = document->next = NULL;
    document->is_listed = false;
}

static void list_append(struct cached_document *document)
{
    struct document_cache *cache = document->cache;

    document->previous = cache->newest;
    document->next = NULL;
    if (cache->newest == NULL)
        cache->oldest = document;
    else
        cache->newest->next = document;
    cache->newest = document;
    document->is_listed = true;
}

static struct cached_document *list_find(const struct document_cache *cache, const char *job_id)
{
    struct cached_document *document = cache->newest;

    while (document != NULL && strcmp(document->job_id, job_id) != 0)
        document = document->previous;
    return document;
}

/* Nobody uses it, and it is in no list. */
static void forget(struct cached_document *document)
{
    struct document_cache *cache = document->cache;

    cache->counts.bytes -= document->size_bytes;
    cache->counts.documents -= document->is_loaded;
    document_free(document);
}

static void unlist(struct cached_document *document)
{
    list_remove(document);
    if (document->users == 0)
        forget(document);
}

static int64_t size_of(const struct cached_document *document)
{
    return (int64_t)(document->bytes.capacity + document_index_size(document->index) +
                     passage_vectors_size(document->vectors));
}

/* One that somebody uses. */
static void measure(struct cached_document *document)
{
    struct document_cache_counts *counts = &document->cache->counts;
    const int64_t more_bytes = size_of(document) - document->size_bytes;

    document->size_bytes += more_bytes;
    counts->bytes += more_bytes;
    counts->used_bytes += more_bytes;
}

static void begin_use(struct cached_document *document)
{
    if (document->users++ == 0)
        document->cache->counts.used_bytes += document->size_bytes;
}

/* Lets go of what nobody uses, the longest unused first. */
static void shrink(struct document_cache *cache)
{
    struct cached_document *document = cache->oldest;

    while (document != NULL && cache->counts.bytes > cache->limit_bytes) {
        struct cached_document *next = document->next;

        if (document->users == 0)
            unlist(document);
        document = next;
    }
}

static void leave(struct cached_document *document)
{
    struct document_cache *cache = document->cache;

    if (document->is_loaded)
        measure(document);
    if (--document->users == 0)
        cache->counts.used_bytes -= document->size_bytes;
    if (document->users == 0 && !document->is_listed)
        forget(document);
    else
        shrink(cache);
}

/* --- --- */

const struct document_index *cached_document_index(const struct cached_document *document)
{
    return document->index;
}

struct passage_vectors *cached_document_vectors(const struct cached_document *document)
{
    return document->vectors;
}

const char *cached_document_job(const struct cached_document *document)
{
    return document->job_id;
}

void cached_document_unref(struct cached_document *document)
{
    struct document_cache *cache = document->cache;

    (void)pthread_mutex_lock(&cache->lock);
    leave(document);
    (void)pthread_mutex_unlock(&cache->lock);
}

/* Without the lock; nobody else looks at the document's bytes and index yet. */
static status_code load_document(struct cached_document *document,
                                 status_code (*load)(void *arg, struct buf *out, struct status *st),
                                 void *arg, struct status *st)
{
    TRY(load(arg, &document->bytes, st));
    buf_trim(&document->bytes);
    TRY(document_index_open(buf_str(&document->bytes), &document->index, st));
    document->vectors = passage_vectors_new(document_index_passages(document->index)->count);
    return document->vectors == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

static status_code add_document(struct document_cache *cache, const char *job_id,
                                struct cached_document **ret_document, struct status *st)
{
    struct cached_document *document = calloc(1, sizeof(*document));

    if (document == NULL)
        return FAIL_MEMORY(st);
    document->cache = cache;
    (void)strncpy(document->job_id, job_id, sizeof(document->job_id) - 1);
    document->users = 1;
    document->is_loading = true;
    buf_init(&document->bytes, DOCUMENT_INDEX_MAX_BYTES);
    list_append(document);
    *ret_document = document;
    return STATUS_OK;
}

/* With the lock held, which is let go of meanwhile. */
static status_code load_new(struct document_cache *cache, const char *job_id,
                            status_code (*load)(void *arg, struct buf *out, struct status *st),
                            void *arg, struct cached_document **ret_document, struct status *st)
{
    struct cached_document *document = NULL;
    status_code code;

    TRY(add_document(cache, job_id, &document, st));
    cache->counts.misses++;
    (void)pthread_mutex_unlock(&cache->lock);
    code = load_document(document, load, arg, st);
    (void)pthread_mutex_lock(&cache->lock);
    document->is_loading = false;
    document->is_loaded = code == STATUS_OK;
    if (document->is_loaded) {
        measure(document);
        cache->counts.documents++;
        shrink(cache);
        *ret_document = document;
    } else {
        if (document->is_listed)
            list_remove(document);
        leave(document);
    }
    (void)pthread_cond_broadcast(&cache->loaded);
    return code;
}

/* With the lock held. *ret_document is NULL when it is to be loaded. */
static status_code find_or_wait(struct document_cache *cache, const char *job_id, int64_t deadline,
                                struct cached_document **ret_document, struct status *st)
{
    struct cached_document *document;

    while ((document = list_find(cache, job_id)) != NULL) {
        begin_use(document);
        while (document->is_loading)
            if (!wait_until(&cache->loaded, &cache->lock, deadline)) {
                leave(document);
                return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL,
                            "the document was not ready for questions in time");
            }
        if (document->is_loaded) {
            if (document->is_listed) {
                list_remove(document);
                list_append(document);
            }
            cache->counts.hits++;
            break;
        }
        leave(document);
    }
    *ret_document = document;
    return STATUS_OK;
}

status_code document_cache_get(struct document_cache *cache, const char *job_id, int64_t deadline,
                               status_code (*load)(void *arg, struct buf *out, struct status *st),
                               void *arg, struct cached_document **ret_document, struct status *st)
{
    struct cached_document *document = NULL;
    status_code code;

    (void)pthread_mutex_lock(&cache->lock);
    code = find_or_wait(cache, job_id, deadline, &document, st);
    if (code == STATUS_OK && document == NULL)
        code = load_new(cache, job_id, load, arg, &document, st);
    (void)pthread_mutex_unlock(&cache->lock);
    if (code == STATUS_OK)
        *ret_document = document;
    return code;
}

struct cached_document *document_cache_find(struct document_cache *cache, const char *job_id)
{
    struct cached_document *document;

    (void)pthread_mutex_lock(&cache->lock);
    document = list_find(cache, job_id);
    if (document != NULL && document->is_loaded)
        begin_use(document);
    else
        document = NULL;
    (void)pthread_mutex_unlock(&cache->lock);
    return document;
}

void document_cache_drop(struct document_cache *cache, const char *job_id)
{
    struct cached_document *document;

    (void)pthread_mutex_lock(&cache->lock);
    document = list_find(cache, job_id);
    if (document != NULL && !document->is_loading)
        unlist(document);
    (void)pthread_mutex_unlock(&cache->lock);
}

status_code document_cache_jobs(struct document_cache *cache, struct arena *arena,
                                const char ***ret_ids, size_t *ret_count, struct status *st)
{
    const char **ids;
    size_t count = 0, filled = 0;

    (void)pthread_mutex_lock(&cache->lock);
    for (const struct cached_document *document = cache->oldest; document != NULL;
         document = document->next)
        count++;
    ids = ARENA_NEW_ARRAY(arena, const char *, count + 1);
    for (const struct cached_document *document = cache->oldest; document != NULL && ids != NULL;
         document = document->next) {
        ids[filled] = arena_strdup(arena, document->job_id);
        if (ids[filled++] == NULL)
            ids = NULL;
    }
    (void)pthread_mutex_unlock(&cache->lock);
    if (ids == NULL)
        return FAIL_MEMORY(st);
    *ret_ids = ids;
    *ret_count = count;
    return STATUS_OK;
}

struct document_cache_counts document_cache_counts(struct document_cache *cache)
{
    struct document_cache_counts counts;

    (void)pthread_mutex_lock(&cache->lock);
    counts = cache->counts;
    (void)pthread_mutex_unlock(&cache->lock);
    return counts;
}
