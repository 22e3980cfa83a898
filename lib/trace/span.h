#pragma once

/*
 * A span from within, for trace.c, which makes it, and otlp.c, which writes it. Nobody else
 * includes this. Thread rule: one thread at a time.
 */

#include "lib/trace/trace.h"

struct trace_attribute {
    const char *key;
    bool is_text;
    int64_t integer;
    const char *text; /* in the span's own bytes */
};

struct trace_span {
    struct trace_context context;
    uint8_t parent_id[SPAN_ID_BYTES];
    bool has_parent;
    trace_kind kind;
    int64_t start_wall_ns, start_mono_ns, end_wall_ns;
    bool has_failed;
    char name[TRACE_NAME_MAX + 1];
    size_t attribute_count, attributes_dropped;
    struct trace_attribute attributes[TRACE_ATTRIBUTES_MAX];
    size_t text_length;
    char text[TRACE_TEXT_MAX_BYTES];
};
