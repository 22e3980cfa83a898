#include "services/ocr/translate/translate.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/admin/prometheus.h"
#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/endpoint/completion.h"
#include "lib/http/http_client.h"
#include "lib/log/log.h"
#include "services/ocr/translate/backend.h"

enum {
    BACKENDS_MAX = 3,
    PAIRS_ARENA_MAX_BYTES = 16 << 20,
    PAIRS_KEPT_MS = 10 * 60 * 1000, /* before a server is asked again */
    PAIRS_TIMEOUT_MS = 10 * 1000,   /* a submission waits for it */
    PAIRS_LIST_BYTES = 150,         /* of a refusal */
    BATCH_TEXTS_MAX = 60,
    BATCH_MAX_BYTES = 6000, /* what models and servers take at once without losing count */
    CONNECT_MS = 5000,
    STALL_MS = 20000,
};

struct pairs {
    const struct translate_pair *list; /* NULL of a universal backend */
    size_t count;
};

/* A backend and the pairs that it has. */
struct source {
    struct translate_backend backend;
    pthread_mutex_t lock;
    struct arena *arena; /* of the pairs; kept once there are any, for requests use them */
    struct pairs pairs;
    atomic_llong pages;    /* that it has translated */
    int64_t asked_time;    /* time_mono(); 0: never */
    struct status failure; /* of the last time that it could not be asked ... */
    int64_t failed_time;   /* ... which ended then */
};

struct translator {
    struct translate_settings settings;
    struct source sources[BACKENDS_MAX];
    size_t count;
    atomic_llong pages_without;
};

static status_code check_settings(const struct translate_settings *settings, struct status *st)
{
    if (settings->chat_url[0] != '\0')
        TRY(completion_check("OCR_TRANSLATE", settings->chat_url, settings->chat_model,
                             settings->chat_key, st));
    if (settings->libre_url[0] != '\0')
        TRY(endpoint_check_url("OCR_LIBRETRANSLATE_URL", settings->libre_url, st));
    return STATUS_OK;
}

static void add(struct translator *translator,
                void (*init)(struct translate_backend *backend,
                             const struct translate_settings *settings))
{
    struct source *source = &translator->sources[translator->count++];

    init(&source->backend, &translator->settings);
    pthread_mutex_init(&source->lock, NULL);
}

