#include "services/ocr/worker/figures.h"

#include "services/ocr/worker/layout.h"
#include "services/ocr/worker/layout_box.h"
#include "services/ocr/worker/normalize.h"

/* Of the page's area, above which a figure is the page itself; of a figure's area, above which the
 * lines in it are running text (charts have 0.1, printed pages 0.6); of the page's longer side,
 * what a figure has on both sides. */
static const double page_part_max = 0.7;
static const double text_part_max = 0.4;
static const double side_part_min = 0.03;

enum {
    /* Letters of a page of which nine tenths are in one figure: what a screen shows. A drawing that
     * has a page for itself has fewer. */
    SCREEN_LETTERS_MIN = 600,
};

/* A caption begins within this part of its figure's height beneath it. */
static const double caption_distance_max = 0.25;

static struct bbox box_of(const struct block *block)
{
    struct bbox box = block->bbox; /* of figures that were gathered already */

    for (size_t i = 0; i < block->line_count; i++)
        box = bbox_union(box, layout_line_box(&block->lines[i]));
    return box;
}

static bool lies_in(const struct block *block, struct bbox region)
{
    struct bbox box = box_of(block);

    return 2 * bbox_area(bbox_intersection(box, region)) > bbox_area(box);
}

/* Whether the region is too small to be seen as a picture. */
static bool is_speck(const struct page *page, struct bbox region)
{
    double side_min = side_part_min * layout_most((int32_t)page->width, (int32_t)page->height);

    return layout_width(region) < side_min || layout_height(region) < side_min;
}

static size_t count_letters(const struct line *line)
{
    size_t count = 0;

    for (size_t w = 0; w < line->word_count; w++)
        count += normalize_count_letters(line->words[w].text);
    return count;
}

/* Whether the region is a page in a picture, or full of running text: the engine errs. */
static bool is_text(const struct page *page, struct bbox region)
{
    double area = (double)bbox_area(region);
    int64_t covered = 0;
    size_t letters = 0, inside = 0;

    for (size_t i = 0; i < page->block_count; i++)
        for (size_t l = 0; l < page->blocks[i].line_count; l++) {
            const struct line *line = &page->blocks[i].lines[l];
            struct bbox box = layout_line_box(line);
            int64_t common = bbox_area(bbox_intersection(box, region));
            size_t count = count_letters(line);
            covered += common;
            letters += count;
            inside += 2 * common > bbox_area(box) ? count : 0;
        }
    if (inside >= SCREEN_LETTERS_MIN && inside * 10 >= letters * 9)
        return true;
    return area > page_part_max * page->width * page->height ||
           (double)covered > text_part_max * area;
}

/* Takes the blocks of labels in the region together into the first of them. False when the arena is
 * full. @ret_is_found: whether there is one. */
static bool join_labels(struct page *page, struct bbox region, bool *ret_is_found)
{
    size_t first = page->block_count;
    size_t kept = 0;

    for (size_t i = 0; i < page->block_count; i++) {
        struct block block = page->blocks[i];

        if (block.kind != BLOCK_FIGURE || !lies_in(&block, region)) {
            page->blocks[kept++] = block;
            continue;
        }
        if (first == page->block_count) {
            first = kept;
            page->blocks[kept++] = block;
            continue;
        }
        for (size_t l = 0; l < block.line_count; l++) {
            struct line *line = block_add_line(page, &page->blocks[first]);

            if (line == NULL)
                return false;
            *line = block.lines[l];
        }
    }
    *ret_is_found = first < page->block_count;
    if (*ret_is_found)
        page->blocks[first].bbox = bbox_union(page->blocks[first].bbox, region);
    page->block_count = kept;
    return true;
}

static bool shares_columns(struct bbox a, struct bbox b)
{
    return a.x0 < b.x1 && b.x0 < a.x1;
}

/* Where a figure without lines stands among the blocks. */
static size_t place_of(const struct page *page, struct bbox region)
{
    int32_t reach = region.y1 + (int32_t)(caption_distance_max * layout_height(region));
    size_t behind = page->block_count; /* the last block above, or none */
    size_t ahead = page->block_count;  /* the first block beneath */

    for (size_t i = 0; i < page->block_count; i++) {
        struct bbox box = box_of(&page->blocks[i]);
        int32_t middle = layout_middle_height(box);

        if (!shares_columns(box, region))
            continue;
        if (middle < layout_middle_height(region)) {
            behind = i;
            continue;
        }
        if (page->blocks[i].kind == BLOCK_CAPTION && box.y0 < reach)
            return i;
        if (ahead == page->block_count)
            ahead = i;
    }
    return behind < page->block_count ? behind + 1 : ahead;
}

static bool insert(struct page *page, struct bbox region)
{
    size_t place = place_of(page, region);
    struct block *added = page_add_block(page);

    if (added == NULL)
        return false;
    for (size_t i = page->block_count - 1; i > place; i--)
        page->blocks[i] = page->blocks[i - 1];
    page->blocks[place] = (struct block){.kind = BLOCK_FIGURE, .bbox = region};
    return true;
}

static void take_for_text(struct page *page, struct bbox region)
{
    for (size_t i = 0; i < page->block_count; i++)
        if (page->blocks[i].kind == BLOCK_FIGURE && lies_in(&page->blocks[i], region))
            page->blocks[i].kind = BLOCK_PARAGRAPH;
}

static struct bbox region_on_page(const struct page *page, size_t index)
{
    const struct bbox whole = {0, 0, (int32_t)page->width, (int32_t)page->height};

    return bbox_intersection(page->regions[index].bbox, whole);
}

bool figures_leave_out_text(struct page *page)
{
    struct page_region *regions =
        ARENA_NEW_ARRAY(page->arena, struct page_region, page->region_count + 1);
    size_t kept = 0;

    if (regions == NULL)
        return false;
    for (size_t i = 0; i < page->region_count; i++) {
        struct bbox box = region_on_page(page, i);
        if (page->regions[i].kind == BLOCK_FIGURE && !is_speck(page, box) && is_text(page, box))
            take_for_text(page, box);
        else
            regions[kept++] = page->regions[i];
    }
    page->regions = regions;
    page->region_count = kept;
    return true;
}

bool figures_gather(struct page *page)
{
    for (size_t i = 0; i < page->region_count; i++) {
        struct bbox box = region_on_page(page, i);
        bool is_found;

        if (page->regions[i].kind != BLOCK_FIGURE || is_speck(page, box))
            continue;
        if (!join_labels(page, box, &is_found) || (!is_found && !insert(page, box)))
            return false;
    }
    return true;
}
