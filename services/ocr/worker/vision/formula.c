#include "services/ocr/worker/vision/formula.h"

#include <string.h>

#include "lib/base/ascii.h"
#include "lib/base/utf8.h"

enum { PRIVATE_FIRST = 0xE000, PRIVATE_LAST = 0xF8FF };

/* --- cleaning --- */

/* What KaTeX and MathJax know to be unsafe, and what TeX does with files and itself. */
static bool is_forbidden(struct str command)
{
    static const char *const names[] = {
        "href",
        "url",
        "includegraphics",
        "input",
        "include",
        "write",
        "openin",
        "openout",
        "read",
        "def",
        "gdef",
        "edef",
        "xdef",
        "let",
        "newcommand",
        "renewcommand",
        "providecommand",
        "require",
        "csname",
        "catcode",
        "immediate",
        "special",
        "htmlClass",
        "htmlId",
        "htmlStyle",
        "htmlData",
        "class",
        "cssId",
        "style",
        "unicode",
        "loop",
        "expandafter",
        "usepackage",
        "documentclass",
        "toggle",
        "mmlToken",
        "data",
        "directlua",
        "shipout",
        "jobname",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (str_equal(command, str_of(names[i])))
            return true;
    return false;
}

/* A backslash and what it stands before; its length with the backslash. */
static size_t command_length(struct str latex, size_t at)
{
    size_t end = at + 1;

    while (end < latex.n && ascii_is_letter(latex.p[end]))
        end++;
    return end > at + 1 ? end - at : end < latex.n ? 2 : 1;
}

/* Copies one character that is no command; false where the formula cannot be kept. */
static bool copy_plain(struct str latex, size_t *at, struct buf *out)
{
    char c = latex.p[*at];
    size_t length = utf8_sequence(latex.p + *at, latex.n - *at);
    char next = *at + 1 < latex.n ? latex.p[*at + 1] : ' ';

    if (length == 0 || c == '%' || c == '`')
        return false;
    *at += length;
    if ((unsigned char)c < ' ' || c == 0x7f)
        return buf_append_char(out, ' ');
    if (c == '<')
        return buf_append_str(out, next == ' ' ? "\\lt" : "\\lt ");
    if (c == '>')
        return buf_append_str(out, next == ' ' ? "\\gt" : "\\gt ");
    /* "[a](b)" is a link where no LaTeX is known, and so is "[a][b]" or "[a]: b". */
    if (c == ']' && (next == '(' || next == '[' || next == ':'))
        return buf_append_str(out, "]{}");
    return buf_append(out, latex.p + *at - length, length);
}

static bool clean_into(struct str latex, struct buf *out)
{
    int depth = 0;

    for (size_t at = 0; at < latex.n;) {
        char c = latex.p[at];
        if (c == '\\') {
            size_t length = command_length(latex, at);
            if (length == 1 || (unsigned char)latex.p[at + 1] >= 0x80 ||
                is_forbidden((struct str){latex.p + at + 1, length - 1}))
                return false;
            bool is_break = latex.p[at + 1] == '\n' || latex.p[at + 1] == '\r';
            if (!buf_append(out, latex.p + at, is_break ? 1 : length) ||
                (is_break && !buf_append_char(out, ' ')))
                return false;
            at += length;
            continue;
        }
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
        if (depth < 0 || c == '$' || !copy_plain(latex, &at, out))
            return false;
    }
    return depth == 0;
}

const char *formula_clean(struct str latex, struct arena *arena)
{
    _cleanup_(buf_deinit) struct buf out;
    const char *text = NULL;

    buf_init(&out, FORMULA_MAX_BYTES * 2);
    latex = str_trim(latex);
    /* A backslash at the end would take the delimiter away. */
    if (latex.n > 0 && latex.n <= FORMULA_MAX_BYTES && clean_into(latex, &out)) {
        struct str cleaned = str_trim(buf_str(&out));
        text = cleaned.n > 0 ? arena_strndup(arena, cleaned.p, cleaned.n) : NULL;
    }
    return text;
}

const char *formula_inline(const struct formula *formula, struct arena *arena)
{
    const char *mark = formula->is_display ? "$$" : "$";
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, FORMULA_MAX_BYTES * 16);
    bool is_full = !buf_append_str(&out, mark);
    for (const char *c = formula->latex; *c != '\0' && !is_full; c++) {
        bool is_double = c[0] == '\\' && c[1] == '|';
        if (is_double)
            c++;
        is_full = *c != '|'   ? !buf_append_char(&out, *c)
                  : is_double ? !buf_append_str(&out, "\\Vert{}")
                              : !buf_append_str(&out, "\\vert{}");
    }
    is_full = is_full || !buf_append_str(&out, mark);
    return is_full ? NULL : arena_strdup(arena, buf_str(&out).p);
}

