#include "services/ocr/worker/markdown.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_character(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

static char at(struct str text, size_t index)
{
    return index < text.n ? text.p[index] : ' ';
}

/* Inside a line. CommonMark 0.30 §2.4, §6, and GFM's tables and strike-through. */
static bool needs_escape(struct str text, size_t i)
{
    switch (text.p[i]) {
    case '\\':
    case '`':
    case '*':
    case '[':
    case ']':
    case '<':
    case '~':
    case '|':
        return true;
    case '_': /* no emphasis inside a word */
        return i == 0 || !is_word_character(at(text, i - 1)) || !is_word_character(at(text, i + 1));
    case '&': /* an entity */
        return at(text, i + 1) == '#' || is_word_character(at(text, i + 1));
    default:
        return false;
    }
}

/* True when the whole text consists of that character and spaces. */
static bool is_rule_of(struct str text, char c)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != c && text.p[i] != ' ')
            return false;
    return true;
}

/* The offset of a character that must be escaped lest the line start a block; text.n: none.
 * CommonMark 0.30 §4 and §5. */
static size_t find_block_start(struct str text)
{
    size_t i = 0;

    if (text.n == 0)
        return 0;
    switch (text.p[0]) {
    case '>':
        return 0;
    case '#':
        while (at(text, i) == '#' && i < text.n)
            i++;
        return i <= 6 && at(text, i) == ' ' ? 0 : text.n;
    case '-':
        return at(text, 1) == ' ' || is_rule_of(text, '-') ? 0 : text.n;
    case '+':
        return at(text, 1) == ' ' ? 0 : text.n;
    case '=':
        return is_rule_of(text, '=') ? 0 : text.n;
    default:
        while (i < text.n && is_digit(text.p[i]))
            i++;
        if (i > 0 && i < text.n && (text.p[i] == '.' || text.p[i] == ')') && at(text, i + 1) == ' ')
            return i;
        return text.n;
    }
}

/* Appends one line of running text, escaped. @at_line_start: what would start a block there
 * (a heading, a list, a quote, a rule) is escaped as well. */
static bool append_text(struct buf *out, struct str text, bool at_line_start)
{
    size_t block_start = at_line_start ? find_block_start(text) : text.n;

    for (size_t i = 0; i < text.n; i++) {
        if ((i == block_start || needs_escape(text, i)) && !buf_append_char(out, '\\'))
            return false;
        if (!buf_append_char(out, text.p[i]))
            return false;
    }
    return true;
}

/* A block's lines, each after `indent` but for the first; "\n" between them, or a space. */
static bool append_lines(struct buf *out, struct str text, const char *separator)
{
    struct str line;
    bool is_first = true;

    while (str_next_token(&text, '\n', &line)) {
        if (!is_first && !buf_append_str(out, separator))
            return false;
        if (!append_text(out, line, is_first || separator[0] == '\n'))
            return false;
        is_first = false;
    }
    return true;
}

static bool append_heading(struct buf *out, const struct block *block)
{
    unsigned level = block->level < 1 ? 1 : block->level > 6 ? 6 : block->level;

    for (unsigned i = 0; i < level; i++)
        if (!buf_append_char(out, '#'))
            return false;
    if (!buf_append_char(out, ' '))
        return false;
    size_t start = out->length;
    if (!append_lines(out, str_of(block->text), " "))
        return false;
    /* A closing run of # would vanish. */
    if (out->length > start && out->data[out->length - 1] == '#') {
        out->data[out->length - 1] = '\\';
        return buf_append_char(out, '#');
    }
    return true;
}

/* "12." and "12)" stay what they are; every other marker is a bullet. */
static bool is_ordinal(struct str marker)
{
    size_t i = 0;

    while (i < marker.n && is_digit(marker.p[i]))
        i++;
    return i > 0 && i <= 9 && i + 1 == marker.n && (marker.p[i] == '.' || marker.p[i] == ')');
}

static bool append_list_item(struct buf *out, const struct block *block)
{
    struct str marker = str_of(block->list_marker);
    struct str text = str_of(block->text);
    char continuation[16] = "\n  ";

    if (marker.n > 0 && str_starts_with(text, marker))
        text = str_trim((struct str){text.p + marker.n, text.n - marker.n});
    if (!is_ordinal(marker))
        marker = STR("-");
    for (size_t i = 0; i <= marker.n; i++)
        continuation[1 + i] = ' ';
    continuation[2 + marker.n] = '\0';
    return buf_append(out, marker.p, marker.n) && buf_append_char(out, ' ') &&
           append_lines(out, text, continuation);
}

static bool append_block(struct buf *out, const struct block *block)
{
    switch (block->kind) {
    case BLOCK_HEADING:
        return append_heading(out, block);
    case BLOCK_LIST_ITEM:
        return append_list_item(out, block);
    default:
        return append_lines(out, str_of(block->text), "\n");
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
        if (!append_block(out, block))
            return false;
        previous = block;
    }
    return true;
}
