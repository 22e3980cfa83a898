#include "services/export/pdf/text.h"

#include <math.h>
#include <stdlib.h>

#include "services/export/pdf/truetype.h"

enum {
    HEIGHTS_MAX_BYTES = 8 << 20,
    STARTS_MAX_BYTES = 128 << 20,
    STRIP_GLYPHS_MAX = 64,
    POSITION_DECIMALS = 2, /* of a point */
    SIZE_DECIMALS = 1,
    STRETCH_DECIMALS = 2, /* of a per cent */
    TURN_DECIMALS = 5,
    INVISIBLE = 3, /* text rendering mode, ISO 32000-1 table 106 */
};

/* A line's letters are as large as the line is thick: ascenders and descenders together make about
 * 0.95 of an em. In tables they are set smaller, which changes no box (the face makes up for it)
 * but keeps readers that look for columns from taking cells one above the other for a paragraph. */
#define SIZE_PART       1.0
#define SIZE_PART_TABLE 0.7
/* A word this many times as large as the block's letters has its own size: an initial. */
#define OUTSIZE    2.5
#define SIZE_LEAST 0.5
/* Of the size: poppler wants 0.15 to see a space, and 0.1 to part words. */
#define SPACE_GAP 0.2
/* Of the size: a glyph is no narrower, for poppler takes one that starts less than 0.1 after the
 * one before for its shadow. */
#define GLYPH_LEAST 0.13
/* Of the size: words whose baselines are half of it apart are on different lines to poppler. */
#define LIFT_MOST 0.4
/* Of the size: how far from its place a glyph may be set so that its neighbours are as wide. */
#define STRIP_TOLERANCE 0.25

void pdf_text_init(struct pdf_text *text, struct pdf_writer *writer, struct pdf_font *font)
{
    *text = (struct pdf_text){.writer = writer, .font = font};
    pdf_line_init(&text->line);
    pdf_glyphs_init(&text->glyphs);
    pdf_glyphs_init(&text->space);
    buf_init(&text->heights, HEIGHTS_MAX_BYTES);
    buf_init(&text->starts, STARTS_MAX_BYTES);
}

void pdf_text_deinit(struct pdf_text *text)
{
    pdf_line_deinit(&text->line);
    pdf_glyphs_deinit(&text->glyphs);
    pdf_glyphs_deinit(&text->space);
    buf_deinit(&text->heights);
    buf_deinit(&text->starts);
}

static void fail_memory(struct pdf_text *text)
{
    text->content->has_failed = true;
}

/* --- a word --- */

static void choose_face(struct pdf_text *text, const struct pdf_piece *piece, double size)
{
    double step = size / text->scale / PDF_FONT_STEPS; /* in pixels */
    uint32_t face =
        pdf_font_face(text->font, text->writer, (int)lround((piece->high - piece->baseline) / step),
                      (int)lround((piece->baseline - piece->low) / step));

    text->faces |= UINT64_C(1) << face;
    if (face == text->shown_face && size == text->shown_size)
        return;
    pdf_body_printf(text->content, "/F%u ", face);
    pdf_body_number(text->content, size, SIZE_DECIMALS);
    pdf_body_append(text->content, "Tf\n", 3);
    text->shown_face = face;
    text->shown_size = size;
}

/* Shows glyphs over `length` pixels. */
static void show(struct pdf_text *text, const struct pdf_glyphs *glyphs, size_t first, size_t count,
                 double length, double size)
{
    double natural = (double)count * size * TRUETYPE_ADVANCE / TRUETYPE_EM;
    double stretch = fmax(0.1, 100 * length * text->scale / natural);

    if (stretch != text->shown_stretch) {
        pdf_body_number(text->content, stretch, STRETCH_DECIMALS);
        pdf_body_append(text->content, "Tz", 2);
        text->shown_stretch = stretch;
    }
    pdf_glyphs_show(glyphs, first, count, text->content);
    pdf_body_append(text->content, "Tj\n", 3);
}

/* --- words without spaces between them --- */

/* The start of each glyph of a piece, by the words' places: none before the one ahead of it, none
 * narrower than `least`. And the end of the last one. */
