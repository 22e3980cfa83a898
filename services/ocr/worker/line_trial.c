#include "services/ocr/worker/line_trial.h"

#include <math.h>
#include <string.h>

#include "services/ocr/language.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/language_guess.h"
#include "services/ocr/worker/normalize.h"

/*
 * Certainty is the mean confidence of characters. That of words, which is what tesseract's results
 * are judged by elsewhere, is that of their worst character, and low throughout where a line is one
 * word of fifty letters, as in Lao.
 */

/* Measured on one clean line of 40 languages each: the right model 0.975 to 1.00, those of other
 * scripts 0.87 to 0.97. Blur and noise cost the right one a hundredth or two. */
static const float certainty_read = 0.955f;
static const float certainty_without_doubt = 0.983f;
/* Where detection says the same; and less where what it may be instead is clearly less sure. Of
 * 200 pages in 29 scripts, and 60 of the accuracy set, a wrong model that was clearly surer than
 * its rivals was at 0.953 at the most, the right one at 0.956 at the least. */
static const float certainty_of_seen = 0.975f;
static const float certainty_of_clear = 0.955f;
static const float margin_of_clear = 0.025f;

/* The model of Thai takes every mark for a character of its own, and is as sure of Lao as of Thai.
 */
static const float thai_malus = 0.012f;

/* Models make digits and brackets of the letters of other scripts, and are sure of them. Lines that
 * were read as less letters than that are read by the wrong model, or are of no use: the fullest
 * lines of a page are seldom numbers. */
static const float letters_share_min = 0.5f;
static const float few_letters_malus = 0.05f;

/* What is seen by shapes is right more often than what is a little surer: on small print, where all
 * models are between 0.91 and 0.96. */
static const float bonus_of_seen = 0.008f;

/* One of each script; two where its ways of writing differ as much as scripts do. The usual ones
 * first. */
static const char *const scripts[] = {
    "en", "ru", "zh-Hans", "ja", "ar", "ko", "hi", "th", "el", "he", "vi", "bn", "ta", "te",  "ur",
    "gu", "kn", "ml",      "pa", "si", "km", "my", "lo", "ka", "hy", "am", "or", "bo", "chr",
};

enum {
    /* Languages that are read once more, with the lines after the first. */
    FINALISTS = 4,
};

/* --- What was seen --- */

enum { RIVALS_MAX = 4 };

/* Scripts that detection does not know, or not well, and takes for another one; and Latin. */
static const char *const *rivals_of(const char *seen)
{
    static const struct {
        const char *seen;
        const char *others[RIVALS_MAX];
    } rivals[] = {
        {"hi", {"pa", "gu", "bn", "en"}},
        {"ar", {"ka", "my", "am", "en"}},
        {"th", {"lo", "en"}},
        {"kn", {"si", "en"}},
        {"", {"en"}},
    };
    size_t i = 0;

    while (rivals[i].seen[0] != '\0' && strcmp(rivals[i].seen, seen) != 0)
        i++;
    return rivals[i].others;
}

bool line_trial_is_read(const struct line_trial_result *result)
{
    return result->language != NULL && result->certainty >= certainty_read;
}

bool line_trial_is_without_doubt(const struct line_trial_result *result)
{
    return result->language != NULL && result->certainty >= certainty_without_doubt;
}

/* Reads lines from `from` to `to`. */
static status_code read_lines(const struct line_trial *trial, const char *language, size_t from,
                              size_t to, struct line_trial_result *ret, struct status *st)
{
    struct engine_job job = {
        .models = language_to_tesseract(str_of(language), trial->arena),
        .layout = LAYOUT_STRIP,
        .deadline_ns = trial->deadline_ns,
    };
    struct line_trial_result result = {.language = language, .text = ""};
    float sum = 0, characters = 0, han_sum = 0, han_characters = 0;

    if (job.models == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = from; i < to && i < trial->count; i++) {
        struct engine_trial line;
        job.image = trial->lines[i];
        status_code code =
            trial->engine_class->try_line(trial->engine, &job, trial->arena, &line, st);
        if (code == STATUS_UNAVAILABLE) { /* no such model here */
            *ret = (struct line_trial_result){.language = language, .text = ""};
            return STATUS_OK;
        }
        TRY(code);
        sum += line.certainty * (float)line.characters;
        characters += (float)line.characters;
        han_sum += line.han_certainty * (float)line.han_characters;
        han_characters += (float)line.han_characters;
        result.text = arena_printf(trial->arena, "%s%s\n", result.text, line.text);
        if (result.text == NULL)
            return FAIL_PAGE_TEXT(st);
    }
    result.certainty = characters > 0 ? sum / characters : 0;
    result.han_certainty = han_characters > 0 ? han_sum / han_characters : 0;
    if (strcmp(language, "th") == 0 && result.certainty > 0)
        result.certainty -= thai_malus;
    /* One line of several may be a name in other letters. */
    if (to >= trial->count && normalize_letters_share(result.text) < letters_share_min)
        result.certainty -= few_letters_malus;
    *ret = result;
    return STATUS_OK;
}

