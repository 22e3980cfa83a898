#include "services/ocr/worker/choose_language.h"

#include <string.h>

#include "services/ocr/language.h"
#include "services/ocr/worker/choose_language_internal.h"
#include "services/ocr/worker/language_guess.h"
#include "services/ocr/worker/language_profile.h"
#include "services/ocr/worker/line_quality.h"
#include "services/ocr/worker/line_samples.h"
#include "services/ocr/worker/line_trial.h"
#include "services/ocr/worker/normalize.h"
#include "services/ocr/worker/page_layout.h"

/* True when the engine makes no difference between two languages. */
static bool reads_alike(const struct attempt *attempt, const char *language, const char *other)
{
    const char *models = language_to_tesseract(str_of(language), attempt->arena);
    const char *others = language_to_tesseract(str_of(other), attempt->arena);

    return models != NULL && others != NULL && attempt->engine_class->is_same(models, others);
}

/* Reads with another language; goes back to what was before when that is not better by a margin. */
static status_code try_language(struct attempt *attempt, const char *language, float margin,
                                bool *ret_is_better, struct status *st)
{
    const char *before = attempt->language;

    *ret_is_better = false;
    if (language == NULL || strcmp(language, before) == 0)
        return STATUS_OK;
    attempt->language = language;
    if (reads_alike(attempt, language, before))
        return STATUS_OK;
    status_code code = attempt_read_again(attempt, margin, ret_is_better, st);
    if (code == STATUS_UNAVAILABLE) { /* no such model here */
        attempt->language = before;
        return STATUS_OK;
    }
    TRY(code);
    if (!*ret_is_better)
        attempt->language = before;
    return STATUS_OK;
}

/* --- By lines --- */

status_code choose_language_of_lines(const struct line_trial *trial, const char *seen,
                                     struct line_trial_result *ret, struct status *st)
{
    struct line_trial_result found;

    TRY(line_trial_script(trial, seen, &found, st));
    *ret = (struct line_trial_result){.language = NULL, .text = ""};
    if (!line_trial_is_read(&found))
        return STATUS_OK;
    TRY(choose_language_in_script(trial, &found, st));
    *ret = found;
    return STATUS_OK;
}

struct line_trial choose_language_trial(const struct attempt *attempt,
                                        const struct line_samples *samples)
{
    return (struct line_trial){
        .engine_class = attempt->engine_class,
        .engine = attempt->engine,
        .lines = samples->images,
        .count = samples->count,
        .deadline_ns = attempt->deadline_ns,
        .arena = attempt->arena,
    };
}

status_code choose_language_sample_rows(const struct attempt *attempt,
                                        struct line_samples *ret_samples, struct status *st)
{
    struct bbox boxes[LINE_SAMPLES_BOXES_MAX];
    size_t count;

    TRY(attempt->engine_class->find_rows(attempt->engine, attempt->image, ARRAY_LENGTH(boxes),
                                         boxes, &count, st));
    return line_samples_cut(attempt->image, boxes, count, ret_samples, st);
}

/* From lines that the engine finds, where too few are seen at once. */
static status_code find_samples(const struct attempt *attempt, struct line_samples *ret_samples,
                                struct status *st)
{
    _cleanup_(line_samples_deinit) struct line_samples samples = {.count = 0};
    struct bbox boxes[LINE_SAMPLES_BOXES_MAX];
    size_t count;
    struct engine_job job = {
        .image = attempt->image,
        .models = language_to_tesseract(str_of(attempt->language), attempt->arena),
        .layout = LAYOUT_PAGE,
        .deadline_ns = attempt->deadline_ns,
    };

