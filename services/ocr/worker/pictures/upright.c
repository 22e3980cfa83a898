#include "services/ocr/worker/pictures/upright.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>

#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/pictures/reduce.h"

/* Where points are counted from in the resampling below: 1/65536 of a pixel. */
enum { FRACTION_BITS = 16, WEIGHT_BITS = 8 };

static struct affine inverse_of(struct affine m)
{
    double determinant = m.a * m.d - m.b * m.c;

    return (struct affine){
        m.d / determinant,
        -m.b / determinant,
        -m.c / determinant,
        m.a / determinant,
        (m.c * m.f - m.d * m.e) / determinant,
        (m.b * m.e - m.a * m.f) / determinant,
    };
}

/* What of the picture shows in the box, with a pixel around it; may be empty. */
static struct bbox stored_box(struct affine to_stored, struct bbox box, struct Pix *pix)
{
    const double xs[] = {box.x0, box.x1}, ys[] = {box.y0, box.y1};
    double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;

    for (int corner = 0; corner < 4; corner++) {
        double u = xs[corner & 1], v = ys[corner >> 1];
        double x = to_stored.a * u + to_stored.c * v + to_stored.e;
        double y = to_stored.b * u + to_stored.d * v + to_stored.f;
        x0 = fmin(x0, x);
        y0 = fmin(y0, y);
        x1 = fmax(x1, x);
        y1 = fmax(y1, y);
    }
    const struct bbox all = {0, 0, pixGetWidth(pix), pixGetHeight(pix)};
    const struct bbox wanted = {(int32_t)floor(x0) - 1, (int32_t)floor(y0) - 1,
                                (int32_t)ceil(x1) + 1, (int32_t)ceil(y1) + 1};
    return bbox_intersection(wanted, all);
}

/* Between the four values around a point; the fractions have WEIGHT_BITS. */
static uint32_t blend(uint32_t v00, uint32_t v01, uint32_t v10, uint32_t v11, uint32_t x,
                      uint32_t y)
{
    const uint32_t one = 1 << WEIGHT_BITS;
    uint32_t above = v00 * (one - x) + v01 * x;
    uint32_t below = v10 * (one - x) + v11 * x;

    return (above * (one - y) + below * y + (1 << (2 * WEIGHT_BITS - 1))) >> (2 * WEIGHT_BITS);
}

static uint32_t blend_colors(uint32_t c00, uint32_t c01, uint32_t c10, uint32_t c11, uint32_t x,
                             uint32_t y)
{
    uint32_t color = 0;

    for (int shift = 8; shift < 32; shift += 8)
        color |= blend(c00 >> shift & 0xff, c01 >> shift & 0xff, c10 >> shift & 0xff,
                       c11 >> shift & 0xff, x, y)
                 << shift;
    return color;
}

/* The pixels around a point, in 1/65536 of a pixel from the middle of the first one. */
struct neighbours {
    const l_uint32 *row0, *row1;
    int32_t x0, x1;
    uint32_t x, y; /* the fractions, in WEIGHT_BITS */
};

/* False beyond the picture; at its edges the last pixels count twice. */
static bool find_neighbours(struct Pix *pix, int64_t at_x, int64_t at_y, struct neighbours *found)
{
    const int shift = FRACTION_BITS - WEIGHT_BITS, mask = (1 << WEIGHT_BITS) - 1;
    int32_t width = pixGetWidth(pix), height = pixGetHeight(pix);
    int64_t x = at_x >> FRACTION_BITS, y = at_y >> FRACTION_BITS;

    if (x < -1 || y < -1 || x >= width || y >= height)
        return false;
    int32_t y0 = y < 0 ? 0 : (int32_t)y, y1 = y + 1 < height ? (int32_t)y + 1 : height - 1;
    found->x0 = x < 0 ? 0 : (int32_t)x;
    found->x1 = x + 1 < width ? (int32_t)x + 1 : width - 1;
    found->row0 = pixGetData(pix) + (ptrdiff_t)y0 * pixGetWpl(pix);
    found->row1 = pixGetData(pix) + (ptrdiff_t)y1 * pixGetWpl(pix);
    found->x = (uint32_t)(at_x >> shift & mask);
    found->y = (uint32_t)(at_y >> shift & mask);
    return true;
}

