#include "services/chat/answer/passage_view.h"

#include <string.h>

#include "lib/base/utf8.h"

enum {
    /* Forms that begin alike for so many bytes, and so much of the longer one, are the same word in
     * another case, number or tense. */
    COMMON_BEGINNING_MIN_BYTES = 5,
    COMMON_BEGINNING_PERCENT = 65,
    /* A shorter word in a longer one: compounds. */
    COMPOUND_MIN_BYTES = 5,
    TYPO_MIN_BYTES = 5,
    ONE_OFF_MIN_BYTES = 6, /* shorter words differ by a letter and are others */
};

/* How much the rarity of a term counts beside the question's own weight. An estimate. */
#define RARITY_SHARE 0.5F
/* What is less alike is another word. */
#define NOWHERE_LIKENESS 0.7F

struct term_set term_set_union(struct term_set a, struct term_set b)
{
    return (struct term_set){a.exact | b.exact, a.near | b.near};
}

/* --- weights --- */

struct part_terms part_terms_weigh(const struct question_part *part,
                                   const struct term_match *matches)
{
    struct part_terms terms = {.part = part};
    float rarest = 0;

    terms.count = part->asked_count < VIEW_TERMS_MAX ? part->asked_count : VIEW_TERMS_MAX;
    for (size_t i = 0; i < terms.count; i++)
        if (matches[i].passage_count > 0 && matches[i].idf > rarest)
            rarest = matches[i].idf;
    for (size_t i = 0; i < terms.count; i++) {
        const struct query_term *term = &part->terms[i];
        bool is_nowhere = matches[i].passage_count == 0 || matches[i].likeness < NOWHERE_LIKENESS;
        float rarity = is_nowhere || rarest <= 0 ? 1 : matches[i].idf / rarest;
        if (rarity < 0)
            rarity = 0;
        terms.weights[i] = term->weight * (1 - RARITY_SHARE + RARITY_SHARE * rarity);
        terms.total += terms.weights[i];
        if (is_nowhere)
            terms.nowhere |= UINT64_C(1) << i;
        if (term->kind != WORD_PLAIN && term->weight >= 1)
            terms.strict |= UINT64_C(1) << i;
    }
    return terms;
}

/* --- words alike --- */

static size_t common_beginning(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    size_t i = 0;

    while (i < n && a.p[i] == b.p[i])
        i++;
    return i;
}

/* One letter more, less or other, or two exchanged. */
static bool is_one_off(struct str a, struct str b)
{
    size_t begin = common_beginning(a, b);
    size_t end = 0;
    size_t shorter = a.n < b.n ? a.n : b.n;
    size_t longer = a.n < b.n ? b.n : a.n;

    while (end < shorter - begin && a.p[a.n - 1 - end] == b.p[b.n - 1 - end])
        end++;
    if (a.n == b.n && begin + end + 2 == a.n)
        return a.p[begin] == b.p[begin + 1] && a.p[begin + 1] == b.p[begin];
    return longer - begin - end <= 1;
}

static bool is_alike(struct str asked, struct str word, bool is_nowhere)
{
    /* A word that the document does not have may be misspelt. */
    size_t one_off_min = is_nowhere ? TYPO_MIN_BYTES : ONE_OFF_MIN_BYTES;
    size_t longer = asked.n > word.n ? asked.n : word.n;
    size_t begin = common_beginning(asked, word);

    if (begin >= COMMON_BEGINNING_MIN_BYTES && begin * 100 >= longer * COMMON_BEGINNING_PERCENT)
        return true;
    if (asked.n >= COMPOUND_MIN_BYTES && word.n > asked.n &&
        memmem(word.p, word.n, asked.p, asked.n) != NULL)
        return true;
    return asked.n >= one_off_min && word.n >= one_off_min && is_one_off(asked, word);
}

static struct term_set terms_of_word(const struct part_terms *terms, const struct word *word)
{
    struct term_set set = {0, 0};

