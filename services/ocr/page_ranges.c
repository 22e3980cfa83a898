#include "services/ocr/page_ranges.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/ascii.h"

/* An item as it was written: numbers from 1, or negative from the end; never 0. */
struct range {
    int64_t first;
    int64_t last;
    bool is_open; /* "3-": no last page named */
};

static const char FIELD[] = "page_ranges";

static status_code fail_form(struct str item, struct status *st)
{
    return FAIL_FIELD(st, FIELD, "INVALID_FIELD",
                      "'%.*s' is no page selection: write page numbers from 1 and ranges, for "
                      "example 1-3,7,-1",
                      item.n > 40 ? 40 : (int)item.n, item.p);
}

/* Takes an optional '-' and digits from the front of *text. */
static bool take_number(struct str *text, int64_t *ret_number)
{
    size_t length = text->n > 0 && text->p[0] == '-' ? 1 : 0;
    size_t sign = length;

    while (length < text->n && ascii_is_digit(text->p[length]))
        length++;
    if (length == sign || !str_to_int64((struct str){text->p, length}, ret_number))
        return false;
    text->p += length;
    text->n -= length;
    return *ret_number != 0;
}

static status_code parse_item(struct str item, struct range *ret_range, struct status *st)
{
    struct str rest = item;
    struct range range = {0};

    if (!take_number(&rest, &range.first))
        return fail_form(item, st);
    rest = str_trim(rest);
    if (rest.n == 0) {
        range.last = range.first;
    } else {
        if (rest.p[0] != '-')
            return fail_form(item, st);
        rest = str_trim((struct str){rest.p + 1, rest.n - 1});
        range.is_open = rest.n == 0;
        if (!range.is_open && (!take_number(&rest, &range.last) || rest.n > 0))
            return fail_form(item, st);
    }
    *ret_range = range;
    return STATUS_OK;
}

/* Calls for each item; `page_count` 0 checks the form only, else `selected` is marked. */
static status_code walk(struct str ranges, int32_t page_count, bool *selected, struct status *st)
{
    struct str item;

    if (ranges.n > PAGE_RANGES_MAX_BYTES)
        return FAIL_FIELD(st, FIELD, "INVALID_FIELD", "a page selection has at most %d bytes",
                          PAGE_RANGES_MAX_BYTES);
    while (str_next_token(&ranges, ',', &item)) {
        struct range range = {0};
        item = str_trim(item);
        TRY(parse_item(item, &range, st));
        if (page_count == 0)
            continue;
        int64_t first = range.first < 0 ? range.first + page_count + 1 : range.first;
        int64_t last = range.is_open    ? page_count
                       : range.last < 0 ? range.last + page_count + 1
                                        : range.last;
        if (first < 1 || first > page_count || last < 1 || last > page_count)
            return FAIL_FIELD(st, FIELD, "INVALID_FIELD",
                              "'%.*s' selects pages that are not there: the file has %d page%s",
                              item.n > 40 ? 40 : (int)item.n, item.p, page_count,
                              page_count == 1 ? "" : "s");
        if (first > last)
            return FAIL_FIELD(st, FIELD, "INVALID_FIELD",
                              "'%.*s' runs backwards: write the smaller page first",
                              item.n > 40 ? 40 : (int)item.n, item.p);
        memset(selected + first - 1, true, (size_t)(last - first + 1));
    }
    return STATUS_OK;
}

status_code page_ranges_check(struct str ranges, struct status *st)
{
    return str_trim(ranges).n == 0 ? STATUS_OK : walk(ranges, 0, NULL, st);
}

status_code page_ranges_select(struct str ranges, int32_t page_count, struct arena *arena,
                               const int32_t **ret_indexes, size_t *ret_count, struct status *st)
{
    bool *selected = ARENA_NEW_ARRAY(arena, bool, (size_t)page_count);
    int32_t *indexes = ARENA_NEW_ARRAY(arena, int32_t, (size_t)page_count);
    size_t count = 0;

    if (selected == NULL || indexes == NULL)
        return FAIL_MEMORY(st);
    if (str_trim(ranges).n == 0)
        memset(selected, true, (size_t)page_count);
    else
        TRY(walk(ranges, page_count, selected, st));
    for (int32_t i = 0; i < page_count; i++)
        if (selected[i])
            indexes[count++] = i;
    *ret_indexes = indexes;
    *ret_count = count;
    return STATUS_OK;
}
