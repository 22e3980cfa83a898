#include "bridge/http/cookie.h"

bool cookie_find(struct str field, struct str name, struct str *ret_value)
{
    struct str pair, pair_name;

    while (str_next_token(&field, ';', &pair)) {
        struct str value = pair;

        if (!str_next_token(&value, '=', &pair_name) || value.p == NULL ||
            !str_equal(str_trim(pair_name), name))
            continue;
        value = str_trim(value);
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = (struct str){value.p + 1, value.n - 2};
        *ret_value = value;
        return true;
    }
    return false;
}
