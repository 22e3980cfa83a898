#pragma once

/*
 * An ocr service of fixed documents, for tests: GetDocument, chosen by the job's id, and
 * GetPageImage, whose pictures are those of picture_fixture.h for every job.
 *
 * Any thread may ask what it has seen; the server's own threads fill it in.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/rpc/server.h"

/* The job ids that it knows; any other is JOB_NOT_FOUND. */
#define FAKE_SPLIT   "split"   /* three pages: the second comes in three messages */
#define FAKE_MANY    "many"    /* FAKE_MANY_PAGES pages */
#define FAKE_BIG     "big"     /* FAKE_BIG_PAGES pages of FAKE_BIG_PAGE_BYTES of text */
#define FAKE_LONG    "long"    /* FAKE_LONG_PAGES of them: more than all windows hold */
#define FAKE_BROKEN  "broken"  /* fails with FAKE_BROKEN_REASON after five pages; so do pictures */
#define FAKE_PENDING "pending" /* JOB_NOT_DONE */
#define FAKE_FAILED  "failed"  /* a job that failed */
#define FAKE_EMPTY   "empty"   /* one page with nothing in it */
#define FAKE_CHANGES "changes" /* its revision grows at each call */
#define FAKE_SILENT  "silent"  /* ends well without a word */
#define FAKE_HUGE    "huge"    /* one page in more messages than a page may have bytes */

#define FAKE_RICH   "rich"    /* the document of rich_document.h */
#define FAKE_RANDOM "random-" /* and a seed: a document of random_document.h */

#define FAKE_BROKEN_REASON "PAGE_STORE_BROKEN"

enum {
    FAKE_MANY_PAGES = 300,
    FAKE_BIG_PAGES = 120,
    FAKE_LONG_PAGES = 30,
    FAKE_BIG_PAGE_BYTES = 900000,
    FAKE_BROKEN_PAGES = 5,
    FAKE_SEEN_MAX = 128,
};

struct fake_ocr;

/* Serves on a free port of the loopback; aborts when it cannot. */
struct fake_ocr *fake_ocr_new(void);
void fake_ocr_free(struct fake_ocr *fake);
int fake_ocr_port(const struct fake_ocr *fake);

/* Messages with a page sent so far, over all calls. */
int fake_ocr_pages_sent(struct fake_ocr *fake);
/* Waits until `count` calls in all were cut off by their client; false after `timeout_ms`. */
bool fake_ocr_wait_cancelled(struct fake_ocr *fake, int count, int64_t timeout_ms);
/* Copies one header of the latest call; "" when it had none. */
void fake_ocr_seen(struct fake_ocr *fake, const char *key, char ret_value[static FAKE_SEEN_MAX]);
