#include "services/ocr/worker/engine/neural/page_lines.h"

#include <string.h>

#include "services/ocr/language.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/engine/neural/other_scripts.h"
#include "services/ocr/worker/engine/tesseract/tesseract.h"

/* A line that stands: higher than long by this much. RapidOCR's, too. */
static const float standing_ratio = 1.5f;

/* Less sure lines are noise: RapidOCR's text_score. */
static const float confidence_noise = 0.5f;

/* Text that the networks know comes out with 0.97 and more, other scripts with 0.9 and less
 * (22 languages, clean print at 300 dpi). */
static const float confidence_read = 0.9f;

/* Among lines of another script, some look like the networks' letters. */
static const float confidence_read_among_others = 0.97f;

/* Below it, most of a page is in another script. */
static const float confidence_known = 0.7f;

/* Below it, what the networks say is no more than a guess: other scripts leave 0.01 to 0.1 on most
 * lines, and handwriting that they read fairly 0.8. */
static const float confidence_guess = 0.5f;

static const float most_of_page = 0.5f;

struct page_lines {
    struct arena *arena;
    struct raster page;
    struct text_line *lines; /* the longest first */
    size_t count;
    struct region *regions;
    size_t region_count;
    uint32_t turns;
    bool is_turn_sure;
    float known;                /* mean confidence, longer lines counting for more */
    const char *language_found; /* of what could not be read; NULL: not looked for, or none */
    bool is_looked_for;
};

/* --- Orientation --- */

static bool is_standing(const struct text_line *line)
{
    return text_line_height(line) >= standing_ratio * text_line_length(line);
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
    float lying = 0, standing = 0, upright = 0, upside_down = 0;
    float probabilities[LINES_SEEN];

    for (size_t i = 0; i < lines->count; i++) {
        struct text_line *line = &lines->lines[i];
        if (is_standing(line)) {
            standing += text_line_height(line);
            text_line_turn(line, 1);
        } else {
            lying += text_line_length(line);
        }
    }
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
    /* What stands was turned counter-clockwise. */
    lines->turns = ((standing > lying ? 3 : 0) + (is_upside_down ? 2 : 0)) % 4;
    return STATUS_OK;
}

/* Turns all lines to where the page is to be turned by so many quarters; what was read is void. */
static void turn_lines(struct page_lines *lines, uint32_t turns)
{
    for (size_t i = 0; i < lines->count && turns != lines->turns; i++) {
        text_line_turn(&lines->lines[i], (lines->turns + 4 - turns) % 4);
        lines->lines[i].word_count = 0;
        lines->lines[i].confidence = 0;
    }
    lines->turns = turns;
}

/* Letters that the networks do not know tell them nothing of what is up: tesseract is asked. Where
 * it sees none but letters that they do know, it has not seen much either. */
static void correct_turns(struct page_lines *lines, struct engine *tesseract,
                          const struct engine_job *job)
{
    const float turn_confidence_min = 2; /* engine.h: nearly always right */
    struct engine_detection seen = {0};

    lines->is_turn_sure = tesseract_engine.detect(tesseract, job->image, &seen) &&
                          seen.turn_confidence >= turn_confidence_min && seen.script != NULL &&
                          !other_scripts_is_known(seen.script);
    turn_lines(lines, lines->is_turn_sure ? seen.quarter_turns : lines->turns % 2 == 0 ? 0 : 3);
}

/* --- Reading --- */

