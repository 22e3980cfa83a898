#include "services/export/page/text_flow.h"

#include <stdlib.h>

#include "lib/flow/joint.h"

/* --- line ends on purpose --- */

static int32_t width_of(const Ocrmesh__Document__V1__BoundingBox *box)
{
    return box != NULL && box->x1 > box->x0 ? box->x1 - box->x0 : 0;
}

static int32_t height_of(const Ocrmesh__Document__V1__BoundingBox *box)
{
    return box != NULL && box->y1 > box->y0 ? box->y1 - box->y0 : 0;
}

/* How the lines of a block stand. */
typedef enum {
    LINES_FREE,     /* nothing is known of them */
    LINES_CENTERED, /* each in the middle of the block */
    LINES_RUNNING,  /* a word is divided at the end of one: they are as long as there is room */
} lines_shape;

/* Lines before one of running text, and behind it, that tell how much room it has: the longest of
 * those on the side where they are shorter. Its block may be wider, for text runs around figures
 * and quotes. */
enum { NEIGHBOURS = 2 };

/* How far a line ends from both sides. @line: with a box. */
struct room {
    int64_t left;
    int64_t right;
};

static struct room room_in(int32_t x0, int32_t x1, const Ocrmesh__Document__V1__Line *line)
{
    return (struct room){(int64_t)line->bbox->x0 - x0, (int64_t)x1 - line->bbox->x1};
}

static struct room room_in_running_text(const Ocrmesh__Document__V1__Block *block, size_t index)
{
    const Ocrmesh__Document__V1__Line *line = block->lines[index];
    size_t first = index > NEIGHBOURS ? index - NEIGHBOURS : 0;
    size_t last = block->n_lines - 1 - index > NEIGHBOURS ? index + NEIGHBOURS : block->n_lines - 1;
    struct room room = {INT64_MAX, INT64_MAX};
    const size_t sides[2][2] = {{first, index}, {index, last}};

    for (size_t side = 0; side < ARRAY_LENGTH(sides); side++) {
        int32_t x0 = line->bbox->x0;
        int32_t x1 = line->bbox->x1;

        if (sides[side][0] == sides[side][1]) /* the first line, or the last */
            continue;
        for (size_t i = sides[side][0]; i <= sides[side][1]; i++) {
            const Ocrmesh__Document__V1__BoundingBox *box = block->lines[i]->bbox;

            if (box != NULL && box->x0 < x0)
                x0 = box->x0;
            if (box != NULL && box->x1 > x1)
                x1 = box->x1;
        }
        struct room there = room_in(x0, x1, line);
        room.left = there.left < room.left ? there.left : room.left;
        room.right = there.right < room.right ? there.right : room.right;
    }
    return room;
}

/* One line alone may stand in the middle by chance, as an indented first line that ends a little
 * early. */
static bool is_centered(const Ocrmesh__Document__V1__Block *block)
{
    for (size_t i = 0; i < block->n_lines; i++) {
        const Ocrmesh__Document__V1__Line *line = block->lines[i];

        if (line->bbox == NULL)
            return false;
        struct room room = room_in(block->bbox->x0, block->bbox->x1, line);
        if (llabs(room.left - room.right) >= height_of(line->bbox))
            return false;
    }
    return true;
}

static bool has_divided_word(struct str text, const char *within)
{
    struct str line;
    struct str next;

    (void)str_next_token(&text, '\n', &line);
    for (; str_next_token(&text, '\n', &next); line = next) {
        size_t dropped;

        (void)flow_joint(line, next, within, &dropped);
        if (dropped > 0)
            return true;
    }
    return false;
}

/* Whether the first word of the line behind that one had fitted into it. */
static bool ends_on_purpose(const Ocrmesh__Document__V1__Block *block, lines_shape shape,
                            size_t index)
{
    const Ocrmesh__Document__V1__Line *line = block->lines[index];
    const Ocrmesh__Document__V1__Line *next = block->lines[index + 1];

    if (line->bbox == NULL || next->bbox == NULL || next->n_words == 0 || line->n_words == 0)
        return false;
    struct room sides = shape == LINES_RUNNING ? room_in_running_text(block, index)
                                               : room_in(block->bbox->x0, block->bbox->x1, line);
    int64_t room =
        shape == LINES_CENTERED ? sides.left + sides.right
        : block->direction == OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT
            ? sides.left
            : sides.right;
    int64_t height = height_of(line->bbox);
    const Ocrmesh__Document__V1__Word *word = next->words[0];
    int64_t needed = width_of(word->bbox);

    /* What engines call a word in scripts without spaces may be a whole line. */
    if (word->no_space_after || needed > width_of(block->bbox) / 2)
        needed = 2 * height;
    return room > needed + height;
}

/* Whether lines of the block end on purpose: most of them do. */
static bool has_lines_of_its_own(const Ocrmesh__Document__V1__Block *block, lines_shape shape)
{
    size_t count = 0;

    for (size_t i = 0; i + 1 < block->n_lines; i++)
        if (ends_on_purpose(block, shape, i))
            count++;
    return count > 0 && 2 * count >= block->n_lines - 1;
}

bool text_flow_append(struct buf *out, const Ocrmesh__Document__V1__Page *page,
                      const Ocrmesh__Document__V1__Block *block, struct str text)
{
    size_t line_count = 1;
    struct str line;
    struct str next;

    for (const char *p = block->text; *p != '\0'; p++)
        line_count += *p == '\n';
    bool has_boxes = block->n_lines == line_count && block->bbox != NULL;
    lines_shape shape = has_boxes && is_centered(block)      ? LINES_CENTERED
                        : has_divided_word(text, page->text) ? LINES_RUNNING
                                                             : LINES_FREE;
    bool keeps_all = has_boxes && has_lines_of_its_own(block, shape);

    (void)str_next_token(&text, '\n', &line);
    for (size_t i = 0; str_next_token(&text, '\n', &next); i++) {
        size_t dropped;
        const char *joint = flow_joint(line, next, page->text, &dropped);

        if (keeps_all ||
            (has_boxes && dropped == 0 && joint[0] != '\0' && ends_on_purpose(block, shape, i))) {
            joint = "\n";
            dropped = 0;
        }
        if (!buf_append(out, line.p, line.n - dropped) || !buf_append_str(out, joint))
            return false;
        line = next;
    }
    return buf_append(out, line.p, line.n);
}
