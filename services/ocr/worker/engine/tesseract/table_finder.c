#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * As shortcuts.c, for tesseract's search for tables, which took a third of the time of a page of
 * many columns. Whether two regions belong to one table is asked for each two of them, and the
 * library looks through all that lies between them for a piece of text that reaches into both. Such
 * a piece lies in either: here the smaller one is looked through. The answer is the same.
 *
 * Knows how tesseract 5.3.0 lays out its objects on x86_64 (src/textord/tablefind.h, bbgrid.h,
 * colpartition.h; ccstruct/rect.h, ccutil/clst.h).
 */

/* tesseract::TBOX: y grows upwards. */
struct box {
    int16_t left, bottom, right, top;
};

/* tesseract::CLIST_LINK, and CLIST, a ring: its last link is followed by the first. */
struct link {
    struct link *next;
    const struct partition *data;
};

struct list {
    struct link *last; /* NULL: empty */
};

/* The beginning of tesseract::ColPartition: a piece of text, an image or a line. */
struct partition {
    void *before[3];
    struct box box;
    uint8_t between[0x30];
    int type;
};

/* tesseract::ColPartitionGrid: a partition is in the list of each cell that it lies in. */
struct grid {
    const void *methods;
    int cell_size;
    int width, height;
    int cell_count;
    int16_t corners[4];
    struct list *cells;
};

/* The beginning of tesseract::TableFinder. */
struct table_finder {
    int numbers[4];
    struct grid partitions;
};

/* Of tesseract::PolyBlockType. */
enum { FLOWING_IMAGE = 9, PULLOUT_IMAGE = 11 };

_Static_assert(offsetof(struct partition, box) == 0x18, "as the library has it");
_Static_assert(offsetof(struct partition, type) == 0x50, "as the library has it");
_Static_assert(offsetof(struct grid, cells) == 0x20, "as the library has it");
_Static_assert(offsetof(struct table_finder, partitions) == 0x10, "as the library has it");

/* tesseract::GridBase::GridCoords(): of the cell of a point, within the grid. */
void grid_coordinates(const struct grid *grid, int x, int y, int *ret_x,
                      int *ret_y) __asm__("_ZNK9tesseract8GridBase10GridCoordsEiiPiS1_");

/* tesseract::TableFinder::BelongToOneTable() */
bool belong_to_one_table(
    const struct table_finder *finder, const struct box *one,
    const struct box *other) __asm__("_ZN9tesseract11TableFinder16BelongToOneTableERKNS_4TBOXES3_");

static bool overlap(const struct box *one, const struct box *other)
{
    return one->left <= other->right && one->right >= other->left && one->bottom <= other->top &&
           one->top >= other->bottom;
}

static int64_t area(const struct box *box)
{
    return ((int64_t)box->right - box->left) * ((int64_t)box->top - box->bottom);
}

static bool has_bridge(const struct list *cell, const struct box *one, const struct box *other)
{
    if (cell->last == NULL)
        return false;
    const struct link *link = cell->last;
    do {
        const struct partition *partition = link->data;
        if (overlap(&partition->box, one) && overlap(&partition->box, other) &&
            (partition->type < FLOWING_IMAGE || partition->type > PULLOUT_IMAGE))
            return true;
        link = link->next;
    } while (link != cell->last);
    return false;
}

bool belong_to_one_table(const struct table_finder *finder, const struct box *one,
                         const struct box *other)
{
    const struct box *smaller = area(one) < area(other) ? one : other;
    const struct grid *grid = &finder->partitions;
    int x0, y0, x1, y1;

    if (overlap(one, other))
        return true;
    grid_coordinates(grid, smaller->left, smaller->bottom, &x0, &y0);
    grid_coordinates(grid, smaller->right, smaller->top, &x1, &y1);
    for (int y = y0; y <= y1; y++)
        for (int x = x0; x <= x1; x++)
            if (has_bridge(&grid->cells[y * grid->width + x], one, other))
                return true;
    return false;
}
