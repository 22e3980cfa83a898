#include "services/ocr/worker/engine/neural/agreement.h"

#include <string.h>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "services/ocr/worker/normalize.h"

struct symbols {
    uint32_t at[AGREEMENT_SYMBOLS_MAX];
    size_t count;
};

static void add_word(const char *text, struct symbols *symbols)
{
    int32_t length = (int32_t)strlen(text);

    for (int32_t at = 0; at < length && symbols->count < AGREEMENT_SYMBOLS_MAX;) {
        UChar32 character;
        U8_NEXT(text, at, length, character);
        if (character > 0 && u_isalnum(character))
            symbols->at[symbols->count++] =
                normalize_base_letter((uint32_t)u_foldCase(character, U_FOLD_CASE_DEFAULT));
    }
}

static void symbols_of(const struct text_line *line, struct symbols *ret)
{
    ret->count = 0;
    for (size_t w = 0; w < line->word_count; w++)
        add_word(line->words[w].text, ret);
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;

    return smaller < c ? smaller : c;
}

/* A row of the table at a time. */
static size_t distance(const struct symbols *one, const struct symbols *other)
{
    size_t row[AGREEMENT_SYMBOLS_MAX + 1];

    for (size_t j = 0; j <= other->count; j++)
        row[j] = j;
    for (size_t i = 1; i <= one->count; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= other->count; j++) {
            size_t replaced = diagonal + (one->at[i - 1] != other->at[j - 1]);
            diagonal = row[j];
            row[j] = least(replaced, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[other->count];
}

float agreement_of(const struct text_line *one, const struct text_line *other)
{
    struct symbols a, b;

    symbols_of(one, &a);
    symbols_of(other, &b);
    if (a.count == 0 || b.count == 0)
        return 0;
    size_t longer = a.count > b.count ? a.count : b.count;
    return 1 - (float)distance(&a, &b) / (float)longer;
}
