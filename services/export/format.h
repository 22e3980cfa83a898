#pragma once

/*
 * Export formats: one interface, one file a format, one table.
 *
 * A format makes its file in one or more passes over the document. Each pass reads every page in
 * order, one at a time, in the smallest view that it needs; nothing but `state` lives from page to
 * page, so that memory does not grow with pages. What it writes goes to the run's sink in the order
 * of the file, and the sink remembers failures, so the functions return nothing.
 *
 * Pages and the job are the generated types of ocrmesh.document.v1 and ocrmesh.ocr.v1: they are the
 * document model, and a copy of it would be a second one to keep in step. No function of a format
 * touches the network.
 *
 * The same document, options and `revision` must give the same bytes whenever they are asked for:
 * entity tags are strong, and a download that broke off is continued from another run. So no clock
 * and no random number goes into a file.
 *
 * Adding a format: a file with a `const struct format`, a line in the table of format.c, a test.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ocrmesh/document/v1/document.pb-c.h"
#include "ocrmesh/ocr/v1/job.pb-c.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/export/page_image.h"
#include "services/export/sink.h"

/* What a caller may ask of a file beside its format; all zero: nothing. */
struct format_options {
    uint32_t table;            /* only this table of the document, counted from 1; 0: all */
    bool has_byte_order_mark;  /* starts with U+FEFF */
    bool neutralizes_formulas; /* cells that a spreadsheet would run are made plain text */
    bool is_pdfa;              /* PDF/A-2u */
};

/* Which of them a format takes: bits of format.option_mask. */
enum {
    FORMAT_OPTION_TABLE = 1 << 0,
    FORMAT_OPTION_BYTE_ORDER_MARK = 1 << 1,
    FORMAT_OPTION_FORMULAS = 1 << 2,
    FORMAT_OPTION_PDFA = 1 << 3,
};

/* What a format is given while it makes a file. */
struct format_run {
    struct sink *sink; /* sink_fail() for what the format itself finds wrong */
    struct format_options options;
    const Ocrmesh__Ocr__V1__Job *job; /* of this pass; between two, of the one before */
    /* Where pictures of the job's pages come from; NULL: there are none. A picture that cannot be
     * read fails the file: sink_fail(). */
    struct page_image_source *images;
    void *state;       /* `state_size` bytes, zero at first; for the whole run */
    size_t page_count; /* pages that this pass has seen before */
};

/* Each function may be NULL, here and below. */
struct format_pass {
    Ocrmesh__Ocr__V1__PageView view;
    void (*begin)(struct format_run *run);
    /* A page that could not be read comes too, with `error` set and nothing else. */
    void (*page)(struct format_run *run, const Ocrmesh__Document__V1__Page *page);
    void (*end)(struct format_run *run);
    /* False: the pass is left out, by what those before it found. Not asked for the first one. */
    bool (*is_wanted)(const struct format_run *run);
};

struct format {
    const char *name;        /* as asked for: "md" */
    const char *media_type;  /* "text/markdown; charset=utf-8" */
    const char *extension;   /* ".md" */
    const char *description; /* one English sentence */
    int revision;            /* grows when the same document gives other bytes; for entity tags */
    unsigned option_mask;    /* FORMAT_OPTION_... that it takes */
    size_t state_size;
    /* Gives back what `state` holds, at the end and after a failure, whatever was begun. */
    void (*cleanup)(void *state);
    const struct format_pass *passes;
    size_t pass_count;
};

extern const struct format format_text;     /* text.c */
extern const struct format format_markdown; /* markdown.c */
extern const struct format format_json;     /* json.c */
extern const struct format format_csv;      /* csv.c */
extern const struct format format_hocr;     /* hocr.c */
extern const struct format format_alto;     /* alto.c */
extern const struct format format_docx;     /* docx.c */
extern const struct format format_pdf;      /* pdf.c */
extern const struct format format_html;     /* html.c */
extern const struct format format_xlsx;     /* xlsx.c */

size_t format_count(void);
const struct format *format_at(size_t index);

/* The format of that name. Fails with INVALID_ARGUMENT UNKNOWN_FORMAT, field "format", for any
 * other word; the message lists what is available. */
status_code format_find(const char *name, const struct format **ret_format,
                        struct status *st) _must_check_;

/* Fails with INVALID_ARGUMENT INVALID_FIELD when `options` asks for what the format does not take;
 * the message lists the formats that do. The field is that of ExportDocumentRequest. */
status_code format_check_options(const struct format *format, const struct format_options *options,
                                 struct status *st) _must_check_;
