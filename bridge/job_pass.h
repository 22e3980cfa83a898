#pragma once

/*
 * The members of a job's JSON that its document gives ("text", "markdown", "pages"), one after the
 * other: each is a pass over the document's pages.
 *
 * Functions return false when the piece is full. Thread rule: one thread at a time.
 */

#include "lib/base/str.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

enum {
    JOB_PASSES = 5,
    /* JSON of one message (1 MiB at most): its escapes may be longer than the text. */
    JOB_PIECE_MAX_BYTES = 8 << 20,
};

/* What one pass writes, and how far it is. */
struct job_writer {
    struct buf piece;
    bool has_text;   /* of a text pass: a page with text came before */
    bool has_page;   /* of the page pass: a page is open */
    bool has_blocks; /* the open page has blocks */
    uint32_t page_index;
};

struct job_pass {
    Ocrmesh__Ocr__V1__PageView view; /* the least that it needs */
    bool is_of_translation;          /* only of a job that is translated */
    bool (*begin)(struct job_writer *writer);
    bool (*job)(struct job_writer *writer, const Ocrmesh__Ocr__V1__Job *job);
    bool (*page)(struct job_writer *writer, const Ocrmesh__Document__V1__Page *page);
    bool (*end)(struct job_writer *writer);
};

extern const struct job_pass job_passes[JOB_PASSES];
