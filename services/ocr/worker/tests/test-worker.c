#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "ocrmesh/ocr/worker/v1/worker.pb-c.h"
#include "services/ocr/worker/tests/page_fixture.h"
#include "services/ocr/worker_channel.h"

/*
 * The real worker as a process of its own, as the service starts it. Its path is the first
 * argument of this test.
 */

typedef Ocrmesh__Ocr__Worker__V1__WorkerRequest WorkerRequest;
typedef Ocrmesh__Ocr__Worker__V1__WorkerResponse WorkerResponse;

enum { FILE_MAX_BYTES = 1 << 20, ANSWER_MS = 60000 };

static const char *worker_path;

struct running {
    pid_t pid;
    struct worker_channel *channel;
};

static int start(void **state)
{
    struct running *running = calloc(1, sizeof(*running));
    struct status st;
    int child_fd;

    assert_non_null(running);
    assert_int_equal(worker_channel_pair(&running->channel, &child_fd, &st), STATUS_OK);
    running->pid = fork();
    assert_true(running->pid >= 0);
    if (running->pid == 0) {
        (void)dup2(child_fd, WORKER_CHANNEL_CHILD_FD);
        (void)execl(worker_path, worker_path, "--channel-fd", "3", NULL);
        _exit(127);
    }
    (void)close(child_fd);
    *state = running;
    return 0;
}

static int stop(void **state)
{
    struct running *running = *state;
    int how;

    worker_channel_close(running->channel);
    /* It leaves by itself, with success, when the service hangs up. */
    assert_int_equal(waitpid(running->pid, &how, 0), running->pid);
    free(running);
    return WIFEXITED(how) && WEXITSTATUS(how) == 0 ? 0 : -1;
}

static void response_freep(WorkerResponse **response)
{
    if (*response != NULL)
        protobuf_c_message_free_unpacked(&(*response)->base, NULL);
}

static WorkerResponse *ask(struct running *running, const WorkerRequest *request, int fd)
{
    struct status st;
    ProtobufCMessage *message = NULL;

    assert_int_equal(worker_channel_send(running->channel, &request->base, fd,
                                         time_mono_after_ms(ANSWER_MS), &st),
                     STATUS_OK);
    assert_int_equal(worker_channel_receive(running->channel,
                                            &ocrmesh__ocr__worker__v1__worker_response__descriptor,
                                            time_mono_after_ms(ANSWER_MS), &message, NULL, &st),
                     STATUS_OK);
    return (WorkerResponse *)message;
}

/* @fd: closed. */
static WorkerResponse *ask_open_up_to(struct running *running, int fd, uint32_t pages_max)
{
    Ocrmesh__Ocr__Worker__V1__OpenDocument open = OCRMESH__OCR__WORKER__V1__OPEN_DOCUMENT__INIT;
    WorkerRequest request = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__INIT;

    open.job_id = (char *)"test";
    open.pages_max = pages_max;
    request.request_case = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_OPEN_DOCUMENT;
    request.open_document = &open;
    WorkerResponse *response = ask(running, &request, fd);
    if (fd >= 0)
        (void)close(fd);
    return response;
}

static WorkerResponse *ask_open(struct running *running, int fd)
{
    return ask_open_up_to(running, fd, 1);
}

static WorkerResponse *ask_page(struct running *running, uint32_t index)
{
    Ocrmesh__Ocr__Worker__V1__ReadPage read = OCRMESH__OCR__WORKER__V1__READ_PAGE__INIT;
    WorkerRequest request = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__INIT;

    read.page_index = index;
    read.tier = OCRMESH__OCR__V1__TIER__TIER_CPU;
    read.language = (char *)"auto";
    request.request_case = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_READ_PAGE;
    request.read_page = &read;
    return ask(running, &request, -1);
}

static void assert_failure(const WorkerResponse *response, status_code code, const char *reason)
{
    assert_int_equal(response->response_case,
                     OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_FAILURE);
    assert_int_equal(response->failure->code, code);
    assert_string_equal(response->failure->reason, reason);
    assert_true(strlen(response->failure->message) > 0);
}

static void assert_opened(const WorkerResponse *response, const char *media_type)
{
    assert_int_equal(response->response_case,
                     OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_DOCUMENT_OPENED);
    assert_string_equal(response->document_opened->media_type, media_type);
    assert_int_equal(response->document_opened->page_count, 1);
}

