#include "services/chat/retrieve/subterms.h"

#include "lib/base/utf8.h"

typedef enum { OTHER, DIGIT, LETTER } character_kind;

static character_kind kind_of(char c)
{
    if (c >= '0' && c <= '9')
        return DIGIT;
    return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80 ? LETTER : OTHER;
}

bool subterms_of_number(struct str form, subterm_sink *sink, void *arg)
{
    size_t start = 0;

    for (size_t at = 1; at <= form.n; at++) {
        if (at < form.n && kind_of(form.p[at]) == kind_of(form.p[start]))
            continue;
        struct str part = {form.p + start, at - start};
        if (part.n >= 2 && part.n < form.n && kind_of(part.p[0]) != OTHER && !sink(part, arg))
            return false;
        start = at;
    }
    return true;
}

static bool is_east_asian(uint32_t c)
{
    return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

bool subterms_is_east_asian(struct str term)
{
    bool is_valid;
    uint32_t c;

    if (term.n < 3 || (unsigned char)term.p[0] < 0x80)
        return false;
    utf8_decode(term.p, term.n, &c, &is_valid);
    return is_valid && is_east_asian(c);
}

bool subterms_of_run(struct str run, subterm_sink *sink, void *arg)
{
    size_t last = 0, at = 0;
    bool is_valid, has_last = false;
    uint32_t c;

    while (at < run.n) {
        size_t step = utf8_decode(run.p + at, run.n - at, &c, &is_valid);
        if (has_last && !sink((struct str){run.p + last, at + step - last}, arg))
            return false;
        has_last = true;
        last = at;
        at += step;
    }
    return true;
}
