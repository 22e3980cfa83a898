#include "services/ocr/worker/attempt.h"

#include <string.h>

#include "lib/base/clock.h"
#include "services/ocr/language.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/foreign_lines.h"
#include "services/ocr/worker/layout.h"
#include "services/ocr/worker/line_quality.h"
#include "services/ocr/worker/mixed_lines.h"
#include "services/ocr/worker/normalize.h"
#include "services/ocr/worker/page_layout.h"

void attempt_begin_page(const struct attempt *attempt, struct page *page)
{
    page_begin(page, attempt->arena);
    page->index = attempt->page_index;
    page->width = attempt->image->width;
    page->height = attempt->image->height;
    page->dpi = attempt->image->dpi;
    page->rotation = attempt->quarter_turns * 90;
    page->skew_degrees = attempt->skew_degrees;
}

/* How lines of the image are read again, in auto, that may be in another language than their page.
 * False where they are not. */
static bool may_mix(const struct attempt *attempt, const char *models, struct mixed_lines *ret_how)
{
    const struct language *language = language_find(str_of(attempt->language));

    if (!attempt->is_auto || attempt->engine_class->try_line == NULL || language == NULL ||
        strcmp(language->script, "Latf") == 0)
        return false;
    *ret_how = (struct mixed_lines){
        .engine_class = attempt->engine_class,
        .engine = attempt->engine,
        .image = attempt->image,
        .models = models,
        .script = language->script,
        .deadline_ns = attempt->deadline_ns,
    };
    return true;
}

/* English lines, which is what text in other letters is mixed with. */
static status_code read_mixed_lines(const struct attempt *attempt, const char *models,
                                    struct page *page, struct status *st)
{
    struct mixed_lines how;

    if (!may_mix(attempt, models, &how) || strcmp(how.script, "Latn") == 0)
        return STATUS_OK;
    how.models = arena_printf(attempt->arena, "%s+eng", models);
    return how.models != NULL ? mixed_lines_read(&how, page, st) : FAIL_PAGE_TEXT(st);
}

static status_code read_image(const struct attempt *attempt, struct page *ret_page,
                              uint32_t *ret_turns_wanted, struct status *st)
{
    const struct language *language = language_find(str_of(attempt->language));
    struct engine_job job = {
        .image = attempt->image,
        .models = language_to_tesseract(str_of(attempt->language), attempt->arena),
        .layout = attempt->layout,
        .deadline_ns = attempt->deadline_ns,
    };
    struct page page;
    uint32_t turns_wanted;

    if (job.models == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "UNKNOWN_LANGUAGE", "unknown language");
    if (job.layout == LAYOUT_PAGE && language != NULL)
        TRY(page_layout_choose(attempt->engine_class, attempt->engine, &job, language->script,
                               &job.layout, st));
    attempt_begin_page(attempt, &page);
    page.source = TEXT_RECOGNIZED;
    if (attempt->engine_class->try_line != NULL) /* others have one for all languages */
        page.models = job.models;
    TRY(attempt->engine_class->read(attempt->engine, &job, &page, &turns_wanted, st));
    if (attempt->layout == LAYOUT_PAGE)
        TRY(read_mixed_lines(attempt, job.models, &page, st));
    if (attempt->engine_class->try_line != NULL) /* networks find no letters in grain */
        line_quality_drop_noise(&page);
    if (!layout_split_blocks(&page, attempt->image))
        return FAIL_PAGE_TEXT(st);
    TRY(page_finish(&page, st));
    *ret_page = page;
    *ret_turns_wanted = turns_wanted;
    return STATUS_OK;
}

status_code attempt_read(struct attempt *attempt, struct status *st)
{
    TRY(read_image(attempt, &attempt->page, &attempt->page_turns_wanted, st));
    /* What the engine names, it has found by reading. */
    if (attempt->is_auto && strcmp(attempt->page.language, "und") != 0) {
        attempt->language = attempt->page.language;
        attempt->is_read_surely = true;
    }
    return STATUS_OK;
}

bool attempt_is_of_image(const struct attempt *attempt)
{
    return attempt->page.width == attempt->image->width &&
           attempt->page.height == attempt->image->height &&
           attempt->page.rotation == attempt->quarter_turns * 90;
}

status_code attempt_read_foreign_lines(struct attempt *attempt, struct status *st)
{
    struct mixed_lines how;
    bool is_changed;

    if (attempt->layout != LAYOUT_PAGE || !may_mix(attempt, attempt->page.models, &how) ||
        strcmp(how.script, "Latn") != 0 || !attempt_is_of_image(attempt))
        return STATUS_OK;
    TRY(foreign_lines_read(&how, attempt->language, &attempt->page, &is_changed, st));
    return is_changed ? page_finish(&attempt->page, st) : STATUS_OK;
}

bool attempt_is_good(const struct attempt *attempt)
{
    return attempt->is_read_surely || line_quality_of_page(&attempt->page) >= line_quality_good;
}

status_code attempt_turn(struct attempt *attempt, uint32_t quarter_turns, struct status *st)
{
    TRY(image_turn(attempt->image, quarter_turns, st));
    attempt->quarter_turns = (attempt->quarter_turns + quarter_turns) % 4;
    return STATUS_OK;
}

bool attempt_has_time(const struct attempt *attempt, int readings)
{
    return time_mono() + attempt->reading_ns * readings < attempt->deadline_ns;
}

status_code attempt_read_again(struct attempt *attempt, float margin, bool *ret_is_better,
                               struct status *st)
{
    struct page page;
    uint32_t turns_wanted;

    *ret_is_better = false;
    status_code code = read_image(attempt, &page, &turns_wanted, st);
    if (code == STATUS_DEADLINE_EXCEEDED)
        return STATUS_OK;
    TRY(code);
    *ret_is_better = line_quality_of_page(&page) > line_quality_of_page(&attempt->page) + margin;
    if (*ret_is_better) {
        attempt->page = page;
        attempt->page_turns_wanted = turns_wanted;
    }
    return STATUS_OK;
}
