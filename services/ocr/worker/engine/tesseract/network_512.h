#pragma once

/*
 * Layers of tesseract's networks on processors with AVX-512 VNNI, with the same results to the last
 * bit as network_lstm.c and the library's own; and the library's fully connected layer in its
 * place.
 *
 * Thread rule: any thread.
 */

#include "services/ocr/worker/engine/tesseract/network_layout.h"

/* Whether processor and layer are of the kinds that are known here. */
bool network_512_can_lstm(const struct lstm_layer *lstm);

/* An LSTM layer of bytes, in one direction. @output: of its size. */
void network_512_lstm(const struct lstm_layer *lstm, const struct network_io *input,
                      struct network_io *output);
