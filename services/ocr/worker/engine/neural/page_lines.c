#include "services/ocr/worker/engine/neural/page_lines.h"

#include <string.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/engine/neural/other_scripts.h"
#include "services/ocr/worker/engine/neural/page_lines_internal.h"
#include "services/ocr/worker/engine/tesseract/tesseract.h"

/* A line that stands: higher than long by this much. RapidOCR's, too. */
static const float standing_ratio = 1.5f;

/* --- Orientation --- */

static bool is_standing(const struct text_line *line)
{
    return text_line_height(line) >= standing_ratio * text_line_length(line);
}

static bool is_lying(const struct text_line *line)
{
    return text_line_length(line) >= standing_ratio * text_line_height(line);
}

/* Turns what stands to where it would lie, a quarter counter-clockwise; a few letters, which do
 * neither, as most of the text does. Returns whether that stands. */
static bool lay_down(struct text_line *lines, size_t count)
{
    float lying = 0, standing = 0;

    for (size_t i = 0; i < count; i++) {
        standing += is_standing(&lines[i]) ? text_line_height(&lines[i]) : 0;
        lying += is_lying(&lines[i]) ? text_line_length(&lines[i]) : 0;
    }
    bool is_page_standing = standing > lying;
    for (size_t i = 0; i < count; i++)
        if (is_standing(&lines[i]) || (is_page_standing && !is_lying(&lines[i])))
            text_line_turn(&lines[i], 1);
    return is_page_standing;
}

static int compare_length(const void *a, const void *b)
{
    float x = text_line_length(a), y = text_line_length(b);

    return (x < y) - (x > y);
}

/* Sees how most of the text lies, by the longest lines, and turns all lines so: standing ones by a
 * quarter, and all of them by two where most stand on their heads. */
static status_code find_turns(struct page_lines *lines, const struct networks *networks,
                              struct status *st)
{
    enum { LINES_SEEN = 16 };
    float upright = 0, upside_down = 0;
    float probabilities[LINES_SEEN];
    bool is_page_standing = lay_down(lines->lines, lines->count);

    qsort(lines->lines, lines->count, sizeof(*lines->lines), compare_length);
    size_t count = lines->count < LINES_SEEN ? lines->count : LINES_SEEN;
    TRY(upside_classify(networks->upside, &lines->page, lines->lines, count, lines->arena,
                        probabilities, st));
    for (size_t i = 0; i < count; i++) {
        upright += 1 - probabilities[i];
        upside_down += probabilities[i];
    }
    bool is_upside_down = upside_down > upright;
    for (size_t i = 0; i < lines->count && is_upside_down; i++)
        text_line_turn(&lines->lines[i], 2);
    lines->turns = ((is_page_standing ? 3 : 0) + (is_upside_down ? 2 : 0)) % 4;
    return STATUS_OK;
}

void page_lines_turn(struct page_lines *lines, uint32_t turns)
{
    for (size_t i = 0; i < lines->count && turns != lines->turns; i++) {
        text_line_turn(&lines->lines[i], (lines->turns + 4 - turns) % 4);
        lines->lines[i].word_count = 0;
        lines->lines[i].confidence = 0;
    }
    lines->turns = turns;
}

/* Letters that the networks do not know tell them nothing of what is up: tesseract is asked. Where
 * it sees none but letters that they do know, it has not seen much either. Returns whether lines
 * were turned, and what was read of them is gone. */
static bool correct_turns(struct page_lines *lines, struct engine *tesseract,
                          const struct engine_job *job)
{
    const float turn_confidence_min = 2; /* engine.h: nearly always right */
    struct engine_detection seen = {0};
    uint32_t turns = lines->turns;

    lines->is_turn_sure = tesseract_engine.detect(tesseract, job->image, &seen) &&
                          seen.turn_confidence >= turn_confidence_min && seen.script != NULL &&
                          !other_scripts_is_known(seen.script);
    page_lines_turn(lines, lines->is_turn_sure     ? seen.quarter_turns
                           : lines->turns % 2 == 0 ? 0
                                                   : 3);
    return lines->turns != turns;
}

/* --- Reading --- */

float page_lines_confidence(const struct text_line *lines, size_t count)
{
    float confident = 0, length = 0;

    for (size_t i = 0; i < count; i++) {
        confident += lines[i].confidence * text_line_length(&lines[i]);
        length += text_line_length(&lines[i]);
    }
    return length > 0 ? confident / length : 1;
}

static status_code read_lines(struct page_lines *lines, const struct networks *networks,
                              int64_t deadline_ns, struct status *st)
{
    struct text_line **all = ARENA_NEW_ARRAY(lines->arena, struct text_line *, lines->count + 1);

    if (all == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < lines->count; i++)
        all[i] = &lines->lines[i];
    TRY(line_reader_read(networks->reader, &lines->page, all, lines->count, deadline_ns,
                         lines->arena, st));
    lines->known = page_lines_confidence(lines->lines, lines->count);
    return STATUS_OK;
}

/* Reads on their heads what the networks could not read: of handwriting the look of lines does not
 * tell what is up, while reading does. */
