#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "ocrmesh/ocr/worker/v1/worker.pb-c.h"
#include "services/ocr/worker_channel.h"

struct ends {
    struct worker_channel *service;
    struct worker_channel *worker;
    int worker_fd;
};

static int open_ends(void **state)
{
    struct ends *ends = calloc(1, sizeof(*ends));
    struct status st;

    assert_non_null(ends);
    assert_int_equal(worker_channel_pair(&ends->service, &ends->worker_fd, &st), STATUS_OK);
    ends->worker = worker_channel_open(ends->worker_fd);
    assert_non_null(ends->worker);
    *state = ends;
    return 0;
}

static int close_ends(void **state)
{
    struct ends *ends = *state;

    worker_channel_close(ends->service);
    worker_channel_close(ends->worker);
    free(ends);
    return 0;
}

static void send_open(struct worker_channel *channel, const char *job_id, int fd)
{
    struct status st;
    Ocrmesh__Ocr__Worker__V1__OpenDocument open = OCRMESH__OCR__WORKER__V1__OPEN_DOCUMENT__INIT;
    Ocrmesh__Ocr__Worker__V1__WorkerRequest request =
        OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__INIT;

    open.job_id = (char *)job_id;
    request.request_case = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_OPEN_DOCUMENT;
    request.open_document = &open;
    assert_int_equal(
        worker_channel_send(channel, &request.base, fd, time_mono_after_ms(60000), &st), STATUS_OK);
}

static void test_a_message_and_its_descriptor_arrive_together(void **state)
{
    struct ends *ends = *state;
    struct status st;
    ProtobufCMessage *message = NULL;
    int received_fd = -1;
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_int_equal(write(fd, "abc", 3), 3);
    send_open(ends->service, "job", fd);
    assert_int_equal(worker_channel_receive(ends->worker,
                                            &ocrmesh__ocr__worker__v1__worker_request__descriptor,
                                            time_mono_after_ms(60000), &message, &received_fd, &st),
                     STATUS_OK);
    Ocrmesh__Ocr__Worker__V1__WorkerRequest *request = (void *)message;
    assert_string_equal(request->open_document->job_id, "job");
    char text[3];
    assert_int_equal(pread(received_fd, text, 3, 0), 3);
    assert_memory_equal(text, "abc", 3);
    protobuf_c_message_free_unpacked(message, NULL);
    (void)close(received_fd);
    (void)close(fd);
}

static void test_each_frame_keeps_its_own_descriptor(void **state)
{
    struct ends *ends = *state;
    struct status st;
    int fd = memfd_create("test", MFD_CLOEXEC);

    send_open(ends->service, "first", -1);
    send_open(ends->service, "second", fd);
    for (int i = 0; i < 2; i++) {
        ProtobufCMessage *message = NULL;
        int received_fd = -1;
        assert_int_equal(worker_channel_receive(
                             ends->worker, &ocrmesh__ocr__worker__v1__worker_request__descriptor,
                             time_mono_after_ms(60000), &message, &received_fd, &st),
                         STATUS_OK);
        assert_true(i == 0 ? received_fd == -1 : received_fd >= 0);
        protobuf_c_message_free_unpacked(message, NULL);
        if (received_fd >= 0)
            (void)close(received_fd);
    }
    (void)close(fd);
}

static void test_receiving_ends_at_the_deadline(void **state)
{
    struct ends *ends = *state;
    struct status st;
    ProtobufCMessage *message = NULL;

    /* Half a frame: the deadline holds inside one as well. */
    assert_int_equal(write(worker_channel_fd(ends->service), "\0\0\0\5a", 5), 5);
    assert_int_equal(worker_channel_receive(ends->worker,
                                            &ocrmesh__ocr__worker__v1__worker_request__descriptor,
                                            time_mono_after_ms(20), &message, NULL, &st),
                     STATUS_DEADLINE_EXCEEDED);
    assert_string_equal(st.reason, "CHANNEL_TIMEOUT");
    assert_null(message);
}

static void test_a_closed_end_is_told_apart(void **state)
{
    struct ends *ends = *state;
    struct status st;
    ProtobufCMessage *message = NULL;

    worker_channel_close(TAKE(ends->service));
    assert_int_equal(worker_channel_receive(ends->worker,
                                            &ocrmesh__ocr__worker__v1__worker_request__descriptor,
                                            TIME_NEVER, &message, NULL, &st),
                     STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "CHANNEL_CLOSED");
}

static void assert_broken(struct ends *ends, const void *bytes, size_t length)
{
    struct status st;
    ProtobufCMessage *message = NULL;

    assert_int_equal(write(worker_channel_fd(ends->service), bytes, length), length);
    assert_int_equal(worker_channel_receive(ends->worker,
                                            &ocrmesh__ocr__worker__v1__worker_request__descriptor,
                                            time_mono_after_ms(60000), &message, NULL, &st),
                     STATUS_INTERNAL);
    assert_string_equal(st.reason, "CHANNEL_BROKEN");
}

static void test_a_frame_over_the_limit_is_refused_before_memory_is_taken(void **state)
{
    assert_broken(*state, "\xff\xff\xff\xff", 4);
}

static void test_a_frame_that_is_no_message_is_refused(void **state)
{
    assert_broken(*state, "\0\0\0\3\xff\xff\xff", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_message_and_its_descriptor_arrive_together,
                                        open_ends, close_ends),
        cmocka_unit_test_setup_teardown(test_each_frame_keeps_its_own_descriptor, open_ends,
                                        close_ends),
        cmocka_unit_test_setup_teardown(test_receiving_ends_at_the_deadline, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(test_a_closed_end_is_told_apart, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(
            test_a_frame_over_the_limit_is_refused_before_memory_is_taken, open_ends, close_ends),
        cmocka_unit_test_setup_teardown(test_a_frame_that_is_no_message_is_refused, open_ends,
                                        close_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
