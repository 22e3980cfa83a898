#pragma once

/*
 * Whether a content stream that came from elsewhere may stand in a file: a drawing of a page, or
 * the shape of a glyph. Only computes; any thread.
 *
 * Allowed are the operators that paint paths (ISO 32000-1 tables 59 to 61), that set how (table 57
 * without `gs`, `ri` and `i`), colours of devices (table 74), and `Do` of /G<n> and /I<n>; with the
 * operands that each of them takes, and nothing else: no text, no resources by other names, no
 * strings, no comments. `q` and `Q` are balanced, and no deeper than PDF/A allows.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"

enum {
    CONTENT_CHECK_DEPTH_MAX = 28, /* of q (ISO 19005-2 §6.1.13) */
    CONTENT_CHECK_OPERANDS_MAX = 32,
    CONTENT_CHECK_NUMBER_MAX_BYTES = 24,
};

/* What may be named: /G0 to /G<glyph_count - 1>, and so on. */
struct content_names {
    uint32_t glyph_count;
    uint32_t image_count;
};

/* *ret_has_cmyk: whether a colour of four inks is set. */
bool content_check(struct str content, const struct content_names *names, bool *ret_has_cmyk);
