#include "services/ocr/worker_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"

enum { HEADER_BYTES = 4 };

struct worker_channel {
    int fd;
};

union fd_control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
};

struct worker_channel *worker_channel_open(int fd)
{
    struct worker_channel *channel = calloc(1, sizeof(*channel));
    int flags = fcntl(fd, F_GETFL);

    /* Never blocking: poll() waits, so that a deadline holds for every byte. */
    if (channel == NULL || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        free(channel);
        (void)close(fd);
        return NULL;
    }
    channel->fd = fd;
    return channel;
}

void worker_channel_close(struct worker_channel *channel)
{
    if (channel == NULL)
        return;
    (void)close(channel->fd);
    free(channel);
}

status_code worker_channel_pair(struct worker_channel **ret_channel, int *ret_child_fd,
                                struct status *st)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return FAIL(st, STATUS_INTERNAL, "CHANNEL_BROKEN", "no socket pair: %s", strerror(errno));
    struct worker_channel *channel = worker_channel_open(ends[0]);
    if (channel == NULL) {
        (void)close(ends[1]);
        return FAIL_MEMORY(st);
    }
    *ret_channel = channel;
    *ret_child_fd = ends[1];
    return STATUS_OK;
}

int worker_channel_fd(const struct worker_channel *channel)
{
    return channel->fd;
}

static status_code fail_closed(struct status *st)
{
    return FAIL(st, STATUS_UNAVAILABLE, "CHANNEL_CLOSED", "the other end of the channel has gone");
}

static status_code fail_errno(int error, struct status *st)
{
    if (error == EPIPE || error == ECONNRESET)
        return fail_closed(st);
    return FAIL(st, STATUS_INTERNAL, "CHANNEL_BROKEN", "the channel failed: %s", strerror(error));
}

/* Waits until the socket is ready for `events`, or the deadline. */
static status_code wait_ready(int fd, short events, int64_t deadline_ns, struct status *st)
{
    for (;;) {
        int timeout_ms = -1;
        if (deadline_ns != TIME_NEVER) {
            int64_t left_ns = deadline_ns - time_mono();
            if (left_ns <= 0)
                return FAIL(st, STATUS_DEADLINE_EXCEEDED, "CHANNEL_TIMEOUT",
                            "the other end of the channel did not answer in time");
            int64_t left_ms = left_ns / NANOSECONDS_PER_MS + 1;
            timeout_ms = left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
        }
        struct pollfd poll_fd = {.fd = fd, .events = events};
        int ready = poll(&poll_fd, 1, timeout_ms);
        if (ready > 0)
            return STATUS_OK;
        if (ready < 0 && errno != EINTR)
            return fail_errno(errno, st);
    }
}

static status_code send_bytes(int fd, const uint8_t *bytes, size_t length, int passed_fd,
                              int64_t deadline_ns, struct status *st)
{
    while (length > 0) {
        struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
        struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
        union fd_control control;

        if (passed_fd >= 0) {
            memset(&control, 0, sizeof(control));
            header.msg_control = control.bytes;
            header.msg_controllen = sizeof(control.bytes);
            struct cmsghdr *item = CMSG_FIRSTHDR(&header);
            item->cmsg_level = SOL_SOCKET;
            item->cmsg_type = SCM_RIGHTS;
            item->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(item), &passed_fd, sizeof(int));
        }
        ssize_t sent = sendmsg(fd, &header, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                return fail_errno(errno, st);
            TRY(wait_ready(fd, POLLOUT, deadline_ns, st));
            continue;
        }
        /* The descriptor went with the first byte. */
        passed_fd = -1;
        bytes += sent;
        length -= (size_t)sent;
    }
    return STATUS_OK;
}

status_code worker_channel_send(struct worker_channel *channel, const ProtobufCMessage *message,
                                int passed_fd, int64_t deadline_ns, struct status *st)
{
    size_t length = protobuf_c_message_get_packed_size(message);

    if (length > WORKER_FRAME_MAX_BYTES)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "FRAME_TOO_LARGE",
                    "a message of %zu bytes is over the limit of %d", length,
                    WORKER_FRAME_MAX_BYTES);
    _cleanup_(freep) uint8_t *frame = malloc(HEADER_BYTES + length);
    if (frame == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "FRAME_TOO_LARGE",
                    "no memory for a message of %zu bytes", length);
    frame[0] = (uint8_t)(length >> 24);
    frame[1] = (uint8_t)(length >> 16);
    frame[2] = (uint8_t)(length >> 8);
    frame[3] = (uint8_t)length;
    (void)protobuf_c_message_pack(message, frame + HEADER_BYTES);
    return send_bytes(channel->fd, frame, HEADER_BYTES + length, passed_fd, deadline_ns, st);
}

/* Keeps the first descriptor of a received message in *fd and closes any other. */
static void collect_fds(struct msghdr *header, int *fd)
{
    for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item != NULL;
         item = CMSG_NXTHDR(header, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int received;
            memcpy(&received, CMSG_DATA(item) + i * sizeof(int), sizeof(int));
            if (*fd < 0)
                *fd = received;
            else
                (void)close(received);
        }
    }
}

static status_code receive_bytes(int fd, uint8_t *bytes, size_t length, int64_t deadline_ns,
                                 int *passed_fd, struct status *st)
{
    while (length > 0) {
        struct iovec part = {.iov_base = bytes, .iov_len = length};
        union fd_control control;
        struct msghdr header = {.msg_iov = &part,
                                .msg_iovlen = 1,
                                .msg_control = control.bytes,
                                .msg_controllen = sizeof(control.bytes)};

        ssize_t received = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
        if (received < 0) {
            if (errno == EINTR)
                continue;
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                return fail_errno(errno, st);
            TRY(wait_ready(fd, POLLIN, deadline_ns, st));
            continue;
        }
        collect_fds(&header, passed_fd);
        if (received == 0)
            return fail_closed(st);
        bytes += received;
        length -= (size_t)received;
    }
    return STATUS_OK;
}

status_code worker_channel_receive(struct worker_channel *channel,
                                   const ProtobufCMessageDescriptor *descriptor,
                                   int64_t deadline_ns, ProtobufCMessage **ret_message, int *ret_fd,
                                   struct status *st)
{
    uint8_t header[HEADER_BYTES];
    _cleanup_(closep) int passed_fd = -1;

    TRY(receive_bytes(channel->fd, header, sizeof(header), deadline_ns, &passed_fd, st));
    size_t length = (size_t)header[0] << 24 | (size_t)header[1] << 16 | (size_t)header[2] << 8 |
                    (size_t)header[3];
    if (length > WORKER_FRAME_MAX_BYTES)
        return FAIL(st, STATUS_INTERNAL, "CHANNEL_BROKEN",
                    "a frame of %zu bytes is over the limit of %d", length, WORKER_FRAME_MAX_BYTES);
    _cleanup_(freep) uint8_t *frame = malloc(length + 1);
    if (frame == NULL)
        return FAIL(st, STATUS_INTERNAL, "CHANNEL_BROKEN", "no memory for a frame of %zu bytes",
                    length);
    TRY(receive_bytes(channel->fd, frame, length, deadline_ns, &passed_fd, st));
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, length, frame);
    if (message == NULL)
        return FAIL(st, STATUS_INTERNAL, "CHANNEL_BROKEN", "a frame that is no %s",
                    descriptor->name);
    *ret_message = message;
    if (ret_fd != NULL) {
        *ret_fd = passed_fd;
        passed_fd = -1;
    }
    return STATUS_OK;
}
