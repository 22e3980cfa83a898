#include "services/ocr/worker/engine/neural/detect.h"

#include <math.h>
#include <string.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/engine/neural/map_head.h"

enum {
    CHANNELS = 3,
    SIDE_MULTIPLE = 32,
    /* Narrower pages are looked at larger: RapidOCR's limit_side_len. */
    SIDE_MIN = 736,
    /* Longer pages are looked at smaller; A4 then has 11 point type on lines of 20 pixels. */
    SIDE_MAX = 1472,
    /* And once more at this, when most lines turn out to be lower than LINE_MIN. */
    SIDE_MAX_FINE = 2432,
    LINE_MIN = 13,
    /* The network takes 200 bytes for each pixel that it looks at: larger pages are looked at in
     * bands, each with some rows above and beneath, a few lines' worth. */
    BAND_PIXELS_MAX = 1750000,
    BAND_MARGIN = 96,
};

struct detector {
    struct network *network;
    struct map_head *head;
};

status_code detector_new(struct runtime *runtime, struct detector **ret_detector, struct status *st)
{
    _cleanup_(detector_freep) struct detector *detector = calloc(1, sizeof(*detector));
    _cleanup_(map_head_layers_deinit) struct map_head_layers layers = {0};
    const struct onnx_rewrite rewrite = {.map_head = &layers};

    if (detector == NULL)
        return FAIL_MEMORY(st);
    TRY(network_load(runtime, "PP-OCRv6_det_small.onnx", &rewrite, false, &detector->network, st));
    TRY(map_head_new(&layers, &detector->head, st));
    *ret_detector = TAKE(detector);
    return STATUS_OK;
}

void detector_free(struct detector *detector)
{
    if (detector == NULL)
        return;
    network_free(detector->network);
    map_head_free(detector->head);
    free(detector);
}

static int32_t to_multiple(float side)
{
    int32_t multiple = (int32_t)lroundf(side / SIDE_MULTIPLE) * SIDE_MULTIPLE;

    return multiple < SIDE_MULTIPLE ? SIDE_MULTIPLE : multiple;
}

/* How much smaller a page is made. */
static float choose_scale(const struct raster *page, float side_max)
{
    float width = (float)page->width, height = (float)page->height;
    float larger = fmaxf(width, height), smaller = fminf(width, height), scale = 1;

    if (smaller < SIDE_MIN)
        scale = SIDE_MIN / smaller;
    return larger * scale > side_max ? side_max / larger : scale;
}

/* Rows from y0 on, `height` of them. */
struct band {
    int32_t y0;
    int32_t height;
};

/* Looks at a band of the page's picture, with what lies around it, and writes its part of the map.
 */
static status_code map_band(struct detector *detector, const struct raster_target *picture,
                            struct band band, float *map, struct status *st)
{
    size_t width = (size_t)picture->width;
    int32_t top = band.y0 < BAND_MARGIN ? band.y0 : BAND_MARGIN;
    int32_t below = picture->height - band.y0 - band.height;
    size_t rows = (size_t)(top + band.height + (below < BAND_MARGIN ? below : BAND_MARGIN));
    size_t plane = rows * width;
    _cleanup_(freep) float *input = malloc(CHANNELS * plane * sizeof(*input));
    const size_t sides[NETWORK_RANK_MAX] = {1, CHANNELS, rows, width};
    struct tensor seen;

    if (input == NULL)
        return FAIL_PAGE_MEMORY(st);
    for (size_t channel = 0; channel < CHANNELS; channel++)
        memcpy(input + channel * plane, picture->values + (size_t)(band.y0 - top) * width,
               plane * sizeof(*input));
    TRY(network_run(detector->network, input, sides, st));
    TRY(network_output(detector->network, 0, &seen, st));
    size_t columns = width / MAP_HEAD_CELL;
    if (seen.sides[1] != map_head_inputs(detector->head) || seen.sides[2] != rows / MAP_HEAD_CELL ||
        seen.sides[3] != columns)
        return FAIL(st, STATUS_INTERNAL, NULL, "text detection gives a map of another size");
    const struct map_head_cells cells = {
        .features = seen.values + (size_t)top / MAP_HEAD_CELL * columns,
        .plane = seen.sides[2] * columns,
        .width = columns,
        .height = (size_t)band.height / MAP_HEAD_CELL,
    };
    map_head_run(detector->head, &cells, map + (size_t)band.y0 * width);
    return STATUS_OK;
}

