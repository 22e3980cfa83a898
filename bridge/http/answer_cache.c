#include "bridge/http/answer_cache.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/wire/memory_file.h"

enum {
    BUCKETS = 4096,       /* a power of two */
    OVERHEAD_BYTES = 256, /* of an entry, beside its texts */
    /* From so many bytes on a body is a file, of so many descriptors. */
    FILE_MIN_BYTES = 16 * 1024,
    FILES_MAX = 512,
};

struct stored_answer {
    struct answer_cache *cache;
    int references; /* the cache's own among them, while it has a place there */
    content_coding coding;
    struct str name, stamp; /* in one piece of memory with the struct */
    struct buf body;        /* empty where there is a file */
    struct memory_file *file;
    int64_t counted_bytes;
    int64_t store_time;
    struct stored_answer *next_in_bucket;
    struct stored_answer *newer, *older; /* by use */
};

struct answer_draft {
    struct stored_answer *answer;
    struct answer_draft *previous, *next;
    bool is_useless;
};

struct answer_cache {
    int64_t max_bytes;
    struct stored_answer *buckets[BUCKETS];
    struct stored_answer *newest, *oldest;
    struct answer_draft *drafts;
    int draft_count;
    int file_count;
    atomic_int_least64_t bytes;
    atomic_int_least64_t hits;
    atomic_int_least64_t misses;
};

struct answer_cache *answer_cache_new(int64_t max_bytes)
{
    struct answer_cache *cache = calloc(1, sizeof(*cache));

    if (cache != NULL)
        cache->max_bytes = max_bytes;
    return cache;
}

/* FNV-1a: names are random already, and only those of jobs that are there come here. */
static struct stored_answer **bucket_of(struct answer_cache *cache, struct str name)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)name.p[i]) * 16777619U;
    return &cache->buckets[hash & (BUCKETS - 1)];
}

/* --- what it takes --- */

static void count_bytes(struct answer_cache *cache, int64_t change)
{
    atomic_store(&cache->bytes, atomic_load(&cache->bytes) + change);
}

/* Brings the count of an answer's bytes up to date. */
static void recount(struct stored_answer *answer)
{
    const size_t body = answer->file != NULL ? answer->file->bytes.n : answer->body.capacity;
    int64_t bytes = (int64_t)(OVERHEAD_BYTES + answer->name.n + answer->stamp.n + body);

    count_bytes(answer->cache, bytes - answer->counted_bytes);
    answer->counted_bytes = bytes;
}

void stored_answer_unref(struct stored_answer *answer)
{
    if (answer == NULL || --answer->references > 0)
        return;
    count_bytes(answer->cache, -answer->counted_bytes);
    buf_deinit(&answer->body);
    if (answer->file != NULL)
        answer->cache->file_count--;
    memory_file_free(answer->file);
    free(answer);
}

struct str stored_answer_body(const struct stored_answer *answer)
{
    return answer->file != NULL ? answer->file->bytes : buf_str(&answer->body);
}

static void take_back(void *owner)
{
    stored_answer_unref(owner);
}

struct lent stored_answer_lend(struct stored_answer *answer, struct str piece)
{
    answer->references++;
    return (struct lent){piece, take_back, answer, answer->file};
}

/* --- places --- */

static void unlink_use(struct stored_answer *answer)
{
    struct answer_cache *cache = answer->cache;

    if (answer->newer != NULL)
        answer->newer->older = answer->older;
    else
        cache->newest = answer->older;
    if (answer->older != NULL)
        answer->older->newer = answer->newer;
    else
        cache->oldest = answer->newer;
    answer->newer = answer->older = NULL;
}

static void link_newest(struct stored_answer *answer)
{
    struct answer_cache *cache = answer->cache;

    answer->older = cache->newest;
    if (answer->older != NULL)
        answer->older->newer = answer;
    else
        cache->oldest = answer;
    cache->newest = answer;
}

static void evict(struct stored_answer *answer)
{
    struct stored_answer **at = bucket_of(answer->cache, answer->name);

    while (*at != answer)
        at = &(*at)->next_in_bucket;
    *at = answer->next_in_bucket;
    unlink_use(answer);
    stored_answer_unref(answer);
}

static bool is_of(const struct stored_answer *answer, struct str name, content_coding coding)
{
    return answer->coding == coding && str_equal(answer->name, name);
}

static struct stored_answer *look_up(struct answer_cache *cache, struct str name,
                                     content_coding coding)
{
    struct stored_answer *answer = *bucket_of(cache, name);

    while (answer != NULL && !is_of(answer, name, coding))
        answer = answer->next_in_bucket;
    return answer;
}

static bool is_old(const struct stored_answer *answer, int64_t now)
{
    return now - answer->store_time > (int64_t)ANSWER_CACHE_AGE_MS * NANOSECONDS_PER_MS;
}

struct stored_answer *answer_cache_find(struct answer_cache *cache, struct str name,
                                        content_coding coding, struct str stamp)
{
    struct stored_answer *answer = look_up(cache, name, coding);

    if (answer != NULL && (!str_equal(answer->stamp, stamp) || is_old(answer, time_mono()))) {
        evict(answer);
        answer = NULL;
    }
    if (answer == NULL) {
        atomic_fetch_add(&cache->misses, 1);
        return NULL;
    }
    atomic_fetch_add(&cache->hits, 1);
    unlink_use(answer);
    link_newest(answer);
    answer->references++;
    return answer;
}

/* --- drafts --- */

