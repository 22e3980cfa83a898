#include "services/chat/answer/candidate_pair.h"

#include <string.h>

#include "services/chat/question/concept.h"

enum {
    LINES_MAX = 512, /* of a passage */
    LABEL_MAX_BYTES = 90,
    LABEL_WORDS_MAX = 9,
    VALUE_MAX_BYTES = 200,
    PARTY_LINES_MAX = 4,     /* of a name and an address beneath a label */
    BENEATH_MAX_BYTES = 100, /* of a line beneath a label: a longer one is a paragraph */
};

/* A line of a passage's text. */
struct line {
    struct str text; /* without white space around it */
    size_t piece;
};

struct lines {
    struct line items[LINES_MAX];
    size_t count;
};

static void cut_lines(const struct passage_view *view, struct lines *ret_lines)
{
    ret_lines->count = 0;
    for (size_t i = 0; i < view->passage->piece_count; i++) {
        const struct passage_piece *piece = &view->passage->pieces[i];
        struct str rest;
        struct str line;
        if (piece->offset >= view->text_bytes)
            return;
        if (piece->row != PASSAGE_NO_ROW) /* candidate_cells.c */
            continue;
        rest = (struct str){view->passage->text.p + piece->offset,
                            piece->offset + piece->length <= view->text_bytes
                                ? piece->length
                                : view->text_bytes - piece->offset};
        while (str_next_token(&rest, '\n', &line)) {
            line = str_trim(line);
            if (line.n == 0)
                continue;
            if (ret_lines->count == LINES_MAX)
                return;
            ret_lines->items[ret_lines->count++] = (struct line){line, i};
        }
    }
}

/* --- labels --- */

static size_t colon_at(struct str text, size_t at)
{
    static const char wide[] = "\xEF\xBC\x9A";

    if (text.p[at] == ':' && (at + 1 == text.n || text.p[at + 1] == ' ' || text.p[at + 1] == '\t' ||
                              (unsigned char)text.p[at + 1] >= 0x80))
        return 1;
    /* "Total:42.00", not "12:30" and "http://". */
    if (text.p[at] == ':' && at > 0 && text.p[at + 1] != '/' &&
        !(text.p[at - 1] >= '0' && text.p[at - 1] <= '9'))
        return 1;
    return text.n - at >= sizeof(wide) - 1 && memcmp(text.p + at, wide, sizeof(wide) - 1) == 0
               ? sizeof(wide) - 1
               : 0;
}

static size_t leader_at(struct str text, size_t at)
{
    size_t n = 0;

    while (at + n < text.n && (text.p[at + n] == '.' || text.p[at + n] == '_'))
        n++;
    return n >= 3 ? n : 0;
}

/* Where a line is parted into a label and a value, by a colon, dots or a tab. */
static bool part_line(struct str line, struct str *ret_label, struct str *ret_value)
{
    size_t spaces = 0;

    for (size_t i = 0; i < line.n && i <= LABEL_MAX_BYTES; i++) {
        size_t length = line.p[i] == '\t' ? 1 : colon_at(line, i);
        if (length == 0)
            length = leader_at(line, i);
        spaces += line.p[i] == ' ';
        if (length == 0)
            continue;
        if (i == 0 || spaces >= LABEL_WORDS_MAX)
            return false;
        *ret_label = str_trim((struct str){line.p, i});
        *ret_value = str_trim((struct str){line.p + i + length, line.n - i - length});
        return ret_label->n > 0;
    }
    return false;
}

/* Several pairs may stand in one line: the value ends before the next label, which begins behind
 * two words that end nothing, and ends in a colon. */
static struct str first_value(struct str value)
{
    struct value values[VALUES_MAX];
    size_t colon = 0;

