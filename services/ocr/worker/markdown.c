#include "services/ocr/worker/markdown.h"

#include <string.h>

#include "lib/base/ascii.h"
#include "lib/base/utf8.h"
#include "services/ocr/worker/markdown_table.h"
#include "services/ocr/worker/markdown_text.h"

/* A block's lines, each after `indent` but for the first; "\n" between them, or a space. */
static bool append_lines(struct buf *out, const struct page *page, struct str text,
                         const char *separator)
{
    struct str line;
    bool is_first = true;

    while (str_next_token(&text, '\n', &line)) {
        if (!is_first && !buf_append_str(out, separator))
            return false;
        if (!markdown_append_text(out, page, line, is_first || separator[0] == '\n'))
            return false;
        is_first = false;
    }
    return true;
}

static bool append_heading(struct buf *out, const struct page *page, const struct block *block)
{
    unsigned level = block->level < 1 ? 1 : block->level > 6 ? 6 : block->level;

    for (unsigned i = 0; i < level; i++)
        if (!buf_append_char(out, '#'))
            return false;
    if (!buf_append_char(out, ' '))
        return false;
    size_t start = out->length;
    if (!append_lines(out, page, str_of(block->text), " "))
        return false;
    /* A closing run of # would vanish. */
    if (out->length > start && out->data[out->length - 1] == '#') {
        out->data[out->length - 1] = '\\';
        return buf_append_char(out, '#');
    }
    return true;
}

/* "12." and "12)". */
static bool is_ordinal(struct str marker)
{
    size_t i = 0;

    while (i < marker.n && ascii_is_digit(marker.p[i]))
        i++;
    return i > 0 && i <= 9 && i + 1 == marker.n && (marker.p[i] == '.' || marker.p[i] == ')');
}

/* A single sign that is neither letter nor digit. */
static bool is_bullet(struct str marker)
{
    return utf8_length(marker.p) == 1 && !ascii_is_digit(marker.p[0]) &&
           !((marker.p[0] | 0x20) >= 'a' && (marker.p[0] | 0x20) <= 'z');
}

/* Numbers become the list's own, bullets become one; "(a)" and the like stay in the text. */
static bool append_list_item(struct buf *out, const struct page *page, const struct block *block)
{
    struct str marker = str_of(block->list_marker);
    struct str text = str_of(block->text);
    char continuation[16] = "\n  ";

    if (marker.n > 0 && (is_ordinal(marker) || is_bullet(marker)) && str_starts_with(text, marker))
        text = str_trim((struct str){text.p + marker.n, text.n - marker.n});
    if (!is_ordinal(marker))
        marker = STR("-");
    for (size_t i = 0; i <= marker.n; i++)
        continuation[1 + i] = ' ';
    continuation[2 + marker.n] = '\0';
    return buf_append(out, marker.p, marker.n) && buf_append_char(out, ' ') &&
           append_lines(out, page, text, continuation);
}

static bool append_block(struct buf *out, const struct page *page, const struct block *block)
{
    switch (block->kind) {
    case BLOCK_HEADING:
        return append_heading(out, page, block);
    case BLOCK_LIST_ITEM:
        return append_list_item(out, page, block);
    case BLOCK_TABLE:
        if (block->table != NULL)
            return markdown_append_table(out, page, block->table);
        return append_lines(out, page, str_of(block->text), "\n");
    case BLOCK_FORMULA:
        if (block->latex != NULL)
            return buf_printf(out, "$$\n%s\n$$", block->latex);
        return append_lines(out, page, str_of(block->text), "\n");
    default:
        return append_lines(out, page, str_of(block->text), "\n");
    }
}

bool markdown_append_page(struct buf *out, const struct page *page)
{
    const struct block *previous = NULL;

    for (size_t i = 0; i < page->block_count; i++) {
        const struct block *block = &page->blocks[i];
        if (block->kind == BLOCK_HEADER || block->kind == BLOCK_FOOTER || block->text[0] == '\0')
            continue;
        bool is_same_list =
            previous != NULL && previous->kind == BLOCK_LIST_ITEM && block->kind == BLOCK_LIST_ITEM;
        if (previous != NULL && !buf_append_str(out, is_same_list ? "\n" : "\n\n"))
            return false;
        if (!append_block(out, page, block))
            return false;
        previous = block;
    }
    return true;
}
