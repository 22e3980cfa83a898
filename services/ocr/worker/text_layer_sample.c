#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>

#include "services/ocr/worker/text_layer_internal.h"

/*
 * The test of agreement: lines that together hold the letter shapes of the page are cut out of its
 * picture, recognised, and compared with what the layer says. What is missing or doubted then is
 * looked for in further lines.
 */

enum {
    PICTURES_MAX = 4,
    ROW_MARGIN = 12, /* pixels around a line of the sample */
};

bool text_layer_is_tested(const struct pdfdoc_glyph *glyph)
{
    return text_layer_is_shown(glyph) && u_isalnum((UChar32)glyph->character);
}

struct text_layer_pairing *text_layer_find_pairing(struct text_layer_sample *sample,
                                                   const struct pdfdoc_glyph *glyph)
{
    struct text_layer_pairing *pairings = sample->pairings;
    uint32_t at = (glyph->shape ^ glyph->character * 0x9e3779b1u) % TEXT_LAYER_PAIRINGS_MAX;

    while (pairings[at].character != 0 &&
           (pairings[at].shape != glyph->shape || pairings[at].character != glyph->character))
        at = (at + 1) % TEXT_LAYER_PAIRINGS_MAX;
    return &pairings[at];
}

static bool count_pairings(const struct pdfdoc_text *text, struct text_layer_sample *sample)
{
    size_t ideographs = 0, total = 0;

    for (size_t l = 0; l < text->line_count; l++)
        for (size_t i = 0; i < text->lines[l].glyph_count; i++) {
            const struct pdfdoc_glyph *glyph = &text->lines[l].glyphs[i];
            if (!text_layer_is_tested(glyph))
                continue;
            struct text_layer_pairing *pairing = text_layer_find_pairing(sample, glyph);
            if (pairing->character == 0 && ++sample->pairing_count > TEXT_LAYER_PAIRINGS_MAX / 2)
                return false;
            pairing->shape = glyph->shape;
            pairing->character = glyph->character;
            pairing->on_page++;
            ideographs += text_layer_is_many_shaped(glyph->character);
            total++;
        }
    sample->is_ideographic = ideographs * 2 > total;
    return true;
}

/* What it is worth to have a pairing in the sample once more: most for what stands for much of the
 * page, and for digits, of which each is to be tested. */
static uint32_t worth_of(const struct text_layer_pairing *pairing)
{
    enum { DOUBTED_SAMPLE_MAX = 6, USES_MAX = 64, NEW = 16, DIGIT = 128 };
    uint32_t uses = pairing->on_page < USES_MAX ? pairing->on_page : USES_MAX;

    if (pairing->in_sample == 0 ||
        (text_layer_is_doubted(pairing) && pairing->in_sample < DOUBTED_SAMPLE_MAX &&
         pairing->in_sample < pairing->on_page))
        return NEW + uses + (u_isdigit((UChar32)pairing->character) ? DIGIT : 0);
    return 0;
}

/* What a line would add to the sample for each letter that is to be recognised for it. */
static uint32_t gain_of(const struct pdfdoc_text *text, size_t index, size_t letters_left,
                        struct text_layer_sample *sample)
{
    enum { OF_LINE = 20, SCALE = 64 }; /* what a line costs beside its letters, in letters */
    const struct pdfdoc_line *line = &text->lines[index];
    uint32_t worth = 0, letters = 0, scan = ++sample->scans;

    if (sample->is_line_used[index] || !line->is_upright)
        return 0;
    for (size_t i = 0; i < line->glyph_count; i++)
        if (text_layer_is_tested(&line->glyphs[i])) {
            struct text_layer_pairing *pairing = text_layer_find_pairing(sample, &line->glyphs[i]);
            worth += pairing->counted_in != scan ? worth_of(pairing) : 0;
            pairing->counted_in = scan;
            letters++;
        }
    return letters <= letters_left ? worth * SCALE / (letters + OF_LINE) : 0;
}

static void use_line(const struct pdfdoc_text *text, size_t index, size_t *letters_left,
                     struct text_layer_sample *sample)
{
    const struct pdfdoc_line *line = &text->lines[index];

    for (size_t i = 0; i < line->glyph_count; i++)
        if (text_layer_is_tested(&line->glyphs[i])) {
            text_layer_find_pairing(sample, &line->glyphs[i])->in_sample++;
            --*letters_left;
        }
    sample->is_line_used[index] = true;
    sample->lines[sample->line_count++] = index;
}

/* The lines of the next picture, by greedy set cover. */
static void choose_lines(const struct pdfdoc_text *text, struct text_layer_sample *sample)
{
    size_t letters_left = TEXT_LAYER_LETTERS_MAX / 2; /* recognition may find more than there are */

    sample->line_count = 0;
    while (sample->line_count < TEXT_LAYER_SAMPLE_LINES_MAX) {
        size_t best = 0;
        uint32_t best_gain = 0;
        for (size_t l = 0; l < text->line_count; l++) {
            uint32_t gain = gain_of(text, l, letters_left, sample);
            if (gain > best_gain) {
                best = l;
                best_gain = gain;
            }
        }
        if (best_gain == 0)
            return;
        use_line(text, best, &letters_left, sample);
    }
}

static struct bbox line_box(const struct pdfdoc_line *line)
{
    struct bbox box = {0};

    for (size_t i = 0; i < line->glyph_count; i++)
        box = bbox_union(box, line->glyphs[i].ink);
    return box;
}

