#include "services/export/pdf/line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES_MAX_BYTES = 64 << 20, STOPS_MAX_BYTES = 64 << 20, TEXT_MAX_BYTES = 16 << 20 };

/* Up to this slope (5.7 degrees) a line counts as level: poppler calls text diagonal from there. */
#define LEVEL_SLOPE_MAX 0.1
/* Where the page tells no baseline, it is thought to be this part of the line's height above its
 * lower edge. Only its being the same for all words matters. */
#define BASELINE_PART 0.2
/* Of a steep word only the upright box around it is known; its letters are thought to rise and fall
 * by these parts of the line's thickness. */
#define STEEP_ASCENT  0.75
#define STEEP_DESCENT 0.2
/* No piece is shorter or lower, in pixels. */
#define PIECE_LEAST 0.5
/* Of its length, when it makes room. */
#define KEPT_PART 0.1

void pdf_line_init(struct pdf_line *line)
{
    *line = (struct pdf_line){.ux = 1};
    buf_init(&line->pieces, PIECES_MAX_BYTES);
    buf_init(&line->stops, STOPS_MAX_BYTES);
    buf_init(&line->text, TEXT_MAX_BYTES);
}

void pdf_line_deinit(struct pdf_line *line)
{
    buf_deinit(&line->pieces);
    buf_deinit(&line->stops);
    buf_deinit(&line->text);
}

size_t pdf_line_count(const struct pdf_line *line)
{
    return line->pieces.length / sizeof(struct pdf_piece);
}

struct pdf_piece *pdf_line_piece(const struct pdf_line *line, size_t index)
{
    return (struct pdf_piece *)line->pieces.data + index;
}

struct str pdf_line_text(const struct pdf_line *line, const struct pdf_piece *piece)
{
    return (struct str){line->text.data + piece->text_offset, piece->text_length};
}

const struct pdf_stop *pdf_line_stop(const struct pdf_line *line, size_t index)
{
    return (const struct pdf_stop *)line->stops.data + index;
}

/* --- the frame --- */

struct box {
    double x0, y0, x1, y1;
};

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* Within the page, and not empty. */
static struct box box_on_page(const Ocrmesh__Document__V1__BoundingBox *box, uint32_t width,
                              uint32_t height)
{
    struct box cut = {0, 0, PIECE_LEAST, PIECE_LEAST};

    if (box == NULL)
        return cut;
    cut.x0 = clamp(box->x0, 0, width - PIECE_LEAST);
    cut.y0 = clamp(box->y0, 0, height - PIECE_LEAST);
    cut.x1 = clamp(box->x1, cut.x0 + PIECE_LEAST, width);
    cut.y1 = clamp(box->y1, cut.y0 + PIECE_LEAST, height);
    return cut;
}

/* The baseline as told; false when it is not known or tells no direction. */
static bool told_baseline(const Ocrmesh__Document__V1__Baseline *told, struct box *ret_baseline)
{
    if (told == NULL || !isfinite(told->x0) || !isfinite(told->y0) || !isfinite(told->x1) ||
        !isfinite(told->y1))
        return false;
    *ret_baseline = (struct box){told->x0, told->y0, told->x1, told->y1};
    return hypot((double)told->x1 - told->x0, (double)told->y1 - told->y0) >= 1;
}

/* The frame of a line with that baseline; true when it is upright, and then *ret_slope is by how
 * much t grows with s. */
static bool choose_frame(struct pdf_line *line, bool is_vertical, const struct box *baseline,
                         double *ret_slope)
{
    *ret_slope = 0;
    line->ux = is_vertical ? 0 : 1;
    line->uy = is_vertical ? 1 : 0;
    if (baseline == NULL)
        return true;
    double dx = baseline->x1 - baseline->x0, dy = baseline->y1 - baseline->y0;
    double length = hypot(dx, dy), ux = dx / length, uy = dy / length;

    line->ux = fabs(ux) >= fabs(uy) ? copysign(1, ux) : 0;
    line->uy = fabs(ux) >= fabs(uy) ? 0 : copysign(1, uy);
    double along = ux * line->ux + uy * line->uy, across = ux * line->uy - uy * line->ux;
    if (fabs(across) <= LEVEL_SLOPE_MAX * along) {
        *ret_slope = across / along;
        return true;
    }
    line->ux = ux;
    line->uy = uy;
    return false;
}

static double s_of(const struct pdf_line *line, double x, double y)
{
    return x * line->ux + y * line->uy;
}

