/*
 * txt: the pages' plain text, in UTF-8, pages separated by a form feed (U+000C).
 *
 * Every page ends in a newline unless it is empty, and a form feed stands between pages and nowhere
 * else: the n-th piece between form feeds is the n-th page of the job. A page that could not be
 * read is an empty piece. Lines end in "\n" alone (plain_text.h).
 */

#include "services/export/format.h"
#include "services/export/plain_text.h"

/* Writes `text` as described above. */
static void append_plain(struct sink *sink, const char *text)
{
    struct str rest = str_of(text), piece;
    char last = '\0';

    while (rest.n > 0) {
        size_t used = plain_text_next(rest, &piece);

        sink_append(sink, piece.p, piece.n);
        if (piece.n > 0)
            last = piece.p[piece.n - 1];
        rest.p += used;
        rest.n -= used;
    }
    if (last != '\0' && last != '\n')
        sink_append(sink, "\n", 1);
}

static void text_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    if (run->page_count > 0)
        sink_append(run->sink, "\f", 1);
    append_plain(run->sink, page->text);
}

static const struct format_pass passes[] = {
    {.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, .page = text_page},
};

const struct format format_text = {
    .name = "txt",
    .media_type = "text/plain; charset=utf-8",
    .extension = ".txt",
    .description = "Plain text in reading order, a form feed between pages.",
    .revision = 2,
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