status_code line_trial_language(const struct line_trial *trial, const char *language,
                                struct line_trial_result *ret, struct status *st)
{
    return read_lines(trial, language, 0, trial->count, ret, st);
}

/* Keeps the surest ones, the best first. */
static void take_finalist(struct line_trial_result finalists[FINALISTS],
                          struct line_trial_result result)
{
    for (size_t i = 0; i < FINALISTS; i++)
        if (result.certainty > finalists[i].certainty) {
            struct line_trial_result worse = finalists[i];
            finalists[i] = result;
            result = worse;
        }
}

/* Reads all lines with each of the finalists: one line may be a name or a number. */
static status_code decide(const struct line_trial *trial,
                          const struct line_trial_result finalists[FINALISTS],
                          struct line_trial_result seen, struct line_trial_result *ret,
                          struct status *st)
{
    struct line_trial_result best = seen;

    best.certainty += bonus_of_seen;
    for (size_t i = 0; i < FINALISTS && finalists[i].language != NULL; i++) {
        struct line_trial_result result;
        TRY(line_trial_language(trial, finalists[i].language, &result, st));
        if (result.certainty > best.certainty)
            best = result;
        if (i == 0 && line_trial_is_without_doubt(&result))
            break;
    }
    *ret = best;
    return STATUS_OK;
}

/* Reads the lines as what a script that was seen may be instead, and in Latin letters. @ret_second:
 * certainty of the next best. */
static status_code hold_against_rivals(const struct line_trial *trial,
                                       struct line_trial_result *best, float *ret_second,
                                       struct status *st)
{
    const char *const *others = rivals_of(best->language);

    *ret_second = 0;
    for (size_t i = 0; i < RIVALS_MAX && others[i] != NULL; i++) {
        struct line_trial_result other;
        TRY(line_trial_language(trial, others[i], &other, st));
        bool is_better = other.certainty > best->certainty;
        *ret_second = fmaxf(*ret_second, is_better ? best->certainty : other.certainty);
        if (is_better)
            *best = other;
    }
    return STATUS_OK;
}

status_code line_trial_seen(const struct line_trial *trial, const char *seen,
                            struct line_trial_result *ret, bool *ret_is_sure, struct status *st)
{
    const char *usual = seen != NULL ? language_guess_of_script(seen) : NULL;
    float second = 0;

    *ret = (struct line_trial_result){.language = NULL, .text = ""};
    *ret_is_sure = false;
    if (usual == NULL)
        return STATUS_OK;
    TRY(line_trial_language(trial, usual, ret, st));
    bool is_doubtful = ret->certainty < certainty_of_seen || strcmp(usual, "th") == 0;
    if (is_doubtful && strcmp(usual, "en") != 0)
        TRY(hold_against_rivals(trial, ret, &second, st));
    *ret_is_sure = ret->certainty >= certainty_of_seen ||
                   (ret->certainty >= certainty_of_clear &&
                    ret->certainty >= second + margin_of_clear && strcmp(ret->language, "en") != 0);
    return STATUS_OK;
}

status_code line_trial_script(const struct line_trial *trial, const char *seen,
                              struct line_trial_result *ret, struct status *st)
{
    struct line_trial_result finalists[FINALISTS] = {0}, first, result;
    bool is_sure;

    TRY(line_trial_seen(trial, seen, &first, &is_sure, st));
    if (is_sure) {
        *ret = first;
        return STATUS_OK;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
        TRY(read_lines(trial, scripts[i], 0, 1, &result, st));
        take_finalist(finalists, result);
    }
    return decide(trial, finalists, first, ret, st);
}
