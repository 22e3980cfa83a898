#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>
#include <png.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/decode_format.h"

/*
 * libpng directly, and not through leptonica: rows turn to grey as they are read, so that only the
 * grey page is ever held, and data that ends early is an error and not a warning.
 */

struct png_source {
    struct file_bytes file;
    size_t offset;
};

static void read_bytes(png_structp png, png_bytep target, size_t length)
{
    struct png_source *source = png_get_io_ptr(png);

    if (length > source->file.size - source->offset)
        png_error(png, "the file ends early");
    memcpy(target, source->file.data + source->offset, length);
    source->offset += length;
}

static void ignore_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static _Noreturn void leave(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

/* Asks libpng for 8-bit grey on white, whatever is in the file. */
static void set_transforms(png_structp png, png_infop info)
{
    int color_type = png_get_color_type(png, info);
    bool is_color = (color_type & PNG_COLOR_MASK_COLOR) != 0;
    bool is_transparent =
        (color_type & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png, info, PNG_INFO_tRNS) != 0;

    png_set_expand(png);
    png_set_scale_16(png);
    if (is_transparent) {
        png_color_16 white = {.red = 255, .green = 255, .blue = 255, .gray = 255};
        png_set_background_fixed(png, &white, PNG_BACKGROUND_GAMMA_SCREEN, 0, 100000);
    }
    if (is_color)
        png_set_rgb_to_gray_fixed(png, PNG_ERROR_ACTION_NONE, -1, -1);
    (void)png_set_interlace_handling(png);
    png_read_update_info(png, info);
}

/* What libpng leaves with longjmp() must not be in locals. */
struct png_state {
    struct png_source source;
    png_structp png;
    png_infop info;
    struct image *image;
    uint8_t *pixels; /* one row, or the whole page when it is interlaced */
};

static status_code read_header(struct png_state *state, struct status *st)
{
    if (setjmp(png_jmpbuf(state->png)))
        return decode_fail_corrupt("PNG", st);
    png_set_read_fn(state->png, &state->source, read_bytes);
    /* Sizes are checked against the page's limits instead. */
    png_set_user_limits(state->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_read_info(state->png, state->info);
    return STATUS_OK;
}

static status_code read_rows(struct png_state *state, struct status *st)
{
    png_structp png = state->png;

    if (setjmp(png_jmpbuf(png)))
        return decode_fail_corrupt("PNG", st);
    bool is_interlaced = png_get_interlace_type(png, state->info) != PNG_INTERLACE_NONE;
    set_transforms(png, state->info);
    uint32_t width = state->image->width;
    uint32_t height = state->image->height;
    size_t row_bytes = png_get_rowbytes(png, state->info);
    if (row_bytes < width || png_get_channels(png, state->info) != 1)
        png_error(png, "not grey");

    state->pixels = calloc(is_interlaced ? height : 1, row_bytes);
    if (state->pixels == NULL)
        return FAIL_PAGE_MEMORY(st);
    if (is_interlaced) {
        for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++)
            for (uint32_t y = 0; y < height; y++)
                png_read_row(png, state->pixels + y * row_bytes, NULL);
        for (uint32_t y = 0; y < height; y++)
            image_put_row(state->image, y, state->pixels + y * row_bytes);
    } else {
        for (uint32_t y = 0; y < height; y++) {
            png_read_row(png, state->pixels, NULL);
            image_put_row(state->image, y, state->pixels);
        }
    }
    png_read_end(png, NULL);
    return STATUS_OK;
}

static status_code read_image(struct png_state *state, struct status *st)
{
    TRY(read_header(state, st));
    TRY(image_new(png_get_image_width(state->png, state->info),
                  png_get_image_height(state->png, state->info), &state->image, st));
    state->image->dpi =
        image_plausible_dpi(png_get_y_pixels_per_meter(state->png, state->info) * 0.0254);
    state->image->is_grey =
        (png_get_color_type(state->png, state->info) & PNG_COLOR_MASK_COLOR) == 0;
    return read_rows(state, st);
}

status_code decode_png(struct file_bytes file, struct image **ret_image, struct status *st)
{
    struct png_state state = {.source = {.file = file}};

    state.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, leave, ignore_warning);
    if (state.png != NULL)
        state.info = png_create_info_struct(state.png);
    status_code code;
    if (state.info == NULL)
        code = FAIL_PAGE_MEMORY(st);
    else
        code = read_image(&state, st);
    png_destroy_read_struct(&state.png, &state.info, NULL);
    free(state.pixels);
    if (code != STATUS_OK) {
        image_free(state.image);
        return code;
    }
    *ret_image = state.image;
    return STATUS_OK;
}

status_code png_read_pix(struct file_bytes file, unsigned eighths, struct Pix **ret_pix,
                         struct status *st)
{
    struct Pix *pix = pixReadMemPng(file.data, file.size);

    if (pix == NULL)
        return decode_fail_corrupt("PNG", st);
    *ret_pix = pix;
    return STATUS_OK;
}
