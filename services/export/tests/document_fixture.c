#include "services/export/tests/document_fixture.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static Ocrmesh__Ocr__V1__Job job_storage;
static Ocrmesh__Document__V1__Page page_storage[FIXTURE_PAGES_MAX];
static Ocrmesh__Document__V1__PageError error_storage[FIXTURE_PAGES_MAX];

Ocrmesh__Ocr__V1__Job *fixture_job(int page_count)
{
    ocrmesh__ocr__v1__job__init(&job_storage);
    job_storage.job_id = (char *)"0123456789abcdef0123456789abcdef";
    job_storage.state = OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE;
    job_storage.tier = OCRMESH__OCR__V1__TIER__TIER_CPU;
    job_storage.language = (char *)"auto";
    job_storage.page_count = page_count;
    job_storage.pages_done = page_count;
    return &job_storage;
}

Ocrmesh__Document__V1__Page *fixture_page(uint32_t index, const char *text, const char *markdown)
{
    assert(index < FIXTURE_PAGES_MAX);
    ocrmesh__document__v1__page__init(&page_storage[index]);
    page_storage[index].index = index;
    page_storage[index].text = (char *)text;
    page_storage[index].markdown = (char *)markdown;
    return &page_storage[index];
}

Ocrmesh__Document__V1__Page *fixture_failed_page(uint32_t index, const char *reason)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(index, "", "");

    ocrmesh__document__v1__page_error__init(&error_storage[index]);
    error_storage[index].reason = (char *)reason;
    error_storage[index].message = (char *)"the page could not be read";
    page->error = &error_storage[index];
    return page;
}

static status_code keep(void *arg, const void *data, size_t length, struct status *st)
{
    assert(buf_append(arg, data, length));
    return STATUS_OK;
}

status_code fixture_try(const struct format *format, const struct format_options *options,
                        struct page_image_source *images, const Ocrmesh__Ocr__V1__Job *job,
                        Ocrmesh__Document__V1__Page *const *pages, size_t count, struct buf *out,
                        struct status *st)
{
    _cleanup_(sink_deinit) struct sink sink;
    struct format_run run = {.sink = &sink, .job = job, .images = images};
    _cleanup_(freep) void *state = calloc(1, format->state_size + 1);

    sink_init(&sink, keep, out);
    run.state = state;
    if (options != NULL)
        run.options = *options;
    for (size_t i = 0; i < format->pass_count; i++) {
        const struct format_pass *pass = &format->passes[i];

        if (i > 0 && pass->is_wanted != NULL && !pass->is_wanted(&run))
            continue;
        run.page_count = 0;
        if (pass->begin != NULL)
            pass->begin(&run);
        for (size_t k = 0; k < count; k++, run.page_count++)
            if (pass->page != NULL)
                pass->page(&run, pages[k]);
        if (pass->end != NULL)
            pass->end(&run);
    }
    if (format->cleanup != NULL)
        format->cleanup(state);
    return sink_finish(&sink, st);
}

char *fixture_export(const struct format *format, const Ocrmesh__Ocr__V1__Job *job,
                     Ocrmesh__Document__V1__Page *const *pages, size_t count)
{
    struct buf out;
    struct status st = {0};

    buf_init(&out, FIXTURE_FILE_MAX_BYTES);
    assert(fixture_try(format, NULL, NULL, job, pages, count, &out, &st) == STATUS_OK);
    return out.data != NULL ? out.data : calloc(1, 1);
}