/* Leaders (a row of dots from a title to its page) say nothing, and are misread at length. */
static bool is_leader(const struct pdfdoc_line *line, size_t index)
{
    uint32_t dot = line->glyphs[index].character;
    size_t before = index, after = index + 1;

    if (u_isalnum((UChar32)dot))
        return false;
    while (before > 0 && line->glyphs[before - 1].character == ' ')
        before--;
    while (after < line->glyph_count && line->glyphs[after].character == ' ')
        after++;
    return (before > 0 && line->glyphs[before - 1].character == dot) ||
           (after < line->glyph_count && line->glyphs[after].character == dot);
}

static int32_t difference_at(const struct pdfdoc_text *text, const struct image *image, int32_t x,
                             int32_t y)
{
    /* Both are drawn from the same page, and may differ in size by a row for rounding. */
    if ((uint32_t)x >= text->without->width || (uint32_t)y >= text->without->height)
        return 0;
    return abs(image_get(image, (uint32_t)x, (uint32_t)y) -
               image_get(text->without, (uint32_t)x, (uint32_t)y));
}

/* The strongest contrast of a line's letters. */
static int32_t contrast_of(const struct pdfdoc_text *text, const struct image *image,
                           const struct pdfdoc_line *line)
{
    int32_t contrast = 1;

    for (size_t i = 0; i < line->glyph_count; i++) {
        struct bbox ink = line->glyphs[i].ink;
        for (int32_t y = ink.y0; y < ink.y1; y++)
            for (int32_t x = ink.x0; x < ink.x1; x++) {
                int32_t difference = difference_at(text, image, x, y);
                contrast = difference > contrast ? difference : contrast;
            }
    }
    return contrast;
}

/* Copies what shows of a line to (ROW_MARGIN, top), black on white whatever its colours are. */
static void copy_line(const struct pdfdoc_text *text, const struct image *image,
                      const struct pdfdoc_line *line, struct bbox box, struct image *to,
                      uint32_t top)
{
    uint8_t row[PAGE_SIDE_MAX + 2 * ROW_MARGIN];
    int32_t contrast = contrast_of(text, image, line);

    for (int32_t y = box.y0; y < box.y1; y++) {
        memset(row, 255, to->width);
        for (size_t i = 0; i < line->glyph_count; i++) {
            struct bbox ink = line->glyphs[i].ink;
            if (y < ink.y0 || y >= ink.y1 || is_leader(line, i))
                continue;
            for (int32_t x = ink.x0; x < ink.x1; x++)
                row[ROW_MARGIN + (x - box.x0)] =
                    (uint8_t)(255 - 255 * difference_at(text, image, x, y) / contrast);
        }
        image_put_row(to, top + (uint32_t)(y - box.y0), row);
    }
}

/* The sample's lines cut out of the page, one beneath the other. */
static status_code draw_sample(const struct pdfdoc_text *text,
                               const struct text_layer_sample *sample, const struct image *image,
                               struct image **ret_image, struct status *st)
{
    uint32_t width = 1, height = ROW_MARGIN;

    for (size_t i = 0; i < sample->line_count; i++) {
        struct bbox box = line_box(&text->lines[sample->lines[i]]);
        if ((uint32_t)(box.x1 - box.x0) > width)
            width = (uint32_t)(box.x1 - box.x0);
        height += (uint32_t)(box.y1 - box.y0) + 2 * ROW_MARGIN;
    }
    TRY(image_new(width + 2 * ROW_MARGIN, height, ret_image, st));
    (*ret_image)->dpi = image->dpi;
    uint32_t top = ROW_MARGIN;
    for (size_t i = 0; i < sample->line_count; i++) {
        const struct pdfdoc_line *line = &text->lines[sample->lines[i]];
        struct bbox box = line_box(line);
        copy_line(text, image, line, box, *ret_image, top);
        top += (uint32_t)(box.y1 - box.y0) + 2 * ROW_MARGIN;
    }
    return STATUS_OK;
}

/* What is recognised in a picture; NULL when that failed. */
static const char *read_picture(struct image *picture, const struct text_layer_reader *reader,
                                const char *models, struct arena *arena)
{
    const struct engine_job job = {.image = picture,
                                   .models = models,
                                   .layout = LAYOUT_BLOCK,
                                   .deadline_ns = reader->deadline_ns};
    struct status unused;
    struct page page;
    uint32_t turns;

    page_begin(&page, arena);
    page.width = picture->width;
    page.height = picture->height;
    page.dpi = picture->dpi;
    if (reader->test_class->read(reader->test_engine, &job, &page, &turns, &unused) != STATUS_OK ||
        page_finish(&page, &unused) != STATUS_OK)
        return NULL;
    return page.text;
}

bool text_layer_agrees(const struct pdfdoc_text *text, const struct image *image,
                       const struct text_layer_reader *reader, const char *models,
                       struct arena *arena)
{
    struct text_layer_sample sample = {
        .pairings = ARENA_NEW_ARRAY(arena, struct text_layer_pairing, TEXT_LAYER_PAIRINGS_MAX),
        .is_line_used = ARENA_NEW_ARRAY(arena, bool, text->line_count + 1),
    };
    struct status unused;

    if (sample.pairings == NULL || sample.is_line_used == NULL || !count_pairings(text, &sample))
        return false;
    for (int i = 0; i < PICTURES_MAX; i++) {
        _cleanup_(image_freep) struct image *picture = NULL;
        choose_lines(text, &sample);
        if (sample.line_count == 0 ||
            draw_sample(text, &sample, image, &picture, &unused) != STATUS_OK)
            return false;
        const char *read_text = read_picture(picture, reader, models, arena);
        if (read_text == NULL || !text_layer_compare(text, &sample, read_text, arena) ||
            !text_layer_is_alike(&sample))
            return false;

        if (text_layer_is_confirmed(&sample))
            return true;
    }
    return false;
}
