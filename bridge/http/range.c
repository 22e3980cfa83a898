#include "bridge/http/range.h"

/* Digits alone; a number too large for any file is the largest one. False when there is no digit.
 */
static bool read_number(struct str digits, int64_t *ret_number)
{
    int64_t number = 0;

    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, digits.p[i] - '0', &number))
            number = INT64_MAX / 10;
    }
    *ret_number = number;
    return digits.n > 0;
}

bool range_parse(struct str value, struct range *ret_range)
{
    struct str unit, first, rest = value;
    struct range range = {-1, -1, 0};

    if (!str_next_token(&rest, '=', &unit) || rest.p == NULL ||
        !str_equal_nocase(str_trim(unit), STR("bytes")))
        return false;
    rest = str_trim(rest);
    if (!str_next_token(&rest, '-', &first) || rest.p == NULL)
        return false;
    if (first.n == 0) {
        if (!read_number(rest, &range.suffix))
            return false;
    } else if (!read_number(first, &range.first) ||
               (rest.n > 0 && (!read_number(rest, &range.last) || range.last < range.first))) {
        return false;
    }
    *ret_range = range;
    return true;
}

bool range_resolve(const struct range *range, int64_t size, int64_t *ret_first, int64_t *ret_length)
{
    int64_t first = range->first, last = size - 1;

    if (first < 0)
        first = range->suffix < size ? size - range->suffix : 0;
    else if (range->last >= 0 && range->last < last)
        last = range->last;
    if (first > last)
        return false;
    *ret_first = first;
    *ret_length = last - first + 1;
    return true;
}
