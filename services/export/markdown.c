/*
 * md: the pages' Markdown, CommonMark with GFM tables, in UTF-8.
 *
 * The first page stands alone, so that a document of one page is exactly that page's Markdown. Each
 * later page n (counted from 1) starts with a line of its own that readers and converters pass
 * over:
 *
 *     <!-- page 2 -->
 *
 * A page that could not be read is such a line as well: <!-- page 2 could not be read: reason -->.
 * Of a job that is translated, it is the translation.
 *
 * Empty lines stand around these lines, as CommonMark asks of an HTML block (0.30, section 4.6).
 */

#include <inttypes.h>
#include <string.h>

#include "services/export/format.h"
#include "services/export/page/plain_text.h"

/* A reason is an UPPER_SNAKE word; anything else could end the comment early. */
static bool is_reason_word(const char *reason)
{
    return reason[0] != '\0' &&
           reason[strspn(reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == 0;
}

static void markdown_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    uint32_t number = page->index + 1;
    bool is_translated = run->job->translate_to[0] != '\0' && page->translated_markdown[0] != '\0';

    if (run->page_count > 0)
        sink_append(run->sink, "\n", 1);
    if (page->error != NULL) {
        sink_printf(run->sink, "<!-- page %" PRIu32 " could not be read%s%.64s -->\n", number,
                    is_reason_word(page->error->reason) ? ": " : "",
                    is_reason_word(page->error->reason) ? page->error->reason : "");
        return;
    }
    if (run->page_count > 0)
        sink_printf(run->sink, "<!-- page %" PRIu32 " -->\n\n", number);
    plain_text_write_page(run->sink, is_translated ? page->translated_markdown : page->markdown);
}

static const struct format_pass passes[] = {
    {.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, .page = markdown_page},
};

const struct format format_markdown = {
    .name = "md",
    .media_type = "text/markdown; charset=utf-8",
    .extension = ".md",
    .description = "CommonMark with GFM tables, pages separated by an HTML comment.",
    .revision = 3,
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