/* --- finding --- */

struct delimiters {
    const char *open;
    const char *close;
    bool is_display;
    bool is_dollar; /* of one, with the rules for it */
};

static const struct delimiters all_delimiters[] = {
    {"$$", "$$", true, false},
    {"\\[", "\\]", true, false},
    {"\\(", "\\)", false, false},
    {"$", "$", false, true},
};

static bool starts_with(struct str text, size_t at, const char *prefix)
{
    return str_starts_with((struct str){text.p + at, text.n - at}, str_of(prefix));
}

static bool may_close(struct str text, size_t at, const struct delimiters *delimiters)
{
    if (!starts_with(text, at, delimiters->close))
        return false;
    if (!delimiters->is_dollar)
        return true;
    return !ascii_is_space(text.p[at - 1]) && (at + 1 == text.n || !ascii_is_digit(text.p[at + 1]));
}

/* Where the formula that opens at `at` has its closing delimiter; 0: nowhere. An empty line ends
 * every formula. */
static size_t find_close(struct str text, size_t at, const struct delimiters *delimiters)
{
    size_t start = at + strlen(delimiters->open);

    if (delimiters->is_dollar && (start == text.n || ascii_is_space(text.p[start])))
        return 0;
    for (size_t i = start; i < text.n && i - start <= FORMULA_MAX_BYTES; i++) {
        if (i > start && may_close(text, i, delimiters))
            return i;
        if (starts_with(text, i, "\n\n") || (delimiters->is_dollar && text.p[i] == '$'))
            return 0;
        if (text.p[i] == '\\' && i + 1 < text.n)
            i++;
    }
    return 0;
}

/* Takes out the formula that starts at *at, if one does. */
static bool take_formula(struct str text, size_t *at, struct arena *arena,
                         struct formulas *formulas, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LENGTH(all_delimiters); i++) {
        const struct delimiters *delimiters = &all_delimiters[i];
        if (!starts_with(text, *at, delimiters->open))
            continue;
        size_t start = *at + strlen(delimiters->open);
        size_t close = find_close(text, *at, delimiters);
        const char *latex =
            close == 0 ? NULL : formula_clean((struct str){text.p + start, close - start}, arena);
        if (latex == NULL || formulas->count == FORMULAS_MAX)
            return false;
        uint32_t place = FORMULA_PLACE_FIRST + (uint32_t)formulas->count;
        const char bytes[] = {(char)(0xE0 | place >> 12), (char)(0x80 | (place >> 6 & 0x3F)),
                              (char)(0x80 | (place & 0x3F))};
        if (!buf_append(out, bytes, sizeof(bytes)))
            return false;
        formulas->items[formulas->count++] =
            (struct formula){.latex = latex, .is_display = delimiters->is_display};
        *at = close + strlen(delimiters->close);
        return true;
    }
    return false;
}

bool formula_take_out(struct str markdown, struct arena *arena, struct str *ret_text,
                      struct formulas *ret_formulas)
{
    /* No formula is longer in its place than it was. */
    _cleanup_(buf_deinit) struct buf out;
    struct formulas formulas = {.items = ARENA_NEW_ARRAY(arena, struct formula, FORMULAS_MAX)};

    buf_init(&out, markdown.n + 1);
    if (formulas.items == NULL)
        return false;
    for (size_t at = 0; at < markdown.n;) {
        uint32_t character;
        bool is_valid;
        if (take_formula(markdown, &at, arena, &formulas, &out))
            continue;
        size_t length = utf8_decode(markdown.p + at, markdown.n - at, &character, &is_valid);
        /* What a backslash escapes starts nothing. */
        if (character == '\\' && at + 1 < markdown.n && (markdown.p[at + 1] & 0x80) == 0)
            length = 2;
        bool is_private = character >= PRIVATE_FIRST && character <= PRIVATE_LAST;
        if (!is_private && !buf_append(&out, markdown.p + at, length))
            return false;
        at += length;
    }
    char *text = arena_strndup(arena, buf_str(&out).p, out.length);
    if (text == NULL)
        return false;
    *ret_text = (struct str){text, out.length};
    *ret_formulas = formulas;
    return true;
}

const struct formula *formula_at(const struct formulas *formulas, uint32_t character)
{
    if (character < FORMULA_PLACE_FIRST || character - FORMULA_PLACE_FIRST >= formulas->count)
        return NULL;
    return &formulas->items[character - FORMULA_PLACE_FIRST];
}
