#pragma once

/*
 * What translates: one small interface. A new one is one file and one line in translate.c.
 * Thread rule: any thread, but for `run`, which is called with a client of the caller's own.
 */

#include <stdbool.h>

#include <jansson.h>

#include "lib/endpoint/endpoint.h"
#include "services/ocr/translate/translate.h"

/* A pair that can be translated. */
struct translate_pair {
    const struct language *source;
    const struct language *target;
    const char *source_name; /* as the backend calls them; live as long as it */
    const char *target_name;
};

struct translate_backend {
    const char *name;
    const char *slug;          /* in metrics */
    struct endpoint *endpoint; /* NULL: it is none */
    const struct translate_settings *settings;
    void *data;
    /* Any pair, whatever the source; `pairs` is then NULL. */
    bool is_universal;
    /* All texts of a page at once: to begin costs it more than a text. Else in portions. */
    bool takes_pages;
    /* The pairs, in the arena. Fails with UNAVAILABLE when the server cannot be asked.
     * @deadline_ns: time_mono(). */
    status_code (*pairs)(const struct translate_backend *backend, struct http_client *client,
                         int64_t deadline_ns, struct arena *arena,
                         const struct translate_pair **ret_pairs, size_t *ret_count,
                         struct status *st);
    /* @pair: NULL for a universal one. @deadline_ns: time_mono(). */
    status_code (*run)(const struct translate_backend *backend,
                       const struct translate_request *request, const struct translate_pair *pair,
                       int64_t deadline_ns, struct arena *arena, const char **ret_texts,
                       struct status *st);
};

/* Each fills in a backend for settings that name it. */
void backend_chat_init(struct translate_backend *backend,
                       const struct translate_settings *settings);
void backend_libre_init(struct translate_backend *backend,
                        const struct translate_settings *settings);
void backend_apertium_init(struct translate_backend *backend,
                           const struct translate_settings *settings);

/*
 * Calls the backend's endpoint; client and time of `call` are filled in here. Fails as
 * endpoint_call(), in words that complete "it was not translated: ".
 */
status_code backend_call(const struct translate_backend *backend, struct http_client *client,
                         int64_t deadline_ns, struct endpoint_call *call,
                         struct status *st) _must_check_;

/* Takes the translations out of an array of as many strings as were sent, or fails with DATA_LOSS.
 */
status_code backend_take_texts(const struct translate_backend *backend,
                               const struct translate_request *request, const json_t *array,
                               struct arena *arena, const char **ret_texts,
                               struct status *st) _must_check_;
