#pragma once

/*
 * JPEG files (ITU T.81) that are passed on as they are, but for what a viewer does not need: where
 * and when a photograph was taken, by what, comments, thumbnails, and further pictures after it.
 * Thread rule: any thread.
 */

#include <stdbool.h>

#include "services/ocr/worker/decode_format.h"
#include "services/ocr/worker/pictures/picture.h"

/*
 * Takes a JPEG file without its metadata: kept are JFIF's segment, colour profiles, Adobe's segment
 * and everything that decoding takes.
 *
 * @ret_picture: its placement is where the orientation tag, which is dropped, is not obeyed.
 * False for a file that not every viewer shows as it is meant (arithmetic coding, lossless, 12
 * bits, colours that only their numbers name), for a damaged one, and without memory.
 */
bool picture_from_jpeg(struct file_bytes file, struct picture *ret_picture) _must_check_;
