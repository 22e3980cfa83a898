#include "services/chat/answer/value.h"

#include <string.h>

#include "lib/base/cleanup.h"
#include "services/chat/answer/value_date.h"
#include "services/chat/answer/value_token.h"

enum {
    PHONE_DIGITS_MIN = 7,
    PHONE_DIGITS_MAX = 15, /* ITU-T E.164 */
};

/* --- money --- */

static const char *const currency_signs[] = {"$", "€",  "£",  "¥", "￥", "₹", "₽", "₩",
                                             "₺", "元", "円", "₴", "zł", "฿", "₪", "₫"};
static const char *const currency_words[] = {
    "EUR",    "USD",     "GBP",     "CHF",    "JPY",      "CNY",       "INR",       "RUB", "руб",
    "euro",   "euros",   "dollars", "pounds", "dollar",   "francs",    "yen",       "PLN", "SEK",
    "NOK",    "DKK",     "CAD",     "AUD",    "BRL",      "R$",        "MXN",       "CZK", "TRY",
    "рублей", "рубля",   "Euro",    "रुपये",    "درهم",     "ريال",      "دولار",     "Fr",  "Rs",
    "CHF",    "million", "billion", "Mio",    "millions", "milliards", "Millionen", "тыс", "млн"};

static bool has_currency_sign(const struct value_token *token)
{
    for (size_t i = 0; i < ARRAY_LENGTH(currency_signs); i++)
        if (memmem(token->p, token->n, currency_signs[i], strlen(currency_signs[i])) != NULL)
            return true;
    return false;
}

static bool is_currency_word(const struct value_token *token)
{
    for (size_t i = 0; i < ARRAY_LENGTH(currency_words); i++)
        if (value_token_is(token, currency_words[i]))
            return true;
    return token->digits == 0 && has_currency_sign(token);
}

/* "1,234.50", "12.-": two decimals behind a sign, or a dash in their place. */
static bool has_cents(const struct value_token *token)
{
    size_t n = token->n;

    if (n < 4 || token->letters > 0 || token->p[n - 1] == '%')
        return false;
    if (token->p[n - 1] == '-' && (token->p[n - 2] == ',' || token->p[n - 2] == '.'))
        return true;
    return (token->p[n - 3] == '.' || token->p[n - 3] == ',') && token->p[n - 1] >= '0' &&
           token->p[n - 1] <= '9' && token->p[n - 2] >= '0' && token->p[n - 2] <= '9';
}

/* --- telephone numbers --- */

static bool is_phone_part(const struct value_token *token)
{
    if (token->letters > 0 || token->digits == 0)
        return false;
    for (size_t i = 0; i < token->n; i++)
        if (strchr("0123456789+-/.()", token->p[i]) == NULL)
            return false;
    return true;
}

static size_t phone(const struct value_token *tokens, size_t count, size_t first)
{
    size_t digits = 0;
    size_t n = 0;
    bool is_marked = tokens[first].p[0] == '+' || tokens[first].p[0] == '0' ||
                     (tokens[first].offset > 0 && tokens[first].p[-1] == '(');

    while (first + n < count && is_phone_part(&tokens[first + n]) &&
           digits + tokens[first + n].digits <= PHONE_DIGITS_MAX) {
        digits += tokens[first + n].digits;
        n++;
        if (tokens[first + n - 1].is_last &&
            tokens[first + n - 1].p[tokens[first + n - 1].n] != ')')
            break;
    }
    if (digits < PHONE_DIGITS_MIN)
        return 0;
    return is_marked || n >= 2 || memchr(tokens[first].p, '-', tokens[first].n) != NULL ? n : 0;
}

/* --- numbers in words --- */

/* From two on: "one" is an article in many languages. */
static const char *const number_words[] = {
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "thousand half dozen twice",
    "zwei drei vier sechs sieben acht neun zehn elf zwölf zwanzig dreißig hundert tausend halb",
    "deux trois quatre cinq huit neuf dix onze douze quinze vingt trente cent mille",
    "dos tres cuatro cinco seis siete ocho nueve diez once doce quince veinte treinta cien mil",
    "due tre quattro cinque sei sette otto nove dieci undici dodici venti trenta cento",
    "dois duas três quatro sete oito nove dez onze doze vinte trinta",
    "twee drie vier vijf zes zeven acht negen tien elf twaalf twintig dertig honderd duizend",
    "два две три четыре пять шесть семь восемь девять десять двадцать тридцать сто тысяча двух "
    "трех "
    "трёх пяти десяти",
};

