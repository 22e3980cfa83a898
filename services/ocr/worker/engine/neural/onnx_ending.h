#pragma once

/*
 * Leaving out what a recognition model ends with, for it is computed otherwise: a part of
 * onnx_rewrite.c.
 *
 * Thread rule: any thread.
 */

#include "services/ocr/worker/engine/neural/classifier.h"
#include "services/ocr/worker/engine/neural/map_head.h"
#include "services/ocr/worker/engine/neural/onnx.pb-c.h"

/* Fails with UNAVAILABLE MODEL_UNAVAILABLE: the model is another than was meant. */
status_code onnx_fail_other(struct status *st);

/* A constant of the graph; NULL: there is none of the name. */
const Ocrmesh__Onnx__Tensor *onnx_find_constant(const Ocrmesh__Onnx__Graph *graph,
                                                const char *name);

/* Gives a place another name, which is copied. False when memory runs out. */
bool onnx_replace_name(char **name, const char *other);

/* Leaves out the softmax that gives the first output. Fails as onnx_rewrite.h says. */
status_code onnx_drop_softmax(Ocrmesh__Onnx__Graph *graph, struct status *st) _must_check_;

/*
 * Leaves out a product and a sum, both with constants, that give the first output.
 *
 * @layer: initialised; set to the constants, which are the caller's.
 *
 * Fails as onnx_rewrite.h says.
 */
status_code onnx_drop_classifier(Ocrmesh__Onnx__Graph *graph, struct classifier_layer *layer,
                                 struct status *st) _must_check_;

/*
 * Leaves out what detection ends with (map_head.h), which gives the first output.
 *
 * @layers: initialised; set to the constants, which are the caller's.
 *
 * Fails as onnx_rewrite.h says.
 */
status_code onnx_drop_map_head(Ocrmesh__Onnx__Graph *graph, struct map_head_layers *layers,
                               struct status *st) _must_check_;
