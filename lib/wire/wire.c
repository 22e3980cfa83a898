#include "lib/wire/wire.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "lib/wire/memory_file.h"

enum {
    KEPT_BYTES = 16 * 1024, /* of an empty queue's memory */
    UNSENT_MAX_BYTES = 128 * 1024,
    /* A record that is not whole yet may wait in the session: with it, plain bytes fit. */
    TLS_READ_BYTES = WIRE_READ_BYTES - TLS_RECORD_MAX,
};

bool wire_bound_unsent(int fd)
{
    const int limit = UNSENT_MAX_BYTES;

    return setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &limit, sizeof(limit)) == 0;
}

static bool has_sealed_output(const struct wire *wire)
{
    return wire->tls != NULL && tls_session_output(wire->tls)->length > 0;
}

static size_t load_bytes(const struct wire_load *load)
{
    return load->copied.length + load->lent.bytes.n;
}

size_t wire_queued(const struct wire *wire)
{
    return load_bytes(&wire->output) + load_bytes(&wire->flight) +
           (wire->tls != NULL ? tls_session_output(wire->tls)->length : 0);
}

bool wire_is_writing(const struct wire *wire)
{
    return wire->is_writing;
}

int64_t wire_last_progress(const struct wire *wire)
{
    return wire->last_progress;
}

/* --- input --- */

static void provide_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    struct wire *wire = (struct wire *)handle;

    *ret_buffer =
        uv_buf_init(wire->buffers->raw,
                    wire->tls != NULL && !wire->is_output_ended ? TLS_READ_BYTES : WIRE_READ_BYTES);
}

/* The last words, as far as the socket takes them: an alert says more than a closed socket. */
static void write_alert(struct wire *wire)
{
    const struct buf *sealed = tls_session_output(wire->tls);
    uv_buf_t bytes = uv_buf_init(sealed->data, (unsigned)sealed->length);

    if (sealed->length > 0 && !wire->is_writing)
        (void)uv_try_write(&wire->stream, &bytes, 1);
}

static void end_input(struct wire *wire)
{
    wire_set_reading(wire, false);
    wire->events->on_end(wire->owner);
}

/* Every event may close the wire: nothing is told afterwards. */
static void open_sealed(struct wire *wire, struct str sealed)
{
    tls_session_state state;
    size_t length;

    do {
        state =
            tls_session_open(wire->tls, &sealed, wire->buffers->plain, WIRE_READ_BYTES, &length);
        if (state == TLS_SESSION_FAILED) {
            write_alert(wire);
            wire->events->on_failure(wire->owner);
            return;
        }
        if (!wire->is_established && tls_session_is_established(wire->tls)) {
            wire->is_established = true;
            wire->events->on_established(wire->owner, tls_session_is_http2(wire->tls));
        }
        if (length > 0 && !uv_is_closing(&wire->handle))
            wire->events->on_bytes(wire->owner, (struct str){wire->buffers->plain, length});
        if (uv_is_closing(&wire->handle))
            return;
    } while (state == TLS_SESSION_GOES_ON && (sealed.n > 0 || length == WIRE_READ_BYTES));
    if (has_sealed_output(wire))
        wire->events->on_output(wire->owner);
    if (state == TLS_SESSION_ENDED)
        end_input(wire);
}

static void read_some(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct wire *wire = (struct wire *)stream;

    if (count == 0 || uv_is_closing((uv_handle_t *)stream))
        return;
    if (count == UV_EOF && (wire->tls == NULL || wire->is_output_ended)) {
        end_input(wire);
    } else if (count < 0) {
        /* Also the end of a socket whose TLS session was not ended: it may have been cut. */
        wire_set_reading(wire, false);
        wire->events->on_failure(wire->owner);
    } else if (wire->tls != NULL && !wire->is_output_ended) {
        open_sealed(wire, (struct str){buffer->base, (size_t)count});
    } else {
        wire->events->on_bytes(wire->owner, (struct str){buffer->base, (size_t)count});
    }
}

void wire_set_reading(struct wire *wire, bool is_reading)
{
    if (wire->is_reading == is_reading || uv_is_closing(&wire->handle))
        return;
    wire->is_reading = is_reading;
    if (is_reading)
        (void)uv_read_start(&wire->stream, provide_buffer, read_some);
    else
        (void)uv_read_stop(&wire->stream);
}

/* --- output --- */

/* What comes after lent bytes can only be copied behind a copy of them. */
static bool copy_lent(struct wire_load *load)
{
    const struct str bytes = load->lent.bytes;
    bool is_copied = bytes.n == 0 || buf_append(&load->copied, bytes.p, bytes.n);

    lent_return(&load->lent);
    return is_copied;
}

