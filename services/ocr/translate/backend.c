#include "services/ocr/translate/backend.h"

#include <string.h>

#include "lib/base/str.h"
#include "lib/http/http_client.h"

enum {
    CONNECT_MS = 5000,
    STALL_MS = 20000,
    ANSWER_MAX_BYTES = 4 << 20,
};

const char *backend_path(const char *url, const char *path, struct arena *arena)
{
    size_t length = strlen(url);

    while (length > 0 && url[length - 1] == '/')
        length--;
    return arena_printf(arena, "%.*s/%s", (int)length, url, path);
}

static bool on_body(void *arg, const struct http_answer *answer, struct str piece)
{
    struct buf *body = arg;

    (void)answer;
    return buf_append(body, piece.p, piece.n);
}

status_code backend_call(const struct translate_backend *backend, struct http_client *client,
                         const char *url, const char *body, const char *key, int64_t deadline_ns,
                         struct buf *answer, struct status *st)
{
    struct http_answer head = {0};
    struct status failure = {0};
    const struct http_request request = {
        .url = url,
        .body = str_of(body),
        .content_type = "application/json",
        .bearer_token = key,
        .ca_file = backend->settings->ca_file,
        .times = {.connect_ms = CONNECT_MS,
                  .first_byte_ms = backend->settings->timeout_ms,
                  .stall_ms = STALL_MS,
                  .deadline_ns = deadline_ns},
        .body_max_bytes = ANSWER_MAX_BYTES,
        .on_body = on_body,
        .arg = answer,
    };
    status_code code = body != NULL ? http_client_post(client, &request, &head, &failure)
                                    : http_client_get(client, &request, &head, &failure);

    if (code != STATUS_OK)
        return FAIL(st, code, NULL, "%s: %s", backend->name, failure.message);
    if (head.status == 200)
        return STATUS_OK;
    return FAIL(st,
                head.status == 429 || head.status >= 500 ? STATUS_UNAVAILABLE
                                                         : STATUS_FAILED_PRECONDITION,
                NULL, "%s answered with HTTP status %d", backend->name, head.status);
}

status_code backend_take_texts(const struct translate_backend *backend,
                               const struct translate_request *request, const json_t *array,
                               struct arena *arena, const char **ret_texts, struct status *st)
{
    bool is_whole = json_array_size(array) == request->count;

    for (size_t i = 0; is_whole && i < request->count; i++) {
        const char *text = json_string_value(json_array_get(array, i));
        is_whole = text != NULL;
        ret_texts[i] = is_whole ? arena_strdup(arena, text) : NULL;
        if (is_whole && ret_texts[i] == NULL)
            return FAIL_MEMORY(st);
    }
    return is_whole ? STATUS_OK
                    : FAIL(st, STATUS_DATA_LOSS, NULL,
                           "%s did not answer with as many texts as were sent", backend->name);
}