static void test_a_page_is_opened_and_read(void **state)
{
    _cleanup_(response_freep) WorkerResponse *opened = ask_open(*state, fixture_sample());
    assert_opened(opened, "image/png");

    _cleanup_(response_freep) WorkerResponse *read = ask_page(*state, 0);
    assert_int_equal(read->response_case,
                     OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_PAGE_READ);
    const Ocrmesh__Document__V1__Page *page = read->page_read->page;
    assert_non_null(strstr(page->text, "INVOICE 2041"));
    assert_non_null(strstr(page->text, "thank you for your order of 3 November."));
    assert_string_equal(page->language, "en");
    assert_true(page->mean_confidence > 0.8f && page->mean_confidence <= 1);
    assert_string_equal(read->page_read->engine->name, "tesseract");
    assert_int_equal(read->page_read->engine->n_models, 1);
    assert_string_equal(read->page_read->engine->models[0], "eng");
}

static void test_bad_files_have_reasons_and_the_next_one_is_read(void **state)
{
    static const char text[] = "no picture";
    _cleanup_(buf_deinit) struct buf png;
    _cleanup_(response_freep) WorkerResponse *unsupported =
        ask_open(*state, fixture_file(text, sizeof(text) - 1));
    _cleanup_(response_freep) WorkerResponse *none = ask_open(*state, -1);
    _cleanup_(response_freep) WorkerResponse *no_document = ask_page(*state, 0);

    buf_init(&png, FILE_MAX_BYTES);
    fixture_image(&png, FIXTURE_PNG);
    _cleanup_(response_freep) WorkerResponse *cut =
        ask_open(*state, fixture_file(png.data, png.length / 2));
    _cleanup_(response_freep) WorkerResponse *opened = ask_open(*state, fixture_file_of(&png));
    _cleanup_(response_freep) WorkerResponse *beyond = ask_page(*state, 1);

    assert_failure(unsupported, STATUS_INVALID_ARGUMENT, "UNSUPPORTED_TYPE");
    assert_failure(none, STATUS_INVALID_ARGUMENT, "NO_FILE");
    assert_failure(no_document, STATUS_FAILED_PRECONDITION, "NO_DOCUMENT");
    assert_failure(cut, STATUS_INVALID_ARGUMENT, "CORRUPT");
    assert_opened(opened, "image/png");
    assert_failure(beyond, STATUS_OUT_OF_RANGE, "NO_SUCH_PAGE");
}

/* It was looked into before, by another worker. */
static void test_a_file_is_opened_without_a_look_where_none_is_wanted(void **state)
{
    _cleanup_(buf_deinit) struct buf png;

    buf_init(&png, FILE_MAX_BYTES);
    fixture_image(&png, FIXTURE_PNG);
    _cleanup_(response_freep) WorkerResponse *opened =
        ask_open_up_to(*state, fixture_file(png.data, png.length / 2), 0);
    _cleanup_(response_freep) WorkerResponse *page = ask_page(*state, 0);

    assert_opened(opened, "image/png");
    assert_failure(page, STATUS_INVALID_ARGUMENT, "CORRUPT");
}

static void test_a_pdf_is_read_from_its_text_layer(void **state)
{
    _cleanup_(buf_deinit) struct buf pdf;

    buf_init(&pdf, FILE_MAX_BYTES);
    fixture_pdf_page(&pdf, fixture_pdf_letter, "");
    _cleanup_(response_freep) WorkerResponse *opened = ask_open(*state, fixture_file_of(&pdf));
    assert_opened(opened, "application/pdf");
    _cleanup_(response_freep) WorkerResponse *read = ask_page(*state, 0);
    assert_int_equal(read->response_case,
                     OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_PAGE_READ);
    assert_int_equal(read->page_read->page->text_source,
                     OCRMESH__DOCUMENT__V1__TEXT_SOURCE__TEXT_SOURCE_TEXT_LAYER);
    assert_non_null(strstr(read->page_read->page->text, fixture_pdf_letter_line));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_page_is_opened_and_read, start, stop),
        cmocka_unit_test_setup_teardown(test_bad_files_have_reasons_and_the_next_one_is_read, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_a_file_is_opened_without_a_look_where_none_is_wanted,
                                        start, stop),
        cmocka_unit_test_setup_teardown(test_a_pdf_is_read_from_its_text_layer, start, stop),
    };

    if (argc != 2)
        return 2;
    worker_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
