#include "lib/rpc/header_text.h"

#include "lib/base/ascii.h"
#include "lib/base/clock.h"

enum {
    TIMEOUT_DIGITS_MAX = 8,
    DECIMAL_BASE = 10,
    GROUP_BYTES = 3, /* in Base64, and the characters that they become */
    GROUP_CHARACTERS = 4,
    CHARACTER_BITS = 6,
    BYTE_BITS = 8,
    PRINTABLE_FIRST = 0x20,
    PRINTABLE_LAST = 0x7e,
};

static int64_t unit_ns(char unit)
{
    switch (unit) {
    case 'H':
        return 3600 * NANOSECONDS_PER_SECOND;
    case 'M':
        return 60 * NANOSECONDS_PER_SECOND;
    case 'S':
        return NANOSECONDS_PER_SECOND;
    case 'm':
        return NANOSECONDS_PER_MS;
    case 'u':
        return 1000;
    case 'n':
        return 1;
    default:
        return 0;
    }
}

bool rpc_header_timeout(struct str text, int64_t *ret_ns)
{
    int64_t number = 0;
    int64_t unit = text.n > 0 ? unit_ns(text.p[text.n - 1]) : 0;

    if (text.n < 2 || text.n > TIMEOUT_DIGITS_MAX + 1 || unit == 0)
        return false;
    for (size_t i = 0; i + 1 < text.n; i++) {
        if (!ascii_is_digit(text.p[i]))
            return false;
        number = number * DECIMAL_BASE + (text.p[i] - '0');
    }
    /* 99,999,999 hours are more than 64 bits of nanoseconds hold. */
    if (__builtin_mul_overflow(number, unit, ret_ns))
        *ret_ns = TIME_NEVER;
    return true;
}

static bool is_printable(char c)
{
    return c >= PRINTABLE_FIRST && c <= PRINTABLE_LAST;
}

bool rpc_header_percent(struct str text, struct buf *out)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.n; i++) {
        const unsigned char c = (unsigned char)text.p[i];
        const char escaped[] = {'%', digits[c >> 4], digits[c & 0xf]};
        const bool is_plain = is_printable(text.p[i]) && c != '%';

        if (!buf_append(out, is_plain ? text.p + i : escaped, is_plain ? 1 : sizeof(escaped)))
            return false;
    }
    return true;
}

bool rpc_header_is_binary(struct str key)
{
    static const struct str suffix = STR("-bin");

    return key.n > suffix.n && str_equal((struct str){key.p + key.n - suffix.n, suffix.n}, suffix);
}

bool rpc_header_base64(struct str bytes, struct buf *out)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t at = 0; at < bytes.n; at += GROUP_BYTES) {
        const size_t count = bytes.n - at < GROUP_BYTES ? bytes.n - at : GROUP_BYTES;
        char group[GROUP_CHARACTERS];
        uint32_t bits = 0;

        for (size_t i = 0; i < GROUP_BYTES; i++)
            bits = bits << BYTE_BITS | (i < count ? (unsigned char)bytes.p[at + i] : 0U);
        for (int i = GROUP_CHARACTERS - 1; i >= 0; i--, bits >>= CHARACTER_BITS)
            group[i] = alphabet[bits & ((1U << CHARACTER_BITS) - 1)];
        if (!buf_append(out, group, count + 1))
            return false;
    }
    return true;
}

/* -1 for what is none of the alphabet. */
static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

bool rpc_header_unbase64(struct str text, struct buf *out)
{
    uint32_t bits = 0;
    int bit_count = 0;

    for (int i = 0; i < 2 && text.n > 0 && text.p[text.n - 1] == '='; i++)
        text.n--;
    if (text.n % GROUP_CHARACTERS == 1)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        const int digit = base64_digit(text.p[i]);

        if (digit < 0)
            return false;
        bits = bits << CHARACTER_BITS | (uint32_t)digit;
        bit_count += CHARACTER_BITS;
        if (bit_count < BYTE_BITS)
            continue;
        bit_count -= BYTE_BITS;
        if (!buf_append_char(out, (char)(bits >> bit_count & 0xff)))
            return false;
    }
    return true;
}

bool rpc_header_is_key(struct str key)
{
    for (size_t i = 0; i < key.n; i++) {
        const char c = key.p[i];

        if (!(c >= 'a' && c <= 'z') && !ascii_is_digit(c) && c != '-' && c != '_' && c != '.')
            return false;
    }
    return key.n > 0;
}

bool rpc_header_is_text(struct str value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!is_printable(value.p[i]))
            return false;
    return true;
}
