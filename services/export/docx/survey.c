#include "services/export/docx/survey.h"

#include <stdlib.h>
#include <string.h>

#include "services/export/docx/statistics.h"

enum {
    /* What Word takes of a page's side, in twips: 22 inches; and a card's side. */
    SIDE_MAX = 31680,
    SIDE_MIN = 2880,
    /* A4, for documents that tell no size, and for those larger than Word's pages. */
    A4_WIDTH = 11906,
    A4_HEIGHT = 16838,
    MARGIN_MIN = 360,
    MARGIN_DEFAULT = 1134,
    MARGIN_DIVISOR_MAX = 4, /* a margin is at most a fourth of the side */
    /* Pages that differ by less than this part of their side are of one size: scans vary. */
    SIZE_TOLERANCE_DIVISOR = 32,
};

/* Dots per inch beyond which a resolution is no resolution. */
static const float dpi_min = 36;
static const float dpi_max = 2400;
static const float dpi_default = 300;

struct docx_survey {
    docx_margin_function write_margin;
    void *arg;

    struct docx_section *sections;
    size_t section_count;
    size_t section_capacity;

    /* The section that the last page belongs to. */
    struct docx_section section;
    bool has_size;    /* a page that could be read was in it */
    bool has_margins; /* a page with blocks was: */
    uint32_t margins_page;
    struct docx_margin_text margins[DOCX_MARGIN_COUNT];

    uint64_t *margin_hashes[DOCX_MARGIN_COUNT]; /* of those that were handed out */
    uint32_t margin_count[DOCX_MARGIN_COUNT];

    uint32_t page_count;
    struct docx_statistics statistics;
};

struct docx_survey *docx_survey_new(docx_margin_function write_margin, void *arg)
{
    _cleanup_(docx_survey_freep) struct docx_survey *survey = calloc(1, sizeof(*survey));

    if (survey == NULL)
        return NULL;
    survey->write_margin = write_margin;
    survey->arg = arg;
    for (int i = 0; i < DOCX_MARGIN_COUNT; i++) {
        survey->margin_hashes[i] = calloc(DOCX_SECTIONS_MAX, sizeof(uint64_t));
        if (survey->margin_hashes[i] == NULL)
            return NULL;
    }
    return TAKE(survey);
}

void docx_survey_free(struct docx_survey *survey)
{
    if (survey == NULL)
        return;
    for (int i = 0; i < DOCX_MARGIN_COUNT; i++)
        free(survey->margin_hashes[i]);
    free(survey->sections);
    free(survey);
}

/* --- measures of a page --- */

double docx_twips_per_pixel(const Ocrmesh__Document__V1__Page *page)
{
    float dpi = page->dpi >= dpi_min && page->dpi <= dpi_max ? page->dpi : dpi_default;
    double longer = page->width > page->height ? page->width : page->height;
    double scale = DOCX_TWIPS_PER_INCH / (double)dpi;

    return longer * scale > SIDE_MAX ? A4_HEIGHT / longer : scale;
}

static int32_t clamp(double value, int32_t least, int32_t most)
{
    return value < least ? least : value > most ? most : (int32_t)(value + 0.5);
}

/* --- sections --- */

static uint64_t hash(uint64_t state, const void *data, size_t length)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < length; i++) /* FNV-1a */
        state = (state ^ bytes[i]) * UINT64_C(0x100000001B3);
    return state;
}

