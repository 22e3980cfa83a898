#include "services/ocr/worker/text_layer.h"

#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>

#include "services/ocr/language.h"
#include "services/ocr/worker/layout.h"
#include "services/ocr/worker/normalize.h"
#include "services/ocr/worker/text_layer_internal.h"

/* --- Words --- */

/* Glyphs from `start` that make one word; returns where it ends. */
static size_t word_end(const struct pdfdoc_line *line, size_t start)
{
    size_t end = start + 1;

    /* Without spaces each character is a word, as it is to the engines. */
    if (normalize_is_unspaced(line->glyphs[start].character))
        return end;
    while (end < line->glyph_count && !text_layer_is_space(&line->glyphs[end]) &&
           !normalize_is_unspaced(line->glyphs[end].character))
        end++;
    return end;
}

static size_t count_shown(const struct pdfdoc_line *line, size_t start, size_t end)
{
    size_t count = 0;

    for (size_t i = start; i < end; i++)
        count += text_layer_is_shown(&line->glyphs[i]);
    return count;
}

/* Most of a word that shows must show: punctuation may be as small as a speck. */
static bool is_word_shown(const struct pdfdoc_line *line, size_t start, size_t end)
{
    return count_shown(line, start, end) * 10 >= (end - start) * 7;
}

static bool add_word(struct page *page, struct line *line, const struct pdfdoc_line *source,
                     size_t start, size_t end)
{
    char *text = arena_alloc(page->arena, (end - start) * TEXT_LAYER_GLYPH_BYTES + 1);
    int32_t length = 0;
    struct bbox box = {0};

    if (text == NULL)
        return false;
    for (size_t i = start; i < end; i++) {
        length += text_layer_glyph_text(source->glyphs[i].character, text + length);
        box = bbox_union(box, source->glyphs[i].ink);
    }
    struct word *word = line_add_word(page, line);
    if (word == NULL)
        return false;
    word->text = normalize_text((struct str){text, (size_t)length}, page->arena);
    word->bbox = box;
    word->confidence = 1;
    word->no_space_after = end < source->glyph_count && !text_layer_is_space(&source->glyphs[end]);
    return word->text != NULL;
}

static bool add_line(struct page *page, const struct pdfdoc_line *source, struct line *line)
{
    *line = (struct line){.direction = source->is_right_to_left ? DIRECTION_RIGHT_TO_LEFT
                                                                : DIRECTION_LEFT_TO_RIGHT,
                          .size = source->size,
                          .is_bold = source->is_bold};
    for (size_t i = 0; i < source->glyph_count;) {
        if (text_layer_is_space(&source->glyphs[i])) {
            i++;
            continue;
        }
        size_t end = word_end(source, i);
        if (is_word_shown(source, i, end) && !add_word(page, line, source, i, end))
            return false;
        i = end;
    }
    struct bbox box = layout_line_box(line);
    line->baseline[0] = (float)box.x0;
    line->baseline[1] = source->baseline_y;
    line->baseline[2] = (float)box.x1;
    line->baseline[3] = source->baseline_y;
    return true;
}

/* --- Believing --- */

/* True when words lie over each other: then what shows need not be what each of them says. */
static bool has_overlaps(const struct line *lines, size_t count, const struct page *page)
{
    enum { CELL = 4 }; /* pixels a side */
    size_t columns = page->width / CELL + 1, rows = page->height / CELL + 1;
    uint32_t *owners = calloc(columns * rows, sizeof(*owners));
    uint32_t number = 0;
    bool is_found = owners == NULL;

    for (size_t l = 0; l < count && !is_found; l++)
        for (size_t w = 0; w < lines[l].word_count && !is_found; w++) {
            struct bbox box = lines[l].words[w].bbox;
            size_t cells = 0, taken = 0;
            number++;
            for (int32_t y = box.y0 / CELL; y < box.y1 / CELL; y++)
                for (int32_t x = box.x0 / CELL; x < box.x1 / CELL; x++) {
                    uint32_t *owner = &owners[(size_t)y * columns + (size_t)x];
                    cells++;
                    taken += *owner != 0;
                    *owner = number;
                }
            is_found = taken * 3 > cells;
        }
    free(owners);
    return is_found;
}

/* True when most of what the page shows as letters is text of a kind that can be tested. */
static bool is_testable(const struct pdfdoc_text *text)
{
    enum { LINES_MAX = 4000 }; /* the largest newspaper page; the layout's cost is quadratic */
    enum { UNNAMED_PERCENT = 2, TURNED_PERCENT = 20, BESIDE_PERCENT = 33 };
    size_t unnamed = 0, turned = 0;

    if (text->is_doubtful || text->shown_count == 0 || text->line_count > LINES_MAX ||
        text->letter_like_count * 100 > text->shown_count * BESIDE_PERCENT)
        return false;
    for (size_t l = 0; l < text->line_count; l++) {
        const struct pdfdoc_line *line = &text->lines[l];
        turned += line->is_upright ? 0 : count_shown(line, 0, line->glyph_count);
        for (size_t i = 0; i < line->glyph_count; i++) {
            char unused[TEXT_LAYER_GLYPH_BYTES];
            unnamed += text_layer_is_shown(&line->glyphs[i]) &&
                       text_layer_glyph_text(line->glyphs[i].character, unused) == 0;
        }
    }
    return unnamed * 100 <= text->shown_count * UNNAMED_PERCENT &&
           turned * 100 <= text->shown_count * TURNED_PERCENT;
}

/* The layer as lines: those that run upright first. */
struct layer_lines {
    struct line *lines;
    size_t count;
    size_t upright_count;
};

