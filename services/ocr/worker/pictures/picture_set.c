#include "services/ocr/worker/pictures/picture_set.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/pictures/picture_encode.h"
#include "services/ocr/worker/pictures/upright.h"

struct maker {
    struct decoder *decoder;
    const struct image *image;
    const struct page *page;
    struct picture_set *set;
    size_t bytes; /* of what is in the set */
    /* The page in colour (or the grey image itself), plain, and where it lies; NULL: without
     * memory. */
    struct Pix *colors;
    struct affine placement;
};

static void add(struct maker *maker, picture_kind kind, uint32_t block_index,
                struct picture *picture)
{
    struct picture_set *set = maker->set;

    if (picture->data.n > PAGE_PICTURE_MAX_BYTES || set->count == PAGE_PICTURES_MAX ||
        picture->data.n > PAGE_PICTURES_MAX_BYTES - maker->bytes ||
        picture->jbig2_globals.n > PAGE_PICTURE_FACTS_MAX_BYTES / 2) {
        picture_deinit(picture);
        return;
    }
    maker->bytes += picture->data.n;
    set->items[set->count].kind = kind;
    set->items[set->count].block_index = block_index;
    set->items[set->count++].picture = *picture;
}

static bool is_figure(const struct block *block)
{
    return block->kind == BLOCK_FIGURE &&
           block->bbox.x1 - block->bbox.x0 >= PICTURE_FIGURE_SIDE_MIN &&
           block->bbox.y1 - block->bbox.y0 >= PICTURE_FIGURE_SIDE_MIN;
}

static bool has_figures(const struct page *page)
{
    for (size_t i = 0; i < page->block_count; i++)
        if (is_figure(&page->blocks[i]))
            return true;
    return false;
}

static bool is_identity(struct affine placement)
{
    return memcmp(&placement, &affine_identity, sizeof(placement)) == 0;
}

/* What the engine has read will do where it has all that the page has.
 * @is_whole: every pixel is wanted, as it was stored; else enough for a preview. */
static void read_colors(struct maker *maker, bool is_whole)
{
    const struct image *image = maker->image;
    uint32_t side_max = is_whole ? PAGE_SIDE_MAX : PICTURE_PREVIEW_SIDE_MAX;
    struct Pix *pix = NULL;
    struct status unused;

    if (image->is_grey && (!is_whole || is_identity(image->placement))) {
        maker->colors = pixClone(image->pix);
        maker->placement = affine_identity;
        return;
    }
    if (decoder_read_colors(maker->decoder, maker->page->index, image, side_max, &pix, &unused) !=
        STATUS_OK)
        return;
    maker->colors = picture_plain_pix(pix);
    if (maker->colors != NULL)
        maker->placement =
            affine_then(affine_scale((double)image->stored_width / pixGetWidth(maker->colors),
                                     (double)image->stored_height / pixGetHeight(maker->colors)),
                        image->placement);
}

static bool encode_rendition(const struct maker *maker, struct picture *ret_picture)
{
    if (maker->colors == NULL ||
        !picture_encode(maker->colors, PAGE_PICTURE_MAX_BYTES, ret_picture))
        return false;
    ret_picture->placement = affine_then(ret_picture->placement, maker->placement);
    return true;
}

/* The preview against the page. */
static double preview_scale(const struct maker *maker)
{
    const struct page *page = maker->page;
    double side = page->width > page->height ? page->width : page->height;
    /* Of the pixels that there are. */
    double fineness = hypot(maker->placement.a, maker->placement.b);
    double factor = ceil(side / fineness / PICTURE_PREVIEW_SIDE_MAX);

    if (side <= PICTURE_PREVIEW_SIDE_MAX && fineness <= 1)
        return 1;
    if (side / fineness / factor >= PICTURE_PREVIEW_SIDE_MIN)
        return 1 / fineness / factor;
    return fmin(1, PICTURE_PREVIEW_SIDE_MAX / side);
}

static void make_preview(struct maker *maker)
{
    const struct page *page = maker->page;
    const struct bbox whole = {0, 0, (int32_t)page->width, (int32_t)page->height};
    struct picture picture;

    if (maker->colors == NULL)
        return;
    _cleanup_(pix_freep) struct Pix *pix =
        upright_cut(maker->colors, maker->placement, whole, preview_scale(maker));
    if (pix == NULL || !picture_encode_jpeg(pix, PICTURE_PREVIEW_QUALITY, &picture))
        return;
    picture.placement =
        affine_scale((double)page->width / picture.width, (double)page->height / picture.height);
    add(maker, PICTURE_OF_PREVIEW, 0, &picture);
}

static void make_figure(struct maker *maker, uint32_t block_index)
{
    const struct bbox box = maker->page->blocks[block_index].bbox;
    double width = box.x1 - box.x0, height = box.y1 - box.y0;
    double scale = fmin(1, PICTURE_FIGURE_SIDE_MAX / fmax(width, height));
    struct picture picture;

    if (maker->colors == NULL)
        return;
    _cleanup_(pix_freep) struct Pix *pix = upright_cut(maker->colors, maker->placement, box, scale);
    if (pix == NULL || !picture_encode_file(pix, &picture))
        return;
    picture.placement = affine_then(affine_scale(width / picture.width, height / picture.height),
                                    affine_translate(box.x0, box.y0));
    add(maker, PICTURE_OF_FIGURE, block_index, &picture);
}

void picture_set_make(struct decoder *decoder, const struct image *image, const struct page *page,
                      struct picture_set *ret_set)
{
    struct maker maker = {.decoder = decoder, .image = image, .page = page, .set = ret_set};
    bool has_figure = has_figures(page);
    struct picture rendition;

    ret_set->count = 0;
    if (page->width != image->width || page->height != image->height)
        return;
    bool is_stored = decoder_stored_picture(decoder, page->index, &rendition);
    if (is_stored && rendition.data.n > PAGE_PICTURE_MAX_BYTES) {
        picture_deinit(&rendition);
        is_stored = false;
    }
    /* What a page hides is not to be found in its exports, not even as shapes. */
    bool is_drawn = !is_stored && !page->hides_text &&
                    decoder_draw_operators(decoder, page->index, image, &rendition);
    read_colors(&maker, has_figure || !(is_stored || is_drawn));
    make_preview(&maker);
    if (is_stored)
        rendition.placement = affine_then(rendition.placement, image->placement);
    if (is_stored || is_drawn) {
        add(&maker, PICTURE_OF_RENDITION, 0, &rendition);
    } else if (encode_rendition(&maker, &rendition)) {
        add(&maker, PICTURE_OF_RENDITION, 0, &rendition);
    }
    for (size_t i = 0, made = 0; i < page->block_count && made < PICTURE_FIGURES_MAX; i++)
        if (is_figure(&page->blocks[i])) {
            make_figure(&maker, (uint32_t)i);
            made++;
        }
    pixDestroy(&maker.colors);
}

void picture_set_deinit(struct picture_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        picture_deinit(&set->items[i].picture);
    set->count = 0;
}
