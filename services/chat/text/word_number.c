#include "services/chat/text/word_number.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/ascii.h"

static size_t count_digits(struct str text, size_t at)
{
    size_t count = 0;

    while (at + count < text.n && ascii_is_digit(text.p[at + count]))
        count++;
    return count;
}

static unsigned to_number(struct str text, size_t at, size_t digits)
{
    unsigned value = 0;

    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (unsigned)(text.p[at + i] - '0');
    return value;
}

/* Three numbers with one sign between them. */
static size_t write_date(struct str form, char *out)
{
    size_t at = 0, digits[3];
    unsigned values[3];
    char sign = '\0';

    for (int i = 0; i < 3; i++) {
        digits[i] = count_digits(form, at);
        if (digits[i] == 0 || digits[i] > 4)
            return 0;
        values[i] = to_number(form, at, digits[i]);
        at += digits[i];
        if (i < 2) {
            if (at >= form.n || strchr(".-/", form.p[at]) == NULL ||
                (sign != '\0' && sign != form.p[at]))
                return 0;
            sign = form.p[at++];
        }
    }
    if (at != form.n)
        return 0;
    unsigned year, month = values[1], day;
    if (digits[0] == 4 && digits[1] <= 2 && digits[2] <= 2) {
        year = values[0];
        day = values[2];
    } else if (digits[2] == 4 && digits[0] <= 2 && digits[1] <= 2) {
        year = values[2];
        day = values[0];
        if (sign != '.' && values[0] <= 12 && values[1] <= 12 && values[0] != values[1])
            return 0; /* the third of April, or the fourth of March */
        if (month > 12) {
            month = values[0];
            day = values[1];
        }
    } else {
        return 0;
    }
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return 0;
    return (size_t)snprintf(out, WORD_NUMBER_BYTES_MAX, "%04u-%02u-%02u", year, month, day);
}

static bool is_group_sign(char c)
{
    return c == '.' || c == ',' || c == '\'';
}

/* Digits in groups of three by one sign, then perhaps another sign and decimals, then what is no
 * digit ("%"). */
static size_t write_amount(struct str form, char *out)
{
    size_t at = count_digits(form, 0), length = at, decimals = 0;
    char group = '\0';

    if (at == 0)
        return 0;
    memcpy(out, form.p, at);
    while (at < form.n && is_group_sign(form.p[at]) && (group == '\0' || group == form.p[at]) &&
           length <= (group == '\0' ? 3U : length) && count_digits(form, at + 1) == 3) {
        group = form.p[at];
        memcpy(out + length, form.p + at + 1, 3);
        length += 3;
        at += 4;
    }
    if (at < form.n && (form.p[at] == '.' || form.p[at] == ',') && form.p[at] != group)
        decimals = count_digits(form, at + 1);
    if (decimals > 0) {
        size_t end = at + 1 + decimals;
        size_t kept = decimals;
        while (kept > 0 && form.p[at + kept] == '0')
            kept--;
        if (kept > 0) {
            out[length++] = '.';
            memcpy(out + length, form.p + at + 1, kept);
            length += kept;
        }
        at = end;
    }
    for (; at < form.n; at++) {
        if (ascii_is_digit(form.p[at]) || is_group_sign(form.p[at]) || form.p[at] == '-' ||
            form.p[at] == '/')
            return 0; /* no amount after all: 1.2.3, 12-34 */
        out[length++] = form.p[at];
    }
    return length;
}

size_t word_number(struct str form, char out[static WORD_NUMBER_BYTES_MAX])
{
    size_t length = write_date(form, out);

    if (length == 0)
        length = write_amount(form, out);
    if (length == 0) {
        memcpy(out, form.p, form.n);
        length = form.n;
    }
    return length;
}
