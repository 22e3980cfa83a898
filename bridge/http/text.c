#include "bridge/http/text.h"

#include "lib/base/utf8.h"

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

bool text_is_clean(struct str text)
{
    while (text.n > 0) {
        size_t length = utf8_sequence(text.p, text.n);
        char c = text.p[0];

        if (length == 0 || (is_control(c) && c != '\t' && c != '\n' && c != '\r'))
            return false;
        text.p += length;
        text.n -= length;
    }
    return true;
}