static bool make_lines(struct pdfdoc_text *text, struct page *page, struct layer_lines *ret)
{
    *ret = (struct layer_lines){
        .lines = ARENA_NEW_ARRAY(page->arena, struct line, text->line_count + 1)};
    if (ret->lines == NULL)
        return false;
    for (int turned = 0; turned < 2; turned++)
        for (size_t l = 0; l < text->line_count; l++) {
            if (text->lines[l].is_upright == turned)
                continue;
            text_layer_join_marks(&text->lines[l]);
            text_layer_name_apostrophes(&text->lines[l]);
            if (!text_layer_order_line(&text->lines[l], page->arena) ||
                !add_line(page, &text->lines[l], &ret->lines[ret->count]))
                return false;
            bool is_kept = ret->lines[ret->count].word_count > 0;
            ret->count += is_kept;
            ret->upright_count += is_kept && !turned;
        }
    return true;
}

/* A block for a line whose text runs up or down. */
static bool add_turned_line(struct page *page, const struct line *line, text_direction direction)
{
    struct block *block = page_add_block(page);
    struct line *place = block != NULL ? block_add_line(page, block) : NULL;

    if (place == NULL)
        return false;
    *place = *line;
    place->direction = direction;
    return true;
}

/* Whether other text stands on both sides of a turned line, as where it is the head of a column of
 * a table; stamps and titles at the edge of a page do not. */
static bool is_among(const struct line *line, struct bbox text)
{
    return line->bbox.x0 > text.x0 && line->bbox.x1 < text.x1 && line->bbox.y0 > text.y0 &&
           line->bbox.y1 < text.y1;
}

/* What told tables that a line stands has done so: text runs up or down in it, not from top to
 * bottom letter by letter. */
static void forget_standing(struct page *page)
{
    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++)
            if (page->blocks[b].lines[l].direction == DIRECTION_TOP_TO_BOTTOM)
                page->blocks[b].lines[l].direction = DIRECTION_UNKNOWN;
}

/* Adds the turned lines that are among the text, or those that are not. */
static bool add_turned_lines(struct page *page, const struct layer_lines *layer, bool is_wanted)
{
    struct bbox text = {0};

    for (size_t i = 0; i < layer->upright_count; i++)
        text = bbox_union(text, layout_line_box(&layer->lines[i]));
    for (size_t i = layer->upright_count; i < layer->count; i++) {
        struct line *line = &layer->lines[i];
        line->bbox = layout_line_box(line);
        if (is_among(line, text) == is_wanted &&
            !add_turned_line(page, line, is_wanted ? DIRECTION_TOP_TO_BOTTOM : DIRECTION_UNKNOWN))
            return false;
    }
    return true;
}

/* @without: the page without its text, where nothing hides the ruling lines of tables. */
static bool lay_out(struct page *page, const struct image *without, const struct layer_lines *layer,
                    const struct line *beside, size_t beside_count)
{
    size_t count = layer->upright_count;
    struct line *lines = ARENA_NEW_ARRAY(page->arena, struct line, count + beside_count + 1);

    if (lines == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        lines[i] = layer->lines[i];
    for (size_t i = 0; i < beside_count; i++)
        lines[count + i] = beside[i];
    if (!layout_add_lines(page, lines, count + beside_count) ||
        !add_turned_lines(page, layer, true) || !layout_split_blocks(page, without))
        return false;
    forget_standing(page);
    return add_turned_lines(page, layer, false);
}

bool text_layer_to_page(struct pdfdoc_text *text, const struct image *image,
                        const struct text_layer_reader *reader, struct page *page,
                        const char **ret_language)
{
    struct layer_lines layer;
    struct line *beside;
    size_t beside_count;

    *ret_language = NULL;
    if (!make_lines(text, page, &layer))
        return false;
    const char *languages =
        text_layer_languages(layer.lines, layer.count, page->arena, ret_language);
    const char *models =
        languages != NULL ? language_to_tesseract(str_of(languages), page->arena) : NULL;
    return models != NULL && is_testable(text) && !has_overlaps(layer.lines, layer.count, page) &&
           text_layer_agrees(text, image, reader, models, page->arena) &&
           text_layer_read_beside(text, reader, models, page, &beside, &beside_count) &&
           lay_out(page, text->without, &layer, beside, beside_count);
}

/* --- Hidden words --- */

static bool stands_in(const struct pdfdoc_line *line, size_t start, size_t end, const char *text)
{
    enum { WORD_MAX = 64 };
    char word[(WORD_MAX + 1) * TEXT_LAYER_GLYPH_BYTES + 1];
    int32_t length = 0;

    if (end - start > WORD_MAX)
        return false;
    for (size_t i = start; i < end; i++)
        length += text_layer_glyph_text(line->glyphs[i].character, word + length);
    word[length] = '\0';
    return length == 0 || strcasestr(text, word) != NULL;
}

/* Rules and leaders made of characters are no words. */
static bool has_letters(const struct pdfdoc_line *line, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++)
        if (u_isalnum((UChar32)line->glyphs[i].character))
            return true;
    return false;
}

size_t text_layer_count_hidden(const struct pdfdoc_text *text, const struct page *page)
{
    size_t hidden = 0, told = 0;

    for (size_t l = 0; l < text->line_count; l++) {
        const struct pdfdoc_line *line = &text->lines[l];
        for (size_t i = 0; i < line->glyph_count;) {
            if (text_layer_is_space(&line->glyphs[i])) {
                i++;
                continue;
            }
            size_t end = word_end(line, i);
            if (!is_word_shown(line, i, end) && has_letters(line, i, end)) {
                hidden++;
                told += stands_in(line, i, end, page->text);
            }
            i = end;
        }
    }
    /* A scan's own text: most of it is what the page shows. */
    if (text->is_mostly_image && told * 2 >= hidden)
        return 0;
    return hidden;
}
