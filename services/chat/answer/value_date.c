#include "services/chat/answer/value_date.h"

#include <stdint.h>
#include <string.h>
#include <unicode/uchar.h>

#include "lib/base/cleanup.h"
#include "lib/base/utf8.h"
#include "lib/forms/month.h"

enum {
    YEAR_MIN = 1400,
    YEAR_MAX = 2199,
    MONTH_TOKEN_MAX = 32,
    DATE_TOKENS_MAX = 5, /* "31 de marzo de 2026" */
};

/* Numbers parted by "/", "-" or "." into a day, a month and a year. */
static bool is_numeric_date(const struct value_token *token)
{
    size_t groups = 1;
    size_t digits = 0;
    size_t longest = 0;
    char separator = '\0';

    if (token->letters > 0 || token->digits < 4 || token->digits > 8)
        return false;
    for (size_t i = 0; i < token->n; i++) {
        char c = token->p[i];
        if (c >= '0' && c <= '9') {
            digits++;
            if (digits > longest)
                longest = digits;
            continue;
        }
        if ((c != '/' && c != '-' && c != '.') || (separator != '\0' && c != separator) ||
            digits == 0)
            return false;
        separator = c;
        groups++;
        digits = 0;
    }
    return groups == 3 && longest <= 4 && digits > 0;
}

/* "2024-03-03T10:00", "2024年3月3日", "3-Mar-2024". */
static bool is_other_date(const struct value_token *token)
{
    size_t begin = 0;

    if (token->has_cjk_date && token->digits > 0)
        return true;
    if (token->digits < 3 || token->letters < 3 || token->letters > 9)
        return token->digits >= 8 && token->n > 10 && token->p[10] == 'T' && token->p[4] == '-';
    while (begin < token->n && (unsigned char)token->p[begin] < 'A')
        begin++;
    char name[MONTH_TOKEN_MAX];
    size_t n = 0;
    for (size_t i = begin; i < token->n && n + 1 < sizeof(name); i++) {
        char c = token->p[i];
        if (c == '-' || c == '.' || c == '/')
            break;
        name[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
    }
    name[n] = '\0';
    return begin > 0 && begin < token->n && strchr("-./", token->p[begin - 1]) != NULL &&
           month_of_name(name) > 0;
}

bool value_token_is_date(const struct value_token *token)
{
    return is_numeric_date(token) || is_other_date(token);
}

/* Lower case without the accents that names of months have. */
bool value_token_is_month(const struct value_token *token)
{
    char name[MONTH_TOKEN_MAX];
    size_t n = 0;

    if (token->digits > 0 || token->letters < 3 || token->n >= sizeof(name))
        return false;
    for (size_t i = 0; i < token->n;) {
        static const char *const accented = "áàâäãéèêëíìîïóòôöõúùûüçñ";
        static const char plain[] = "aaaaaeeeeiiiiooooouuuucn";
        uint32_t character;
        bool is_valid;
        size_t used = utf8_decode(token->p + i, token->n - i, &character, &is_valid);
        UChar32 lower = u_tolower((UChar32)character);
        i += used;
        if (lower < 0x80) {
            if (lower != '.')
                name[n++] = (char)lower;
            continue;
        }
        size_t k = 0;
        for (size_t at = 0; accented[at] != '\0'; k++) {
            uint32_t other;
            at += utf8_decode(accented + at, strlen(accented + at), &other, &is_valid);
            if ((UChar32)other == lower)
                break;
        }
        if (plain[k] != '\0') {
            name[n++] = plain[k];
        } else {
            char bytes[4];
            size_t written = 0;
            UBool failed = false;
            U8_APPEND(bytes, written, (size_t)sizeof(bytes), lower, failed);
            if (failed || n + written >= sizeof(name))
                return false;
            memcpy(name + n, bytes, written);
            n += written;
        }
    }
    name[n] = '\0';
    return month_of_name(name) > 0;
}

static int64_t plain_number(const struct value_token *token)
{
    int64_t number = 0;

    for (size_t i = 0; i < token->n && i < 9; i++) {
        if (token->p[i] < '0' || token->p[i] > '9')
            return -1;
        number = number * 10 + (token->p[i] - '0');
    }
    return token->n <= 9 ? number : -1;
}

bool value_token_is_year(const struct value_token *token)
{
    int64_t number = plain_number(token);

    return token->n == 4 && number >= YEAR_MIN && number <= YEAR_MAX;
}

/* "3", "3rd", "3.", "1er": a day of a month. */
static bool is_day(const struct value_token *token)
{
    return token->digits >= 1 && token->digits <= 2 && token->letters <= 2 && token->p[0] >= '0' &&
           token->p[0] <= '9' && token->n <= 5;
}

static bool is_between(const struct value_token *token)
{
    return value_token_is(token, "de") || value_token_is(token, "of") ||
           value_token_is(token, "del");
}

size_t value_date_length(const struct value_token *tokens, size_t count, size_t first)
{
    bool has_month = false;
    bool has_number = false;
    size_t last = first;

    for (size_t i = first; i < count && i < first + DATE_TOKENS_MAX; i++) {
        if (!has_month && value_token_is_month(&tokens[i])) {
            has_month = true;
            last = i;
        } else if (i > first && is_between(&tokens[i])) {
            continue;
        } else if (is_day(&tokens[i]) || value_token_is_year(&tokens[i])) {
            if (i > first && !has_month && !is_day(&tokens[first]))
                break;
            has_number = true;
            last = i;
            if (value_token_is_year(&tokens[i]))
                break;
        } else {
            break;
        }
    }
    /* "May" alone is a word. */
    return has_month && has_number ? last - first + 1 : 0;
}
