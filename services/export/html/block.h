#pragma once

/*
 * Blocks of an HTML file (html.c): headings, paragraphs, lists, tables, figures. One file at a
 * time.
 */

#include "services/export/format.h"
#include "services/export/xml_writer.h"

enum { HTML_LIST_DEPTH_MAX = 6 };

struct html_state {
    struct xml_writer *writer;
    struct buf text;                        /* of the block at hand, as it flows */
    bool has_begun;                         /* the head is written */
    const char *lists[HTML_LIST_DEPTH_MAX]; /* names of the open lists: "ol", "ul" */
    size_t list_depth;
    int64_t picture_bytes; /* of figures so far */
    size_t captioned;      /* index of a block that stands in a figure already; 0: none */
};

/* Writes one block of the page. */
void html_block_write(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                      size_t block_index);

/* Closes the lists that are open: at the end of a page. */
void html_lists_end(struct html_state *state);

/* The block's text, or the part of it that is wanted, as it flows (page/text_flow.h): "\n" is the
 * end of a line that ended on purpose. Lives until the next call. After a failure, which the sink
 * tells, it is empty. */
struct str html_flow(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                     const Ocrmesh__Document__V1__Block *block, struct str text);

/* Text whose lines end where they do: <br/>. */
void html_lines_write(struct xml_writer *writer, struct str text);

/* lang and dir, or class="vertical", where they are not the page's. */
void html_direction_write(struct html_state *state, const Ocrmesh__Document__V1__Page *page,
                          const Ocrmesh__Document__V1__Block *block);

/* An element with the block's text as it flows; nothing when it has none. @class: NULL: none. */
void html_text_write(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                     const Ocrmesh__Document__V1__Block *block, const char *element,
                     const char *class);

/* html/table.c */
void html_table_write(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                      const Ocrmesh__Document__V1__Block *block);

/* html/figure.c: the picture of a figure with its bytes in it, its text for those who do not see
 * it, and the caption that follows it. Without a picture, which none is kept of or which is too
 * large, only its text. */
enum {
    HTML_PICTURE_MAX_BYTES = 8 << 20,   /* of one figure */
    HTML_PICTURES_MAX_BYTES = 64 << 20, /* of all figures of a file */
};
void html_figure_write(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                       size_t block_index);
