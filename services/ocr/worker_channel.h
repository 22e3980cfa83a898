#pragma once

/*
 * The socket between the ocr service and one of its workers: frames of a 4-byte big-endian length
 * and a protobuf message, and file descriptors that travel beside them (SCM_RIGHTS).
 *
 * Both ends use this module. The service makes a pair, keeps one end and gives the other to the
 * worker it spawns as descriptor WORKER_CHANNEL_CHILD_FD; the worker opens it by that number.
 *
 * Failures, on both ends:
 *   DEADLINE_EXCEEDED CHANNEL_TIMEOUT  the other end was too slow; the channel cannot be used on,
 *                                      for a frame may be half sent
 *   UNAVAILABLE CHANNEL_CLOSED         the other end has gone (end of file, EPIPE, ECONNRESET)
 *   INTERNAL CHANNEL_BROKEN            a frame that is too long or no such message
 * After any of them the only sensible call is worker_channel_close().
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

enum {
    /* Largest frame either way. A page of a million characters stays below it. */
    WORKER_FRAME_MAX_BYTES = 64 << 20,
    /* The descriptor number of a worker's end of the channel. */
    WORKER_CHANNEL_CHILD_FD = 3,
};

struct worker_channel;

/* @fd: connected SOCK_STREAM socket of the Unix domain; taken. NULL when out of memory (the
 * descriptor is closed then). Sets close-on-exec. */
struct worker_channel *worker_channel_open(int fd);
void worker_channel_close(struct worker_channel *channel);
DEFINE_CLEANUP_NAMED(struct worker_channel *, worker_channel_closep, worker_channel_close)

/* Makes both ends: the service's as a channel, the worker's as a descriptor (close-on-exec: the
 * spawner passes it on with dup2() to WORKER_CHANNEL_CHILD_FD) that the caller owns. */
status_code worker_channel_pair(struct worker_channel **ret_channel, int *ret_child_fd,
                                struct status *st) _must_check_;

/* The channel's descriptor, to poll it. Lives as long as the channel. */
int worker_channel_fd(const struct worker_channel *channel);

/*
 * Sends one message.
 *
 * @passed_fd: descriptor to go with it, borrowed; -1: none.
 * @deadline_ns: in time_mono() time; TIME_NEVER waits without end.
 * A message beyond WORKER_FRAME_MAX_BYTES is RESOURCE_EXHAUSTED FRAME_TOO_LARGE, with nothing sent:
 * the channel can be used on.
 */
status_code worker_channel_send(struct worker_channel *channel, const ProtobufCMessage *message,
                                int passed_fd, int64_t deadline_ns, struct status *st) _must_check_;

/*
 * Receives one message.
 *
 * @descriptor: type that is expected; the caller frees the message with
 *     protobuf_c_message_free_unpacked(message, NULL).
 * @ret_fd: the descriptor that came with it, or -1, owned by the caller; NULL when none is
 *     expected: one that comes all the same is closed.
 */
status_code worker_channel_receive(struct worker_channel *channel,
                                   const ProtobufCMessageDescriptor *descriptor,
                                   int64_t deadline_ns, ProtobufCMessage **ret_message, int *ret_fd,
                                   struct status *st) _must_check_;
