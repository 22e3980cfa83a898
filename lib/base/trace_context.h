#pragma once

/*
 * Which trace a piece of work belongs to, as W3C Trace Context says it: trace id, the span that is
 * the parent of what follows, whether the trace is recorded, and what others who trace it pass on.
 *
 * Each thread has a current context, which log lines, statements and calls belong to; who begins a
 * piece of work on a thread swaps it in, and the one before back in when it is done. Spans
 * themselves are lib/trace's. Thread rule: values; the current context is the calling thread's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"

enum {
    TRACE_ID_BYTES = 16,
    SPAN_ID_BYTES = 8,
    TRACE_ID_TEXT_SIZE = 2 * TRACE_ID_BYTES + 1,
    SPAN_ID_TEXT_SIZE = 2 * SPAN_ID_BYTES + 1,
    TRACEPARENT_SIZE = 56, /* "00-TRACE-SPAN-01" and a NUL */
    TRACESTATE_SIZE = 513, /* what §3.3.1.5 asks for at least, and a NUL */
    TRACESTATE_MEMBERS_MAX = 32,
};

/* Zero is "none". */
struct trace_context {
    uint8_t trace_id[TRACE_ID_BYTES];
    uint8_t span_id[SPAN_ID_BYTES];
    bool is_valid;
    bool is_sampled;             /* recorded by whoever began it, and so by all who go on with it */
    char state[TRACESTATE_SIZE]; /* the list of a `tracestate` header, or "" */
};

/* W3C Trace Context §3.2: the value of a `traceparent` header; false, with the context "none", for
 * anything else. Versions after 00 are read as far as they are like it. */
bool trace_context_parse(struct str traceparent, struct trace_context *ret_context);

/* W3C Trace Context §3.3: adds the value of a `tracestate` header, of which there may be several,
 * to a context that is valid. One that is malformed, or makes more members than there may be, is
 * left out as a whole; of one that is too long, members of more than 128 bytes are, and then the
 * last. */
void trace_context_add_state(struct trace_context *context, struct str tracestate);

/* "" for none. */
void trace_context_format(const struct trace_context *context,
                          char ret_text[static TRACEPARENT_SIZE]);
void trace_context_ids(const struct trace_context *context,
                       char ret_trace_id[static TRACE_ID_TEXT_SIZE],
                       char ret_span_id[static SPAN_ID_TEXT_SIZE]);

/* This thread's; lives as long as the thread. Never NULL. */
const struct trace_context *trace_context_current(void);
/* Sets it, and returns the one before. */
struct trace_context trace_context_swap(struct trace_context context);
