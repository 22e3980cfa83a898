#include "services/ocr/worker/recognize.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "services/ocr/language.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/language_guess.h"
#include "services/ocr/worker/layout.h"
#include "services/ocr/worker/normalize.h"
#include "services/ocr/worker/pdfdoc.h"
#include "services/ocr/worker/prepare.h"
#include "services/ocr/worker/text_layer.h"

/*
 * Pages are nearly always upright, straight and in the language of the page before. So each is
 * read at once, and only where the result is poor, which a wrong orientation, script or a skew make
 * it without fail, is looked at more closely and read again.
 */

/* Mean confidence that tells text from noise. Measured with the eng model on 300 dpi pages: Latin
 * text of eight languages scored 0.82 to 0.96, other scripts, and text turned by a quarter or
 * upside down, 0.21 to 0.48. */
static const float confidence_good = 0.68f;

/* An engine that was opened. */
struct opened {
    const struct engine_class *engine_class; /* NULL: free place */
    struct engine *engine;
};

struct recognizer {
    struct opened opened[ENGINE_TIERS];
    const struct engine_class *engine_class; /* of the page that is read; NULL until the first */
    struct engine *engine;
    const char *learnt_language; /* of the open document, in auto; static; NULL: none yet */
};

struct recognizer *recognizer_new(void)
{
    return calloc(1, sizeof(struct recognizer));
}

void recognizer_free(struct recognizer *recognizer)
{
    if (recognizer == NULL)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(recognizer->opened); i++)
        if (recognizer->opened[i].engine != NULL)
            recognizer->opened[i].engine_class->close(recognizer->opened[i].engine);
    free(recognizer);
}

void recognizer_next_document(struct recognizer *recognizer)
{
    recognizer->learnt_language = NULL;
}

static status_code use_engine(struct recognizer *recognizer, engine_tier tier, struct status *st)
{
    const struct engine_class *engine_class;
    struct opened *place = NULL;

    TRY(engine_find(tier, &engine_class, st));
    for (size_t i = 0; i < ARRAY_LENGTH(recognizer->opened) && place == NULL; i++)
        if (recognizer->opened[i].engine_class == NULL ||
            recognizer->opened[i].engine_class == engine_class)
            place = &recognizer->opened[i];
    assert(place != NULL); /* there is a place for each tier */
    if (place->engine == NULL)
        TRY(engine_class->open(&place->engine, st));
    place->engine_class = engine_class;
    recognizer->engine_class = engine_class;
    recognizer->engine = place->engine;
    return STATUS_OK;
}

status_code recognizer_prepare(struct recognizer *recognizer, engine_tier tier,
                               const char **ret_models_path, struct status *st)
{
    TRY(use_engine(recognizer, tier, st));
    return recognizer->engine_class->models_path(recognizer->engine, ret_models_path, st);
}

/* One page on its way. */
struct attempt {
    struct recognizer *recognizer;
    struct image *image; /* as it is turned and straightened by now */
    struct arena *arena;
    uint32_t page_index;
    int64_t deadline_ns;
    int64_t reading_ns; /* that the first reading took */
    bool is_auto;
    engine_layout layout;
    const char *language;   /* codes joined by "+" that the page was last read with */
    uint32_t quarter_turns; /* of the image, clockwise */
    float skew_degrees;
    struct page page;           /* the best reading so far; finished */
    uint32_t page_turns_wanted; /* quarters that would make its text upright */
};

static void begin_page(const struct attempt *attempt, struct page *page)
{
    page_begin(page, attempt->arena);
    page->index = attempt->page_index;
    page->width = attempt->image->width;
    page->height = attempt->image->height;
    page->dpi = attempt->image->dpi;
    page->rotation = attempt->quarter_turns * 90;
    page->skew_degrees = attempt->skew_degrees;
}

/* Reads the image as it is, with the models of attempt->language. */
static status_code read_image(struct attempt *attempt, struct page *ret_page,
                              uint32_t *ret_turns_wanted, struct status *st)
{
    const struct recognizer *recognizer = attempt->recognizer;
    const struct engine_job job = {
        .image = attempt->image,
        .models = language_to_tesseract(str_of(attempt->language), attempt->arena),
        .layout = attempt->layout,
        .deadline_ns = attempt->deadline_ns,
    };
    struct page page;
    uint32_t turns_wanted;

    if (job.models == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "UNKNOWN_LANGUAGE", "unknown language");
    begin_page(attempt, &page);
    page.source = TEXT_RECOGNIZED;
    TRY(recognizer->engine_class->read(recognizer->engine, &job, &page, &turns_wanted, st));
    if (!layout_split_blocks(&page))
        return FAIL_PAGE_TEXT(st);
    TRY(page_finish(&page, st));
    *ret_page = page;
    *ret_turns_wanted = turns_wanted;
    return STATUS_OK;
}