    if (job.models == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "UNKNOWN_LANGUAGE", "unknown language");
    TRY(choose_language_sample_rows(attempt, &samples, st));
    if (samples.count == LINE_SAMPLES_MAX) {
        *ret_samples = samples;
        samples.count = 0;
        return STATUS_OK;
    }
    TRY(attempt->engine_class->find_lines(attempt->engine, &job, ARRAY_LENGTH(boxes), boxes, &count,
                                          st));
    if (!page_layout_has_columns(boxes, count, attempt->image->width)) {
        /* It may be in pieces, as page_layout.h says. */
        job.layout = LAYOUT_COLUMN;
        TRY(attempt->engine_class->find_lines(attempt->engine, &job, ARRAY_LENGTH(boxes), boxes,
                                              &count, st));
    }
    return line_samples_cut(attempt->image, boxes, count, ret_samples, st);
}

status_code choose_language_read_as(struct attempt *attempt, const struct line_trial_result *found,
                                    bool *ret_is_found, struct status *st)
{
    *ret_is_found = false;
    if (found->language == NULL)
        return STATUS_OK;
    if (found->certainty < choose_language_certainty_sure)
        return try_language(attempt, found->language, 0, ret_is_found, st);
    *ret_is_found = true;
    attempt->is_read_surely = true;
    attempt->language = found->language;
    return attempt_read(attempt, st);
}

status_code choose_language_by_lines(const struct attempt *attempt, const char *seen,
                                     struct line_trial_result *ret, struct status *st)
{
    _cleanup_(line_samples_deinit) struct line_samples samples = {.count = 0};

    *ret = (struct line_trial_result){.language = NULL, .text = ""};
    if (!attempt->is_auto || attempt->engine_class->try_line == NULL)
        return STATUS_OK;
    TRY(find_samples(attempt, &samples, st));
    if (samples.count == 0)
        return STATUS_OK;
    const struct line_trial trial = choose_language_trial(attempt, &samples);
    return choose_language_of_lines(&trial, seen, ret, st);
}

status_code choose_language_of_script(struct attempt *attempt, const char *script,
                                      struct status *st)
{
    bool is_better;

    if (!attempt->is_auto || script == NULL)
        return STATUS_OK;
    return try_language(attempt, language_guess_of_script(script), 0, &is_better, st);
}

/* --- By text --- */

static size_t boxes_of(const struct page *page, struct bbox boxes[LINE_SAMPLES_BOXES_MAX])
{
    size_t count = 0;

    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count && count < LINE_SAMPLES_BOXES_MAX; l++)
            boxes[count++] = page->blocks[b].lines[l].bbox;
    return count;
}

/* Mean confidence of words, each counted by its Han characters; 0 without any. */
static float han_quality(const struct page *page)
{
    double sum = 0;
    size_t characters = 0;

    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++) {
            const struct line *line = &page->blocks[b].lines[l];
            for (size_t w = 0; w < line->word_count; w++) {
                size_t han = normalize_count_han(line->words[w].text);
                sum += (double)line->words[w].confidence * (double)han;
                characters += han;
            }
        }
    return characters > 0 ? (float)(sum / (double)characters) : 0;
}

/* The two ways of writing Chinese share most of their characters, and a few lines read with the
 * wrong model may be as sure as with the right one; whole pages are not: of seven, 0.923 to 0.939
 * against 0.862 to 0.911. */
static status_code choose_chinese(struct attempt *attempt, struct status *st)
{
    const float quality_of_right_one = 0.915f;
    bool is_traditional = strcmp(attempt->language, "zh-Hant") == 0, is_better;

    if (han_quality(&attempt->page) >= quality_of_right_one)
        return STATUS_OK;
    return try_language(attempt, is_traditional ? "zh-Hans" : "zh-Hant", 0, &is_better, st);
}

/* True where a text fits one language clearly best, accents and all. */
static bool fits_beyond_doubt(const char *text, const char *language)
{
    const float difference_min = 0.05f;
    struct language_guess guess;
    struct language_fit best[2];

    language_guess_text(text, &guess);
    size_t count = language_profile_rank(text, guess.script, false, best, ARRAY_LENGTH(best));
    return count > 0 && strcmp(best[0].code, language) == 0 &&
           (count == 1 || best[0].fit - best[1].fit >= difference_min);
}

