#include "bridge/disposition.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/ascii.h"

/* RFC 8187 §3.2.1. */
static bool is_attr_char(char c)
{
    return ascii_is_letter_or_digit(c) || (c != '\0' && strchr("!#$&+-.^_`|~", c) != NULL);
}

/* One for each character that is not plain, not for each of its bytes. A percent sign would be
 * taken for an escape by some clients. */
static size_t append_plain(const char *name, size_t length, char *to)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];

        if (c >= 0x80 && c < 0xC0)
            continue;
        to[used++] = c >= 0x20 && c < 0x7F && strchr("\"\\%", c) == NULL ? (char)c : '_';
    }
    return used;
}

void disposition_format(const char *name, char ret_text[static DISPOSITION_MAX])
{
    size_t length = strnlen(name, FILE_NAME_MAX_BYTES);
    size_t used = (size_t)snprintf(ret_text, DISPOSITION_MAX, "attachment; filename=\"");

    used += append_plain(name, length, ret_text + used);
    used += (size_t)snprintf(ret_text + used, DISPOSITION_MAX - used, "\"; filename*=UTF-8''");
    for (size_t i = 0; i < length; i++) {
        if (is_attr_char(name[i]))
            ret_text[used++] = name[i];
        else
            used += (size_t)snprintf(ret_text + used, DISPOSITION_MAX - used, "%%%02X",
                                     (unsigned char)name[i]);
    }
    ret_text[used] = '\0';
}
