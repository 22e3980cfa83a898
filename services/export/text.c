/*
 * txt: the pages' plain text, in UTF-8, pages separated by a form feed (U+000C).
 *
 * Every page ends in one line end unless it is empty, and a form feed stands between pages and
 * nowhere else: the n-th piece between form feeds is the n-th page of the job. A page that could
 * not be read is an empty piece. Of a job that is translated, it is the translation. Lines end in
 * "\n" alone (page/plain_text.h).
 */

#include "services/export/format.h"
#include "services/export/page/plain_text.h"

static void text_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    bool is_translated = run->job->translate_to[0] != '\0' && page->translated_text[0] != '\0';

    if (run->page_count > 0)
        sink_append(run->sink, "\f", 1);
    plain_text_write_page(run->sink, is_translated ? page->translated_text : page->text);
}

static const struct format_pass passes[] = {
    {.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, .page = text_page},
};

const struct format format_text = {
    .name = "txt",
    .media_type = "text/plain; charset=utf-8",
    .extension = ".txt",
    .description = "Plain text in reading order, a form feed between pages.",
    .revision = 3,
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
