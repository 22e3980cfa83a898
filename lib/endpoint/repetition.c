#include "lib/endpoint/repetition.h"

#include <stdint.h>

#include "lib/base/ascii.h"

static char from_end(struct str text, size_t index)
{
    return text.p[text.n - 1 - index];
}

static bool is_mark(char c)
{
    return (unsigned char)c < 0x80 && !ascii_is_letter_or_digit(c);
}

static bool is_circle(size_t length, size_t period, bool has_only_marks)
{
    if (has_only_marks)
        return length >= REPETITION_MARKS_BYTES_MIN && length / period >= REPETITION_ROUNDS_MIN;
    return length >= REPETITION_BYTES_MIN && length / period >= REPETITION_ROUNDS_MIN;
}

/*
 * The failure function of Knuth, Morris and Pratt over the text read backwards: a prefix of length
 * n whose longest border is b has the period n - b.
 */
bool repetition_is_at_end(struct str text)
{
    uint16_t borders[REPETITION_WINDOW_BYTES];
    size_t length = text.n < REPETITION_WINDOW_BYTES ? text.n : REPETITION_WINDOW_BYTES;
    bool has_only_marks = true;

    if (length == 0)
        return false;
    borders[0] = 0;
    has_only_marks = is_mark(from_end(text, 0));
    for (size_t i = 1; i < length; i++) {
        size_t border = borders[i - 1];
        while (border > 0 && from_end(text, i) != from_end(text, border))
            border = borders[border - 1];
        if (from_end(text, i) == from_end(text, border))
            border++;
        borders[i] = (uint16_t)border;
        has_only_marks = has_only_marks && is_mark(from_end(text, i));
        if (border > 0 && is_circle(i + 1, i + 1 - border, has_only_marks))
            return true;
    }
    return false;
}
