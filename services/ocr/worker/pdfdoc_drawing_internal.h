#pragma once

/*
 * What the modules of pdfdoc_drawing.h share: the device that writes what mupdf tells it to draw.
 * Private to them. Its functions may throw; a device whose drawing is refused goes on until mupdf
 * looks at its cookie. Thread rule: as pdfdoc.h.
 */

#include <mupdf/fitz.h>

#include "services/ocr/worker/pictures/drawing.h"

enum {
    PDFDRAW_POINT_DECIMALS = 2,
    PDFDRAW_MATRIX_DECIMALS = 4,
    PDFDRAW_GLYPH_DECIMALS = 4, /* of an em */
    PDFDRAW_COLOR_DECIMALS = 3,
    PDFDRAW_CLIPS_MAX = 24,     /* inside each other: PDF/A allows 28 q (ISO 19005-2 §6.1.13) */
    PDFDRAW_GLYPH_SLOTS = 8192, /* a power of two, at least twice DRAWING_GLYPHS_MAX */
};

struct color {
    bool is_set;
    float rgb[3];
};

/* What PDF saves by q. */
struct colors {
    struct color fill, stroke;
};

struct glyph_slot {
    const fz_font *font; /* NULL: the slot is free */
    int gid;
    size_t number;
};

/* The device. */
struct drawing_device {
    fz_device base;
    struct drawing *drawing;
    fz_cookie *cookie;
    struct colors colors[PDFDRAW_CLIPS_MAX + 1];
    size_t clip_count;
    struct glyph_slot *glyphs;                  /* PDFDRAW_GLYPH_SLOTS; by open addressing */
    const fz_image *images[DRAWING_IMAGES_MAX]; /* by number; the list keeps them */
};

/* Where the points of a path are written, and how. */
struct pdfdraw_path {
    struct drawing *drawing;
    struct buf *out;
    fz_matrix matrix;
    int decimals;
};

struct drawing_device *pdfdraw_device_of(fz_device *device);
/* What is drawn cannot be written: the page is no drawing. */
void pdfdraw_refuse(fz_device *device);
/* Operators, numbers and matrices of the page's content. */
void pdfdraw_put(fz_device *device, const char *operators);
void pdfdraw_put_number(fz_device *device, double number, int decimals);
void pdfdraw_put_matrix(fz_device *device, fz_matrix matrix);
/* q, as mupdf's clips begin; pdfdraw_pop_clip() ends them. */
void pdfdraw_save(fz_device *device);
void pdfdraw_set_color(fz_context *context, fz_device *device, fz_colorspace *colorspace,
                       const float *color, float alpha, bool is_stroke);
void pdfdraw_write_path(fz_context *context, const struct pdfdraw_path *writer,
                        const fz_path *path);
/* Into the page's content. */
void pdfdraw_put_path(fz_context *context, fz_device *device, const fz_path *path,
                      fz_matrix matrix);

/* Functions of the device, as mupdf calls them. */
void pdfdraw_pop_clip(fz_context *context, fz_device *device);
void pdfdraw_fill_path(fz_context *context, fz_device *device, const fz_path *path, int even_odd,
                       fz_matrix matrix, fz_colorspace *colorspace, const float *color, float alpha,
                       fz_color_params params);
void pdfdraw_stroke_path(fz_context *context, fz_device *device, const fz_path *path,
                         const fz_stroke_state *stroke, fz_matrix matrix, fz_colorspace *colorspace,
                         const float *color, float alpha, fz_color_params params);
void pdfdraw_clip_path(fz_context *context, fz_device *device, const fz_path *path, int even_odd,
                       fz_matrix matrix, fz_rect scissor);
void pdfdraw_fill_text(fz_context *context, fz_device *device, const fz_text *text,
                       fz_matrix matrix, fz_colorspace *colorspace, const float *color, float alpha,
                       fz_color_params params);
void pdfdraw_stroke_text(fz_context *context, fz_device *device, const fz_text *text,
                         const fz_stroke_state *stroke, fz_matrix matrix, fz_colorspace *colorspace,
                         const float *color, float alpha, fz_color_params params);
void pdfdraw_clip_text(fz_context *context, fz_device *device, const fz_text *text,
                       fz_matrix matrix, fz_rect scissor);
