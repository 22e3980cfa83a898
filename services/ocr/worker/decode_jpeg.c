#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>
#include <jerror.h>
#include <jpeglib.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/decode_format.h"

/*
 * libjpeg directly: it can give the luminance alone, which costs half of decoding colour and needs
 * no conversion, and its warnings tell missing data from blemishes.
 */

enum {
    /* Scans of a progressive file that are decoded: files of cameras and scanners have about ten,
     * while each further scan of a hostile one costs a pass over the page. */
    JPEG_SCANS_MAX = 100,
    EXIF_ORIENTATION_TAG = 0x0112,
};

struct jpeg_state {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    bool is_cut_short;
    struct image *image;
    uint8_t *row;
    uint8_t *grey;
    struct Pix *colors;
};

static _Noreturn void leave(j_common_ptr jpeg)
{
    struct jpeg_state *state = jpeg->client_data;

    longjmp(state->escape, 1);
}

/* Only data that is missing makes the file unreadable; other warnings are blemishes. */
static void note_message(j_common_ptr jpeg, int level)
{
    struct jpeg_state *state = jpeg->client_data;

    if (level < 0 &&
        (jpeg->err->msg_code == JWRN_JPEG_EOF || jpeg->err->msg_code == JWRN_HIT_MARKER)) {
        state->is_cut_short = true;
        longjmp(state->escape, 1);
    }
}

static void drop_message(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void limit_scans(j_common_ptr jpeg)
{
    struct jpeg_state *state = jpeg->client_data;

    if (state->jpeg.input_scan_number > JPEG_SCANS_MAX)
        longjmp(state->escape, 1);
}

static uint16_t exif_16(const uint8_t *p, bool is_big_endian)
{
    return is_big_endian ? (uint16_t)(p[0] << 8 | p[1]) : bytes_le16(p);
}

static uint32_t exif_32(const uint8_t *p, bool is_big_endian)
{
    return is_big_endian ? bytes_be32(p) : bytes_le32(p);
}

/* The orientation tag of the first directory (Exif 2.3 §4.6.4), 1 when there is none. */
static unsigned exif_orientation(const uint8_t *data, size_t length)
{
    enum { TIFF_START = 6, ENTRY_BYTES = 12 };

    if (length < TIFF_START + 8 || memcmp(data, "Exif\0\0", TIFF_START) != 0)
        return 1;
    const uint8_t *tiff = data + TIFF_START;
    size_t size = length - TIFF_START;
    bool is_big_endian = tiff[0] == 'M';
    size_t directory = exif_32(tiff + 4, is_big_endian);
    if (directory > size - 2)
        return 1;
    size_t count = exif_16(tiff + directory, is_big_endian);
    for (size_t i = 0; i < count; i++) {
        size_t entry = directory + 2 + i * ENTRY_BYTES;
        if (entry + ENTRY_BYTES > size)
            return 1;
        if (exif_16(tiff + entry, is_big_endian) == EXIF_ORIENTATION_TAG)
            return exif_16(tiff + entry + 8, is_big_endian);
    }
    return 1;
}

static unsigned find_orientation(const struct jpeg_decompress_struct *jpeg)
{
    for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker != NULL; marker = marker->next)
        if (marker->marker == JPEG_APP0 + 1) {
            unsigned orientation = exif_orientation(marker->data, marker->data_length);
            if (orientation != 1)
                return orientation;
        }
    return 1;
}

static double density_dpi(const struct jpeg_decompress_struct *jpeg)
{
    if (!jpeg->saw_JFIF_marker || jpeg->density_unit == 0)
        return 0;
    return jpeg->density_unit == 2 ? jpeg->Y_density * 2.54 : jpeg->Y_density;
}

/* CMYK as Adobe writes it: inverted, so that 255 is "no ink". */
static void grey_from_cmyk(const uint8_t *cmyk, uint8_t *grey, uint32_t width, bool is_inverted)
{
    for (uint32_t x = 0; x < width; x++, cmyk += 4) {
        unsigned light[4];
        for (int i = 0; i < 4; i++)
            light[i] = is_inverted ? cmyk[i] : 255u - cmyk[i];
        /* ITU-R BT.601 luminance. */
        grey[x] = (uint8_t)((299 * light[0] + 587 * light[1] + 114 * light[2]) * light[3] / 255000);
    }
}

static status_code read_rows(struct jpeg_state *state, struct status *st)
{
    struct jpeg_decompress_struct *jpeg = &state->jpeg;
    bool is_cmyk = jpeg->out_color_space == JCS_CMYK;

    state->row = malloc((size_t)jpeg->output_width * (size_t)jpeg->output_components);
    state->grey = is_cmyk ? malloc(jpeg->output_width) : NULL;
    if (state->row == NULL || (is_cmyk && state->grey == NULL))
        return FAIL_PAGE_MEMORY(st);
    while (jpeg->output_scanline < jpeg->output_height) {
        uint32_t y = jpeg->output_scanline;
        JSAMPROW rows[] = {state->row};
        (void)jpeg_read_scanlines(jpeg, rows, 1);
        if (is_cmyk)
            grey_from_cmyk(state->row, state->grey, jpeg->output_width,
                           jpeg->saw_Adobe_marker != 0);
        image_put_row(state->image, y, is_cmyk ? state->grey : state->row);
    }
    return STATUS_OK;
}

