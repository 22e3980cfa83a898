#include <stdlib.h>
#include <string.h>

#include "services/chat/retrieve/index_parts.h"
#include "services/chat/retrieve/subterms.h"
#include "services/chat/retrieve/term_table.h"
#include "services/chat/retrieve/varint.h"
#include "services/chat/text/words.h"

enum {
    TERMS_MAX_BYTES = 128 << 20,
    WORDS_MAX_BYTES = 256 << 20, /* of one passage */
    NO_PLACE = UINT32_MAX,
};

/* A term in a passage. Made in the order of passages, and of places in each. */
struct occurrence {
    uint32_t term;
    uint32_t passage;
    uint32_t place; /* in words of the text; NO_PLACE: apart from it */
};

struct builder {
    struct words_cutter *cutter;
    struct arena *scratch;
    struct term_table terms;
    struct occurrence *occurrences;
    size_t count, capacity;
    uint32_t passage; /* that is being read */
    uint32_t *word_counts;
    struct str languages[INDEX_LANGUAGES_MAX];
    size_t language_bytes[INDEX_LANGUAGES_MAX]; /* of text */
    uint32_t language_count;
};

static void builder_deinit(struct builder *builder)
{
    words_cutter_free(builder->cutter);
    arena_free(builder->scratch);
    arena_free(builder->terms.arena);
    term_table_deinit(&builder->terms);
    free(builder->occurrences);
    free(builder->word_counts);
}

static status_code fail_full(struct status *st)
{
    return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "DOCUMENT_TOO_LARGE",
                "the document has more words than can be looked for");
}

static bool add(struct builder *builder, struct str term, uint32_t place)
{
    enum { FIRST_OCCURRENCES = 4096 };
    struct occurrence *added;

    if (builder->count == builder->capacity) {
        size_t capacity = builder->capacity == 0 ? FIRST_OCCURRENCES : builder->capacity * 2;
        if (capacity > INDEX_OCCURRENCES_MAX)
            return false;
        struct occurrence *grown = realloc(builder->occurrences, capacity * sizeof(*grown));
        if (grown == NULL)
            return false;
        builder->occurrences = grown;
        builder->capacity = capacity;
    }
    added = &builder->occurrences[builder->count];
    if (!term_table_number(&builder->terms, term, &added->term))
        return false;
    added->passage = builder->passage;
    added->place = place;
    builder->count++;
    return true;
}

static bool add_apart(struct str term, void *arg)
{
    return add(arg, term, NO_PLACE);
}

/* Pairs of characters over the whole run of words that touch each other. */
static bool add_run(struct builder *builder, const struct word *words, size_t count)
{
    struct buf run;
    bool has_room = true;

    buf_init(&run, WORDS_MAX_BYTES);
    for (size_t i = 0; i < count && has_room; i++)
        has_room = buf_append(&run, words[i].form.p, words[i].form.n);
    has_room = has_room && subterms_of_run(buf_str(&run), add_apart, builder);
    buf_deinit(&run);
    return has_room;
}

static bool add_runs(struct builder *builder, const struct word *words, size_t count)
{
    size_t start = 0;

    for (size_t i = 0; i < count; i++) {
        bool ends = i + 1 == count || words[i].offset + words[i].length != words[i + 1].offset ||
                    !subterms_is_east_asian(words[i + 1].form);
        if (!subterms_is_east_asian(words[i].form)) {
            start = i + 1;
        } else if (ends) {
            if (!add_run(builder, words + start, i + 1 - start))
                return false;
            start = i + 1;
        }
    }
    return true;
}

static bool add_words(struct builder *builder, const struct word *words, size_t count,
                      bool is_context)
{
    for (size_t i = 0; i < count; i++) {
        if (words[i].is_function)
            continue;
        if (!add(builder, words[i].term, is_context ? (uint32_t)NO_PLACE : (uint32_t)i))
            return false;
        if (words[i].kind == WORD_NUMBER && !subterms_of_number(words[i].term, add_apart, builder))
            return false;
    }
    return add_runs(builder, words, count);
}

static status_code read_passage(struct builder *builder, const struct passage *passage,
                                struct str language, struct status *st)
{
    const struct word *words;
    size_t count;

