/*
 * hocr: hOCR 1.2, as HTML that is well-formed XML.
 *
 * A page is an ocr_page with its size, number and resolution; a block an ocr_carea, or ocr_header,
 * ocr_footer, ocr_caption, ocr_table or ocr_photo where it is one, with its kind in data-kind; its
 * lines stand in one ocr_par, its words in ocrx_word. Identifiers are made as tesseract makes them,
 * "word_PAGE_NUMBER", both from 1. A page that could not be read is an ocr_page without content.
 *
 * The text of a line is its words with the spaces between them, so that the file read as HTML gives
 * the text. A block of which only the text is known has it in its ocr_par, without lines.
 */

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/rest/words.h"
#include "services/export/format.h"
#include "services/export/page/box.h"
#include "services/export/page/language.h"
#include "services/export/xml_writer.h"

static const char capabilities[] =
    "ocr_page ocr_carea ocr_par ocr_line ocrx_word ocr_header ocr_footer ocr_caption ocr_table "
    "ocr_photo ocrp_lang ocrp_dir ocrp_wconf";

/* Pixels a line's end may lie above or below a level baseline and still be level: less than hOCR's
 * readers round to. */
static const double BASELINE_LEVEL_PIXELS = 0.05;

struct hocr_state {
    struct xml_writer *writer;
    /* Of the page at hand; for identifiers. */
    uint64_t page_number;
    uint64_t block_count, line_count, word_count;
};

static void write_identifier(struct hocr_state *state, const char *kind, uint64_t number)
{
    xml_attributef(state->writer, "id", "%s_%" PRIu64 "_%" PRIu64, kind, state->page_number,
                   number);
}

/* Left out where nothing is known. */
static void write_language(struct xml_writer *writer, const char *language)
{
    if (language != NULL)
        xml_attribute(writer, "lang", language);
}

/* HTML has no word for vertical text. */
static void write_direction(struct xml_writer *writer,
                            Ocrmesh__Document__V1__TextDirection direction)
{
    if (direction == OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_LEFT_TO_RIGHT ||
        direction == OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT)
        xml_attribute(writer, "dir", language_direction(direction));
}

static void write_box(struct xml_writer *writer, const Ocrmesh__Document__V1__BoundingBox *bbox,
                      const Ocrmesh__Document__V1__Page *page)
{
    struct box box;

    if (box_of(bbox, page, &box))
        xml_attributef(writer, "title", "bbox %d %d %d %d", box.x0, box.y0, box.x1, box.y1);
}

/* --- words and lines --- */

static void write_word(struct hocr_state *state, const Ocrmesh__Document__V1__Page *page,
                       const Ocrmesh__Document__V1__Word *word)
{
    struct xml_writer *writer = state->writer;
    float confidence = word->confidence >= 0 && word->confidence <= 1 ? word->confidence : 0;
    int percent = (int)lroundf(confidence * 100);
    struct box box;

    xml_begin(writer, "span");
    xml_attribute(writer, "class", "ocrx_word");
    write_identifier(state, "word", ++state->word_count);
    if (box_of(word->bbox, page, &box))
        xml_attributef(writer, "title", "bbox %d %d %d %d; x_wconf %d", box.x0, box.y0, box.x1,
                       box.y1, percent);
    else
        xml_attributef(writer, "title", "x_wconf %d", percent);
    xml_text(writer, word->text);
    xml_end_full(writer);
}

/* hOCR 1.2, "baseline": a polynomial from the bottom left corner of the line's box. False when it
 * is not known. */
static bool find_baseline(const Ocrmesh__Document__V1__Baseline *baseline, const struct box *box,
                          double *ret_slope, double *ret_offset)
{
    double width, rise;

    if (baseline == NULL || !isfinite(baseline->x0) || !isfinite(baseline->y0) ||
        !isfinite(baseline->x1) || !isfinite(baseline->y1) || baseline->x1 - baseline->x0 < 1)
        return false;
    width = (double)baseline->x1 - baseline->x0;
    rise = (double)baseline->y1 - baseline->y0;
    *ret_slope = fabs(rise) < BASELINE_LEVEL_PIXELS ? 0 : rise / width;
    *ret_offset = baseline->y0 + *ret_slope * (box->x0 - (double)baseline->x0) - box->y1;
    return fabs(*ret_slope) < box->x1 + 1.0 && fabs(*ret_offset) < box->y1 + 1.0;
}

