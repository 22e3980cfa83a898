/*
 * pdf: the pages' pictures with an invisible text layer that selects, searches and copies, in the
 * order of the document (docs/exports.md).
 *
 * Every file is meant to be PDF/A-2u (ISO 19005-2): fonts and colours are in it, and every
 * character of the text layer is in Unicode. A page is as large as its upright image is at its
 * resolution, and is drawn straight, so that boxes on the page are the job's boxes.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "services/export/format.h"
#include "services/export/page/language.h"
#include "services/export/pdf/drawing.h"
#include "services/export/pdf/languages.h"
#include "services/export/pdf/metadata.h"
#include "services/export/pdf/outline.h"
#include "services/export/pdf/pages.h"
#include "services/export/pdf/picture.h"
#include "services/export/pdf/text.h"

enum {
    CONTENT_MAX_BYTES = 256 << 20,
    PAGE_MAX_BYTES = 8 << 10,
    HEADING_LEVEL_MAX = 6,
    NOTICE_SIZE = 256,
};

#define POINTS_PER_INCH 72.0
/* Of pages that do not tell, as screens had. */
#define DPI_UNKNOWN 96.0
#define DPI_LEAST   1.0
#define DPI_MOST    100000.0
/* ISO 19005-2 §6.1.13, after ISO 32000-1 annex C. */
#define SIDE_LEAST 3.0
#define SIDE_MOST  14400.0
/* A page without a size is A4. */
#define UNKNOWN_WIDTH  595.0
#define UNKNOWN_HEIGHT 842.0
/* Of sentences of ours, and how many letters from the page's edge they stand. */
#define NOTICE_POINTS 10.0
#define NOTICE_SMALL  0.7
#define NOTICE_MARGIN 3.0

struct pdf_state {
    bool has_begun;
    struct pdf_writer writer;
    struct pdf_pages pages;
    struct pdf_font font;
    struct pdf_text text;
    struct pdf_print print;
    struct pdf_outline outline;
    struct pdf_profiles profiles;
    struct pdf_drawn_glyphs drawn_glyphs;
    struct pdf_body content;
    struct pdf_languages languages;
};

static void begin(struct format_run *run)
{
    struct pdf_state *state = run->state;

    state->has_begun = true;
    pdf_writer_init(&state->writer, run->sink);
    pdf_pages_init(&state->pages, &state->writer);
    pdf_text_init(&state->text, &state->writer, &state->font);
    pdf_print_init(&state->print, &state->writer);
    pdf_outline_init(&state->outline);
    pdf_body_init(&state->content, CONTENT_MAX_BYTES);
}

static void cleanup(void *state_of_run)
{
    struct pdf_state *state = state_of_run;

    if (!state->has_begun)
        return;
    pdf_body_deinit(&state->content);
    pdf_outline_deinit(&state->outline);
    pdf_print_deinit(&state->print);
    pdf_text_deinit(&state->text);
    pdf_font_deinit(&state->font);
    pdf_drawn_glyphs_deinit(&state->drawn_glyphs);
    pdf_pages_deinit(&state->pages);
    pdf_writer_deinit(&state->writer);
}

/* --- a page --- */

/* Of a page, in points. */
struct measures {
    double width, height;
    double scale; /* points a pixel */
};

static struct measures measure(const Ocrmesh__Document__V1__Page *page)
{
    double dpi = page->dpi;
    struct measures measures = {UNKNOWN_WIDTH, UNKNOWN_HEIGHT, 1};

    if (page->width == 0 || page->height == 0)
        return measures;
    if (!isfinite(dpi) || dpi < DPI_LEAST || dpi > DPI_MOST)
        dpi = DPI_UNKNOWN;
    measures.scale = POINTS_PER_INCH / dpi;
    measures.scale = fmax(measures.scale, SIDE_LEAST / fmin(page->width, page->height));
    measures.scale = fmin(measures.scale, SIDE_MOST / fmax(page->width, page->height));
    measures.width = fmax(SIDE_LEAST, page->width * measures.scale);
    measures.height = fmax(SIDE_LEAST, page->height * measures.scale);
    return measures;
}