/* The same for a server. @key: its bearer token. */
static status_code add_server(struct translator *translator,
                              void (*init)(struct translate_backend *backend,
                                           const struct translate_settings *settings),
                              const char *key, struct status *st)
{
    const struct translate_settings *settings = &translator->settings;

    add(translator, init);
    struct translate_backend *backend = &translator->sources[translator->count - 1].backend;
    backend->endpoint = endpoint_new(&(struct endpoint_settings){
        .name = backend->slug,
        .api_key = key,
        .ca_file = settings->ca_file,
        .connect_ms = CONNECT_MS,
        .first_byte_ms = settings->timeout_ms,
        .stall_ms = STALL_MS,
        .calls_max = settings->calls_max,
        .retries = settings->retries,
        .breaker_failures = settings->breaker_failures,
        .breaker_pause_ms = settings->breaker_pause_ms,
    });
    return backend->endpoint == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

status_code translator_new(const struct translate_settings *settings,
                           struct translator **ret_translator, struct status *st)
{
    TRY(check_settings(settings, st));
    _cleanup_(translator_freep) struct translator *translator = calloc(1, sizeof(*translator));
    if (translator == NULL)
        return FAIL_MEMORY(st);
    translator->settings = *settings;
    if (settings->chat_url[0] != '\0')
        TRY(add_server(translator, backend_chat_init, settings->chat_key, st));
    if (settings->libre_url[0] != '\0')
        TRY(add_server(translator, backend_libre_init, "", st));
    if (settings->apertium_modes[0] != '\0')
        add(translator, backend_apertium_init);
    *ret_translator = TAKE(translator);
    return STATUS_OK;
}

void translator_free(struct translator *translator)
{
    if (translator == NULL)
        return;
    for (size_t i = 0; i < translator->count; i++) {
        endpoint_free(translator->sources[i].backend.endpoint);
        pthread_mutex_destroy(&translator->sources[i].lock);
        arena_free(translator->sources[i].arena);
    }
    free(translator);
}

size_t translator_endpoints(const struct translator *translator,
                            struct endpoint *ret_endpoints[static TRANSLATE_ENDPOINTS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < translator->count; i++)
        if (translator->sources[i].backend.endpoint != NULL)
            ret_endpoints[count++] = translator->sources[i].backend.endpoint;
    return count;
}

void translator_write_metrics(const struct translator *translator, struct buf *out)
{
    prometheus_head(out, "ocrmesh_ocr_translate_pages_total", "counter",
                    "Pages that were to be translated, by who did it.");
    for (size_t i = 0; i < translator->count; i++)
        prometheus_integer(out, atomic_load(&translator->sources[i].pages),
                           "ocrmesh_ocr_translate_pages_total{by=\"%s\"}",
                           translator->sources[i].backend.slug);
    prometheus_integer(out, atomic_load(&translator->pages_without),
                       "ocrmesh_ocr_translate_pages_total{by=\"none\"}");
}

bool translator_is_there(const struct translator *translator)
{
    return translator->count > 0;
}

/* --- pairs --- */

/* What is known, under the lock. */
static struct pairs known_pairs(struct source *source)
{
    pthread_mutex_lock(&source->lock);
    struct pairs pairs = source->pairs;
    pthread_mutex_unlock(&source->lock);
    return pairs;
}

/* With the lock held. Pairs that are in use must stay where they are: a list is taken over only
 * where there was none. */
static status_code ask_pairs(struct source *source, struct http_client *client, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(PAIRS_ARENA_MAX_BYTES);
    struct pairs pairs = {NULL, 0};

    if (arena == NULL)
        return FAIL_MEMORY(st);
    if (source->backend.pairs(&source->backend, client, time_mono_after_ms(PAIRS_TIMEOUT_MS), arena,
                              &pairs.list, &pairs.count, st) != STATUS_OK) {
        source->failure = *st;
        source->failed_time = time_mono();
        return st->code;
    }
    arena_free(source->arena);
    source->arena = TAKE(arena);
    source->pairs = pairs;
    source->asked_time = time_mono();
    return STATUS_OK;
}

/* The pairs of a backend, which is asked once, and now and then for as long as it has none. Who
 * came while another was asking shares what came of it, lest all wait one after the other for a
 * server that does not answer. */
static status_code load_pairs(struct source *source, struct http_client *client,
                              struct pairs *ret_pairs, struct status *st)
{
    int64_t start_time = time_mono();
    status_code code = STATUS_OK;

    if (!source->backend.is_universal) {
        pthread_mutex_lock(&source->lock);
        bool is_due = source->pairs.count == 0 &&
                      (source->asked_time == 0 ||
                       time_mono() - source->asked_time > PAIRS_KEPT_MS * NANOSECONDS_PER_MS);
        if (is_due && source->failed_time > start_time) {
            *st = source->failure;
            code = st->code;
        } else if (is_due) {
            code = ask_pairs(source, client, st);
        }
        pthread_mutex_unlock(&source->lock);
    }
    if (code == STATUS_OK)
        *ret_pairs = known_pairs(source);
    return code;
}

static const struct translate_pair *find_pair(const struct pairs *pairs,
                                              const struct language *from,
                                              const struct language *to)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (pairs->list[i].source == from && pairs->list[i].target == to)
            return &pairs->list[i];
    return NULL;
}

/* Whether any of the languages of a submission, or any at all for "auto", can be translated. */
static bool can_any(const struct pairs *pairs, const char *languages, const struct language *to)
{
    struct str rest = str_of(languages);
    struct str code;

    if (str_equal_nocase(rest, STR("auto"))) {
        for (size_t i = 0; i < pairs->count; i++)
            if (pairs->list[i].target == to)
                return true;
        return false;
    }
    while (str_next_token(&rest, '+', &code)) {
        const struct language *from = language_find(code);
        if (from == to || find_pair(pairs, from, to) != NULL)
            return true;
    }
    return false;
}

/* "en-es, en-ca": those into the target first, then others, as far as they fit. */
static void list_pairs(struct translator *translator, const struct language *to, struct buf *list)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < translator->count; i++) {
            const struct pairs pairs = known_pairs(&translator->sources[i]);
            for (size_t k = 0; k < pairs.count; k++) {
                const struct translate_pair *pair = &pairs.list[k];
                /* Two ways of writing a language are two pairs of one name. */
                if ((pair->target == to) == (pass == 0) &&
                    find_pair(&pairs, pair->source, pair->target) == pair &&
                    !buf_printf(list, "%s%s-%s", list->length > 0 ? ", " : "", pair->source->code,
                                pair->target->code))
                    return;
            }
        }
}