bool wire_queue(struct wire *wire, struct str bytes)
{
    if (wire_queued(wire) == 0)
        wire->last_progress = time_mono();
    return copy_lent(&wire->output) && buf_append(&wire->output.copied, bytes.p, bytes.n);
}

bool wire_queue_lent(struct wire *wire, struct lent lent)
{
    bool is_queued = wire_queue(wire, STR("")) &&
                     wire->output.copied.length + lent.bytes.n <= WIRE_QUEUE_MAX_BYTES;

    if (is_queued && lent.bytes.n > 0)
        wire->output.lent = lent;
    else
        lent_return(&lent);
    return is_queued;
}

/* Each keeps its own maximum. */
static void swap(struct buf *a, struct buf *b)
{
    const struct buf kept = *a;

    *a = (struct buf){b->data, b->length, b->capacity, a->max_bytes};
    *b = (struct buf){kept.data, kept.length, kept.capacity, b->max_bytes};
}

/* Takes bytes off the front. */
static void load_consume(struct wire_load *load, size_t count)
{
    size_t copied = count < load->copied.length ? count : load->copied.length;

    buf_consume(&load->copied, copied);
    if (count > copied) {
        load->lent.bytes.p += count - copied;
        load->lent.bytes.n -= count - copied;
    }
    if (load->lent.bytes.n == 0)
        lent_return(&load->lent);
}

/* Moves output into the flight, which is empty. False when it cannot be sealed. */
static bool load_flight(struct wire *wire)
{
    struct wire_load *output = &wire->output;

    if (wire->tls == NULL) {
        swap(&output->copied, &wire->flight.copied);
        wire->flight.lent = lent_take(&output->lent);
        return true;
    }
    if (load_bytes(output) > 0 && wire->is_established) {
        size_t count = tls_session_seal(
            wire->tls, output->copied.length > 0 ? buf_str(&output->copied) : output->lent.bytes);

        if (count == 0)
            return false;
        load_consume(output, count);
    }
    swap(tls_session_output(wire->tls), &wire->flight.copied);
    return true;
}

static void drop_spare_memory(struct buf *queue)
{
    if (queue->length == 0 && queue->capacity > KEPT_BYTES)
        buf_deinit(queue);
}

static void wrote(uv_write_t *request, int error)
{
    struct wire *wire = (struct wire *)request->handle;

    wire->is_writing = false;
    buf_clear(&wire->flight.copied);
    lent_return(&wire->flight.lent);
    if (uv_is_closing(&wire->handle))
        return;
    if (error != 0) {
        wire->events->on_failure(wire->owner);
        return;
    }
    wire->last_progress = time_mono();
    wire->events->on_taken(wire->owner);
}

enum { LOAD_PARTS = 2 };

/* Returns how many. */
static unsigned load_parts(const struct wire_load *load, uv_buf_t ret_parts[static LOAD_PARTS])
{
    unsigned count = 0;

    if (load->copied.length > 0)
        ret_parts[count++] = uv_buf_init(load->copied.data, (unsigned)load->copied.length);
    if (load->lent.bytes.n > 0)
        ret_parts[count++] = uv_buf_init((char *)load->lent.bytes.p, (unsigned)load->lent.bytes.n);
    return count;
}

/* As uv_try_write(), of a flight whose loan lies in a file: what is copied goes first, and says
 * that more follows. */
static int try_send_file(struct wire *wire)
{
    const struct wire_load *flight = &wire->flight;
    const struct memory_file *file = flight->lent.file;
    off_t offset = flight->lent.bytes.p - file->bytes.p;
    ssize_t head = 0, body;
    int fd;

    if (uv_fileno(&wire->handle, &fd) != 0)
        return UV_EBADF;
    if (flight->copied.length > 0)
        head = send(fd, flight->copied.data, flight->copied.length,
                    MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL);
    if (head < 0)
        return uv_translate_sys_error(errno);
    if ((size_t)head < flight->copied.length)
        return (int)head;
    body = sendfile(fd, file->fd, &offset, flight->lent.bytes.n);
    if (body < 0 && errno != EAGAIN && errno != EINTR)
        return uv_translate_sys_error(errno);
    return (int)(head + (body > 0 ? body : 0));
}

static int try_write(struct wire *wire)
{
    uv_buf_t parts[LOAD_PARTS];
    unsigned part_count = load_parts(&wire->flight, parts);

    if (wire->flight.lent.file != NULL)
        return try_send_file(wire);
    return part_count > 0 ? uv_try_write(&wire->stream, parts, part_count) : 0;
}

