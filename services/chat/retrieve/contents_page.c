#include "services/chat/retrieve/contents_page.h"

#include "lib/base/ascii.h"

enum { ENTRIES_MIN = 3, DOTS_MIN = 4, PAGE_DIGITS_MAX = 4 };

/* The number that a line ends in; -1: none. @ret_has_dots: a row of dots leads to it. */
static int page_number(struct str line, bool *ret_has_dots)
{
    size_t at, dots = 0;
    int number = 0;

    line = str_trim(line);
    at = line.n;
    while (at > 0 && ascii_is_digit(line.p[at - 1]))
        at--;
    if (at == line.n || line.n - at > PAGE_DIGITS_MAX)
        return -1;
    for (size_t i = at; i < line.n; i++)
        number = number * 10 + (line.p[i] - '0');
    for (; at > 0 && (line.p[at - 1] == '.' || line.p[at - 1] <= ' '); at--)
        dots += line.p[at - 1] == '.';
    *ret_has_dots = dots >= DOTS_MIN;
    return number;
}

bool contents_page_is(struct str text)
{
    size_t lines = 0, entries = 0, with_dots = 0;
    struct str rest = text, line;
    bool has_dots;
    int last = 0;

    while (str_next_token(&rest, '\n', &line)) {
        int number = page_number(line, &has_dots);
        lines++;
        if (number < 0)
            continue;
        if (number < last)
            return false;
        last = number;
        entries++;
        with_dots += has_dots;
    }
    return with_dots >= ENTRIES_MIN && 2 * entries >= lines;
}
