#include "services/export/pdf/body.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"

enum { PRINTF_MAX_BYTES = 1024, NUMBER_MAX_BYTES = 32, DECIMALS_MAX = 6 };

void pdf_body_init(struct pdf_body *body, size_t max_bytes)
{
    buf_init(&body->text, max_bytes);
    body->has_failed = false;
}

void pdf_body_deinit(struct pdf_body *body)
{
    buf_deinit(&body->text);
}

void pdf_body_clear(struct pdf_body *body)
{
    buf_clear(&body->text);
    body->has_failed = false;
}

void pdf_body_append(struct pdf_body *body, const void *data, size_t length)
{
    if (!buf_append(&body->text, data, length))
        body->has_failed = true;
}

void pdf_body_printf(struct pdf_body *body, const char *format, ...)
{
    char text[PRINTF_MAX_BYTES];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof(text)) {
        body->has_failed = true;
        return;
    }
    pdf_body_append(body, text, (size_t)length);
}

void pdf_body_number(struct pdf_body *body, double value, int decimals)
{
    static const double powers[DECIMALS_MAX + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    char text[NUMBER_MAX_BYTES];
    char *start = text + sizeof(text);

    if (!isfinite(value))
        value = 0;
    value = fmax(-PDF_BODY_NUMBER_MAX, fmin(PDF_BODY_NUMBER_MAX, value));
    int64_t scaled = llround(value * powers[decimals]);
    int64_t left = llabs(scaled);

    /* From the last digit on, without the zeros at its end: a page has thousands of numbers. */
    *--start = ' ';
    while (decimals > 0 && left % 10 == 0) {
        left /= 10;
        decimals--;
    }
    for (int i = 0; i < decimals; i++, left /= 10)
        *--start = (char)('0' + left % 10);
    if (decimals > 0)
        *--start = '.';
    do {
        *--start = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (scaled < 0)
        *--start = '-';
    pdf_body_append(body, start, (size_t)(text + sizeof(text) - start));
}

static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

void pdf_body_text_string(struct pdf_body *body, const char *text)
{
    size_t length = strlen(text);

    pdf_body_append(body, "<FEFF", 5);
    for (size_t i = 0; i < length;) {
        uint32_t character;
        bool is_valid;

        i += utf8_decode(text + i, length - i, &character, &is_valid);
        if (is_control(character))
            continue;
        if (character > 0xFFFF) {
            character -= 0x10000;
            pdf_body_printf(body, "%04X%04X", 0xD800 + (unsigned)(character >> 10),
                            0xDC00 + (unsigned)(character & 0x3FF));
        } else {
            pdf_body_printf(body, "%04X", (unsigned)character);
        }
    }
    pdf_body_append(body, ">", 1);
}