/* Writes the page's rendition, where one is kept. */
static void write_picture(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                          double scale, struct pdf_picture *picture)
{
    struct pdf_state *state = run->state;
    struct page_image_query query = {
        OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_RENDITION, page->index, 0};
    _cleanup_(page_image_freep) struct page_image *image = NULL;
    struct status st = {0};
    status_code code;

    if (!run->job->retains_renditions || page->width == 0 || page->height == 0)
        return;
    code = page_image_open(run->images, &query, &image, &st);
    if (code == STATUS_OK && image != NULL) {
        code = page_image_description(image)->encoding ==
                       OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_DRAWING
                   ? pdf_drawing_write(image, &state->profiles, &state->drawn_glyphs, page->width,
                                       page->height, scale, &state->writer, picture, &st)
                   : pdf_picture_write(image, &state->profiles, page->width, page->height, scale,
                                       &state->writer, picture, &st);
    }
    if (code != STATUS_OK)
        sink_fail(run->sink, &st);
}

static void append_picture(struct pdf_body *content, const struct pdf_picture *picture)
{
    pdf_body_append(content, "q ", 2);
    for (int i = 0; i < 6; i++)
        pdf_body_number(content, picture->matrix[i], 4);
    pdf_body_printf(content, "cm/I Do Q\n");
}

static void write_page(struct pdf_state *state, uint32_t number, const struct measures *measures,
                       const struct pdf_picture *picture, uint64_t faces)
{
    struct pdf_writer *writer = &state->writer;
    uint32_t content = 0, parent;
    struct pdf_body body;

    pdf_writer_check(writer, &state->content);
    if (state->content.text.length > 0) {
        content = pdf_writer_reserve(writer);
        pdf_writer_stream(writer, content, STR(""), buf_str(&state->content.text));
    }
    pdf_pages_add(&state->pages, writer, number, &parent);
    pdf_body_init(&body, PAGE_MAX_BYTES);
    pdf_body_printf(&body, "<</Type/Page/Parent %" PRIu32 " 0 R/MediaBox[0 0 ", parent);
    pdf_body_number(&body, measures->width, 3);
    pdf_body_number(&body, measures->height, 3);
    pdf_body_printf(&body, "]/Resources<<");
    if (picture->number != 0)
        pdf_body_printf(&body, "/XObject<</I %" PRIu32 " 0 R>>", picture->number);
    if (faces != 0) {
        pdf_body_printf(&body, "/Font<<");
        for (uint32_t i = 0; i < PDF_FONT_FACES_MAX; i++)
            if ((faces >> i & 1) != 0)
                pdf_body_printf(&body, "/F%" PRIu32 " %" PRIu32 " 0 R", i,
                                state->font.faces[i].number);
        pdf_body_printf(&body, ">>");
    }
    pdf_body_printf(&body, ">>");
    if (content != 0)
        pdf_body_printf(&body, "/Contents %" PRIu32 " 0 R", content);
    pdf_body_printf(&body, ">>");
    pdf_writer_object(writer, number, &body);
    pdf_body_deinit(&body);
}

/* --- what the whole document is told by --- */

static void add_bookmarks(struct pdf_state *state, const Ocrmesh__Document__V1__Page *page,
                          uint32_t number, const struct measures *measures)
{
    for (size_t i = 0; i < page->n_blocks; i++) {
        const Ocrmesh__Document__V1__Block *block = page->blocks[i];
        uint32_t level = block->level >= 1 && block->level <= HEADING_LEVEL_MAX ? block->level : 1;

        if (block->kind != OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING)
            continue;
        double x = block->bbox != NULL ? block->bbox->x0 * measures->scale : 0;
        double y = block->bbox != NULL ? block->bbox->y0 * measures->scale : 0;
        if (!pdf_outline_add(&state->outline, level, block->text, number,
                             fmax(0, fmin(x, measures->width)),
                             measures->height - fmax(0, fmin(y, measures->height))))
            state->content.has_failed = true;
    }
}

/* What a page without a picture says about itself, in letters of `size` pixels. */
static void print_notices(struct pdf_print *print, const Ocrmesh__Document__V1__Page *page,
                          double size, double height)
{
    char text[NOTICE_SIZE];

    if (page->error != NULL) {
        (void)snprintf(text, sizeof(text), "This page could not be read: %s", page->error->message);
        pdf_print_notice(print, text, NOTICE_MARGIN * size, height / 3, size);
    }
    if (print->missing_words > 0)
        pdf_print_notice(print,
                         "Words of this page are not shown, for the server has no font for them; "
                         "select or search the page to read them.",
                         size, height - size, size * NOTICE_SMALL);
}

