#include "services/ocr/extract/amount.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/ascii.h"
#include "lib/base/str.h"

enum { DIGITS_MAX = 12 };

struct currency {
    const char *mark;
    const char *code;
};

/* Longer marks before those that they begin with. "$" alone is taken for the US dollar, "kr" for
 * none: three countries use it. ISO 4217 codes stand for themselves. */
static const struct currency currencies[] = {
    {"US$", "USD"},  {"C$", "CAD"},  {"CA$", "CAD"}, {"A$", "AUD"},  {"AU$", "AUD"}, {"NZ$", "NZD"},
    {"HK$", "HKD"},  {"S$", "SGD"},  {"R$", "BRL"},  {"$", "USD"},   {"€", "EUR"},   {"£", "GBP"},
    {"¥", "JPY"},    {"￥", "JPY"},  {"円", "JPY"},  {"元", "CNY"},  {"₹", "INR"},   {"Rs.", "INR"},
    {"Rs", "INR"},   {"RM", "MYR"},  {"zł", "PLN"},  {"Kč", "CZK"},  {"Ft", "HUF"},  {"₽", "RUB"},
    {"руб.", "RUB"}, {"₴", "UAH"},   {"₺", "TRY"},   {"₩", "KRW"},   {"฿", "THB"},   {"₫", "VND"},
    {"₪", "ILS"},    {"Fr.", "CHF"}, {"USD", "USD"}, {"EUR", "EUR"}, {"GBP", "GBP"}, {"CHF", "CHF"},
    {"JPY", "JPY"},  {"CNY", "CNY"}, {"INR", "INR"}, {"CAD", "CAD"}, {"AUD", "AUD"}, {"NZD", "NZD"},
    {"SGD", "SGD"},  {"HKD", "HKD"}, {"MYR", "MYR"}, {"IDR", "IDR"}, {"THB", "THB"}, {"VND", "VND"},
    {"PHP", "PHP"},  {"KRW", "KRW"}, {"BRL", "BRL"}, {"MXN", "MXN"}, {"ARS", "ARS"}, {"CLP", "CLP"},
    {"COP", "COP"},  {"SEK", "SEK"}, {"NOK", "NOK"}, {"DKK", "DKK"}, {"ISK", "ISK"}, {"PLN", "PLN"},
    {"CZK", "CZK"},  {"HUF", "HUF"}, {"RON", "RON"}, {"BGN", "BGN"}, {"RUB", "RUB"}, {"UAH", "UAH"},
    {"TRY", "TRY"},  {"ILS", "ILS"}, {"AED", "AED"}, {"SAR", "SAR"}, {"EGP", "EGP"}, {"ZAR", "ZAR"},
    {"NGN", "NGN"},  {"KES", "KES"}, {"PKR", "PKR"}, {"LKR", "LKR"}, {"NPR", "NPR"}, {"BDT", "BDT"},
};

/* Takes a currency's mark off the start of *text. */
static bool take_currency(struct str *text, char currency[AMOUNT_CURRENCY_SIZE])
{
    for (size_t i = 0; i < ARRAY_LENGTH(currencies); i++) {
        struct str mark = str_of(currencies[i].mark);
        if (!str_starts_with(*text, mark))
            continue;
        (void)snprintf(currency, AMOUNT_CURRENCY_SIZE, "%s", currencies[i].code);
        *text = (struct str){text->p + mark.n, text->n - mark.n};
        return true;
    }
    return false;
}

/* --- the number --- */

/* Digits and what parts them, as they come. */
struct digits {
    int64_t number;    /* all digits together */
    int count;         /* of them */
    int separators;    /* how many */
    int last_run;      /* digits behind the last one */
    char last;         /* the last one */
    bool is_mixed;     /* of more than one kind */
    bool is_zero_only; /* nothing but one 0 before the first one */
};

static bool is_separator(char c)
{
    return c == '.' || c == ',' || c == '\'';
}

static bool take_digits(struct str *text, struct digits *digits)
{
    struct str rest = *text;

    while (rest.n > 0) {
        char c = rest.p[0];
        bool is_part =
            is_separator(c) && digits->count > 0 && rest.n > 1 && ascii_is_digit(rest.p[1]);
        if (ascii_is_digit(c)) {
            if (++digits->count > DIGITS_MAX)
                return false;
            digits->number = digits->number * 10 + (c - '0');
            digits->last_run++;
        } else if (is_part) {
            digits->is_zero_only = digits->separators == 0 && digits->number == 0;
            digits->is_mixed = digits->is_mixed || (digits->separators > 0 && digits->last != c);
            digits->last = c;
            digits->separators++;
            digits->last_run = 0;
        } else {
            break;
        }
        rest = (struct str){rest.p + 1, rest.n - 1};
    }
    *text = rest;
    return digits->count > 0;
}

/* How many of the digits are decimals. Of a number with one separator and three digits behind it,
 * the separator parts thousands, as amounts of money hardly ever have three decimals. */
static bool count_decimals(const struct digits *digits, int *ret_decimals)
{
    bool is_group = digits->last_run == 3 && !digits->is_zero_only;
    bool is_decimal = digits->separators > 0 && digits->last != '\'' &&
                      (digits->is_mixed || (digits->separators == 1 && !is_group));

    if (digits->separators > 1 && !digits->is_mixed && digits->last_run != 3)
        return false; /* a date, or a version */
    *ret_decimals = is_decimal ? digits->last_run : 0;
    return *ret_decimals <= AMOUNT_DECIMALS_MAX;
}

