#include "services/ocr/worker/table_rules.h"

#include <allheaders.h>

#include "services/ocr/worker/picture/runs.h"

/* The grey of the paper: what most pixels have, of those that are lighter than the middle. */
static int32_t find_paper(struct Pix *grey)
{
    enum { SAMPLED = 8, GREYS = 256 };
    _cleanup_(numaDestroy) NUMA *histogram = pixGetGrayHistogram(grey, SAMPLED);
    int32_t most = GREYS - 1;
    l_float32 most_count = 0;

    for (int32_t i = GREYS / 2; histogram != NULL && i < GREYS; i++) {
        l_float32 count = 0;
        (void)numaGetFValue(histogram, i, &count);
        if (count >= most_count) {
            most = i;
            most_count = count;
        }
    }
    return most;
}

/* What stands out from the paper by a fifth: thin lines are often grey. */
static struct Pix *find_ink(struct Pix *grey)
{
    return pixThresholdToBinary(grey, find_paper(grey) * 4 / 5);
}

/* Runs of ink of at least that length along the rows, without those that are thicker than a rule.
 */
static struct Pix *open_lines(struct Pix *ink, int32_t length, int32_t thick)
{
    _cleanup_(pixDestroy) struct Pix *lines = runs_keep_long(ink, length);
    _cleanup_(pixDestroy) struct Pix *turned = lines != NULL ? pixRotateOrth(lines, 1) : NULL;
    _cleanup_(pixDestroy) struct Pix *high = turned != NULL ? runs_keep_long(turned, thick) : NULL;
    _cleanup_(pixDestroy) struct Pix *solid = high != NULL ? pixRotateOrth(high, 3) : NULL;

    return solid != NULL ? pixSubtract(NULL, lines, solid) : NULL;
}

/* Boxes of what is connected, once small breaks are closed. @turns: that make it upright. */
static BOXA *find_boxes(struct Pix *lines, int32_t gap, l_int32 turns)
{
    _cleanup_(pixDestroy) struct Pix *closed = runs_join(lines, gap);
    _cleanup_(pixDestroy) struct Pix *upright =
        closed != NULL ? pixRotateOrth(closed, turns) : NULL;

    return upright != NULL ? pixConnCompBB(upright, 8) : NULL;
}

/* True when most of what is around a short line is ink: it is a strip between light letters. */
static bool is_in_shade(struct Pix *ink, const struct table_rule *down, int32_t text_height)
{
    enum { SHORT = 3 /* heights of text */ };
    int32_t length = down->to - down->from, width = 2 * text_height;
    _cleanup_(boxDestroy) BOX *around =
        length < SHORT * text_height ? boxCreate(down->at - text_height, down->from, width, length)
                                     : NULL;
    l_int32 count = 0;

    return around != NULL && pixCountPixelsInRect(ink, around, &count, NULL) == 0 &&
           (int64_t)count * 5 > (int64_t)width * length * 2;
}

static bool add_rules(struct Pix *ink, BOXA *boxes, int32_t text_height, bool is_across,
                      struct arena *arena, struct table_rule **ret_rules, size_t *ret_count)
{
    size_t kept = 0;
    l_int32 count = boxes != NULL ? boxaGetCount(boxes) : 0;

    if (count > TABLE_RULES_MAX)
        count = 0;
    struct table_rule *rules = ARENA_NEW_ARRAY(arena, struct table_rule, (size_t)count + 1);
    if (rules == NULL)
        return false;
    for (l_int32 i = 0; i < count; i++) {
        l_int32 x = 0, y = 0, width = 0, height = 0;
        (void)boxaGetBoxGeometry(boxes, i, &x, &y, &width, &height);
        rules[kept] = is_across ? (struct table_rule){x, x + width, y + height / 2}
                                : (struct table_rule){y, y + height, x + width / 2};
        kept += is_across || !is_in_shade(ink, &rules[kept], text_height);
    }
    *ret_rules = rules;
    *ret_count = kept;
    return true;
}

static bool find_rules(struct Pix *ink, int32_t length, int32_t text_height, bool is_across,
                       struct arena *arena, struct table_rule **ret_rules, size_t *ret_count)
{
    enum { THICK_MIN = 6 }; /* pixels; text of low resolution has rules as thick as itself */
    int32_t thick = text_height / 2 > THICK_MIN ? text_height / 2 : THICK_MIN;
    _cleanup_(pixDestroy) struct Pix *lying =
        ink != NULL ? pixRotateOrth(ink, is_across ? 0 : 1) : NULL;
    _cleanup_(pixDestroy) struct Pix *lines =
        lying != NULL ? open_lines(lying, length, thick) : NULL;
    _cleanup_(boxaDestroy) BOXA *boxes =
        lines != NULL ? find_boxes(lines, text_height / 2 + 1, is_across ? 0 : 3) : NULL;

    return add_rules(ink, boxes, text_height, is_across, arena, ret_rules, ret_count);
}

bool table_rules_find(const struct image *image, int32_t text_height, struct arena *arena,
                      struct table_rules *ret_rules)
{
    enum { LENGTH_MIN = 12, LENGTH_MAX = 400 }; /* pixels */
    int32_t down = text_height * 5 / 4, across = text_height * 2;
    _cleanup_(pixDestroy) struct Pix *ink = image != NULL ? find_ink(image->pix) : NULL;

    down = down < LENGTH_MIN ? LENGTH_MIN : down > LENGTH_MAX ? LENGTH_MAX : down;
    across = across < LENGTH_MIN ? LENGTH_MIN : across > LENGTH_MAX ? LENGTH_MAX : across;
    return find_rules(ink, across, text_height, true, arena, &ret_rules->across,
                      &ret_rules->across_count) &&
           find_rules(ink, down, text_height, false, arena, &ret_rules->down,
                      &ret_rules->down_count);
}
