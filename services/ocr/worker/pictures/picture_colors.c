#include "services/ocr/worker/pictures/picture_colors.h"

#include <stddef.h>

#include <allheaders.h>

enum {
    COLORS_MAX = 256,
    SLOTS = 1024, /* a power of two, several times as many as colours */
};

/* A set of colours: open addressing. */
struct palette {
    uint32_t colors[COLORS_MAX];
    int count;
    int16_t slots[SLOTS]; /* number of a colour, or -1 */
};

static void palette_init(struct palette *palette)
{
    palette->count = 0;
    for (size_t i = 0; i < SLOTS; i++)
        palette->slots[i] = -1;
}

/* Its number; -1 when there are too many. */
static int palette_number(struct palette *palette, uint32_t color)
{
    /* Fibonacci hashing (Knuth, TAOCP 6.4). */
    size_t slot = (color * 2654435769u) >> 22;

    while (palette->slots[slot] >= 0 && palette->colors[palette->slots[slot]] != color)
        slot = (slot + 1) % SLOTS;
    if (palette->slots[slot] < 0) {
        if (palette->count == COLORS_MAX)
            return -1;
        palette->colors[palette->count] = color;
        palette->slots[slot] = (int16_t)palette->count++;
    }
    return palette->slots[slot];
}

/* The pixel without what is not colour. */
static uint32_t color_at(const l_uint32 *row, l_int32 x, l_int32 depth)
{
    return depth == 8 ? GET_DATA_BYTE(row, x) : row[x] >> 8;
}

static bool is_black_or_white(uint32_t color, l_int32 depth)
{
    return color == 0 || color == (depth == 8 ? 0xffu : 0xffffffu);
}

/* Of every few rows. */
static bool is_flat(struct Pix *pix)
{
    enum { ROW_STEP = 5, SAME_PERCENT = 90 };
    l_int32 width = pixGetWidth(pix), height = pixGetHeight(pix), depth = pixGetDepth(pix);
    int64_t same = 0, all = 0;

    for (l_int32 y = 0; y < height; y += ROW_STEP) {
        const l_uint32 *row = pixGetData(pix) + (ptrdiff_t)y * pixGetWpl(pix);
        for (l_int32 x = 1; x < width; x++)
            same += color_at(row, x, depth) == color_at(row, x - 1, depth);
        all += width - 1;
    }
    return same * 100 >= all * SAME_PERCENT;
}

/* Until there are too many. */
static void count(struct Pix *pix, struct picture_colors *colors)
{
    l_int32 width = pixGetWidth(pix), height = pixGetHeight(pix), depth = pixGetDepth(pix);
    struct palette palette;

    palette_init(&palette);
    colors->is_few = true;
    colors->is_black_and_white = true;
    for (l_int32 y = 0; y < height; y++) {
        const l_uint32 *row = pixGetData(pix) + (ptrdiff_t)y * pixGetWpl(pix);
        uint32_t last = 0;
        for (l_int32 x = 0; x < width; x++) {
            uint32_t color = color_at(row, x, depth);
            if (x > 0 && color == last)
                continue;
            last = color;
            if (!is_black_or_white(color, depth))
                colors->is_black_and_white = false;
            if (palette_number(&palette, color) < 0) {
                colors->is_few = false;
                return;
            }
        }
        /* There are no more than that in grey. */
        if (depth == 8 && !colors->is_black_and_white)
            return;
    }
}

void picture_count_colors(struct Pix *pix, struct picture_colors *ret_colors)
{
    *ret_colors = (struct picture_colors){.is_flat = is_flat(pix)};
    count(pix, ret_colors);
}

static bool fill_colormap(const struct palette *palette, struct Pix *pix)
{
    PIXCMAP *map = pixcmapCreate(8);

    for (int i = 0; i < palette->count && map != NULL; i++)
        if (pixcmapAddColor(map, (l_int32)(palette->colors[i] >> 16),
                            (l_int32)(palette->colors[i] >> 8 & 0xff),
                            (l_int32)(palette->colors[i] & 0xff)) != 0)
            pixcmapDestroy(&map);
    return map != NULL && pixSetColormap(pix, map) == 0;
}

struct Pix *picture_with_palette(struct Pix *pix)
{
    l_int32 width = pixGetWidth(pix), height = pixGetHeight(pix);
    struct Pix *made = pixCreateNoInit(width, height, 8);
    struct palette palette;

    if (made == NULL)
        return NULL;
    palette_init(&palette);
    for (l_int32 y = 0; y < height; y++) {
        const l_uint32 *row = pixGetData(pix) + (ptrdiff_t)y * pixGetWpl(pix);
        l_uint32 *out = pixGetData(made) + (ptrdiff_t)y * pixGetWpl(made);
        for (l_int32 x = 0; x < width; x++) {
            int number = palette_number(&palette, row[x] >> 8);
            SET_DATA_BYTE(out, x, number < 0 ? 0 : number);
        }
    }
    if (!fill_colormap(&palette, made))
        pixDestroy(&made);
    return made;
}
