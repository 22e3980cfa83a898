#include "services/chat/model/claim_match.h"

#include <string.h>

#include "services/chat/model/claim_unit.h"
#include "services/chat/model/claim_words.h"

enum {
    /* Units that are looked at for one stretch, each time they are: what is written may be made to
     * cost time. */
    TRIES_MAX = 5000,
};

/* A word of the claim that must stand in a unit. */
struct item {
    const struct word *word;
    bool may_begin_part; /* a comma or an "and" stands before it */
    size_t first_word;   /* all words of the claim from here on, up to the next item's, are of it */
};

struct match {
    struct str text;
    const struct word *words;
    size_t word_count;
    struct item items[CLAIM_ITEMS_MAX];
    size_t item_count;
    const struct given_passage *passages[CLAIM_PASSAGES_MAX];
    size_t passage_count;
    size_t tries_left;
};

/* --- the claim --- */

static bool is_item(const struct word *word)
{
    /* The month, not the verb. */
    bool is_month = word->kind == WORD_NAME && str_equal(word->form, STR("may"));

    return !word->is_function || is_month;
}

static bool parts_sentence(struct str between)
{
    for (size_t i = 0; i < between.n; i++)
        if (strchr(",;:()", between.p[i]) != NULL)
            return true;
    return memmem(between.p, between.n, "\u2013", 3) != NULL ||
           memmem(between.p, between.n, "\u2014", 3) != NULL ||
           memmem(between.p, between.n, "\u3001", 3) != NULL ||
           memmem(between.p, between.n, "\uff0c", 3) != NULL;
}

/* False when it has too many. */
static bool find_items(struct match *match)
{
    size_t end = 0, first_word = 0;
    bool may_begin_part = false;

    for (size_t i = 0; i < match->word_count; i++) {
        const struct word *word = &match->words[i];
        struct str between = {match->text.p + end, word->offset - end};
        if (parts_sentence(between) || claim_word_joins(word)) {
            may_begin_part = true;
            first_word = i;
        }
        end = word->offset + word->length;
        if (!is_item(word))
            continue;
        if (match->item_count == CLAIM_ITEMS_MAX)
            return false;
        match->items[match->item_count++] = (struct item){word, may_begin_part, first_word};
        may_begin_part = false;
        first_word = i + 1;
    }
    return true;
}

/* --- a part of it --- */

/* Items from `first` up to `end`. */
struct part {
    size_t first, end;
};

static struct str text_of(const struct match *match, struct part part)
{
    size_t start = part.first == 0 ? 0 : match->items[part.first].word->offset;
    size_t end =
        part.end == match->item_count ? match->text.n : match->items[part.end].word->offset;

    /* A sign may stand before the number. */
    while (start > 0 && match->text.p[start - 1] != ' ')
        start--;
    return (struct str){match->text.p + start, end - start};
}

static void fill_part(const struct match *match, struct part part, struct claim_part *ret_part)
{
    size_t first = part.first == 0 ? 0 : match->items[part.first].first_word;
    size_t end =
        part.end == match->item_count ? match->word_count : match->items[part.end].first_word;

    *ret_part = (struct claim_part){
        .claim = match->text,
        .text = text_of(match, part),
        .words = match->words + first,
        .word_count = end - first,
    };
    for (size_t i = part.first; i < part.end; i++)
        ret_part->items[ret_part->item_count++] = match->items[i].word;
}

static bool is_better(const struct claim_ground *ground, const struct claim_ground *other)
{
    return ground->is_told != other->is_told ? ground->is_told : ground->length < other->length;
}

/* The shortest unit that bears it out, or else the shortest that has its words. */
static bool find_ground(struct match *match, struct part part, struct claim_ground *ret_ground)
{
    struct claim_part said;
    bool is_found = false;

    fill_part(match, part, &said);
    for (size_t p = 0; p < match->passage_count; p++)
        for (size_t u = 0; u < match->passages[p]->unit_count && match->tries_left > 0; u++) {
            struct claim_ground ground;
            match->tries_left--;
            if (claim_unit_bears_out(&said, match->passages[p], &match->passages[p]->units[u],
                                     &ground) &&
                (!is_found || is_better(&ground, ret_ground))) {
                *ret_ground = ground;
                is_found = true;
            }
        }
    return is_found;
}

