#include "services/export/xlsx/number.h"

#include "lib/base/ascii.h"

static const char minus_sign[] = "\xE2\x88\x92"; /* U+2212 */

enum { GROUP_DIGITS = 3, PIECES_MAX = 6 };

/* Digits between separators. */
struct piece {
    struct str digits;
    char separator; /* behind it; 0 behind the last one */
};

static bool take_minus(struct str *text)
{
    struct str sign = STR(minus_sign);

    if (!str_starts_with(*text, sign))
        sign = STR("-");
    if (!str_starts_with(*text, sign))
        return false;
    *text = (struct str){text->p + sign.n, text->n - sign.n};
    return true;
}

/* The text as digits and separators; 0 when it is anything else. */
static size_t split(struct str text, struct piece ret_pieces[static PIECES_MAX])
{
    size_t count = 0;

    while (count < PIECES_MAX) {
        struct piece *piece = &ret_pieces[count++];
        size_t length = 0;

        while (length < text.n && ascii_is_digit(text.p[length]))
            length++;
        *piece = (struct piece){.digits = {text.p, length}};
        if (length == 0)
            return 0;
        if (length == text.n)
            return count;
        piece->separator = text.p[length];
        if (piece->separator != '.' && piece->separator != ',')
            return 0;
        text = (struct str){text.p + length + 1, text.n - length - 1};
    }
    return 0;
}

/* How many of the pieces are the whole part; 0 when that is not plain. */
static size_t whole_pieces(const struct piece *pieces, size_t count)
{
    size_t whole = count;

    if (count > 1 && (count == 2 || pieces[count - 2].separator != pieces[0].separator))
        whole = count - 1;
    /* One separator before three digits: thousands or decimals? Both can be, but for "0,125" and
     * "1234,567". */
    if (count == 2 && pieces[1].digits.n == GROUP_DIGITS && pieces[0].digits.n <= GROUP_DIGITS &&
        pieces[0].digits.p[0] != '0')
        return 0;
    for (size_t i = 1; i < whole; i++)
        if (pieces[i].digits.n != GROUP_DIGITS || pieces[i - 1].separator != pieces[0].separator)
            return 0;
    if (whole > 1 && pieces[0].digits.n > GROUP_DIGITS)
        return 0;
    return whole;
}

static void append(struct xlsx_number *number, size_t *length, struct str digits)
{
    for (size_t i = 0; i < digits.n; i++)
        number->text[(*length)++] = digits.p[i];
}

bool xlsx_number_read(struct str text, struct xlsx_number *ret_number)
{
    struct piece pieces[PIECES_MAX];
    struct xlsx_number number = {0};
    bool is_negative = take_minus(&text);
    size_t count = split(text, pieces);
    size_t whole = count > 0 ? whole_pieces(pieces, count) : 0;
    size_t digits = 0;
    size_t length = 0;

    if (whole == 0)
        return false;
    for (size_t i = 0; i < count; i++)
        digits += pieces[i].digits.n;
    /* A leading zero stands before decimals alone. */
    if (digits > XLSX_NUMBER_DIGITS_MAX || pieces[0].digits.n > XLSX_NUMBER_UNGROUPED_MAX ||
        (pieces[0].digits.p[0] == '0' && (pieces[0].digits.n > 1 || whole > 1)))
        return false;
    if (is_negative)
        number.text[length++] = '-';
    for (size_t i = 0; i < whole; i++)
        append(&number, &length, pieces[i].digits);
    if (whole < count) {
        number.decimals = (unsigned)pieces[whole].digits.n;
        if (number.decimals > XLSX_NUMBER_DECIMALS_MAX)
            return false;
        number.text[length++] = '.';
        append(&number, &length, pieces[whole].digits);
    }
    number.is_grouped = whole > 1;
    *ret_number = number;
    return true;
}
