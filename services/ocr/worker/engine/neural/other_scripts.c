#include "services/ocr/worker/engine/neural/other_scripts.h"

#include <string.h>

#include "services/ocr/language.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/choose_language.h"
#include "services/ocr/worker/engine/tesseract/tesseract.h"
#include "services/ocr/worker/line_trial.h"

bool other_scripts_is_known(const char *script)
{
    static const char *const scripts[] = {"Latn", "Latf", "Hans", "Hant", "Hani", "Jpan"};

    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++)
        if (strcmp(script, scripts[i]) == 0)
            return true;
    return false;
}

static bool is_among(const char *code, const char *const *codes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

/* Some languages in Latin letters have letters that the recognizer does not know. */
static bool is_known(const struct language *language)
{
    static const char *const unknown[] = {"vi", "yo"};

    return !is_among(language->code, unknown, ARRAY_LENGTH(unknown)) &&
           other_scripts_is_known(language->script);
}

/* And some have letters that it takes for others, and is sure of: thorn, the Slovak soft l and t,
 * those with a circumflex of Esperanto, the Turkish i with and without a dot. */
static bool is_read_well(const struct language *language)
{
    static const char *const confused[] = {"eo", "is", "sk", "tr"};

    return is_known(language) && !is_among(language->code, confused, ARRAY_LENGTH(confused));
}

bool other_scripts_are_meant(const char *models)
{
    struct str rest = str_of(models), model;

    while (str_next_token(&rest, '+', &model)) {
        const struct language *language = language_find(model);
        if (language != NULL && !is_read_well(language))
            return true;
    }
    return false;
}

bool other_scripts_are_letters_alone(const char *models)
{
    struct str rest = str_of(models), model;

    while (str_next_token(&rest, '+', &model)) {
        const struct language *language = language_find(model);
        if (language == NULL || !other_scripts_is_known(language->script))
            return false;
    }
    return true;
}

/* Tesseract wants white around letters; its documentation says 10 pixels. */
enum { MARGIN = 10, SAMPLES = 3 };

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

/* The line that was cut out, among what tesseract found, which may be feet and accents of the lines
 * around it, too: the longest; NULL: none. */
static const struct line *main_line(const struct page *found)
{
    const struct line *longest = NULL;
    int32_t length = 0;

    for (size_t b = 0; b < found->block_count; b++)
        for (size_t l = 0; l < found->blocks[b].line_count; l++) {
            const struct line *line = &found->blocks[b].lines[l];
            if (line->word_count > 0 && line->bbox.x1 - line->bbox.x0 > length) {
                longest = line;
                length = line->bbox.x1 - line->bbox.x0;
            }
        }
    return longest;
}

/* Words that tesseract found in the cut-out line, as parts of it. */
static status_code take_words(const struct line *found, const struct raster *cut,
                              struct arena *arena, struct text_line *line, struct status *st)
{
    struct word_span *words = ARENA_NEW_ARRAY(arena, struct word_span, found->word_count);

    if (words == NULL)
        return FAIL_PAGE_TEXT(st);
    line->words = words;
    line->word_count = found->word_count;
    line->direction = found->direction;
    for (size_t w = 0; w < found->word_count; w++) {
        struct bbox box = found->words[w].bbox;
        words[w] = (struct word_span){
            .text = found->words[w].text,
            .x0 = (float)(box.x0 - MARGIN) / (float)cut->width,
            .x1 = (float)(box.x1 - MARGIN) / (float)cut->width,
            .y0 = (float)(box.y0 - MARGIN) / (float)cut->height,
            .y1 = (float)(box.y1 - MARGIN) / (float)cut->height,
            .confidence = found->words[w].confidence,
            .confidence_kind = found->words[w].confidence_kind,
            .no_space_after = found->words[w].no_space_after,
        };
    }
    return STATUS_OK;
}

/* The part of the ink that tesseract has taken for words: where it loses its way about a line, it
 * leaves letters out and is as sure as ever of the rest. */
static status_code covered_part(const struct line *found, const struct raster *cut,
                                struct arena *arena, float *ret_part, struct status *st)
{
    bool *is_inked = ARENA_NEW_ARRAY(arena, bool, (size_t)cut->width);
    size_t inked = 0, left = 0;

    if (is_inked == NULL)
        return FAIL_PAGE_TEXT(st);
    raster_inked_columns(cut, is_inked);
    for (int32_t x = 0; x < cut->width; x++)
        inked += is_inked[x];
    for (size_t w = 0; w < found->word_count; w++) {
        struct bbox box = found->words[w].bbox;
        for (int32_t x = box.x0 - MARGIN; x < box.x1 - MARGIN; x++)
            if (x >= 0 && x < cut->width)
                is_inked[x] = false;
    }
    for (int32_t x = 0; x < cut->width; x++)
        left += is_inked[x];
    *ret_part = inked > 0 ? 1 - (float)left / (float)inked : 1;
    return STATUS_OK;
}

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
    const struct line *best = main_line(&found);
    if (best == NULL)
        return STATUS_OK;
    float covered = 0;
    TRY(covered_part(best, &cut, arena, &covered, st));
    if (best->confidence * covered <= line->confidence)
        return STATUS_OK;
    line->confidence = best->confidence * covered;
    return take_words(best, &cut, arena, line, st);
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

/* Pictures of lines. */
struct samples {
    struct image *images[SAMPLES];
    size_t count;
};

static void samples_deinit(struct samples *samples)
{
    for (size_t i = 0; i < samples->count; i++)
        image_free(samples->images[i]);
}

/* Each line's beginning. */
static status_code cut_samples(const struct raster *page, const struct text_line *const *lines,
                               size_t count, float dpi, struct arena *arena,
                               struct samples *samples, struct status *st)
{
    const float length_max = 20; /* in heights: some 40 letters */

    for (size_t i = 0; i < count && i < SAMPLES; i++) {
        struct text_line part = *lines[i];
        struct raster cut;
        float length = text_line_length(&part), height = text_line_height(&part);
        if (length > length_max * height)
            text_line_part(lines[i], 0, length_max * height / length, part.corners);
        if (!cut_line(page, &part, arena, &cut))
            return FAIL_PAGE_TEXT(st);
        struct image *image = raster_to_image(&cut, MARGIN);
        if (image == NULL)
            return FAIL_PAGE_TEXT(st);
        image->dpi = dpi;
        samples->images[samples->count++] = image;
    }
    return STATUS_OK;
}

status_code other_scripts_find(const struct other_scripts *how, const struct raster *page,
                               const struct text_line *const *lines, size_t count, bool is_thorough,
                               struct arena *arena, const char **ret_language, struct status *st)
{
    _cleanup_(samples_deinit) struct samples samples = {.count = 0};
    _cleanup_(image_freep) struct image *stack = NULL;
    struct engine_detection seen = {0};
    struct line_trial_result found;

    *ret_language = NULL;
    TRY(stack_lines(page, lines, count, arena, &stack, st));
    stack->dpi = how->dpi;
    (void)tesseract_engine.detect(how->tesseract, stack, &seen);
    if (!is_thorough && (seen.script == NULL || other_scripts_is_known(seen.script)))
        return STATUS_OK;
    TRY(cut_samples(page, lines, count, how->dpi, arena, &samples, st));
    const struct line_trial trial = {
        .engine_class = &tesseract_engine,
        .engine = how->tesseract,
        .lines = samples.images,
        .count = samples.count,
        .deadline_ns = how->deadline_ns,
        .arena = arena,
    };
    TRY(choose_language_of_lines(&trial, seen.script, &found, st));
    const struct language *language =
        found.language != NULL ? language_find(str_of(found.language)) : NULL;
    if (language != NULL && !is_known(language))
        *ret_language = language->code;
    return STATUS_OK;
}