/* Shows the text, where there is no picture of it. */
static void write_print(struct pdf_state *state, const Ocrmesh__Document__V1__Page *page,
                        const struct measures *measures, struct pdf_picture *picture)
{
    uint32_t width = page->width, height = page->height;

    if (width == 0 || height == 0) {
        width = (uint32_t)UNKNOWN_WIDTH;
        height = (uint32_t)UNKNOWN_HEIGHT;
    }
    print_notices(&state->print, page, NOTICE_POINTS / measures->scale, height);
    pdf_print_end(&state->print, width, height, measures->scale, picture);
    if (picture->number != 0)
        append_picture(&state->content, picture);
}

static void page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    struct pdf_state *state = run->state;
    struct measures measures = measure(page);
    struct pdf_picture picture = {0};
    struct pdf_print *print = NULL;
    uint32_t number = pdf_writer_reserve(&state->writer);
    uint64_t faces = 0;

    pdf_body_clear(&state->content);
    write_picture(run, page, measures.scale, &picture);
    if (picture.number != 0) {
        append_picture(&state->content, &picture);
    } else {
        print = &state->print;
        pdf_print_begin(print, language_of(page, NULL));
    }
    if (page->width > 0 && page->height > 0)
        pdf_text_page(&state->text, page, measures.scale, &state->content, print, &faces);
    if (print != NULL)
        write_print(state, page, &measures, &picture);
    add_bookmarks(state, page, number, &measures);
    pdf_languages_count(&state->languages, language_of(page, NULL));
    write_page(state, number, &measures, &picture, faces);
}

/* --- the end --- */

/* The same for the same document: the job's id, and its revision in the last bytes. */
static void make_id(const Ocrmesh__Ocr__V1__Job *job, uint8_t ret_id[static PDF_WRITER_ID_BYTES])
{
    uint64_t revision = (uint64_t)job->revision;

    memset(ret_id, 0, PDF_WRITER_ID_BYTES);
    for (size_t i = 0; job->job_id[i] != '\0'; i++)
        ret_id[i % PDF_WRITER_ID_BYTES] =
            (uint8_t)(ret_id[i % PDF_WRITER_ID_BYTES] * 31 + (uint8_t)job->job_id[i]);
    for (int i = 0; i < 8; i++)
        ret_id[PDF_WRITER_ID_BYTES - 1 - i] ^= (uint8_t)(revision >> (8 * i));
}

static void end(struct format_run *run)
{
    struct pdf_state *state = run->state;
    struct pdf_writer *writer = &state->writer;
    const char *language = pdf_languages_main(&state->languages);
    uint8_t id[PDF_WRITER_ID_BYTES];
    struct pdf_body body;

    pdf_font_write(&state->font, writer);
    uint32_t pages = pdf_pages_write(&state->pages, writer);
    uint32_t outline = pdf_outline_write(&state->outline, writer);
    uint32_t intent = pdf_metadata_write_intent(writer);
    uint32_t info = pdf_metadata_write_info(run->job, writer);
    uint32_t xmp = pdf_metadata_write_xmp(run->job, language, writer);
    uint32_t catalog = pdf_writer_reserve(writer);

    pdf_body_init(&body, PAGE_MAX_BYTES);
    pdf_body_printf(&body,
                    "<</Type/Catalog/Pages %" PRIu32 " 0 R/Metadata %" PRIu32
                    " 0 R/OutputIntents[%" PRIu32 " 0 R]",
                    pages, xmp, intent);
    if (outline != 0)
        pdf_body_printf(&body, "/Outlines %" PRIu32 " 0 R", outline);
    if (run->job->file_name[0] != '\0')
        pdf_body_printf(&body, "/ViewerPreferences<</DisplayDocTitle true>>");
    if (language[0] != '\0')
        pdf_body_printf(&body, "/Lang(%s)", language);
    pdf_body_printf(&body, ">>");
    pdf_writer_object(writer, catalog, &body);
    pdf_body_deinit(&body);
    make_id(run->job, id);
    pdf_writer_finish(writer, catalog, info, id);
}

static const struct format_pass passes[] = {
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL, begin, page, end},
};

const struct format format_pdf = {
    .name = "pdf",
    .media_type = "application/pdf",
    .extension = ".pdf",
    .description = "The pages' pictures with a text layer that can be searched (PDF/A-2u).",
    .revision = 3,
    .option_mask = FORMAT_OPTION_PDFA, /* every file is */
    .state_size = sizeof(struct pdf_state),
    .cleanup = cleanup,
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
