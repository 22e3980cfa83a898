#include "services/ocr/worker/text_layer.h"

#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "services/ocr/worker/layout.h"
#include "services/ocr/worker/normalize.h"
#include "services/ocr/worker/text_layer_internal.h"

/* --- Characters --- */

static bool is_space(const struct pdfdoc_glyph *glyph)
{
    return glyph->character == ' ' || u_isUWhiteSpace((UChar32)glyph->character);
}

bool text_layer_is_shown(const struct pdfdoc_glyph *glyph)
{
    return bbox_area(glyph->ink) > 0;
}

static bool is_right_to_left(uint32_t character)
{
    UCharDirection direction = u_charDirection((UChar32)character);

    return direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
}

/* What the file's own codes for symbols look like; 0: unknown. */
static uint32_t symbol_of(uint32_t character)
{
    switch (character) {
    case 0xf0b7: /* Symbol font: bullet */
    case 0xf0a7: /* Wingdings: small square */
    case 0xf076:
    case 0xf0d8:
        return 0x2022;
    default:
        return 0;
    }
}

int32_t text_layer_glyph_text(uint32_t character, char target[static TEXT_LAYER_GLYPH_BYTES])
{
    static const char *const ligatures[] = {"ff", "fi", "fl", "ffi", "ffl", "st", "st"};
    int32_t length = 0;

    if (character >= 0xfb00 && character <= 0xfb06) {
        const char *letters = ligatures[character - 0xfb00];
        memcpy(target, letters, strlen(letters));
        return (int32_t)strlen(letters);
    }
    if (u_charType((UChar32)character) == U_PRIVATE_USE_CHAR)
        character = symbol_of(character);
    if (character == 0)
        return 0;
    U8_APPEND_UNSAFE(target, length, (UChar32)character);
    return length;
}

/* --- Words --- */

/* Glyphs from `start` that make one word; returns where it ends. */
static size_t word_end(const struct pdfdoc_line *line, size_t start)
{
    size_t end = start + 1;

    /* Without spaces each character is a word, as it is to the engines. */
    if (normalize_is_unspaced(line->glyphs[start].character))
        return end;
    while (end < line->glyph_count && !is_space(&line->glyphs[end]) &&
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
    word->no_space_after = end < source->glyph_count && !is_space(&source->glyphs[end]);
    return word->text != NULL;
}

static bool add_line(struct page *page, const struct pdfdoc_line *source, struct line *line)
{
    *line = (struct line){
        .direction = DIRECTION_LEFT_TO_RIGHT, .size = source->size, .is_bold = source->is_bold};
    for (size_t i = 0; i < source->glyph_count;) {
        if (is_space(&source->glyphs[i])) {
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

/* True when every glyph is of a kind that can be put to the test. */
static bool is_testable(const struct pdfdoc_text *text)
{
    enum { LETTER_LIKE_MAX = 24 }; /* a logo; more may be a paragraph in an image */
    enum { LINES_MAX = 4000 };     /* the largest newspaper page; the layout's cost is quadratic */
    size_t odd = 0;

    if (text->is_doubtful || text->shown_count == 0 || text->letter_like_count > LETTER_LIKE_MAX ||
        text->line_count > LINES_MAX)
        return false;
    for (size_t l = 0; l < text->line_count; l++) {
        const struct pdfdoc_line *line = &text->lines[l];
        size_t shown = count_shown(line, 0, line->glyph_count);
        odd += line->is_upright ? 0 : shown;
        for (size_t i = 0; i < line->glyph_count; i++) {
            const struct pdfdoc_glyph *glyph = &line->glyphs[i];
            if (!text_layer_is_shown(glyph))
                continue;
            char unused[TEXT_LAYER_GLYPH_BYTES];
            if (is_right_to_left(glyph->character)) /* stored in either order */
                return false;
            odd += text_layer_glyph_text(glyph->character, unused) == 0;
        }
    }
    return odd * 50 <= text->shown_count;
}

bool text_layer_to_page(const struct pdfdoc_text *text, const struct image *image,
                        struct page *page)
{
    struct line *lines = ARENA_NEW_ARRAY(page->arena, struct line, text->line_count);
    size_t count = 0;

    if (lines == NULL || !is_testable(text))
        return false;
    for (size_t l = 0; l < text->line_count; l++) {
        if (!add_line(page, &text->lines[l], &lines[count]))
            return false;
        count += lines[count].word_count > 0;
    }
    if (has_overlaps(lines, count, page))
        return false;
    return layout_add_lines(page, lines, count) && layout_split_blocks(page, image);
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
            if (is_space(&line->glyphs[i])) {
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
