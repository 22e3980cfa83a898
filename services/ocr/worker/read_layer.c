#include "services/ocr/worker/read_layer.h"

#include "services/ocr/language.h"
#include "services/ocr/worker/choose_language.h"
#include "services/ocr/worker/language_guess.h"
#include "services/ocr/worker/read_picture.h"
#include "services/ocr/worker/text_layer.h"

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
static status_code take_layer(struct attempt *attempt, const struct pdfdoc_text *text,
                              bool *ret_is_read, struct status *st)
{
    const struct text_layer_reader reader = {.engine_class = attempt->engine_class,
                                             .engine = attempt->engine,
                                             .deadline_ns = attempt->deadline_ns};
    struct page page;

    *ret_is_read = false;
    attempt_begin_page(attempt, &page);
    page.source = TEXT_FROM_LAYER;
    if (!text_layer_to_page(text, attempt->image, &page))
        return STATUS_OK;
    TRY(page_finish(&page, st));
    const char *models = layer_models(attempt, page.text);
    if (models == NULL || !text_layer_agrees(text, attempt->image, &reader, models, attempt->arena))
        return STATUS_OK;
    attempt->page = page;
    choose_language_name(attempt);
    *ret_is_read = true;
    return STATUS_OK;
}

status_code read_layer(struct attempt *attempt, struct pdfdoc *pdf, struct status *st)
{
    struct pdfdoc_text text;
    bool has_text, is_read;

    TRY(pdfdoc_has_text(pdf, attempt->page_index, &has_text, st));
    if (!has_text)
        return read_picture(attempt, st);
    TRY(pdfdoc_read_text(pdf, attempt->page_index, attempt->image, attempt->arena, &text, st));
    TRY(take_layer(attempt, &text, &is_read, st));
    if (!is_read)
        TRY(read_picture(attempt, st));
    size_t hidden = text_layer_count_hidden(&text, &attempt->page);
    if (hidden > 0)
        page_warn(&attempt->page, "%zu word%s of text that the page does not show %s left out",
                  hidden, hidden == 1 ? "" : "s", hidden == 1 ? "was" : "were");
    return STATUS_OK;
}