/* The number of the section's header or footer, which is handed out unless an equal one was. */
static uint32_t margin_part(struct docx_survey *survey, docx_margin which)
{
    const struct docx_margin_text *text = &survey->margins[which];
    uint64_t *hashes = survey->margin_hashes[which];
    uint64_t own = UINT64_C(0xCBF29CE484222325);

    if (text->length == 0 && survey->margin_count[which] == 0)
        return 0;
    own = hash(own, text->text, text->length + 1);
    own = hash(own, &text->number_start, sizeof(text->number_start));
    own = hash(own, &text->number_length, sizeof(text->number_length));
    own = hash(own, &text->is_right_to_left, sizeof(text->is_right_to_left));
    own = hash(own, &survey->section.width, sizeof(survey->section.width));
    own = hash(own, &survey->section.left, sizeof(survey->section.left));
    own = hash(own, &survey->section.right, sizeof(survey->section.right));
    for (uint32_t i = 0; i < survey->margin_count[which]; i++)
        if (hashes[i] == own)
            return i + 1;
    hashes[survey->margin_count[which]++] = own;
    survey->write_margin(survey->arg, which, survey->margin_count[which], text, &survey->section);
    return survey->margin_count[which];
}

/* The number that the section's first page has, by that of the page whose margins are known last;
 * -1: none. */
static int32_t first_number(const struct docx_survey *survey)
{
    for (int i = DOCX_MARGIN_COUNT; i-- > 0;) {
        const struct docx_margin_text *margin = &survey->margins[i];
        int64_t number =
            (int64_t)margin->number - ((int64_t)survey->margins_page - survey->section.first_page);

        if (margin->number_length > 0)
            return number > 0 ? (int32_t)number : 0;
    }
    return -1;
}

/* Where nothing is printed, margins are as usual. */
static void set_margin(int32_t *margin, int32_t side)
{
    if (*margin >= side)
        *margin = MARGIN_DEFAULT;
    *margin = clamp(*margin, MARGIN_MIN, side / MARGIN_DIVISOR_MAX);
}

static status_code end_section(struct docx_survey *survey, struct status *st)
{
    struct docx_section *section = &survey->section;

    if (survey->section_count == survey->section_capacity) {
        size_t capacity = survey->section_capacity > 0 ? 2 * survey->section_capacity : 8;
        struct docx_section *larger =
            reallocarray(survey->sections, capacity, sizeof(*survey->sections));

        if (larger == NULL)
            return FAIL_MEMORY(st);
        survey->sections = larger;
        survey->section_capacity = capacity;
    }
    if (!survey->has_size) {
        section->width = A4_WIDTH;
        section->height = A4_HEIGHT;
    }
    set_margin(&section->left, section->width);
    set_margin(&section->right, section->width);
    set_margin(&section->top, section->height);
    set_margin(&section->bottom, section->height);
    /* Pages that end early tell nothing of the margin at their foot; as white space it would push
     * what is set a little wider onto another page. */
    section->bottom = clamp(section->bottom, MARGIN_MIN,
                            section->top > MARGIN_DEFAULT ? section->top : MARGIN_DEFAULT);
    section->first_number = first_number(survey);
    section->page_count = survey->page_count - section->first_page;
    for (int i = 0; i < DOCX_MARGIN_COUNT; i++)
        section->parts[i] = margin_part(survey, (docx_margin)i);
    survey->sections[survey->section_count++] = *section;
    return STATUS_OK;
}

static void begin_section(struct docx_survey *survey)
{
    survey->section = (struct docx_section){
        .first_page = survey->page_count,
        .left = INT32_MAX,
        .right = INT32_MAX,
        .top = INT32_MAX,
        .bottom = INT32_MAX,
    };
    survey->has_size = false;
    survey->has_margins = false;
    for (int i = 0; i < DOCX_MARGIN_COUNT; i++)
        survey->margins[i] = (struct docx_margin_text){0};
}

static bool is_about(int32_t a, int32_t b)
{
    return abs(a - b) <= b / SIZE_TOLERANCE_DIVISOR;
}

