#include "services/ocr/worker/engine/neural/other_scripts.h"

#include <string.h>

#include "services/ocr/language.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/engine/tesseract/tesseract.h"
#include "services/ocr/worker/language_guess.h"

bool other_scripts_is_known(const char *script)
{
    static const char *const scripts[] = {"Latn", "Latf", "Hans", "Hant", "Hani", "Jpan"};

    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++)
        if (strcmp(script, scripts[i]) == 0)
            return true;
    return false;
}

/* Some languages in Latin letters have letters that the recognizer does not know. */
static bool is_known(const struct language *language)
{
    static const char *const unknown_languages[] = {"vi", "yo"};

    for (size_t i = 0; i < ARRAY_LENGTH(unknown_languages); i++)
        if (strcmp(language->code, unknown_languages[i]) == 0)
            return false;
    return other_scripts_is_known(language->script);
}

bool other_scripts_are_meant(const char *models)
{
    struct str rest = str_of(models), model;

    while (str_next_token(&rest, '+', &model)) {
        const struct language *language = language_find(model);
        if (language != NULL && !is_known(language))
            return true;
    }
    return false;
}

/* Tesseract wants white around letters; its documentation says 10 pixels. */
enum { MARGIN = 10 };

/* Without what reaches into its box from the lines around it: tesseract would take that for text.
 */
static bool cut_line(const struct raster *page, const struct text_line *line, struct arena *arena,
                     struct raster *ret_cut)
{
    int32_t y0, y1;

    if (!raster_cut(page, line->corners, arena, ret_cut))
        return false;
    raster_own_rows(ret_cut, &y0, &y1);
    raster_clear_other_rows(ret_cut, y0, y1);
    return true;
}

/* The words that tesseract found in the cut-out line, as parts of it. */
static status_code take_words(const struct page *found, const struct raster *cut,
                              struct arena *arena, struct text_line *line, struct status *st)
{
    size_t count = 0;

    for (size_t b = 0; b < found->block_count; b++)
        for (size_t l = 0; l < found->blocks[b].line_count; l++)
            count += found->blocks[b].lines[l].word_count;
    struct word_span *words = ARENA_NEW_ARRAY(arena, struct word_span, count + 1);
    if (words == NULL)
        return FAIL_PAGE_TEXT(st);
    line->words = words;
    line->word_count = count;
    for (size_t b = 0; b < found->block_count; b++)
        for (size_t l = 0; l < found->blocks[b].line_count; l++) {
            const struct line *one = &found->blocks[b].lines[l];
            if (one->word_count > 0)
                line->direction = one->direction;
            for (size_t w = 0; w < one->word_count; w++) {
                struct bbox box = one->words[w].bbox;
                *words++ = (struct word_span){
                    .text = one->words[w].text,
                    .x0 = (float)(box.x0 - MARGIN) / (float)cut->width,
                    .x1 = (float)(box.x1 - MARGIN) / (float)cut->width,
                    .y0 = (float)(box.y0 - MARGIN) / (float)cut->height,
                    .y1 = (float)(box.y1 - MARGIN) / (float)cut->height,
                    .confidence = one->words[w].confidence,
                    .confidence_kind = one->words[w].confidence_kind,
                    .no_space_after = one->words[w].no_space_after,
                };
            }
        }
    return STATUS_OK;
}

/* The part of the ink that tesseract has taken for words: where it loses its way about a line, it
 * leaves letters out and is as sure as ever of the rest. */
static status_code covered_part(const struct page *found, const struct raster *cut,
                                struct arena *arena, float *ret_part, struct status *st)
{
    bool *is_inked = ARENA_NEW_ARRAY(arena, bool, (size_t)cut->width);
    size_t inked = 0, left = 0;

    if (is_inked == NULL)
        return FAIL_PAGE_TEXT(st);
    raster_inked_columns(cut, is_inked);
    for (int32_t x = 0; x < cut->width; x++)
        inked += is_inked[x];
    for (size_t b = 0; b < found->block_count; b++)
        for (size_t l = 0; l < found->blocks[b].line_count; l++)
            for (size_t w = 0; w < found->blocks[b].lines[l].word_count; w++) {
                struct bbox box = found->blocks[b].lines[l].words[w].bbox;
                for (int32_t x = box.x0 - MARGIN; x < box.x1 - MARGIN; x++)
                    if (x >= 0 && x < cut->width)
                        is_inked[x] = false;
            }
    for (int32_t x = 0; x < cut->width; x++)
        left += is_inked[x];
    *ret_part = inked > 0 ? 1 - (float)left / (float)inked : 1;
    return STATUS_OK;
}

/* A line that says less than this with the right model is noise. */
static const float confidence_right = 0.6f;

/* With it, no other models need be tried: 0.85 and more is usual, and 0.5 to 0.7 what Thai makes of
 * Burmese. */
static const float confidence_sure = 0.86f;

status_code other_scripts_read(const struct other_scripts *how, const struct raster *page,
                               struct text_line *line, struct arena *arena, struct status *st)
{
    _cleanup_(image_freep) struct image *image = NULL;
    struct raster cut;
    struct page found;
    uint32_t turns;

    if (!cut_line(page, line, arena, &cut))
        return FAIL_PAGE_TEXT(st);
    image = raster_to_image(&cut, MARGIN);
    if (image == NULL)
        return FAIL_PAGE_TEXT(st);
    image->dpi = how->dpi;
    const struct engine_job job = {
        .image = image,
        .models = how->models,
        .layout = how->layout,
        .deadline_ns = how->deadline_ns,
    };
    page_begin(&found, arena);
    found.width = image->width;
    found.height = image->height;
    TRY(tesseract_engine.read(how->tesseract, &job, &found, &turns, st));
    TRY(page_finish(&found, st));
    float covered = 0;
    TRY(covered_part(&found, &cut, arena, &covered, st));
    if (found.mean_confidence * covered <= line->confidence)
        return STATUS_OK;
    line->confidence = found.mean_confidence * covered;
    return take_words(&found, &cut, arena, line, st);
}

