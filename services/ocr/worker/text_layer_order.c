#include <stdlib.h>
#include <string.h>

#include <unicode/ubidi.h>
#include <unicode/uchar.h>

#include "services/ocr/worker/text_layer_internal.h"

/* Glyphs that keep together: a letter, what else its glyph stands for, and the marks on it. */
struct cluster {
    size_t first; /* glyph of the line */
    size_t count;
    int32_t centre; /* twice the x of its middle */
};

static bool is_mark(uint32_t character)
{
    int8_t type = u_charType((UChar32)character);

    return type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK;
}

static bool has_right_to_left(const struct pdfdoc_line *line)
{
    for (size_t i = 0; i < line->glyph_count; i++) {
        UCharDirection direction = u_charDirection((UChar32)line->glyphs[i].character);
        if (direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC)
            return true;
    }
    return false;
}

/* Marks stand before or after their letter, as the file likes; those before it move behind. */
static void move_marks(struct pdfdoc_line *line)
{
    for (size_t i = 0; i + 1 < line->glyph_count; i++) {
        struct pdfdoc_glyph mark = line->glyphs[i], next = line->glyphs[i + 1];
        bool is_on_next = mark.box.x0 + mark.box.x1 > 2 * next.box.x0 &&
                          mark.box.x0 + mark.box.x1 < 2 * next.box.x1;
        bool is_on_previous = i > 0 &&
                              mark.box.x0 + mark.box.x1 >= 2 * line->glyphs[i - 1].box.x0 &&
                              mark.box.x0 + mark.box.x1 <= 2 * line->glyphs[i - 1].box.x1;
        if (is_mark(mark.character) && !is_mark(next.character) && is_on_next && !is_on_previous) {
            line->glyphs[i] = next;
            line->glyphs[i + 1] = mark;
        }
    }
}

/* A further letter of the glyph before it has no width of its own. */
static bool continues(const struct pdfdoc_line *line, size_t index)
{
    const struct pdfdoc_glyph *glyph = &line->glyphs[index];

    return is_mark(glyph->character) ||
           (glyph->character != ' ' && glyph->box.x1 - glyph->box.x0 <= 1 &&
            glyph->box.x0 >= line->glyphs[index - 1].box.x0 &&
            glyph->box.x1 <= line->glyphs[index - 1].box.x1 + 1);
}

static size_t make_clusters(const struct pdfdoc_line *line, struct cluster *clusters)
{
    size_t count = 0;

    for (size_t i = 0; i < line->glyph_count; i++) {
        const struct bbox box = line->glyphs[i].box;
        if (i > 0 && continues(line, i))
            clusters[count - 1].count++;
        else
            clusters[count++] = (struct cluster){.first = i, .count = 1, .centre = box.x0 + box.x1};
    }
    return count;
}

static int compare_places(const void *a, const void *b)
{
    const struct cluster *left = a, *right = b;

    if (left->centre != right->centre)
        return left->centre < right->centre ? -1 : 1;
    return left->first < right->first ? -1 : left->first > right->first;
}

/* The places of the clusters in logical order. False when out of memory. */
static bool logical_order(const struct pdfdoc_line *line, const struct cluster *clusters,
                          size_t count, UChar *letters, int32_t *order, bool *ret_is_right_to_left)
{
    UErrorCode error = U_ZERO_ERROR;
    UBiDi *bidi = ubidi_open();
    size_t right = 0, left = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t character = line->glyphs[clusters[i].first].character;
        UCharDirection direction = u_charDirection((UChar32)character);
        /* One unit for each: beyond the first plane only the direction matters. */
        letters[i] = character <= 0xffff ? (UChar)character
                     : direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC ? 0x05d0
                                                                                           : 'a';
        right += direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
        left += direction == U_LEFT_TO_RIGHT;
    }
    *ret_is_right_to_left = right >= left;
    if (bidi == NULL)
        return false;
    ubidi_setReorderingMode(bidi, UBIDI_REORDER_INVERSE_LIKE_DIRECT);
    ubidi_setPara(bidi, letters, (int32_t)count, *ret_is_right_to_left ? 1 : 0, NULL, &error);
    ubidi_getVisualMap(bidi, order, &error);
    ubidi_close(bidi);
    return U_SUCCESS(error);
}

static bool is_opening(uint32_t character)
{
    return u_getIntPropertyValue((UChar32)character, UCHAR_BIDI_PAIRED_BRACKET_TYPE) == U_BPT_OPEN;
}

static bool is_closing(uint32_t character)
{
    return u_getIntPropertyValue((UChar32)character, UCHAR_BIDI_PAIRED_BRACKET_TYPE) == U_BPT_CLOSE;
}

/* Some files name brackets by how they look, some by what they mean: what comes first opens. */
static void mirror_brackets(struct pdfdoc_line *line)
{
    size_t first = 0;

    while (first < line->glyph_count && !is_opening(line->glyphs[first].character) &&
           !is_closing(line->glyphs[first].character))
        first++;
    if (first == line->glyph_count || is_opening(line->glyphs[first].character))
        return;
    for (size_t i = first; i < line->glyph_count; i++) {
        struct pdfdoc_glyph *glyph = &line->glyphs[i];
        if (is_opening(glyph->character) || is_closing(glyph->character))
            glyph->character = (uint32_t)u_charMirror((UChar32)glyph->character);
    }
}

bool text_layer_order_line(struct pdfdoc_line *line, struct arena *arena)
{
    size_t count = line->glyph_count, written = 0;

    if (!has_right_to_left(line))
        return true;
    struct cluster *clusters = ARENA_NEW_ARRAY(arena, struct cluster, count);
    struct pdfdoc_glyph *glyphs = ARENA_NEW_ARRAY(arena, struct pdfdoc_glyph, count);
    UChar *letters = ARENA_NEW_ARRAY(arena, UChar, count);
    int32_t *order = ARENA_NEW_ARRAY(arena, int32_t, count);
    if (clusters == NULL || glyphs == NULL || letters == NULL || order == NULL)
        return false;
    move_marks(line);
    size_t cluster_count = make_clusters(line, clusters);
    qsort(clusters, cluster_count, sizeof(*clusters), compare_places);
    if (!logical_order(line, clusters, cluster_count, letters, order, &line->is_right_to_left))
        return false;
    for (size_t i = 0; i < cluster_count; i++) {
        const struct cluster *cluster = &clusters[order[i]];
        memcpy(glyphs + written, line->glyphs + cluster->first, cluster->count * sizeof(*glyphs));
        written += cluster->count;
    }
    line->glyphs = glyphs;
    if (line->is_right_to_left)
        mirror_brackets(line);
    return true;
}
