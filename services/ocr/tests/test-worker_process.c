#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/log/log.h"
#include "services/ocr/inspector.h"
#include "services/ocr/worker_process.h"
#include "services/ocr/worker_watch.h"

enum { ANSWER_MS = 100000 }; /* long enough that a test which waits for it has failed */

static int script(const char *text)
{
    int fd = memfd_create("script", MFD_CLOEXEC);

    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    return fd;
}

static struct worker_process *start(void)
{
    struct worker_process *worker = NULL;
    struct status st = {0};

    if (worker_process_start(getenv("FAKE_WORKER"), &worker, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return worker;
}

static status_code open_script(struct worker_process *worker, const char *text, struct status *st)
{
    _cleanup_(closep) int fd = script(text);
    struct worker_document document = {0};
    status_code code =
        worker_process_open(worker, "job", fd, 0, time_mono_after_ms(ANSWER_MS), &document, st);

    if (code == STATUS_OK)
        assert_string_equal(document.media_type, "text/x-script");
    return code;
}

/* @pictures_fd: for the pictures; -1: none are wanted. *ret_bytes: of them. */
static status_code read_pictures(struct worker_process *worker, int32_t index, int pictures_fd,
                                 int64_t timeout_ms, int64_t *ret_bytes, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);
    const struct page_task task = {.page_index = index, .tier = JOB_TIER_CPU, .language = "auto"};
    struct worker_answer answer = {0};

    TRY(worker_process_ask_page(worker, &task, 0, pictures_fd, time_mono_after_ms(ANSWER_MS), st));
    TRY(worker_process_receive_page(worker, time_mono_after_ms(timeout_ms), arena, &answer, st));
    *ret_bytes = answer.pictures_bytes;
    return STATUS_OK;
}

static status_code read_page(struct worker_process *worker, int32_t index, int64_t timeout_ms,
                             struct status *st)
{
    int64_t bytes;

    return read_pictures(worker, index, -1, timeout_ms, &bytes, st);
}

static void test_a_worker_opens_and_reads(void **state)
{
    _cleanup_(worker_process_stopp) struct worker_process *worker = start();
    struct status st = {0};

    assert_int_equal(open_script(worker, "pages 2", &st), STATUS_OK);
    assert_int_equal(read_page(worker, 0, ANSWER_MS, &st), STATUS_OK);
    assert_int_equal(read_page(worker, 1, ANSWER_MS, &st), STATUS_OK);
    assert_true(worker_process_is_usable(worker));
    assert_true(worker_process_is_alive(worker));
}

static void test_pictures_come_in_a_file(void **state)
{
    _cleanup_(worker_process_stopp) struct worker_process *worker = start();
    _cleanup_(closep) int fd = memfd_create("pictures", MFD_CLOEXEC);
    _cleanup_(freep) char *bytes = calloc(1, 3 << 20);
    struct status st = {0};
    int64_t size_bytes = 0;

    assert_int_equal(open_script(worker, "pages 2\npictures-at 0 2000000", &st), STATUS_OK);
    assert_int_equal(read_pictures(worker, 0, fd, ANSWER_MS, &size_bytes, &st), STATUS_OK);
    assert_int_equal(size_bytes, 2000000 + 13);
    assert_int_equal(pread(fd, bytes, 3 << 20, 0), size_bytes);
    assert_memory_equal(bytes, "previewr", 8);
    assert_memory_equal(bytes + size_bytes - 7, "rfigure", 7);
    /* Nothing is left of them in the channel. */
    assert_int_equal(read_pictures(worker, 1, fd, ANSWER_MS, &size_bytes, &st), STATUS_OK);
    assert_int_equal(size_bytes, 0);
}

static void test_pictures_that_nobody_wants_are_not_made(void **state)
{
    _cleanup_(worker_process_stopp) struct worker_process *worker = start();
    struct status st = {0};

    assert_int_equal(open_script(worker, "pages 1\npictures-at 0 100", &st), STATUS_OK);
    assert_int_equal(read_page(worker, 0, ANSWER_MS, &st), STATUS_OK);
    assert_int_equal(read_page(worker, 0, ANSWER_MS, &st), STATUS_OK);
}

/* Its file is there to be read only: the page is read all the same. */
static void test_a_page_is_not_lost_for_want_of_room_for_pictures(void **state)
{
    _cleanup_(worker_process_stopp) struct worker_process *worker = start();
    _cleanup_(closep) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct status st = {0};
    int64_t size_bytes = -1;

    assert_int_equal(open_script(worker, "pages 1\npictures-at 0 1000000", &st), STATUS_OK);
    assert_int_equal(read_pictures(worker, 0, fd, ANSWER_MS, &size_bytes, &st), STATUS_OK);
    assert_int_equal(size_bytes, 0);
    assert_true(worker_process_is_usable(worker));
}

static void test_a_worker_that_lies_of_pictures_is_not_used_again(void **state)
{
    static const char *const scripts[] = {"pages 1\nlie-at 0", "pages 1\nflood-at 0"};

    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
        _cleanup_(worker_process_stopp) struct worker_process *worker = start();
        _cleanup_(closep) int fd = memfd_create("pictures", MFD_CLOEXEC);
        struct status st = {0};
        int64_t size_bytes;

        assert_int_equal(open_script(worker, scripts[i], &st), STATUS_OK);
        assert_int_equal(read_pictures(worker, 0, fd, ANSWER_MS, &size_bytes, &st),
                         STATUS_INTERNAL);
        assert_string_equal(st.reason, "CHANNEL_BROKEN");
        assert_false(worker_process_is_usable(worker));
    }
}

