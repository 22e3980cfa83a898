#include "services/ocr/worker/vision/unit.h"

#include <string.h>

#include <unicode/uchar.h>

#include "lib/base/utf8.h"
#include "services/ocr/worker/normalize.h"

enum {
    FIRST_CAPACITY = 256,
    /* Percent below which two words have nothing in common but some letters. */
    SIMILARITY_MIN = 50,
};

void units_init(struct units *units, struct arena *arena)
{
    *units = (struct units){.arena = arena};
}

static struct unit *add_unit(struct units *units)
{
    if (units->count == units->capacity) {
        size_t doubled = units->capacity == 0 ? FIRST_CAPACITY : units->capacity * 2;
        struct unit *larger =
            doubled > UNITS_MAX ? NULL : ARENA_NEW_ARRAY(units->arena, struct unit, doubled);
        if (larger == NULL) {
            units->is_full = true;
            return NULL;
        }
        if (units->count > 0)
            memcpy(larger, units->items, units->count * sizeof(*larger));
        units->items = larger;
        units->capacity = doubled;
    }
    struct unit *unit = &units->items[units->count++];
    *unit = (struct unit){0};
    return unit;
}

static uint64_t bit_of(uint32_t character)
{
    return UINT64_C(1) << (character * UINT32_C(2654435761) >> 26);
}

/* Letters and digits, or everything where there are none: a dash is like a dash. */
static bool make_key(struct unit *unit, struct arena *arena)
{
    uint32_t key[UNIT_KEY_MAX];
    size_t length = strlen(unit->text);
    bool has_letters = normalize_count_letters(unit->text) > 0;

    for (size_t at = 0; at < length;) {
        uint32_t character;
        bool is_valid;
        at += utf8_decode(unit->text + at, length - at, &character, &is_valid);
        bool is_letter = u_isalnum((UChar32)character);
        unit->letters += is_letter && unit->letters < UINT16_MAX;
        if (unit->key_length == UNIT_KEY_MAX || (has_letters && !is_letter))
            continue;
        uint32_t plain = normalize_base_letter((uint32_t)u_foldCase((UChar32)character, 0));
        key[unit->key_length++] = plain;
        unit->bag |= bit_of(plain);
    }
    uint32_t *copy = ARENA_NEW_ARRAY(arena, uint32_t, unit->key_length);
    if (copy == NULL)
        return false;
    memcpy(copy, key, unit->key_length * sizeof(*key));
    unit->key = copy;
    return true;
}

static void add_piece(struct units *units, struct str piece, bool no_space_after)
{
    const char *text = normalize_text(piece, units->arena);

    if (text == NULL || units->is_full) {
        units->is_full = true;
        return;
    }
    if (text[0] == '\0')
        return;
    struct unit *unit = add_unit(units);
    if (unit == NULL)
        return;
    unit->text = text;
    unit->no_space_after = no_space_after;
    if (!make_key(unit, units->arena))
        units->is_full = true;
}

static bool is_combining(uint32_t character)
{
    int8_t type = u_charType((UChar32)character);

    return type == U_NON_SPACING_MARK || type == U_COMBINING_SPACING_MARK ||
           type == U_ENCLOSING_MARK;
}

/* A run without white space: one piece, or in scripts without spaces one a character. */
static void add_run(struct units *units, struct str run)
{
    size_t start = 0;
    bool was_unspaced = false;

    for (size_t at = 0; at < run.n;) {
        uint32_t character;
        bool is_valid;
        size_t length = utf8_decode(run.p + at, run.n - at, &character, &is_valid);
        bool is_unspaced = normalize_is_unspaced(character);
        if (at > start && (is_unspaced || was_unspaced) && !is_combining(character)) {
            add_piece(units, (struct str){run.p + start, at - start}, true);
            start = at;
        }
        was_unspaced = is_unspaced || (was_unspaced && is_combining(character));
        at += length;
    }
    if (run.n > start)
        add_piece(units, (struct str){run.p + start, run.n - start}, false);
}

/* Not every control: joiners are parts of words. */
static bool is_separator(uint32_t character)
{
    return u_isUWhiteSpace((UChar32)character) || u_charType((UChar32)character) == U_CONTROL_CHAR;
}

void units_add_text(struct units *units, struct str text)
{
    size_t start = 0;

    for (size_t at = 0; at < text.n && !units->is_full;) {
        uint32_t character;
        bool is_valid;
        size_t length = utf8_decode(text.p + at, text.n - at, &character, &is_valid);
        if (is_separator(character)) {
            add_run(units, (struct str){text.p + start, at - start});
            start = at + length;
        }
        at += length;
    }
    if (start < text.n)
        add_run(units, (struct str){text.p + start, text.n - start});
}

void units_add_formula(struct units *units, const char *text)
{
    struct unit *unit = add_unit(units);

    if (unit == NULL)
        return;
    unit->text = text;
    unit->is_formula = true;
}

/* Levenshtein's distance of two keys. */
static int distance(const struct unit *a, const struct unit *b)
{
    int row[UNIT_KEY_MAX + 1];

    for (int j = 0; j <= b->key_length; j++)
        row[j] = j;
    for (int i = 1; i <= a->key_length; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= b->key_length; j++) {
            int replaced = diagonal + (a->key[i - 1] != b->key[j - 1]);
            int shifted = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < shifted ? replaced : shifted;
        }
    }
    return row[b->key_length];
}

int unit_similarity(const struct unit *a, const struct unit *b)
{
    int longer = a->key_length > b->key_length ? a->key_length : b->key_length;
    int shorter = a->key_length > b->key_length ? b->key_length : a->key_length;

    if (shorter == 0 || shorter * 2 < longer)
        return 0;
    if (a->key_length == b->key_length &&
        memcmp(a->key, b->key, (size_t)shorter * sizeof(*a->key)) == 0)
        return 100;
    /* Characters that only one of them has cost a step each, or half a one where one stands for
     * another. */
    int apart = __builtin_popcountll(a->bag ^ b->bag);
    if (longer == 1 || (apart + 1) / 2 * 100 > longer * (100 - SIMILARITY_MIN))
        return 0;
    int similarity = 100 - distance(a, b) * 100 / longer;
    return similarity >= SIMILARITY_MIN ? similarity : 0;
}