static bool is_number_word(const struct value_token *token)
{
    for (size_t i = 0; i < ARRAY_LENGTH(number_words); i++) {
        struct str rest = str_of(number_words[i]);
        struct str word;
        while (str_next_token(&rest, ' ', &word))
            if (str_equal_nocase((struct str){token->p, token->n}, word))
                return true;
    }
    return false;
}

/* --- values --- */

static bool is_web(const struct value_token *token)
{
    struct str text = {token->p, token->n};

    return str_starts_with(text, STR("http://")) || str_starts_with(text, STR("https://")) ||
           str_starts_with(text, STR("www."));
}

static bool is_email(const struct value_token *token)
{
    const char *at = memchr(token->p, '@', token->n);

    return at != NULL && at > token->p &&
           memchr(at, '.', token->n - (size_t)(at - token->p)) != NULL;
}

static size_t name_length(const struct value_token *tokens, size_t count, size_t first)
{
    size_t n = 0;

    while (first + n < count && tokens[first + n].is_capital && tokens[first + n].digits == 0) {
        n++;
        if (tokens[first + n - 1].is_last && tokens[first + n - 1].letters > 2)
            break;
    }
    return n;
}

/* The value that begins with a token; returns the tokens that it takes, 0: none. */
static size_t value_at(const struct value_token *tokens, size_t count, size_t i,
                       value_kind *ret_kind)
{
    const struct value_token *token = &tokens[i];
    bool has_next = i + 1 < count && !token->is_last;
    size_t taken;

    if (is_email(token)) {
        *ret_kind = VALUE_EMAIL;
        return 1;
    }
    if (is_web(token)) {
        *ret_kind = VALUE_WEB;
        return 1;
    }
    if (value_token_is_date(token)) {
        *ret_kind = VALUE_DATE;
        return 1;
    }
    if ((token->digits > 0 || value_token_is_month(token)) &&
        (taken = value_date_length(tokens, count, i)) > 0) {
        *ret_kind = VALUE_DATE;
        return taken;
    }
    if (token->digits > 0 && has_currency_sign(token)) {
        *ret_kind = VALUE_AMOUNT;
        return 1;
    }
    if (is_currency_word(token) && has_next && tokens[i + 1].digits > 0 &&
        tokens[i + 1].letters == 0) {
        *ret_kind = VALUE_AMOUNT;
        return 2;
    }
    if (token->digits > 0 && token->letters == 0 && has_next && is_currency_word(&tokens[i + 1])) {
        *ret_kind = VALUE_AMOUNT;
        return 2;
    }
    if (value_token_is_year(token)) {
        *ret_kind = VALUE_YEAR;
        return 1;
    }
    if (has_cents(token)) {
        *ret_kind = VALUE_AMOUNT;
        return 1;
    }
    if (is_phone_part(token) && (taken = phone(tokens, count, i)) > 0) {
        *ret_kind = VALUE_PHONE;
        return taken;
    }
    if (token->digits > 0) {
        bool is_percent = token->p[token->n - 1] == '%' || (has_next && tokens[i + 1].p[0] == '%');
        *ret_kind = is_percent ? VALUE_PERCENT : VALUE_NUMBER;
        return is_percent && token->p[token->n - 1] != '%' ? 2 : 1;
    }
    if (is_number_word(token)) {
        *ret_kind = VALUE_NUMBER;
        return 1;
    }
    if (token->is_capital) {
        *ret_kind = VALUE_NAME;
        return name_length(tokens, count, i);
    }
    return 0;
}

size_t values_find(struct str text, struct value ret_values[static VALUES_MAX])
{
    struct value_token tokens[VALUE_TOKENS_MAX];
    size_t token_count = value_tokens_cut(text, tokens);
    size_t count = 0;

    for (size_t i = 0; i < token_count && count < VALUES_MAX;) {
        value_kind kind = VALUE_NUMBER;
        size_t taken = value_at(tokens, token_count, i, &kind);
        if (taken > 0) {
            const struct value_token *last = &tokens[i + taken - 1];
            ret_values[count++] =
                (struct value){kind, (uint32_t)tokens[i].offset,
                               (uint32_t)(last->offset + last->n - tokens[i].offset)};
        }
        i += taken > 0 ? taken : 1;
    }
    return count;
}

unsigned values_kinds(const struct value *values, size_t count)
{
    unsigned kinds = 0;

    for (size_t i = 0; i < count; i++)
        kinds |= VALUE_BIT(values[i].kind);
    return kinds;
}
