#include "services/ocr/worker/engine/neural/text_map.h"

#include <math.h>
#include <stdbool.h>

#include "services/ocr/page_too_large.h"

/* PP-OCR's own: thresh, box_thresh, unclip_ratio and min_size of its detection. */
static const float probability_min = 0.3f;
static const float score_min = 0.5f;
/* Mean probability of a piece's own pixels. Long lines bend by a pixel or have a letter that stands
 * out, so that their rectangle holds more paper than text: such had 0.42 inside it and 0.86 on
 * their pixels. What is no text has below 0.65 there. */
static const float score_of_pixels_min = 0.75f;
static const float unclip_ratio = 1.6f;
static const float side_min = 3;

/* Neighbouring pixels of text in one row, from x0 up to and without x1. */
struct run {
    int32_t x0;
    int32_t x1;
    int32_t y;
    uint32_t parent; /* index of a run of the same piece, itself for the piece's first */
};

struct runs {
    struct arena *arena;
    struct run *runs;
    size_t count;
    size_t capacity;
};

static struct run *add_run(struct runs *runs)
{
    enum { FIRST_CAPACITY = 4096 };

    if (runs->count == runs->capacity) {
        size_t capacity = runs->capacity == 0 ? FIRST_CAPACITY : runs->capacity * 2;
        struct run *larger = ARENA_NEW_ARRAY(runs->arena, struct run, capacity);
        if (larger == NULL)
            return NULL;
        for (size_t i = 0; i < runs->count; i++)
            larger[i] = runs->runs[i];
        runs->runs = larger;
        runs->capacity = capacity;
    }
    struct run *run = &runs->runs[runs->count];
    run->parent = (uint32_t)runs->count++;
    return run;
}

static uint32_t find_root(struct run *runs, uint32_t index)
{
    while (runs[index].parent != index) {
        runs[index].parent = runs[runs[index].parent].parent;
        index = runs[index].parent;
    }
    return index;
}

/* The lower index becomes the root, so that roots come before their pieces' other runs. */
static void unite(struct run *runs, uint32_t a, uint32_t b)
{
    a = find_root(runs, a);
    b = find_root(runs, b);
    if (a < b)
        runs[b].parent = a;
    else
        runs[a].parent = b;
}

static bool is_text(const struct text_map *map, int32_t x, int32_t y)
{
    return x >= 0 && y >= 0 &&
           map->probability[(size_t)y * (size_t)map->width + (size_t)x] > probability_min;
}

/* With a pixel more to the right and beneath, as PP-OCR dilates. */
static bool is_dilated_text(const struct text_map *map, int32_t x, int32_t y)
{
    return is_text(map, x, y) || is_text(map, x - 1, y) || is_text(map, x, y - 1) ||
           is_text(map, x - 1, y - 1);
}

/* Adds the runs of row y, each united with those of the row above (from `above` on) that touch it,
 * at a corner too. */
static bool add_row(const struct text_map *map, int32_t y, struct runs *runs, size_t above)
{
    size_t row_start = runs->count;

    for (int32_t x = 0; x < map->width; x++) {
        if (!is_dilated_text(map, x, y))
            continue;
        struct run *run = add_run(runs);
        if (run == NULL)
            return false;
        run->x0 = x;
        run->y = y;
        while (x < map->width && is_dilated_text(map, x, y))
            x++;
        run->x1 = x;
        uint32_t index = (uint32_t)(runs->count - 1);
        while (above < row_start && runs->runs[above].x1 < run->x0)
            above++;
        for (size_t i = above; i < row_start && runs->runs[i].x0 <= run->x1; i++)
            unite(runs->runs, index, (uint32_t)i);
    }
    return true;
}

static bool find_runs(const struct text_map *map, struct runs *runs)
{
    size_t above = 0;

    for (int32_t y = 0; y < map->height; y++) {
        size_t row_start = runs->count;
        if (!add_row(map, y, runs, above))
            return false;
        above = row_start;
    }
    return true;
}

/* --- One piece --- */

/* The part of a row in which |a * x + b| <= half holds, narrowed down to from `first` to `last`. */
static void narrow(float a, float b, float half, float *first, float *last)
{
    if (fabsf(a) < 1e-6f) {
        if (fabsf(b) > half)
            *last = *first - 1;
        return;
    }
    float one = (-half - b) / a, other = (half - b) / a;
    *first = fmaxf(*first, fminf(one, other));
    *last = fminf(*last, fmaxf(one, other));
}

/* Mean probability inside a rectangle. */
static float score_of(const struct text_map *map, const struct rectangle *rectangle)
{
    const float slack = 0.5f; /* pixels that the sides go through are inside */
    float cosine = cosf(rectangle->angle), sine = sinf(rectangle->angle);
    float reach = fabsf(sine) * rectangle->length / 2 + fabsf(cosine) * rectangle->breadth / 2;
    int32_t y0 = (int32_t)fmaxf(0, floorf(rectangle->center.y - reach));
    int32_t y1 = (int32_t)fminf((float)map->height - 1, ceilf(rectangle->center.y + reach));
    double sum = 0;
    size_t count = 0;

    for (int32_t y = y0; y <= y1; y++) {
        float dy = (float)y - rectangle->center.y, center_x = rectangle->center.x;
        float first = 0, last = (float)map->width - 1;
        narrow(cosine, sine * dy - cosine * center_x, rectangle->length / 2 + slack, &first, &last);
        narrow(-sine, cosine * dy + sine * center_x, rectangle->breadth / 2 + slack, &first, &last);
        for (int32_t x = (int32_t)ceilf(first); x <= (int32_t)floorf(last); x++) {
            sum += (double)map->probability[(size_t)y * (size_t)map->width + (size_t)x];
            count++;
        }
    }
    return count > 0 ? (float)(sum / (double)count) : 0;
}