static bool find_starts(struct pdf_text *text, const struct pdf_piece *piece, double least)
{
    size_t count = pdf_glyphs_count(&text->glyphs), stop = 0;

    buf_clear(&text->starts);
    for (size_t i = 0; i < count; i++) {
        size_t offset = piece->text_offset + pdf_glyphs_offset(&text->glyphs, i);
        const struct pdf_stop *stops = pdf_line_stop(&text->line, piece->first_stop);
        double start;

        while (stop + 1 < piece->stop_count && stops[stop + 1].text_offset <= offset)
            stop++;
        bool is_last = stop + 1 == piece->stop_count;
        size_t end_offset =
            is_last ? piece->text_offset + piece->text_length : stops[stop + 1].text_offset;
        double end = is_last ? piece->end : stops[stop + 1].start;
        start = stops[stop].start + (end - stops[stop].start) *
                                        (double)(offset - stops[stop].text_offset) /
                                        (double)(end_offset - stops[stop].text_offset);
        if (!buf_append(&text->starts, &start, sizeof(start)))
            return false;
    }
    if (!buf_append(&text->starts, &piece->end, sizeof(piece->end)))
        return false;
    double *starts = (double *)text->starts.data;
    starts[0] = piece->start;
    for (size_t i = 1; i < count; i++)
        starts[i] = fmax(starts[i], starts[i - 1] + least);
    for (size_t i = count; i-- > 1;)
        starts[i] = fmin(starts[i], starts[i + 1] - least);
    return true;
}

/* How many glyphs from `first` on may be set equally wide. */
static size_t strip_length(const double *starts, size_t first, size_t count, double tolerance)
{
    size_t best = 1;

    for (size_t length = 2; length <= STRIP_GLYPHS_MAX && first + length <= count; length++) {
        double step = (starts[first + length] - starts[first]) / (double)length;
        size_t i = 1;

        while (i < length &&
               fabs(starts[first + i] - starts[first] - step * (double)i) <= tolerance)
            i++;
        if (i < length)
            break;
        best = length;
    }
    return best;
}

static void show_strips(struct pdf_text *text, const struct pdf_piece *piece, double size)
{
    size_t count = pdf_glyphs_count(&text->glyphs), length;
    double em = size / text->scale;
    double least = fmin(GLYPH_LEAST * em, (piece->end - piece->start) / (double)count);

    if (!find_starts(text, piece, least)) {
        fail_memory(text);
        return;
    }
    const double *starts = (const double *)text->starts.data;
    for (size_t first = 0; first < count; first += length) {
        length = strip_length(starts, first, count, STRIP_TOLERANCE * em);
        show(text, &text->glyphs, first, length, starts[first + length] - starts[first], size);
    }
}

/* --- places --- */

/* As it is written. */
static double rounded(double points)
{
    return round(points * 100) / 100;
}

static void set_matrix(struct pdf_text *text, double s, double t)
{
    const struct pdf_line *line = &text->line;
    struct pdf_body *content = text->content;
    double x = s * line->ux + t * line->uy, y = s * line->uy - t * line->ux;

    pdf_body_number(content, line->ux, TURN_DECIMALS);
    pdf_body_number(content, -line->uy, TURN_DECIMALS);
    pdf_body_number(content, line->uy, TURN_DECIMALS);
    pdf_body_number(content, line->ux, TURN_DECIMALS);
    pdf_body_number(content, x * text->scale, POSITION_DECIMALS);
    pdf_body_number(content, (text->height - y) * text->scale, POSITION_DECIMALS);
    pdf_body_append(content, "Tm\n", 3);
}

/* Goes to a point of the line's frame. */
static void go(struct pdf_text *text, double s, double t)
{
    double to_s = rounded(s * text->scale), to_t = rounded(t * text->scale);

    if (text->has_place) {
        pdf_body_number(text->content, to_s - text->shown_s, POSITION_DECIMALS);
        pdf_body_number(text->content, to_t - text->shown_t, POSITION_DECIMALS);
        pdf_body_append(text->content, "Td\n", 3);
    } else {
        set_matrix(text, s, t);
        text->has_place = true;
    }
    text->shown_s = to_s;
    text->shown_t = to_t;
}

/* --- a line --- */

/* The glyphs of a piece, over its length. */
static void show_piece(struct pdf_text *text, const struct pdf_piece *piece, double size)
{
    go(text, piece->start, piece->baseline);
    if (!text->glyphs.is_right_to_left && piece->stop_count > 1)
        show_strips(text, piece, size);
    else
        show(text, &text->glyphs, 0, pdf_glyphs_count(&text->glyphs), piece->end - piece->start,
             size);
}

