#include "services/export/pdf/picture.h"

#include <inttypes.h>
#include <string.h>

#include "services/export/pdf/icc.h"

enum {
    ENTRIES_MAX_BYTES = 8 << 10,
    PROFILE_MAX_BYTES = 64 << 10,
};

/* --- what a reader must know --- */

uint32_t pdf_profiles_cmyk(struct pdf_profiles *profiles, struct pdf_writer *writer)
{
    struct pdf_body profile;

    if (profiles->cmyk != 0)
        return profiles->cmyk;
    profiles->cmyk = pdf_writer_reserve(writer);
    pdf_body_init(&profile, PROFILE_MAX_BYTES);
    if (!icc_append_cmyk(&profile.text))
        profile.has_failed = true;
    pdf_writer_check(writer, &profile);
    pdf_writer_stream(writer, profiles->cmyk, STR("/N 4"), buf_str(&profile.text));
    pdf_body_deinit(&profile);
    return profiles->cmyk;
}

static void append_decode(const Ocrmesh__Document__V1__PageImage *image, struct pdf_body *entries)
{
    if (!image->is_inverted || image->palette.len > 0)
        return;
    pdf_body_printf(entries, "/Decode[");
    for (uint32_t i = 0; i < image->components; i++)
        pdf_body_printf(entries, "1 0 ");
    pdf_body_printf(entries, "]");
}

static void append_colour_space(const Ocrmesh__Document__V1__PageImage *image,
                                struct pdf_profiles *profiles, struct pdf_writer *writer,
                                struct pdf_body *entries)
{
    if (image->palette.len > 0) {
        pdf_body_printf(entries, "/ColorSpace[/Indexed/DeviceRGB %zu<", image->palette.len / 3 - 1);
        for (size_t i = 0; i < image->palette.len; i++)
            pdf_body_printf(entries, "%02X", image->palette.data[i]);
        pdf_body_printf(entries, ">]");
    } else if (image->components == 4) {
        pdf_body_printf(entries, "/ColorSpace[/ICCBased %" PRIu32 " 0 R]",
                        pdf_profiles_cmyk(profiles, writer));
    } else {
        pdf_body_printf(entries, "/ColorSpace/Device%s", image->components == 3 ? "RGB" : "Gray");
    }
    pdf_body_printf(entries, "/BitsPerComponent %" PRIu32, image->bits_per_component);
}

static void append_jbig2(const Ocrmesh__Document__V1__PageImage *image, struct pdf_writer *writer,
                         struct pdf_body *entries)
{
    pdf_body_printf(entries, "/Filter/JBIG2Decode");
    if (image->jbig2_globals.len == 0)
        return;
    uint32_t globals = pdf_writer_reserve(writer);
    pdf_writer_plain_stream(
        writer, globals, STR(""),
        (struct str){(const char *)image->jbig2_globals.data, image->jbig2_globals.len});
    pdf_body_printf(entries, "/DecodeParms<</JBIG2Globals %" PRIu32 " 0 R>>", globals);
}

bool pdf_picture_entries(const Ocrmesh__Document__V1__PageImage *image, bool is_mask,
                         struct pdf_profiles *profiles, struct pdf_writer *writer,
                         struct pdf_body *entries)
{
    pdf_body_printf(entries, "/Type/XObject/Subtype/Image/Width %" PRIu32 "/Height %" PRIu32 " ",
                    image->width, image->height);
    switch (image->encoding) {
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_JPEG:
        pdf_body_printf(entries, "/Filter/DCTDecode");
        break;
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_PNG_ROWS:
        pdf_body_printf(entries,
                        "/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors %" PRIu32
                        "/BitsPerComponent %" PRIu32 "/Columns %" PRIu32 ">>",
                        image->components, image->bits_per_component, image->width);
        break;
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_CCITT_G4:
        pdf_body_printf(entries,
                        "/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %" PRIu32
                        "/Rows %" PRIu32 ">>",
                        image->width, image->height);
        break;
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_JBIG2:
        append_jbig2(image, writer, entries);
        break;
    case OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_JPEG_2000:
        /* Colours and depth are the file's own (ISO 32000-1 §7.4.9). */
        pdf_body_printf(entries, "/Filter/JPXDecode");
        return !is_mask;
    default:
        return false;
    }
    if (is_mask)
        pdf_body_printf(entries, "/ImageMask true/BitsPerComponent 1");
    else
        append_colour_space(image, profiles, writer, entries);
    append_decode(image, entries);
    return !is_mask || (image->components == 1 && image->bits_per_component == 1);
}

/* --- where it lies --- */

/* The unit square's upper left corner is the picture's first pixel (ISO 32000-1 §8.9.5.1), and its
 * y axis points up. */
static void place(const Ocrmesh__Document__V1__PageImage *image, uint32_t width, uint32_t height,
                  double scale, double ret_matrix[static 6])
{
    const Ocrmesh__Document__V1__Placement *told = image->placement;
    double w = image->width, h = image->height;
    double a = told != NULL ? told->a : width / w, b = told != NULL ? told->b : 0;
    double c = told != NULL ? told->c : 0, d = told != NULL ? told->d : height / h;
    double e = told != NULL ? told->e : 0, f = told != NULL ? told->f : 0;

    ret_matrix[0] = scale * a * w;
    ret_matrix[1] = -scale * b * w;
    ret_matrix[2] = -scale * c * h;
    ret_matrix[3] = scale * d * h;
    ret_matrix[4] = scale * (c * h + e);
    ret_matrix[5] = scale * (height - d * h - f);
}

static status_code copy_bytes(struct page_image *image, struct pdf_writer *writer,
                              struct status *st)
{
    struct str chunk;

    for (;;) {
        TRY(page_image_read(image, &chunk, st));
        if (chunk.n == 0)
            return STATUS_OK;
        pdf_writer_stream_append(writer, chunk.p, chunk.n);
        TRY(sink_check(writer->sink, st)); /* whose reader may be gone */
    }
}

status_code pdf_picture_write(struct page_image *image, struct pdf_profiles *profiles,
                              uint32_t width, uint32_t height, double scale,
                              struct pdf_writer *writer, struct pdf_picture *ret_picture,
                              struct status *st)
{
    const Ocrmesh__Document__V1__PageImage *description = page_image_description(image);
    uint32_t number = pdf_writer_reserve(writer);
    struct pdf_body entries;
    status_code code;

    pdf_body_init(&entries, ENTRIES_MAX_BYTES);
    if (pdf_picture_entries(description, false, profiles, writer, &entries)) {
        pdf_writer_check(writer, &entries);
        pdf_writer_stream_begin(writer, number, buf_str(&entries.text),
                                (uint64_t)description->size_bytes);
        code = copy_bytes(image, writer, st);
        if (code == STATUS_OK)
            pdf_writer_stream_end(writer);
    } else {
        code = FAIL(st, STATUS_INTERNAL, NULL, "a page's picture cannot be shown");
    }
    pdf_body_deinit(&entries);
    if (code != STATUS_OK)
        return code;
    ret_picture->number = number;
    place(description, width, height, scale, ret_picture->matrix);
    return STATUS_OK;
}
