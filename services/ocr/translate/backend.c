#include "services/ocr/translate/backend.h"

#include "lib/base/clock.h"

status_code backend_call(const struct translate_backend *backend, struct http_client *client,
                         int64_t deadline_ns, struct endpoint_call *call, struct status *st)
{
    struct status failure = {0};

    call->client = client;
    call->timeout_ms = (deadline_ns - time_mono()) / NANOSECONDS_PER_MS;
    if (endpoint_call(backend->endpoint, call, &failure) == STATUS_OK)
        return STATUS_OK;
    return FAIL(st, failure.code, NULL, "%s was asked, but %s", backend->name, failure.message);
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