static double t_of(const struct pdf_line *line, double x, double y)
{
    return x * line->uy - y * line->ux;
}

/* Of a word in an upright frame. */
static void set_upright(const struct pdf_line *line, struct pdf_piece *piece, const struct box *box)
{
    double s0 = s_of(line, box->x0, box->y0), s1 = s_of(line, box->x1, box->y1);
    double t0 = t_of(line, box->x0, box->y0), t1 = t_of(line, box->x1, box->y1);

    piece->start = fmin(s0, s1);
    piece->end = fmax(s0, s1);
    piece->low = fmin(t0, t1);
    piece->high = fmax(t0, t1);
}

/* Of a word in a turned frame: a rectangle of length l and thickness h, turned by a, has an upright
 * box of width l cos a + h sin a and height l sin a + h cos a. */
static void set_turned(const struct pdf_line *line, struct pdf_piece *piece, const struct box *box,
                       double thickness)
{
    double width = box->x1 - box->x0, height = box->y1 - box->y0;
    double cosine = fabs(line->ux), sine = fabs(line->uy);
    double length =
        cosine > sine ? (width - thickness * sine) / cosine : (height - thickness * cosine) / sine;
    double x = (box->x0 + box->x1) / 2, y = (box->y0 + box->y1) / 2;
    double s = s_of(line, x, y), t = t_of(line, x, y);

    length = fmax(length, fmax(thickness / 4, PIECE_LEAST));
    piece->start = s - length / 2;
    piece->end = s + length / 2;
    piece->baseline = t - (STEEP_ASCENT - STEEP_DESCENT) / 2 * thickness;
    piece->low = piece->baseline - STEEP_DESCENT * thickness;
    piece->high = piece->baseline + STEEP_ASCENT * thickness;
}

/* --- words --- */

static void clear(struct pdf_line *line)
{
    buf_clear(&line->pieces);
    buf_clear(&line->stops);
    buf_clear(&line->text);
}

/* Adds a word, to the last piece or as one of its own. */
static bool add_word(struct pdf_line *line, struct str text, const struct pdf_piece *box,
                     bool joins)
{
    size_t count = pdf_line_count(line);
    struct pdf_stop stop = {line->text.length, box->start};
    struct pdf_piece *last, piece = *box;

    if (!buf_append(&line->text, text.p, text.n) || !buf_append(&line->stops, &stop, sizeof(stop)))
        return false;
    if (!joins || count == 0) {
        piece.text_offset = stop.text_offset;
        piece.text_length = text.n;
        piece.first_stop = line->stops.length / sizeof(stop) - 1;
        piece.stop_count = 1;
        return buf_append(&line->pieces, &piece, sizeof(piece));
    }
    last = pdf_line_piece(line, count - 1);
    last->text_length += text.n;
    last->stop_count++;
    last->start = fmin(last->start, piece.start);
    last->end = fmax(last->end, piece.end);
    last->low = fmin(last->low, piece.low);
    last->high = fmax(last->high, piece.high);
    return true;
}

/* Thickness of a steep line: its words' boxes are too large, but their area tells. A line's own
 * box of width w and height h holds a strip of length l: w h = (l c + d s)(l s + d c). */
static double steep_thickness(const struct pdf_line *line, const struct box *baseline,
                              const struct box *box)
{
    double length = hypot(baseline->x1 - baseline->x0, baseline->y1 - baseline->y0);
    double width = box->x1 - box->x0, height = box->y1 - box->y0;
    double cosine = fabs(line->ux), sine = fabs(line->uy);

    return fmax(PIECE_LEAST, cosine > sine ? (height - length * sine) / cosine
                                           : (width - length * cosine) / sine);
}

static void find_thickness(struct pdf_line *line)
{
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < pdf_line_count(line); i++) {
        const struct pdf_piece *piece = pdf_line_piece(line, i);

        low = fmin(low, piece->low - piece->baseline);
        high = fmax(high, piece->high - piece->baseline);
    }
    line->thickness = fmax(PIECE_LEAST, high - low);
}

