#pragma once

/*
 * A small JSON answer, written into a buffer beforehand.
 *
 * Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"

enum { JSON_ANSWER_MAX_BYTES = 64 * 1024 };

/* Answers with what was written, and a line's end, or, when it did not all fit or the service said
 * nothing that could be written, with 500. Takes the buffer's memory. */
void json_answer(struct exchange *exchange, enum http_status status, bool is_written,
                 struct buf *body);

/* 204, without a body. */
void json_answer_nothing(struct exchange *exchange);
