#pragma once

/*
 * What translates: one small interface. A new one is one file and one line in translate.c.
 * Thread rule: any thread, but for `run`, which is called with a client of the caller's own.
 */

#include <stdbool.h>

#include <jansson.h>

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

/* A URL's "/PATH", in the arena; NULL when that is full. */
const char *backend_path(const char *url, const char *path, struct arena *arena);

/* Sends JSON, or nothing by GET where `body` is NULL, and reads JSON, up to 4 MiB, into `answer`,
 * which the caller has initialised. Fails with UNAVAILABLE for what may pass (no connection, 429,
 * 5xx), and in words that complete "it was not translated: NAME ...". */
status_code backend_call(const struct translate_backend *backend, struct http_client *client,
                         const char *url, const char *body, const char *key, int64_t deadline_ns,
                         struct buf *answer, struct status *st) _must_check_;

/* Takes the translations out of an array of as many strings as were sent, or fails with DATA_LOSS.
 */
status_code backend_take_texts(const struct translate_backend *backend,
                               const struct translate_request *request, const json_t *array,
                               struct arena *arena, const char **ret_texts,
                               struct status *st) _must_check_;
