#include "services/export/docx/figures.h"

#include <stdio.h>
#include <stdlib.h>

#include "services/export/office/properties.h"

#define DRAWING_NAMESPACE "http://schemas.openxmlformats.org/drawingml/2006/"

enum {
    EMU_PER_TWIP = 635, /* English metric units, §20.1.2.1 */
    NAME_SIZE = 48,
};

struct figure {
    uint32_t page;
    uint32_t block;
    bool is_png;
    uint32_t width; /* pixels */
    uint32_t height;
};

struct docx_figures {
    struct figure *figures;
    size_t count;
    size_t capacity;
    size_t next; /* to be placed */
};

struct docx_figures *docx_figures_new(void)
{
    return calloc(1, sizeof(struct docx_figures));
}

void docx_figures_free(struct docx_figures *figures)
{
    if (figures == NULL)
        return;
    free(figures->figures);
    free(figures);
}

/* --- into the package --- */

static void set_name(char name[static NAME_SIZE], const char *folder, size_t index, bool is_png)
{
    (void)snprintf(name, NAME_SIZE, "%smedia/image%zu.%s", folder, index + 1,
                   is_png ? "png" : "jpeg");
}

static status_code add(struct docx_figures *figures, struct figure figure, struct status *st)
{
    if (figures->count == figures->capacity) {
        size_t capacity = figures->capacity > 0 ? 2 * figures->capacity : 16;
        struct figure *larger = reallocarray(figures->figures, capacity, sizeof(*figures->figures));

        if (larger == NULL)
            return FAIL_MEMORY(st);
        figures->figures = larger;
        figures->capacity = capacity;
    }
    figures->figures[figures->count++] = figure;
    return STATUS_OK;
}

static status_code copy_one(struct docx_figures *figures, struct package *package,
                            struct page_image *image, struct figure figure, struct status *st)
{
    char name[NAME_SIZE];
    struct str chunk;

    set_name(name, "word/", figures->count, figure.is_png);
    TRY(add(figures, figure, st));
    package_begin_part(package, name);
    do {
        TRY(page_image_read(image, &chunk, st));
        sink_append(package_part(package), chunk.p, chunk.n);
    } while (chunk.n > 0);
    package_end_part(package);
    return STATUS_OK;
}

status_code docx_figures_copy(struct docx_figures *figures, struct package *package,
                              struct page_image_source *images,
                              const Ocrmesh__Document__V1__Page *page, uint32_t page_number,
                              struct status *st)
{
    for (uint32_t i = 0; i < page->n_blocks && figures->count < DOCX_FIGURES_MAX; i++) {
        _cleanup_(page_image_freep) struct page_image *image = NULL;
        const struct page_image_query query = {
            .kind = OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_FIGURE,
            .page_index = page->index,
            .block_index = i,
        };

        if (page->blocks[i]->kind != OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FIGURE)
            continue;
        TRY(page_image_open(images, &query, &image, st));
        if (image == NULL)
            continue;
        const Ocrmesh__Document__V1__PageImage *description = page_image_description(image);
        bool is_png = description->encoding ==
                      OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_PNG;
        if (!is_png && description->encoding !=
                           OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_JPEG)
            continue;
        TRY(copy_one(
            figures, package, image,
            (struct figure){page_number, i, is_png, description->width, description->height}, st));
    }
    return STATUS_OK;
}

void docx_figures_write_relationships(const struct docx_figures *figures, struct xml_writer *part)
{
    for (size_t i = 0; i < figures->count; i++) {
        char id[NAME_SIZE];
        char target[NAME_SIZE];

        (void)snprintf(id, sizeof(id), "rIdImage%zu", i + 1);
        set_name(target, "", i, figures->figures[i].is_png);
        package_relationship(part, id, "image", target);
    }
}

/* --- into the text --- */

