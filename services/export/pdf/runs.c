#include "services/export/pdf/runs.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"

/* Parts of a line's thickness. */
#define SAME_ROW     0.35 /* baselines that are no farther apart are on one row */
#define NEXT_ROW     0.5  /* from here on the later one is below */
#define OVERLAP_MOST 0.3  /* of boxes of lines that stand clear of each other */
#define THICK_MOST   2.0  /* how much thicker one line of a run is than another */
/* Lines are one block to poppler when their sizes differ by less than a twentieth. So a run has the
 * first of these parts of its middle thickness that is told from those of the runs around it. */
static const double size_parts[] = {1, 0.93, 0.865, 0.805, 0.75};
#define SIZE_TOLD_APART 0.06
/* Of the thickness: how far away a run is still around. */
#define AROUND          3.0
#define SIZE_PART_LEAST 0.5
/* Of the thickness: no line joins a run that needed smaller letters for its sake alone. */
#define SIZE_PART_FAIR 0.75
/* Of the size: what poppler takes for a gap between columns, even beside one line. */
#define COLUMN_GAP  1.0
#define COLUMN_PART 0.9
/* Of the size: how far below a block poppler looks for its next line is 1.5. */
#define ROW_GAP 1.4
/* Of the size: white space that bridges. */
#define FILL_LENGTH 1.0
#define FILL_GAP    0.3

struct box {
    double x0, y0, x1, y1;
};

struct run {
    size_t first, end; /* lines */
    struct box box;
    double size;
};

static struct box box_of(const struct pdf_run_line *line)
{
    return (struct box){line->x0, line->y0, line->x1, line->y1};
}

static void grow(struct box *box, const struct pdf_run_line *line)
{
    box->x0 = fmin(box->x0, line->x0);
    box->y0 = fmin(box->y0, line->y0);
    box->x1 = fmax(box->x1, line->x1);
    box->y1 = fmax(box->y1, line->y1);
}

static bool touches(const struct box *box, const struct pdf_run_line *line)
{
    double slack = OVERLAP_MOST * line->thickness;

    return line->x0 < box->x1 - slack && line->x1 > box->x0 + slack && line->y0 < box->y1 - slack &&
           line->y1 > box->y0 + slack;
}

static bool is_on_row(const struct pdf_run_line *line, const struct pdf_run_line *row)
{
    return fabs(line->baseline - row->baseline) <= SAME_ROW * fmin(line->thickness, row->thickness);
}

/* Whether a line may follow another in a run. @row: the first line of the row under way. */
static bool follows(const struct pdf_run_line *line, const struct pdf_run_line *ahead,
                    const struct pdf_run_line *row)
{
    double thickness = fmin(line->thickness, row->thickness);
    double below = line->baseline - row->baseline;

    if (!line->is_level)
        return false;
    if (is_on_row(line, row))
        return line->x0 >= ahead->x1 - OVERLAP_MOST * thickness;
    return below >= NEXT_ROW * thickness && line->baseline > ahead->baseline &&
           below <= PDF_RUNS_FILLS_MAX * thickness;
}

/* How far away the nearest line beside a run of lines is. */
static double find_clearance(const struct pdf_run_line *lines, size_t count, size_t first,
                             size_t end, const struct box *box)
{
    double clearance = INFINITY;

    for (size_t i = 0; i < count; i++) {
        double gap = fmax(lines[i].x0 - box->x1, box->x0 - lines[i].x1);

        if ((i < first || i >= end) && gap > 0 && lines[i].y0 < box->y1 && lines[i].y1 > box->y0)
            clearance = fmin(clearance, gap);
    }
    return clearance;
}

/* Whether the run may have letters of a fair size, for what stands beside it. */
static bool has_room(const struct pdf_run_line *lines, size_t count, size_t first, size_t end,
                     const struct box *box)
{
    return find_clearance(lines, count, first, end, box) >= SIZE_PART_FAIR * lines[first].thickness;
}

