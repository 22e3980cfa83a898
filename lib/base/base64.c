#include "lib/base/base64.h"

enum {
    GROUP_BYTES = 3, /* and the characters that they become */
    GROUP_CHARACTERS = 4,
    CHARACTER_BITS = 6,
    BYTE_BITS = 8,
    PADDING_MAX = 2,
};

bool base64_append(struct str bytes, struct buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t at = 0; at < bytes.n; at += GROUP_BYTES) {
        const size_t count = bytes.n - at < GROUP_BYTES ? bytes.n - at : GROUP_BYTES;
        char group[GROUP_CHARACTERS];
        uint32_t bits = 0;

        for (size_t i = 0; i < GROUP_BYTES; i++)
            bits = bits << BYTE_BITS | (i < count ? (unsigned char)bytes.p[at + i] : 0U);
        for (int i = GROUP_CHARACTERS - 1; i >= 0; i--, bits >>= CHARACTER_BITS)
            group[i] = digits[bits & ((1U << CHARACTER_BITS) - 1)];
        if (!buf_append(out, group, count + 1))
            return false;
    }
    return true;
}

/* -1 for what is none of the alphabet. */
static int value_of(char c, base64_alphabet alphabet)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (alphabet == BASE64_URL ? '-' : '+'))
        return 62;
    return c == (alphabet == BASE64_URL ? '_' : '/') ? 63 : -1;
}

bool base64_decode(struct str text, base64_alphabet alphabet, void *bytes, size_t room,
                   size_t *ret_length)
{
    unsigned char *to = bytes;
    uint32_t bits = 0;
    int bit_count = 0;
    size_t used = 0;

    for (int i = 0; i < PADDING_MAX && text.n > 0 && text.p[text.n - 1] == '='; i++)
        text.n--;
    if (text.n % GROUP_CHARACTERS == 1)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        const int value = value_of(text.p[i], alphabet);

        if (value < 0)
            return false;
        bits = bits << CHARACTER_BITS | (uint32_t)value;
        bit_count += CHARACTER_BITS;
        if (bit_count < BYTE_BITS)
            continue;
        if (used == room)
            return false;
        bit_count -= BYTE_BITS;
        to[used++] = (unsigned char)(bits >> bit_count);
    }
    *ret_length = used;
    return true;
}
