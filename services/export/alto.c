/*
 * alto: ALTO 4.3, in pixels of the upright page image.
 *
 * A page has one PrintSpace of its whole size, a block one TextBlock with a tag of its kind; a
 * table's stands in a ComposedBlock of TYPE "table", a figure is an Illustration. A page that could
 * not be read has QUALITY "Damaged" and the reason in QUALITY_DETAIL. Spaces are SP elements where
 * the text has one. A line end that divides a word is not marked with HYP: the text is as printed,
 * and whether a hyphen belongs to the word is not known. There are no styles, for fonts are not
 * known either.
 *
 * A block of which only the text is known has its lines and words without positions, which ALTO
 * allows.
 */

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/rest/words.h"
#include "services/export/alto/block.h"
#include "services/export/format.h"

static void alto_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    struct alto_state *state = run->state;
    struct xml_writer *writer = state->writer;
    uint64_t number = (uint64_t)page->index + 1;

    xml_begin(writer, "Page");
    xml_attributef(writer, "ID", "page_%" PRIu64, number);
    xml_attributef(writer, "PHYSICAL_IMG_NR", "%" PRIu64, number);
    if (page->error != NULL) {
        xml_attribute(writer, "QUALITY", "Damaged");
        xml_attribute(writer, "QUALITY_DETAIL", page->error->reason);
        xml_end(writer);
        xml_raw(writer, "\n");
        xml_flush(writer);
        return;
    }
    xml_attributef(writer, "WIDTH", "%" PRIu32, page->width);
    xml_attributef(writer, "HEIGHT", "%" PRIu32, page->height);
    alto_confidence_write(writer, "PC", page->mean_confidence);
    xml_begin(writer, "PrintSpace");
    xml_attribute(writer, "HPOS", "0");
    xml_attribute(writer, "VPOS", "0");
    xml_attributef(writer, "WIDTH", "%" PRIu32, page->width);
    xml_attributef(writer, "HEIGHT", "%" PRIu32, page->height);
    xml_raw(writer, "\n");
    for (size_t i = 0; i < page->n_blocks; i++)
        alto_block_write(state, page, page->blocks[i]);
    xml_end(writer);
    xml_end(writer);
    xml_raw(writer, "\n");
    xml_flush(writer);
}

static void write_processing(struct xml_writer *writer, const Ocrmesh__Ocr__V1__Job *job)
{
    char time[TIME_RFC3339_SIZE];

    xml_begin(writer, "Processing");
    xml_attribute(writer, "ID", "processing_1");
    xml_element(writer, "processingCategory", "contentGeneration");
    if (job->finish_time != NULL) {
        time_format_rfc3339(
            job->finish_time->seconds * NANOSECONDS_PER_SECOND + job->finish_time->nanos, time);
        xml_element(writer, "processingDateTime", time);
    }
    xml_begin(writer, "processingSoftware");
    xml_element(writer, "softwareName", "ocrmesh");
    if (job->engine != NULL) {
        xml_begin(writer, "applicationDescription");
        xml_text(writer, job->engine->name);
        xml_text(writer, " ");
        xml_text(writer, job->engine->version);
        xml_end(writer);
    }
    xml_end(writer);
    xml_end(writer);
    xml_raw(writer, "\n");
}

static void write_description(struct xml_writer *writer, const Ocrmesh__Ocr__V1__Job *job)
{
    xml_begin(writer, "Description");
    xml_raw(writer, "\n");
    xml_element(writer, "MeasurementUnit", "pixel");
    xml_raw(writer, "\n");
    xml_begin(writer, "sourceImageInformation");
    xml_element(writer, "fileName", job->file_name);
    xml_end(writer);
    xml_raw(writer, "\n");
    write_processing(writer, job);
    xml_end(writer);
    xml_raw(writer, "\n");
}

/* A tag for each kind of block, whether the document has one or not: they stand ahead of it. */
static void write_tags(struct xml_writer *writer)
{
    const ProtobufCEnumDescriptor *kinds = &ocrmesh__document__v1__block_kind__descriptor;

    xml_begin(writer, "Tags");
    xml_raw(writer, "\n");
    for (unsigned i = 0; i < kinds->n_values; i++) {
        const char *word;

        if (kinds->values[i].value == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_UNSPECIFIED)
            continue;
        word = rest_block_kind_word((Ocrmesh__Document__V1__BlockKind)kinds->values[i].value);
        xml_begin(writer, "LayoutTag");
        xml_attributef(writer, "ID", "kind_%s", word);
        xml_attribute(writer, "TYPE", "kind");
        xml_attribute(writer, "LABEL", word);
        xml_end(writer);
        xml_raw(writer, "\n");
    }
    xml_end(writer);
    xml_raw(writer, "\n");
}

static void begin_alto(struct format_run *run)
{
    struct alto_state *state = run->state;
    struct xml_writer *writer = xml_writer_new(run->sink);

    state->writer = writer;
    xml_declaration(writer);
    xml_begin(writer, "alto");
    xml_attribute(writer, "xmlns", "http://www.loc.gov/standards/alto/ns-v4#");
    xml_attribute(writer, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
    xml_attribute(writer, "xsi:schemaLocation",
                  "http://www.loc.gov/standards/alto/ns-v4# "
                  "http://www.loc.gov/standards/alto/v4/alto-4-3.xsd");
    xml_attribute(writer, "SCHEMAVERSION", "4.3");
    xml_raw(writer, "\n");
    write_description(writer, run->job);
    write_tags(writer);
    xml_begin(writer, "Layout");
    xml_raw(writer, "\n");
}

static void end_alto(struct format_run *run)
{
    struct alto_state *state = run->state;

    xml_end(state->writer);
    xml_raw(state->writer, "\n");
    xml_end(state->writer);
    xml_raw(state->writer, "\n");
    xml_flush(state->writer);
}

static void cleanup_alto(void *data)
{
    struct alto_state *state = data;

    xml_writer_free(TAKE(state->writer));
}

static const struct format_pass passes[] = {
    {.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL,
     .begin = begin_alto,
     .page = alto_page,
     .end = end_alto},
};

const struct format format_alto = {
    .name = "alto",
    .media_type = "application/xml",
    .extension = ".xml",
    .description = "ALTO 4.3: every word with its box and confidence, as XML.",
    .revision = 1,
    .state_size = sizeof(struct alto_state),
    .cleanup = cleanup_alto,
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
