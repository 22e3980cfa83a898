#include "bridge/http/accept.h"

/* "0.8": a digit, and up to three behind the point (RFC 9110 §12.4.2). */
static int read_quality(struct str text)
{
    int quality = 0, scale = ACCEPT_QUALITY_MAX;

    if (text.n == 0 || text.n > 5 || (text.p[0] != '0' && text.p[0] != '1') ||
        (text.n > 1 && text.p[1] != '.'))
        return 0;
    quality = (text.p[0] - '0') * scale;
    for (size_t i = 2; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return 0;
        scale /= 10;
        quality += (text.p[i] - '0') * scale;
    }
    return quality <= ACCEPT_QUALITY_MAX ? quality : 0;
}

/* Of the first parameter named "q"; of those that come without one, the most. */
static int quality_of(struct str parameters)
{
    struct str parameter, name;

    while (str_next_token(&parameters, ';', &parameter)) {
        (void)str_next_token(&parameter, '=', &name);
        if (str_equal_nocase(str_trim(name), STR("q")))
            return parameter.p != NULL ? read_quality(str_trim(parameter)) : 0;
    }
    return ACCEPT_QUALITY_MAX;
}

bool accept_next(struct str *rest, struct str *ret_value, int *ret_quality)
{
    struct str member, value;

    while (str_next_token(rest, ',', &member)) {
        (void)str_next_token(&member, ';', &value);
        value = str_trim(value);
        if (value.n == 0)
            continue;
        *ret_value = value;
        *ret_quality = quality_of(member);
        return true;
    }
    return false;
}
