#pragma once

/*
 * What an ONNX file says about its model beside the graph: pairs of a key and a text, among them
 * the characters that a recognizer knows ("character", one a line).
 *
 * The runtime's C interface does not give them, so they are read from the file's bytes. These are
 * looked over without a copy; only the pairs are copied, within the limits below.
 * Source: onnx.proto of the ONNX project; protobuf.dev, "Encoding".
 * Thread rule: one thread at a time.
 */

#include <stddef.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    ONNX_METADATA_MAX_BYTES = 4 << 20, /* all pairs of a file */
    ONNX_METADATA_MAX_PAIRS = 256,
};

struct onnx_metadata;

/*
 * @file: the whole file; borrowed, and not needed afterwards. Any bytes.
 *
 * Fails with UNAVAILABLE MODEL_UNAVAILABLE when it is no ONNX file or over the limits.
 */
status_code onnx_metadata_new(struct str file, struct onnx_metadata **ret_metadata,
                              struct status *st) _must_check_;
void onnx_metadata_free(struct onnx_metadata *metadata);
DEFINE_CLEANUP(struct onnx_metadata *, onnx_metadata)

/* The text of a key: UTF-8, lives as long as the metadata. NULL: there is none. */
const char *onnx_metadata_get(const struct onnx_metadata *metadata, const char *key);
