#include "bridge/http/prefer.h"

#include "bridge/http/exchange.h"

/* "wait = 30" and "wait=\"30\"" say the same. */
static struct str unquote(struct str value)
{
    value = str_trim(value);
    if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
        return (struct str){value.p + 1, value.n - 2};
    return value;
}

/* @preference: one, without its parameters. */
static void take(struct str preference, struct prefer *prefer)
{
    struct str rest = preference, name;
    int64_t seconds;

    if (!str_next_token(&rest, '=', &name))
        return;
    name = str_trim(name);
    if (str_equal_nocase(name, STR("respond-async")))
        prefer->is_async = true;
    else if (str_equal_nocase(name, STR("wait")) && prefer->wait_seconds == PREFER_UNSAID &&
             rest.p != NULL && str_to_int64(unquote(rest), &seconds) && seconds >= 0)
        prefer->wait_seconds = seconds;
}

void prefer_read(const struct exchange *exchange, struct prefer *ret_prefer)
{
    struct str field, member, preference;

    *ret_prefer = (struct prefer){.wait_seconds = PREFER_UNSAID};
    /* A comma or semicolon may stand in a quoted value; none that is known here has one. */
    for (size_t i = 0; exchange_header_at(exchange, "prefer", i, &field); i++)
        while (str_next_token(&field, ',', &member))
            if (str_next_token(&member, ';', &preference))
                take(str_trim(preference), ret_prefer);
}
