#include "services/export/csv/field.h"

#include <string.h>

#include "lib/base/str.h"
#include "lib/base/utf8.h"

enum {
    NO_BREAK_SPACE = 0xA0,
    THIN_SPACE = 0x2009,
    NARROW_NO_BREAK_SPACE = 0x202F,
    BYTE_ORDER_MARK = 0xFEFF,
    ZERO_WIDTH_SPACE = 0x200B,
};

static uint32_t next_character(struct str *text)
{
    uint32_t character;
    bool is_valid;
    size_t used = utf8_decode(text->p, text->n, &character, &is_valid);

    text->p += used;
    text->n -= used;
    return character;
}

static bool is_space(uint32_t character)
{
    return character == ' ' || character == NO_BREAK_SPACE || character == THIN_SPACE ||
           character == NARROW_NO_BREAK_SPACE || character == ZERO_WIDTH_SPACE ||
           character == BYTE_ORDER_MARK;
}

static bool is_currency(uint32_t character)
{
    return character == '$' || (character >= 0xA2 && character <= 0xA5) ||
           (character >= 0x20A0 && character <= 0x20C0);
}

/* Digits, with marks and spaces between them and a currency sign or "%" around: nothing that a
 * spreadsheet could take for an operation. @text: what follows the sign. */
static bool is_number(struct str text)
{
    bool has_digit = false;

    while (text.n > 0) {
        uint32_t character = next_character(&text);

        if (character >= '0' && character <= '9')
            has_digit = true;
        else if (!is_space(character) && !is_currency(character) && character != '.' &&
                 character != ',' && character != '%')
            return false;
    }
    return has_digit;
}

static bool is_formula(struct str text)
{
    while (text.n > 0) {
        uint32_t character = next_character(&text);

        switch (character) {
        case '=':
        case '@':
        case '\t':
        case '\n':
        case 0xFF1D: /* fullwidth = */
        case 0xFF20: /* fullwidth @ */
            return true;
        case '+':
        case '-':
        case 0xFF0B: /* fullwidth + */
        case 0xFF0D: /* fullwidth - */
            return !is_number(text);
        default:
            if (!is_space(character))
                return false;
        }
    }
    return false;
}

/* RFC 4180 §2 asks for it where there is a comma, a quote or a line end. A semicolon or a tab
 * divides fields in some spreadsheets, and some readers strip spaces. */
static bool needs_quotes(struct str text)
{
    if (text.n > 0 && (text.p[0] == ' ' || text.p[text.n - 1] == ' '))
        return true;
    for (size_t i = 0; i < text.n; i++)
        if (strchr(",\"\n;\t", text.p[i]) != NULL)
            return true;
    return false;
}

void csv_field_write(struct sink *sink, const char *text, unsigned flags)
{
    struct str rest = str_of(text);
    bool is_quoted = (flags & CSV_FIELD_QUOTED) != 0 || needs_quotes(rest);

    if (is_quoted)
        sink_append(sink, "\"", 1);
    if ((flags & CSV_FIELD_NEUTRAL) != 0 && is_formula(rest))
        sink_append(sink, "'", 1);
    while (rest.n > 0) {
        const char *quote = memchr(rest.p, '"', rest.n);
        size_t length = quote != NULL ? (size_t)(quote - rest.p) + 1 : rest.n;

        sink_append(sink, rest.p, length);
        if (quote != NULL)
            sink_append(sink, "\"", 1);
        rest.p += length;
        rest.n -= length;
    }
    if (is_quoted)
        sink_append(sink, "\"", 1);
}
