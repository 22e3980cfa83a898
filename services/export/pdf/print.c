#include "services/export/pdf/print.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    CONTENT_MAX_BYTES = 64 << 20,
    NAMES_MAX_BYTES = 2 << 20,
    ENTRIES_MAX_BYTES = NAMES_MAX_BYTES + 256,
    SCALE_DECIMALS = 5,
    PLACE_DECIMALS = 2,
};

/* Letters fill their box, but are no more than this much wider than they are, or higher. */
#define STRETCH_MOST 1.6
/* Where no letter of a line tells, the em is this many times its thickness. */
#define EM_UNKNOWN  1.05
#define EM_MOST     8.0
#define NOTICE_GREY "0.4 g\n"

void pdf_print_init(struct pdf_print *print, struct pdf_writer *writer)
{
    *print = (struct pdf_print){.writer = writer, .shaped = hb_buffer_create()};
    pdf_body_init(&print->content, CONTENT_MAX_BYTES);
    pdf_body_init(&print->names, NAMES_MAX_BYTES);
}

void pdf_print_deinit(struct pdf_print *print)
{
    if (print->shaped != NULL)
        hb_buffer_destroy(print->shaped);
    pdf_typefaces_deinit(&print->typefaces);
    pdf_body_deinit(&print->content);
    pdf_body_deinit(&print->names);
}

void pdf_print_begin(struct pdf_print *print, const char *language)
{
    pdf_body_clear(&print->content);
    pdf_body_clear(&print->names);
    print->language = language;
    print->page++;
    print->missing_words = 0;
}

/* --- shapes --- */

struct glyphs {
    const hb_glyph_info_t *infos;
    const hb_glyph_position_t *places;
    unsigned count;
};

/* The glyphs of a word, in the order in which they are seen; valid until the next call. */
static struct glyphs shape(struct pdf_print *print, const struct pdf_typeface *face,
                           struct str text, bool is_vertical)
{
    struct glyphs glyphs;

    hb_buffer_clear_contents(print->shaped);
    hb_buffer_add_utf8(print->shaped, text.p, (int)text.n, 0, (int)text.n);
    if (is_vertical)
        hb_buffer_set_direction(print->shaped, HB_DIRECTION_TTB);
    hb_buffer_guess_segment_properties(print->shaped);
    hb_shape(face->font, print->shaped, NULL, 0);
    glyphs.infos = hb_buffer_get_glyph_infos(print->shaped, &glyphs.count);
    glyphs.places = hb_buffer_get_glyph_positions(print->shaped, &glyphs.count);
    return glyphs;
}

/* How far glyphs go along their line, in ems. */
static double length_of(const struct glyphs *glyphs, const struct pdf_typeface *face,
                        bool is_vertical)
{
    double sum = 0;

    for (unsigned i = 0; i < glyphs->count; i++)
        sum += is_vertical ? -glyphs->places[i].y_advance : glyphs->places[i].x_advance;
    return sum / face->em;
}

/* A frame on the page: where the word starts, which way it runs, and pixels an em along and across.
 */
struct frame {
    double x, y, ux, uy;
    double along, across;
};

static void use_form(struct pdf_print *print, struct pdf_glyph_form *form)
{
    if (form->page != print->page)
        pdf_body_printf(&print->names, "/G%" PRIu32 " %" PRIu32 " 0 R", form->number, form->number);
    form->page = print->page;
}

/* Within a word places are in units of the font: whole numbers, and few different ones. */
static void show(struct pdf_print *print, struct pdf_typeface *face, const struct glyphs *glyphs,
                 const struct frame *frame)
{
    double along = frame->along / face->em, across = frame->across / face->em;
    hb_position_t s = 0, t = 0, shown_s = 0, shown_t = 0;
    struct pdf_body *content = &print->content;

    pdf_body_append(content, "q ", 2);
    pdf_body_number(content, along * frame->ux, SCALE_DECIMALS);
    pdf_body_number(content, along * frame->uy, SCALE_DECIMALS);
    pdf_body_number(content, across * frame->uy, SCALE_DECIMALS);
    pdf_body_number(content, -across * frame->ux, SCALE_DECIMALS);
    pdf_body_number(content, frame->x, PLACE_DECIMALS);
    pdf_body_number(content, frame->y, PLACE_DECIMALS);
    pdf_body_append(content, "cm\n", 3);
    for (unsigned i = 0; i < glyphs->count; i++) {
        const hb_glyph_position_t *place = &glyphs->places[i];
        struct pdf_glyph_form *form =
            pdf_typefaces_form(&print->typefaces, face, glyphs->infos[i].codepoint, print->writer);
        hb_position_t to_s = s + place->x_offset, to_t = t + place->y_offset;

        s += place->x_advance;
        t += place->y_advance;
        if (form == NULL)
            continue;
        use_form(print, form);
        if (to_s != shown_s || to_t != shown_t)
            pdf_body_printf(content, "1 0 0 1 %d %d cm", to_s - shown_s, to_t - shown_t);
        pdf_body_printf(content, "/G%" PRIu32 " Do\n", form->number);
        shown_s = to_s;
        shown_t = to_t;
    }
    pdf_body_append(content, "Q\n", 2);
}

