#pragma once

/*
 * Where the words of a text stand: ICU's word breaks, put together to numbers and codes, taken
 * apart at elisions and at points that no space follows. Private to text/. One thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <unicode/ubrk.h>
#include <unicode/unorm2.h>

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/chat/text/text_language.h"

enum { WORD_BREAK_TEXT_MAX_BYTES = 1 << 20 };

/* In UTF-16 units of the text. */
struct word_token {
    uint32_t start, end;
    uint32_t gap_start, gap_end; /* a hyphen and the end of a line in it; empty: none */
    bool has_digit;
};

struct word_break {
    UBreakIterator *iterator;
    const UNormalizer2 *composer;
    UChar *units;      /* the text; what is not valid is U+FFFD */
    uint32_t *offsets; /* in bytes, of each unit and of the end */
    size_t unit_count;
    size_t unit_capacity;
    struct word_token *tokens;
    size_t token_count;
    size_t token_capacity;
};

/* False when out of memory. */
bool word_break_init(struct word_break *words) _must_check_;
void word_break_deinit(struct word_break *words);

/* Fills units, offsets and tokens. INVALID_ARGUMENT for a text that is too long. */
status_code word_break_text(struct word_break *words, struct str text,
                            const struct text_language *language, struct status *st) _must_check_;
