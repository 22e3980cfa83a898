#include "services/chat/meaning.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/admin/prometheus.h"
#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/log/log.h"
#include "services/chat/embed/embedder.h"
#include "services/chat/embed/passage_embed.h"
#include "services/chat/embedding_queue.h"
#include "services/chat/store_embedding.h"

enum {
    /* A statement may take so long of a question's time, or of a turn's. */
    READ_TIMEOUT_MS = 2000,
    STORE_TIMEOUT_MS = 5000,
};

struct meaning {
    struct meaning_options options;
    pthread_t thread;

    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    struct embedder *embedder; /* set once, when it is loaded */
    bool is_broken;            /* it cannot be loaded */
    bool is_stopping;
    int questions; /* that have passages embedded now */
    struct embedding_queue queue;
    bool has_turn; /* a document that is no longer in the queue has its turn */
    int64_t passages;
};

/* --- one passage --- */

static status_code embed_passage(struct meaning *meaning, struct cached_document *document,
                                 size_t number, struct status *st)
{
    TRY(passage_embed(meaning->embedder, document_index_passages(cached_document_index(document)),
                      number, cached_document_vectors(document), st));
    (void)pthread_mutex_lock(&meaning->lock);
    meaning->passages++;
    (void)pthread_mutex_unlock(&meaning->lock);
    return STATUS_OK;
}

/* --- the background --- */

/* Waits for the job whose turn it is; false when the thread is to end. */
static bool begin_turn(struct meaning *meaning, struct embedding_job *ret_job)
{
    (void)pthread_mutex_lock(&meaning->lock);
    while (!meaning->is_stopping && (meaning->queue.length == 0 || meaning->questions > 0))
        (void)pthread_cond_wait(&meaning->changed, &meaning->lock);
    meaning->has_turn = !meaning->is_stopping && embedding_queue_take(&meaning->queue, ret_job);
    const bool is_begun = meaning->has_turn;
    (void)pthread_mutex_unlock(&meaning->lock);
    return is_begun;
}

static void add_to_queue(struct meaning *meaning, const char *job_id, const char *account_id)
{
    (void)pthread_mutex_lock(&meaning->lock);
    if (embedding_queue_add(&meaning->queue, job_id, account_id))
        (void)pthread_cond_broadcast(&meaning->changed);
    (void)pthread_mutex_unlock(&meaning->lock);
}

static bool has_questions(struct meaning *meaning)
{
    bool has;

    (void)pthread_mutex_lock(&meaning->lock);
    has = meaning->questions > 0 || meaning->is_stopping;
    (void)pthread_mutex_unlock(&meaning->lock);
    return has;
}

/* Embeds what is missing of a part; *ret_is_whole is false when a question came in between. */
static status_code embed_part(struct meaning *meaning, struct cached_document *document,
                              size_t part, bool *ret_is_whole, struct status *st)
{
    const struct passages *passages = document_index_passages(cached_document_index(document));
    const struct passage_vectors *vectors = cached_document_vectors(document);
    size_t number = part * VECTORS_PART_PASSAGES, end = number + VECTORS_PART_PASSAGES;

    if (end > passages->count)
        end = passages->count;
    while ((number = passage_vectors_missing(vectors, number)) < end) {
        if (has_questions(meaning))
            break;
        TRY(embed_passage(meaning, document, number, st));
    }
    *ret_is_whole = number >= end;
    return STATUS_OK;
}

static status_code keep_part(struct meaning *meaning, struct cached_document *document, size_t part,
                             struct status *st)
{
    struct passage_vectors *vectors = cached_document_vectors(document);

    if (meaning->options.db != NULL)
        TRY(store_embedding_put(meaning->options.db, time_mono_after_ms(STORE_TIMEOUT_MS),
                                cached_document_job(document), vectors, part, st));
    passage_vectors_set_kept(vectors, part);
    return STATUS_OK;
}

