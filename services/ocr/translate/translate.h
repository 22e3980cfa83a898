#pragma once

/*
 * Translation of the texts of a page by whatever is configured: a chat model behind an
 * OpenAI-compatible endpoint, a LibreTranslate-compatible server, Apertium's programs; asked in
 * this order, each for the pairs that it can do, the next one when one fails.
 *
 * Who answers is not trusted: time and size are bounded, and an answer with another number of texts
 * than were sent is none. Keys go to their endpoint alone. Thread rule: any thread; an http_client
 * one thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/ocr/language.h"

struct endpoint;
struct http_client;
struct translator;

enum {
    TRANSLATE_TEXTS_MAX = 5000,         /* of a page */
    TRANSLATE_PAGE_MAX_BYTES = 1 << 20, /* all of its texts together */
    TRANSLATE_TIME_MAX_MS = 10 * 60 * 1000,
    TRANSLATE_ENDPOINTS_MAX = 2,
};

/* As main.c has them of the environment; borrowed for as long as the translator lives. */
struct translate_settings {
    const char *chat_url; /* of the API, "https://host/v1"; "": there is none */
    const char *chat_model;
    const char *chat_key;  /* "": none is sent */
    const char *libre_url; /* of the server; "": there is none */
    const char *libre_key;
    const char *ca_file;          /* "": the certificates of the system */
    const char *apertium_modes;   /* folder of mode files; "": none */
    const char *apertium_program; /* ocrmesh-ocr-apertium */
    int64_t timeout_ms;           /* a page, by one of them */
    int64_t calls_max;            /* of a server at once */
    int64_t retries;
    int64_t breaker_failures;
    int64_t breaker_pause_ms;
};

/* Fails with FAILED_PRECONDITION CONFIG, naming the variable at fault. */
status_code translator_new(const struct translate_settings *settings,
                           struct translator **ret_translator, struct status *st) _must_check_;
void translator_free(struct translator *translator);
DEFINE_CLEANUP(struct translator *, translator)

/* The servers that are configured, for their metrics; live as long as the translator. Returns how
 * many. */
size_t translator_endpoints(const struct translator *translator,
                            struct endpoint *ret_endpoints[static TRANSLATE_ENDPOINTS_MAX]);
/* Appends metrics of its own in Prometheus text format. */
void translator_write_metrics(const struct translator *translator, struct buf *out);

/* Whether anything is configured. */
bool translator_is_there(const struct translator *translator);

/*
 * Whether a job may be translated, asked before any page is charged.
 *
 * @languages: as submitted, checked: "auto", or codes joined by "+".
 *
 * Fails with INVALID_ARGUMENT in the field translate_to: UNKNOWN_LANGUAGE, or UNSUPPORTED_PAIR when
 * nobody can translate into it from any of the languages, with the pairs that work; and with
 * UNAVAILABLE TRANSLATOR_UNAVAILABLE when the server that might cannot be asked.
 */
status_code translator_check(struct translator *translator, const char *languages,
                             const char *target, struct status *st) _must_check_;

struct translate_request {
    const struct language *source; /* NULL: not known */
    const struct language *target;
    const char *const *texts; /* UTF-8 without line breaks */
    size_t count;
    struct http_client *client; /* of the caller's thread; translator_interrupt() ends it */
};

/*
 * *ret_texts: as many, in the arena. Fails with FAILED_PRECONDITION UNSUPPORTED_PAIR when nobody
 * can do it, else as the last one that tried; the message completes "it was not translated: ...".
 */
status_code translator_run(struct translator *translator, const struct translate_request *request,
                           struct arena *arena, const char ***ret_texts,
                           struct status *st) _must_check_;

/* Ends what is under way with a client, and what follows until http_client_reset(). Any thread. */
void translator_interrupt(struct translator *translator, struct http_client *client);
