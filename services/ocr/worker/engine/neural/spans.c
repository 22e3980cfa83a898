#include "services/ocr/worker/engine/neural/spans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/ocr/worker/normalize.h"

static bool is_space(const char *label)
{
    static const char ideographic_space[] = "\xE3\x80\x80"; /* U+3000 */

    return strcmp(label, " ") == 0 || strcmp(label, ideographic_space) == 0;
}

/* --- Ink --- */

/* How many pixels of each column and row are neither paper nor nearly so. */
struct ink {
    uint16_t *columns;
    float threshold; /* half-way between paper and ink */
    bool is_dark;    /* ink on paper rather than light on dark */
};

static bool is_inked(const struct ink *ink, float value)
{
    return ink->is_dark ? value < ink->threshold : value > ink->threshold;
}

/* Half-way between the darkest and the lightest of the strip; the rarer half is ink. */
static bool find_ink(const struct strip *strip, struct arena *arena, struct ink *ret_ink)
{
    struct ink ink = {.columns = ARENA_NEW_ARRAY(arena, uint16_t, (size_t)strip->width)};
    float darkest = 1, lightest = -1;
    size_t dark = 0;

    if (ink.columns == NULL)
        return false;
    for (int32_t y = 0; y < strip->height; y++)
        for (int32_t x = 0; x < strip->width; x++) {
            float value = strip->values[(size_t)y * strip->stride + (size_t)x];
            darkest = fminf(darkest, value);
            lightest = fmaxf(lightest, value);
        }
    ink.threshold = (darkest + lightest) / 2;
    for (int32_t y = 0; y < strip->height; y++)
        for (int32_t x = 0; x < strip->width; x++)
            dark += strip->values[(size_t)y * strip->stride + (size_t)x] < ink.threshold;
    ink.is_dark = dark * 2 <= (size_t)strip->width * (size_t)strip->height;
    for (int32_t y = strip->own_y0; y < strip->own_y1; y++)
        for (int32_t x = 0; x < strip->width; x++)
            ink.columns[x] += is_inked(&ink, strip->values[(size_t)y * strip->stride + (size_t)x]);
    *ret_ink = ink;
    return true;
}

/* The middle of the widest blank between two columns; their own middle when there is none. */
static int32_t find_cut(const struct ink *ink, int32_t from, int32_t to)
{
    int32_t best = (from + to) / 2, widest = 0;

    for (int32_t x = from; x < to;) {
        int32_t start = x;
        while (x < to && ink->columns[x] == 0)
            x++;
        if (x - start > widest) {
            widest = x - start;
            best = (start + x) / 2;
        }
        x += x == start;
    }
    return best;
}

/* Narrows a word's box to what is inked. */
static void trim(const struct strip *strip, const struct ink *ink, int32_t x0, int32_t x1,
                 struct word_span *word)
{
    int32_t y0 = strip->height, y1 = 0;

    while (x0 + 1 < x1 && ink->columns[x0] == 0)
        x0++;
    while (x1 - 1 > x0 && ink->columns[x1 - 1] == 0)
        x1--;
    for (int32_t y = strip->own_y0; y < strip->own_y1; y++)
        for (int32_t x = x0; x < x1; x++)
            if (is_inked(ink, strip->values[(size_t)y * strip->stride + (size_t)x])) {
                y0 = y < y0 ? y : y0;
                y1 = y + 1;
            }
    if (y0 >= y1) {
        y0 = 0;
        y1 = strip->height;
    }
    word->x0 = (float)x0 / (float)strip->width;
    word->x1 = (float)x1 / (float)strip->width;
    word->y0 = (float)y0 / (float)strip->height;
    word->y1 = (float)y1 / (float)strip->height;
}

/* --- Words --- */

/* Symbols from `first` up to and without `end`. */
struct stretch {
    size_t first;
    size_t end;
};

static bool is_cjk(const char *label)
{
    return normalize_is_unspaced(utf8_first(label));
}

/* The next word from *at on; false at the end of the line. */
static bool next_word(const struct ctc_symbol *symbols, size_t count, const char *const *labels,
                      size_t *at, struct stretch *ret_word)
{
    size_t first = *at;

    while (first < count && is_space(labels[symbols[first].label]))
        first++;
    if (first == count)
        return false;
    bool is_unspaced = is_cjk(labels[symbols[first].label]);
    size_t end = first + 1;
    while (end < count && !is_space(labels[symbols[end].label]) &&
           is_cjk(labels[symbols[end].label]) == is_unspaced)
        end++;
    *ret_word = (struct stretch){first, end};
    *at = end;
    return true;
}

