#pragma once

/*
 * Request targets: path, and query parameters (application/x-www-form-urlencoded).
 *
 * Thread rule: any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    URI_TARGET_MAX = 8192,   /* bytes of a request target */
    URI_PARAMETERS_MAX = 64, /* query parameters of a request */
};

struct uri_parameter {
    struct str name; /* decoded */
    struct str value;
};

struct uri {
    struct str path; /* as sent, not decoded; begins with '/', or is "*" */
    struct uri_parameter *parameters;
    size_t parameter_count;
};

/* Splits an origin-form ("/a?b=c"), absolute-form ("http://host/a") or asterisk-form target.
 * Fails with INVALID_ARGUMENT for anything else, for bytes outside visible ASCII, broken
 * percent-encoding, values that are not UTF-8 or hold control characters, and over the limits. */
status_code uri_parse(struct str target, struct arena *arena, struct uri *ret_uri,
                      struct status *st) _must_check_;

/* The first parameter of that name; false when there is none. */
bool uri_parameter(const struct uri *uri, const char *name, struct str *ret_value);