/* Confidence of what has letters or digits: rules and leaders are read badly and mean nothing. */
static float quality_of(const struct page *page)
{
    double sum = 0;
    size_t weight = 0;

    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++) {
            const struct line *line = &page->blocks[b].lines[l];
            for (size_t w = 0; w < line->word_count; w++) {
                size_t letters = normalize_count_letters(line->words[w].text);
                sum += (double)line->words[w].confidence * (double)letters;
                weight += letters;
            }
        }
    return weight > 0 ? (float)(sum / (double)weight) : 0;
}

static bool is_good(const struct page *page)
{
    return quality_of(page) >= confidence_good;
}

static status_code turn(struct attempt *attempt, uint32_t quarter_turns, struct status *st)
{
    TRY(prepare_turn(attempt->image, quarter_turns, st));
    attempt->quarter_turns = (attempt->quarter_turns + quarter_turns) % 4;
    return STATUS_OK;
}

/* True when that many further readings, each as long as the first, fit before the deadline. */
static bool has_time(const struct attempt *attempt, int readings)
{
    return time_mono() + attempt->reading_ns * readings < attempt->deadline_ns;
}

/* Reads again; keeps the better of both readings, and says whether that is the new one.
 * @margin: confidence by which the new one must be better. */
static status_code read_again(struct attempt *attempt, float margin, bool *ret_is_better,
                              struct status *st)
{
    struct page page;
    uint32_t turns_wanted;

    *ret_is_better = false;
    status_code code = read_image(attempt, &page, &turns_wanted, st);
    if (code == STATUS_DEADLINE_EXCEEDED) /* what was read before is better than nothing */
        return STATUS_OK;
    TRY(code);
    *ret_is_better = quality_of(&page) > quality_of(&attempt->page) + margin;
    if (*ret_is_better) {
        attempt->page = page;
        attempt->page_turns_wanted = turns_wanted;
    }
    return STATUS_OK;
}

/* Text that lies on its side, which the engine could read: the page is to stand upright. */
static status_code turn_upright(struct attempt *attempt, struct status *st)
{
    if (attempt->page_turns_wanted == 0 || !is_good(&attempt->page))
        return STATUS_OK;
    TRY(turn(attempt, attempt->page_turns_wanted, st));
    return read_image(attempt, &attempt->page, &attempt->page_turns_wanted, st);
}

/* Reads the image turned by each quarter, for text too short to see its orientation; goes back to
 * the best. */
static status_code try_all_turns(struct attempt *attempt, struct status *st)
{
    uint32_t best_turns = attempt->quarter_turns;

    for (int i = 0; i < 3; i++) {
        bool is_better;
        TRY(turn(attempt, 1, st));
        TRY(read_again(attempt, 0, &is_better, st));
        if (is_better)
            best_turns = attempt->quarter_turns;
    }
    return turn(attempt, (best_turns + 4 - attempt->quarter_turns) % 4, st);
}

/* True when the engine makes no difference between two languages. */
static bool reads_alike(const struct attempt *attempt, const char *language, const char *other)
{
    const char *models = language_to_tesseract(str_of(language), attempt->arena);
    const char *others = language_to_tesseract(str_of(other), attempt->arena);

    return models != NULL && others != NULL &&
           attempt->recognizer->engine_class->is_same(models, others);
}

/* Reads with the models of a script; goes back to what was before when that is no better. */
static status_code try_language(struct attempt *attempt, const char *language, float margin,
                                struct status *st)
{
    const char *before = attempt->language;
    bool is_better;

    if (language == NULL || strcmp(language, before) == 0)
        return STATUS_OK;
    attempt->language = language;
    if (reads_alike(attempt, language, before))
        return STATUS_OK;
    status_code code = read_again(attempt, margin, &is_better, st);
    if (code == STATUS_UNAVAILABLE) { /* no such model here */
        attempt->language = before;
        return STATUS_OK;
    }
    TRY(code);
    if (!is_better)
        attempt->language = before;
    return STATUS_OK;
}

