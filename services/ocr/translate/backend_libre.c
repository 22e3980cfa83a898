/* LibreTranslate and what speaks like it: POST /translate, GET /languages
 * (docs.libretranslate.com/api). */

#include <jansson.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/http/http_client.h"
#include "services/ocr/translate/backend.h"

enum { PAIRS_MAX = 20000, ANSWER_MAX_BYTES = 4 << 20 };

struct asking {
    struct buf body;
    json_t *root; /* NULL: not yet */
};

static void asking_deinit(struct asking *asking)
{
    buf_deinit(&asking->body);
    json_decref(asking->root);
}

static void begin(void *arg)
{
    struct asking *asking = arg;

    buf_clear(&asking->body);
}

static bool on_body(void *arg, const struct http_answer *answer, struct str piece)
{
    struct asking *asking = arg;

    (void)answer;
    return buf_append(&asking->body, piece.p, piece.n);
}

static status_code end(void *arg, struct status *st)
{
    struct asking *asking = arg;
    struct str body = buf_str(&asking->body);

    asking->root = json_loadb(body.p, body.n, 0, NULL);
    return asking->root == NULL ? FAIL(st, STATUS_DATA_LOSS, NULL, "its answer is malformed")
                                : STATUS_OK;
}

/* @body: NULL: nothing is sent. */
static status_code call(const struct translate_backend *backend, struct http_client *client,
                        const char *path, const char *body, int64_t deadline_ns,
                        struct arena *arena, json_t **ret_root, struct status *st)
{
    _cleanup_(asking_deinit) struct asking asking = {.root = NULL};
    struct str base = str_of(backend->settings->libre_url);

    while (base.n > 0 && base.p[base.n - 1] == '/')
        base.n--;
    const char *url = arena_printf(arena, "%.*s%s", (int)base.n, base.p, path);
    buf_init(&asking.body, ANSWER_MAX_BYTES);
    if (url == NULL)
        return FAIL_MEMORY(st);
    TRY(backend_call(backend, client, deadline_ns,
                     &(struct endpoint_call){.url = url,
                                             .body = str_of(body == NULL ? "" : body),
                                             .answer_max_bytes = ANSWER_MAX_BYTES,
                                             .begin = begin,
                                             .on_body = on_body,
                                             .end = end,
                                             .arg = &asking},
                     st));
    *ret_root = TAKE(asking.root);
    return STATUS_OK;
}

/* [{"code": "en", "targets": ["de", ...]}, ...]; without targets each goes into each. */
static status_code pairs(const struct translate_backend *backend, struct http_client *client,
                         int64_t deadline_ns, struct arena *arena,
                         const struct translate_pair **ret_pairs, size_t *ret_count,
                         struct status *st)
{
    json_auto_t *root = NULL;
    struct translate_pair *list = ARENA_NEW_ARRAY(arena, struct translate_pair, PAIRS_MAX);
    size_t count = 0;
    json_t *from, *to;
    size_t i, k;

    if (list == NULL)
        return FAIL_MEMORY(st);
    TRY(call(backend, client, "/languages", NULL, deadline_ns, arena, &root, st));
    json_array_foreach(root, i, from)
    {
        const char *source = json_string_value(json_object_get(from, "code"));
        json_t *targets = json_object_get(from, "targets");
        bool is_plain = !json_is_array(targets);
        json_array_foreach(is_plain ? root : targets, k, to)
        {
            const char *target = json_string_value(is_plain ? json_object_get(to, "code") : to);
            struct translate_pair pair = {
                .source = source == NULL ? NULL : language_find(str_of(source)),
                .target = target == NULL ? NULL : language_find(str_of(target)),
            };
            if (pair.source == NULL || pair.target == NULL || pair.source == pair.target ||
                count == PAIRS_MAX)
                continue;
            pair.source_name = arena_strdup(arena, source);
            pair.target_name = arena_strdup(arena, target);
            if (pair.source_name == NULL || pair.target_name == NULL)
                return FAIL_MEMORY(st);
            list[count++] = pair;
        }
    }
    *ret_pairs = list;
    *ret_count = count;
    return STATUS_OK;
}

static char *make_body(const struct translate_backend *backend,
                       const struct translate_request *request, const struct translate_pair *pair)
{
    json_auto_t *body = json_pack("{s:[], s:s, s:s, s:s}", "q", "source", pair->source_name,
                                  "target", pair->target_name, "format", "text");
    json_t *texts = json_object_get(body, "q");

    if (texts == NULL)
        return NULL;
    for (size_t i = 0; i < request->count; i++)
        if (json_array_append_new(texts, json_string(request->texts[i])) != 0)
            return NULL;
    if (backend->settings->libre_key[0] != '\0' &&
        json_object_set_new(body, "api_key", json_string(backend->settings->libre_key)) != 0)
        return NULL;
    return json_dumps(body, JSON_COMPACT);
}

static status_code run(const struct translate_backend *backend,
                       const struct translate_request *request, const struct translate_pair *pair,
                       int64_t deadline_ns, struct arena *arena, const char **ret_texts,
                       struct status *st)
{
    _cleanup_(freep) char *body = make_body(backend, request, pair);
    json_auto_t *root = NULL;

    if (body == NULL)
        return FAIL_MEMORY(st);
    TRY(call(backend, request->client, "/translate", body, deadline_ns, arena, &root, st));
    return backend_take_texts(backend, request, json_object_get(root, "translatedText"), arena,
                              ret_texts, st);
}

void backend_libre_init(struct translate_backend *backend,
                        const struct translate_settings *settings)
{
    *backend = (struct translate_backend){.name = "the LibreTranslate server",
                                          .slug = "libre",
                                          .settings = settings,
                                          .pairs = pairs,
                                          .run = run};
}