static void test_a_refusal_leaves_the_worker_usable(void **state)
{
    _cleanup_(worker_process_stopp) struct worker_process *worker = start();
    struct status st = {0};

    assert_int_equal(open_script(worker, "refuse ENCRYPTED", &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "ENCRYPTED");
    assert_true(worker_process_is_usable(worker));
    assert_int_equal(open_script(worker, "pages 1\nfail-at 0 CORRUPT", &st), STATUS_OK);
    assert_int_equal(read_page(worker, 0, ANSWER_MS, &st), STATUS_INVALID_ARGUMENT);
    assert_true(worker_process_is_usable(worker));
}

static void test_a_worker_that_dies_is_told(void **state)
{
    _cleanup_(worker_process_stopp) struct worker_process *worker = start();
    struct status st = {0};

    assert_int_equal(open_script(worker, "pages 1\ndie-at 0", &st), STATUS_OK);
    assert_int_equal(read_page(worker, 0, ANSWER_MS, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "CHANNEL_CLOSED");
    assert_false(worker_process_is_usable(worker));
}

static void test_a_worker_that_hangs_is_told(void **state)
{
    _cleanup_(worker_process_stopp) struct worker_process *worker = start();
    struct status st = {0};

    assert_int_equal(open_script(worker, "pages 1\nhang-at 0", &st), STATUS_OK);
    assert_int_equal(read_page(worker, 0, 50, &st), STATUS_DEADLINE_EXCEEDED);
    assert_false(worker_process_is_usable(worker));
}

static void test_a_worker_that_stands_still_is_not_waited_for(void **state)
{
    _cleanup_(worker_process_stopp) struct worker_process *worker = start();
    const struct worker_watch_limits limits = {.cpu_s = 600, .stall_ms = 50};
    struct status st = {0};

    assert_int_equal(open_script(worker, "pages 1\nhang-at 0", &st), STATUS_OK);
    /* Only now: on a busy machine a worker that opens a file may get no processor for so long. */
    worker_process_limit(worker, &limits);
    assert_int_equal(read_page(worker, 0, ANSWER_MS, &st), STATUS_DEADLINE_EXCEEDED);
    assert_string_equal(st.reason, "CHANNEL_TIMEOUT");
    assert_false(worker_process_is_usable(worker));
}

/* Long before the answer is due. */
static void test_a_worker_that_takes_too_much_of_a_processor_is_ended(void **state)
{
    _cleanup_(worker_process_stopp) struct worker_process *worker = start();
    const struct worker_watch_limits limits = {.cpu_s = 1, .stall_ms = 100000};
    struct status st = {0};

    worker_process_limit(worker, &limits);
    assert_int_equal(open_script(worker, "pages 1\nspin-at 0", &st), STATUS_OK);
    assert_int_equal(read_page(worker, 0, ANSWER_MS, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "CHANNEL_CLOSED");
}

static void test_a_worker_is_ended_from_outside(void **state)
{
    struct worker_process *worker = start();
    pid_t pid = worker_process_pid(worker);
    struct status st = {0};
    siginfo_t ended = {0};

    assert_int_equal(open_script(worker, "pages 1\nhang-at 0", &st), STATUS_OK);
    worker_process_interrupt(worker);
    assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
    assert_false(worker_process_is_alive(worker));
    worker_process_stop(worker);
    assert_int_equal(kill(pid, 0), -1); /* reaped */
}

static void test_a_program_that_is_not_there_cannot_be_started(void **state)
{
    struct worker_process *worker = NULL;
    struct status st = {0};

    assert_int_equal(worker_process_start("/no/such/worker", &worker, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "WORKER_NOT_STARTED");
}

/* Not the fault of the first document that it is given. */
static void test_a_program_that_ends_at_its_start_is_no_worker(void **state)
{
    struct worker_process *worker = NULL;
    struct status st = {0};

    assert_int_equal(worker_process_start("/bin/false", &worker, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "WORKER_NOT_STARTED");
    assert_null(worker);
}

/* --- the inspector --- */

static status_code look(struct inspector *inspector, const char *text,
                        struct worker_document *ret_document, struct status *st)
{
    _cleanup_(closep) int fd = script(text);

    return inspector_look(inspector, "job", fd, 0, time_mono_after_ms(ANSWER_MS), ret_document, st);
}

static void test_the_inspector_counts_pages(void **state)
{
    struct inspector *inspector = NULL;
    struct worker_document document;
    struct status st = {0};

    assert_int_equal(inspector_start(getenv("FAKE_WORKER"), 2, &inspector, &st), STATUS_OK);
    assert_int_equal(look(inspector, "pages 12", &document, &st), STATUS_OK);
    assert_int_equal(document.page_count, 12);
    assert_int_equal(look(inspector, "refuse UNSUPPORTED_TYPE", &document, &st),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "UNSUPPORTED_TYPE");
    inspector_stop(inspector);
}

/* A file that kills whoever opens it is a broken file, and the next one is looked at. */
static void test_the_inspector_outlives_a_deadly_file(void **state)
{
    struct inspector *inspector = NULL;
    struct worker_document document;
    struct status st = {0};

    assert_int_equal(inspector_start(getenv("FAKE_WORKER"), 1, &inspector, &st), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(look(inspector, "die", &document, &st), STATUS_INVALID_ARGUMENT);
        assert_string_equal(st.reason, "CORRUPT");
        assert_int_equal(look(inspector, "pages 1", &document, &st), STATUS_OK);
    }
    inspector_stop(inspector);
}

static void test_who_waits_too_long_leaves_the_line(void **state)
{
    struct inspector *inspector = NULL;
    struct worker_document document;
    struct status st = {0};
    _cleanup_(closep) int fd = script("pages 1");

    assert_int_equal(inspector_start(getenv("FAKE_WORKER"), 1, &inspector, &st), STATUS_OK);
    status_code code = inspector_look(inspector, "job", fd, 0, time_mono() - 1, &document, &st);
    assert_true(code == STATUS_DEADLINE_EXCEEDED || code == STATUS_OK);
    assert_int_equal(look(inspector, "pages 1", &document, &st), STATUS_OK);
    inspector_stop(inspector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_worker_opens_and_reads),
        cmocka_unit_test(test_pictures_come_in_a_file),
        cmocka_unit_test(test_pictures_that_nobody_wants_are_not_made),
        cmocka_unit_test(test_a_page_is_not_lost_for_want_of_room_for_pictures),
        cmocka_unit_test(test_a_worker_that_lies_of_pictures_is_not_used_again),
        cmocka_unit_test(test_a_refusal_leaves_the_worker_usable),
        cmocka_unit_test(test_a_worker_that_dies_is_told),
        cmocka_unit_test(test_a_worker_that_hangs_is_told),
        cmocka_unit_test(test_a_worker_that_stands_still_is_not_waited_for),
        cmocka_unit_test(test_a_worker_that_takes_too_much_of_a_processor_is_ended),
        cmocka_unit_test(test_a_worker_is_ended_from_outside),
        cmocka_unit_test(test_a_program_that_is_not_there_cannot_be_started),
        cmocka_unit_test(test_a_program_that_ends_at_its_start_is_no_worker),
        cmocka_unit_test(test_the_inspector_counts_pages),
        cmocka_unit_test(test_the_inspector_outlives_a_deadly_file),
        cmocka_unit_test(test_who_waits_too_long_leaves_the_line),
    };

    log_start("ocr-test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