/* Chinese is written in two ways that share many characters: the better reading decides. The
 * model of the traditional ones reads both better, on pages of either by 0.03 and 0.16. */
static const float traditional_margin = 0.08f;

static status_code try_script(struct attempt *attempt, const char *script, struct status *st)
{
    if (!attempt->is_auto || script == NULL)
        return STATUS_OK;
    TRY(try_language(attempt, language_guess_of_script(script), 0, st));
    if (strcmp(script, "Hani") == 0 && strcmp(attempt->language, "en") != 0)
        TRY(try_language(attempt, "zh-Hant", traditional_margin, st));
    return STATUS_OK;
}

/* Scripts that detection does not know, or takes for others. */
static status_code try_rare_scripts(struct attempt *attempt, struct status *st)
{
    static const char *const rare[] = {"hy", "ka", "am"};

    for (size_t i = 0; attempt->is_auto && i < ARRAY_LENGTH(rare); i++)
        if (!is_good(&attempt->page) && has_time(attempt, 2))
            /* Nothing less than a good reading: noise is no text of any script. */
            TRY(try_language(attempt, rare[i], confidence_good - quality_of(&attempt->page), st));
    return STATUS_OK;
}

/* A few words where no layout of a page was found: a label, a number, a photo of a sign. */
static status_code try_sparse(struct attempt *attempt, struct status *st)
{
    bool is_better;

    if (attempt->page.text[0] != '\0')
        return STATUS_OK;
    attempt->layout = LAYOUT_SPARSE;
    /* Any texture has letters in it when they are looked for. */
    return read_again(attempt, confidence_good, &is_better, st);
}

/* The poor page: straightens, turns, and reads with the models of the script that is seen. */
static status_code look_closer(struct attempt *attempt, struct status *st)
{
    /* Longer text has its orientation seen. */
    enum { TEXT_SHORT_BYTES = 400 };
    const struct recognizer *recognizer = attempt->recognizer;
    struct engine_detection seen = {0};
    bool is_better;

    TRY(prepare_straighten(attempt->image, &attempt->skew_degrees, st));
    bool is_changed = attempt->skew_degrees != 0;
    bool is_seen = recognizer->engine_class->detect(recognizer->engine, attempt->image, &seen);
    if (is_seen && seen.quarter_turns != 0) {
        TRY(turn(attempt, seen.quarter_turns, st));
        is_changed = true;
    }
    if (is_changed)
        TRY(read_again(attempt, 0, &is_better, st));
    if (is_seen && !is_good(&attempt->page))
        TRY(try_script(attempt, seen.script, st));
    if (!is_seen && !is_good(&attempt->page) && attempt->page.text[0] != '\0' &&
        strlen(attempt->page.text) < TEXT_SHORT_BYTES)
        return try_all_turns(attempt, st);
    if (!is_seen || is_good(&attempt->page))
        return STATUS_OK;
    /* What is seen of a script that detection does not know means nothing. */
    TRY(turn(attempt, (4 - seen.quarter_turns) % 4, st));
    return try_rare_scripts(attempt, st);
}

/* In auto, reads again with the model of the language that the words are in. */
static status_code settle_language(struct attempt *attempt, struct status *st)
{
    struct language_guess guess;

    language_guess_text(attempt->page.text, &guess);
    if (!attempt->is_auto || guess.code == NULL || !is_good(&attempt->page))
        return STATUS_OK;
    return try_language(attempt, guess.code, 0, st);
}

/* Names the page's language and script. */
static void name_language(struct attempt *attempt)
{
    struct language_guess guess;
    const struct language *asked =
        attempt->is_auto ? NULL : language_find(str_of(attempt->language));

    language_guess_text(attempt->page.text, &guess);
    attempt->page.script = guess.script;
    if (attempt->page.text[0] == '\0')
        return;
    if (asked == NULL && guess.code != NULL) /* auto, or several were asked for */
        asked = language_find(str_of(guess.code));
    if (asked != NULL)
        attempt->page.language = asked->code;
}

