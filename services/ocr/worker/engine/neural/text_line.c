#include "services/ocr/worker/engine/neural/text_line.h"

#include <math.h>

static float distance(struct point a, struct point b)
{
    return hypotf(a.x - b.x, a.y - b.y);
}

float text_line_length(const struct text_line *line)
{
    return fmaxf(distance(line->corners[0], line->corners[1]),
                 distance(line->corners[3], line->corners[2]));
}

float text_line_height(const struct text_line *line)
{
    return fmaxf(distance(line->corners[0], line->corners[3]),
                 distance(line->corners[1], line->corners[2]));
}

static struct point between(struct point a, struct point b, float part)
{
    return (struct point){a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)};
}

void text_line_part(const struct text_line *line, float from, float to,
                    struct point ret_corners[static 4])
{
    ret_corners[0] = between(line->corners[0], line->corners[1], from);
    ret_corners[1] = between(line->corners[0], line->corners[1], to);
    ret_corners[2] = between(line->corners[3], line->corners[2], to);
    ret_corners[3] = between(line->corners[3], line->corners[2], from);
}

void text_line_turn(struct text_line *line, unsigned quarters)
{
    struct point before[4];

    for (unsigned i = 0; i < 4; i++)
        before[i] = line->corners[i];
    for (unsigned i = 0; i < 4; i++)
        line->corners[i] = before[(i + quarters) % 4];
}