/* --- in parts --- */

/* So that no part is a word or two that any unit has. */
static bool may_be_part(const struct match *match, struct part part)
{
    bool has_anchor = part.first == 0;

    for (size_t i = part.first; i < part.end; i++)
        has_anchor = has_anchor || match->items[i].word->kind != WORD_PLAIN;
    return part.end - part.first >= 2 && has_anchor;
}

/* Grounds for the items from `first` on, in at most so many parts; 0: there are none. Only of the
 * whole one may be that is not told, where no parts are. */
static size_t part_from(struct match *match, size_t first, size_t parts_left,
                        struct claim_ground *grounds)
{
    struct part part = {first, match->item_count};
    struct claim_ground whole;
    bool is_whole = first == 0, is_found;

    is_found = (is_whole || may_be_part(match, part)) && find_ground(match, part, &whole);
    if (is_found && whole.is_told) {
        *grounds = whole;
        return 1;
    }
    for (part.end = match->item_count - 1; parts_left > 1 && part.end > first; part.end--) {
        if (!match->items[part.end].may_begin_part || !may_be_part(match, part) ||
            !find_ground(match, part, grounds) || !grounds->is_told)
            continue;
        size_t rest = part_from(match, part.end, parts_left - 1, grounds + 1);
        if (rest > 0)
            return rest + 1;
    }
    if (!is_whole || !is_found)
        return 0;
    *grounds = whole;
    return 1;
}

/* False when it has too many words. */
static status_code read_claim(struct given *given, struct match *match, const uint32_t *numbers,
                              size_t count, bool *ret_is_read, struct status *st)
{
    *ret_is_read = false;
    for (size_t i = 0; i < count && i < CLAIM_PASSAGES_MAX; i++)
        TRY(given_passage(given, numbers[i], &match->passages[match->passage_count++], st));
    if (match->passage_count == 0)
        return STATUS_OK;
    TRY(given_cut(given, match->text, match->passages[0]->passage->language, &match->words,
                  &match->word_count, st));
    *ret_is_read = find_items(match);
    return STATUS_OK;
}

status_code claim_match(struct given *given, struct str text, const uint32_t *numbers, size_t count,
                        struct claim_ground ret_grounds[static CLAIM_PARTS_MAX], size_t *ret_count,
                        struct status *st)
{
    struct match match = {.text = text, .tries_left = TRIES_MAX};
    bool is_read;

    *ret_count = 0;
    TRY(read_claim(given, &match, numbers, count, &is_read, st));
    if (is_read && match.item_count > 0)
        *ret_count = part_from(&match, 0, CLAIM_PARTS_MAX, ret_grounds);
    return STATUS_OK;
}

status_code claim_match_any(struct given *given, struct str text, struct claim_ground *ret_ground,
                            bool *ret_is_found, struct status *st)
{
    struct match match = {.text = text, .tries_left = TRIES_MAX};
    uint32_t numbers[CLAIM_PASSAGES_MAX];
    size_t count = 0;
    bool is_read, has_anchor = false;

    while (count < CLAIM_PASSAGES_MAX && given_has(given, (uint32_t)count + 1)) {
        numbers[count] = (uint32_t)count + 1;
        count++;
    }
    TRY(read_claim(given, &match, numbers, count, &is_read, st));
    for (size_t i = 0; i < match.item_count; i++)
        has_anchor = has_anchor || match.items[i].word->kind != WORD_PLAIN;
    *ret_is_found =
        is_read &&
        match.item_count >= (has_anchor ? CLAIM_FOUND_WORDS_MIN : CLAIM_FOUND_PLAIN_WORDS_MIN) &&
        find_ground(&match, (struct part){0, match.item_count}, ret_ground);
    return STATUS_OK;
}
