#pragma once

/*
 * Header fields and what stands in their values (RFC 9110 §5.6): tokens, quoted strings,
 * parameters and lists.
 *
 * Views point into what was passed in. Thread rule: any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/str.h"

/* A header field; names are lower case. */
struct header_field {
    struct str name;
    struct str value; /* without surrounding white space */
};

/* RFC 9110 §5.6.2: at least one character, all of them tchar. */
bool header_is_token(struct str text);
/* RFC 9110 §5.5: visible ASCII, space, tab and obs-text; no CR, LF, NUL or other control. */
bool header_is_value(struct str text);

/* One `name=value` or bare `name` of a parameter list. */
struct header_parameter {
    struct str name;
    struct str value; /* quotes and escapes removed */
    bool has_value;
};

/* Takes the next parameter off *rest, up to and including the next `separator` (';' within a
 * value, ',' in a list). Returns false at the end and on text that is no parameter, when it sets
 * *ret_is_malformed. `arena` takes values that had escapes. A backslash escapes only '"' and
 * itself: old browsers send Windows paths unescaped. */
bool header_next_parameter(struct str *rest, char separator, struct arena *arena,
                           struct header_parameter *ret_parameter, bool *ret_is_malformed);

/* The part before the first ';', trimmed: "form-data" of "form-data; name=x". What follows the
 * ';' is left in *ret_rest. */
struct str header_main_value(struct str value, struct str *ret_rest);

/* Decodes an extended value, UTF-8''na%C3%AFve (RFC 8187); false when it is not UTF-8 or broken,
 * or when out of memory. */
bool header_decode_extended(struct str value, struct arena *arena, struct str *ret_text);

/* True when the comma-separated `list` holds `token`, in any case of letters. */
bool header_list_has(struct str list, struct str token);
