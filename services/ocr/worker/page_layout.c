#include "services/ocr/worker/page_layout.h"

#include <string.h>

enum {
    LINES_MAX = 1000,
    /* Of the page's width: pieces of lines are narrower. */
    COLUMN_WIDTH_SHARE = 6,
    /* Lines that stand beside others: at least so many, and one of so many wide ones. A column that
     * is longer than the other has none beside its end. */
    PAIRED_MIN = 6,
    PAIRED_SHARE = 3,
    VERTICAL_ASPECT_MIN = 3,
};

static bool has_loose_lines(const char *script)
{
    static const char *const scripts[] = {"Khmr", "Laoo", "Mymr", "Thai",
                                          "Kore", "Jpan", "Hans", "Hant"};

    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++)
        if (strcmp(script, scripts[i]) == 0)
            return true;
    return false;
}

/* Side by side; lines of two columns need not stand in rows. */
static bool are_beside(struct bbox a, struct bbox b)
{
    int32_t top = a.y0 > b.y0 ? a.y0 : b.y0, bottom = a.y1 < b.y1 ? a.y1 : b.y1;

    return (a.x1 <= b.x0 || b.x1 <= a.x0) && bottom > top;
}

bool page_layout_has_columns(const struct bbox *lines, size_t count, uint32_t width)
{
    size_t wide = 0, paired = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_paired = false;
        if ((lines[i].x1 - lines[i].x0) * COLUMN_WIDTH_SHARE < (int32_t)width)
            continue;
        wide++;
        for (size_t k = 0; k < count && !is_paired; k++)
            is_paired = (lines[k].x1 - lines[k].x0) * COLUMN_WIDTH_SHARE >= (int32_t)width &&
                        are_beside(lines[i], lines[k]);
        paired += is_paired;
    }
    return paired >= PAIRED_MIN && paired * PAIRED_SHARE >= wide;
}

/* Lines that run down the page. Pieces of others are taken for such, but they are small. */
static bool is_vertical(const struct bbox *lines, size_t count)
{
    int64_t area = 0, vertical = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t width = lines[i].x1 - lines[i].x0, height = lines[i].y1 - lines[i].y0;
        area += width * height;
        if (height > width * VERTICAL_ASPECT_MIN)
            vertical += width * height;
    }
    return vertical * 2 > area;
}

status_code page_layout_choose(const struct engine_class *engine_class, struct engine *engine,
                               const struct engine_job *job, const char *script,
                               engine_layout *ret_layout, struct status *st)
{
    struct engine_job layout_job = *job;
    struct bbox lines[LINES_MAX];
    size_t count;

    *ret_layout = LAYOUT_PAGE;
    if (engine_class->find_lines == NULL || !has_loose_lines(script))
        return STATUS_OK;
    layout_job.layout = LAYOUT_PAGE;
    TRY(engine_class->find_lines(engine, &layout_job, LINES_MAX, lines, &count, st));
    if (!page_layout_has_columns(lines, count, job->image->width) && !is_vertical(lines, count))
        *ret_layout = LAYOUT_COLUMN;
    return STATUS_OK;
}
