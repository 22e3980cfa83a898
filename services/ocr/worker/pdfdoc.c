#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/decode.h"
#include "services/ocr/worker/pdfdoc_internal.h"
#include "services/ocr/worker/pdfdoc_stream.h"

enum {
    /* Of decoded images and fonts kept for the next page. */
    STORE_BYTES = 64 << 20,
    /* Where a complete file has its end mark: readers look for it in the last KiB (ISO 32000-1,
     * Annex H.3.4.4); a little more bears with what mail gateways append. */
    END_MARK_RANGE = 4096,
};

/* --- The limit of time --- */

/* What the timer aborts; mupdf reads it between drawing operations. */
static fz_cookie *volatile watched;

static void abort_watched(int signal_number)
{
    (void)signal_number;
    if (watched != NULL)
        watched->abort = 1;
}

void pdfdoc_watch_begin(fz_cookie *cookie, int64_t limit_ms)
{
    const struct sigaction action = {.sa_handler = abort_watched, .sa_flags = SA_RESTART};
    const struct itimerval limit = {.it_value = {.tv_sec = limit_ms / 1000}};

    watched = cookie;
    (void)sigaction(SIGALRM, &action, NULL);
    (void)setitimer(ITIMER_REAL, &limit, NULL);
}

bool pdfdoc_watch_is_late(void)
{
    return watched != NULL && watched->abort != 0;
}

bool pdfdoc_watch_end(void)
{
    const struct itimerval none = {0};

    (void)setitimer(ITIMER_REAL, &none, NULL);
    bool is_aborted = pdfdoc_watch_is_late();
    watched = NULL;
    return is_aborted;
}

/* --- Failures --- */

status_code pdfdoc_fail(struct pdfdoc *pdf, int64_t page_index, struct status *st)
{
    if (fz_caught(pdf->context) == FZ_ERROR_MEMORY)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE",
                    "the PDF file needs more memory than the %d MiB it may take; print it to a "
                    "new PDF and send that",
                    PDFDOC_MEMORY_MAX_BYTES >> 20);
    if (page_index < 0)
        return decode_fail_corrupt("PDF", st);
    return FAIL(st, STATUS_INVALID_ARGUMENT, "PAGE_CORRUPT",
                "page %lld of the PDF file is damaged and cannot be drawn",
                (long long)page_index + 1);
}

static status_code fail_late(uint32_t page_index, struct status *st)
{
    return FAIL(st, STATUS_DEADLINE_EXCEEDED, "PAGE_TIMEOUT",
                "drawing page %u took longer than the %d seconds it may", page_index + 1,
                PDFDOC_PAGE_TIME_MAX_MS / 1000);
}

/* --- Opening --- */

static void drop_message(void *user, const char *message)
{
    (void)user;
    (void)message;
}

struct page_counter {
    uint32_t leaves;
    uint32_t nodes;
};

static void count_node(fz_context *context, pdf_obj *node, void *user, pdf_obj **names)
{
    struct page_counter *counter = user;

    /* A tree may name the same branch many times over without being a cycle. */
    if (++counter->nodes > 2 * DOCUMENT_PAGES_MAX)
        fz_throw(context, FZ_ERROR_GENERIC, "too many nodes");
    counter->leaves += pdf_dict_get(context, node, PDF_NAME(Kids)) == NULL;
}

/* Pages that the tree really holds; its root's /Count may say anything. May throw. */
static uint32_t count_leaves(struct pdfdoc *pdf)
{
    fz_context *context = pdf->context;
    struct page_counter counter = {0};
    pdf_obj *root = pdf_dict_getp(context, pdf_trailer(context, pdf->document), "Root/Pages");

    pdf_walk_tree(context, pdf_dict_get(context, root, PDF_NAME(Kids)), PDF_NAME(Kids), count_node,
                  NULL, &counter, NULL, NULL);
    return counter.leaves;
}

static bool has_end_mark(struct file_bytes file)
{
    size_t range = file.size < END_MARK_RANGE ? file.size : END_MARK_RANGE;

    return memmem(file.data + file.size - range, range, "%%EOF", 5) != NULL;
}

struct open_facts {
    bool needs_password;
    bool was_repaired;
    int declared_pages;
    uint32_t leaves;
};

static status_code read_structure(struct pdfdoc *pdf, struct file_bytes file,
                                  struct open_facts *facts, struct status *st)
{
    fz_context *context = pdf->context;

