#include "services/chat/model/claim_match.h"

#include <string.h>

#include "services/chat/model/claim_order.h"
#include "services/chat/model/claim_roles.h"
#include "services/chat/model/claim_words.h"

enum {
    COLUMNS_MAX = 32, /* as bits */
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

/* --- a part of it and a unit --- */

/* Items from `first` up to `end`. */
struct part {
    size_t first, end;
};

static const struct word *find_word(const struct word *words, size_t count,
                                    const struct word *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (claim_same_word(&words[i], wanted))
            return &words[i];
    return NULL;
}

/* Which cell of a row, from 0, a byte of it is in. */
static int column_at(struct str row, size_t at)
{
    int column = 0;

    for (size_t i = 0; i < at && i < row.n; i++)
        column += row.p[i] == '\t';
    return column;
}

static int column_count(struct str row)
{
    return column_at(row, row.n) + 1;
}

/* What was found of a part, and where. */
struct finding {
    size_t first_byte, last_byte; /* of the passage's text */
    size_t plain_count;           /* words found in the unit that are no numbers */
    size_t found_count;           /* words found in the unit */
    uint32_t columns;             /* bits: of a row, those of words found in it */
    uint32_t header_columns;      /* of words that the table's header has alone */
};

static bool find_in_header(const struct given_passage *passage, struct str row,
                           const struct word *word, struct finding *finding)
{
    const char *context = passage->passage->context.p;
    size_t start = (size_t)(passage->header.p - context);

    if (passage->header.n == 0 || column_count(passage->header) != column_count(row))
        return false;
    for (size_t i = 0; i < passage->context_word_count; i++) {
        const struct word *head = &passage->context_words[i];
        if (head->offset < start || !claim_same_word(head, word))
            continue;
        int column = column_at(passage->header, head->offset - start);
        if (column >= COLUMNS_MAX)
            return false;
        finding->header_columns |= UINT32_C(1) << column;
        return true;
    }
    return false;
}

/* Whether a heading has it, or the head of the table. */
static bool is_above(const struct given_passage *passage, const struct given_unit *unit,
                     const struct word *word)
{
    size_t count = 0;

    while (count < passage->heading_word_count &&
           passage->heading_words[count].offset < unit->offset)
        count++;
    return find_word(passage->heading_words, count, word) != NULL ||
           find_word(passage->context_words, passage->context_word_count, word) != NULL;
}

static bool find_item(const struct given_passage *passage, const struct given_unit *unit,
                      const struct word *word, struct finding *finding)
{
    const struct word *found = find_word(unit->words, unit->word_count, word);
    struct str row = {passage->passage->text.p + unit->offset, unit->length};

    if (found == NULL) {
        if (unit->is_row && find_in_header(passage, row, word, finding))
            return true;
        return word->kind != WORD_NUMBER && is_above(passage, unit, word);
    }
    size_t end = found->offset + found->length;
    int column = unit->is_row ? column_at(row, found->offset - unit->offset) : 0;
    finding->columns |= column < COLUMNS_MAX ? UINT32_C(1) << column : 0;
    finding->first_byte = found->offset < finding->first_byte ? found->offset : finding->first_byte;
    finding->last_byte = end > finding->last_byte ? end : finding->last_byte;
    finding->plain_count += word->kind != WORD_NUMBER;
    finding->found_count++;
    return true;
}

/* All words of the part, small ones included. */
static const struct word *words_of(const struct match *match, struct part part, size_t *ret_count)
{
    size_t first = part.first == 0 ? 0 : match->items[part.first].first_word;
    size_t end =
        part.end == match->item_count ? match->word_count : match->items[part.end].first_word;

    *ret_count = end - first;
    return match->words + first;
}

static bool turns_agree(const struct match *match, struct part part, const struct given_unit *unit)
{
    size_t count;
    const struct word *words = words_of(match, part, &count);
    uint32_t said = claim_words_turns(words, count);
    uint32_t stands = claim_words_turns(unit->words, unit->word_count);

    return (said & ~stands) == 0 && ((said ^ stands) & TURNS_MUTUAL) == 0;
}

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

/* Of a row, the cell that has all that was found. */
static void narrow_to_cell(struct str text, const struct finding *finding,
                           struct claim_ground *ground)
{
    size_t start = finding->first_byte, end = finding->last_byte;

    if (memchr(text.p + start, '\t', end - start) != NULL)
        return;
    while (start > ground->offset && text.p[start - 1] != '\t')
        start--;
    while (end < ground->offset + ground->length && text.p[end] != '\t')
        end++;
    struct str cell = str_trim((struct str){text.p + start, end - start});
    ground->offset = (uint32_t)(cell.p - text.p);
    ground->length = (uint32_t)cell.n;
}

static bool has_label(struct str text)
{
    return memchr(text.p, ':', text.n) != NULL || memmem(text.p, text.n, "\uff1a", 3) != NULL;
}

/* Whether the unit's words stand as the part's do. */
static bool is_told(const struct match *match, struct part part,
                    const struct given_passage *passage, const struct given_unit *unit)
{
    const struct str text = passage->passage->text;
    const struct word *words[CLAIM_ITEMS_MAX];
    struct word_pair pairs[CLAIM_ITEMS_MAX];
    struct told_text claim = {.text = match->text};
    const struct told_text stands = {text, unit->words, unit->word_count};
    size_t pair_count;

    for (size_t i = part.first; i < part.end; i++)
        words[i - part.first] = match->items[i].word;
    claim.words = words_of(match, part, &claim.word_count);
    return claim_order_agrees(match->text, words, part.end - part.first, text, unit, pairs,
                              &pair_count) &&
           claim_roles_agree(&claim, &stands, pairs, pair_count,
                             unit->is_row ||
                                 has_label((struct str){text.p + unit->offset, unit->length}),
                             passage->passage->language);
}

static bool bears_out(const struct match *match, struct part part,
                      const struct given_passage *passage, const struct given_unit *unit,
                      struct claim_ground *ret_ground)
{
    struct finding finding = {.first_byte = SIZE_MAX};
    struct str text = passage->passage->text;

    for (size_t i = part.first; i < part.end; i++)
        if (!find_item(passage, unit, match->items[i].word, &finding))
            return false;
    if (finding.found_count == 0 || (unit->has_plain && finding.plain_count == 0) ||
        (finding.header_columns & ~finding.columns) != 0 || !turns_agree(match, part, unit))
        return false;
    struct str signs = unit->is_row && passage->passage->context.n > 0 ? passage->passage->context
                                                                       : (struct str){0};
    struct str own = {text.p + unit->offset, unit->length}, said = text_of(match, part);
    if (!claim_signs_stand_in(said, own, signs))
        return false;
    *ret_ground = (struct claim_ground){passage, unit->offset, unit->length,
                                        is_told(match, part, passage, unit)};
    if (ret_ground->is_told && unit->is_row && finding.header_columns == 0)
        narrow_to_cell(text, &finding, ret_ground);
    return true;
}

static bool is_better(const struct claim_ground *ground, const struct claim_ground *other)
{
    return ground->is_told != other->is_told ? ground->is_told : ground->length < other->length;
}

/* The shortest unit that bears it out, or else the shortest that has its words. */
static bool find_ground(struct match *match, struct part part, struct claim_ground *ret_ground)
{
    bool is_found = false;

    for (size_t p = 0; p < match->passage_count; p++)
        for (size_t u = 0; u < match->passages[p]->unit_count && match->tries_left > 0; u++) {
            struct claim_ground ground;
            match->tries_left--;
            if (bears_out(match, part, match->passages[p], &match->passages[p]->units[u],
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
