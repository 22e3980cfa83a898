#include "services/ocr/worker/line_cut.h"

#include <allheaders.h>

status_code line_cut(const struct image *image, struct bbox box, struct line_cut *ret_cut,
                     struct status *st)
{
    enum { WHITE = 255, MARGIN_MAX = 10, SHARE_MORE = 8, SHARE_MARGIN = 4 };
    int32_t height = box.y1 - box.y0, more = height / SHARE_MORE;
    int32_t margin = height / SHARE_MARGIN < MARGIN_MAX ? height / SHARE_MARGIN : MARGIN_MAX;
    int32_t x0 = box.x0 > more ? box.x0 - more : 0, y0 = box.y0 > more ? box.y0 - more : 0;
    /* What lies beyond the page is clipped. */
    BOX *area = boxCreate(x0, y0, box.x1 + more - x0, box.y1 + more - y0);
    PIX *clipped = area != NULL ? pixClipRectangle(image->pix, area, NULL) : NULL;
    PIX *framed = clipped != NULL ? pixAddBorder(clipped, margin, WHITE) : NULL;
    struct image *cut;

    boxDestroy(&area);
    pixDestroy(&clipped);
    TRY(image_from_pix(framed, &cut, st));
    cut->dpi = image->dpi;
    *ret_cut = (struct line_cut){cut, x0 - margin, y0 - margin};
    return STATUS_OK;
}