static bool has_draft(const struct answer_cache *cache, struct str name, content_coding coding)
{
    for (const struct answer_draft *draft = cache->drafts; draft != NULL; draft = draft->next)
        if (is_of(draft->answer, name, coding))
            return true;
    return false;
}

/* Room for so many more bytes; drafts cannot be evicted, and answers that still go out keep
 * theirs. */
static bool make_room(struct answer_cache *cache, int64_t bytes)
{
    while (atomic_load(&cache->bytes) + bytes > cache->max_bytes && cache->oldest != NULL)
        evict(cache->oldest);
    return atomic_load(&cache->bytes) + bytes <= cache->max_bytes;
}

struct answer_draft *answer_cache_begin(struct answer_cache *cache, struct str name,
                                        content_coding coding, struct str stamp)
{
    if (cache->draft_count == ANSWER_CACHE_DRAFTS_MAX || has_draft(cache, name, coding) ||
        !make_room(cache, (int64_t)(OVERHEAD_BYTES + name.n + stamp.n)))
        return NULL;
    struct answer_draft *draft = calloc(1, sizeof(*draft));
    struct stored_answer *answer = calloc(1, sizeof(*answer) + name.n + stamp.n);

    if (draft == NULL || answer == NULL) {
        free(draft);
        free(answer);
        return NULL;
    }
    char *texts = (char *)(answer + 1);
    memcpy(texts, name.p, name.n);
    memcpy(texts + name.n, stamp.p, stamp.n);
    answer->cache = cache;
    answer->references = 1;
    answer->coding = coding;
    answer->name = (struct str){texts, name.n};
    answer->stamp = (struct str){texts + name.n, stamp.n};
    buf_init(&answer->body, (size_t)(cache->max_bytes / ANSWER_CACHE_SHARE));
    recount(answer);
    draft->answer = answer;
    draft->next = cache->drafts;
    if (draft->next != NULL)
        draft->next->previous = draft;
    cache->drafts = draft;
    cache->draft_count++;
    return draft;
}

bool answer_draft_append(struct answer_draft *draft, struct str bytes)
{
    struct stored_answer *answer = draft->answer;
    /* As it grows, by doubling at most. */
    int64_t growth = (int64_t)(answer->body.length + bytes.n) * 2 - (int64_t)answer->body.capacity;

    if (draft->is_useless || (growth > 0 && !make_room(answer->cache, growth)) ||
        !buf_append(&answer->body, bytes.p, bytes.n)) {
        draft->is_useless = true;
        return false;
    }
    recount(answer);
    return true;
}

void answer_draft_free(struct answer_draft *draft)
{
    if (draft == NULL)
        return;
    draft->answer->cache->draft_count--;
    if (draft->previous != NULL)
        draft->previous->next = draft->next;
    else
        draft->answer->cache->drafts = draft->next;
    if (draft->next != NULL)
        draft->next->previous = draft->previous;
    stored_answer_unref(draft->answer);
    free(draft);
}

/* Without what it could still have grown by. */
static void fit(struct buf *body)
{
    char *data = realloc(body->data, body->length + 1);

    if (data == NULL)
        return;
    body->data = data;
    body->capacity = body->length + 1;
}

/* The answer's body becomes a file, where that pays. */
static void make_file(struct stored_answer *answer)
{
    if (answer->body.length < FILE_MIN_BYTES || answer->cache->file_count == FILES_MAX)
        return;
    answer->file = memory_file_new(buf_str(&answer->body));
    if (answer->file == NULL)
        return; /* it goes out as it lies */
    answer->cache->file_count++;
    buf_deinit(&answer->body);
}

void answer_draft_finish(struct answer_draft *draft)
{
    struct stored_answer *answer = draft->answer;

    if (!draft->is_useless && answer->body.length > 0) {
        struct stored_answer *before = look_up(answer->cache, answer->name, answer->coding);
        struct stored_answer **bucket = bucket_of(answer->cache, answer->name);

        if (before != NULL)
            evict(before);
        make_file(answer);
        if (answer->file == NULL)
            fit(&answer->body);
        recount(answer);
        answer->references++;
        answer->store_time = time_mono();
        answer->next_in_bucket = *bucket;
        *bucket = answer;
        link_newest(answer);
    }
    answer_draft_free(draft);
}

/* --- what leaves --- */

void answer_cache_drop(struct answer_cache *cache, struct str name)
{
    struct stored_answer *answer = *bucket_of(cache, name);

    while (answer != NULL) {
        struct stored_answer *next = answer->next_in_bucket;

        if (str_equal(answer->name, name))
            evict(answer);
        answer = next;
    }
    for (struct answer_draft *draft = cache->drafts; draft != NULL; draft = draft->next)
        if (str_equal(draft->answer->name, name))
            draft->is_useless = true;
}

void answer_cache_sweep(struct answer_cache *cache)
{
    const int64_t now = time_mono();
    struct stored_answer *answer = cache->oldest;

    while (answer != NULL) {
        struct stored_answer *newer = answer->newer;

        if (is_old(answer, now))
            evict(answer);
        answer = newer;
    }
}

void answer_cache_free(struct answer_cache *cache)
{
    if (cache == NULL)
        return;
    while (cache->oldest != NULL)
        evict(cache->oldest);
    free(cache);
}

struct answer_cache_counts answer_cache_counts(const struct answer_cache *cache)
{
    return (struct answer_cache_counts){
        .hits = atomic_load(&cache->hits),
        .misses = atomic_load(&cache->misses),
        .bytes = atomic_load(&cache->bytes),
    };
}