    arena_reset(builder->scratch);
    TRY(words_cut(builder->cutter, passage->text, language, builder->scratch, &words, &count, st));
    builder->word_counts[builder->passage] = (uint32_t)count;
    if (!add_words(builder, words, count, false))
        return fail_full(st);
    TRY(words_cut(builder->cutter, passage->context, language, builder->scratch, &words, &count,
                  st));
    return add_words(builder, words, count, true) ? STATUS_OK : fail_full(st);
}

/* --- languages --- */

static uint32_t language_number(struct builder *builder, struct str language)
{
    for (uint32_t i = 0; i < builder->language_count; i++)
        if (str_equal(builder->languages[i], language))
            return i;
    if (builder->language_count == INDEX_LANGUAGES_MAX)
        return 0;
    builder->languages[builder->language_count] = language;
    return builder->language_count++;
}

/* The language of most of the text becomes the first one. */
static void read_languages(struct builder *builder, const struct passages *passages)
{
    size_t most = 0;

    language_number(builder, STR("und"));
    for (size_t i = 0; i < passages->count; i++) {
        uint32_t number = language_number(builder, passages->items[i].language);
        builder->language_bytes[number] += passages->items[i].text.n;
    }
    builder->language_bytes[0] = 0;
    for (size_t i = 1; i < builder->language_count; i++)
        if (builder->language_bytes[i] > builder->language_bytes[most])
            most = i;
    struct str first = builder->languages[0];
    builder->languages[0] = builder->languages[most];
    builder->languages[most] = first;
}

/* --- writing --- */

static bool append_bytes(struct buf *out, struct str bytes)
{
    return bytes.n <= UINT32_MAX && varint_append(out, (uint32_t)bytes.n) &&
           buf_append(out, bytes.p, bytes.n);
}

static bool append_passage(struct builder *builder, const struct passage *passage,
                           uint32_t word_count, struct buf *out)
{
    uint32_t end = 0;

    if (!varint_append(out, passage->page_index) ||
        !varint_append(out, language_number(builder, passage->language)) ||
        !varint_append(out, word_count) || !append_bytes(out, passage->text) ||
        !append_bytes(out, passage->context) || !varint_append(out, (uint32_t)passage->piece_count))
        return false;
    for (size_t i = 0; i < passage->piece_count; i++) {
        const struct passage_piece *piece = &passage->pieces[i];
        if (!varint_append(out, piece->offset - end) || !varint_append(out, piece->length) ||
            !varint_append(out, piece->block_index) ||
            !varint_append(out, (uint32_t)(piece->row + 1)) ||
            !varint_append(out, (uint32_t)piece->kind))
            return false;
        end = piece->offset + piece->length;
    }
    return true;
}

static bool append_head(struct builder *builder, const struct passages *passages, struct buf *out)
{
    uint32_t pieces = 0;

    if (!buf_append(out, INDEX_MAGIC, INDEX_MAGIC_BYTES) ||
        !buf_append_char(out, (char)DOCUMENT_INDEX_VERSION) ||
        !varint_append(out, builder->language_count))
        return false;
    for (size_t i = 0; i < builder->language_count; i++)
        if (!append_bytes(out, builder->languages[i]))
            return false;
    for (size_t i = 0; i < passages->count; i++)
        pieces += (uint32_t)passages->items[i].piece_count;
    return varint_append(out, passages->page_count) &&
           varint_append(out, (uint32_t)passages->count) && varint_append(out, pieces);
}

/* Postings of one term: its occurrences, in the order in which they were made. */
static bool append_postings(const struct occurrence *found, size_t count, struct buf *out,
                            uint32_t *ret_passages)
{
    uint32_t last_passage = UINT32_MAX; /* -1 */

    *ret_passages = 0;
    for (size_t i = 0, end; i < count; i = end) {
        uint32_t in_text = 0, apart = 0, last_place = 0;
        for (end = i; end < count && found[end].passage == found[i].passage; end++)
            if (found[end].place == NO_PLACE)
                apart++;
            else
                in_text++;
        if (!varint_append(out, found[i].passage - last_passage) || !varint_append(out, in_text) ||
            !varint_append(out, apart))
            return false;
        for (size_t o = i; o < end; o++) {
            if (found[o].place == NO_PLACE)
                continue;
            if (!varint_append(out, found[o].place - last_place))
                return false;
            last_place = found[o].place;
        }
        last_passage = found[i].passage;
        ++*ret_passages;
    }
    return true;
}

