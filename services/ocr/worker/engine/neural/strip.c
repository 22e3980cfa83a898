#include "services/ocr/worker/engine/neural/strip.h"

#include <math.h>
#include <string.h>

int32_t strip_width(const struct text_line *line, int32_t height, int32_t width_max)
{
    float line_height = fmaxf(1, text_line_height(line));
    float width = ceilf((float)height * fmaxf(1, text_line_length(line)) / line_height);

    return width > (float)width_max ? width_max : (int32_t)width;
}

bool strip_write(const struct raster *page, const struct text_line *line, int32_t width,
                 struct strip_batch *batch, size_t place, struct arena *scratch,
                 struct strip *ret_strip)
{
    const float grey_to_unit = 2.0f / UINT8_MAX;
    size_t plane = (size_t)batch->width * (size_t)batch->height;
    float *values = batch->values + place * STRIP_CHANNELS * plane;
    const struct raster_target target = {values,        (size_t)batch->width, width,
                                         batch->height, grey_to_unit,         -1};
    struct raster cut;

    memset(values, 0, plane * sizeof(*values));
    if (!raster_cut(page, line->corners, scratch, &cut) || !raster_scale(&cut, &target, scratch))
        return false;
    for (size_t channel = 1; channel < STRIP_CHANNELS; channel++)
        memcpy(values + channel * plane, values, plane * sizeof(*values));
    int32_t y0, y1;
    raster_own_rows(&cut, &y0, &y1);
    *ret_strip = (struct strip){
        .values = values,
        .stride = (size_t)batch->width,
        .width = width,
        .height = batch->height,
        .own_y0 = y0 * batch->height / cut.height,
        .own_y1 = (y1 * batch->height + cut.height - 1) / cut.height,
    };
    return true;
}