static void write_line(struct hocr_state *state, const Ocrmesh__Document__V1__Page *page,
                       const Ocrmesh__Document__V1__Line *line)
{
    struct xml_writer *writer = state->writer;
    struct box box;
    double slope, offset;
    bool needs_space = false;

    xml_begin(writer, "span");
    if (box_of(line->bbox, page, &box)) {
        xml_attribute(writer, "class", "ocr_line");
        write_identifier(state, "line", ++state->line_count);
        if (find_baseline(line->baseline, &box, &slope, &offset))
            xml_attributef(writer, "title", "bbox %d %d %d %d; baseline %.5g %.4g", box.x0, box.y0,
                           box.x1, box.y1, slope, offset);
        else
            write_box(writer, line->bbox, page);
    }
    for (size_t i = 0; i < line->n_words; i++) {
        if (line->words[i]->text[0] == '\0')
            continue;
        if (needs_space)
            xml_text(writer, " ");
        write_word(state, page, line->words[i]);
        needs_space = !line->words[i]->no_space_after;
    }
    xml_end_full(writer);
    xml_raw(writer, "\n");
}

/* --- blocks --- */

static const char *class_of(Ocrmesh__Document__V1__BlockKind kind)
{
    switch (kind) {
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE:
        return "ocr_table";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FIGURE:
        return "ocr_photo";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_CAPTION:
        return "ocr_caption";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADER:
        return "ocr_header";
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FOOTER:
        return "ocr_footer";
    default:
        return "ocr_carea";
    }
}

static void write_paragraph(struct hocr_state *state, const Ocrmesh__Document__V1__Page *page,
                            const Ocrmesh__Document__V1__Block *block)
{
    struct xml_writer *writer = state->writer;

    if (block->n_lines == 0 && block->text[0] == '\0')
        return;
    xml_begin(writer, "p");
    xml_attribute(writer, "class", "ocr_par");
    write_identifier(state, "par", state->block_count);
    if (block->language[0] != '\0')
        write_language(writer, language_of(page, block));
    write_direction(writer, block->direction);
    write_box(writer, block->bbox, page);
    xml_raw(writer, "\n");
    for (size_t i = 0; i < block->n_lines; i++)
        write_line(state, page, block->lines[i]);
    if (block->n_lines == 0)
        xml_text(writer, block->text);
    xml_end_full(writer);
    xml_raw(writer, "\n");
}

static void write_block(struct hocr_state *state, const Ocrmesh__Document__V1__Page *page,
                        const Ocrmesh__Document__V1__Block *block)
{
    struct xml_writer *writer = state->writer;

    xml_begin(writer, "div");
    xml_attribute(writer, "class", class_of(block->kind));
    write_identifier(state, "block", ++state->block_count);
    xml_attribute(writer, "data-kind", rest_block_kind_word(block->kind));
    if (block->level > 0)
        xml_attributef(writer, "data-level", "%" PRIu32, block->level);
    write_box(writer, block->bbox, page);
    xml_raw(writer, "\n");
    write_paragraph(state, page, block);
    xml_end_full(writer);
    xml_raw(writer, "\n");
}

/* --- pages --- */

/* A name in the quotes of a property: what ends it is left out. */
static void quote_name(const char *name, char *ret_quoted, size_t size)
{
    size_t used = 0;

    for (const char *c = name; *c != '\0' && used + 1 < size; c++)
        ret_quoted[used++] = strchr("\"\\;", *c) != NULL ? '_' : *c;
    ret_quoted[used] = '\0';
}

