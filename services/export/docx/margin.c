#include "services/export/docx/margin.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/ascii.h"
#include "lib/base/str.h"
#include "services/export/page/language.h"

enum {
    NUMBER_DIGITS_MAX = 6,
    MARKS_OF_LINE_MAX = 3, /* two tabs, or a space, and the line's end */
};

/* A block in a margin. */
struct piece {
    const char *text;
    int32_t y0;
    int32_t y1;
    int slot; /* 0: at the line's start, 1: in its middle, 2: at its end */
    int row;
};

static int compare_y(const void *left, const void *right)
{
    const struct piece *a = left;
    const struct piece *b = right;

    return a->y0 < b->y0 ? -1 : a->y0 > b->y0;
}

static int compare_place(const void *left, const void *right)
{
    const struct piece *a = left;
    const struct piece *b = right;

    return a->row != b->row ? a->row - b->row : a->slot - b->slot;
}

static Ocrmesh__Document__V1__BlockKind kind_of(docx_margin which)
{
    return which == DOCX_HEADER ? OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADER
                                : OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FOOTER;
}

bool docx_margin_fits(const Ocrmesh__Document__V1__Page *page, docx_margin which)
{
    const Ocrmesh__Document__V1__BlockKind kind = kind_of(which);
    size_t count = 0;
    size_t length = 0;

    for (size_t i = 0; i < page->n_blocks && length < DOCX_MARGIN_TEXT_SIZE; i++) {
        const char *text = page->blocks[i]->text;

        if (page->blocks[i]->kind != kind || text[0] == '\0')
            continue;
        count++;
        length += strnlen(text, DOCX_MARGIN_TEXT_SIZE) + MARKS_OF_LINE_MAX;
        for (; *text != '\0' && length < DOCX_MARGIN_TEXT_SIZE; text++)
            length += *text == '\n' ? MARKS_OF_LINE_MAX : 0;
    }
    return count <= DOCX_MARGIN_BLOCKS_MAX && length < DOCX_MARGIN_TEXT_SIZE;
}

static size_t collect(const Ocrmesh__Document__V1__Page *page, docx_margin which,
                      struct piece pieces[static DOCX_MARGIN_BLOCKS_MAX],
                      bool *ret_is_right_to_left, const char **ret_language)
{
    const Ocrmesh__Document__V1__BlockKind kind = kind_of(which);
    size_t count = 0;

    if (!docx_margin_fits(page, which))
        return 0;
    for (size_t i = 0; i < page->n_blocks; i++) {
        const Ocrmesh__Document__V1__Block *block = page->blocks[i];
        struct piece piece = {.text = block->text};

        if (block->kind != kind || block->text[0] == '\0')
            continue;
        if (count == 0) {
            *ret_is_right_to_left =
                block->direction ==
                OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT;
            *ret_language = language_of(page, block);
        }
        if (block->bbox != NULL && page->width > 0) {
            int64_t middle = ((int64_t)block->bbox->x0 + block->bbox->x1) / 2;
            int third = (int)(3 * middle / page->width);

            third = third < 0 ? 0 : third > 2 ? 2 : third;
            piece.slot = *ret_is_right_to_left ? 2 - third : third;
            piece.y0 = block->bbox->y0;
            piece.y1 = block->bbox->y1;
        }
        pieces[count++] = piece;
    }
    return count;
}

/* Numbers the rows from above: a piece whose top lies above the middle of the row's first piece
 * stands beside it. */
static void number_rows(struct piece *pieces, size_t count)
{
    size_t first = 0;
    int row = 0;

    qsort(pieces, count, sizeof(*pieces), compare_y);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && pieces[i].y0 > pieces[first].y0 + (pieces[first].y1 - pieces[first].y0) / 2) {
            row++;
            first = i;
        }
        pieces[i].row = row;
    }
    qsort(pieces, count, sizeof(*pieces), compare_place);
}

