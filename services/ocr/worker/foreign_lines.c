#include "services/ocr/worker/foreign_lines.h"

#include <math.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/ocr/language.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/language_profile.h"
#include "services/ocr/worker/line_quality.h"
#include "services/ocr/worker/normalize.h"

/*
 * Each word fits each language by its groups of letters; a change of language costs what groups of
 * some words bring. The likeliest languages of all words together are found by dynamic programming
 * (A. Viterbi, "Error bounds for convolutional codes", 1967).
 */

enum {
    WORDS_MAX = 4000, /* of a page; languages are not looked for beyond */
    PASSAGE_LETTERS_MIN = 40,
    /* One of so many words begins with a small letter: lists of names are in no language. */
    SHARE_OF_SMALL_WORDS = 3,
    LINE_LANGUAGES_MAX = 2,
    CANDIDATES_MAX = 3,
};

/* Of a change, in logarithms: a common group is worth 2 to 5. */
static const float cost_of_change = 12;

/* Models of a language are hardly surer of it than others: as in choose_language_by_text(). */
static const float margin = -0.03f;

struct words {
    const char **texts;
    struct line **lines;
    uint8_t *languages; /* indices of profiles */
    size_t count;
};

static status_code gather(struct page *page, struct words *ret_words, struct status *st)
{
    struct words words = {
        .texts = ARENA_NEW_ARRAY(page->arena, const char *, WORDS_MAX),
        .lines = ARENA_NEW_ARRAY(page->arena, struct line *, WORDS_MAX),
        .languages = ARENA_NEW_ARRAY(page->arena, uint8_t, WORDS_MAX),
    };

    if (words.texts == NULL || words.lines == NULL || words.languages == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++) {
            struct line *line = &page->blocks[b].lines[l];
            for (size_t w = 0; w < line->word_count && words.count < WORDS_MAX; w++) {
                words.texts[words.count] = line->words[w].text;
                words.lines[words.count++] = line;
            }
        }
    *ret_words = words;
    return STATUS_OK;
}

