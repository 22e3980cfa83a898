#include "services/export/pdf/pen.h"

#include <math.h>

#include "services/export/pdf/truetype.h"

enum {
    POSITION_DECIMALS = 2, /* of a point */
    SIZE_DECIMALS = 1,
    STRETCH_DECIMALS = 2, /* of a per cent */
    TURN_DECIMALS = 5,
    INVISIBLE = 3, /* text rendering mode, ISO 32000-1 table 106 */
};

/* Per cent. */
#define STRETCH_LEAST 0.1

void pdf_pen_begin(struct pdf_pen *pen, struct pdf_writer *writer, struct pdf_font *font,
                   struct pdf_body *content, double scale, uint32_t height)
{
    *pen = (struct pdf_pen){.writer = writer,
                            .font = font,
                            .content = content,
                            .scale = scale,
                            .height = height,
                            .shown_face = PDF_FONT_FACES_MAX,
                            .shown_stretch = -1};
    pdf_body_printf(content, "BT %d Tr\n", INVISIBLE);
}

uint64_t pdf_pen_end(struct pdf_pen *pen)
{
    pdf_body_printf(pen->content, "ET\n");
    return pen->faces;
}

void pdf_pen_line(struct pdf_pen *pen, const struct pdf_line *line)
{
    pen->ux = line->ux;
    pen->uy = line->uy;
    pen->has_place = false;
}

static int rounded_steps(double steps, double fine_below)
{
    return (int)(steps < fine_below ? lround(steps) : 2 * lround(steps / 2));
}

void pdf_pen_face(struct pdf_pen *pen, const struct pdf_piece *piece, double size)
{
    double step = size / pen->scale / PDF_FONT_STEPS; /* in pixels */
    uint32_t face =
        pdf_font_face(pen->font, pen->writer,
                      rounded_steps((piece->high - piece->baseline) / step, PDF_FONT_FINE_BELOW),
                      rounded_steps((piece->baseline - piece->low) / step, 0));

    pen->faces |= UINT64_C(1) << face;
    if (face == pen->shown_face && size == pen->shown_size)
        return;
    pdf_body_printf(pen->content, "/F%u ", face);
    pdf_body_number(pen->content, size, SIZE_DECIMALS);
    pdf_body_append(pen->content, "Tf\n", 3);
    pen->shown_face = face;
    pen->shown_size = size;
}

/* As it is written. */
static double rounded(double points)
{
    return round(points * 100) / 100;
}

static void set_matrix(struct pdf_pen *pen, double s, double t)
{
    struct pdf_body *content = pen->content;
    double x = s * pen->ux + t * pen->uy, y = s * pen->uy - t * pen->ux;

    pdf_body_number(content, pen->ux, TURN_DECIMALS);
    pdf_body_number(content, -pen->uy, TURN_DECIMALS);
    pdf_body_number(content, pen->uy, TURN_DECIMALS);
    pdf_body_number(content, pen->ux, TURN_DECIMALS);
    pdf_body_number(content, x * pen->scale, POSITION_DECIMALS);
    pdf_body_number(content, (pen->height - y) * pen->scale, POSITION_DECIMALS);
    pdf_body_append(content, "Tm\n", 3);
}

void pdf_pen_go(struct pdf_pen *pen, double s, double t)
{
    double to_s = rounded(s * pen->scale), to_t = rounded(t * pen->scale);

    if (pen->has_place) {
        pdf_body_number(pen->content, to_s - pen->shown_s, POSITION_DECIMALS);
        pdf_body_number(pen->content, to_t - pen->shown_t, POSITION_DECIMALS);
        pdf_body_append(pen->content, "Td\n", 3);
    } else {
        set_matrix(pen, s, t);
        pen->has_place = true;
    }
    pen->shown_s = to_s;
    pen->shown_t = to_t;
}

void pdf_pen_show(struct pdf_pen *pen, const struct pdf_glyphs *glyphs, size_t first, size_t count,
                  double length)
{
    double natural = (double)count * pen->shown_size * TRUETYPE_ADVANCE / TRUETYPE_EM;
    double stretch = fmax(STRETCH_LEAST, 100 * length * pen->scale / natural);

    if (stretch != pen->shown_stretch) {
        pdf_body_number(pen->content, stretch, STRETCH_DECIMALS);
        pdf_body_append(pen->content, "Tz", 2);
        pen->shown_stretch = stretch;
    }
    pdf_glyphs_show(glyphs, first, count, pen->content);
    pdf_body_append(pen->content, "Tj\n", 3);
}
