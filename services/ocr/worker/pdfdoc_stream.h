#pragma once

/*
 * A file in memory for mupdf, which stops to be read once what is watched (pdfdoc_internal.h) is to
 * be aborted: between drawing operations mupdf looks itself, but a filter may go on for hours with
 * one. Private to the pdfdoc modules. Thread rule: as pdfdoc.h.
 */

#include <mupdf/fitz.h>

#include "services/ocr/worker/decode_format.h"

/* @file: must outlive the stream. May throw. */
fz_stream *pdfdoc_stream_open(fz_context *context, struct file_bytes file);