static void write_page_title(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    struct hocr_state *state = run->state;
    char name[256];
    int dpi = page->dpi >= 1 && page->dpi <= 100000 ? (int)lroundf(page->dpi) : 0;

    quote_name(run->job->file_name, name, sizeof(name));
    if (dpi > 0)
        xml_attributef(state->writer, "title",
                       "image \"%s\"; bbox 0 0 %" PRIu32 " %" PRIu32 "; ppageno %" PRIu32
                       "; scan_res %d %d",
                       name, page->width, page->height, page->index, dpi, dpi);
    else
        xml_attributef(state->writer, "title",
                       "image \"%s\"; bbox 0 0 %" PRIu32 " %" PRIu32 "; ppageno %" PRIu32, name,
                       page->width, page->height, page->index);
}

static void hocr_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    struct hocr_state *state = run->state;
    struct xml_writer *writer = state->writer;

    state->page_number = (uint64_t)page->index + 1;
    state->block_count = state->line_count = state->word_count = 0;
    xml_begin(writer, "div");
    xml_attribute(writer, "class", "ocr_page");
    xml_attributef(writer, "id", "page_%" PRIu64, state->page_number);
    write_language(writer, language_of(page, NULL));
    write_page_title(run, page);
    if (page->error != NULL)
        xml_attribute(writer, "data-error", page->error->reason);
    xml_raw(writer, "\n");
    for (size_t i = 0; i < page->n_blocks; i++)
        write_block(state, page, page->blocks[i]);
    xml_end_full(writer);
    xml_raw(writer, "\n");
    xml_flush(writer);
}

static void write_meta(struct xml_writer *writer, const char *name, const char *content)
{
    xml_begin(writer, "meta");
    xml_attribute(writer, "name", name);
    xml_attribute(writer, "content", content);
    xml_end(writer);
    xml_raw(writer, "\n");
}

static void begin_hocr(struct format_run *run)
{
    struct hocr_state *state = run->state;
    struct xml_writer *writer = xml_writer_new(run->sink);

    state->writer = writer;
    xml_declaration(writer);
    xml_raw(writer, "<!DOCTYPE html>\n");
    xml_begin(writer, "html");
    xml_attribute(writer, "xmlns", "http://www.w3.org/1999/xhtml");
    xml_raw(writer, "\n");
    xml_begin(writer, "head");
    xml_raw(writer, "\n");
    xml_begin(writer, "meta");
    xml_attribute(writer, "charset", "utf-8");
    xml_end(writer);
    xml_raw(writer, "\n");
    xml_element(writer, "title", run->job->file_name[0] != '\0' ? run->job->file_name : "document");
    xml_raw(writer, "\n");
    write_meta(writer, "ocr-system", "ocrmesh");
    write_meta(writer, "ocr-capabilities", capabilities);
    xml_begin(writer, "meta");
    xml_attribute(writer, "name", "ocr-number-of-pages");
    xml_attributef(writer, "content", "%" PRId32, run->job->page_count);
    xml_end(writer);
    xml_raw(writer, "\n");
    xml_end_full(writer);
    xml_raw(writer, "\n");
    xml_begin(writer, "body");
    xml_raw(writer, "\n");
}

static void end_hocr(struct format_run *run)
{
    struct hocr_state *state = run->state;

    xml_end_full(state->writer);
    xml_raw(state->writer, "\n");
    xml_end_full(state->writer);
    xml_raw(state->writer, "\n");
    xml_flush(state->writer);
}

static void cleanup_hocr(void *data)
{
    struct hocr_state *state = data;

    xml_writer_free(TAKE(state->writer));
}

static const struct format_pass passes[] = {
    {.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL,
     .begin = begin_hocr,
     .page = hocr_page,
     .end = end_hocr},
};

const struct format format_hocr = {
    .name = "hocr",
    .media_type = "text/vnd.hocr+html; charset=utf-8",
    .extension = ".hocr",
    .description = "hOCR 1.2: every word with its box and confidence, as HTML.",
    .revision = 1,
    .state_size = sizeof(struct hocr_state),
    .cleanup = cleanup_hocr,
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
