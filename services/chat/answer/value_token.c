#include "services/chat/answer/value_token.h"

#include <string.h>
#include <unicode/uchar.h>

#include "lib/base/utf8.h"

static bool is_separator(uint32_t character)
{
    return character <= ' ' || u_isUWhiteSpace((UChar32)character) || character == '|' ||
           (character >= 0x3001 && character <= 0x3002) || character == 0xFF0C ||
           character == 0xFF1A || character == 0xFF1B;
}

static bool is_trimmed(char c)
{
    return strchr("\"'()[]{}<>,;:!?*_=", c) != NULL && c != '\0';
}

static void read_token(struct value_token *token)
{
    for (size_t i = 0; i < token->n;) {
        uint32_t character;
        bool is_valid;
        size_t used = utf8_decode(token->p + i, token->n - i, &character, &is_valid);
        if (u_isdigit((UChar32)character))
            token->digits++;
        else if (u_isalpha((UChar32)character)) {
            if (token->letters == 0)
                token->is_capital = u_isupper((UChar32)character) || u_istitle((UChar32)character);
            token->letters++;
        }
        if (character == 0x5E74 || character == 0x6708) /* 年, 月 */
            token->has_cjk_date = true;
        i += used;
    }
}

size_t value_tokens_cut(struct str text, struct value_token ret_tokens[static VALUE_TOKENS_MAX])
{
    size_t count = 0;
    size_t i = 0;

    while (i < text.n && count < VALUE_TOKENS_MAX) {
        struct value_token token = {0};
        size_t begin;
        uint32_t character = 0;
        bool is_valid;
        size_t used = utf8_decode(text.p + i, text.n - i, &character, &is_valid);
        if (is_separator(character)) {
            i += used;
            continue;
        }
        begin = i;
        while (i < text.n) {
            used = utf8_decode(text.p + i, text.n - i, &character, &is_valid);
            if (is_separator(character))
                break;
            i += used;
        }
        token = (struct value_token){.p = text.p + begin, .n = i - begin, .offset = begin};
        while (token.n > 0 && is_trimmed(token.p[0]))
            token.p++, token.n--, token.offset++;
        while (token.n > 0 && (is_trimmed(token.p[token.n - 1]) || token.p[token.n - 1] == '.')) {
            token.is_last = true;
            token.n--;
        }
        if (token.n == 0)
            continue;
        read_token(&token);
        ret_tokens[count++] = token;
    }
    return count;
}

bool value_token_is(const struct value_token *token, const char *text)
{
    return str_equal_nocase((struct str){token->p, token->n}, str_of(text));
}