/* The end of the run that starts at `first`: the longest one whose box no other line touches, and
 * that is not much nearer to what stands beside it than its first lines. */
static size_t find_end(const struct pdf_run_line *lines, size_t count, size_t first)
{
    struct box box = box_of(&lines[first]);
    double thin = lines[first].thickness, thick = thin;
    size_t row = first, end = first + 1;
    bool has_had_room;

    if (!lines[first].is_level)
        return end;
    has_had_room = has_room(lines, count, first, end, &box);
    for (size_t i = first + 1; i < count && i - end <= PDF_RUNS_LOOKAHEAD_MAX; i++) {
        bool is_clear = true;

        thin = fmin(thin, lines[i].thickness);
        thick = fmax(thick, lines[i].thickness);
        if (thick > THICK_MOST * thin || !follows(&lines[i], &lines[i - 1], &lines[row]))
            break;
        if (!is_on_row(&lines[i], &lines[row]))
            row = i;
        grow(&box, &lines[i]);
        if (has_had_room && !has_room(lines, count, first, i + 1, &box))
            break;
        for (size_t k = 0; k < count && is_clear; k++)
            is_clear = (k >= first && k <= i) || !touches(&box, &lines[k]);
        if (is_clear)
            end = i + 1;
    }
    return end;
}

/* --- sizes --- */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double middle_thickness(const struct pdf_run_line *lines, size_t count, double *scratch)
{
    for (size_t i = 0; i < count; i++)
        scratch[i] = lines[i].thickness;
    qsort(scratch, count, sizeof(*scratch), compare_doubles);
    return scratch[count / 2];
}

static bool is_told_apart(const struct run *runs, size_t index, double size, double reach)
{
    const struct box *box = &runs[index].box;

    for (size_t i = 0; i < index; i++) {
        const struct run *other = &runs[i];

        if (other->box.x0 < box->x1 + reach && other->box.x1 > box->x0 - reach &&
            other->box.y0 < box->y1 + reach && other->box.y1 > box->y0 - reach &&
            fabs(other->size - size) < SIZE_TOLD_APART * fmax(other->size, size))
            return false;
    }
    return true;
}

/* Chooses the size of a run, those ahead of it having theirs. */
static void choose_size(struct pdf_run_line *lines, size_t count, struct run *runs, size_t index,
                        double *scratch)
{
    struct run *run = &runs[index];
    double thickness = middle_thickness(lines + run->first, run->end - run->first, scratch);
    double most = thickness, size = thickness;

    if (count <= PDF_RUNS_LINES_MAX) {
        most = fmin(thickness, find_clearance(lines, count, run->first, run->end, &run->box) *
                                   COLUMN_PART / COLUMN_GAP);
        most = fmax(most, SIZE_PART_LEAST * thickness);
        for (size_t i = 0; i < ARRAY_LENGTH(size_parts); i++) {
            size = most * size_parts[i];
            if (is_told_apart(runs, index, size, AROUND * thickness))
                break;
        }
    }
    run->size = size;
    for (size_t i = run->first; i < run->end; i++)
        if (lines[i].is_level)
            lines[i].size = size;
}

/* --- white space --- */

static bool add_fill(struct buf *fills, size_t line, double x0, double x1, double baseline)
{
    struct pdf_run_fill fill = {line, x0, x1, baseline};

    return x1 <= x0 || buf_append(fills, &fill, sizeof(fill));
}

