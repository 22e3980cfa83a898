#pragma once

/*
 * The rows of PNG files (ISO/IEC 15948), passed on as they are packed: PDF reads them so. Thread
 * rule: any thread.
 */

#include <stdbool.h>

#include "services/ocr/worker/decode_format.h"
#include "services/ocr/worker/pictures/picture.h"

/*
 * Takes a PNG file's rows, as PICTURE_PNG_ROWS.
 *
 * False for a file that is interlaced or has transparency, for a damaged one, and without memory.
 */
bool picture_from_png(struct file_bytes file, struct picture *ret_picture) _must_check_;