    while (colon < value.n && colon_at(value, colon) == 0)
        colon++;
    if (colon >= value.n)
        return value;
    /* A first typed value ends it. */
    size_t count = values_find((struct str){value.p, colon}, values);
    for (size_t i = 0; i < count; i++)
        if (values[i].kind != VALUE_NAME)
            return (struct str){value.p, values[i].offset + values[i].length};
    return value;
}

/* --- candidates --- */

/* Terms that a label says by being a name of a concept. */
static struct term_set label_terms(const struct candidate_search *search, struct str label,
                                   struct str value, float *ret_fit)
{
    const struct question_part *part = search->terms->part;
    struct term_set set = {0, 0};
    struct folded_text folded;

    *ret_fit = 0;
    if (!folded_text_make(label, search->viewer.arena, &folded))
        return set;
    for (size_t i = 0; i < part->concept_count; i++) {
        const struct concept *concept = part->concepts[i].concept;
        float fit = concept_fits_label(concept, folded.folded);
        if (fit <= 0)
            continue;
        fit *= candidate_concept_fit(concept, value);
        if (fit >= 0.5F)
            set.exact |= part->concepts[i].terms;
        else
            set.near |= part->concepts[i].terms;
        if (fit > *ret_fit)
            *ret_fit = fit;
    }
    return set;
}

/* How much of the label the question asks for. */
static float share_asked(const struct passage_view *view, struct str label)
{
    size_t begin = candidate_offset(view, label);
    size_t words = passage_view_word_count(view, begin, begin + label.n);
    size_t asked = 0;

    for (size_t i = 0; i < view->word_count; i++) {
        const struct view_word *word = &view->words[i];
        if (word->offset >= begin && word->offset < begin + label.n && !word->is_function)
            asked += (word->terms.exact | word->terms.near) != 0;
    }
    return words == 0 ? 0 : (float)asked / (float)words;
}

void candidate_add_pair(const struct candidate_search *search, const struct passage_view *view,
                        const struct pair *pair)
{
    size_t begin = candidate_offset(view, pair->label);
    struct term_set own = passage_view_terms(view, begin, begin + pair->label.n);
    size_t value_begin = candidate_offset(view, pair->value);
    struct candidate candidate = {
        .form = CANDIDATE_PAIR,
        .passage = view->index,
        .label = pair->label,
        .value = pair->value,
        .novelty = 1,
        .around = view->whole,
        .relevance = view->relevance,
    };
    float fit;
    float asked = share_asked(view, pair->label);

    if (pair->value.n == 0 || pair->label.n == 0)
        return;
    if (candidate.value.n > VALUE_MAX_BYTES)
        return;
    candidate.core = term_set_union(own, label_terms(search, pair->label, pair->value, &fit));
    if ((candidate.core.exact | candidate.core.near) == 0)
        return;
    candidate.near = term_set_union(
        view->context, passage_view_terms(view, value_begin, value_begin + pair->value.n));
    candidate.label_fit = fit > asked ? fit : asked;
    candidate.type_fit = candidate_type_fit(search, view, pair->value);
    /* A label that asks for a name or an address is followed by one, whatever it looks like. */
    if (fit > 0 && candidate.type_fit < fit)
        candidate.type_fit = fit;
    candidate_add(search, &candidate);
}

/* The value beneath a label: the next line, and for parties and addresses those that follow in the
 * same piece. */
static struct str value_beneath(const struct candidate_search *search, const struct lines *lines,
                                size_t label_line)
{
    const struct question_part *part = search->terms->part;
    const struct line *first;
    struct str value;
    struct str label;
    struct str rest;
    bool takes_more = part->kind == ANSWER_PLACE;

    if (label_line + 1 >= lines->count)
        return STR("");
    first = &lines->items[label_line + 1];
    if (first->text.n > BENEATH_MAX_BYTES || part_line(first->text, &label, &rest))
        return STR("");
    value = first->text;
    for (size_t i = label_line + 2;
         takes_more && i < lines->count && i <= label_line + PARTY_LINES_MAX; i++) {
        if (lines->items[i].piece != first->piece || part_line(lines->items[i].text, &label, &rest))
            break;
        value.n = (size_t)(lines->items[i].text.p + lines->items[i].text.n - value.p);
    }
    return value;
}

