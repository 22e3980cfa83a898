#include "services/ocr/worker/engine/neural/raster.h"

#include <math.h>
#include <string.h>

#include <allheaders.h>

static void copy_pixels(const struct image *image, struct raster *raster)
{
    const l_uint32 *row = pixGetData(image->pix);
    size_t words = (size_t)pixGetWpl(image->pix);
    uint8_t *out = raster->pixels;

    for (int32_t y = 0; y < raster->height; y++, row += words)
        for (int32_t x = 0; x < raster->width; x++)
            *out++ = GET_DATA_BYTE(row, x);
}

bool raster_from_image(const struct image *image, struct arena *arena, struct raster *ret_raster)
{
    struct raster raster = {
        .pixels = arena_alloc(arena, (size_t)image->width * image->height),
        .width = (int32_t)image->width,
        .height = (int32_t)image->height,
    };

    if (raster.pixels == NULL)
        return false;
    copy_pixels(image, &raster);
    *ret_raster = raster;
    return true;
}

/* Where the pixels of a raster are that was turned clockwise. */
struct walk {
    ptrdiff_t start;
    ptrdiff_t right, down; /* steps */
    int32_t width, height; /* turned */
};

static struct walk walk_of(const struct raster *raster, uint32_t quarters)
{
    ptrdiff_t width = raster->width, height = raster->height;

    switch (quarters % 4) {
    case 1:
        return (struct walk){(height - 1) * width, -width, 1, raster->height, raster->width};
    case 2:
        return (struct walk){height * width - 1, -1, -width, raster->width, raster->height};
    case 3:
        return (struct walk){width - 1, width, -1, raster->height, raster->width};
    default:
        return (struct walk){0, 1, width, raster->width, raster->height};
    }
}

bool raster_is_of_image(const struct raster *raster, uint32_t quarters, const struct image *image)
{
    struct walk walk = walk_of(raster, quarters);

    if ((int32_t)image->width != walk.width || (int32_t)image->height != walk.height)
        return false;
    const l_uint32 *row = pixGetData(image->pix);
    size_t words = (size_t)pixGetWpl(image->pix);
    for (int32_t y = 0; y < walk.height; y++, row += words) {
        const uint8_t *pixel = raster->pixels + walk.start + y * walk.down;
        for (int32_t x = 0; x < walk.width; x++)
            if (pixel[x * walk.right] != GET_DATA_BYTE(row, x))
                return false;
    }
    return true;
}

void raster_turn_to_image(struct raster *raster, uint32_t quarters, const struct image *image)
{
    struct walk walk = walk_of(raster, quarters);

    raster->width = walk.width;
    raster->height = walk.height;
    copy_pixels(image, raster);
}

struct image *raster_to_image(const struct raster *raster, int32_t margin)
{
    _cleanup_(freep) uint8_t *row = NULL;
    struct image *image;
    struct status unused;
    size_t width = (size_t)raster->width + 2 * (size_t)margin;

    if (image_new((uint32_t)width, (uint32_t)(raster->height + 2 * margin), &image, &unused) !=
        STATUS_OK)
        return NULL;
    row = malloc(width);
    if (row == NULL) {
        image_free(image);
        return NULL;
    }
    memset(row, UINT8_MAX, width);
    for (int32_t y = 0; y < raster->height; y++) {
        memcpy(row + margin, raster->pixels + (size_t)y * (size_t)raster->width,
               (size_t)raster->width);
        image_put_row(image, (uint32_t)(y + margin), row);
    }
    return image;
}

/* --- Cutting --- */

static float distance(struct point a, struct point b)
{
    return hypotf(a.x - b.x, a.y - b.y);
}

static int32_t clamp(int32_t value, int32_t limit)
{
    return value < 0 ? 0 : value >= limit ? limit - 1 : value;
}

static uint8_t pixel_at(const struct raster *page, int32_t x, int32_t y)
{
    return page->pixels[(size_t)clamp(y, page->height) * (size_t)page->width +
                        (size_t)clamp(x, page->width)];
}

/* At a place between the middles of pixels, which are at halves. */
static uint8_t sample(const struct raster *page, float x, float y)
{
    float left = floorf(x - 0.5f), top = floorf(y - 0.5f);
    float right_part = x - 0.5f - left, bottom_part = y - 0.5f - top;
    int32_t x0 = (int32_t)left, y0 = (int32_t)top;
    float upper = (float)pixel_at(page, x0, y0) * (1 - right_part) +
                  (float)pixel_at(page, x0 + 1, y0) * right_part;
    float lower = (float)pixel_at(page, x0, y0 + 1) * (1 - right_part) +
                  (float)pixel_at(page, x0 + 1, y0 + 1) * right_part;

    return (uint8_t)(upper * (1 - bottom_part) + lower * bottom_part + 0.5f);
}

