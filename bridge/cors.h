#pragma once

/*
 * Cross-origin requests (Fetch standard, "CORS protocol"): which sites' pages may read answers.
 *
 * By configuration, none by default. Cookies never count for them: answers say nothing of
 * credentials, so a page of another site sends its API token or none. Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"

enum { CORS_ORIGINS_MAX = 64 };

struct cors_policy {
    struct str origins[CORS_ORIGINS_MAX]; /* views of the setting */
    size_t count;
    bool is_open; /* "*": all */
};

/* @text: origins ("https://app.example.com"), separated by commas, or "*"; empty: none. The text
 * has to live as long. Fails with INVALID_ARGUMENT, naming the member that is no origin. */
status_code cors_parse(const char *text, struct cors_policy *ret_policy,
                       struct status *st) _must_check_;

/* Adds to whichever answer it will be what lets the page that asks read it, if it may. */
void cors_allow(const struct cors_policy *policy, struct exchange *exchange);
/* Answers OPTIONS, also a preflight: `allow` is the list of methods. */
void cors_answer_options(const struct cors_policy *policy, struct exchange *exchange,
                         const char *allow);