static bool is_all_kept(struct cached_document *document)
{
    const struct passage_vectors *vectors = cached_document_vectors(document);

    return passage_vectors_not_kept(vectors, 0) == passage_vectors_part_count(vectors);
}

/* One part of the document; false when nothing is left to do. */
static bool take_turn(struct meaning *meaning, struct cached_document *document)
{
    size_t part = passage_vectors_not_kept(cached_document_vectors(document), 0);
    bool is_whole = false;
    struct status st = {0};

    if (is_all_kept(document))
        return false;
    if (embed_part(meaning, document, part, &is_whole, &st) != STATUS_OK) {
        log_failure(LOG_WARNING, "a document is searched by its words alone", &st);
        return false;
    }
    if (is_whole && keep_part(meaning, document, part, &st) != STATUS_OK) {
        log_failure(LOG_WARNING, "the embeddings of a document were not stored", &st,
                    LOG_STRING("job_id", cached_document_job(document)));
        return false;
    }
    return !is_all_kept(document);
}

/* Where there is no room for what is left of it, it comes with its next question. */
static void end_turn(struct meaning *meaning, const struct embedding_job *job, bool is_unfinished)
{
    (void)pthread_mutex_lock(&meaning->lock);
    meaning->has_turn = false;
    if (is_unfinished)
        (void)embedding_queue_add(&meaning->queue, job->id, job->account_id);
    (void)pthread_mutex_unlock(&meaning->lock);
}

static bool load(struct meaning *meaning)
{
    struct embedder *embedder = NULL;
    struct status st = {0};

    if (embedder_open(meaning->options.folder, &embedder, &st) != STATUS_OK)
        log_failure(LOG_WARNING, "documents are searched by their words alone", &st);
    (void)pthread_mutex_lock(&meaning->lock);
    meaning->embedder = embedder;
    meaning->is_broken = embedder == NULL;
    (void)pthread_cond_broadcast(&meaning->changed);
    (void)pthread_mutex_unlock(&meaning->lock);
    return embedder != NULL;
}

static void *run(void *arg)
{
    struct meaning *meaning = arg;
    struct embedding_job job;

    if (!load(meaning))
        return NULL;
    while (begin_turn(meaning, &job)) {
        struct cached_document *document = document_cache_find(meaning->options.cache, job.id);
        bool is_unfinished = document != NULL && take_turn(meaning, document);

        cached_document_unrefp(&document);
        end_turn(meaning, &job, is_unfinished);
    }
    return NULL;
}

status_code meaning_start(const struct meaning_options *options, struct meaning **ret_meaning,
                          struct status *st)
{
    struct meaning *meaning = calloc(1, sizeof(*meaning));

    if (meaning == NULL)
        return FAIL_MEMORY(st);
    meaning->options = *options;
    (void)pthread_mutex_init(&meaning->lock, NULL);
    wait_init(&meaning->changed);
    if (pthread_create(&meaning->thread, NULL, run, meaning) != 0) {
        (void)pthread_cond_destroy(&meaning->changed);
        (void)pthread_mutex_destroy(&meaning->lock);
        free(meaning);
        return FAIL_MEMORY(st);
    }
    *ret_meaning = meaning;
    return STATUS_OK;
}

void meaning_stop(struct meaning *meaning)
{
    if (meaning == NULL)
        return;
    (void)pthread_mutex_lock(&meaning->lock);
    meaning->is_stopping = true;
    (void)pthread_cond_broadcast(&meaning->changed);
    (void)pthread_mutex_unlock(&meaning->lock);
    (void)pthread_join(meaning->thread, NULL);
    (void)pthread_cond_destroy(&meaning->changed);
    (void)pthread_mutex_destroy(&meaning->lock);
    embedder_close(meaning->embedder);
    free(meaning);
}

/* --- a question --- */

static void count_questions(struct meaning *meaning, int more)
{
    (void)pthread_mutex_lock(&meaning->lock);
    meaning->questions += more;
    (void)pthread_cond_broadcast(&meaning->changed);
    (void)pthread_mutex_unlock(&meaning->lock);
}