    for (size_t i = 0; i < terms->count; i++) {
        const struct query_term *term = &terms->part->terms[i];
        if (str_equal(term->term, word->term) || str_equal(term->form, word->form))
            set.exact |= UINT64_C(1) << i;
        else if (term->kind != WORD_NUMBER && word->kind != WORD_NUMBER &&
                 (is_alike(term->form, word->form, (terms->nowhere >> i & 1) != 0) ||
                  is_alike(term->term, word->term, false)))
            set.near |= UINT64_C(1) << i;
        /* "AB-1234" holds what is asked for as "1234". */
        else if (term->kind == WORD_NUMBER && term->form.n >= 2 && word->form.n > term->form.n &&
                 memmem(word->form.p, word->form.n, term->form.p, term->form.n) != NULL)
            set.near |= UINT64_C(1) << i;
    }
    return set;
}

/* --- views --- */

status_code viewer_terms(const struct viewer *viewer, struct str text, struct str language,
                         struct term_set *ret_terms, struct status *st)
{
    struct str looked_at = {
        text.p, text.n <= VIEW_TEXT_MAX_BYTES ? text.n : utf8_cut(text.p, VIEW_TEXT_MAX_BYTES)};
    const struct word *words;
    size_t count;

    TRY(words_cut(viewer->cutter, looked_at, language, viewer->arena, &words, &count, st));
    *ret_terms = (struct term_set){0, 0};
    for (size_t i = 0; i < count; i++)
        if (!words[i].is_function)
            *ret_terms = term_set_union(*ret_terms, terms_of_word(viewer->terms, &words[i]));
    return STATUS_OK;
}

status_code passage_view_make(const struct viewer *viewer, const struct passage *passage,
                              uint32_t index, float relevance, struct passage_view *ret_view,
                              struct status *st)
{
    size_t bytes = passage->text.n <= VIEW_TEXT_MAX_BYTES
                       ? passage->text.n
                       : utf8_cut(passage->text.p, VIEW_TEXT_MAX_BYTES);
    struct term_set context;
    const struct word *words;
    struct view_word *seen;
    size_t count;

    TRY(words_cut(viewer->cutter, (struct str){passage->text.p, bytes}, passage->language,
                  viewer->arena, &words, &count, st));
    TRY(viewer_terms(viewer, passage->context, passage->language, &context, st));
    seen = ARENA_NEW_ARRAY(viewer->arena, struct view_word, count + 1);
    if (seen == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++)
        seen[i] = (struct view_word){
            .offset = words[i].offset,
            .length = words[i].length,
            .terms = terms_of_word(viewer->terms, &words[i]),
            .is_function = words[i].is_function,
            .is_name = words[i].kind == WORD_NAME,
        };
    *ret_view = (struct passage_view){
        .passage = passage,
        .index = index,
        .relevance = relevance,
        .text_bytes = bytes,
        .words = seen,
        .word_count = count,
        .context = context,
        .whole = context,
    };
    for (size_t i = 0; i < count; i++)
        ret_view->whole = term_set_union(ret_view->whole, seen[i].terms);
    return STATUS_OK;
}

/* The first word that begins at a byte or behind it. */
static size_t first_word(const struct passage_view *view, size_t begin)
{
    size_t low = 0;
    size_t high = view->word_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (view->words[middle].offset < begin)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct term_set passage_view_terms(const struct passage_view *view, size_t begin, size_t end)
{
    struct term_set set = {0, 0};

    for (size_t i = first_word(view, begin); i < view->word_count && view->words[i].offset < end;
         i++)
        set = term_set_union(set, view->words[i].terms);
    return set;
}

size_t passage_view_word_count(const struct passage_view *view, size_t begin, size_t end)
{
    size_t count = 0;

    for (size_t i = first_word(view, begin); i < view->word_count && view->words[i].offset < end;
         i++)
        count += !view->words[i].is_function;
    return count;
}