/* Mean probability of the pixels of a piece. */
static float score_of_pixels(const struct text_map *map, const struct run *runs,
                             const uint32_t *members, size_t run_count)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < run_count; i++) {
        const struct run *run = &runs[members[i]];
        const float *row = map->probability + (size_t)run->y * (size_t)map->width;
        for (int32_t x = run->x0; x < run->x1; x++, count++)
            sum += (double)row[x];
    }
    return count > 0 ? (float)(sum / (double)count) : 0;
}

/* Room for the points of the largest piece. */
struct points {
    struct point *points;
    struct point *scratch;
};

/* The box of a piece; false when it is none of text.
 * @members: indices of the piece's runs, from the top. */
static bool box_of(const struct text_map *map, const struct run *runs, const uint32_t *members,
                   size_t count, const struct points *room, struct text_box *ret_box)
{
    size_t point_count = 0;

    for (size_t i = 0; i < count; i++) {
        const struct run *run = &runs[members[i]];
        room->points[point_count++] = (struct point){(float)run->x0, (float)run->y};
        room->points[point_count++] = (struct point){(float)run->x1 - 1, (float)run->y};
    }
    size_t corners = geometry_hull(room->points, point_count, room->scratch);
    struct rectangle rectangle = geometry_smallest_rectangle(room->points, corners);
    if (rectangle.breadth < side_min)
        return false;
    float score = score_of(map, &rectangle);
    if (score < score_min && score_of_pixels(map, runs, members, count) < score_of_pixels_min)
        return false;
    /* The paper's D' = A' x r' / L'. Around a rectangle, what has round corners at that distance
     * has the rectangle that is longer and broader by twice as much around it. */
    float growth = unclip_ratio * rectangle.length * rectangle.breadth /
                   (rectangle.length + rectangle.breadth);
    rectangle.length += growth;
    rectangle.breadth += growth;
    if (rectangle.breadth < side_min + 2)
        return false;
    geometry_corners(&rectangle, ret_box->corners);
    ret_box->score = score;
    return true;
}

/* --- All pieces --- */

/* Indices of runs, piece by piece, and where each piece's begin. */
struct pieces {
    uint32_t *members;
    uint32_t *starts; /* one more than there are pieces */
    size_t count;
    size_t largest;
};

/* Sorts the runs by their roots, which are numbered from the top. */
static bool gather_pieces(struct runs *runs, struct pieces *ret_pieces)
{
    struct pieces pieces = {
        .members = ARENA_NEW_ARRAY(runs->arena, uint32_t, runs->count),
        .starts = ARENA_NEW_ARRAY(runs->arena, uint32_t, runs->count + 2),
    };
    uint32_t *piece_of = ARENA_NEW_ARRAY(runs->arena, uint32_t, runs->count);

    if (pieces.members == NULL || pieces.starts == NULL || piece_of == NULL)
        return false;
    for (uint32_t i = 0; i < runs->count; i++) {
        uint32_t root = find_root(runs->runs, i);
        piece_of[i] = root == i ? (uint32_t)pieces.count++ : piece_of[root];
        pieces.starts[piece_of[i] + 2]++;
    }
    for (size_t i = 0; i < pieces.count; i++) {
        size_t length = pieces.starts[i + 2];
        if (length > pieces.largest)
            pieces.largest = length;
        pieces.starts[i + 2] += pieces.starts[i + 1];
    }
    for (uint32_t i = 0; i < runs->count; i++)
        pieces.members[pieces.starts[piece_of[i] + 1]++] = i;
    *ret_pieces = pieces;
    return true;
}

/* From indices of pixels, whose middles they stand for, to places on the page. */
static void scale_box(struct text_box *box, float scale_x, float scale_y)
{
    for (size_t i = 0; i < ARRAY_LENGTH(box->corners); i++) {
        box->corners[i].x = (box->corners[i].x + 0.5f) * scale_x;
        box->corners[i].y = (box->corners[i].y + 0.5f) * scale_y;
    }
}

status_code text_map_find_boxes(const struct text_map *map, float scale_x, float scale_y,
                                struct arena *arena, struct text_box **ret_boxes, size_t *ret_count,
                                struct status *st)
{
    struct runs runs = {.arena = arena};
    struct pieces pieces;
    size_t count = 0;

    if (!find_runs(map, &runs))
        return FAIL_PAGE_TEXT(st);
    if (runs.count == 0) {
        *ret_boxes = NULL;
        *ret_count = 0;
        return STATUS_OK;
    }
    if (!gather_pieces(&runs, &pieces))
        return FAIL_PAGE_TEXT(st);
    size_t boxes_max = pieces.count < TEXT_BOXES_MAX ? pieces.count : TEXT_BOXES_MAX;
    struct text_box *boxes = ARENA_NEW_ARRAY(arena, struct text_box, boxes_max);
    struct points room = {
        .points = ARENA_NEW_ARRAY(arena, struct point, 2 * pieces.largest),
        .scratch = ARENA_NEW_ARRAY(arena, struct point, 4 * pieces.largest),
    };
    if (boxes == NULL || room.points == NULL || room.scratch == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < pieces.count && count < boxes_max; i++) {
        const uint32_t *members = pieces.members + pieces.starts[i];
        if (!box_of(map, runs.runs, members, pieces.starts[i + 1] - pieces.starts[i], &room,
                    &boxes[count]))
            continue;
        scale_box(&boxes[count++], scale_x, scale_y);
    }
    *ret_boxes = boxes;
    *ret_count = count;
    return STATUS_OK;
}