static status_code read_best(struct attempt *attempt, struct status *st)
{
    /* A closer look reads up to four times, and what it finds costs more than what was read. */
    enum { READINGS_OF_CLOSER_LOOK = 8 };
    int64_t start_ns = time_mono();

    TRY(read_image(attempt, &attempt->page, &attempt->page_turns_wanted, st));
    attempt->reading_ns = time_mono() - start_ns;
    TRY(turn_upright(attempt, st));
    if (!is_good(&attempt->page) && has_time(attempt, READINGS_OF_CLOSER_LOOK)) {
        TRY(look_closer(attempt, st));
        TRY(try_sparse(attempt, st));
    }
    if (has_time(attempt, 2))
        TRY(settle_language(attempt, st));
    name_language(attempt);
    return STATUS_OK;
}

/* --- The text layer of a PDF --- */

/* Models that the layer's text is tested with; NULL: none are known for it. */
static const char *layer_models(const struct attempt *attempt, const char *text)
{
    struct language_guess guess;
    const char *language = attempt->language;

    language_guess_text(text, &guess);
    if (attempt->is_auto && guess.code != NULL)
        language = guess.code;
    else if (attempt->is_auto)
        language = language_guess_of_script(guess.script);
    return language != NULL ? language_to_tesseract(str_of(language), attempt->arena) : NULL;
}

/* Makes attempt->page of the layer when it can be believed. */
static status_code read_layer(struct attempt *attempt, const struct pdfdoc_text *text,
                              bool *ret_is_read, struct status *st)
{
    const struct text_layer_reader reader = {.engine_class = attempt->recognizer->engine_class,
                                             .engine = attempt->recognizer->engine,
                                             .deadline_ns = attempt->deadline_ns};
    struct page page;

    *ret_is_read = false;
    begin_page(attempt, &page);
    page.source = TEXT_FROM_LAYER;
    if (!text_layer_to_page(text, &page))
        return STATUS_OK;
    TRY(page_finish(&page, st));
    const char *models = layer_models(attempt, page.text);
    if (models == NULL || !text_layer_agrees(text, attempt->image, &reader, models, attempt->arena))
        return STATUS_OK;
    attempt->page = page;
    name_language(attempt);
    *ret_is_read = true;
    return STATUS_OK;
}

/* Reads the page of a PDF: its layer where that is believed, else its picture. */
static status_code read_pdf(struct attempt *attempt, struct pdfdoc *pdf, struct status *st)
{
    struct pdfdoc_text text;
    bool has_text, is_read;

    TRY(pdfdoc_has_text(pdf, attempt->page_index, &has_text, st));
    if (!has_text)
        return read_best(attempt, st);
    TRY(pdfdoc_read_text(pdf, attempt->page_index, attempt->image, attempt->arena, &text, st));
    TRY(read_layer(attempt, &text, &is_read, st));
    if (!is_read)
        TRY(read_best(attempt, st));
    size_t hidden = text_layer_count_hidden(&text, &attempt->page);
    if (hidden > 0)
        page_warn(&attempt->page, "%zu word%s of text that the page does not show %s left out",
                  hidden, hidden == 1 ? "" : "s", hidden == 1 ? "was" : "were");
    return STATUS_OK;
}

status_code recognize_page(struct recognizer *recognizer, struct decoder *decoder,
                           const struct recognize_request *request, struct arena *arena,
                           struct page *ret_page, const struct engine_class **ret_engine,
                           struct status *st)
{
    _cleanup_(image_freep) struct image *image = NULL;
    struct attempt attempt = {
        .recognizer = recognizer,
        .arena = arena,
        .page_index = request->page_index,
        .deadline_ns = time_mono_after_ms(PAGE_TIME_MAX_MS),
        .is_auto = strcmp(request->language, "auto") == 0,
        .language = request->language,
    };

    TRY(use_engine(recognizer, request->tier, st));
    TRY(decoder_read_page(decoder, request->page_index, &image, st));
    attempt.image = image;
    if (attempt.is_auto)
        attempt.language = recognizer->learnt_language != NULL ? recognizer->learnt_language : "en";
    struct pdfdoc *pdf = decoder_pdf(decoder);
    if (pdf != NULL)
        TRY(read_pdf(&attempt, pdf, st));
    else
        TRY(read_best(&attempt, st));
    if (pdf != NULL && pdfdoc_is_page_damaged(pdf))
        page_warn(&attempt.page, "parts of the page are damaged and may be missing");
    if (attempt.is_auto && is_good(&attempt.page))
        recognizer->learnt_language = attempt.language;
    *ret_page = attempt.page;
    *ret_engine = recognizer->engine_class;
    return STATUS_OK;
}
