#include <string.h>

#include "services/chat/answer/candidate_pair.h"
#include "services/chat/question/concept.h"

enum {
    INLINE_VALUE_REACH_BYTES = 48, /* between a label inside of a line and its value */
    TEXT_BEHIND_MAX_BYTES = 80,    /* of a value of words behind a label without a colon */
    TEXT_BEHIND_WORDS_MAX = 6,
    INSIDE_MAX_BYTES = 2000, /* of a line that is looked through for labels */
};

/* A word of small letters: it makes a sentence of what stands around it. */
static bool has_word(struct str text)
{
    size_t letters = 0;

    for (size_t i = 0; i < text.n; i++) {
        letters = text.p[i] >= 'a' && text.p[i] <= 'z' ? letters + 1 : 0;
        if (letters >= 2)
            return true;
    }
    return false;
}

/* A label with the words before it and behind it, which may make another one of it. */
static struct str words_around(struct str folded, size_t begin, size_t end)
{
    size_t from = begin > 1 ? begin - 1 : begin;

    while (from > 0 && folded.p[from - 1] != ' ')
        from--;
    if (from > 0)
        from--;
    if (end < folded.n) /* the space behind it */
        end++;
    while (end < folded.n && folded.p[end] != ' ')
        end++;
    if (end < folded.n)
        end++;
    return (struct str){folded.p + from, end - from};
}

/* The value of a concept that follows its label: the best one within reach, as long as no words
 * stand between. */
static struct str value_behind(const struct concept *concept, struct str rest)
{
    struct value values[VALUES_MAX];
    size_t count = values_find(rest, values);
    struct str best = {NULL, 0};
    float best_fit = 0.7F;

    for (size_t i = 0; i < count && values[i].offset <= INLINE_VALUE_REACH_BYTES; i++) {
        struct str value = {rest.p + values[i].offset, values[i].length};
        float fit = candidate_concept_fit(concept, value);
        if (has_word((struct str){rest.p, values[i].offset}))
            break;
        if (fit <= best_fit)
            continue;
        best_fit = fit;
        best = value;
    }
    return best;
}

/* A short text behind a label that begins a line: "Zahlungsform Banküberweisung". */
static struct str text_behind(struct str rest)
{
    struct str value = str_trim(rest);
    size_t spaces = 0;

    for (size_t i = 0; i < value.n; i++)
        spaces += value.p[i] == ' ';
    if (value.n > TEXT_BEHIND_MAX_BYTES || spaces >= TEXT_BEHIND_WORDS_MAX || value.n == 0 ||
        strchr(".,;:!?", value.p[value.n - 1]) != NULL)
        return (struct str){NULL, 0};
    return value;
}

/* One concept's labels inside of a line, which are not rather another's ("Sub
 * Total"). */
static void add_concept_inside(const struct candidate_search *search,
                               const struct passage_view *view, const struct concept *concept,
                               struct str line, const struct folded_text *folded)
{
    bool is_text = concept->value == CONCEPT_TEXT || concept->value == CONCEPT_PARTY;

    for (size_t at = 1; at < folded->folded.n; at++) {
        struct str label;
        struct str rest;
        struct str value;
        size_t end;
        if (folded->folded.p[at - 1] != ' ' || !concept_begins(concept, folded->folded, at, &end) ||
            concept_is_anothers(concept, words_around(folded->folded, at, end)))
            continue;
        label = folded_text_origin(folded, line, at, end);
        rest = (struct str){label.p + label.n, (size_t)(line.p + line.n - label.p) - label.n};
        if (is_text)
            value = at == 1 ? text_behind(rest) : (struct str){NULL, 0};
        else
            value = value_behind(concept, rest);
        if (value.n > 0)
            candidate_add_pair(search, view, &(struct pair){label, value});
        at = end;
    }
}

/* A label and its value inside of a line: "Subtotal 100.00 Tax 20.00 Total 120.00". */
static void add_labeled(const struct candidate_search *search, const struct passage_view *view,
                        struct str line)
{
    const struct question_part *part = search->terms->part;
    struct folded_text folded;

    if (part->concept_count == 0 || line.n > INSIDE_MAX_BYTES ||
        !folded_text_make(line, search->viewer.arena, &folded))
        return;
    for (size_t i = 0; i < part->concept_count; i++)
        add_concept_inside(search, view, part->concepts[i].concept, line, &folded);
}

/* Addresses of mail and of the web say themselves what they are. */
static void add_unlabeled(const struct candidate_search *search, const struct passage_view *view,
                          struct str line)
{
    const struct question_part *part = search->terms->part;
    struct value values[VALUES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < part->concept_count; i++) {
        concept_value wanted = part->concepts[i].concept->value;
        if (wanted != CONCEPT_EMAIL && wanted != CONCEPT_WEB)
            continue;
        if (count == 0)
            count = values_find(line, values);
        for (size_t k = 0; k < count; k++) {
            size_t begin = candidate_offset(view, line);
            struct candidate candidate = {
                .form = CANDIDATE_PAIR,
                .passage = view->index,
                .value = {line.p + values[k].offset, values[k].length},
                .core = {0, part->concepts[i].terms},
                .near =
                    term_set_union(view->context, passage_view_terms(view, begin, begin + line.n)),
                .type_fit = 1,
                .novelty = 1,
                .around = view->whole,
                .relevance = view->relevance,
            };
            if (values[k].kind == (wanted == CONCEPT_EMAIL ? VALUE_EMAIL : VALUE_WEB))
                candidate_add(search, &candidate);
        }
    }
}

void candidate_add_inside(const struct candidate_search *search, const struct passage_view *view,
                          struct str line)
{
    add_labeled(search, view, line);
    add_unlabeled(search, view, line);
}
