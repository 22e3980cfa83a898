#include <stdbool.h>

#include <allheaders.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/decode_format.h"

/* Makes the image what `turn` (a leptonica function that returns a new Pix) makes of it. */
static status_code replace(struct image *image, struct Pix *turned, struct status *st)
{
    if (turned == NULL)
        return FAIL_PAGE_MEMORY(st);
    image_replace_pix(image, turned);
    return STATUS_OK;
}

status_code decode_orient(struct image *image, unsigned orientation, struct status *st)
{
    /* Which way the picture must be turned, in quarters clockwise, after mirroring it sideways
     * where the tag says so. */
    static const struct {
        bool is_mirrored;
        int quarters;
    } turns[] = {
        [1] = {false, 0}, [2] = {true, 0},  [3] = {false, 2}, [4] = {true, 2},
        [5] = {true, 3},  [6] = {false, 1}, [7] = {true, 1},  [8] = {false, 3},
    };

    if (orientation < 1 || orientation >= ARRAY_LENGTH(turns))
        return STATUS_OK;
    if (turns[orientation].is_mirrored)
        TRY(replace(image, pixFlipLR(NULL, image->pix), st));
    if (turns[orientation].quarters != 0)
        TRY(replace(image, pixRotateOrth(image->pix, turns[orientation].quarters), st));
    return STATUS_OK;
}
