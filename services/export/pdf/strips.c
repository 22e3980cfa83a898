#include "services/export/pdf/strips.h"

#include <math.h>

enum { STARTS_MAX_BYTES = 128 << 20, STRIP_GLYPHS_MAX = 64 };

/* Of the size: how far from its place a glyph may be set so that its neighbours are as wide. */
#define TOLERANCE 0.25

void pdf_strips_init(struct pdf_strips *strips)
{
    buf_init(&strips->starts, STARTS_MAX_BYTES);
}

void pdf_strips_deinit(struct pdf_strips *strips)
{
    buf_deinit(&strips->starts);
}

/* The start of each glyph of a piece, by the words' places: none before the one ahead of it, none
 * narrower than `least`. And the end of the last one. */
static bool find_starts(struct pdf_strips *strips, const struct pdf_line *line,
                        const struct pdf_piece *piece, const struct pdf_glyphs *glyphs,
                        double least)
{
    const struct pdf_stop *stops = pdf_line_stop(line, piece->first_stop);
    size_t count = pdf_glyphs_count(glyphs), stop = 0;

    buf_clear(&strips->starts);
    for (size_t i = 0; i < count; i++) {
        size_t offset = piece->text_offset + pdf_glyphs_offset(glyphs, i);
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
        if (!buf_append(&strips->starts, &start, sizeof(start)))
            return false;
    }
    if (!buf_append(&strips->starts, &piece->end, sizeof(piece->end)))
        return false;
    double *starts = (double *)strips->starts.data;
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

bool pdf_strips_show(struct pdf_strips *strips, struct pdf_pen *pen, const struct pdf_line *line,
                     const struct pdf_piece *piece, const struct pdf_glyphs *glyphs, double em)
{
    size_t count = pdf_glyphs_count(glyphs), length;
    double least = fmin(PDF_STRIPS_GLYPH_LEAST * em, (piece->end - piece->start) / (double)count);

    if (!find_starts(strips, line, piece, glyphs, least))
        return false;
    const double *starts = (const double *)strips->starts.data;
    for (size_t first = 0; first < count; first += length) {
        length = strip_length(starts, first, count, TOLERANCE * em);
        pdf_pen_show(pen, glyphs, first, length, starts[first + length] - starts[first]);
    }
    return true;
}