/* What the block takes on the page, made to fit between the margins. */
static void set_size(const struct docx_body *body, const Ocrmesh__Document__V1__Block *block,
                     const struct figure *figure, int64_t *ret_width, int64_t *ret_height)
{
    const struct docx_section *section = docx_survey_section(body->survey, body->section);
    double room_x = section->width - section->left - section->right;
    /* A line below it, for what follows. */
    double room_y = 0.9 * (section->height - section->top - section->bottom);
    double width = figure->width;
    double height = figure->height;
    double scale = 1;

    if (block->bbox != NULL && block->bbox->x1 > block->bbox->x0 &&
        block->bbox->y1 > block->bbox->y0) {
        width = (double)block->bbox->x1 - block->bbox->x0;
        height = (double)block->bbox->y1 - block->bbox->y0;
    }
    width *= body->twips_per_pixel;
    height *= body->twips_per_pixel;
    if (width > room_x)
        scale = room_x / width;
    if (height * scale > room_y)
        scale = room_y / height;
    *ret_width = (int64_t)(width * scale + 1) * EMU_PER_TWIP;
    *ret_height = (int64_t)(height * scale + 1) * EMU_PER_TWIP;
}

static void write_extent(struct xml_writer *part, const char *element, int64_t width,
                         int64_t height)
{
    xml_begin(part, element);
    xml_attribute_int(part, "cx", width);
    xml_attribute_int(part, "cy", height);
    xml_end(part);
}

/* §20.2.2.5. */
static void write_picture(struct xml_writer *part, size_t number, int64_t width, int64_t height)
{
    char id[NAME_SIZE];

    (void)snprintf(id, sizeof(id), "rIdImage%zu", number);
    xml_begin(part, "pic:pic");
    xml_attribute(part, "xmlns:pic", DRAWING_NAMESPACE "picture");
    xml_begin(part, "pic:nvPicPr");
    xml_begin(part, "pic:cNvPr");
    xml_attribute_int(part, "id", (int64_t)number);
    xml_attribute(part, "name", id + 3);
    xml_end(part);
    xml_empty(part, "pic:cNvPicPr");
    xml_end(part);
    xml_begin(part, "pic:blipFill");
    xml_value(part, "a:blip", "r:embed", id);
    xml_begin(part, "a:stretch");
    xml_empty(part, "a:fillRect");
    xml_end(part);
    xml_end(part);
    xml_begin(part, "pic:spPr");
    xml_begin(part, "a:xfrm");
    xml_begin(part, "a:off");
    xml_attribute_int(part, "x", 0);
    xml_attribute_int(part, "y", 0);
    xml_end(part);
    write_extent(part, "a:ext", width, height);
    xml_end(part);
    xml_begin(part, "a:prstGeom");
    xml_attribute(part, "prst", "rect");
    xml_empty(part, "a:avLst");
    xml_end(part);
    xml_end(part);
    xml_end(part);
}

/* §20.4.2.8: a picture that stands in the line as a letter does. */
static void write_drawing(struct xml_writer *part, size_t number, int64_t width, int64_t height,
                          const char *alternative)
{
    char name[NAME_SIZE];

    (void)snprintf(name, sizeof(name), "Figure %zu", number);
    xml_begin(part, "w:drawing");
    xml_begin(part, "wp:inline");
    write_extent(part, "wp:extent", width, height);
    xml_begin(part, "wp:docPr");
    xml_attribute_int(part, "id", (int64_t)number);
    xml_attribute(part, "name", name);
    xml_attribute(part, "descr", alternative);
    xml_end(part);
    xml_begin(part, "a:graphic");
    xml_attribute(part, "xmlns:a", DRAWING_NAMESPACE "main");
    xml_begin(part, "a:graphicData");
    xml_attribute(part, "uri", DRAWING_NAMESPACE "picture");
    write_picture(part, number, width, height);
    xml_end(part);
    xml_end(part);
    xml_end(part);
    xml_end(part);
}

bool docx_figures_place(struct docx_figures *figures, struct docx_body *body,
                        const Ocrmesh__Document__V1__Block *block, uint32_t block_index,
                        const char *alternative, const struct docx_section *ends_section)
{
    const struct figure *figure;
    int64_t width;
    int64_t height;

    if (figures->next == figures->count)
        return false;
    figure = &figures->figures[figures->next];
    if (figure->page != body->page || figure->block != block_index)
        return false;
    figures->next++;
    set_size(body, block, figure, &width, &height);
    docx_paragraph_begin(
        body, &(struct docx_paragraph){.style = DOCX_STYLE_FIGURE, .ends_section = ends_section});
    xml_begin(body->part, "w:r");
    write_drawing(body->part, figures->next, width, height, alternative);
    xml_end(body->part);
    docx_paragraph_end(body);
    return true;
}
