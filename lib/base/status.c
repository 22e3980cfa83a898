#include "lib/base/status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Drops a UTF-8 character that was cut in the middle: these texts travel in protobuf and JSON,
 * which take whole characters only. `text` has `length` bytes and was cut there. */
static void drop_torn_character(char *text, size_t length)
{
    size_t start = length;

    while (start > 0 && length - start < 3 && (text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start > 0 && (text[start - 1] & 0xc0) == 0xc0)
        start--;
    else
        return;
    unsigned char lead = (unsigned char)text[start];
    size_t whole = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (length - start < whole)
        text[start] = '\0';
}

static void copy_cut(char *target, size_t size, const char *text)
{
    size_t length = text != NULL ? strnlen(text, size) : 0;
    bool is_cut = length == size;

    if (is_cut)
        length--;
    if (length > 0)
        memcpy(target, text, length);
    target[length] = '\0';
    if (is_cut)
        drop_torn_character(target, length);
}

static void _printf_(3, 0)
    print_cut(char *target, size_t size, const char *format, va_list arguments)
{
    int length = vsnprintf(target, size, format, arguments);

    if (length < 0)
        target[0] = '\0';
    else if ((size_t)length >= size)
        drop_torn_character(target, size - 1);
}

status_code status_fail(struct status *st, status_code code, const char *reason, const char *where,
                        const char *format, ...)
{
    va_list arguments;

    /* The message is formatted aside, for its arguments may point into *st (wrapping an error). */
    char message[STATUS_MESSAGE_MAX];
    va_start(arguments, format);
    print_cut(message, sizeof(message), format, arguments);
    va_end(arguments);
    char reason_copy[STATUS_REASON_MAX];
    copy_cut(reason_copy, sizeof(reason_copy), reason);

    st->code = code;
    memcpy(st->reason, reason_copy, sizeof(reason_copy));
    memcpy(st->message, message, sizeof(message));
    st->field[0] = '\0';
    st->retry_after_ms = 0;
    st->info_count = 0;
    st->where = where;
    return code;
}

status_code status_set_field(struct status *st, const char *field)
{
    copy_cut(st->field, sizeof(st->field), field);
    return st->code;
}

status_code status_add_info(struct status *st, const char *key, const char *format, ...)
{
    char cut_key[STATUS_INFO_KEY_MAX];
    copy_cut(cut_key, sizeof(cut_key), key);

    struct status_info *info = NULL;
    for (size_t i = 0; i < st->info_count; i++)
        if (strcmp(st->info[i].key, cut_key) == 0)
            info = &st->info[i];
    if (info == NULL) {
        if (st->info_count >= STATUS_INFO_MAX)
            return st->code;
        info = &st->info[st->info_count++];
        memcpy(info->key, cut_key, sizeof(cut_key));
    }

    va_list arguments;
    va_start(arguments, format);
    print_cut(info->value, sizeof(info->value), format, arguments);
    va_end(arguments);
    return st->code;
}

const char *status_get_info(const struct status *st, const char *key)
{
    for (size_t i = 0; i < st->info_count; i++)
        if (strcmp(st->info[i].key, key) == 0)
            return st->info[i].value;
    return NULL;
}

const char *status_code_name(status_code code)
{
    static const char *const names[] = {
        [STATUS_OK] = "OK",
        [STATUS_CANCELLED] = "CANCELLED",
        [STATUS_UNKNOWN] = "UNKNOWN",
        [STATUS_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
        [STATUS_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
        [STATUS_NOT_FOUND] = "NOT_FOUND",
        [STATUS_ALREADY_EXISTS] = "ALREADY_EXISTS",
        [STATUS_PERMISSION_DENIED] = "PERMISSION_DENIED",
        [STATUS_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
        [STATUS_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
        [STATUS_ABORTED] = "ABORTED",
        [STATUS_OUT_OF_RANGE] = "OUT_OF_RANGE",
        [STATUS_UNIMPLEMENTED] = "UNIMPLEMENTED",
        [STATUS_INTERNAL] = "INTERNAL",
        [STATUS_UNAVAILABLE] = "UNAVAILABLE",
        [STATUS_DATA_LOSS] = "DATA_LOSS",
        [STATUS_UNAUTHENTICATED] = "UNAUTHENTICATED",
    };

    if ((unsigned)code >= ARRAY_LENGTH(names))
        return "UNKNOWN";
    return names[code];
}
