#include "services/chat/model/given.h"

#include <string.h>

#include "services/chat/text/sentences.h"

enum {
    /* A line of running text that is wrapped has so much of the longest line's length at least, and
     * that one so many bytes. */
    WRAPPED_PERCENT = 70,
    WRAPPED_BYTES_MIN = 40,
};

struct given {
    const struct passages *passages;
    const uint32_t *indexes;
    size_t count;
    struct arena *arena;
    struct words_cutter *cutter;
    struct given_passage **cut; /* by number - 1; NULL: not yet */
};

status_code given_new(const struct passages *passages, const uint32_t *indexes, size_t count,
                      struct arena *arena, struct given **ret_given, struct status *st)
{
    struct given *given = ARENA_NEW(arena, struct given);

    if (given == NULL)
        return FAIL_MEMORY(st);
    *given = (struct given){.passages = passages,
                            .indexes = indexes,
                            .count = count,
                            .arena = arena,
                            .cutter = words_cutter_new(),
                            .cut = ARENA_NEW_ARRAY(arena, struct given_passage *, count)};
    if (given->cutter == NULL || given->cut == NULL) {
        given_free(given);
        return FAIL_MEMORY(st);
    }
    *ret_given = given;
    return STATUS_OK;
}

void given_free(struct given *given)
{
    if (given != NULL)
        words_cutter_free(TAKE(given->cutter));
}

bool given_has(const struct given *given, uint32_t number)
{
    return number >= 1 && number <= given->count;
}

status_code given_cut(struct given *given, struct str text, struct str language,
                      const struct word **ret_words, size_t *ret_count, struct status *st)
{
    return words_cut(given->cutter, text, language, given->arena, ret_words, ret_count, st);
}

/* --- units --- */

struct cutting {
    struct given *given;
    const struct word *words; /* of the passage's text */
    size_t word_count;
    struct given_unit *units;
    size_t count, capacity;
    uint32_t piece_offset; /* units before it are another piece's */
};

static bool is_plain(const struct word *word)
{
    return word->kind != WORD_NUMBER && !word->is_function;
}

static void take_words(const struct cutting *cutting, struct given_unit *unit)
{
    size_t first = 0, end;

    while (first < cutting->word_count && cutting->words[first].offset < unit->offset)
        first++;
    end = first;
    unit->has_plain = false;
    while (end < cutting->word_count && cutting->words[end].offset < unit->offset + unit->length)
        unit->has_plain = is_plain(&cutting->words[end++]) || unit->has_plain;
    unit->words = cutting->words + first;
    unit->word_count = end - first;
}

static bool has_number(const struct given_unit *unit)
{
    for (size_t i = 0; i < unit->word_count; i++)
        if (unit->words[i].kind == WORD_NUMBER)
            return true;
    return false;
}

/* A value below its label. */
static bool joins_last(const struct cutting *cutting, const struct given_unit *unit)
{
    const struct given_unit *last;

    if (cutting->count == 0 || unit->is_row || unit->has_plain || unit->word_count == 0)
        return false;
    last = &cutting->units[cutting->count - 1];
    return last->offset >= cutting->piece_offset && !last->is_row && last->has_plain &&
           !has_number(last);
}

static bool add_unit(struct cutting *cutting, uint32_t offset, uint32_t length, bool is_row)
{
    enum { FIRST_UNITS = 16 };
    struct given_unit unit = {.offset = offset, .length = length, .is_row = is_row};

    take_words(cutting, &unit);
    if (joins_last(cutting, &unit)) {
        struct given_unit *last = &cutting->units[cutting->count - 1];
        last->length = offset + length - last->offset;
        take_words(cutting, last);
        return true;
    }
    if (cutting->count == cutting->capacity) {
        size_t capacity = cutting->capacity == 0 ? FIRST_UNITS : cutting->capacity * 2;
        struct given_unit *units =
            ARENA_NEW_ARRAY(cutting->given->arena, struct given_unit, capacity);
        if (units == NULL)
            return false;
        if (cutting->count > 0)
            memcpy(units, cutting->units, cutting->count * sizeof(*units));
        cutting->units = units;
        cutting->capacity = capacity;
    }
    cutting->units[cutting->count++] = unit;
    return true;
}

static size_t line_length(struct str text, size_t at)
{
    const char *end = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;

    return end == NULL ? text.n - at : (size_t)(end - text.p) - at;
}