/* A space between two pieces, in the gap where there is one. */
static void show_space(struct pdf_text *text, const struct pdf_piece *piece,
                       const struct pdf_piece *next, double size)
{
    double least = SPACE_GAP / 4 * size / text->scale;

    show(text, &text->space, 0, 1, fmax(next->start - piece->end, least), size);
}

/* Makes a piece fit for readers: wide enough for its glyphs, and a box that hangs above the line,
 * as that of "*" does, on a baseline of its own, for no descent is above one. */
static void adjust(const struct pdf_text *text, struct pdf_piece *piece, double size)
{
    double em = size / text->scale;
    size_t count = pdf_glyphs_count(&text->glyphs);

    if (count > 1)
        piece->end = fmax(piece->end, piece->start + (double)count * GLYPH_LEAST * em);
    if (piece->low > piece->baseline)
        piece->baseline += fmin(piece->low - piece->baseline, LIFT_MOST * em);
}

static void set_line(struct pdf_text *text)
{
    size_t count = pdf_line_count(&text->line);

    text->has_place = false;
    pdf_line_space(&text->line, SPACE_GAP * text->size / text->scale);
    for (size_t i = 0; i < count; i++) {
        struct pdf_piece *piece = pdf_line_piece(&text->line, i);
        double height = (piece->high - piece->low) * text->scale;
        double size = height > OUTSIZE * text->size ? height : text->size;

        if (!pdf_glyphs_set(&text->glyphs, text->font, pdf_line_text(&text->line, piece))) {
            fail_memory(text);
            return;
        }
        if (pdf_glyphs_count(&text->glyphs) == 0)
            continue;
        adjust(text, piece, size);
        choose_face(text, piece, size);
        show_piece(text, piece, size);
        if (i + 1 < count)
            show_space(text, piece, piece + 1, size);
    }
}

/* --- a block --- */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Chooses the size of a block's letters: by the middle one of its lines' thicknesses. */
static void choose_size(struct pdf_text *text, double part)
{
    double *heights = (double *)text->heights.data;
    size_t count = text->heights.length / sizeof(*heights);

    qsort(heights, count, sizeof(*heights), compare_doubles);
    double size = part * heights[count / 2] * text->scale;
    text->size = fmax(SIZE_LEAST, round(size * 10) / 10);
}

static bool note_height(struct pdf_text *text)
{
    return pdf_line_count(&text->line) == 0 ||
           buf_append(&text->heights, &text->line.thickness, sizeof(text->line.thickness));
}

static void set_lines(struct pdf_text *text, const Ocrmesh__Document__V1__Block *block)
{
    bool is_table = block->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE;

    buf_clear(&text->heights);
    for (size_t i = 0; i < block->n_lines; i++) {
        if (!pdf_line_set(&text->line, block->lines[i], block->direction, text->width,
                          text->height) ||
            !note_height(text)) {
            fail_memory(text);
            return;
        }
    }
    if (text->heights.length == 0)
        return;
    choose_size(text, is_table ? SIZE_PART_TABLE : SIZE_PART);
    for (size_t i = 0; i < block->n_lines; i++) {
        if (!pdf_line_set(&text->line, block->lines[i], block->direction, text->width,
                          text->height)) {
            fail_memory(text);
            return;
        }
        set_line(text);
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
        text->size = fmax(SIZE_LEAST, round(text->line.thickness * text->scale * 10) / 10);
        set_line(text);
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
                   struct pdf_body *content, uint64_t *ret_faces)
{
    size_t before = content->text.length;

    text->content = content;
    text->faces = 0;
    text->scale = scale;
    text->width = page->width;
    text->height = page->height;
    text->shown_face = PDF_FONT_FACES_MAX;
    text->shown_stretch = -1;
    if (!pdf_glyphs_set(&text->space, text->font, STR(" ")))
        fail_memory(text);
    pdf_body_printf(content, "BT %d Tr\n", INVISIBLE);
    for (size_t i = 0; i < page->n_blocks; i++)
        set_block(text, page->blocks[i]);
    pdf_body_printf(content, "ET\n");
    *ret_faces = text->faces;
    if (text->faces == 0)
        content->text.length = before;
}
