/*
 * Fuzzes the Cookie field: a value lies within the field, has no separator, and is found again when
 * other cookies stand around it.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/http/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_among_others(struct str field, struct str value)
{
    static const char before[] = "x=1; =; ; a;", after[] = ";id=other; y=2";
    size_t length = sizeof(before) - 1 + field.n + sizeof(after) - 1;
    char *text = malloc(length);
    struct str found;

    if (text == NULL)
        return;
    memcpy(text, before, sizeof(before) - 1);
    if (field.n > 0)
        memcpy(text + sizeof(before) - 1, field.p, field.n);
    memcpy(text + sizeof(before) - 1 + field.n, after, sizeof(after) - 1);
    if (!cookie_find((struct str){text, length}, STR("id"), &found) || !str_equal(found, value))
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str field = {(const char *)data, size};
    struct str value;

    if (!cookie_find(field, STR("id"), &value)) {
        check_among_others(field, STR("other"));
        return 0;
    }
    if (value.p < field.p || value.p + value.n > field.p + field.n ||
        memchr(value.p, ';', value.n) != NULL)
        abort();
    check_among_others(field, value);
    return 0;
}