static size_t longest_line(struct str text)
{
    size_t longest = 0;

    for (size_t at = 0; at < text.n; at += line_length(text, at) + 1)
        if (line_length(text, at) > longest)
            longest = line_length(text, at);
    return longest;
}

/* Whether a line goes on in the next one, which begins at `next`. */
static bool is_wrapped(struct str text, size_t length, size_t longest, size_t next)
{
    bool is_lower = next < text.n && text.p[next] >= 'a' && text.p[next] <= 'z';

    return is_lower || (longest >= WRAPPED_BYTES_MIN && length * 100 >= longest * WRAPPED_PERCENT);
}

static status_code add_sentences(struct cutting *cutting, uint32_t offset, struct str text,
                                 struct str language, struct status *st)
{
    const struct sentence *sentences;
    size_t count;

    TRY(sentences_cut(text, language, cutting->given->arena, &sentences, &count, st));
    for (size_t i = 0; i < count; i++)
        if (!add_unit(cutting, offset + sentences[i].offset, sentences[i].length, false))
            return FAIL_MEMORY(st);
    return STATUS_OK;
}

static status_code add_text(struct cutting *cutting, uint32_t offset, struct str text,
                            struct str language, struct status *st)
{
    size_t longest = longest_line(text), start = 0;

    for (size_t at = 0; at < text.n;) {
        size_t length = line_length(text, at), next = at + length + 1;
        if (next >= text.n || !is_wrapped(text, length, longest, next)) {
            struct str stretch = {text.p + start, at + length - start};
            TRY(add_sentences(cutting, offset + (uint32_t)start, stretch, language, st));
            start = next;
        }
        at = next;
    }
    return STATUS_OK;
}

static size_t count_tabs(struct str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == '\t';
    return count;
}

/* The context's last line with cells. */
static struct str find_header(struct str context)
{
    struct str line, header = {0};

    while (str_next_token(&context, '\n', &line))
        if (count_tabs(line) > 0)
            header = line;
    return header;
}

/* Words of headings that stand above other text of the same passage. */
static status_code find_heading_words(struct given *given, const struct cutting *cutting,
                                      const struct passage *passage, struct given_passage *result,
                                      struct status *st)
{
    struct word *words = ARENA_NEW_ARRAY(given->arena, struct word, cutting->word_count);
    size_t piece = 0;

    if (words == NULL && cutting->word_count > 0)
        return FAIL_MEMORY(st);
    result->heading_words = words;
    for (size_t i = 0; i < cutting->word_count; i++) {
        uint32_t offset = cutting->words[i].offset;
        while (piece < passage->piece_count &&
               passage->pieces[piece].offset + passage->pieces[piece].length <= offset)
            piece++;
        if (piece < passage->piece_count &&
            passage->pieces[piece].kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING)
            words[result->heading_word_count++] = cutting->words[i];
    }
    return STATUS_OK;
}

static status_code cut_passage(struct given *given, const struct passage *passage,
                               struct given_passage *result, struct status *st)
{
    struct cutting cutting = {.given = given};

    result->header = find_header(passage->context);
    TRY(given_cut(given, passage->text, passage->language, &cutting.words, &cutting.word_count,
                  st));
    TRY(given_cut(given, passage->context, passage->language, &result->context_words,
                  &result->context_word_count, st));
    for (size_t i = 0; i < passage->piece_count; i++) {
        const struct passage_piece *piece = &passage->pieces[i];
        struct str text = {passage->text.p + piece->offset, piece->length};
        cutting.piece_offset = piece->offset;
        if (piece->row == PASSAGE_NO_ROW)
            TRY(add_text(&cutting, piece->offset, text, passage->language, st));
        else if (!str_equal(text, result->header) &&
                 !add_unit(&cutting, piece->offset, piece->length, true))
            return FAIL_MEMORY(st);
    }
    TRY(find_heading_words(given, &cutting, passage, result, st));
    result->passage = passage;
    result->units = cutting.units;
    result->unit_count = cutting.count;
    return STATUS_OK;
}

status_code given_passage(struct given *given, uint32_t number,
                          const struct given_passage **ret_passage, struct status *st)
{
    struct given_passage **place = &given->cut[number - 1];

    if (*place == NULL) {
        struct given_passage *result = ARENA_NEW(given->arena, struct given_passage);
        uint32_t index = given->indexes[number - 1];
        if (result == NULL)
            return FAIL_MEMORY(st);
        TRY(cut_passage(given, &given->passages->items[index], result, st));
        result->index = index;
        *place = result;
    }
    *ret_passage = *place;
    return STATUS_OK;
}