static int64_t power_of_ten(int exponent)
{
    int64_t power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

static void skip(struct str *text, size_t count)
{
    *text = (struct str){text->p + count, text->n - count};
}

/* The next word, when it is of the same segment. */
static bool next_in_segment(const struct row *row, size_t word, struct str *ret_text)
{
    if (word + 1 >= row->word_count || row->segments[word + 1] != row->segments[word])
        return false;
    *ret_text = str_of(row->words[word + 1].text);
    return true;
}

/* "1" and "234,50", apart by no more than a space, are one number. */
static bool take_thousands(const struct row *row, size_t *word, struct digits *digits,
                           struct str *rest)
{
    struct str text;

    while (rest->n == 0 && digits->separators == 0 && digits->last_run <= 3 &&
           next_in_segment(row, *word, &text)) {
        const struct extract_box *next = &row->words[*word + 1].box;
        size_t run = 0;
        while (run < text.n && ascii_is_digit(text.p[run]))
            run++;
        if (run != 3 || (next->x0 - row->words[*word].box.x1) * 2 > next->y1 - next->y0)
            break;
        digits->last_run = 0;
        if (!take_digits(&text, digits))
            return false;
        *word += 1;
        *rest = text;
    }
    return true;
}

/* What stands before the digits: signs, brackets and currencies, words of their own or not. */
struct prefix {
    bool is_negative;
    bool is_bracketed; /* negative, too, once the bracket is closed */
};

static void take_prefix(const struct row *row, size_t *word, struct str *rest, char *currency,
                        struct prefix *prefix)
{
    while (rest->n > 0 && (rest->p[0] == ':' || rest->p[0] == '='))
        skip(rest, 1);
    for (int marks = 0; marks < 3 && rest->n > 0; marks++) {
        if (rest->p[0] == '(' || rest->p[0] == '-' || rest->p[0] == '+') {
            prefix->is_bracketed = prefix->is_bracketed || rest->p[0] == '(';
            prefix->is_negative = prefix->is_negative || rest->p[0] == '-';
            skip(rest, 1);
        } else if (!take_currency(rest, currency)) {
            return;
        }
        if (rest->n == 0 && *word + 1 < row->word_count)
            *rest = str_of(row->words[++*word].text);
    }
}

/* What stands behind the digits in their own word; false when it makes no amount of them. */
static bool take_suffix(struct str rest, struct prefix *prefix, char *currency)
{
    static const char *const dashes[] = {",-", ".-", "-", ",--", ".", ","};

    if (rest.n > 0 && rest.p[0] == ')' && prefix->is_bracketed) {
        prefix->is_negative = true;
        skip(&rest, 1);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(dashes); i++)
        if (str_equal(rest, str_of(dashes[i])))
            return true;
    return rest.n == 0 || (take_currency(&rest, currency) && rest.n == 0);
}

bool amount_read(const struct row *row, size_t word, size_t offset, struct amount *ret_amount)
{
    struct amount amount = {.first = word};
    struct digits digits = {0};
    struct prefix prefix = {0};
    struct str rest = str_of(row->words[word].text + offset);
    char currency[AMOUNT_CURRENCY_SIZE] = "";
    struct str next;

    take_prefix(row, &word, &rest, amount.currency, &prefix);
    if (!take_digits(&rest, &digits) || !take_thousands(row, &word, &digits, &rest) ||
        !count_decimals(&digits, &amount.decimals) || !take_suffix(rest, &prefix, amount.currency))
        return false;
    if (next_in_segment(row, word, &next)) {
        if (str_starts_with(next, STR("%")))
            return false;
        if (amount.currency[0] == '\0' && take_currency(&next, currency) && next.n == 0) {
            memcpy(amount.currency, currency, sizeof(currency));
            word++;
        }
    }
    amount.value = digits.number * (AMOUNT_UNIT / power_of_ten(amount.decimals));
    if (prefix.is_negative)
        amount.value = -amount.value;
    amount.last = word;
    *ret_amount = amount;
    return true;
}

bool amount_has_cents(const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        struct amount amount;
        const struct row *row = &rows->rows[i];
        for (size_t word = 0; word < row->word_count; word++)
            if (amount_read(row, word, 0, &amount) && amount.decimals == 2)
                return true;
    }
    return false;
}

bool amount_find_last(const struct row *row, size_t first, size_t last, struct amount *ret_amount)
{
    bool is_found = false;

    for (size_t word = first; word <= last;) {
        struct amount amount;
        if (amount_read(row, word, 0, &amount) && amount.last <= last) {
            *ret_amount = amount;
            is_found = true;
            word = amount.last + 1;
        } else {
            word++;
        }
    }
    return is_found;
}

void amount_format(int64_t value, int decimals, char ret_text[static AMOUNT_TEXT_SIZE])
{
    uint64_t absolute = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t fraction = absolute % AMOUNT_UNIT;
    int needed = AMOUNT_DECIMALS_MAX;
    int length;

    while (needed > 0 && fraction % (uint64_t)power_of_ten(AMOUNT_DECIMALS_MAX - needed + 1) == 0)
        needed--;
    needed = needed > decimals ? needed : decimals;
    length = snprintf(ret_text, AMOUNT_TEXT_SIZE, "%s%" PRIu64, value < 0 ? "-" : "",
                      absolute / AMOUNT_UNIT);
    char *end = ret_text + length;
    if (needed > 0)
        *end++ = '.';
    for (int i = 1; i <= needed; i++)
        *end++ = (char)('0' + fraction / (uint64_t)power_of_ten(AMOUNT_DECIMALS_MAX - i) % 10);
    *end = '\0';
}

bool amount_multiply(int64_t a, int64_t b, int64_t *ret_product)
{
    int64_t product;

    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *ret_product = (product + (product < 0 ? -AMOUNT_UNIT / 2 : AMOUNT_UNIT / 2)) / AMOUNT_UNIT;
    return true;
}