/* Waits for the model to be loaded; false when it is not there. */
static bool wait_for_model(struct meaning *meaning, int64_t deadline)
{
    bool is_there;

    (void)pthread_mutex_lock(&meaning->lock);
    while (meaning->embedder == NULL && !meaning->is_broken &&
           wait_until(&meaning->changed, &meaning->lock, deadline))
        ;
    is_there = meaning->embedder != NULL;
    (void)pthread_mutex_unlock(&meaning->lock);
    return is_there;
}

/* Those that fit by words, then the others in order, as long as there is time. */
static status_code embed_first(struct meaning *meaning, struct cached_document *document,
                               const struct meaning_question *question, int64_t end,
                               struct status *st)
{
    const struct passages *passages = document_index_passages(cached_document_index(document));
    const struct passage_vectors *vectors = cached_document_vectors(document);
    size_t number = 0;

    for (size_t i = 0; i < question->hit_count && i < MEANING_HITS_MAX && time_mono() < end; i++)
        if (!passage_vectors_has(vectors, question->hits[i].passage))
            TRY(embed_passage(meaning, document, question->hits[i].passage, st));
    while (time_mono() < end) {
        number = passage_vectors_missing(vectors, number);
        if (number >= passages->count)
            break;
        TRY(embed_passage(meaning, document, number, st));
    }
    return STATUS_OK;
}

/* What is in the database; where it cannot be read, it is computed anew. */
static void read_kept(struct meaning *meaning, struct cached_document *document)
{
    struct status st = {0};

    if (meaning->options.db != NULL &&
        store_embedding_get(meaning->options.db, time_mono_after_ms(READ_TIMEOUT_MS),
                            cached_document_job(document), cached_document_vectors(document),
                            &st) != STATUS_OK)
        log_failure(LOG_WARNING, "the embeddings of a document were not read", &st,
                    LOG_STRING("job_id", cached_document_job(document)));
}

status_code meaning_affinity(struct meaning *meaning, struct cached_document *document,
                             const struct meaning_question *question, struct arena *arena,
                             const float **ret_affinity, struct status *st)
{
    const struct passages *passages = document_index_passages(cached_document_index(document));
    const struct passage_vectors *vectors = cached_document_vectors(document);
    float *affinity = ARENA_NEW_ARRAY(arena, float, passages->count + 1);
    float vector[EMBEDDING_WIDTH];

    if (affinity == NULL)
        return FAIL_MEMORY(st);
    if (!wait_for_model(meaning, time_mono_after_ms(MEANING_LOAD_WAIT_MS)))
        return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                    "the embedding model is not loaded");
    TRY(embedder_embed(meaning->embedder, EMBED_QUESTION, question->text, vector, st));
    if (passage_vectors_count(vectors) == 0) {
        read_kept(meaning, document);
        count_questions(meaning, 1);
        status_code code =
            embed_first(meaning, document, question, time_mono_after_ms(MEANING_FIRST_WAIT_MS), st);
        count_questions(meaning, -1);
        if (code != STATUS_OK)
            return code;
    }
    if (!is_all_kept(document))
        add_to_queue(meaning, cached_document_job(document), question->account_id);
    passage_vectors_affinity(vectors, vector, affinity);
    *ret_affinity = affinity;
    return STATUS_OK;
}

void meaning_write_metrics(struct meaning *meaning, struct buf *out)
{
    int64_t documents, passages;

    (void)pthread_mutex_lock(&meaning->lock);
    documents = (int64_t)meaning->queue.length + meaning->has_turn;
    passages = meaning->passages;
    (void)pthread_mutex_unlock(&meaning->lock);
    prometheus_counter(out, "ocrmesh_chat_passages_embedded_total", "Passages that were embedded.",
                       passages);
    prometheus_head(out, "ocrmesh_chat_documents_to_embed", "gauge",
                    "Documents whose passages are embedded or wait for it.");
    prometheus_integer(out, documents, "ocrmesh_chat_documents_to_embed");
}