wire_outcome wire_write(struct wire *wire)
{
    if (wire->is_writing)
        return WIRE_WAITS;
    if (!load_flight(wire))
        return WIRE_BROKEN;
    int count = try_write(wire);

    if (count < 0 && count != UV_EAGAIN)
        return WIRE_BROKEN;
    if (count > 0)
        wire->last_progress = time_mono();
    load_consume(&wire->flight, count > 0 ? (size_t)count : 0);
    uv_buf_t parts[LOAD_PARTS];
    unsigned part_count = load_parts(&wire->flight, parts);
    if (part_count > 0) {
        if (uv_write(&wire->write, &wire->stream, parts, part_count, wrote) != 0)
            return WIRE_BROKEN;
        wire->is_writing = true;
        return WIRE_WAITS;
    }
    drop_spare_memory(&wire->output.copied);
    drop_spare_memory(&wire->flight.copied);
    if (wire->tls != NULL)
        drop_spare_memory(tls_session_output(wire->tls));
    return WIRE_TAKEN;
}

static void shut_down(uv_shutdown_t *request, int error)
{
    struct wire *wire = (struct wire *)request->handle;

    if (error != 0 && error != UV_ECANCELED && !uv_is_closing(&wire->handle))
        wire->events->on_failure(wire->owner);
}

bool wire_end(struct wire *wire)
{
    if (wire->tls != NULL) {
        tls_session_end(wire->tls);
        wire->is_output_ended = true;
        if (wire_write(wire) == WIRE_BROKEN)
            return false;
    }
    wire->is_output_ended = true;
    return uv_shutdown(&wire->shutdown, &wire->stream, shut_down) == 0;
}

/* --- life --- */

static void init(struct wire *wire, struct wire_buffers *buffers, const struct wire_events *events,
                 void *owner)
{
    wire->events = events;
    wire->owner = owner;
    wire->buffers = buffers;
    wire->last_progress = time_mono();
    buf_init(&wire->output.copied, WIRE_QUEUE_MAX_BYTES);
    buf_init(&wire->flight.copied, WIRE_QUEUE_MAX_BYTES);
}

/* With the socket in place. */
static int begin(struct wire *wire, bool is_secure, SSL *tls)
{
    if (is_secure && (wire->tls = tls_session_new(tls)) == NULL)
        return UV_ENOMEM;
    if (wire->handle.type == UV_TCP)
        (void)uv_tcp_nodelay(&wire->tcp, 1);
    return 0;
}

int wire_accept(struct wire *wire, uv_stream_t *listener, bool is_secure, SSL *tls,
                struct wire_buffers *buffers, const struct wire_events *events, void *owner)
{
    init(wire, buffers, events, owner);
    (void)uv_tcp_init(listener->loop, &wire->tcp);
    wire->handle.data = owner;
    int error = uv_accept(listener, &wire->stream);
    if (error == 0)
        return begin(wire, is_secure, tls);
    SSL_free(tls);
    return error;
}

static bool is_unix(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);

    return getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
           address.ss_family == AF_UNIX;
}

int wire_open(struct wire *wire, uv_loop_t *loop, int fd, bool is_secure, SSL *tls,
              struct wire_buffers *buffers, const struct wire_events *events, void *owner)
{
    int error;

    init(wire, buffers, events, owner);
    if (is_unix(fd)) {
        (void)uv_pipe_init(loop, &wire->pipe, 0);
        error = uv_pipe_open(&wire->pipe, fd);
    } else {
        (void)uv_tcp_init(loop, &wire->tcp);
        error = uv_tcp_open(&wire->tcp, fd);
    }
    wire->handle.data = owner;
    if (error == 0)
        return begin(wire, is_secure, tls);
    (void)close(fd);
    SSL_free(tls);
    return error;
}

static void load_deinit(struct wire_load *load)
{
    buf_deinit(&load->copied);
    lent_return(&load->lent);
}

/* libuv is done with the buffers before it reports the handle as closed. */
void wire_close(struct wire *wire, uv_close_cb on_closed)
{
    uv_close(&wire->handle, on_closed);
}

void wire_deinit(struct wire *wire)
{
    tls_session_free(TAKE(wire->tls));
    load_deinit(&wire->output);
    load_deinit(&wire->flight);
}

const struct tls_session *wire_tls(const struct wire *wire)
{
    return wire->tls;
}

void wire_peer(const struct wire *wire, char ret_address[static IP_ADDRESS_TEXT_SIZE])
{
    struct sockaddr_storage socket_address;
    int length = sizeof(socket_address);
    struct ip_address address;

    ret_address[0] = '\0';
    if (uv_tcp_getpeername(&wire->tcp, (struct sockaddr *)&socket_address, &length) == 0 &&
        ip_address_from((const struct sockaddr *)&socket_address, &address))
        ip_address_print(&address, ret_address);
}
