#include "services/ocr/worker/layout_torn.h"

#include "services/ocr/worker/layout_box.h"

/* Reaches over the gap between two pieces of a row, and no further than they do. */
static bool covers(struct bbox line, struct bbox left, struct bbox right, int32_t slack)
{
    return line.x0 < left.x1 && line.x1 > right.x0 && line.x0 > left.x0 - slack &&
           line.x1 < right.x1 + slack;
}

/* A number or a mark, as it stands before the items of a list. */
static bool is_label(const struct line *line)
{
    enum { WIDTH_LINES = 3 };

    return line->word_count == 1 &&
           layout_width(line->bbox) <= WIDTH_LINES * layout_height(line->bbox);
}

/* True when two pieces side by side are one line that was torn at a wide space: the lines above and
 * beneath go on where it has its gap; or the left one is a label, with nothing but labels near. */
static bool is_torn(const struct line *lines, size_t count, const struct line *left,
                    const struct line *right)
{
    const float gap_max = 2.5f, near_max = 1.5f, slack = 1.5f;
    float height = (float)layout_least(layout_height(left->bbox), layout_height(right->bbox));
    struct bbox row = bbox_union(left->bbox, right->bbox);
    bool is_one = is_label(left);

    if (!layout_is_beside(left->bbox, right->bbox) || !layout_are_alike(left->bbox, right->bbox) ||
        right->bbox.x0 < left->bbox.x1 ||
        (float)(right->bbox.x0 - left->bbox.x1) > gap_max * height)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct line *line = &lines[i];
        if (line->word_count == 0 || layout_is_beside(line->bbox, row) ||
            (float)-layout_common_height(line->bbox, row) > near_max * height ||
            layout_common_width(line->bbox, row) <= 0 || !layout_are_alike(line->bbox, row))
            continue;
        bool is_past_label =
            is_label(left) && (is_label(line) || layout_common_width(line->bbox, left->bbox) <= 0);
        if (covers(line->bbox, left->bbox, right->bbox, (int32_t)(slack * height)))
            is_one = true;
        else if (!is_past_label)
            return false;
    }
    return is_one;
}

/* Appends the words of `right`; of text that is read from the right, the other way round. */
static bool join(struct page *page, struct line *left, struct line *right)
{
    bool from_right = left->direction == DIRECTION_RIGHT_TO_LEFT;
    struct line *first = from_right ? right : left, *second = from_right ? left : right;
    struct line joined = *first;

    for (size_t w = 0; w < second->word_count; w++) {
        struct word *word = line_add_word(page, &joined);
        if (word == NULL)
            return false;
        *word = second->words[w];
    }
    joined.bbox = bbox_union(left->bbox, right->bbox);
    if (left->baseline[2] > left->baseline[0] && right->baseline[2] > right->baseline[0]) {
        joined.baseline[0] = left->baseline[0];
        joined.baseline[1] = left->baseline[1];
        joined.baseline[2] = right->baseline[2];
        joined.baseline[3] = right->baseline[3];
    }
    *left = joined;
    right->word_count = 0;
    return true;
}

bool layout_torn_mend(struct page *page, struct line *lines, size_t count, size_t *ret_count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count && lines[i].word_count > 0; j++)
            if (i != j && lines[j].word_count > 0 && is_torn(lines, count, &lines[i], &lines[j]) &&
                !join(page, &lines[i], &lines[j]))
                return false;
    for (size_t i = 0; i < count; i++)
        if (lines[i].word_count > 0)
            lines[kept++] = lines[i];
    *ret_count = kept;
    return true;
}
