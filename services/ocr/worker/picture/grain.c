#include "services/ocr/worker/picture/grain.h"

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/text_rows.h"

enum { ROWS_MAX = 256 }; /* more than that are a page of text, whatever is around them */

status_code grain_is_all(struct Pix *ink, float letter_height, bool *ret_is_grain,
                         struct status *st)
{
    struct bbox rows[ROWS_MAX];
    size_t row_count = 0;
    l_int32 pieces = 0;

    if (pixCountConnComp(ink, 8, &pieces) != 0)
        return FAIL_PAGE_MEMORY(st);
    if (pieces >= GRAIN_PIECES_MIN)
        TRY(text_rows_find(ink, letter_height, ROWS_MAX, rows, &row_count, st));
    *ret_is_grain = pieces >= GRAIN_PIECES_MIN && row_count < ROWS_MAX &&
                    (size_t)pieces > (row_count + 1) * GRAIN_PIECES_OF_ROW;
    return STATUS_OK;
}
