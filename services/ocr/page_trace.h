#pragma once

/*
 * What a trace shows of a page: `ocr page`, from the job's submission until the page is stored or
 * given back; within it `ocr queue wait`, until it was leased, and `ocr worker read`. They hang on
 * the call that submitted the job. Without a trace nothing is kept. Thread rule: one thread at a
 * time.
 */

#include "lib/trace/trace.h"
#include "services/ocr/store_queue.h"

/* Zero is "none". */
struct page_trace {
    struct trace_context context; /* what is done for the page belongs to it */
    struct trace_span *page, *read;
};

/* The page was leased. */
void page_trace_begin(struct page_trace *trace, const struct page_task *task);
/* A worker was asked; once more, where the one before failed. */
void page_trace_begin_read(struct page_trace *trace);
/* @failure: STATUS_OK when it answered. */
void page_trace_end_read(struct page_trace *trace, const struct status *failure);
/* @outcome: "read", "failed" or "given_back". */
void page_trace_end(struct page_trace *trace, const char *outcome);
