#pragma once

/*
 * The languages that can be asked for, and what they are called elsewhere.
 *
 * A request names "auto", a code, or several codes joined by "+". Known codes: ISO 639-1, ISO
 * 639-3, BCP 47 tags, the published "ch", and tesseract's own names. Of a tag, language and script
 * say what is read; a region, variants and extensions change nothing that the table does not name.
 * Thread rule: any thread; the table is static.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

struct language {
    const char *code;           /* the preferred one, BCP 47: "de", "zh-Hans" */
    const char *name;           /* English */
    const char *tesseract;      /* traineddata name: "deu" */
    const char *script;         /* ISO 15924: "Latn" */
    const char *const *aliases; /* other codes for the same; ends in NULL */
};

size_t language_count(void);
const struct language *language_at(size_t index);

/* The language of one code or alias, letter case aside; NULL when unknown. */
const struct language *language_find(struct str code);

/* True for a known code whose language is written in that script. */
bool language_is_in(const char *code, const char *script);

/* Accepts "auto" and "de+en". Fails with INVALID_ARGUMENT UNKNOWN_LANGUAGE, field "language",
 * naming the nearest known codes. At most 8 codes. */
status_code language_check(struct str languages, struct status *st) _must_check_;

/* Fails so for one code that is no known one, in the field of that name. */
status_code language_fail_unknown(const char *field, struct str code, struct status *st);

/* "deu+eng" for "de+en", in the arena; languages that were checked before and are not "auto". */
const char *language_to_tesseract(struct str languages, struct arena *arena);
