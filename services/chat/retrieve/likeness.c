#include "services/chat/retrieve/likeness.h"

#include <string.h>

#include "lib/base/utf8.h"

enum {
    PART_MIN = 4, /* characters of a part of a compound, and of a stem */
    PART_SYLLABLES_MIN = 2,
};

/* --- characters --- */

/* What engines read for each other, made one: the letter that is likelier in a word. */
static uint32_t fold_confusable(uint32_t c)
{
    switch (c) {
    case '0':
        return 'o';
    case '1':
    case 'i':
    case '|':
    case '!':
        return 'l';
    case '5':
    case '$':
        return 's';
    case '8':
        return 'b';
    case '6':
        return 'g';
    case '2':
        return 'z';
    default:
        return c;
    }
}

/* Two characters that are read as one. */
static uint32_t fold_pair(uint32_t a, uint32_t b)
{
    if (a == 'r' && b == 'n')
        return 'm';
    if (a == 'v' && b == 'v')
        return 'w';
    if (a == 'c' && b == 'l')
        return 'd';
    return 0;
}

static size_t read_characters(struct str term, uint32_t out[static LIKENESS_CHARACTERS_MAX],
                              bool *ret_has_digit)
{
    size_t count = 0, step;
    bool is_valid;
    uint32_t c;

    *ret_has_digit = false;
    for (size_t at = 0; at < term.n && count < LIKENESS_CHARACTERS_MAX; at += step) {
        c = (unsigned char)term.p[at];
        step = c < 0x80 ? 1 : utf8_decode(term.p + at, term.n - at, &c, &is_valid);
        *ret_has_digit |= c >= '0' && c <= '9';
        c = fold_confusable(c);
        uint32_t pair = count > 0 ? fold_pair(out[count - 1], c) : 0;
        if (pair != 0)
            out[count - 1] = pair;
        else
            out[count++] = c;
    }
    return count;
}

static bool is_hangul(const struct likeness_key *key)
{
    return key->count > 0 && key->characters[0] >= 0xAC00 && key->characters[0] <= 0xD7A3;
}

static uint64_t bit_of(uint32_t a, uint32_t b, uint32_t c)
{
    uint64_t mixed = ((uint64_t)a * 0x9E3779B1u + b) * 0x85EBCA6Bu + c;

    mixed *= UINT64_C(0x9E3779B97F4A7C15); /* Knuth's multiplicative hashing */
    return UINT64_C(1) << (mixed >> 58);
}

static uint64_t trigrams_of(const uint32_t *characters, size_t count)
{
    uint64_t trigrams = 0;

    for (size_t i = 0; i < count; i++)
        trigrams |= bit_of(i > 0 ? characters[i - 1] : 0, characters[i],
                           i + 1 < count ? characters[i + 1] : 0);
    return trigrams;
}

void likeness_key_init(struct likeness_key *key, struct str term)
{
    key->count = read_characters(term, key->characters, &key->has_digit);
}

/* Of as many characters as all that are alike by their start or end share. */
static uint32_t number_of(const uint32_t *characters, size_t count)
{
    uint32_t number = 0;

    for (size_t i = 0; i < count; i++)
        number = (number ^ characters[i]) * 0x9E3779B1u;
    return number;
}

struct likeness_sketch likeness_sketch_of(const struct likeness_key *key)
{
    size_t least = is_hangul(key) ? PART_SYLLABLES_MIN : PART_MIN;
    size_t count = key->count < least ? key->count : least;

    return (struct likeness_sketch){
        .trigrams = trigrams_of(key->characters, key->count),
        .start = number_of(key->characters, count),
        .end = number_of(key->characters + (key->count - count), count),
        .count = (uint32_t)key->count,
    };
}

/* --- comparing --- */

/* Edits between the two (insert, delete, replace, swap neighbours: optimal string alignment), at
 * most `max` + 1. */
