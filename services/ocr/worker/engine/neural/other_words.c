#include "services/ocr/worker/engine/neural/other_words.h"

#include <math.h>
#include <string.h>

#include "lib/base/ascii.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/lookalikes.h"
#include "services/ocr/worker/normalize.h"

/* A word as a line of its own. */
struct cutting {
    struct text_line line;
    size_t of_line, of_word;
    float from, to; /* its part of the line */
};

struct cuttings {
    struct cutting *at;
    size_t count;
};

/* Words that tesseract knows are above it, nearly all. */
static const float confidence_doubtful = 0.92f;

static bool is_doubtful(const struct word_span *word)
{
    enum { LETTERS_MIN = 2 };

    return word->confidence_kind == CONFIDENCE_TESSERACT &&
           word->confidence < confidence_doubtful &&
           normalize_count_letters(word->text) >= LETTERS_MIN;
}

/* With some of the white on both sides, which may not be more than half of what parts words. */
static void add(struct cuttings *cuttings, const struct text_line *lines, size_t of_line,
                size_t of_word)
{
    const float white_in_heights = 0.12f;
    const struct text_line *line = &lines[of_line];
    const struct word_span *word = &line->words[of_word];
    float white = white_in_heights * text_line_height(line) / fmaxf(text_line_length(line), 1);
    struct cutting *cutting = &cuttings->at[cuttings->count++];

    *cutting = (struct cutting){
        .of_line = of_line,
        .of_word = of_word,
        .from = fmaxf(word->x0 - white, 0),
        .to = fminf(word->x1 + white, 1),
    };
    text_line_part(line, cutting->from, cutting->to, cutting->line.corners);
}

static status_code cut(const struct text_line *lines, size_t count, struct arena *arena,
                       struct cuttings *ret_cuttings, struct status *st)
{
    struct cuttings cuttings = {.at = ARENA_NEW_ARRAY(arena, struct cutting, OTHER_WORDS_MAX)};

    if (cuttings.at == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t l = 0; l < count; l++)
        for (size_t w = 0; w < lines[l].word_count && cuttings.count < OTHER_WORDS_MAX; w++)
            if (is_doubtful(&lines[l].words[w]))
                add(&cuttings, lines, l, w);
    *ret_cuttings = cuttings;
    return STATUS_OK;
}

static size_t count_ascii_letters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ascii_is_letter(*text);
    return count;
}

/* True for words that the networks are sure of, and that no word of the script looks like. Accents
 * are what they make of dots and vowels of other scripts. */
static bool is_latin(const struct text_line *read, const char *script)
{
    /* Of Cyrillic and Greek words they are not: 0.2 to 0.8. */
    const float confidence_min = 0.93f;
    enum { OWN_LATIN_MIN = 2 };
    size_t own_latin = 0;

    for (size_t w = 0; w < read->word_count; w++) {
        const char *text = read->words[w].text;
        if (read->words[w].confidence < confidence_min ||
            lookalikes_count_latin(text, "") != count_ascii_letters(text))
            return false;
        own_latin += lookalikes_count_latin(text, script);
    }
    return own_latin >= OWN_LATIN_MIN;
}

/* Puts what was read of a word in its place. */
static status_code replace(struct text_line *line, const struct cutting *cutting,
                           struct arena *arena, struct status *st)
{
    const struct text_line *read = &cutting->line;
    size_t behind = line->word_count - cutting->of_word - 1;
    size_t count = cutting->of_word + read->word_count + behind;
    struct word_span *words = ARENA_NEW_ARRAY(arena, struct word_span, count);

    if (words == NULL)
        return FAIL_PAGE_TEXT(st);
    const struct word_span *old = &line->words[cutting->of_word];
    struct word_span *new = &words[cutting->of_word];
    memcpy(words, line->words, cutting->of_word * sizeof(*words));
    for (size_t w = 0; w < read->word_count; w++) {
        float width = cutting->to - cutting->from;
        new[w] = read->words[w];
        new[w].x0 = cutting->from + read->words[w].x0 *width;
        new[w].x1 = cutting->from + read->words[w].x1 *width;
    }
    new[read->word_count - 1].no_space_after = old->no_space_after;
    memcpy(new + read->word_count, old + 1, behind * sizeof(*words));
    line->words = words;
    line->word_count = count;
    return STATUS_OK;
}

status_code other_words_read(struct line_reader *reader, const struct raster *page,
                             const char *script, struct text_line *lines, size_t count,
                             int64_t deadline_ns, struct arena *arena, struct status *st)
{
    struct cuttings cuttings = {.count = 0};

    TRY(cut(lines, count, arena, &cuttings, st));
    if (cuttings.count == 0)
        return STATUS_OK;
    struct text_line **all = ARENA_NEW_ARRAY(arena, struct text_line *, cuttings.count);
    if (all == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < cuttings.count; i++)
        all[i] = &cuttings.at[i].line;
    TRY(line_reader_read(reader, page, all, cuttings.count, deadline_ns, arena, st));
    /* From the end of a line, so that the places of those before stay. */
    for (size_t i = cuttings.count; i-- > 0;) {
        const struct cutting *cutting = &cuttings.at[i];
        if (is_latin(&cutting->line, script))
            TRY(replace(&lines[cutting->of_line], cutting, arena, st));
    }
    return STATUS_OK;
}
