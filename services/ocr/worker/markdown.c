#include "services/ocr/worker/markdown.h"

#include <string.h>

#include "lib/base/ascii.h"
#include "lib/base/utf8.h"
#include "lib/flow/joint.h"
#include "services/ocr/worker/markdown_table.h"
#include "services/ocr/worker/markdown_text.h"

/* Whether a word that a hyphen divides ends the line and goes on in the next one. */
static bool is_divided(const struct page *page, struct str line, struct str next,
                       size_t *ret_dropped)
{
    const char *within = page->text != NULL ? page->text : ""; /* a translation has none */
    const char *joint = flow_joint(line, next, within, ret_dropped);

    /* Scripts without spaces need no space either, but keep their lines. */
    return *ret_dropped > 0 || (joint[0] == '\0' && line.n > 0 && line.p[line.n - 1] == '-');
}

/* A block's lines, each after `indent` but for the first; "\n" between them, or a space. Where
 * a word is divided there is nothing between them: for Markdown the end of a line is a space. */
static bool append_lines(struct buf *out, const struct page *page, struct str text,
                         const char *separator)
{
    struct str line, next;
    bool is_at_start = true;

    if (!str_next_token(&text, '\n', &line))
        return true;
    for (; str_next_token(&text, '\n', &next); line = next) {
        size_t dropped = 0;
        bool is_joined = is_divided(page, line, next, &dropped);
        if (!markdown_append_text(out, page, (struct str){line.p, line.n - dropped}, is_at_start) ||
            (!is_joined && !buf_append_str(out, separator)))
            return false;
        is_at_start = !is_joined && separator[0] == '\n';
    }
    return markdown_append_text(out, page, line, is_at_start);
}

/* As they stand: "a -" is no divided word in a formula. */
static bool append_as_is(struct buf *out, const struct page *page, struct str text)
{
    struct str line;
    bool is_first = true;

    while (str_next_token(&text, '\n', &line)) {
        if ((!is_first && !buf_append_char(out, '\n')) ||
            !markdown_append_text(out, page, line, true))
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
        return append_as_is(out, page, str_of(block->text));
    case BLOCK_FORMULA:
        if (block->latex != NULL)
            return buf_printf(out, "$$\n%s\n$$", block->latex);
        return append_as_is(out, page, str_of(block->text));
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