static size_t count_edits(const struct likeness_key *a, const struct likeness_key *b, size_t max)
{
    size_t rows[3][LIKENESS_CHARACTERS_MAX + 1];

    for (size_t j = 0; j <= b->count; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a->count; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        size_t least = row[0] = i;
        for (size_t j = 1; j <= b->count; j++) {
            bool is_same = a->characters[i - 1] == b->characters[j - 1];
            size_t edits = above[j - 1] + !is_same;
            if (above[j] + 1 < edits)
                edits = above[j] + 1;
            if (row[j - 1] + 1 < edits)
                edits = row[j - 1] + 1;
            if (i > 1 && j > 1 && a->characters[i - 1] == b->characters[j - 2] &&
                a->characters[i - 2] == b->characters[j - 1] && two_above[j - 2] + 1 < edits)
                edits = two_above[j - 2] + 1;
            row[j] = edits;
            if (edits < least)
                least = edits;
        }
        if (least > max)
            return max + 1;
    }
    return rows[a->count % 3][b->count];
}

static size_t common_prefix(const struct likeness_key *a, const struct likeness_key *b)
{
    size_t shorter = a->count < b->count ? a->count : b->count, count = 0;

    while (count < shorter && a->characters[count] == b->characters[count])
        count++;
    return count;
}

static bool ends_with(const struct likeness_key *longer, const struct likeness_key *shorter)
{
    return memcmp(longer->characters + (longer->count - shorter->count), shorter->characters,
                  shorter->count * sizeof(shorter->characters[0])) == 0;
}

static bool is_word(const struct likeness_key *key)
{
    return !key->has_digit && key->count > 0 && (key->characters[0] < 0x2E80 || is_hangul(key));
}

/* A word at the start or the end of a longer one: Rechnung in Rechnungsnummer. */
static float part_likeness(const struct likeness_key *wanted, const struct likeness_key *found)
{
    const struct likeness_key *longer = wanted->count > found->count ? wanted : found;
    const struct likeness_key *shorter = longer == wanted ? found : wanted;

    if (shorter->count < (is_hangul(shorter) ? PART_SYLLABLES_MIN : PART_MIN) ||
        shorter->count == longer->count)
        return 0;
    if (common_prefix(longer, shorter) != shorter->count && !ends_with(longer, shorter))
        return 0;
    float share = (float)shorter->count / (float)longer->count;
    return longer == found ? 0.45f + 0.4f * share : 0.25f + 0.5f * share;
}

/* Other endings of the same word, in languages that are not stemmed. */
static float inflection_likeness(const struct likeness_key *wanted,
                                 const struct likeness_key *found)
{
    enum { ENDING_MAX = 3 };
    size_t prefix = common_prefix(wanted, found);
    size_t longer = wanted->count > found->count ? wanted->count : found->count;

    if (prefix < PART_MIN || longer - prefix > ENDING_MAX)
        return 0;
    return 0.35f + 0.5f * (float)prefix / (float)longer;
}

static float edit_likeness(const struct likeness_key *wanted, const struct likeness_key *found)
{
    enum { ONE_EDIT_MIN = 4, TWO_EDITS_MIN = 8 };
    size_t shorter = wanted->count < found->count ? wanted->count : found->count;
    size_t longer = wanted->count < found->count ? found->count : wanted->count;
    size_t max = shorter >= TWO_EDITS_MIN ? 2 : shorter >= ONE_EDIT_MIN ? 1 : 0;

    if (longer - shorter > max)
        return 0;
    size_t edits = count_edits(wanted, found, max);
    return edits > max ? 0 : 1 - 1.5f * (float)edits / (float)longer;
}

float likeness(const struct likeness_key *wanted, const struct likeness_key *found)
{
    enum { CONFUSED_PERCENT = 95 };

    if (wanted->count == found->count && memcmp(wanted->characters, found->characters,
                                                wanted->count * sizeof(wanted->characters[0])) == 0)
        return CONFUSED_PERCENT / 100.0f;
    if (!is_word(wanted) || !is_word(found)) /* another number is another thing */
        return 0;
    float best = edit_likeness(wanted, found);
    float other = part_likeness(wanted, found);
    if (other > best)
        best = other;
    other = inflection_likeness(wanted, found);
    return other > best ? other : best;
}
