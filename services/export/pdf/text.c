#include "services/export/pdf/text.h"

#include <math.h>
#include <stdlib.h>

enum {
    LINES_MAX_BYTES = 64 << 20,
    HEIGHTS_MAX_BYTES = 8 << 20,
};

/* A word this many times as large as the letters of its line has its own size: an initial. */
#define OUTSIZE    2.5
#define SIZE_LEAST 0.5
/* Of the size: poppler wants 0.15 to see a space, and 0.1 to part words. */
#define SPACE_GAP 0.2
/* Of the size: words whose baselines are half of it apart are on different lines to poppler. */
#define LIFT_MOST 0.4
/* Of the size: a wider gap is one between columns to poppler. */
#define WIDE_SPACE 0.8
/* Of the size: the plain spaces beside what bridges it. */
#define SPACE_EDGE 0.1
/* Of the size: spaces behind a hyphen at the end of a line, which may be close to the next column.
 */
#define LINE_END 0.04
/* Of the thickness that three in four of a block's lines do not exceed. */
#define THIN_MOST 0.5
/* Of the size: how high white space is that stands alone. */
#define FILL_ASCENT 0.5

void pdf_text_init(struct pdf_text *text, struct pdf_writer *writer, struct pdf_font *font)
{
    *text = (struct pdf_text){.writer = writer, .font = font};
    pdf_line_init(&text->line);
    pdf_glyphs_init(&text->glyphs);
    pdf_glyphs_init(&text->space);
    pdf_glyphs_init(&text->wide_space);
    buf_init(&text->lines, LINES_MAX_BYTES);
    buf_init(&text->fills, LINES_MAX_BYTES);
    buf_init(&text->heights, HEIGHTS_MAX_BYTES);
    pdf_strips_init(&text->strips);
}

void pdf_text_deinit(struct pdf_text *text)
{
    pdf_line_deinit(&text->line);
    pdf_glyphs_deinit(&text->glyphs);
    pdf_glyphs_deinit(&text->space);
    pdf_glyphs_deinit(&text->wide_space);
    buf_deinit(&text->lines);
    buf_deinit(&text->fills);
    buf_deinit(&text->heights);
    pdf_strips_deinit(&text->strips);
}

static void fail_memory(struct pdf_text *text)
{
    text->content->has_failed = true;
}

/* --- a line --- */

/* The glyphs of a piece, over its length. */
static void show_piece(struct pdf_text *text, const struct pdf_piece *piece, double size)
{
    pdf_pen_go(&text->pen, piece->start, piece->baseline);
    if (text->glyphs.is_right_to_left || piece->stop_count == 1)
        pdf_pen_show(&text->pen, &text->glyphs, 0, pdf_glyphs_count(&text->glyphs),
                     piece->end - piece->start);
    else if (!pdf_strips_show(&text->strips, &text->pen, &text->line, piece, &text->glyphs,
                              size / text->scale))
        fail_memory(text);
}

/* White space over a gap along the line. A wide one is bridged by a word of spaces, for readers
 * that look for columns; the spaces on both sides of it end the words there. */
static void show_space(struct pdf_text *text, double length, double size)
{
    double em = size / text->scale, edge = SPACE_EDGE * em;

    if (length <= WIDE_SPACE * em) {
        pdf_pen_show(&text->pen, &text->space, 0, 1, fmax(length, SPACE_GAP / 4 * em));
        return;
    }
    pdf_pen_show(&text->pen, &text->space, 0, 1, edge);
    pdf_pen_show(&text->pen, &text->wide_space, 0, 1, length - 2 * edge);
    pdf_pen_show(&text->pen, &text->space, 0, 1, edge);
}

/* Makes a piece fit for readers: wide enough for its glyphs, and a box that hangs above the line,
 * as that of "*" does, on a baseline of its own, for no descent is above one. */
static void adjust(const struct pdf_text *text, struct pdf_piece *piece, double size)
{
    double em = size / text->scale;
    size_t count = pdf_glyphs_count(&text->glyphs);

    if (count > 1)
        piece->end = fmax(piece->end, piece->start + (double)count * PDF_STRIPS_GLYPH_LEAST * em);
    if (piece->low > piece->baseline)
        piece->baseline += fmin(piece->low - piece->baseline, LIFT_MOST * em);
}

/* White space behind a hyphen: poppler drops one that ends a line. */
static void show_line_end(struct pdf_text *text, const struct pdf_piece *last, double size)
{
    struct str word = pdf_line_text(&text->line, last);
    double em = size / text->scale;

    if (text->glyphs.is_right_to_left || word.n == 0 || word.p[word.n - 1] != '-')
        return;
    pdf_pen_show(&text->pen, &text->space, 0, 1, LINE_END * em);
    pdf_pen_show(&text->pen, &text->wide_space, 0, 1, LINE_END * em);
}

