/* In place of network_512.c: a processor without AVX-512, for test-network.sh. */

#include "services/ocr/worker/engine/tesseract/network_512.h"

bool network_512_can_lstm(const struct lstm_layer *lstm)
{
    (void)lstm;
    return false;
}

void network_512_lstm(const struct lstm_layer *lstm, const struct network_io *input,
                      struct network_io *output)
{
    (void)lstm;
    (void)input;
    (void)output;
}
