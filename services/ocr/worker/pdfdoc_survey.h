#pragma once

/*
 * What a PDF page consists of: enough to know a scan from a page of text. Private to the pdfdoc
 * modules. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include <mupdf/fitz.h>

struct pdfdoc_survey {
    uint32_t image_count;
    uint32_t mark_count;          /* visible paths, shadings and text */
    uint32_t mark_on_image_count; /* those drawn after the first image */
    uint32_t glyph_count;         /* of text that is drawn */
    uint32_t hidden_glyph_count;  /* of text that is not drawn (render mode 3), spaces aside */
    bool is_endless;              /* patterns or text that would take hours to draw */
    bool has_colors;              /* any that is not grey, or may be: images are not looked into */
    bool is_text_clip;            /* text is the outline through which something is seen */
    float image_area;             /* sum over images, in square points */
    float image_dpi;              /* of the largest image */
    fz_image *scan;               /* the only image, where it covers the page; kept */
    fz_matrix scan_matrix;        /* unit square to points */
};

/* Fills *survey from a page's list. May throw; the survey can be dropped then, too. */
void pdfdoc_survey_page(fz_context *context, fz_display_list *list, fz_rect bounds,
                        struct pdfdoc_survey *survey, fz_cookie *cookie);

/* Gives up what it keeps and clears it. */
void pdfdoc_survey_drop(fz_context *context, struct pdfdoc_survey *survey);
