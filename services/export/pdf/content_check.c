#include "services/export/pdf/content_check.h"

#include <string.h>

/* What an operator does beside taking numbers. */
enum kind { PLAIN, SAVE, RESTORE, DASH, PAINT_OBJECT, CMYK };

static const struct instruction {
    const char *name;
    int numbers; /* operands */
    enum kind kind;
} instructions[] = {
    /* paths */
    {"m", 2, PLAIN},
    {"l", 2, PLAIN},
    {"c", 6, PLAIN},
    {"v", 4, PLAIN},
    {"y", 4, PLAIN},
    {"h", 0, PLAIN},
    {"re", 4, PLAIN},
    {"S", 0, PLAIN},
    {"s", 0, PLAIN},
    {"f", 0, PLAIN},
    {"f*", 0, PLAIN},
    {"B", 0, PLAIN},
    {"B*", 0, PLAIN},
    {"b", 0, PLAIN},
    {"b*", 0, PLAIN},
    {"n", 0, PLAIN},
    {"W", 0, PLAIN},
    {"W*", 0, PLAIN},
    /* graphics state */
    {"q", 0, SAVE},
    {"Q", 0, RESTORE},
    {"cm", 6, PLAIN},
    {"w", 1, PLAIN},
    {"J", 1, PLAIN},
    {"j", 1, PLAIN},
    {"M", 1, PLAIN},
    {"d", 1, DASH},
    /* colours */
    {"g", 1, PLAIN},
    {"G", 1, PLAIN},
    {"rg", 3, PLAIN},
    {"RG", 3, PLAIN},
    {"k", 4, CMYK},
    {"K", 4, CMYK},
    /* glyphs and images */
    {"Do", 0, PAINT_OBJECT},
};

/* What stands before an operator. */
struct operands {
    int numbers; /* outside an array, after it where there is one */
    int array_numbers;
    bool has_array, has_name;
    int depth; /* of q, over the whole content */
    bool has_cmyk;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_number(struct str token)
{
    size_t i = 0, digits = 0, points = 0;

    if (token.n > CONTENT_CHECK_NUMBER_MAX_BYTES)
        return false;
    if (token.p[0] == '-' || token.p[0] == '+')
        i++;
    for (; i < token.n; i++) {
        if (token.p[i] == '.')
            points++;
        else if (token.p[i] >= '0' && token.p[i] <= '9')
            digits++;
        else
            return false;
    }
    return digits > 0 && points <= 1;
}

/* /G12 or /I3, of those that there are. */
static bool is_name(struct str token, const struct content_names *names)
{
    int64_t number;

    if (token.n < 3 || token.p[0] != '/' || token.p[2] < '0' || token.p[2] > '9' ||
        !str_to_int64((struct str){token.p + 2, token.n - 2}, &number))
        return false;
    return (token.p[1] == 'G' && number < names->glyph_count) ||
           (token.p[1] == 'I' && number < names->image_count);
}

static bool apply(const struct instruction *instruction, struct operands *operands)
{
    bool is_dash = instruction->kind == DASH, is_object = instruction->kind == PAINT_OBJECT;

    if (operands->numbers != instruction->numbers || operands->has_array != is_dash ||
        operands->has_name != is_object)
        return false;
    if (instruction->kind == SAVE && ++operands->depth > CONTENT_CHECK_DEPTH_MAX)
        return false;
    if (instruction->kind == RESTORE && --operands->depth < 0)
        return false;
    operands->has_cmyk |= instruction->kind == CMYK;
    operands->numbers = operands->array_numbers = 0;
    operands->has_array = operands->has_name = false;
    return true;
}

static bool take_operator(struct str token, struct operands *operands)
{
    for (size_t i = 0; i < ARRAY_LENGTH(instructions); i++)
        if (str_equal(token, str_of(instructions[i].name)))
            return apply(&instructions[i], operands);
    return false;
}

/* The numbers up to ']'. *content stands behind '[' and then behind ']'. */
static bool take_array(struct str *content, struct operands *operands)
{
    if (operands->has_array || operands->has_name || operands->numbers > 0)
        return false;
    operands->has_array = true;
    while (content->n > 0 && content->p[0] != ']') {
        struct str token = {content->p, 0};

        while (token.n < content->n && !is_space(token.p[token.n]) && token.p[token.n] != ']')
            token.n++;
        if (token.n > 0 &&
            (!is_number(token) || ++operands->array_numbers > CONTENT_CHECK_OPERANDS_MAX))
            return false;
        size_t used = token.n > 0 ? token.n : 1; /* a space */
        *content = (struct str){content->p + used, content->n - used};
    }
    if (content->n == 0)
        return false;
    *content = (struct str){content->p + 1, content->n - 1};
    return true;
}

bool content_check(struct str content, const struct content_names *names, bool *ret_has_cmyk)
{
    struct operands operands = {0};

    while (content.n > 0) {
        struct str token = {content.p, 0};

        if (is_space(content.p[0]) || content.p[0] == '[') {
            content = (struct str){content.p + 1, content.n - 1};
            if (token.p[0] == '[' && !take_array(&content, &operands))
                return false;
            continue;
        }
        while (token.n < content.n && !is_space(token.p[token.n]) && token.p[token.n] != '[' &&
               (token.n == 0 || token.p[token.n] != '/'))
            token.n++;
        content = (struct str){content.p + token.n, content.n - token.n};
        if (operands.has_name && token.p[0] != 'D')
            return false;
        if (is_number(token)) {
            if (++operands.numbers > CONTENT_CHECK_OPERANDS_MAX)
                return false;
        } else if (token.p[0] == '/') {
            if (!is_name(token, names))
                return false;
            operands.has_name = true;
        } else if (!take_operator(token, &operands)) {
            return false;
        }
    }
    *ret_has_cmyk = operands.has_cmyk;
    return operands.depth == 0 && operands.numbers == 0 && !operands.has_array &&
           !operands.has_name;
}