/* Takes the glyphs of a piece. */
static bool take_glyphs(struct pdf_text *text, size_t index)
{
    const struct pdf_piece *piece = pdf_line_piece(&text->line, index);

    if (!pdf_glyphs_set(&text->glyphs, text->font, pdf_line_text(&text->line, piece)))
        return false;
    if (!text->line.is_right_to_left || index == 0 || text->glyphs.is_right_to_left ||
        pdf_glyphs_count(&text->glyphs) == 0)
        return true;
    /* Read before what is left of it. */
    return piece->text_offset > (piece - 1)->text_offset ||
           pdf_glyphs_part(&text->glyphs, text->font);
}

/* @size: of letters, in points. */
static void set_line(struct pdf_text *text, double size)
{
    size_t count = pdf_line_count(&text->line);

    pdf_pen_line(&text->pen, &text->line);
    pdf_line_space(&text->line, SPACE_GAP * size / text->scale);
    for (size_t i = 0; i < count; i++) {
        struct pdf_piece *piece = pdf_line_piece(&text->line, i);
        double height = (piece->high - piece->low) * text->scale;
        double piece_size = height > OUTSIZE * size ? height : size;

        if (!take_glyphs(text, i)) {
            fail_memory(text);
            return;
        }
        if (pdf_glyphs_count(&text->glyphs) == 0)
            continue;
        adjust(text, piece, piece_size);
        pdf_pen_face(&text->pen, piece, piece_size);
        show_piece(text, piece, piece_size);
        if (i + 1 < count)
            show_space(text, (piece + 1)->start - piece->end, piece_size);
        else
            show_line_end(text, piece, piece_size);
    }
}

/* --- lines of a page --- */

