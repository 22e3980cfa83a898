#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/clock.h"
#include "lib/blob/blob_backend.h"
#include "services/ocr/upload_files.h"

/* A blob store whose blobs hold their own keys, and that counts how often it is asked. */
struct counting_store {
    struct blob_store store;
    atomic_int gets;
    bool is_empty;
};

static status_code get(struct blob_store *store, const char *key, int fd, int64_t deadline,
                       int64_t *ret_size_bytes, struct status *st)
{
    struct counting_store *counting = (struct counting_store *)store;
    const struct timespec pause = {.tv_nsec = 20 * NANOSECONDS_PER_MS};

    atomic_fetch_add(&counting->gets, 1);
    (void)nanosleep(&pause, NULL); /* so that others ask meanwhile */
    if (counting->is_empty)
        return FAIL(st, STATUS_NOT_FOUND, "BLOB_NOT_FOUND", "there is no such blob");
    assert_int_equal(pwrite(fd, key, strlen(key), 0), (ssize_t)strlen(key));
    *ret_size_bytes = (int64_t)strlen(key);
    return STATUS_OK;
}

static const struct blob_backend backend = {.get = get};

static void job_id_of(int number, char ret_id[33])
{
    (void)snprintf(ret_id, 33, "%032x", (unsigned)number);
}

static void assert_content(int fd, const char *expected)
{
    char content[200] = "";

    assert_true(read(fd, content, sizeof(content) - 1) >= 0);
    assert_string_equal(content, expected);
    (void)close(fd);
}

static int open_file(struct upload_files *files, const char *job_id)
{
    struct status st = {0};
    int fd = -1;

    if (upload_files_open(files, job_id, time_mono_after_ms(10000), &fd, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return fd;
}

static void test_a_file_is_fetched_once(void **state)
{
    struct counting_store counting = {.store = {&backend}};
    struct upload_files *files = upload_files_new(&counting.store, "/tmp");
    char id[33];
    char key[64];

    job_id_of(1, id);
    (void)snprintf(key, sizeof(key), "upload/%s", id);
    assert_content(open_file(files, id), key);
    assert_content(open_file(files, id), key);
    assert_int_equal(counting.gets, 1);
    upload_files_drop(files, id);
    assert_content(open_file(files, id), key);
    assert_int_equal(counting.gets, 2);
    upload_files_free(files);
}

static void test_a_file_that_was_added_is_not_fetched(void **state)
{
    struct counting_store counting = {.store = {&backend}};
    struct upload_files *files = upload_files_new(&counting.store, "/tmp");
    int fd = memfd_create("upload", MFD_CLOEXEC);
    char id[33];

    job_id_of(2, id);
    assert_int_equal(write(fd, "mine", 4), 4);
    upload_files_add(files, id, fd, 4);
    (void)close(fd);
    assert_content(open_file(files, id), "mine");
    /* Each descriptor has an offset of its own. */
    assert_content(open_file(files, id), "mine");
    assert_int_equal(counting.gets, 0);
    upload_files_free(files);
}

static void test_a_file_cannot_be_written_through_what_is_handed_out(void **state)
{
    struct counting_store counting = {.store = {&backend}};
    struct upload_files *files = upload_files_new(&counting.store, "/tmp");
    char id[33];

    job_id_of(3, id);
    int fd = open_file(files, id);
    assert_int_equal(write(fd, "x", 1), -1);
    (void)close(fd);
    upload_files_free(files);
}

static void test_old_files_make_room(void **state)
{
    struct counting_store counting = {.store = {&backend}};
    struct upload_files *files = upload_files_new(&counting.store, "/tmp");
    char id[33];

    for (int i = 0; i <= UPLOAD_FILES_MAX; i++) {
        job_id_of(i, id);
        (void)close(open_file(files, id));
    }
    assert_int_equal(counting.gets, UPLOAD_FILES_MAX + 1);
    (void)close(open_file(files, id)); /* the newest one is there */
    assert_int_equal(counting.gets, UPLOAD_FILES_MAX + 1);
    job_id_of(0, id);
    (void)close(open_file(files, id)); /* the oldest one went */
    assert_int_equal(counting.gets, UPLOAD_FILES_MAX + 2);
    upload_files_free(files);
}

static void test_a_missing_blob_is_not_remembered(void **state)
{
    struct counting_store counting = {.store = {&backend}, .is_empty = true};
    struct upload_files *files = upload_files_new(&counting.store, "/tmp");
    struct status st;
    char id[33];
    int fd;

    job_id_of(4, id);
    assert_int_equal(upload_files_open(files, id, time_mono_after_ms(10000), &fd, &st),
                     STATUS_NOT_FOUND);
    counting.is_empty = false;
    (void)close(open_file(files, id));
    upload_files_free(files);
}

struct asking {
    struct upload_files *files;
    const char *job_id;
};

static void *ask(void *arg)
{
    const struct asking *asking = arg;
    struct status st;
    int fd = -1;

    if (upload_files_open(asking->files, asking->job_id, time_mono_after_ms(10000), &fd, &st) ==
        STATUS_OK)
        (void)close(fd);
    return fd >= 0 ? arg : NULL;
}

static void test_lanes_that_ask_at_once_share_one_fetch(void **state)
{
    struct counting_store counting = {.store = {&backend}};
    struct upload_files *files = upload_files_new(&counting.store, "/tmp");
    char id[33];
    struct asking asking = {files, id};
    pthread_t threads[8];

    job_id_of(5, id);
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &asking), 0);
    for (int i = 0; i < 8; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
    assert_int_equal(counting.gets, 1);
    upload_files_free(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_fetched_once),
        cmocka_unit_test(test_a_file_that_was_added_is_not_fetched),
        cmocka_unit_test(test_a_file_cannot_be_written_through_what_is_handed_out),
        cmocka_unit_test(test_old_files_make_room),
        cmocka_unit_test(test_a_missing_blob_is_not_remembered),
        cmocka_unit_test(test_lanes_that_ask_at_once_share_one_fetch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