static bool is_heading(const struct passage_view *view, const struct line *line)
{
    return view->passage->pieces[line->piece].kind ==
           OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING;
}

/* A line that is a label and nothing else: all its words are asked for, or it is a concept's. What
 * follows a heading is not its value. */
static bool is_label_alone(const struct candidate_search *search, const struct passage_view *view,
                           struct str line, bool is_heading)
{
    float fit;

    if (line.n > LABEL_MAX_BYTES)
        return false;
    (void)label_terms(search, line, STR("1"), &fit);
    if (fit > 0)
        return true;
    return !is_heading && share_asked(view, line) >= 0.99F;
}

/* The first line of running text rather than a value. */
static bool reads_on(struct str value)
{
    size_t spaces = 0;

    for (size_t i = 0; i < value.n; i++)
        spaces += value.p[i] == ' ';
    return spaces >= LABEL_WORDS_MAX || (value.n > 0 && value.p[value.n - 1] == ',');
}

static void add_of_line(const struct candidate_search *search, const struct passage_view *view,
                        const struct lines *lines, size_t at)
{
    struct str line = lines->items[at].text;
    struct pair pair = {.label = {NULL, 0}};

    if (part_line(line, &pair.label, &pair.value)) {
        if (pair.value.n == 0)
            pair.value = value_beneath(search, lines, at);
        else
            pair.value = first_value(pair.value);
        candidate_add_pair(search, view, &pair);
    } else if (is_label_alone(search, view, line, is_heading(view, &lines->items[at]))) {
        pair.label = line;
        pair.value = value_beneath(search, lines, at);
        if (reads_on(pair.value))
            pair.value.n = 0;
        candidate_add_pair(search, view, &pair);
    }
    candidate_add_inside(search, view, line);
}

/* Labels in one block and their values in the next, line by line. */
static void add_side_by_side(const struct candidate_search *search, const struct passage_view *view,
                             const struct lines *lines)
{
    for (size_t i = 0; i < lines->count;) {
        size_t first = i;
        size_t count = 0;
        size_t next = 0;
        while (i < lines->count && lines->items[i].piece == lines->items[first].piece)
            i++, count++;
        while (i + next < lines->count && lines->items[i + next].piece == lines->items[i].piece)
            next++;
        if (count < 2 || count != next)
            continue;
        for (size_t k = 0; k < count; k++) {
            struct pair pair = {lines->items[first + k].text, lines->items[i + k].text};
            struct str label;
            struct str value;
            if (part_line(pair.label, &label, &value) && value.n == 0)
                pair.label = label;
            if (pair.label.n <= LABEL_MAX_BYTES && is_label_alone(search, view, pair.label, false))
                candidate_add_pair(search, view, &pair);
        }
    }
}

status_code candidate_add_pairs(const struct candidate_search *search,
                                const struct passage_view *view, struct status *st)
{
    struct lines *lines = ARENA_NEW(search->viewer.arena, struct lines);

    if (lines == NULL)
        return FAIL_MEMORY(st);
    cut_lines(view, lines);
    for (size_t i = 0; i < lines->count; i++)
        add_of_line(search, view, lines, i);
    for (size_t i = 0; i < view->passage->piece_count; i++) {
        const struct passage_piece *piece = &view->passage->pieces[i];
        struct str rest;
        struct str cell;
        if (piece->row == PASSAGE_NO_ROW || piece->offset + piece->length > view->text_bytes)
            continue;
        rest = (struct str){view->passage->text.p + piece->offset, piece->length};
        while (str_next_token(&rest, '\t', &cell)) {
            candidate_add_inside(search, view, str_trim(cell));
        }
    }
    add_side_by_side(search, view, lines);
    return STATUS_OK;
}
