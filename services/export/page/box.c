#include "services/export/page/box.h"

static int32_t clamp(int32_t value, int32_t low, uint32_t size)
{
    int32_t high = size > 0 && size < INT32_MAX ? (int32_t)size : INT32_MAX;

    if (value > high)
        return high;
    return value < low ? low : value;
}

bool box_of(const Ocrmesh__Document__V1__BoundingBox *bbox, const Ocrmesh__Document__V1__Page *page,
            struct box *ret_box)
{
    if (bbox == NULL)
        return false;
    ret_box->x0 = clamp(bbox->x0, 0, page->width);
    ret_box->y0 = clamp(bbox->y0, 0, page->height);
    ret_box->x1 = clamp(bbox->x1, ret_box->x0, page->width);
    ret_box->y1 = clamp(bbox->y1, ret_box->y0, page->height);
    return true;
}