int index_compare(struct str a, struct str b)
{
    size_t shorter = a.n < b.n ? a.n : b.n;
    int order = shorter > 0 ? memcmp(a.p, b.p, shorter) : 0;

    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_numbers(const void *a, const void *b, void *arg)
{
    const struct str *terms = arg;

    return index_compare(terms[*(const uint32_t *)a], terms[*(const uint32_t *)b]);
}

/* Occurrences by term, each term's in the order in which they were made (counting sort).
 * @starts: of each term, and the end. */
static struct occurrence *sort_occurrences(const struct builder *builder, size_t *starts)
{
    struct occurrence *sorted = malloc((builder->count + 1) * sizeof(*sorted));

    if (sorted == NULL)
        return NULL;
    for (size_t i = 0; i < builder->count; i++)
        starts[builder->occurrences[i].term + 1]++;
    for (size_t t = 0; t < builder->terms.count; t++)
        starts[t + 1] += starts[t];
    for (size_t i = 0; i < builder->count; i++)
        sorted[starts[builder->occurrences[i].term]++] = builder->occurrences[i];
    for (size_t t = builder->terms.count; t > 0; t--) /* each start has moved to its end */
        starts[t] = starts[t - 1];
    starts[0] = 0;
    return sorted;
}

static bool append_terms(const struct builder *builder, struct buf *out)
{
    _cleanup_(buf_deinit) struct buf postings;
    _cleanup_(freep) size_t *starts = calloc((size_t)builder->terms.count + 1, sizeof(*starts));
    _cleanup_(freep) uint32_t *order = calloc((size_t)builder->terms.count + 1, sizeof(*order));
    _cleanup_(freep) struct occurrence *sorted = NULL;
    uint32_t passage_count;

    buf_init(&postings, DOCUMENT_INDEX_MAX_BYTES);
    if (starts == NULL || order == NULL || (sorted = sort_occurrences(builder, starts)) == NULL)
        return false;
    for (uint32_t t = 0; t < builder->terms.count; t++)
        order[t] = t;
    qsort_r(order, builder->terms.count, sizeof(*order), compare_numbers, builder->terms.terms);
    if (!varint_append(out, builder->terms.count))
        return false;
    for (uint32_t i = 0; i < builder->terms.count; i++) {
        uint32_t t = order[i];
        buf_clear(&postings);
        if (!append_postings(sorted + starts[t], starts[t + 1] - starts[t], &postings,
                             &passage_count) ||
            !append_bytes(out, builder->terms.terms[t]) || !varint_append(out, passage_count) ||
            !append_bytes(out, buf_str(&postings)))
            return false;
    }
    return true;
}

status_code document_index_build(const struct passages *passages, struct buf *out,
                                 struct status *st)
{
    _cleanup_(builder_deinit) struct builder builder = {0};

    term_table_init(&builder.terms, arena_new(TERMS_MAX_BYTES));
    builder.cutter = words_cutter_new();
    builder.scratch = arena_new(WORDS_MAX_BYTES);
    builder.word_counts = calloc(passages->count + 1, sizeof(*builder.word_counts));
    if (builder.terms.arena == NULL || builder.cutter == NULL || builder.scratch == NULL ||
        builder.word_counts == NULL)
        return FAIL_MEMORY(st);
    if (passages->count > INDEX_PASSAGES_MAX)
        return fail_full(st);
    read_languages(&builder, passages);
    for (size_t i = 0; i < passages->count; i++) {
        const struct passage *passage = &passages->items[i];
        builder.passage = (uint32_t)i;
        TRY(read_passage(&builder, passage,
                         str_equal(passage->language, STR("und")) ? builder.languages[0]
                                                                  : passage->language,
                         st));
    }
    if (!append_head(&builder, passages, out))
        return fail_full(st);
    for (size_t i = 0; i < passages->count; i++)
        if (!append_passage(&builder, &passages->items[i], builder.word_counts[i], out))
            return fail_full(st);
    return append_terms(&builder, out) ? STATUS_OK : fail_full(st);
}
