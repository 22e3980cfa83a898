#pragma once

/*
 * Server-sent events as they come (WHATWG HTML §9.2.6), as far as streams of JSON use them: the
 * data of each event, in any pieces of bytes. Names, identifiers and comments are passed over.
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "lib/base/str.h"

struct sse_parser {
    struct buf line;
    struct buf data; /* lines of the event that is coming */
    bool has_data;
    bool is_after_cr; /* the line feed that may follow belongs to the line before */
};

/* @event_max_bytes: longest event that is taken. */
void sse_init(struct sse_parser *parser, size_t event_max_bytes);
void sse_deinit(struct sse_parser *parser);

/*
 * Feeds bytes; `on_event` is called for each event that they complete, with its data.
 *
 * False as soon as on_event returns false, or an event is over its limit; the parser is of no use
 * then. An event that the end of the stream cuts short never comes.
 */
bool sse_feed(struct sse_parser *parser, struct str bytes,
              bool (*on_event)(void *arg, struct str data), void *arg) _must_check_;