static uint32_t sample(const struct neighbours *n, bool is_grey)
{
    if (is_grey)
        return blend(GET_DATA_BYTE(n->row0, n->x0), GET_DATA_BYTE(n->row0, n->x1),
                     GET_DATA_BYTE(n->row1, n->x0), GET_DATA_BYTE(n->row1, n->x1), n->x, n->y);
    return blend_colors(n->row0[n->x0], n->row0[n->x1], n->row1[n->x0], n->row1[n->x1], n->x, n->y);
}

/* @to_pix: from middles of pixels of what is made to those of `pix`. */
static struct Pix *resample(struct Pix *pix, struct affine to_pix, int32_t width, int32_t height)
{
    const double one = 1 << FRACTION_BITS;
    bool is_grey = pixGetDepth(pix) == 8;
    struct Pix *made = pixCreateNoInit(width, height, pixGetDepth(pix));
    int64_t step_x = llround(to_pix.a * one), step_y = llround(to_pix.b * one);

    if (made == NULL)
        return NULL;
    (void)pixSetAll(made);
    for (int32_t v = 0; v < height; v++) {
        l_uint32 *row = pixGetData(made) + (ptrdiff_t)v * pixGetWpl(made);
        int64_t x = llround((to_pix.c * v + to_pix.e) * one);
        int64_t y = llround((to_pix.d * v + to_pix.f) * one);
        for (int32_t u = 0; u < width; u++, x += step_x, y += step_y) {
            struct neighbours around;
            if (!find_neighbours(pix, x, y, &around))
                continue;
            uint32_t value = sample(&around, is_grey);
            if (is_grey)
                SET_DATA_BYTE(row, u, value);
            else
                row[u] = value;
        }
    }
    return made;
}

/* Whether no point of a picture of that size is moved by as much as half a pixel. */
static bool is_identity(struct affine m, int32_t width, int32_t height)
{
    const double same = 0.5;

    return fabs((m.a - 1) * width) + fabs(m.c * height) + fabs(m.e) < same &&
           fabs(m.b * width) + fabs((m.d - 1) * height) + fabs(m.f) < same;
}

struct Pix *upright_cut(struct Pix *pix, struct affine placement, struct bbox box, double scale)
{
    const double whole = 1e-6; /* by which a product may miss a whole number */
    int32_t width = (int32_t)fmax(1, floor((box.x1 - box.x0) * scale + whole));
    int32_t height = (int32_t)fmax(1, floor((box.y1 - box.y0) * scale + whole));
    struct affine to_stored = inverse_of(placement);
    struct bbox stored = stored_box(to_stored, box, pix);
    double shrinking =
        1 / (scale * fmax(hypot(placement.a, placement.b), hypot(placement.c, placement.d)));
    int32_t factor = (int32_t)fmax(1, fmin(shrinking + whole, REDUCE_FACTOR_MAX));

    if (bbox_area(stored) == 0)
        stored = (struct bbox){0, 0, 1, 1};
    /* From what is made, by way of the upright page and the stored picture, to its reduced part. */
    struct affine to_part =
        affine_then(affine_then(affine_scale((double)(box.x1 - box.x0) / width,
                                             (double)(box.y1 - box.y0) / height),
                                affine_translate(box.x0, box.y0)),
                    affine_then(to_stored, affine_then(affine_translate(-stored.x0, -stored.y0),
                                                       affine_scale(1.0 / factor, 1.0 / factor))));
    _cleanup_(pix_freep) struct Pix *part = reduce_part(pix, stored, factor);
    if (part == NULL)
        return NULL;
    if (is_identity(to_part, width, height) && pixGetWidth(part) == width &&
        pixGetHeight(part) == height)
        return TAKE(part);
    return resample(
        part,
        affine_then(affine_then(affine_translate(0.5, 0.5), to_part), affine_translate(-0.5, -0.5)),
        width, height);
}