/* --- a line --- */

static bool is_vertical(const struct pdf_line *line, const struct pdf_typeface *face)
{
    return face->is_vertical && line->ux == 0 && line->uy == 1;
}

/* Pixels an em: what makes the letters as high as the line is thick. */
static double find_em(struct pdf_print *print, const struct pdf_line *line)
{
    double top = 0, bottom = 0;

    for (size_t i = 0; i < pdf_line_count(line); i++) {
        struct str text = pdf_line_text(line, pdf_line_piece(line, i));
        struct pdf_typeface *face = pdf_typefaces_find(&print->typefaces, text, print->language);

        if (face == NULL)
            continue;
        struct glyphs glyphs = shape(print, face, text, false);
        for (unsigned k = 0; k < glyphs.count; k++) {
            hb_glyph_extents_t box;

            if (!hb_font_get_glyph_extents(face->font, glyphs.infos[k].codepoint, &box))
                continue;
            double high = box.y_bearing + glyphs.places[k].y_offset;
            top = fmax(top, high / face->em);
            bottom = fmin(bottom, (high + box.height) / face->em);
        }
    }
    if (top - bottom <= 1 / EM_MOST)
        return EM_UNKNOWN * line->thickness;
    return line->thickness / (top - bottom);
}

static void show_piece(struct pdf_print *print, const struct pdf_line *line,
                       const struct pdf_piece *piece, double em)
{
    struct str text = pdf_line_text(line, piece);
    struct pdf_typeface *face = pdf_typefaces_find(&print->typefaces, text, print->language);

    if (face == NULL) {
        print->missing_words++;
        return;
    }
    bool vertical = is_vertical(line, face);
    struct glyphs glyphs = shape(print, face, text, vertical);
    double length = length_of(&glyphs, face, vertical), wanted = piece->end - piece->start;
    if (length <= 0)
        return;
    struct frame frame = {.ux = line->ux, .uy = line->uy};
    double t = piece->baseline;
    if (vertical) { /* upright letters, one below the other, from the middle of the column */
        frame.ux = 1;
        frame.uy = 0;
        t = (piece->low + piece->high) / 2;
        frame.across = wanted / length;
        frame.along = fmin(frame.across, STRETCH_MOST * (piece->high - piece->low));
    } else {
        frame.across = fmin(em, STRETCH_MOST * wanted / length);
        frame.along = fmin(wanted / length, STRETCH_MOST * em);
    }
    frame.x = piece->start * line->ux + t * line->uy;
    frame.y = piece->start * line->uy - t * line->ux;
    show(print, face, &glyphs, &frame);
}

void pdf_print_line(struct pdf_print *print, const struct pdf_line *line)
{
    double em = find_em(print, line);

    for (size_t i = 0; i < pdf_line_count(line); i++)
        show_piece(print, line, pdf_line_piece(line, i), em);
}

void pdf_print_notice(struct pdf_print *print, const char *text, double x, double baseline,
                      double size)
{
    struct frame frame = {.x = x, .y = baseline, .ux = 1, .along = size, .across = size};
    struct pdf_typeface *face = pdf_typefaces_find(&print->typefaces, str_of(text), NULL);

    if (face == NULL)
        return;
    struct glyphs glyphs = shape(print, face, str_of(text), false);
    pdf_body_append(&print->content, "q " NOTICE_GREY, strlen("q " NOTICE_GREY));
    show(print, face, &glyphs, &frame);
    pdf_body_append(&print->content, "Q\n", 2);
}

/* --- the form --- */

void pdf_print_end(struct pdf_print *print, uint32_t width, uint32_t height, double scale,
                   struct pdf_picture *ret_picture)
{
    const double matrix[6] = {scale, 0, 0, -scale, 0, height * scale};
    struct pdf_body entries;

    ret_picture->number = 0;
    pdf_writer_check(print->writer, &print->content);
    pdf_writer_check(print->writer, &print->names);
    if (print->content.text.length == 0)
        return;
    pdf_body_init(&entries, ENTRIES_MAX_BYTES);
    pdf_body_printf(&entries, "/Type/XObject/Subtype/Form/BBox[0 0 ");
    pdf_body_number(&entries, width, 0); /* PDF/A has no integers of 32 bits without a sign */
    pdf_body_number(&entries, height, 0);
    pdf_body_printf(&entries, "]/Resources<</XObject<<");
    pdf_body_append(&entries, print->names.text.data, print->names.text.length);
    pdf_body_printf(&entries, ">>>>");
    pdf_writer_check(print->writer, &entries);
    ret_picture->number = pdf_writer_reserve(print->writer);
    memcpy(ret_picture->matrix, matrix, sizeof(matrix));
    pdf_writer_stream(print->writer, ret_picture->number, buf_str(&entries.text),
                      buf_str(&print->content.text));
    pdf_body_deinit(&entries);
}
