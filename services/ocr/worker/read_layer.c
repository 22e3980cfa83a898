#include "services/ocr/worker/read_layer.h"

#include "services/ocr/worker/choose_language.h"
#include "services/ocr/worker/read_picture.h"
#include "services/ocr/worker/text_layer.h"

/* Makes attempt->page of the layer when it can be believed. */
static status_code take_layer(struct attempt *attempt, struct pdfdoc_text *text, bool *ret_is_read,
                              struct status *st)
{
    const struct text_layer_reader reader = {.test_class = attempt->layer_class,
                                             .test_engine = attempt->layer_engine,
                                             .engine_class = attempt->engine_class,
                                             .engine = attempt->engine,
                                             .deadline_ns = attempt->deadline_ns};
    const char *language;
    struct page page;

    attempt_begin_page(attempt, &page);
    page.source = TEXT_FROM_LAYER;
    *ret_is_read = text_layer_to_page(text, attempt->image, &reader, &page, &language);
    if (!*ret_is_read) {
        if (attempt->is_auto && language != NULL) /* what it says may still tell the language */
            attempt->language = language;
        return STATUS_OK;
    }
    TRY(page_finish(&page, st));
    attempt->page = page;
    choose_language_name(attempt);
    return STATUS_OK;
}

status_code read_layer(struct attempt *attempt, struct pdfdoc *pdf, struct status *st)
{
    _cleanup_(pdfdoc_text_deinit) struct pdfdoc_text text = {0};
    bool has_text, is_read;

    TRY(pdfdoc_has_text(pdf, attempt->page_index, &has_text, st));
    if (!has_text)
        return read_picture(attempt, st);
    TRY(pdfdoc_read_text(pdf, attempt->page_index, attempt->image, attempt->arena, &text, st));
    TRY(take_layer(attempt, &text, &is_read, st));
    if (!is_read)
        TRY(read_picture(attempt, st));
    size_t hidden = text_layer_count_hidden(&text, &attempt->page);
    attempt->page.hides_text = hidden > 0;
    if (hidden > 0)
        page_warn(&attempt->page, "%zu word%s of text that the page does not show %s left out",
                  hidden, hidden == 1 ? "" : "s", hidden == 1 ? "was" : "were");
    return STATUS_OK;
}