static double rounded_size(const struct pdf_text *text, double pixels)
{
    return fmax(SIZE_LEAST, round(pixels * text->scale * 10) / 10);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of the line that is set; y of the page. */
static double middle_baseline(const struct pdf_text *text)
{
    size_t count = pdf_line_count(&text->line);
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum -= pdf_line_piece(&text->line, i)->baseline;
    return sum / (double)count;
}

static void shift_baseline(struct pdf_text *text, double baseline)
{
    double shift = middle_baseline(text) - baseline;

    for (size_t i = 0; i < pdf_line_count(&text->line); i++)
        pdf_line_piece(&text->line, i)->baseline += shift;
}

/* Notes the line that is set: a struct pdf_run_line. */
static bool note_line(struct pdf_text *text)
{
    const struct pdf_line *line = &text->line;
    struct pdf_run_line noted = {.thickness = line->thickness, .is_level = line->ux == 1};
    size_t count = pdf_line_count(line);

    for (size_t i = 0; i < count; i++) {
        const struct pdf_piece *piece = pdf_line_piece(line, i);

        noted.x0 = i == 0 ? piece->start : fmin(noted.x0, piece->start);
        noted.x1 = i == 0 ? piece->end : fmax(noted.x1, piece->end);
        noted.y0 = i == 0 ? -piece->high : fmin(noted.y0, -piece->high);
        noted.y1 = i == 0 ? -piece->low : fmax(noted.y1, -piece->low);
    }
    if (count == 0)
        return true;
    noted.baseline = middle_baseline(text);
    return buf_append(&text->lines, &noted, sizeof(noted));
}

static struct pdf_run_line *noted_line(struct pdf_text *text, size_t index)
{
    return (struct pdf_run_line *)text->lines.data + index;
}

static size_t noted_count(const struct pdf_text *text)
{
    return text->lines.length / sizeof(struct pdf_run_line);
}

/* Lines that are in no run have letters as large as the middle one of their block is thick. One of
 * a dash or a few dots alone, as in a table, is not as thin as it looks. */
static bool set_block_size(struct pdf_text *text, size_t first)
{
    size_t count = noted_count(text) - first;
    double middle, thick;

    buf_clear(&text->heights);
    for (size_t i = 0; i < count; i++)
        if (!buf_append(&text->heights, &noted_line(text, first + i)->thickness, sizeof(double)))
            return false;
    qsort(text->heights.data, count, sizeof(double), compare_doubles);
    middle = ((const double *)text->heights.data)[count / 2];
    thick = ((const double *)text->heights.data)[count * 3 / 4];
    for (size_t i = 0; i < count; i++) {
        struct pdf_run_line *line = noted_line(text, first + i);

        line->size = middle;
        if (line->thickness < THIN_MOST * thick)
            line->thickness = thick;
    }
    return true;
}

/* Looks at the lines of the page, and finds their runs. */
static bool survey(struct pdf_text *text, const Ocrmesh__Document__V1__Page *page)
{
    buf_clear(&text->lines);
    for (size_t i = 0; i < page->n_blocks; i++) {
        const Ocrmesh__Document__V1__Block *block = page->blocks[i];
        size_t first = noted_count(text);

        for (size_t k = 0; k < block->n_lines; k++)
            if (!pdf_line_set(&text->line, block->lines[k], block->direction, text->width,
                              text->height) ||
                !note_line(text))
                return false;
        if (noted_count(text) > first && !set_block_size(text, first))
            return false;
    }
    return pdf_runs_find((struct pdf_run_line *)text->lines.data, noted_count(text), &text->fills);
}

/* The white space that goes ahead of a line. */
static void set_fills(struct pdf_text *text, size_t line, double size)
{
    const struct pdf_run_fill *fills = (const struct pdf_run_fill *)text->fills.data;
    size_t count = text->fills.length / sizeof(*fills);

    pdf_pen_line(&text->pen, &(struct pdf_line){.ux = 1});
    for (; text->next_fill < count && fills[text->next_fill].line == line; text->next_fill++) {
        const struct pdf_run_fill *fill = &fills[text->next_fill];
        struct pdf_piece piece = {.baseline = -fill->baseline};

        piece.high = piece.baseline + noted_line(text, line)->size * FILL_ASCENT;
        piece.low = piece.baseline;
        pdf_pen_face(&text->pen, &piece, size);
        pdf_pen_go(&text->pen, fill->x0, piece.baseline);
        pdf_pen_show(&text->pen, &text->wide_space, 0, 1, fill->x1 - fill->x0);
        pdf_pen_show(&text->pen, &text->space, 0, 1, SPACE_EDGE * size / text->scale);
    }
}

static void set_lines(struct pdf_text *text, const Ocrmesh__Document__V1__Block *block)
{
    for (size_t i = 0; i < block->n_lines; i++) {
        if (!pdf_line_set(&text->line, block->lines[i], block->direction, text->width,
                          text->height)) {
            fail_memory(text);
            return;
        }
        if (pdf_line_count(&text->line) == 0)
            continue;
        if (text->print != NULL)
            pdf_print_line(text->print, &text->line);
        const struct pdf_run_line *noted = noted_line(text, text->next_line);
        double size = rounded_size(text, noted->size);
        if (noted->is_level)
            shift_baseline(text, noted->baseline);
        set_fills(text, text->next_line, size);
        set_line(text, size);
        text->next_line++;
    }
}

/* Text of which only the box is known: its lines share the height. */
static void set_boxed(struct pdf_text *text, const char *content,
                      const Ocrmesh__Document__V1__BoundingBox *box)
{
    struct str rest = str_of(content), line;
    int64_t count = 1, index = 0;

    if (box == NULL || rest.n == 0)
        return;
    for (size_t i = 0; i < rest.n; i++)
        count += rest.p[i] == '\n';
    while (str_next_token(&rest, '\n', &line)) {
        Ocrmesh__Document__V1__BoundingBox part = *box;
        int64_t height = (int64_t)box->y1 - box->y0;

        part.y0 = (int32_t)(box->y0 + height * index / count);
        part.y1 = (int32_t)(box->y0 + height * (index + 1) / count);
        index++;
        if (!pdf_line_set_text(&text->line, line, &part, text->width, text->height)) {
            fail_memory(text);
            return;
        }
        if (pdf_line_count(&text->line) == 0)
            continue;
        if (text->print != NULL)
            pdf_print_line(text->print, &text->line);
        set_line(text, rounded_size(text, text->line.thickness));
    }
}

static void set_block(struct pdf_text *text, const Ocrmesh__Document__V1__Block *block)
{
    if (block->n_lines > 0) {
        set_lines(text, block);
    } else if (block->table != NULL) {
        for (size_t i = 0; i < block->table->n_cells; i++)
            set_boxed(text, block->table->cells[i]->text, block->table->cells[i]->bbox);
    } else {
        set_boxed(text, block->text, block->bbox);
    }
}

void pdf_text_page(struct pdf_text *text, const Ocrmesh__Document__V1__Page *page, double scale,
                   struct pdf_body *content, struct pdf_print *print, uint64_t *ret_faces)
{
    size_t before = content->text.length;

    text->content = content;
    text->print = print;
    text->scale = scale;
    text->width = page->width;
    text->height = page->height;
    text->next_line = 0;
    text->next_fill = 0;
    if (!pdf_glyphs_set(&text->space, text->font, STR(" ")) ||
        !pdf_glyphs_set_wide_space(&text->wide_space, text->font) || !survey(text, page)) {
        fail_memory(text);
        return;
    }
    pdf_pen_begin(&text->pen, text->writer, text->font, content, scale, page->height);
    for (size_t i = 0; i < page->n_blocks; i++)
        set_block(text, page->blocks[i]);
    *ret_faces = pdf_pen_end(&text->pen);
    if (*ret_faces == 0)
        content->text.length = before;
}