status_code choose_language_by_text(struct attempt *attempt, struct status *st)
{
    enum { CHINESE_LETTERS_MIN = 200 }; /* less text is told by its lines */
    /* Another model reads whole pages of its language hardly worse than lines by chance. */
    const float margin = -0.03f;
    const float quality_settled = 0.9f;
    /* Networks are surer than what knows the letters of a language better. */
    const float margin_of_letters = -0.15f;
    _cleanup_(line_samples_deinit) struct line_samples samples = {.count = 0};
    struct bbox boxes[LINE_SAMPLES_BOXES_MAX];
    struct language_fit candidates[CHOOSE_LANGUAGE_CANDIDATES_MAX];
    struct choose_language_tried tried = {.count = 0};
    struct line_trial_result best;
    bool is_better;

    if (attempt->is_auto && strncmp(attempt->language, "zh-", strlen("zh-")) == 0 &&
        normalize_count_letters(attempt->page.text) >= CHINESE_LETTERS_MIN)
        return choose_chinese(attempt, st);
    bool is_engines_own = attempt->is_read_surely && attempt->engine_class->try_line == NULL;
    if (!attempt->is_auto || is_engines_own || !attempt_is_good(attempt) ||
        strcmp(attempt->language, choose_language_old_print) == 0)
        return STATUS_OK;
    size_t count = choose_language_candidates(attempt->page.text, false, candidates);
    /* What a model makes of letters that it does not have fits its own language: Kazakh read as
     * Kyrgyz. But it is less sure of them. */
    bool is_doubtful = count > 1 && line_quality_of_page(&attempt->page) < quality_settled &&
                       !language_is_in(attempt->language, "Latn");
    if ((choose_language_is_settled(candidates, count, attempt->language) && !is_doubtful) ||
        !attempt_is_of_image(attempt))
        return STATUS_OK;
    if (attempt->engine_class->try_line == NULL)
        return try_language(
            attempt, candidates[0].code,
            fits_beyond_doubt(attempt->page.text, candidates[0].code) ? margin_of_letters : 0,
            &is_better, st);
    TRY(line_samples_cut(attempt->image, boxes, boxes_of(&attempt->page, boxes), &samples, st));
    if (samples.count == 0)
        return STATUS_OK;
    const struct line_trial trial = choose_language_trial(attempt, &samples);
    TRY(line_trial_language(&trial, attempt->language, &best, st));
    TRY(choose_language_among(&trial, candidates, count, &tried, &best, st));
    return try_language(attempt, best.language, margin, &is_better, st);
}

/* --- Names --- */

/* The language that a page was read in, where its text alone does not tell: Chinese of either kind,
 * and few words in another script than Latin, which so many languages share. NULL: none. */
static const struct language *language_read(const struct attempt *attempt,
                                            const struct language_guess *guess)
{
    const struct language *language = language_find(str_of(attempt->language));

    if (language == NULL || strcmp(guess->script, "Latn") == 0)
        return NULL;
    if (strcmp(guess->script, "Hani") == 0)
        return strncmp(language->script, "Han", strlen("Han")) == 0 ? language : NULL;
    return guess->code == NULL && strcmp(language->script, guess->script) == 0 ? language : NULL;
}

void choose_language_name(struct attempt *attempt)
{
    struct language_guess guess;
    const struct language *asked =
        attempt->is_auto ? NULL : language_find(str_of(attempt->language));

    language_guess_text(attempt->page.text, &guess);
    attempt->page.script = guess.script;
    if (attempt->page.text[0] == '\0')
        return;
    if (asked == NULL)
        asked = language_read(attempt, &guess);
    if (asked == NULL && guess.code != NULL) /* auto, or several were asked for */
        asked = language_find(str_of(guess.code));
    if (asked != NULL)
        attempt->page.language = asked->code;
}