/* --- Finding a script --- */

/* Lines beneath each other on white, as a page of their own. */
static status_code stack_lines(const struct raster *page, const struct text_line *const *lines,
                               size_t count, struct arena *arena, struct image **ret_image,
                               struct status *st)
{
    enum { LINES_MAX = 16 };
    struct raster cuts[LINES_MAX], stack = {.width = 1, .height = MARGIN};

    if (count > LINES_MAX)
        count = LINES_MAX;
    for (size_t i = 0; i < count; i++) {
        if (!cut_line(page, lines[i], arena, &cuts[i]))
            return FAIL_PAGE_TEXT(st);
        stack.width = cuts[i].width > stack.width ? cuts[i].width : stack.width;
        stack.height += cuts[i].height + MARGIN;
    }
    size_t size = (size_t)stack.width * (size_t)stack.height;
    stack.pixels = arena_alloc(arena, size);
    if (stack.pixels == NULL)
        return FAIL_PAGE_TEXT(st);
    memset(stack.pixels, UINT8_MAX, size);
    uint8_t *row = stack.pixels + (size_t)MARGIN * (size_t)stack.width;
    for (size_t i = 0; i < count; i++) {
        for (int32_t y = 0; y < cuts[i].height; y++, row += stack.width)
            memcpy(row, cuts[i].pixels + (size_t)y * (size_t)cuts[i].width, (size_t)cuts[i].width);
        row += (size_t)MARGIN * (size_t)stack.width;
    }
    *ret_image = raster_to_image(&stack, MARGIN);
    return *ret_image != NULL ? STATUS_OK : FAIL_PAGE_TEXT(st);
}

status_code other_scripts_try(const struct other_scripts *how, const struct raster *page,
                              const struct text_line *const *lines, size_t count,
                              bool is_upside_down, struct arena *arena, float *ret_confidence,
                              struct status *st)
{
    enum { LINES_TRIED = 2 };
    float sum = 0;

    if (count > LINES_TRIED)
        count = LINES_TRIED;
    for (size_t i = 0; i < count; i++) {
        struct text_line copy = *lines[i];
        if (is_upside_down)
            text_line_turn(&copy, 2);
        copy.confidence = 0;
        status_code code = other_scripts_read(how, page, &copy, arena, st);
        if (code != STATUS_UNAVAILABLE)
            TRY(code);
        sum += copy.confidence;
    }
    *ret_confidence = count > 0 ? sum / (float)count : 0;
    return STATUS_OK;
}

/* The lines that languages are tried on, and the best so far. */
struct trial {
    const struct other_scripts *how;
    const struct raster *page;
    const struct text_line *const *lines;
    size_t count;
    struct arena *arena;
    const char *models; /* NULL: none is good enough yet */
    float confidence;   /* that others must have more than */
};

static status_code try_languages(struct trial *trial, const char *const *languages,
                                 struct status *st)
{
    for (; *languages != NULL; languages++) {
        struct other_scripts with = *trial->how;
        float confidence;
        with.models = language_to_tesseract(str_of(*languages), trial->arena);
        if (with.models == NULL)
            return FAIL_PAGE_TEXT(st);
        if (!other_scripts_are_meant(with.models))
            continue;
        TRY(other_scripts_try(&with, trial->page, trial->lines, trial->count, false, trial->arena,
                              &confidence, st));
        if (confidence > trial->confidence) {
            trial->confidence = confidence;
            trial->models = with.models;
        }
    }
    return STATUS_OK;
}

status_code other_scripts_find(const struct other_scripts *how, const struct raster *page,
                               const struct text_line *const *lines, size_t count, bool is_thorough,
                               struct arena *arena, const char **ret_models, struct status *st)
{
    /* What is seen is right more often than what is a little surer. */
    const float margin = 0.15f;
    /* Latin letters that the networks do not know. */
    static const char *const latin[] = {"vi", NULL};
    /* One of each script and of each way of writing it; but for Thai, which detection sees without
     * fail, and whose model is sure of every script. */
    static const char *const all[] = {"ru", "ar", "hi", "ko", "el", "he", "bn", "ta",
                                      "te", "kn", "ml", "gu", "pa", "si", "lo", "km",
                                      "my", "ka", "hy", "am", "ur", NULL};
    _cleanup_(image_freep) struct image *stack = NULL;
    struct engine_detection seen = {0};
    struct other_scripts as_strip = *how;
    struct trial trial = {&as_strip, page, lines, count, arena, NULL, confidence_right};

    as_strip.layout = LAYOUT_STRIP;
    TRY(stack_lines(page, lines, count, arena, &stack, st));
    stack->dpi = how->dpi;
    (void)tesseract_engine.detect(how->tesseract, stack, &seen);
    bool is_known = seen.script != NULL && other_scripts_is_known(seen.script);
    const char *const usual[] = {seen.script != NULL ? language_guess_of_script(seen.script) : NULL,
                                 NULL};
    TRY(try_languages(&trial, usual, st));
    if (trial.models != NULL)
        trial.confidence += margin;
    if (trial.models == NULL && lines[0]->confidence > confidence_right)
        trial.confidence = lines[0]->confidence;
    if (trial.models == NULL || trial.confidence < confidence_sure)
        TRY(try_languages(&trial, latin, st));
    if ((!is_known || is_thorough) && (trial.models == NULL || trial.confidence < confidence_sure))
        TRY(try_languages(&trial, all, st));
    *ret_models = trial.models;
    return STATUS_OK;
}
