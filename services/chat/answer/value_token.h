#pragma once

/*
 * A text as the forms of values look at it: what white space parts, without the punctuation around
 * it. Private to answer/. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/str.h"

enum { VALUE_TOKENS_MAX = 512 }; /* of one text; what is more is left out */

struct value_token {
    const char *p;
    size_t n;
    size_t digits;
    size_t letters;
    size_t offset; /* of the text */
    bool is_last;  /* a sentence or a clause ends behind it */
    bool has_cjk_date;
    bool is_capital;
};

size_t value_tokens_cut(struct str text, struct value_token ret_tokens[static VALUE_TOKENS_MAX]);

/* ASCII letters alike in both cases. */
bool value_token_is(const struct value_token *token, const char *text);