/* The text has room for all: docx_margin_fits(). */
static void append(struct docx_margin_text *margin, const char *text, size_t length)
{
    char *end = margin->text + margin->length;

    assert(margin->length + length < sizeof(margin->text));
    memcpy(end, text, length);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)end[i] < ' ')
            end[i] = ' ';
    margin->length += length;
    margin->text[margin->length] = '\0';
}

/* Bytes of our own: "\t" and "\n". */
static void append_mark(struct docx_margin_text *margin, char mark)
{
    assert(margin->length + 1 < sizeof(margin->text));
    margin->text[margin->length++] = mark;
    margin->text[margin->length] = '\0';
}

/* A block of several lines that stands alone keeps them. */
static void append_lines(struct docx_margin_text *margin, const struct piece *piece)
{
    struct str rest = str_of(piece->text);
    struct str line;

    while (str_next_token(&rest, '\n', &line)) {
        for (int slot = 0; slot < piece->slot; slot++)
            append_mark(margin, '\t');
        append(margin, line.p, line.n);
        append_mark(margin, '\n');
    }
}

void docx_margin_read(struct docx_margin_text *margin, const Ocrmesh__Document__V1__Page *page,
                      docx_margin which)
{
    struct piece pieces[DOCX_MARGIN_BLOCKS_MAX];
    const char *language = NULL;

    *margin = (struct docx_margin_text){0};
    size_t count = collect(page, which, pieces, &margin->is_right_to_left, &language);
    (void)snprintf(margin->language, sizeof(margin->language), "%s",
                   language != NULL ? language : "");
    number_rows(pieces, count);
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        int slot = 0;

        while (end < count && pieces[end].row == pieces[i].row)
            end++;
        if (end == i + 1) {
            append_lines(margin, &pieces[i++]);
            continue;
        }
        for (size_t k = i; k < end; k++) {
            if (k > i && pieces[k].slot == slot)
                append(margin, " ", 1);
            for (; slot < pieces[k].slot; slot++)
                append_mark(margin, '\t');
            append(margin, pieces[k].text, strlen(pieces[k].text));
        }
        append_mark(margin, '\n');
        i = end;
    }
}

/* The digits around or after `at`: their start, their count and value; false when there are none,
 * too many, or such as a page number would not be printed with ("007"). */
static bool read_number(const struct docx_margin_text *margin, size_t at, size_t *ret_start,
                        size_t *ret_length, int32_t *ret_value)
{
    size_t start = at;
    size_t end = at;
    int32_t value = 0;

    while (start > 0 && ascii_is_digit(margin->text[start - 1]))
        start--;
    while (ascii_is_digit(margin->text[end]))
        end++;
    if (end == start || end - start > NUMBER_DIGITS_MAX || margin->text[start] == '0')
        return false;
    for (size_t i = start; i < end; i++)
        value = value * 10 + (margin->text[i] - '0');
    *ret_start = start;
    *ret_length = end - start;
    *ret_value = value;
    return true;
}

bool docx_margin_goes_on(struct docx_margin_text *margin, const struct docx_margin_text *next,
                         int32_t distance)
{
    size_t at = margin->number_start;
    size_t start;
    size_t length;
    size_t next_start;
    size_t next_length;
    int32_t number;
    int32_t next_number;

    if (margin->is_right_to_left != next->is_right_to_left)
        return false;
    if (margin->number_length == 0) {
        if (strcmp(margin->text, next->text) == 0)
            return true;
        for (at = 0; margin->text[at] == next->text[at];)
            at++;
    } else if (strncmp(margin->text, next->text, at) != 0) {
        return false;
    }
    if (!read_number(margin, at, &start, &length, &number) ||
        !read_number(next, at, &next_start, &next_length, &next_number) || start != next_start ||
        next_number != number + distance ||
        strcmp(margin->text + start + length, next->text + next_start + next_length) != 0)
        return false;
    margin->number_start = start;
    margin->number_length = length;
    margin->number = number;
    return true;
}