static status_code reconsider_turns(struct page_lines *lines, const struct networks *networks,
                                    int64_t deadline_ns, struct status *st)
{
    enum { LINES_TRIED = 3 };
    struct text_line tried[LINES_TRIED];
    struct text_line *all[LINES_TRIED];
    size_t count = lines->count < LINES_TRIED ? lines->count : LINES_TRIED; /* the longest */

    if (lines->known >= PAGE_LINES_KNOWN)
        return STATUS_OK;
    float before = page_lines_confidence(lines->lines, count);
    for (size_t i = 0; i < count; i++) {
        tried[i] = lines->lines[i];
        text_line_turn(&tried[i], 2);
        all[i] = &tried[i];
    }
    TRY(line_reader_read(networks->reader, &lines->page, all, count, deadline_ns, lines->arena,
                         st));
    float after = page_lines_confidence(tried, count);
    if (after < PAGE_LINES_KNOWN || after <= before)
        return STATUS_OK;
    page_lines_turn(lines, (lines->turns + 2) % 4);
    return read_lines(lines, networks, deadline_ns, st);
}

/* Reads lines that were turned, where any of a few of all lengths is in letters that the networks
 * know: commands and addresses among text in another script. */
static status_code read_turned(struct page_lines *lines, const struct networks *networks,
                               int64_t deadline_ns, struct status *st)
{
    enum { LINES_TRIED = 8 };
    const float confidence_read = 0.95f;
    struct text_line tried[LINES_TRIED];
    struct text_line *all[LINES_TRIED] = {NULL};
    size_t count = lines->count < LINES_TRIED ? lines->count : LINES_TRIED;
    bool is_any_read = false;

    for (size_t i = 0; i < count; i++) {
        tried[i] = lines->lines[i * lines->count / count];
        all[i] = &tried[i];
    }
    TRY(line_reader_read(networks->reader, &lines->page, all, count, deadline_ns, lines->arena,
                         st));
    for (size_t i = 0; i < count; i++)
        is_any_read |= tried[i].confidence >= confidence_read;
    return is_any_read ? read_lines(lines, networks, deadline_ns, st) : STATUS_OK;
}

static status_code find_boxes(struct page_lines *lines, const struct networks *networks,
                              struct status *st)
{
    struct text_box *boxes;

    TRY(detector_find(networks->detector, &lines->page, lines->arena, &boxes, &lines->count, st));
    lines->lines = ARENA_NEW_ARRAY(lines->arena, struct text_line, lines->count + 1);
    if (lines->lines == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < lines->count; i++)
        memcpy(lines->lines[i].corners, boxes[i].corners, sizeof(boxes[i].corners));
    return STATUS_OK;
}

static status_code find_regions(struct page_lines *lines, const struct networks *networks,
                                struct status *st)
{
    return region_finder_find(networks->regions, &lines->page, lines->arena, &lines->regions,
                              &lines->region_count, st);
}

status_code page_lines_new(const struct networks *networks, struct engine *tesseract,
                           const struct engine_job *job, struct page_lines **ret_lines,
                           struct status *st)
{
    _cleanup_(page_lines_freep) struct page_lines *lines = calloc(1, sizeof(*lines));

    if (lines == NULL)
        return FAIL_MEMORY(st);
    lines->arena = arena_new(PAGE_LINES_MAX_BYTES);
    if (lines->arena == NULL || !raster_from_image(job->image, lines->arena, &lines->page))
        return FAIL_PAGE_TEXT(st);
    TRY(find_boxes(lines, networks, st));
    TRY(find_turns(lines, networks, st));
    TRY(read_lines(lines, networks, job->deadline_ns, st));
    TRY(reconsider_turns(lines, networks, job->deadline_ns, st));
    lines->is_turn_sure = true;
    if (lines->known < PAGE_LINES_KNOWN && correct_turns(lines, tesseract, job))
        TRY(read_turned(lines, networks, job->deadline_ns, st));
    TRY(find_regions(lines, networks, st));
    *ret_lines = TAKE(lines);
    return STATUS_OK;
}

void page_lines_free(struct page_lines *lines)
{
    if (lines == NULL)
        return;
    arena_free(lines->arena);
    free(lines);
}

/* Where a place is on a page of that height that is turned by a quarter clockwise. */
static struct point turned(struct point point, int32_t page_height)
{
    return (struct point){(float)page_height - point.y, point.x};
}

/* Moves the lines to where they are on the page turned as it should be. */
static void follow_turn(struct page_lines *lines, const struct image *image)
{
    int32_t sides[] = {lines->page.height, lines->page.width};

    for (size_t i = 0; i < lines->count; i++)
        for (size_t corner = 0; corner < ARRAY_LENGTH(lines->lines[i].corners); corner++)
            for (uint32_t quarter = 0; quarter < lines->turns; quarter++)
                lines->lines[i].corners[corner] =
                    turned(lines->lines[i].corners[corner], sides[quarter % 2]);
    raster_turn_to_image(&lines->page, lines->turns, image);
    lines->turns = 0;
}

status_code page_lines_follow(struct page_lines *lines, const struct networks *networks,
                              const struct image *image, bool *ret_is_same, struct status *st)
{
    *ret_is_same = raster_is_of_image(&lines->page, 0, image);
    if (*ret_is_same || lines->turns == 0 || !raster_is_of_image(&lines->page, lines->turns, image))
        return STATUS_OK;
    follow_turn(lines, image);
    *ret_is_same = true;
    return find_regions(lines, networks, st);
}

uint32_t page_lines_turns(const struct page_lines *lines)
{
    return lines->turns;
}

const char *page_lines_language(const struct page_lines *lines)
{
    return lines->language_found;
}

struct page_regions page_lines_regions(const struct page_lines *lines)
{
    return (struct page_regions){lines->regions, lines->region_count};
}
