#include "services/chat/model/tokens.h"

enum { LETTERS_PER_TOKEN = 3 };

size_t tokens_estimate(struct str text)
{
    size_t tokens = 0, letters = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (is_letter) {
            tokens += letters % LETTERS_PER_TOKEN == 0;
            letters++;
            continue;
        }
        letters = 0;
        if (c < 0x80)
            tokens += c != ' ';
        else if (c >= 0xF0)
            tokens += 2;
        else
            tokens += c >= 0xC0; /* not those that follow the first one of a character */
    }
    return tokens;
}