static status_code read_image(struct jpeg_state *state, struct file_bytes file,
                              bool is_orientation_obeyed, struct status *st)
{
    struct jpeg_decompress_struct *jpeg = &state->jpeg;

    if (setjmp(state->escape))
        return decode_fail_corrupt("JPEG", st);
    jpeg_create_decompress(jpeg);
    jpeg->client_data = state; /* jpeg_create_decompress() keeps it, and clears all else */
    jpeg->progress = &state->progress;
    jpeg_mem_src(jpeg, file.data, file.size);
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    (void)jpeg_read_header(jpeg, TRUE);
    TRY(image_new(jpeg->image_width, jpeg->image_height, &state->image, st));
    state->image->dpi = image_plausible_dpi(density_dpi(jpeg));
    state->image->is_grey = jpeg->num_components == 1;
    bool is_cmyk = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    jpeg->out_color_space = is_cmyk ? JCS_CMYK : JCS_GRAYSCALE;
    (void)jpeg_start_decompress(jpeg);
    TRY(read_rows(state, st));
    unsigned orientation = is_orientation_obeyed ? find_orientation(jpeg) : 1;
    (void)jpeg_finish_decompress(jpeg);
    return decode_orient(state->image, orientation, st);
}

static void init_state(struct jpeg_state *state)
{
    *state = (struct jpeg_state){0};
    state->jpeg.err = jpeg_std_error(&state->errors);
    state->jpeg.client_data = state;
    state->errors.error_exit = leave;
    state->errors.emit_message = note_message;
    state->errors.output_message = drop_message;
    state->progress.progress_monitor = limit_scans;
}

static status_code decode(struct file_bytes file, bool is_orientation_obeyed,
                          struct image **ret_image, struct status *st)
{
    struct jpeg_state state;

    init_state(&state);
    status_code code = read_image(&state, file, is_orientation_obeyed, st);
    jpeg_destroy_decompress(&state.jpeg);
    free(state.row);
    free(state.grey);
    if (code != STATUS_OK) {
        image_free(state.image);
        return code;
    }
    *ret_image = state.image;
    return STATUS_OK;
}

status_code decode_jpeg(struct file_bytes file, struct image **ret_image, struct status *st)
{
    return decode(file, true, ret_image, st);
}

status_code decode_jpeg_plain(struct file_bytes file, struct image **ret_image, struct status *st)
{
    return decode(file, false, ret_image, st);
}

/* As leptonica's words of a pixel lie in memory. */
static J_COLOR_SPACE word_color_space(void)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return JCS_EXT_XBGR;
#else
    return JCS_EXT_RGBX;
#endif
}

static status_code read_colors(struct jpeg_state *state, struct file_bytes file, unsigned eighths,
                               struct status *st)
{
    struct jpeg_decompress_struct *jpeg = &state->jpeg;

    if (setjmp(state->escape))
        return decode_fail_corrupt("JPEG", st);
    jpeg_create_decompress(jpeg);
    jpeg->client_data = state;
    jpeg->progress = &state->progress;
    jpeg_mem_src(jpeg, file.data, file.size);
    (void)jpeg_read_header(jpeg, TRUE);
    TRY(image_check_size(jpeg->image_width, jpeg->image_height, st));
    jpeg->out_color_space = word_color_space();
    jpeg->scale_num = eighths;
    jpeg->scale_denom = 8;
    (void)jpeg_start_decompress(jpeg);
    state->colors = pixCreateNoInit((l_int32)jpeg->output_width, (l_int32)jpeg->output_height, 32);
    if (state->colors == NULL)
        return FAIL_PAGE_MEMORY(st);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW rows[] = {
            (JSAMPROW)(pixGetData(state->colors) +
                       (size_t)jpeg->output_scanline * (size_t)pixGetWpl(state->colors))};
        (void)jpeg_read_scanlines(jpeg, rows, 1);
    }
    (void)jpeg_finish_decompress(jpeg);
    return STATUS_OK;
}

status_code jpeg_read_pix(struct file_bytes file, unsigned eighths, struct Pix **ret_pix,
                          struct status *st)
{
    struct jpeg_state state;

    init_state(&state);
    status_code code = read_colors(&state, file, eighths, st);
    bool is_cmyk = state.jpeg.num_components == 4;
    jpeg_destroy_decompress(&state.jpeg);
    if (code != STATUS_OK)
        pixDestroy(&state.colors);
    if (code != STATUS_OK && is_cmyk) { /* libjpeg does not make RGB of it */
        state.colors = pixReadMemJpeg(file.data, file.size, 0, 1, NULL, 0);
        code = state.colors != NULL ? STATUS_OK : code;
    }
    TRY(code);
    *ret_pix = state.colors;
    return STATUS_OK;
}
