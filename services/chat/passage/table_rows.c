#include "services/chat/passage/table_rows.h"

#include <string.h>

#include "services/chat/text/folded_find.h"

static bool has_digit(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= '0' && text.p[i] <= '9')
            return true;
    return false;
}

/* Rows at the top that the document marks as headers. */
static size_t count_marked(const Ocrmesh__Document__V1__Table *table, size_t row_count)
{
    size_t first_plain = row_count;

    for (size_t c = 0; c < table->n_cells; c++)
        if (!table->cells[c]->is_header && table->cells[c]->row < first_plain)
            first_plain = table->cells[c]->row;
    return first_plain < row_count ? first_plain : 0;
}

/* A first row of several cells without a number, above rows with numbers, names the columns. */
static bool begins_with_names(const struct str *rows, size_t count)
{
    size_t with_digits = 0;

    if (count < 2 || has_digit(rows[0]) || rows[0].n == 0 ||
        memchr(rows[0].p, '\t', rows[0].n) == NULL)
        return false;
    for (size_t r = 1; r < count; r++)
        with_digits += has_digit(rows[r]);
    return 2 * with_digits >= count - 1;
}

bool table_rows_read(const Ocrmesh__Document__V1__Block *block, struct arena *arena,
                     struct table_rows *ret_rows)
{
    struct str rest = str_of(block->text), row;
    size_t count = 1, r = 0;

    for (size_t i = 0; i < rest.n; i++)
        count += rest.p[i] == '\n';
    struct str *rows = ARENA_NEW_ARRAY(arena, struct str, count);
    if (rows == NULL)
        return false;
    while (str_next_token(&rest, '\n', &row))
        rows[r++] = str_trim(row);
    size_t header_count = count_marked(block->table, count);
    if (header_count == 0 && begins_with_names(rows, count))
        header_count = 1;
    *ret_rows = (struct table_rows){rows, count, header_count};
    return true;
}

bool table_rows_append_spanning(const Ocrmesh__Document__V1__Table *table, size_t row,
                                struct buf *out)
{
    for (size_t c = 0; c < table->n_cells; c++) {
        const Ocrmesh__Document__V1__TableCell *cell = table->cells[c];
        if (cell->row >= row || cell->is_header || cell->row + (uint64_t)cell->row_span <= row ||
            cell->text[0] == '\0')
            continue;
        if ((out->length > 0 && !buf_append_char(out, '\n')) ||
            !folded_append(out, str_of(cell->text)))
            return false;
    }
    return true;
}