static const char *text_of(const struct ctc_symbol *symbols, struct stretch word,
                           const char *const *labels, struct arena *arena)
{
    size_t length = 0;

    for (size_t i = word.first; i < word.end; i++)
        length += strlen(labels[symbols[i].label]);
    char *text = arena_alloc(arena, length + 1);
    if (text == NULL)
        return NULL;
    char *at = text;
    for (size_t i = word.first; i < word.end; i++)
        at = stpcpy(at, labels[symbols[i].label]);
    return normalize_text((struct str){text, length}, arena);
}

static float mean_probability(const struct ctc_symbol *symbols, struct stretch word)
{
    float sum = 0;

    for (size_t i = word.first; i < word.end; i++)
        sum += symbols[i].probability;
    return word.end > word.first ? sum / (float)(word.end - word.first) : 0;
}

static int32_t column_of(const struct ctc_symbol *symbol, const struct strip *strip,
                         float pixels_per_step)
{
    int32_t column = (int32_t)(symbol->position * pixels_per_step);

    return column >= strip->width ? strip->width - 1 : column;
}

static int compare_float(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* How far a symbol's glyph reaches to either side of its position: three quarters of the usual way
 * from symbol to symbol, which leaves room for broad letters, but none for one between two others
 * that the recognizer does not know. In pixels; negative without memory. */
static float reach_of(const struct ctc_symbol *symbols, size_t count, const struct strip *strip,
                      float pixels_per_step, struct arena *arena)
{
    float least = 0.2f * (float)strip->height, most = 0.6f * (float)strip->height;
    float *pitches = ARENA_NEW_ARRAY(arena, float, count + 1);

    if (pitches == NULL)
        return -1;
    if (count < 2)
        return most;
    for (size_t i = 1; i < count; i++)
        pitches[i - 1] = (symbols[i].position - symbols[i - 1].position) * pixels_per_step;
    qsort(pitches, count - 1, sizeof(*pitches), compare_float);
    return fminf(fmaxf(0.75f * pitches[(count - 1) / 2], least), most);
}

/* The part of the inked columns that symbols stand for. */
static float covered_part(const struct ctc_symbol *symbols, size_t count, const struct ink *ink,
                          const struct strip *strip, float pixels_per_step, float reach)
{
    size_t inked = 0, covered = 0, next = 0;

    for (int32_t x = 0; x < strip->width; x++) {
        while (next < count && symbols[next].position * pixels_per_step < (float)x)
            next++;
        bool is_near =
            (next < count && symbols[next].position * pixels_per_step - (float)x <= reach) ||
            (next > 0 && (float)x - symbols[next - 1].position * pixels_per_step <= reach);
        inked += ink->columns[x] > 0;
        covered += ink->columns[x] > 0 && is_near;
    }
    return inked > 0 ? (float)covered / (float)inked : 1;
}

bool spans_of_line(const struct ctc_symbol *symbols, size_t count, const char *const *labels,
                   const struct strip *strip, float pixels_per_step, struct arena *arena,
                   struct text_line *line)
{
    struct word_span *words = ARENA_NEW_ARRAY(arena, struct word_span, count + 1);
    struct stretch word, next;
    struct ink ink;
    size_t at = 0, word_count = 0;
    int32_t left = 0;

    if (words == NULL || !find_ink(strip, arena, &ink))
        return false;
    float reach = reach_of(symbols, count, strip, pixels_per_step, arena);
    if (reach < 0)
        return false;
    float covered = covered_part(symbols, count, &ink, strip, pixels_per_step, reach);
    bool is_more = next_word(symbols, count, labels, &at, &word);
    while (is_more) {
        struct word_span *span = &words[word_count++];
        int32_t right = strip->width;
        is_more = next_word(symbols, count, labels, &at, &next);
        if (is_more) {
            right = find_cut(&ink, column_of(&symbols[word.end - 1], strip, pixels_per_step),
                             column_of(&symbols[next.first], strip, pixels_per_step));
            span->no_space_after = next.first == word.end;
        }
        span->text = text_of(symbols, word, labels, arena);
        if (span->text == NULL)
            return false;
        span->confidence = mean_probability(symbols, word) * covered;
        span->confidence_kind = CONFIDENCE_NETWORKS;
        trim(strip, &ink, left, right > left ? right : left + 1, span);
        left = right > left ? right : left;
        word = next;
    }
    line->words = words;
    line->word_count = word_count;
    line->confidence = mean_probability(symbols, (struct stretch){0, count}) * covered;
    return true;
}