/* Gives every piece of an upright frame its baseline. */
static void set_baselines(struct pdf_line *line, const struct box *baseline, double slope)
{
    double low = INFINITY, high = -INFINITY, s = 0, t;

    for (size_t i = 0; i < pdf_line_count(line); i++) {
        low = fmin(low, pdf_line_piece(line, i)->low);
        high = fmax(high, pdf_line_piece(line, i)->high);
    }
    t = low + BASELINE_PART * (high - low);
    if (baseline != NULL) {
        double told = t_of(line, baseline->x0, baseline->y0);

        s = s_of(line, baseline->x0, baseline->y0);
        /* One that does not touch its line is none. */
        if (told >= low - (high - low) && told <= high + (high - low))
            t = told;
        else
            slope = 0;
    }
    for (size_t i = 0; i < pdf_line_count(line); i++) {
        struct pdf_piece *piece = pdf_line_piece(line, i);

        piece->baseline = t + slope * ((piece->start + piece->end) / 2 - s);
    }
}

/* From left to right; where two start together, the later one in the text stands left. */
static int compare_pieces(const void *a, const void *b)
{
    const struct pdf_piece *first = a, *second = b;

    if (first->start != second->start)
        return first->start < second->start ? -1 : 1;
    return first->text_offset > second->text_offset ? -1 : 1;
}

bool pdf_line_set(struct pdf_line *line, const Ocrmesh__Document__V1__Line *source,
                  Ocrmesh__Document__V1__TextDirection direction, uint32_t width, uint32_t height)
{
    struct box baseline;
    bool has_baseline = told_baseline(source->baseline, &baseline);
    double slope, thickness = 0;
    bool is_upright, joins = false;

    if (source->direction != OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_UNSPECIFIED)
        direction = source->direction;
    clear(line);
    is_upright = choose_frame(
        line, direction == OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_TOP_TO_BOTTOM,
        has_baseline ? &baseline : NULL, &slope);
    if (!is_upright) {
        struct box box = box_on_page(source->bbox, width, height);

        thickness = steep_thickness(line, &baseline, &box);
    }
    for (size_t i = 0; i < source->n_words; i++) {
        const Ocrmesh__Document__V1__Word *word = source->words[i];
        struct box box = box_on_page(word->bbox, width, height);
        struct str text = str_of(word->text);
        struct pdf_piece piece = {0};

        if (text.n == 0)
            continue;
        if (is_upright)
            set_upright(line, &piece, &box);
        else
            set_turned(line, &piece, &box, thickness);
        if (!add_word(line, text, &piece, joins))
            return false;
        joins = word->no_space_after;
    }
    if (is_upright)
        set_baselines(line, has_baseline ? &baseline : NULL, slope);
    find_thickness(line);
    line->is_right_to_left =
        direction == OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT;
    if (line->is_right_to_left && line->pieces.length > 0)
        qsort(line->pieces.data, pdf_line_count(line), sizeof(struct pdf_piece), compare_pieces);
    return true;
}

bool pdf_line_set_text(struct pdf_line *line, struct str text,
                       const Ocrmesh__Document__V1__BoundingBox *told_box, uint32_t width,
                       uint32_t height)
{
    struct box box = box_on_page(told_box, width, height);
    struct str rest = str_trim(text), word;
    double slope, step = rest.n > 0 ? (box.x1 - box.x0) / (double)rest.n : 0, s = box.x0;

    clear(line);
    line->is_right_to_left = false;
    (void)choose_frame(line, false, NULL, &slope);
    while (str_next_token(&rest, ' ', &word)) {
        struct pdf_piece piece = {0};
        struct box part = {s, box.y0, s + fmax(PIECE_LEAST, step * (double)word.n), box.y1};

        s += step * (double)(word.n + 1);
        if (word.n == 0)
            continue;
        set_upright(line, &piece, &part);
        if (!add_word(line, word, &piece, false))
            return false;
    }
    set_baselines(line, NULL, 0);
    find_thickness(line);
    return true;
}

/* Parts two neighbours, where the second one follows the first towards larger numbers. */
static void part(struct pdf_piece *first, struct pdf_piece *second, double gap)
{
    double least = first->start + (first->end - first->start) * KEPT_PART;
    double most = second->end - (second->end - second->start) * KEPT_PART;

    if (second->start <= first->start || second->start >= first->end + gap)
        return;
    first->end = fmin(first->end, fmax(second->start - gap, least));
    second->start = fmax(second->start, fmin(first->end + gap, most));
}

void pdf_line_space(struct pdf_line *line, double gap)
{
    size_t count = pdf_line_count(line);

    for (size_t i = 0; i + 1 < count; i++)
        part(pdf_line_piece(line, i), pdf_line_piece(line, i + 1), gap);
}
