#include "services/ocr/worker/markdown_text.h"

#include <string.h>

#include "lib/base/ascii.h"

static bool is_word_character(char c)
{
    return ascii_is_letter_or_digit(c) || (c & 0x80) != 0;
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
        while (i < text.n && ascii_is_digit(text.p[i]))
            i++;
        if (i > 0 && i < text.n && (text.p[i] == '.' || text.p[i] == ')') && at(text, i + 1) == ' ')
            return i;
        return text.n;
    }
}

/* The length of the formula that starts there; 0: none does. */
static size_t formula_length(const struct page *page, struct str text, size_t i)
{
    const struct str rest = {text.p + i, text.n - i};

    for (size_t f = 0; text.p[i] == '$' && f < page->formula_count; f++)
        if (str_starts_with(rest, str_of(page->formulas[f])))
            return strlen(page->formulas[f]);
    return 0;
}

bool markdown_append_text(struct buf *out, const struct page *page, struct str text,
                          bool at_line_start)
{
    size_t block_start = at_line_start ? find_block_start(text) : text.n;

    for (size_t i = 0; i < text.n;) {
        size_t length = formula_length(page, text, i);
        bool is_escaped = length == 0 && (i == block_start || needs_escape(text, i));
        if (length == 0)
            length = 1;
        if ((is_escaped && !buf_append_char(out, '\\')) || !buf_append(out, text.p + i, length))
            return false;
        i += length;
    }
    return true;
}
