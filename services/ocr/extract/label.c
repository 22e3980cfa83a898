#include "services/ocr/extract/label.h"

#include <string.h>

#include "lib/base/str.h"

/* How many tokens a phrase matches from `token` on; 0 when it does not. */
static size_t match(const struct row *row, size_t token, const char *phrase)
{
    struct str rest = str_of(phrase);
    struct str wanted;
    size_t count = 0;

    while (str_next_token(&rest, ' ', &wanted)) {
        if (token + count >= row->token_count ||
            !str_equal(str_of(row->tokens[token + count].text), wanted))
            return 0;
        count++;
    }
    return count;
}

static bool read_label(const struct label_field *table, size_t table_count, const struct row *row,
                       size_t token, struct label *ret_label)
{
    size_t longest = 0;

    for (size_t i = 0; i < table_count; i++)
        for (const char *const *phrase = table[i].phrases; *phrase != NULL; phrase++) {
            size_t length = match(row, token, *phrase);
            if (length <= longest)
                continue;
            longest = length;
            *ret_label = (struct label){&table[i], token, token + length - 1};
        }
    return longest > 0;
}

bool label_read(const struct row *row, size_t token, struct label *ret_label)
{
    size_t count;
    const struct label_field *fields = label_fields(&count);

    return read_label(fields, count, row, token, ret_label);
}

bool label_read_column(const struct row *row, size_t token, struct label *ret_label)
{
    size_t count;
    const struct label_field *columns = label_columns(&count);

    return read_label(columns, count, row, token, ret_label);
}
