#include "services/chat/question/question_split.h"

#include <string.h>

#include "services/chat/question/concept.h"

enum {
    PIECES_MAX = 32, /* stretches between separators that are looked at */
    /* A word that asks stands among the first bytes of a part, behind a preposition or two. */
    ASKING_WITHIN_BYTES = 24,
};

struct pieces {
    struct str items[PIECES_MAX];
    size_t count;
};

/* --- sentences --- */

static const char *const sentence_ends[] = {
    "?", "\xEF\xBC\x9F", "\xD8\x9F", ";", "\xE3\x80\x82", "\xE0\xA5\xA4", "!", "\n"};
static const char *const commas[] = {",", "\xEF\xBC\x8C", "\xE3\x80\x81", "\xD8\x8C"};

/* Bytes of the mark that stands at a place; 0: none. */
static size_t mark_at(struct str text, size_t at, const char *const *marks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(marks[i]);
        if (text.n - at >= length && memcmp(text.p + at, marks[i], length) == 0)
            return length;
    }
    return 0;
}

/* "1,234" has no comma that parts, "Tell me the total. And the date" a full stop that does. */
static size_t separator_at(struct str text, size_t at, bool is_comma)
{
    bool is_before_space = at + 1 >= text.n || text.p[at + 1] == ' ';

    if (is_comma) {
        size_t length = mark_at(text, at, commas, ARRAY_LENGTH(commas));
        return length == 1 && !is_before_space ? 0 : length;
    }
    if (text.p[at] == '.' && is_before_space && at >= ASKING_WITHIN_BYTES)
        return 1;
    return mark_at(text, at, sentence_ends, ARRAY_LENGTH(sentence_ends));
}

static void add_piece(struct pieces *pieces, struct str text)
{
    struct str piece = str_trim(text);

    if (piece.n == 0)
        return;
    if (pieces->count < PIECES_MAX)
        pieces->items[pieces->count++] = piece;
    else /* the last one takes the rest */
        pieces->items[PIECES_MAX - 1].n =
            (size_t)(piece.p + piece.n - pieces->items[PIECES_MAX - 1].p);
}

static void cut_at(struct str text, bool at_commas, struct pieces *pieces)
{
    size_t begin = 0;

    for (size_t i = 0; i < text.n; i++) {
        size_t length = separator_at(text, i, at_commas);
        if (length == 0)
            continue;
        add_piece(pieces, (struct str){text.p + begin, i - begin});
        begin = i + length;
        i += length - 1;
    }
    add_piece(pieces, (struct str){text.p + begin, text.n - begin});
}

/* --- "and" --- */

static bool is_inside(const struct concept_mention *mentions, size_t count, size_t begin,
                      size_t end)
{
    for (size_t i = 0; i < count; i++)
        if (mentions[i].begin < begin && end < mentions[i].end)
            return true;
    return false;
}

static status_code cut_at_and(const struct part_reader *reader, struct str text,
                              struct pieces *pieces, struct status *st)
{
    struct str list = question_phrases(reader->words, IS_AND);
    struct concept_mention mentions[PART_CONCEPTS_MAX];
    struct folded_text folded;
    size_t mention_count;
    size_t from = 0;
    size_t done = 0; /* bytes of `text` */

    if (!folded_text_make(text, reader->arena, &folded))
        return FAIL_MEMORY(st);
    mention_count = concepts_mentioned(folded.folded, mentions, PART_CONCEPTS_MAX);
    while (from < folded.folded.n) {
        struct str rest = list;
        struct str phrase;
        size_t begin = SIZE_MAX;
        size_t end = 0;
        struct str span;
        while (str_next_token(&rest, '|', &phrase)) {
            size_t b;
            size_t e;
            if (phrase_find(folded.folded, phrase, from, &b, &e) &&
                (b < begin || (b == begin && e > end))) {
                begin = b;
                end = e;
            }
        }
        if (begin == SIZE_MAX)
            break;
        from = end;
        if (is_inside(mentions, mention_count, begin, end))
            continue;
        span = folded_text_origin(&folded, text, begin, end);
        add_piece(pieces, (struct str){text.p + done, (size_t)(span.p - text.p) - done});
        done = (size_t)(span.p - text.p) + span.n;
    }
    add_piece(pieces, (struct str){text.p + done, text.n - done});
    return STATUS_OK;
}