/* True when the parallelogram is upright and straight, so that pixels can be copied. */
static bool is_straight(const struct point corners[static 4])
{
    const float bend_max = 0.5f;

    return fabsf(corners[0].y - corners[1].y) < bend_max &&
           fabsf(corners[3].y - corners[2].y) < bend_max &&
           fabsf(corners[0].x - corners[3].x) < bend_max &&
           fabsf(corners[1].x - corners[2].x) < bend_max && corners[1].x > corners[0].x &&
           corners[3].y > corners[0].y;
}

static void copy_straight(const struct raster *page, struct point corner, struct raster *out)
{
    int32_t x0 = (int32_t)lroundf(corner.x), y0 = (int32_t)lroundf(corner.y);
    bool is_within = x0 >= 0 && out->width <= page->width - x0;

    for (int32_t y = 0; y < out->height; y++) {
        uint8_t *row = out->pixels + (size_t)y * (size_t)out->width;
        const uint8_t *from =
            page->pixels + (size_t)clamp(y0 + y, page->height) * (size_t)page->width;
        if (is_within)
            memcpy(row, from + x0, (size_t)out->width);
        for (int32_t x = 0; x < out->width && !is_within; x++)
            row[x] = from[clamp(x0 + x, page->width)];
    }
}

static void copy_turned(const struct raster *page, const struct point corners[static 4],
                        struct raster *out)
{
    struct point right = {(corners[1].x - corners[0].x) / (float)out->width,
                          (corners[1].y - corners[0].y) / (float)out->width};
    struct point down = {(corners[3].x - corners[0].x) / (float)out->height,
                         (corners[3].y - corners[0].y) / (float)out->height};

    for (int32_t y = 0; y < out->height; y++) {
        uint8_t *row = out->pixels + (size_t)y * (size_t)out->width;
        float row_x = corners[0].x + ((float)y + 0.5f) * down.x;
        float row_y = corners[0].y + ((float)y + 0.5f) * down.y;
        for (int32_t x = 0; x < out->width; x++)
            row[x] = sample(page, row_x + ((float)x + 0.5f) * right.x,
                            row_y + ((float)x + 0.5f) * right.y);
    }
}

bool raster_cut(const struct raster *page, const struct point corners[static 4],
                struct arena *arena, struct raster *ret_raster)
{
    float width = fmaxf(distance(corners[0], corners[1]), distance(corners[3], corners[2]));
    float height = fmaxf(distance(corners[0], corners[3]), distance(corners[1], corners[2]));
    struct raster out = {
        .width = (int32_t)fmaxf(1, roundf(fminf(width, PAGE_SIDE_MAX))),
        .height = (int32_t)fmaxf(1, roundf(fminf(height, PAGE_SIDE_MAX))),
    };

    out.pixels = arena_alloc(arena, (size_t)out.width * (size_t)out.height);
    if (out.pixels == NULL)
        return false;
    if (is_straight(corners))
        copy_straight(page, corners[0], &out);
    else
        copy_turned(page, corners, &out);
    *ret_raster = out;
    return true;
}

/* --- Lines --- */

/* Half-way between the darkest and the lightest; and what is rarer is ink. */
struct ink {
    uint8_t threshold;
    bool is_dark;
    uint8_t paper; /* mean of the rest */
};

static struct ink find_ink(const struct raster *line)
{
    size_t size = (size_t)line->width * (size_t)line->height, counts[2] = {0}, sums[2] = {0};
    uint8_t darkest = UINT8_MAX, lightest = 0;
    struct ink ink;

    for (size_t i = 0; i < size; i++) {
        darkest = line->pixels[i] < darkest ? line->pixels[i] : darkest;
        lightest = line->pixels[i] > lightest ? line->pixels[i] : lightest;
    }
    ink.threshold = (uint8_t)((darkest + lightest + 1) / 2);
    for (size_t i = 0; i < size; i++) {
        bool is_light = line->pixels[i] >= ink.threshold;
        counts[is_light]++;
        sums[is_light] += line->pixels[i];
    }
    ink.is_dark = counts[0] <= counts[1];
    ink.paper = (uint8_t)(sums[ink.is_dark] / counts[ink.is_dark]);
    return ink;
}

static bool is_row_empty(const struct raster *line, const struct ink *ink, int32_t y)
{
    enum { SPECKS_PER_MILLE = 5 };
    const uint8_t *row = line->pixels + (size_t)y * (size_t)line->width;
    int32_t inked = 0;

    for (int32_t x = 0; x < line->width; x++)
        inked += (row[x] < ink->threshold) == ink->is_dark;
    return inked * 1000 <= line->width * SPECKS_PER_MILLE;
}

