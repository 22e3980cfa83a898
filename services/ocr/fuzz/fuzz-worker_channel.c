/*
 * Whatever a worker sends: the service gets a message or a failure, and never waits for more than
 * was announced.
 */

#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "ocrmesh/ocr/worker/v1/worker.pb-c.h"
#include "services/ocr/worker_channel.h"

enum { SEND_MAX_BYTES = 100 * 1000, DEADLINE_MS = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    status_code code;

    if (size > SEND_MAX_BYTES)
        return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        abort();
    struct worker_channel *channel = worker_channel_open(ends[0]);
    if (channel == NULL || write(ends[1], data, size) != (ssize_t)size)
        abort();
    (void)close(ends[1]);
    do {
        struct status st;
        ProtobufCMessage *message = NULL;
        code =
            worker_channel_receive(channel, &ocrmesh__ocr__worker__v1__worker_response__descriptor,
                                   time_mono_after_ms(DEADLINE_MS), &message, NULL, &st);
        if (code == STATUS_OK)
            protobuf_c_message_free_unpacked(message, NULL);
    } while (code == STATUS_OK);
    /* The other end has hung up: only that, or nonsense, may end it. */
    if (code != STATUS_UNAVAILABLE && code != STATUS_INTERNAL)
        abort();
    worker_channel_close(channel);
    return 0;
}