/* What leads from a run's box to its next row, below it. */
static bool fill_down(struct buf *fills, const struct pdf_run_line *lines, size_t index,
                      const struct box *box, double last_baseline)
{
    const struct pdf_run_line *line = &lines[index];
    double size = line->size, below = line->baseline - last_baseline;
    double x0 = fmax(line->x0, box->x0), x1 = fmin(line->x1, box->x1);
    int rows = (int)ceil(below / (ROW_GAP * size));

    if (x0 >= x1 && line->x0 >= box->x1) { /* to the right of all that is above */
        x0 = box->x1 - FILL_LENGTH * size;
        x1 = line->x0 - FILL_GAP / 2 * size;
        if (!add_fill(fills, index, x0, x1, line->baseline))
            return false;
    } else if (x0 >= x1) {
        x0 = line->x1 + FILL_GAP / 2 * size;
        x1 = box->x0 + FILL_LENGTH * size;
        if (!add_fill(fills, index, x0, x1, line->baseline))
            return false;
    }
    x1 = fmin(x1, x0 + FILL_LENGTH * size);
    for (int i = 1; i < rows; i++)
        if (!add_fill(fills, index, x0, x1, last_baseline + below * i / rows))
            return false;
    return true;
}

/* Sets the lines of a row on one baseline. */
static void level_rows(struct pdf_run_line *lines, size_t first, size_t end)
{
    size_t row = first;

    for (size_t i = first + 1; i < end; i++) {
        if (is_on_row(&lines[i], &lines[row]))
            lines[i].baseline = lines[row].baseline;
        else
            row = i;
    }
}

static bool fill_run(struct buf *fills, const struct pdf_run_line *lines, size_t first, size_t end)
{
    struct box box = box_of(&lines[first]);
    size_t row = first;

    for (size_t i = first + 1; i < end; i++) {
        double size = lines[i].size;

        if (is_on_row(&lines[i], &lines[row])) {
            if (lines[i].x0 - lines[i - 1].x1 > FILL_GAP * size &&
                !add_fill(fills, i, lines[i - 1].x1 + FILL_GAP / 2 * size,
                          lines[i].x0 - FILL_GAP / 2 * size, lines[i].baseline))
                return false;
        } else {
            if (!fill_down(fills, lines, i, &box, lines[row].baseline))
                return false;
            row = i;
        }
        grow(&box, &lines[i]);
    }
    return true;
}

/* --- rows as thick as they can be --- */

static bool is_above(const struct pdf_run_line *line, const struct pdf_run_line *other)
{
    return other->is_level && other->x0 < line->x1 && other->x1 > line->x0 &&
           line->baseline - other->baseline >= NEXT_ROW * fmin(line->thickness, other->thickness);
}

/* Boxes of words may be too high, and then reach into the rows above and below. No row does: one is
 * at the most as thick as the next one is far away. */
static void trim(struct pdf_run_line *lines, size_t count, size_t index)
{
    struct pdf_run_line *line = &lines[index];
    double above = -INFINITY, below = INFINITY;

    for (size_t i = 0; i < count; i++) {
        if (is_above(line, &lines[i]))
            above = fmax(above, lines[i].baseline);
        else if (is_above(&lines[i], line))
            below = fmin(below, lines[i].baseline);
    }
    line->y0 = fmax(line->y0, above);
    line->y1 = fmin(line->y1, below);
    line->thickness = fmin(line->thickness, fmin(line->baseline - above, below - line->baseline));
}

bool pdf_runs_find(struct pdf_run_line *lines, size_t count, struct buf *fills)
{
    _cleanup_(freep) double *scratch = calloc(count + 1, sizeof(*scratch));
    _cleanup_(freep) struct run *runs = calloc(count + 1, sizeof(*runs));
    size_t index = 0;

    if (scratch == NULL || runs == NULL)
        return false;
    buf_clear(fills);
    for (size_t i = 0; i < count && count <= PDF_RUNS_LINES_MAX; i++)
        if (lines[i].is_level)
            trim(lines, count, i);
    for (size_t first = 0; first < count; first = runs[index++].end) {
        struct run *run = &runs[index];

        run->first = first;
        run->end = count <= PDF_RUNS_LINES_MAX ? find_end(lines, count, first) : first + 1;
        run->box = box_of(&lines[first]);
        for (size_t i = first + 1; i < run->end; i++)
            grow(&run->box, &lines[i]);
        choose_size(lines, count, runs, index, scratch);
        level_rows(lines, first, run->end);
        if (!fill_run(fills, lines, first, run->end))
            return false;
    }
    return true;
}