/* --- what asks --- */

struct piece_facts {
    bool asks;  /* begins with a word that asks */
    bool names; /* has something that forms have a label for, or a kind of answer */
};

static bool has_early(const struct part_reader *reader, struct str folded, question_role role)
{
    struct str list = question_phrases(reader->words, role);
    struct str phrase;

    while (str_next_token(&list, '|', &phrase)) {
        size_t begin;
        size_t end;
        if (phrase_find(folded, phrase, 0, &begin, &end) && begin <= ASKING_WITHIN_BYTES)
            return true;
    }
    return false;
}

static status_code look_at(const struct part_reader *reader, struct str text,
                           struct piece_facts *ret_facts, struct status *st)
{
    struct concept_mention mentions[PART_CONCEPTS_MAX];
    struct folded_text folded;
    size_t begin;
    size_t end;

    *ret_facts = (struct piece_facts){false, false};
    if (!folded_text_make(text, reader->arena, &folded))
        return FAIL_MEMORY(st);
    for (question_role role = ASKS_WHEN; role <= ASKS_LIST && !ret_facts->asks; role++)
        ret_facts->asks = has_early(reader, folded.folded, role);
    ret_facts->names = concepts_mentioned(folded.folded, mentions, PART_CONCEPTS_MAX) > 0;
    for (question_role role = MEANS_DATE; role <= MEANS_REASON && !ret_facts->names; role++)
        ret_facts->names =
            phrases_find(folded.folded, question_phrases(reader->words, role), 0, &begin, &end);
    return STATUS_OK;
}

static void join(struct str *part, struct str piece)
{
    part->n = (size_t)(piece.p + piece.n - part->p);
}

/* Puts pieces together that ask for one thing. */
static status_code join_pieces(const struct part_reader *reader, const struct pieces *pieces,
                               struct str *parts, size_t *count, struct status *st)
{
    size_t first = *count;
    bool has_asked = false;
    bool has_named = false;

    for (size_t i = 0; i < pieces->count; i++) {
        struct piece_facts facts;
        bool is_own;
        TRY(look_at(reader, pieces->items[i], &facts, st));
        is_own = (facts.asks && has_asked) || (facts.names && has_named);
        if (*count == first)
            parts[(*count)++] = pieces->items[i];
        else if (is_own && *count < QUESTION_PARTS_MAX)
            parts[(*count)++] = pieces->items[i];
        else
            join(&parts[*count - 1], pieces->items[i]);
        /* What stands before the first word that asks only leads up to it. */
        if (facts.asks && !has_asked && *count > first + 1 && !part_asks_anywhere(reader)) {
            join(&parts[first], pieces->items[i]);
            *count = first + 1;
        }
        has_asked = has_asked || facts.asks;
        has_named = is_own ? facts.names : has_named || facts.names;
    }
    return STATUS_OK;
}

status_code question_split(const struct part_reader *reader, struct str text,
                           struct str ret_parts[static QUESTION_PARTS_MAX], size_t *ret_count,
                           struct status *st)
{
    struct pieces sentences = {.count = 0};
    size_t count = 0;

    cut_at(text, false, &sentences);
    for (size_t i = 0; i < sentences.count && count < QUESTION_PARTS_MAX; i++) {
        struct pieces stretches = {.count = 0};
        struct pieces pieces = {.count = 0};
        cut_at(sentences.items[i], true, &stretches);
        for (size_t k = 0; k < stretches.count; k++)
            TRY(cut_at_and(reader, stretches.items[k], &pieces, st));
        TRY(join_pieces(reader, &pieces, ret_parts, &count, st));
    }
    if (count == 0)
        ret_parts[count++] = str_trim(text);
    *ret_count = count;
    return STATUS_OK;
}
