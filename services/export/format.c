#include "services/export/format.h"

#include <stdio.h>
#include <string.h>

/* In the order in which they are listed to callers. */
static const struct format *const formats[] = {
    &format_text,
    &format_markdown,
    &format_json,
};

/* Named by the public API, but with no file here. */
static const char *const unavailable_names[] = {
    "docx", "pdf", "csv", "hocr", "alto", "html", "xlsx",
};

enum {
    NAME_LIST_SIZE = 128,
    NAME_SHOWN_MAX = 32, /* bytes of a caller's word that a message repeats */
};

size_t format_count(void)
{
    return ARRAY_LENGTH(formats);
}

const struct format *format_at(size_t index)
{
    return index < ARRAY_LENGTH(formats) ? formats[index] : NULL;
}

/* "txt, md, json" */
static void list_names(char ret_list[static NAME_LIST_SIZE])
{
    size_t length = 0;

    ret_list[0] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(formats) && length < NAME_LIST_SIZE; i++)
        length += (size_t)snprintf(ret_list + length, NAME_LIST_SIZE - length, "%s%s",
                                   i > 0 ? ", " : "", formats[i]->name);
}

status_code format_find(const char *name, const struct format **ret_format, struct status *st)
{
    char available[NAME_LIST_SIZE];

    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        if (strcmp(name, formats[i]->name) == 0) {
            *ret_format = formats[i];
            return STATUS_OK;
        }
    }
    list_names(available);
    for (size_t i = 0; i < ARRAY_LENGTH(unavailable_names); i++)
        if (strcmp(name, unavailable_names[i]) == 0)
            return FAIL(st, STATUS_UNIMPLEMENTED, "FORMAT_UNAVAILABLE",
                        "the format %s is not available on this server; available are: %s", name,
                        available);
    if (name[0] == '\0')
        return FAIL_FIELD(st, "format", "UNKNOWN_FORMAT", "no format is named; available are: %s",
                          available);
    return FAIL_FIELD(st, "format", "UNKNOWN_FORMAT",
                      "there is no format \"%.*s\"; available are: %s", NAME_SHOWN_MAX, name,
                      available);
}