static status_code find_at(struct detector *detector, const struct raster *page, float scale,
                           struct arena *arena, struct text_box **ret_boxes, size_t *ret_count,
                           struct status *st)
{
    const float grey_to_unit = 2.0f / UINT8_MAX;
    int32_t width = to_multiple((float)page->width * scale);
    int32_t height = to_multiple((float)page->height * scale);
    size_t size = (size_t)width * (size_t)height * sizeof(float);
    _cleanup_(freep) float *values = malloc(size);
    _cleanup_(freep) float *map = malloc(size);
    const struct raster_target picture = {values, (size_t)width, width, height, grey_to_unit, -1};
    int32_t rows_max = to_multiple((float)BAND_PIXELS_MAX / (float)width);

    if (values == NULL || map == NULL || !raster_scale(page, &picture, arena))
        return FAIL_PAGE_MEMORY(st);
    if (height <= rows_max + BAND_MARGIN)
        rows_max = height;
    for (int32_t y = 0; y < height; y += rows_max) {
        struct band band = {y, height - y < rows_max ? height - y : rows_max};
        TRY(map_band(detector, &picture, band, map, st));
    }
    const struct text_map text = {map, width, height};
    return text_map_find_boxes(&text, (float)page->width / (float)width,
                               (float)page->height / (float)height, arena, ret_boxes, ret_count,
                               st);
}

/* True when most boxes are lower than `height`; the shorter sides count, so that it does not matter
 * how they lie. */
static bool are_low(const struct text_box *boxes, size_t count, float height)
{
    size_t low = 0;

    for (size_t i = 0; i < count; i++) {
        const struct point *corners = boxes[i].corners;
        float along = hypotf(corners[1].x - corners[0].x, corners[1].y - corners[0].y);
        float across = hypotf(corners[3].x - corners[0].x, corners[3].y - corners[0].y);
        low += fminf(along, across) < height;
    }
    return low * 2 > count;
}

/* The part of a page that is inked, with some white around it; false for one without ink. */
static bool find_ink(const struct raster *page, struct bbox *ret_ink)
{
    /* Darker than paper, and than what shines through it. */
    enum { INK_MAX = 128, MARGIN = 48 };
    struct bbox ink = {0};

    for (int32_t y = 0; y < page->height; y++) {
        const uint8_t *row = page->pixels + (size_t)y * (size_t)page->width;
        for (int32_t x = 0; x < page->width; x++)
            if (row[x] < INK_MAX)
                ink = bbox_union(ink, (struct bbox){x, y, x + 1, y + 1});
    }
    if (bbox_area(ink) == 0)
        return false;
    *ret_ink =
        (struct bbox){ink.x0 > MARGIN ? ink.x0 - MARGIN : 0, ink.y0 > MARGIN ? ink.y0 - MARGIN : 0,
                      ink.x1 + MARGIN < page->width ? ink.x1 + MARGIN : page->width,
                      ink.y1 + MARGIN < page->height ? ink.y1 + MARGIN : page->height};
    return true;
}

/* Looks at what is inked alone: the network overlooks a few words on a page that is else empty. */
static status_code find_in_ink(struct detector *detector, const struct raster *page,
                               struct arena *arena, struct text_box **ret_boxes, size_t *ret_count,
                               struct status *st)
{
    struct bbox ink;
    struct raster part;

    if (!find_ink(page, &ink))
        return STATUS_OK;
    float x0 = (float)ink.x0, y0 = (float)ink.y0, x1 = (float)ink.x1, y1 = (float)ink.y1;
    const struct point corners[] = {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}};
    if (!raster_cut(page, corners, arena, &part))
        return FAIL_PAGE_MEMORY(st);
    TRY(find_at(detector, &part, choose_scale(&part, SIDE_MAX), arena, ret_boxes, ret_count, st));
    for (size_t i = 0; i < *ret_count; i++)
        for (size_t corner = 0; corner < ARRAY_LENGTH((*ret_boxes)[i].corners); corner++) {
            (*ret_boxes)[i].corners[corner].x += x0;
            (*ret_boxes)[i].corners[corner].y += y0;
        }
    return STATUS_OK;
}

status_code detector_find(struct detector *detector, const struct raster *page, struct arena *arena,
                          struct text_box **ret_boxes, size_t *ret_count, struct status *st)
{
    float scale = choose_scale(page, SIDE_MAX), fine = choose_scale(page, SIDE_MAX_FINE);

    TRY(find_at(detector, page, scale, arena, ret_boxes, ret_count, st));
    if (*ret_count == 0)
        return find_in_ink(detector, page, arena, ret_boxes, ret_count, st);
    if (fine > scale && are_low(*ret_boxes, *ret_count, LINE_MIN / scale))
        return find_at(detector, page, fine, arena, ret_boxes, ret_count, st);
    return STATUS_OK;
}
