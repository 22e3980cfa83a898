#include "bridge/http/header.h"

#include <string.h>

#include "lib/base/hex.h"
#include "lib/base/utf8.h"

static bool is_tchar(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool header_is_token(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!is_tchar(text.p[i]))
            return false;
    return text.n > 0;
}

bool header_is_value(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

static void skip_space(struct str *text)
{
    while (text->n > 0 && (text->p[0] == ' ' || text->p[0] == '\t')) {
        text->p++;
        text->n--;
    }
}

static void advance(struct str *text, size_t count)
{
    text->p += count;
    text->n -= count;
}

/* Reads a quoted string whose opening quote is text->p[0]. */
static bool read_quoted(struct str *text, struct arena *arena, struct str *ret_value)
{
    size_t end = 1, escapes = 0;

    while (end < text->n && text->p[end] != '"') {
        if (text->p[end] == '\\' && end + 1 < text->n &&
            (text->p[end + 1] == '"' || text->p[end + 1] == '\\')) {
            escapes++;
            end++;
        }
        end++;
    }
    if (end >= text->n)
        return false;

    struct str value = {text->p + 1, end - 1};
    if (escapes > 0) {
        char *plain = arena_alloc(arena, value.n);
        size_t used = 0;

        if (plain == NULL)
            return false;
        for (size_t i = 0; i < value.n; i++) {
            if (value.p[i] == '\\' && i + 1 < value.n &&
                (value.p[i + 1] == '"' || value.p[i + 1] == '\\'))
                i++;
            plain[used++] = value.p[i];
        }
        value = (struct str){plain, used};
    }
    *ret_value = value;
    advance(text, end + 1);
    return true;
}

bool header_next_parameter(struct str *rest, char separator, struct arena *arena,
                           struct header_parameter *ret_parameter, bool *ret_is_malformed)
{
    struct str text = *rest;
    struct header_parameter parameter = {0};
    size_t length = 0;

    *ret_is_malformed = false;
    skip_space(&text);
    while (text.n > 0 && text.p[0] == separator) { /* empty members are allowed */
        advance(&text, 1);
        skip_space(&text);
    }
    if (text.n == 0) {
        *rest = text;
        return false;
    }
    *ret_is_malformed = true;
    while (length < text.n && is_tchar(text.p[length]))
        length++;
    if (length == 0)
        return false;
    parameter.name = (struct str){text.p, length};
    advance(&text, length);
    skip_space(&text);
    if (text.n > 0 && text.p[0] == '=') {
        advance(&text, 1);
        skip_space(&text);
        parameter.has_value = true;
        if (text.n > 0 && text.p[0] == '"') {
            if (!read_quoted(&text, arena, &parameter.value))
                return false;
        } else {
            length = 0;
            while (length < text.n && text.p[length] != separator)
                length++;
            parameter.value = str_trim((struct str){text.p, length});
            advance(&text, length);
        }
        skip_space(&text);
    }
    if (text.n > 0) {
        if (text.p[0] != separator)
            return false;
        advance(&text, 1);
    }
    *ret_is_malformed = false;
    *ret_parameter = parameter;
    *rest = text;
    return true;
}

struct str header_main_value(struct str value, struct str *ret_rest)
{
    const char *end = value.n > 0 ? memchr(value.p, ';', value.n) : NULL;

    if (end == NULL) {
        *ret_rest = (struct str){value.p + value.n, 0};
        return str_trim(value);
    }
    *ret_rest = (struct str){end + 1, value.n - (size_t)(end - value.p) - 1};
    return str_trim((struct str){value.p, (size_t)(end - value.p)});
}

bool header_decode_extended(struct str value, struct arena *arena, struct str *ret_text)
{
    struct str charset, language;

    if (!str_next_token(&value, '\'', &charset) || !str_next_token(&value, '\'', &language) ||
        value.p == NULL || !str_equal_nocase(charset, STR("utf-8")))
        return false;

    char *out = arena_alloc(arena, value.n + 1);
    size_t used = 0;
    if (out == NULL)
        return false;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] != '%') {
            out[used++] = value.p[i];
            continue;
        }
        int high = i + 2 < value.n ? hex_value(value.p[i + 1]) : -1;
        int low = i + 2 < value.n ? hex_value(value.p[i + 2]) : -1;

        if (high < 0 || low < 0)
            return false;
        out[used++] = (char)(high << 4 | low);
        i += 2;
    }
    struct str text = {out, used};
    for (struct str left = text; left.n > 0;) {
        size_t length = utf8_sequence(left.p, left.n);

        if (length == 0)
            return false;
        advance(&left, length);
    }
    *ret_text = text;
    return true;
}

bool header_list_has(struct str list, struct str token)
{
    struct str member;

    while (str_next_token(&list, ',', &member))
        if (str_equal_nocase(str_trim(member), token))
            return true;
    return false;
}
