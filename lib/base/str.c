#include "lib/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/ascii.h"

struct str str_of(const char *text)
{
    return (struct str){text, text != NULL ? strlen(text) : 0};
}

bool str_equal(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Locale-free: header names and the like are ASCII whatever the user's locale. */
static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_equal_nocase(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    return true;
}

bool str_starts_with(struct str text, struct str prefix)
{
    return text.n >= prefix.n && (prefix.n == 0 || memcmp(text.p, prefix.p, prefix.n) == 0);
}

struct str str_trim(struct str text)
{
    while (text.n > 0 && ascii_is_space(text.p[0])) {
        text.p++;
        text.n--;
    }
    while (text.n > 0 && ascii_is_space(text.p[text.n - 1]))
        text.n--;
    return text;
}

bool str_next_token(struct str *rest, char separator, struct str *ret_token)
{
    if (rest->p == NULL)
        return false;
    const char *end = rest->n > 0 ? memchr(rest->p, separator, rest->n) : NULL;
    if (end == NULL) {
        *ret_token = *rest;
        *rest = (struct str){NULL, 0};
        return true;
    }
    size_t length = (size_t)(end - rest->p);
    *ret_token = (struct str){rest->p, length};
    *rest = (struct str){end + 1, rest->n - length - 1};
    return true;
}

bool str_to_int64(struct str text, int64_t *ret_value)
{
    bool is_negative = text.n > 0 && text.p[0] == '-';
    size_t i = text.n > 0 && (text.p[0] == '-' || text.p[0] == '+') ? 1 : 0;
    int64_t value = 0;

    if (i == text.n)
        return false;
    /* Counted downwards when negative, for INT64_MIN has no positive counterpart. */
    for (; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        int64_t digit = text.p[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, is_negative ? -digit : digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

void buf_init(struct buf *buf, size_t max_bytes)
{
    *buf = (struct buf){.max_bytes = max_bytes};
}

void buf_deinit(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){.max_bytes = buf->max_bytes};
}

bool buf_reserve(struct buf *buf, size_t extra_bytes)
{
    enum { FIRST_CAPACITY = 64 };
    size_t need, with_nul;

    if (__builtin_add_overflow(buf->length, extra_bytes, &need) || need > buf->max_bytes ||
        __builtin_add_overflow(need, 1, &with_nul))
        return false;
    if (with_nul <= buf->capacity)
        return true;

    size_t capacity = buf->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : buf->capacity;
    while (capacity < with_nul)
        if (__builtin_mul_overflow(capacity, 2, &capacity))
            capacity = with_nul;
    if (capacity - 1 > buf->max_bytes)
        capacity = buf->max_bytes + 1;
    char *data = realloc(buf->data, capacity);
    if (data == NULL)
        return false;
    if (buf->data == NULL)
        data[0] = '\0';
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void buf_trim(struct buf *buf)
{
    char *data = buf->data == NULL ? NULL : realloc(buf->data, buf->length + 1);

    if (data == NULL)
        return;
    buf->data = data;
    buf->capacity = buf->length + 1;
}

bool buf_append(struct buf *buf, const void *data, size_t length)
{
    if (!buf_reserve(buf, length))
        return false;
    if (length > 0)
        memcpy(buf->data + buf->length, data, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
    return true;
}

bool buf_append_str(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

bool buf_append_char(struct buf *buf, char c)
{
    return buf_append(buf, &c, 1);
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !buf_reserve(buf, (size_t)length))
        return false;
    va_start(arguments, format);
    (void)vsnprintf(buf->data + buf->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buf->length += (size_t)length;
    return true;
}

void buf_consume(struct buf *buf, size_t length)
{
    if (length >= buf->length) {
        buf_clear(buf);
        return;
    }
    memmove(buf->data, buf->data + length, buf->length - length + 1);
    buf->length -= length;
}

void buf_clear(struct buf *buf)
{
    buf->length = 0;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->data != NULL ? buf->data : "", buf->length};
}
