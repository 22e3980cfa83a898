#include "services/chat/model/claim_order.h"

#include <string.h>

#include "lib/base/utf8.h"
#include "services/chat/model/claim_match.h"

enum {
    NO_SIGN = 0,
    MINUS = 0x2212,
};

bool claim_same_word(const struct word *a, const struct word *b)
{
    return a->term.n > 0 && str_equal(a->term, b->term) &&
           (a->kind == WORD_NUMBER) == (b->kind == WORD_NUMBER);
}

/* --- signs of numbers --- */

/* The character before byte `at`; 0 at the start. */
static uint32_t character_before(struct str text, size_t at, size_t *ret_start)
{
    size_t start = at;
    uint32_t character;
    bool is_valid;

    if (at == 0)
        return 0;
    do
        start--;
    while (start > 0 && at - start < 4 && ((unsigned char)text.p[start] & 0xC0) == 0x80);
    *ret_start = start;
    (void)utf8_decode(text.p + start, at - start, &character, &is_valid);
    return character;
}

static bool is_currency(uint32_t character)
{
    return character == '$' || (character >= 0xA2 && character <= 0xA5) ||
           (character >= 0x20A0 && character <= 0x20CF);
}

/* What makes another number of it: a minus and not a hyphen, and what compares. */
static uint32_t sign_of(uint32_t character, uint32_t before)
{
    switch (character) {
    case '-':
    case 0x2010: /* hyphen, and the dashes that are written for a minus */
    case 0x2013:
    case MINUS:
        return before == 0 || before == ' ' || before == '\t' || before == '\n' || before == '(' ||
                       before == ':' || before == '='
                   ? MINUS
                   : NO_SIGN;
    case '<':
    case '>':
    case '~':
    case 0xB1:   /* plus-minus */
    case 0x2248: /* almost equal */
    case 0x2260: /* not equal */
    case 0x2264: /* at most */
    case 0x2265: /* at least */
        return character;
    default:
        return NO_SIGN;
    }
}

static uint32_t sign_before(struct str text, const struct word *number)
{
    size_t at = number->offset;
    uint32_t character = character_before(text, at, &at);

    if (is_currency(character))
        character = character_before(text, at, &at);
    uint32_t before = character_before(text, at, &at);
    return sign_of(character, before);
}

/* Whether the unit has the number with the claim's sign, or want of one. */
static bool sign_agrees(struct str claim, const struct word *number, struct str text,
                        const struct given_unit *unit)
{
    uint32_t sign = sign_before(claim, number);

    for (size_t i = 0; i < unit->word_count; i++)
        if (claim_same_word(&unit->words[i], number) && sign_before(text, &unit->words[i]) == sign)
            return true;
    return false;
}

/* --- order --- */

static bool has_word(const struct given_unit *unit, const struct word *wanted)
{
    for (size_t i = 0; i < unit->word_count; i++)
        if (claim_same_word(&unit->words[i], wanted))
            return true;
    return false;
}

/* The pairs of names and numbers that lie between two words of a unit, which may be meant for each
 * other. */
static bool joins_over_others(const struct given_unit *unit, size_t first, size_t second)
{
    word_kind kinds[] = {unit->words[first].kind, unit->words[second].kind};
    size_t names = 0, numbers = 0;

    if (kinds[0] == WORD_PLAIN || kinds[1] == WORD_PLAIN)
        return false;
    for (size_t i = first + 1; i < second; i++) {
        names += unit->words[i].kind == WORD_NAME && !unit->words[i].is_function;
        numbers += unit->words[i].kind == WORD_NUMBER;
    }
    size_t wanted_names = (size_t)(kinds[0] == WORD_NAME) + (kinds[1] == WORD_NAME);
    return names >= wanted_names && numbers >= 2 - wanted_names;
}

/* Finds where the items stand. Each is looked for behind the one before, forwards, and before the
 * one behind it, backwards: where both are the same there is one way alone. */
static bool is_one_way(struct word_pair *items, size_t count, const struct given_unit *unit)
{
    size_t at = 0, end = unit->word_count, last_anchor = SIZE_MAX;
    size_t forwards[CLAIM_ITEMS_MAX];

    for (size_t i = 0; i < count; i++) {
        while (at < unit->word_count && !claim_same_word(&unit->words[at], items[i].said))
            at++;
        if (at == unit->word_count)
            return false;
        items[i].stands = &unit->words[at];
        forwards[i] = at++;
    }
    for (size_t i = count; i-- > 0;) {
        while (end > 0 && !claim_same_word(&unit->words[end - 1], items[i].said))
            end--;
        if (end == 0 || forwards[i] != --end)
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (unit->words[forwards[i]].kind == WORD_PLAIN)
            continue;
        if (!unit->is_row && last_anchor != SIZE_MAX &&
            joins_over_others(unit, last_anchor, forwards[i]))
            return false;
        last_anchor = forwards[i];
    }
    return true;
}

bool claim_order_agrees(struct str claim, const struct word *const *items, size_t count,
                        struct str text, const struct given_unit *unit, struct word_pair *ret_pairs,
                        size_t *ret_pair_count)
{
    size_t pair_count = 0;

    for (size_t i = 0; i < count && pair_count < CLAIM_ITEMS_MAX; i++) {
        if (!has_word(unit, items[i]))
            continue;
        if (items[i]->kind == WORD_NUMBER && !sign_agrees(claim, items[i], text, unit))
            return false;
        ret_pairs[pair_count++] = (struct word_pair){items[i], NULL};
    }
    *ret_pair_count = pair_count;
    return is_one_way(ret_pairs, pair_count, unit);
}