static size_t best_of(const float *scores, size_t count)
{
    size_t best = 0;

    for (size_t i = 1; i < count; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

/* Latin itself has no letters that another model would leave out, and is like all of them. */
static bool is_latin(size_t profile)
{
    return strcmp(language_profile_script(profile), "Latn") == 0 &&
           strcmp(language_profile_code(profile), "la") != 0;
}

/* Sets the language of each word. @main: that of the page; where it begins costs nothing. */
static status_code find_languages(struct words *words, size_t main, struct arena *arena,
                                  struct status *st)
{
    const float never = -1e30f;
    float scores[LANGUAGE_PROFILES_MAX], gains[LANGUAGE_PROFILES_MAX];
    size_t count = language_profile_gains("", true, gains);
    uint8_t *before = ARENA_NEW_ARRAY(arena, uint8_t, words->count *count + 1);

    if (before == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t k = 0; k < count; k++)
        scores[k] = k == main ? 0 : is_latin(k) ? -cost_of_change : never;
    for (size_t w = 0; w < words->count; w++) {
        size_t best = best_of(scores, count);
        float changed = scores[best] - cost_of_change;
        (void)language_profile_gains(words->texts[w], true, gains);
        for (size_t k = 0; k < count; k++) {
            bool is_change = scores[k] < changed && is_latin(k);
            before[w * count + k] = (uint8_t)(is_change ? best : k);
            scores[k] = (is_change ? changed : scores[k]) + gains[k];
        }
    }
    size_t at = best_of(scores, count);
    for (size_t w = words->count; w-- > 0;) {
        words->languages[w] = (uint8_t)at;
        at = before[w * count + at];
    }
    return STATUS_OK;
}

/* What words side by side come to. */
struct sum {
    float gains[LANGUAGE_PROFILES_MAX];
    size_t letters, words, small_words;
};

static struct sum sum_up(const struct words *words, size_t from, size_t to)
{
    struct sum sum = {.letters = 0};
    float gains[LANGUAGE_PROFILES_MAX];

    for (size_t w = from; w < to; w++) {
        size_t count = language_profile_gains(words->texts[w], true, gains);
        for (size_t k = 0; k < count; k++)
            sum.gains[k] += gains[k];
        sum.letters += normalize_count_letters(words->texts[w]);
        sum.small_words += normalize_is_small(utf8_first(words->texts[w]));
    }
    sum.words = to - from;
    return sum;
}

/* Of passages on eight pages with quotations and six in several languages: 1.45 to 2.8 a letter, by
 * 0.44 to 1.7 more than the page's language; lists of names, numbers and what was misread mostly
 * less. */
static bool is_foreign(const struct sum *sum, size_t language, size_t main)
{
    const float gain_min = 1.4f, difference_min = 0.42f;
    float letters = (float)sum->letters, gain = sum->gains[language];

    return sum->letters >= PASSAGE_LETTERS_MIN &&
           sum->small_words * SHARE_OF_SMALL_WORDS >= sum->words && gain >= gain_min * letters &&
           gain - sum->gains[main] >= difference_min * letters;
}

/* Short passages are names; and a page that is mostly in one other language is read anew as a
 * whole.
 */
static void drop_passages(struct words *words, size_t main)
{
    size_t letters[LANGUAGE_PROFILES_MAX] = {0}, all = 0;

    for (size_t from = 0, to; from < words->count; from = to) {
        uint8_t language = words->languages[from];
        for (to = from; to < words->count && words->languages[to] == language; to++)
            ;
        const struct sum sum = sum_up(words, from, to);
        all += sum.letters;
        letters[language] += sum.letters;
        if (!is_foreign(&sum, language, main))
            memset(&words->languages[from], (int)main, to - from);
    }
    for (size_t w = 0; w < words->count; w++)
        if (letters[words->languages[w]] * 3 > all * 2)
            words->languages[w] = (uint8_t)main;
}

/* Models of a language with those that a page was read with; NULL: out of memory, or none. */
static const char *join_models(const char *code, const char *models, struct arena *arena)
{
    const char *own = language_to_tesseract(str_of(code), arena);

    return own != NULL ? arena_printf(arena, "%s+%s", own, models) : NULL;
}

/* --- Which of related languages --- */

/* Words side by side in one language that is not that of the page. */
struct passage {
    size_t from, to;
    uint8_t candidates[CANDIDATES_MAX]; /* the likeliest first */
    size_t candidate_count;
};

/* Without accents, Czech is like Slovenian. */
static void find_candidates(const struct words *words, size_t main, struct passage *passage)
{
    const float near_best = 0.8f;
    float unused[LANGUAGE_PROFILES_MAX];
    size_t count = language_profile_gains("", true, unused);
    struct sum sum = sum_up(words, passage->from, passage->to);
    float *sums = sum.gains;

    for (size_t k = 0; k < count; k++)
        if (!is_latin(k) || k == main)
            sums[k] = 0;
    size_t best = best_of(sums, count);
    float least = sums[best] * near_best;
    for (passage->candidate_count = 0; passage->candidate_count < CANDIDATES_MAX;
         best = best_of(sums, count)) {
        if (sums[best] < least)
            break;
        passage->candidates[passage->candidate_count++] = (uint8_t)best;
        sums[best] = -1;
    }
}

/* The line with the most of it. */
static struct line *main_line(const struct words *words, const struct passage *passage)
{
    struct line *line = words->lines[passage->from];
    size_t most = 0, letters = 0;

    for (size_t w = passage->from; w < passage->to; w++) {
        bool goes_on = w > passage->from && words->lines[w] == words->lines[w - 1];
        letters = (goes_on ? letters : 0) + normalize_count_letters(words->texts[w]);
        if (letters > most) {
            most = letters;
            line = words->lines[w];
        }
    }
    return line;
}

/* How sure a reading is, and how well it fits its language: as in choose_language_script.c. */
static float score_of(const struct line *found, const char *language, struct arena *arena)
{
    const float weight_of_fit = 0.02f;
    const char *text = "";
    size_t letters;

    for (size_t w = 0; w < found->word_count && text != NULL; w++)
        text = arena_printf(arena, "%s%s ", text, found->words[w].text);
    return text != NULL ? line_quality(found, &letters) +
                              weight_of_fit * language_profile_fit(text, "Latn", false, language)
                        : 0;
}

/* Reads the longest line of a passage with each language that it may be in. */
static status_code settle_passage(const struct mixed_lines *how, struct words *words, size_t main,
                                  struct passage *passage, struct arena *arena, struct status *st)
{
    float best_score = -INFINITY;
    uint8_t best = words->languages[passage->from];

    find_candidates(words, main, passage);
    for (size_t i = 0; i < passage->candidate_count && passage->candidate_count > 1; i++) {
        const char *code = language_profile_code(passage->candidates[i]);
        struct mixed_lines with = *how;
        struct line *found;
        with.models = join_models(code, how->models, arena);
        if (with.models == NULL)
            return FAIL_PAGE_TEXT(st);
        TRY(mixed_lines_read_line(&with, arena, main_line(words, passage), &found, st));
        float score = found != NULL ? score_of(found, code, arena) : -INFINITY;
        if (score > best_score) {
            best_score = score;
            best = passage->candidates[i];
        }
    }
    memset(&words->languages[passage->from], best, passage->to - passage->from);
    return STATUS_OK;
}

static status_code settle_passages(const struct mixed_lines *how, struct words *words, size_t main,
                                   struct arena *arena, struct status *st)
{
    for (size_t from = 0, to; from < words->count; from = to) {
        for (to = from; to < words->count && words->languages[to] == words->languages[from]; to++)
            ;
        struct passage passage = {.from = from, .to = to};
        if (words->languages[from] != main)
            TRY(settle_passage(how, words, main, &passage, arena, st));
    }
    return STATUS_OK;
}

/* --- Reading --- */

/* What is other than the page in a line. */
struct languages {
    uint8_t at[LINE_LANGUAGES_MAX];
    size_t count;
};

static struct languages languages_of(const struct words *words, size_t from, size_t to, size_t main)
{
    struct languages languages = {.count = 0};

    for (size_t w = from; w < to && languages.count < LINE_LANGUAGES_MAX; w++) {
        uint8_t language = words->languages[w];
        if (language != main &&
            (languages.count == 0 || language != languages.at[languages.count - 1]))
            languages.at[languages.count++] = language;
    }
    return languages;
}

/* What is hardly less sure counts: models of a language are hardly surer of it than others. True
 * when it was taken. */
static bool take_if_sure(struct line *line, const struct line *found)
{
    size_t letters, found_letters;
    float confidence = line_quality(line, &letters);

    if (line_quality(found, &found_letters) <= confidence + margin ||
        found_letters * 10 < letters * 9)
        return false;
    line->words = found->words;
    line->word_count = found->word_count;
    line->word_capacity = found->word_capacity;
    return true;
}

static status_code read_lines(const struct mixed_lines *how, const struct words *words, size_t main,
                              struct arena *arena, bool *ret_is_changed, struct status *st)
{
    for (size_t from = 0, to; from < words->count; from = to) {
        struct mixed_lines with = *how;
        struct line *found;
        for (to = from; to < words->count && words->lines[to] == words->lines[from]; to++)
            ;
        const struct languages languages = languages_of(words, from, to, main);
        for (size_t i = languages.count; i-- > 0 && with.models != NULL;)
            with.models = join_models(language_profile_code(languages.at[i]), with.models, arena);
        if (with.models == NULL)
            return FAIL_PAGE_TEXT(st);
        if (languages.count == 0)
            continue;
        TRY(mixed_lines_read_line(&with, arena, words->lines[from], &found, st));
        if (found != NULL && take_if_sure(words->lines[from], found))
            *ret_is_changed = true;
    }
    return STATUS_OK;
}

status_code foreign_lines_read(const struct mixed_lines *how, const char *language,
                               struct page *page, bool *ret_is_changed, struct status *st)
{
    float unused[LANGUAGE_PROFILES_MAX];
    size_t count = language_profile_gains("", true, unused), main = 0;
    struct words words = {.count = 0};

    *ret_is_changed = false;
    while (main < count && strcmp(language_profile_code(main), language) != 0)
        main++;
    if (main == count || line_quality_of_page(page) < line_quality_good)
        return STATUS_OK;
    TRY(gather(page, &words, st));
    TRY(find_languages(&words, main, page->arena, st));
    drop_passages(&words, main);
    status_code code = settle_passages(how, &words, main, page->arena, st);
    if (code == STATUS_OK)
        code = read_lines(how, &words, main, page->arena, ret_is_changed, st);
    /* Without models, or time, lines stay as they are. */
    return code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED ? STATUS_OK : code;
}