void raster_own_rows(const struct raster *line, int32_t *ret_y0, int32_t *ret_y1)
{
    struct ink ink = find_ink(line);
    int32_t third = line->height / 3, y0 = 0, y1 = line->height;

    while (y0 < third && !is_row_empty(line, &ink, y0))
        y0++;
    while (line->height - y1 < third && !is_row_empty(line, &ink, y1 - 1))
        y1--;
    *ret_y0 = y0 < third ? y0 : 0;
    *ret_y1 = line->height - y1 < third ? y1 : line->height;
}

void raster_clear_other_rows(struct raster *line, int32_t y0, int32_t y1)
{
    struct ink ink = find_ink(line);
    size_t width = (size_t)line->width;

    memset(line->pixels, ink.paper, (size_t)y0 * width);
    memset(line->pixels + (size_t)y1 * width, ink.paper, (size_t)(line->height - y1) * width);
}

void raster_inked_columns(const struct raster *line, bool *ret_inked)
{
    struct ink ink = find_ink(line);

    memset(ret_inked, 0, (size_t)line->width * sizeof(*ret_inked));
    for (int32_t y = 0; y < line->height; y++) {
        const uint8_t *row = line->pixels + (size_t)y * (size_t)line->width;
        for (int32_t x = 0; x < line->width; x++)
            ret_inked[x] = ret_inked[x] || (row[x] < ink.threshold) == ink.is_dark;
    }
}

/* --- Scaling --- */

/* What each place of the target is made of: `taps` neighbouring places of the source. */
struct filter {
    int32_t *firsts;
    float *weights; /* taps for each place */
    int32_t taps;
};

static bool make_filter(int32_t source, int32_t target, struct arena *arena,
                        struct filter *ret_filter)
{
    float scale = (float)source / (float)target;
    float reach = fmaxf(scale, 1);
    int32_t taps = 2 * (int32_t)ceilf(reach) + 1;
    struct filter filter = {
        .firsts = ARENA_NEW_ARRAY(arena, int32_t, (size_t)target),
        .weights = ARENA_NEW_ARRAY(arena, float, (size_t)target *(size_t)taps),
        .taps = taps < source ? taps : source,
    };

    if (filter.firsts == NULL || filter.weights == NULL)
        return false;
    for (int32_t i = 0; i < target; i++) {
        float center = ((float)i + 0.5f) * scale;
        int32_t first = (int32_t)floorf(center - reach);
        float *weights = filter.weights + (size_t)i * (size_t)filter.taps;
        float sum = 0;
        int32_t start = first < 0 ? 0 : first;
        if (start > source - filter.taps)
            start = source - filter.taps;
        /* What lies beyond an edge counts for the edge. */
        for (int32_t tap = first; tap < first + taps; tap++) {
            float weight = 1 - fabsf((float)tap + 0.5f - center) / reach;
            int32_t place = clamp(tap, source) - start;
            if (weight <= 0 || place < 0 || place >= filter.taps)
                continue;
            weights[place] += weight;
            sum += weight;
        }
        for (int32_t tap = 0; tap < filter.taps; tap++)
            weights[tap] /= sum;
        filter.firsts[i] = start;
    }
    *ret_filter = filter;
    return true;
}

static void scale_row(const uint8_t *row, const struct filter *filter, int32_t width, float *out)
{
    for (int32_t x = 0; x < width; x++) {
        const float *weights = filter->weights + (size_t)x * (size_t)filter->taps;
        const uint8_t *pixels = row + filter->firsts[x];
        float sum = 0;
        for (int32_t tap = 0; tap < filter->taps; tap++)
            sum += weights[tap] * (float)pixels[tap];
        out[x] = sum;
    }
}

bool raster_scale(const struct raster *source, const struct raster_target *target,
                  struct arena *scratch)
{
    struct filter across, down;
    size_t width = (size_t)target->width;

    if (!make_filter(source->width, target->width, scratch, &across) ||
        !make_filter(source->height, target->height, scratch, &down))
        return false;
    /* Rows of the source, scaled to the target's width: the last `taps` of them. */
    float *rows = ARENA_NEW_ARRAY(scratch, float, width *(size_t)down.taps);
    if (rows == NULL)
        return false;
    int32_t next_row = 0;
    for (int32_t y = 0; y < target->height; y++) {
        const float *weights = down.weights + (size_t)y * (size_t)down.taps;
        float *out = target->values + (size_t)y * target->stride;
        if (next_row < down.firsts[y])
            next_row = down.firsts[y];
        for (; next_row < down.firsts[y] + down.taps; next_row++)
            scale_row(source->pixels + (size_t)next_row * (size_t)source->width, &across,
                      target->width, rows + (size_t)(next_row % down.taps) * width);
        for (size_t x = 0; x < width; x++)
            out[x] = target->offset;
        for (int32_t tap = 0; tap < down.taps; tap++) {
            const float *row = rows + (size_t)((down.firsts[y] + tap) % down.taps) * width;
            float weight = weights[tap] * target->gain;
            for (size_t x = 0; x < width && weight != 0; x++)
                out[x] += weight * row[x];
        }
    }
    return true;
}