/* Whether a page belongs to the section of the one before. */
static bool goes_on(struct docx_survey *survey, int32_t width, int32_t height,
                    const struct docx_margin_text margins[static DOCX_MARGIN_COUNT])
{
    int32_t distance = (int32_t)(survey->page_count - survey->margins_page);
    struct docx_margin_text found[DOCX_MARGIN_COUNT];

    if (survey->section_count == DOCX_SECTIONS_MAX - 1)
        return true;
    if (survey->has_size &&
        (!is_about(width, survey->section.width) || !is_about(height, survey->section.height) ||
         (width > height) != (survey->section.width > survey->section.height)))
        return false;
    if (!survey->has_margins)
        return true;
    memcpy(found, survey->margins, sizeof(found));
    for (int i = 0; i < DOCX_MARGIN_COUNT; i++)
        if (!docx_margin_goes_on(&found[i], &margins[i], distance))
            return false;
    memcpy(survey->margins, found, sizeof(found));
    return true;
}

/* Makes the section's margins such that the page's blocks stand between them. */
static void widen(struct docx_section *section, const Ocrmesh__Document__V1__Page *page,
                  double scale)
{
    int32_t sides[4] = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX};

    for (size_t i = 0; i < page->n_blocks; i++) {
        const Ocrmesh__Document__V1__Block *block = page->blocks[i];
        const Ocrmesh__Document__V1__BoundingBox *box = block->bbox;

        if (box == NULL || block->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADER ||
            block->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FOOTER)
            continue;
        const double own[4] = {box->x0 * scale, section->width - box->x1 * scale, box->y0 * scale,
                               section->height - box->y1 * scale};
        for (int k = 0; k < 4; k++)
            if (own[k] < sides[k])
                sides[k] = clamp(own[k], 0, INT32_MAX);
    }
    int32_t *const widened[4] = {&section->left, &section->right, &section->top, &section->bottom};
    for (int k = 0; k < 4; k++)
        if (sides[k] < *widened[k])
            *widened[k] = sides[k];
}

status_code docx_survey_page(struct docx_survey *survey, const Ocrmesh__Document__V1__Page *page,
                             struct status *st)
{
    bool is_sized = page->width > 0 && page->height > 0;
    double scale = is_sized ? docx_twips_per_pixel(page) : 0;
    int32_t width = clamp(page->width * scale, SIDE_MIN, SIDE_MAX);
    int32_t height = clamp(page->height * scale, SIDE_MIN, SIDE_MAX);
    struct docx_margin_text margins[DOCX_MARGIN_COUNT];

    for (int i = 0; i < DOCX_MARGIN_COUNT; i++)
        docx_margin_read(&margins[i], page, (docx_margin)i);
    if (survey->page_count == 0)
        begin_section(survey);
    /* A page that could not be read, or with nothing on it, goes with the one before. */
    if (is_sized && page->n_blocks > 0 && !goes_on(survey, width, height, margins)) {
        TRY(end_section(survey, st));
        begin_section(survey);
    }
    if (is_sized && !survey->has_size) {
        survey->section.width = width;
        survey->section.height = height;
        survey->has_size = true;
    }
    if (page->n_blocks > 0 && !survey->has_margins) {
        memcpy(survey->margins, margins, sizeof(margins));
        survey->margins_page = survey->page_count;
        survey->has_margins = true;
    }
    widen(&survey->section, page, scale);
    docx_statistics_add(&survey->statistics, page, scale);
    survey->page_count++;
    return STATUS_OK;
}

status_code docx_survey_end(struct docx_survey *survey, struct status *st)
{
    if (survey->page_count == 0)
        begin_section(survey);
    return end_section(survey, st);
}

/* --- what was found --- */

size_t docx_survey_section_count(const struct docx_survey *survey)
{
    return survey->section_count;
}

const struct docx_section *docx_survey_section(const struct docx_survey *survey, size_t index)
{
    return &survey->sections[index];
}

uint32_t docx_survey_part_count(const struct docx_survey *survey, docx_margin margin)
{
    return survey->margin_count[margin];
}

int docx_survey_body_size(const struct docx_survey *survey)
{
    return docx_statistics_body_size(&survey->statistics);
}

int docx_survey_space_after(const struct docx_survey *survey)
{
    return docx_statistics_space_after(&survey->statistics);
}

const char *docx_survey_language(const struct docx_survey *survey)
{
    return docx_statistics_language(&survey->statistics);
}