    fz_try(context)
    {
        pdf->stream = pdfdoc_stream_open(context, file);
        pdf->document = pdf_open_document_with_stream(context, pdf->stream);
        facts->needs_password = pdf_needs_password(context, pdf->document) != 0;
        if (!facts->needs_password) {
            facts->declared_pages = pdf_count_pages(context, pdf->document);
            facts->leaves = count_leaves(pdf);
            facts->was_repaired = pdf_was_repaired(context, pdf->document) != 0;
        }
    }
    fz_catch(context) return pdfdoc_fail(pdf, -1, st);
    return STATUS_OK;
}

static status_code check_structure(struct pdfdoc *pdf, struct file_bytes file,
                                   const struct open_facts *facts, struct status *st)
{
    if (facts->needs_password)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "ENCRYPTED",
                    "the PDF file asks for a password; remove the password and send it again");
    /* What was cut off might have been pages: never half read. */
    if (facts->was_repaired && !has_end_mark(file))
        return decode_fail_corrupt("PDF", st);
    if (facts->leaves == 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "NO_PAGES",
                    "the PDF file has no pages; export it again and check that it shows a page");
    if (facts->leaves > DOCUMENT_PAGES_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "TOO_LARGE",
                    "a PDF file of more than %d pages cannot be read; split it",
                    DOCUMENT_PAGES_MAX);
    if (facts->declared_pages < 0 || (uint32_t)facts->declared_pages != facts->leaves)
        return decode_fail_corrupt("PDF", st);
    pdf->page_count = facts->leaves;
    return STATUS_OK;
}

static status_code open_document(struct pdfdoc *pdf, struct file_bytes file, struct status *st)
{
    const fz_alloc_context functions = pdfdoc_memory_functions(&pdf->memory);
    struct open_facts facts = {0};

    pdf->context = fz_new_context(&functions, NULL, STORE_BYTES);
    if (pdf->context == NULL)
        return FAIL_PAGE_MEMORY(st);
    fz_set_warning_callback(pdf->context, drop_message, NULL);
    fz_set_error_callback(pdf->context, drop_message, NULL);
    /* Colours become grey: exact conversion between colour profiles is of no use here. */
    fz_disable_icc(pdf->context);
    TRY(read_structure(pdf, file, &facts, st));
    return check_structure(pdf, file, &facts, st);
}

status_code pdfdoc_open(struct file_bytes file, struct pdfdoc **ret_pdf, struct status *st)
{
    struct pdfdoc *pdf = calloc(1, sizeof(*pdf));

    if (pdf == NULL)
        return FAIL_PAGE_MEMORY(st);
    pdf->memory.limit_bytes = PDFDOC_MEMORY_MAX_BYTES;
    status_code code = open_document(pdf, file, st);
    if (code != STATUS_OK) {
        pdfdoc_close(pdf);
        return code;
    }
    *ret_pdf = pdf;
    return STATUS_OK;
}

static void drop_page(struct pdfdoc *pdf)
{
    pdfdoc_survey_drop(pdf->context, &pdf->survey);
    fz_drop_display_list(pdf->context, pdf->list);
    pdf->list = NULL;
    pdf->is_page_damaged = false;
    pdf->is_scan_read = false;
}

void pdfdoc_close(struct pdfdoc *pdf)
{
    if (pdf == NULL)
        return;
    if (pdf->context != NULL) {
        drop_page(pdf);
        pdf_drop_document(pdf->context, pdf->document);
        fz_drop_stream(pdf->context, pdf->stream);
        fz_drop_context(pdf->context);
    }
    free(pdf);
}

uint32_t pdfdoc_page_count(const struct pdfdoc *pdf)
{
    return pdf->page_count;
}

/* --- Pages --- */

/* May throw. */
static void interpret(struct pdfdoc *pdf, uint32_t index, fz_cookie *cookie)
{
    fz_context *context = pdf->context;
    pdf_page *page = pdf_load_page(context, pdf->document, (int)index);
    fz_device *device = NULL;

    fz_var(device);
    fz_try(context)
    {
        pdf->bounds = pdf_bound_page(context, page);
        pdf->list = fz_new_display_list(context, pdf->bounds);
        device = fz_new_list_device(context, pdf->list);
        pdf_run_page(context, page, device, fz_identity, cookie);
        fz_close_device(context, device);
        pdfdoc_survey_page(context, pdf->list, pdf->bounds, &pdf->survey, cookie);
    }
    fz_always(context)
    {
        fz_drop_device(context, device);
        fz_drop_page(context, &page->super);
    }
    fz_catch(context) fz_rethrow(context);
}