static status_code fail_unsupported(struct translator *translator, const char *languages,
                                    const struct language *to, struct status *st)
{
    struct buf list;

    buf_init(&list, PAIRS_LIST_BYTES);
    list_pairs(translator, to, &list);
    (void)FAIL_FIELD(st, "translate_to", "UNSUPPORTED_PAIR",
                     "nothing here translates from %.20s into %s; pairs that work: %s", languages,
                     to->code, list.length > 0 ? list.data : "none");
    buf_deinit(&list);
    return st->code;
}

status_code translator_check(struct translator *translator, const char *languages,
                             const char *target, struct status *st)
{
    const struct language *to = language_find(str_of(target));
    _cleanup_(http_client_freep) struct http_client *client = NULL;
    struct status unreached = {.code = STATUS_OK};

    if (to == NULL)
        return language_fail_unknown("translate_to", str_of(target), st);
    client = http_client_new();
    if (client == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < translator->count; i++) {
        struct source *source = &translator->sources[i];
        struct pairs pairs;
        struct status failure = {0};
        if (load_pairs(source, client, &pairs, &failure) != STATUS_OK)
            unreached = failure;
        else if (source->backend.is_universal || can_any(&pairs, languages, to))
            return STATUS_OK;
    }
    if (unreached.code != STATUS_OK) {
        log_failure(LOG_WARNING, "a translator's pairs are not known", &unreached);
        return FAIL(st, STATUS_UNAVAILABLE, "TRANSLATOR_UNAVAILABLE",
                    "what translates cannot be reached at the moment; try again");
    }
    return fail_unsupported(translator, languages, to, st);
}

/* --- translation --- */

/* Where the portion that begins at `begin` ends. */
static size_t portion_end(const struct source *source, const struct translate_request *request,
                          size_t begin)
{
    size_t bytes = strlen(request->texts[begin]);
    size_t end = begin + 1;

    if (source->backend.takes_pages)
        return request->count;
    while (end < request->count && end - begin < BATCH_TEXTS_MAX &&
           bytes + strlen(request->texts[end]) <= BATCH_MAX_BYTES)
        bytes += strlen(request->texts[end++]);
    return end;
}

static status_code run_batches(const struct source *source, const struct translate_pair *pair,
                               const struct translate_request *request, int64_t deadline_ns,
                               struct arena *arena, const char **texts, struct status *st)
{
    for (size_t begin = 0, end; begin < request->count; begin = end) {
        end = portion_end(source, request, begin);
        struct translate_request batch = *request;
        batch.texts = request->texts + begin;
        batch.count = end - begin;
        TRY(source->backend.run(&source->backend, &batch, pair, deadline_ns, arena, texts + begin,
                                st));
    }
    return STATUS_OK;
}

status_code translator_run(struct translator *translator, const struct translate_request *request,
                           struct arena *arena, const char ***ret_texts, struct status *st)
{
    const char **texts = ARENA_NEW_ARRAY(arena, const char *, request->count + 1);
    bool was_tried = false;

    if (texts == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < translator->count; i++) {
        struct source *source = &translator->sources[i];
        const struct translate_pair *pair = NULL;
        struct pairs pairs = {NULL, 0};
        struct status failure = {0};
        if (load_pairs(source, request->client, &pairs, &failure) == STATUS_OK) {
            pair = find_pair(&pairs, request->source, request->target);
            if (pair == NULL && !source->backend.is_universal)
                continue;
        }
        was_tried = true;
        if (failure.code == STATUS_OK &&
            run_batches(source, pair, request, time_mono_after_ms(translator->settings.timeout_ms),
                        arena, texts, &failure) == STATUS_OK) {
            atomic_fetch_add(&source->pages, 1);
            *ret_texts = texts;
            return STATUS_OK;
        }
        *st = failure;
        if (failure.code == STATUS_CANCELLED)
            return st->code;
    }
    atomic_fetch_add(&translator->pages_without, 1);
    if (was_tried)
        return st->code;
    return FAIL(st, STATUS_FAILED_PRECONDITION, "UNSUPPORTED_PAIR",
                "nothing here translates from %s into %s",
                request->source == NULL ? "a language that was not recognised"
                                        : request->source->name,
                request->target->name);
}

void translator_interrupt(struct translator *translator, struct http_client *client)
{
    http_client_interrupt(client);
    for (size_t i = 0; i < translator->count; i++)
        if (translator->sources[i].backend.endpoint != NULL)
            endpoint_interrupt(translator->sources[i].backend.endpoint, client);
}
