/*
 * txt: the pages' plain text, in UTF-8, pages separated by a form feed (U+000C).
 *
 * Every page ends in a newline unless it is empty, and a form feed stands between pages and nowhere
 * else: the n-th piece between form feeds is the n-th page of the job. A page that could not be
 * read is an empty piece. Lines end in "\n" alone; control characters that text does not need are
 * left out.
 */

#include <string.h>

#include "lib/base/utf8.h"
#include "services/export/format.h"

enum { LAST_C0_CONTROL = 0x1F, DELETE = 0x7F, FIRST_C1_CONTROL = 0x80, LAST_C1_CONTROL = 0x9F };

static bool is_control(uint32_t character)
{
    return character <= LAST_C0_CONTROL || character == DELETE ||
           (character >= FIRST_C1_CONTROL && character <= LAST_C1_CONTROL);
}

/* Writes `text` as described above. */
static void append_plain(struct sink *sink, const char *text)
{
    size_t length = strlen(text);
    char last = '\0';

    for (size_t i = 0; i < length;) {
        uint32_t character;
        bool is_valid;
        size_t used = utf8_decode(text + i, length - i, &character, &is_valid);

        if (character == '\f' || character == '\v' || (character == '\r' && text[i + 1] != '\n')) {
            sink_append(sink, "\n", 1);
            last = '\n';
        } else if (!is_valid) {
            sink_append_text(sink, UTF8_REPLACEMENT_TEXT);
            last = 'x';
        } else if (character == '\n' || character == '\t' || !is_control(character)) {
            sink_append(sink, text + i, used);
            last = text[i];
        }
        i += used;
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
    .revision = 1,
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
