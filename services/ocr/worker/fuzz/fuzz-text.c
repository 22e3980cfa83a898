/*
 * Any bytes become valid, clean text, and Markdown of it in which nothing is markup by accident.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/utf8.h>

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/language_guess.h"
#include "services/ocr/worker/layout.h"
#include "services/ocr/worker/normalize.h"

enum { ARENA_MAX_BYTES = 16 << 20, WORD_BYTES = 7 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

/* @may: control characters that may be in it. */
static void must_be_clean(const char *text, const char *may)
{
    int32_t length = (int32_t)strlen(text);

    for (int32_t at = 0; at < length;) {
        UChar32 character;
        U8_NEXT(text, at, length, character);
        must(character >= 0x20 || (character > 0 && strchr(may, character) != NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct language_guess guess;
    struct status st;
    struct page page;
    size_t count = size / WORD_BYTES + 1;

    page_begin(&page, arena);
    page.width = 1000;
    page.height = 1000;
    struct line *lines = ARENA_NEW_ARRAY(arena, struct line, count);
    if (lines == NULL || count > 2000)
        return 0;
    for (size_t i = 0; i < count; i++) {
        size_t start = i * WORD_BYTES;
        size_t length = size - start < WORD_BYTES ? size - start : WORD_BYTES;
        struct word *word = line_add_word(&page, &lines[i]);
        if (word == NULL)
            return 0;
        int32_t x = length > 0 ? data[start] * 3 : 0, y = length > 1 ? data[start + 1] * 3 : 0;
        word->text = normalize_text((struct str){(const char *)data + start, length}, arena);
        word->bbox = (struct bbox){x, y, x + 40, y + 20};
        if (word->text == NULL)
            return 0;
        must_be_clean(word->text, "");
    }
    if (!layout_add_lines(&page, lines, count) || !layout_split_blocks(&page, NULL) ||
        page_finish(&page, &st) != STATUS_OK)
        return 0;
    must_be_clean(page.text, "\n\t"); /* between the cells of a table */
    must_be_clean(page.markdown, "\n");
    language_guess_text(page.text, &guess);
    must(guess.script != NULL);
    return 0;
}
