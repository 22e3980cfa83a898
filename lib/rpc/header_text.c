#include "lib/rpc/header_text.h"

#include "lib/base/ascii.h"
#include "lib/base/clock.h"

enum {
    TIMEOUT_DIGITS_MAX = 8,
    DECIMAL_BASE = 10,
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

static bool is_key(struct str key)
{
    for (size_t i = 0; i < key.n; i++) {
        const char c = key.p[i];

        if (!(c >= 'a' && c <= 'z') && !ascii_is_digit(c) && c != '-' && c != '_' && c != '.')
            return false;
    }
    return key.n > 0;
}

static bool is_text(struct str value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!is_printable(value.p[i]))
            return false;
    return true;
}

status_code rpc_header_check(const char *key, struct str value, size_t count, struct status *st)
{
    const struct str name = str_of(key);

    if (count >= RPC_METADATA_MAX)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "METADATA_TOO_LARGE",
                    "a call carries at most %d metadata entries", RPC_METADATA_MAX);
    if (!is_key(name) || str_starts_with(name, STR("grpc-")))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "METADATA_MALFORMED", "'%.60s' is no metadata key",
                    key);
    if (!rpc_header_is_binary(name) && !is_text(value))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "METADATA_MALFORMED",
                    "metadata '%.60s' has a value that is not ASCII text", key);
    return STATUS_OK;
}
