#pragma once

/*
 * Reads a request's small JSON body whole.
 *
 * Thread rule: the loop thread.
 */

#include <jansson.h>

#include "bridge/http/exchange.h"

enum { JSON_BODY_MAX_BYTES = 64 * 1024 };

/* Takes the exchange over, its handler included. `on_json` gets the body, an object, borrowed for
 * the callback; a body that is none, or larger, answers the exchange with 400 instead. */
void json_body_read(struct exchange *exchange,
                    void (*on_json)(struct exchange *exchange, const json_t *body));

/* The member as text: "" when it is missing. Fails with INVALID_ARGUMENT INVALID_FIELD when it is
 * not a string. Lives as long as the body. */
status_code json_body_string(const json_t *body, const char *name, const char **ret_text,
                             struct status *st) _must_check_;
/* Both members as text; fails as json_body_string() does. */
status_code json_body_strings(const json_t *body, const char *first_name, const char **ret_first,
                              const char *second_name, const char **ret_second,
                              struct status *st) _must_check_;
