#pragma once

/*
 * The text of a line: its words, parted by a space save where one says `no_space_after`.
 * Thread rule: any thread.
 */

#include "lib/base/str.h"
#include "ocrmesh/document/v1/document.pb-c.h"

/* Words without text are passed over. False when `out` is full. */
bool line_text_append(struct buf *out, const Ocrmesh__Document__V1__Line *line) _must_check_;