static status_code hold_page(struct pdfdoc *pdf, uint32_t index, int64_t limit_ms,
                             struct status *st)
{
    fz_context *context = pdf->context;
    fz_cookie cookie = {0};
    bool is_thrown = false;

    if (pdf->list != NULL && pdf->page_index == index)
        return STATUS_OK;
    drop_page(pdf);
    fz_var(is_thrown);
    pdfdoc_watch_begin(&cookie, limit_ms);
    fz_try(context) interpret(pdf, index, &cookie);
    fz_catch(context) is_thrown = true;
    bool is_late = pdfdoc_watch_end() || pdf->survey.is_endless;
    if (is_thrown || is_late) {
        drop_page(pdf);
        return is_late ? fail_late(index, st) : pdfdoc_fail(pdf, index, st);
    }
    pdf->page_index = index;
    pdf->is_page_damaged = cookie.errors > 0;
    return STATUS_OK;
}

status_code pdfdoc_hold_page(struct pdfdoc *pdf, uint32_t index, struct status *st)
{
    return hold_page(pdf, index, PDFDOC_PAGE_TIME_MAX_MS, st);
}

status_code pdfdoc_probe(struct pdfdoc *pdf, struct status *st)
{
    struct status failure;
    status_code code = hold_page(pdf, 0, PDFDOC_PROBE_TIME_MAX_MS, &failure);

    /* Of several pages, others may be good; and a page that takes long may yet be read. */
    if (code == STATUS_OK || code == STATUS_DEADLINE_EXCEEDED || pdf->page_count > 1)
        return STATUS_OK;
    return decode_fail_corrupt("PDF", st);
}

bool pdfdoc_is_page_damaged(const struct pdfdoc *pdf)
{
    return pdf->is_page_damaged;
}

/* May throw. */
static void draw(struct pdfdoc *pdf, fz_matrix matrix, fz_irect area, pdfdoc_drawing drawing,
                 fz_pixmap *pixmap, fz_cookie *cookie)
{
    fz_context *context = pdf->context;
    fz_device *device = NULL;

    fz_var(device);
    fz_try(context)
    {
        fz_clear_pixmap_with_value(context, pixmap, 255);
        device = fz_new_draw_device(context, fz_identity, pixmap);
        if (drawing == PDFDOC_DRAW_WITHOUT_TEXT) {
            /* A device without these draws everything else. */
            device->fill_text = NULL;
            device->stroke_text = NULL;
        }
        fz_run_display_list(context, pdf->list, device, matrix, fz_rect_from_irect(area), cookie);
        fz_close_device(context, device);
    }
    fz_always(context) fz_drop_device(context, device);
    fz_catch(context) fz_rethrow(context);
}

status_code pdfdoc_draw(struct pdfdoc *pdf, float dpi, fz_colorspace *colorspace,
                        pdfdoc_drawing drawing, fz_pixmap **ret_pixmap, struct status *st)
{
    fz_context *context = pdf->context;
    fz_matrix matrix =
        fz_pre_translate(fz_scale(dpi / 72, dpi / 72), -pdf->bounds.x0, -pdf->bounds.y0);
    fz_irect area = fz_round_rect(fz_transform_rect(pdf->bounds, matrix));
    fz_cookie cookie = {0};
    fz_pixmap *pixmap = NULL;
    bool is_thrown = false;

    area.x1 = fz_maxi(area.x1, area.x0 + 1);
    area.y1 = fz_maxi(area.y1, area.y0 + 1);
    fz_var(pixmap);
    fz_var(is_thrown);
    pdfdoc_watch_begin(&cookie, PDFDOC_PAGE_TIME_MAX_MS);
    fz_try(context)
    {
        pixmap = fz_new_pixmap_with_bbox(context, colorspace, area, NULL, 0);
        draw(pdf, matrix, area, drawing, pixmap, &cookie);
    }
    fz_catch(context) is_thrown = true;
    bool is_late = pdfdoc_watch_end();
    if (is_thrown || is_late) {
        fz_drop_pixmap(context, pixmap);
        return is_late ? fail_late(pdf->page_index, st) : pdfdoc_fail(pdf, pdf->page_index, st);
    }
    pdf->is_page_damaged = pdf->is_page_damaged || cookie.errors > 0;
    *ret_pixmap = pixmap;
    return STATUS_OK;
}