static status_code read_lines(struct page_lines *lines, const struct networks *networks,
                              int64_t deadline_ns, struct status *st)
{
    struct text_line **all = ARENA_NEW_ARRAY(lines->arena, struct text_line *, lines->count + 1);
    float confident = 0, length = 0;

    if (all == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < lines->count; i++)
        all[i] = &lines->lines[i];
    TRY(line_reader_read(networks->reader, &lines->page, all, lines->count, deadline_ns,
                         lines->arena, st));
    for (size_t i = 0; i < lines->count; i++) {
        confident += lines->lines[i].confidence * text_line_length(&lines->lines[i]);
        length += text_line_length(&lines->lines[i]);
    }
    lines->known = length > 0 ? confident / length : 1;
    return STATUS_OK;
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
    lines->is_turn_sure = true;
    if (lines->known < confidence_known)
        correct_turns(lines, tesseract, job);
    TRY(region_finder_find(networks->regions, &lines->page, lines->arena, &lines->regions,
                           &lines->region_count, st));
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

bool page_lines_are_of(const struct page_lines *lines, const struct image *image)
{
    return raster_is_of_image(&lines->page, image);
}

uint32_t page_lines_turns(const struct page_lines *lines)
{
    return lines->turns;
}

struct page_regions page_lines_regions(const struct page_lines *lines)
{
    return (struct page_regions){lines->regions, lines->region_count};
}

/* --- Other scripts --- */

/* Lines that could not be read, the longest first. */
struct unread {
    const struct text_line **lines;
    size_t count;
    float part; /* of the length of all lines */
};

static status_code find_unread(const struct page_lines *lines, struct arena *arena,
                               struct unread *ret_unread, struct status *st)
{
    struct unread unread = {.lines =
                                ARENA_NEW_ARRAY(arena, const struct text_line *, lines->count + 1)};
    float unread_length = 0, length = 0;

    if (unread.lines == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < lines->count; i++) {
        length += text_line_length(&lines->lines[i]);
        if (lines->lines[i].confidence >= confidence_read)
            continue;
        unread_length += text_line_length(&lines->lines[i]);
        unread.lines[unread.count++] = &lines->lines[i];
    }
    unread.part = length > 0 ? unread_length / length : 0;
    *ret_unread = unread;
    return STATUS_OK;
}

/* Looks once for the language of what could not be read. */
static status_code look_for_language(struct page_lines *lines, const struct other_scripts *how,
                                     const struct unread *unread, struct status *st)
{
    const float part_min = 0.03f; /* less is smudges and logos */
    bool is_thorough = unread->part > most_of_page;

    if (lines->is_looked_for)
        return STATUS_OK;
    lines->is_looked_for = true;
    if (unread->part <= part_min)
        return STATUS_OK;
    TRY(other_scripts_find(how, &lines->page, unread->lines, unread->count, is_thorough,
                           lines->arena, &lines->language_found, st));
    if (lines->language_found != NULL || lines->known >= confidence_guess)
        return STATUS_OK;
    /* No networks' letters, nor any model's: on its head, perhaps. */
    turn_lines(lines, (lines->turns + 2) % 4);
    TRY(other_scripts_find(how, &lines->page, unread->lines, unread->count, is_thorough,
                           lines->arena, &lines->language_found, st));
    if (lines->language_found == NULL)
        turn_lines(lines, (lines->turns + 2) % 4);
    lines->is_turn_sure = true;
    return STATUS_OK;
}

/* Where nobody has seen what is up, the way that reads better. */
static status_code settle_turns(struct page_lines *lines, const struct other_scripts *how,
                                const struct unread *unread, struct status *st)
{
    float upright, upside_down;

    if (lines->is_turn_sure)
        return STATUS_OK;
    TRY(other_scripts_try(how, &lines->page, unread->lines, unread->count, false, lines->arena,
                          &upright, st));
    TRY(other_scripts_try(how, &lines->page, unread->lines, unread->count, true, lines->arena,
                          &upside_down, st));
    if (upside_down > upright)
        turn_lines(lines, (lines->turns + 2) % 4);
    lines->is_turn_sure = true;
    return STATUS_OK;
}

/* Reads a line; and as a strip, where tesseract has not found its way about the line. */
static status_code read_other(const struct other_scripts *how, const struct raster *page,
                              struct text_line *line, struct arena *arena, struct status *st)
{
    /* Letters that the models know score above it in nearly all lines. */
    const float confidence_lost = 0.85f;
    struct other_scripts as_strip = *how;

    as_strip.layout = LAYOUT_STRIP;
    TRY(other_scripts_read(how, page, line, arena, st));
    if (line->confidence >= confidence_lost)
        return STATUS_OK;
    return other_scripts_read(&as_strip, page, line, arena, st);
}

/* A page of noise is no page: only where most of it could be read, the rest is left out. */
static void drop_noise(struct text_line *lines, size_t count)
{
    float confident = 0, length = 0;

    for (size_t i = 0; i < count; i++) {
        confident += lines[i].confidence * text_line_length(&lines[i]);
        length += text_line_length(&lines[i]);
    }
    for (size_t i = 0; i < count && confident >= confidence_known * length; i++)
        if (lines[i].confidence < confidence_noise)
            lines[i].word_count = 0;
}

/* Tesseract's models of a language; NULL: of none. */
static const char *models_of(const char *language, struct arena *arena)
{
    return language != NULL ? language_to_tesseract(str_of(language), arena) : NULL;
}

const char *page_lines_language(const struct page_lines *lines)
{
    return lines->language_found;
}

/* True when the networks have seen letters or digits of theirs on a line. */
static bool has_ascii(const struct text_line *line)
{
    for (size_t w = 0; w < line->word_count; w++)
        for (const char *c = line->words[w].text; *c != '\0'; c++)
            if ((*c >= '0' && *c <= '9') || ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z'))
                return true;
    return false;
}

/* Models of a script, with those of Latin letters beside where these cannot be taken for its own.
 */
static const char *models_with_latin(const char *models, struct arena *arena)
{
    static const char *const alike[] = {"Cyrl", "Grek", "Latn", "Armn", "Geor"};
    const struct language *language = language_find(str_of(models));

    if (language == NULL || strchr(models, '+') != NULL)
        return models;
    for (size_t i = 0; i < ARRAY_LENGTH(alike); i++)
        if (strcmp(language->script, alike[i]) == 0)
            return models;
    return arena_printf(arena, "%s+eng", models);
}

status_code page_lines_read_others(struct page_lines *lines, struct engine *tesseract,
                                   const struct engine_job *job, struct arena *arena,
                                   struct text_line **ret_lines, size_t *ret_count,
                                   struct status *st)
{
    struct other_scripts how = {.tesseract = tesseract,
                                .models = job->models,
                                .layout = LAYOUT_LINE,
                                .dpi = job->image->dpi,
                                .deadline_ns = job->deadline_ns};
    struct text_line *read = ARENA_NEW_ARRAY(arena, struct text_line, lines->count + 1);
    struct unread unread = {0};

    if (read == NULL)
        return FAIL_PAGE_TEXT(st);
    TRY(find_unread(lines, arena, &unread, st));
    if (!other_scripts_are_meant(job->models)) {
        TRY(look_for_language(lines, &how, &unread, st));
        how.models = models_of(lines->language_found, lines->arena);
    }
    if (how.models != NULL)
        TRY(settle_turns(lines, &how, &unread, st));
    if (lines->count > 0)
        memcpy(read, lines->lines, lines->count * sizeof(*read));
    float needed = unread.part > most_of_page ? confidence_read_among_others : confidence_read;
    struct other_scripts with_latin = how;
    if (how.models != NULL)
        with_latin.models = models_with_latin(how.models, arena);
    for (size_t i = 0; i < lines->count && how.models != NULL; i++)
        if (read[i].confidence < needed)
            TRY(read_other(has_ascii(&read[i]) && with_latin.models != NULL ? &with_latin : &how,
                           &lines->page, &read[i], arena, st));
    drop_noise(read, lines->count);
    *ret_lines = read;
    *ret_count = lines->count;
    return STATUS_OK;
}
