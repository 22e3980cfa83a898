/*
 * Blobs in a real server of S3 that checks signatures: run by tests/integration/test_s3.py, which
 * starts one and says where it is by the settings OCR_S3_...; S3_HTTPS_URL is the same server by
 * TLS with OCR_S3_CA_FILE's authority. The bucket is for this program alone.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/base/str.h"
#include "lib/blob/blob.h"
#include "lib/blob/s3_client.h"
#include "lib/blob/s3_settings.h"
#include "lib/blob/tests/faulty_link.h"
#include "lib/http/http_client.h"

enum {
    DEADLINE_MS = 120000,
    PART_BYTES = S3_PART_MIN_BYTES,
    STALL_MS = 300,
    SMALL_BYTES = 1 << 20,
    LARGE_BYTES = 2 * PART_BYTES + 100, /* three parts */
};

#define SPACE "a-test"

struct stand {
    struct s3_settings settings;
    struct blob_store *store; /* at the server itself */
    struct faulty_link *link;
    char link_url[64];
};

static int64_t soon(void)
{
    return time_mono_after_ms(DEADLINE_MS);
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL)
        fail_msg("%s is not set", name);
    return value;
}

static int open_stand(void **state)
{
    struct stand *stand = calloc(1, sizeof(*stand));
    struct status st = {0};

    assert_non_null(stand);
    assert_int_equal(http_start(&st), STATUS_OK);
    stand->settings = (struct s3_settings){
        .url = setting("OCR_S3_URL"),
        .bucket = setting("OCR_S3_BUCKET"),
        .region = "eu-central-1",
        .access_key = setting("OCR_S3_ACCESS_KEY"),
        .secret_key = setting("OCR_S3_SECRET_KEY"),
        .session_token = "",
        .addressing = "path",
        .prefix = "test",
        .ca_file = "",
        .part_bytes = PART_BYTES,
        .connect_ms = DEADLINE_MS,
        .stall_ms = DEADLINE_MS,
        .retries = 2,
    };
    if (blob_store_open_s3(&stand->settings, SPACE, soon(), &stand->store, &st) != STATUS_OK)
        fail_msg("no store: %s", st.message);
    stand->link = faulty_link_start(atoi(strrchr(stand->settings.url, ':') + 1));
    (void)snprintf(stand->link_url, sizeof(stand->link_url), "http://127.0.0.1:%d",
                   faulty_link_port(stand->link));
    *state = stand;
    return 0;
}

static int close_stand(void **state)
{
    struct stand *stand = *state;

    faulty_link_stop(stand->link);
    blob_store_close(stand->store);
    free(stand);
    return 0;
}

static int empty_store(void **state)
{
    struct stand *stand = *state;
    struct status st = {0};

    faulty_link_set(stand->link, LINK_PASSES, 0, 0);
    assert_int_equal(blob_delete_all(stand->store, "upload/", soon(), &st), STATUS_OK);
    return 0;
}

/* A store behind the link, which is closed by the caller. */
static struct blob_store *open_by_link(struct stand *stand, int64_t stall_ms)
{
    struct s3_settings settings = stand->settings;
    struct blob_store *store = NULL;
    struct status st = {0};

    settings.url = stand->link_url;
    settings.stall_ms = stall_ms;
    if (blob_store_open_s3(&settings, SPACE, soon(), &store, &st) != STATUS_OK)
        fail_msg("no store by the link: %s", st.message);
    return store;
}

static int make_file(size_t size, char **ret_bytes)
{
    int fd = memfd_create("blob", MFD_CLOEXEC);
    char *bytes = malloc(size + 1);

    assert_true(fd >= 0 && bytes != NULL);
    random_bytes(bytes, size);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    *ret_bytes = bytes;
    return fd;
}

static void put(struct blob_store *store, const char *key, size_t size, char **ret_bytes)
{
    _cleanup_(closep) int fd = make_file(size, ret_bytes);
    struct status st = {0};

    if (blob_put(store, key, fd, (int64_t)size, soon(), &st) != STATUS_OK)
        fail_msg("not stored: %s", st.message);
}

static void assert_holds(struct blob_store *store, const char *key, const char *bytes, size_t size)
{
    _cleanup_(closep) int fd = memfd_create("copy", MFD_CLOEXEC);
    _cleanup_(freep) char *copy = malloc(size + 1);
    struct status st = {0};
    int64_t size_bytes = -1;

    if (blob_get(store, key, fd, soon(), &size_bytes, &st) != STATUS_OK)
        fail_msg("not read: %s", st.message);
    assert_int_equal(size_bytes, size);
    assert_int_equal(pread(fd, copy, size + 1, 0), (ssize_t)size);
    assert_memory_equal(copy, bytes, size);
}

static void assert_has_none(struct blob_store *store, const char *key)
{
    struct status st = {0};
    char byte;

    assert_int_equal(blob_read(store, key, 0, &byte, 1, soon(), &st), STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "BLOB_NOT_FOUND");
}

/* --- what a store does --- */

static void test_bytes_come_back_as_they_went(void **state)
{
    struct stand *stand = *state;
    static const size_t sizes[] = {0, 1, PART_BYTES, PART_BYTES + 1, LARGE_BYTES};

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        _cleanup_(freep) char *bytes = NULL;
        put(stand->store, "upload/a", sizes[i], &bytes);
        assert_holds(stand->store, "upload/a", bytes, sizes[i]);
    }
}

static void test_a_blob_is_replaced_whole(void **state)
{
    struct stand *stand = *state;
    _cleanup_(freep) char *first = NULL;
    _cleanup_(freep) char *second = NULL;

    put(stand->store, "upload/a", LARGE_BYTES, &first);
    put(stand->store, "upload/a", 10, &second);
    assert_holds(stand->store, "upload/a", second, 10);
}

static void test_the_files_offset_is_left_alone(void **state)
{
    struct stand *stand = *state;
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = make_file(100, &bytes);
    struct status st = {0};

    assert_int_equal(lseek(fd, 42, SEEK_SET), 42);
    assert_int_equal(blob_put(stand->store, "upload/a", fd, 100, soon(), &st), STATUS_OK);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 42);
    assert_holds(stand->store, "upload/a", bytes, 100);
}

static void test_parts_are_read_from_anywhere(void **state)
{
    enum { SIZE = PART_BYTES + 100 };
    static const struct {
        int64_t offset;
        size_t length;
    } parts[] = {{0, 1},
                 {0, BLOB_CHUNK_BYTES},
                 {PART_BYTES - 1, 2},
                 {PART_BYTES, 100},
                 {PART_BYTES - BLOB_CHUNK_BYTES + 100, BLOB_CHUNK_BYTES}};
    struct stand *stand = *state;
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(freep) char *part = malloc(BLOB_CHUNK_BYTES);
    struct status st = {0};

    put(stand->store, "upload/a", SIZE, &bytes);
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        assert_int_equal(blob_read(stand->store, "upload/a", parts[i].offset, part, parts[i].length,
                                   soon(), &st),
                         STATUS_OK);
        assert_memory_equal(part, bytes + parts[i].offset, parts[i].length);
    }
    assert_int_equal(blob_read(stand->store, "upload/a", SIZE - 9, part, 10, soon(), &st),
                     STATUS_DATA_LOSS);
    assert_int_equal(blob_read(stand->store, "upload/a", SIZE, part, 1, soon(), &st),
                     STATUS_DATA_LOSS);
    assert_has_none(stand->store, "upload/b");
}

static void test_all_of_a_prefix_are_deleted_and_no_others(void **state)
{
    static const char *const keys[] = {"upload/1/0", "upload/1/12/x", "upload/1-0", "upload/10/0"};
    struct stand *stand = *state;
    struct status st = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        _cleanup_(freep) char *bytes = NULL;
        put(stand->store, keys[i], 1, &bytes);
    }
    assert_int_equal(blob_delete_all(stand->store, "upload/1/", soon(), &st), STATUS_OK);
    assert_int_equal(blob_delete_all(stand->store, "upload/1/", soon(), &st), STATUS_OK);
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        char byte;
        assert_int_equal(blob_read(stand->store, keys[i], 0, &byte, 1, soon(), &st),
                         i < 2 ? STATUS_NOT_FOUND : STATUS_OK);
    }
}

static void test_what_is_deleted_is_gone(void **state)
{
    struct stand *stand = *state;
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = memfd_create("copy", MFD_CLOEXEC);
    struct status st = {0};
    int64_t size_bytes;

    put(stand->store, "upload/a", 100, &bytes);
    assert_int_equal(blob_delete(stand->store, "upload/a", soon(), &st), STATUS_OK);
    assert_int_equal(blob_delete(stand->store, "upload/a", soon(), &st), STATUS_OK);
    assert_int_equal(blob_get(stand->store, "upload/a", fd, soon(), &size_bytes, &st),
                     STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "BLOB_NOT_FOUND");
}

/* More than one answer of S3 tells. */
static void test_lists_have_all_in_order_and_only_old_ones(void **state)
{
    enum { COUNT = BLOB_KEYS_MAX + 5 };
    struct stand *stand = *state;
    _cleanup_(freep) struct blob_keys *found = malloc(sizeof(*found));
    char last[BLOB_KEY_MAX + 1] = "";
    char key[BLOB_KEY_MAX + 1];
    struct status st = {0};
    int64_t later = time_wall() + 3600 * NANOSECONDS_PER_SECOND;
    size_t count = 0;

    assert_non_null(found);
    for (int i = 0; i < COUNT; i++) {
        _cleanup_(freep) char *bytes = NULL;
        (void)snprintf(key, sizeof(key), "upload/%03d", i);
        put(stand->store, key, 1, &bytes);
    }
    for (;;) {
        assert_int_equal(blob_list_older(stand->store, later, last, soon(), found, &st), STATUS_OK);
        if (found->count == 0)
            break;
        for (size_t i = 0; i < found->count; i++) {
            (void)snprintf(key, sizeof(key), "upload/%03d", (int)count++);
            assert_string_equal(found->keys[i], key);
        }
        (void)snprintf(last, sizeof(last), "%s", found->keys[found->count - 1]);
    }
    assert_int_equal(count, COUNT);
    int64_t before = time_wall() - 3600 * NANOSECONDS_PER_SECOND;
    assert_int_equal(blob_list_older(stand->store, before, "", soon(), found, &st), STATUS_OK);
    assert_int_equal(found->count, 0);
    assert_int_equal(blob_delete_all(stand->store, "upload/", soon(), &st), STATUS_OK);
    assert_int_equal(blob_list_older(stand->store, later, "", soon(), found, &st), STATUS_OK);
    assert_int_equal(found->count, 0);
}

/* Each owner has a folder of its own. */
static void test_another_owner_sees_none_of_it(void **state)
{
    struct stand *stand = *state;
    _cleanup_(blob_store_closep) struct blob_store *other = NULL;
    _cleanup_(freep) struct blob_keys *found = malloc(sizeof(*found));
    _cleanup_(freep) char *bytes = NULL;
    struct status st = {0};

    assert_non_null(found);
    put(stand->store, "upload/a", 10, &bytes);
    assert_int_equal(blob_store_open_s3(&stand->settings, "a-test-2", soon(), &other, &st),
                     STATUS_OK);
    assert_has_none(other, "upload/a");
    assert_int_equal(blob_delete_all(other, "upload/", soon(), &st), STATUS_OK);
    assert_int_equal(blob_list_older(other, INT64_MAX, "", soon(), found, &st), STATUS_OK);
    assert_int_equal(found->count, 0);
    assert_holds(stand->store, "upload/a", bytes, 10);
}

static void test_a_file_that_ends_early_leaves_nothing(void **state)
{
    static const int64_t sizes[] = {200, LARGE_BYTES};
    struct stand *stand = *state;
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = make_file(PART_BYTES + 100, &bytes);
    struct status st = {0};

    assert_int_equal(ftruncate(fd, 100), 0);
    assert_int_equal(blob_put(stand->store, "upload/a", fd, sizes[0], soon(), &st),
                     STATUS_INTERNAL);
    assert_int_equal(ftruncate(fd, PART_BYTES + 100), 0);
    assert_int_equal(blob_put(stand->store, "upload/a", fd, sizes[1], soon(), &st),
                     STATUS_INTERNAL);
    assert_has_none(stand->store, "upload/a");
}

/* --- where it is --- */

static void test_the_bucket_may_be_part_of_the_hosts_name(void **state)
{
    struct stand *stand = *state;
    struct s3_settings settings = stand->settings;
    _cleanup_(blob_store_closep) struct blob_store *store = NULL;
    _cleanup_(freep) char *bytes = NULL;
    char url[64];
    struct status st = {0};

    (void)snprintf(url, sizeof(url), "http://localhost%s", strrchr(settings.url, ':'));
    settings.url = url;
    settings.addressing = "virtual";
    if (blob_store_open_s3(&settings, SPACE, soon(), &store, &st) != STATUS_OK)
        fail_msg("no store: %s", st.message);
    put(store, "upload/a", SMALL_BYTES, &bytes);
    assert_holds(stand->store, "upload/a", bytes, SMALL_BYTES);
}

static void test_tls_is_verified_by_an_authority_of_ones_own(void **state)
{
    struct stand *stand = *state;
    struct s3_settings settings = stand->settings;
    _cleanup_(blob_store_closep) struct blob_store *store = NULL;
    _cleanup_(freep) char *bytes = NULL;
    struct status st = {0};

    settings.url = setting("S3_HTTPS_URL");
    assert_int_equal(blob_store_open_s3(&settings, SPACE, soon(), &store, &st),
                     STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(st.message, "OCR_S3_CA_FILE"));
    settings.ca_file = setting("OCR_S3_CA_FILE");
    if (blob_store_open_s3(&settings, SPACE, soon(), &store, &st) != STATUS_OK)
        fail_msg("no store: %s", st.message);
    put(store, "upload/a", LARGE_BYTES, &bytes);
    assert_holds(store, "upload/a", bytes, LARGE_BYTES);
}

/* --- what is refused at the start --- */

static void assert_not_opened(const struct s3_settings *settings, status_code wanted,
                              const char *advice)
{
    struct blob_store *store = NULL;
    struct status st = {0};

    assert_int_equal(blob_store_open_s3(settings, SPACE, soon(), &store, &st), wanted);
    if (strstr(st.message, advice) == NULL)
        fail_msg("'%s' is not in: %s", advice, st.message);
    assert_null(strstr(st.message, settings->secret_key));
}

static void test_wrong_keys_and_buckets_are_refused(void **state)
{
    struct stand *stand = *state;
    struct s3_settings settings = stand->settings;

    settings.secret_key = "not-the-secret";
    assert_not_opened(&settings, STATUS_FAILED_PRECONDITION, "OCR_S3_SECRET_KEY is wrong");
    settings = stand->settings;
    settings.access_key = "nobody";
    assert_not_opened(&settings, STATUS_FAILED_PRECONDITION, "OCR_S3_ACCESS_KEY");
    settings = stand->settings;
    settings.bucket = "no-such-bucket";
    assert_not_opened(&settings, STATUS_FAILED_PRECONDITION, "OCR_S3_BUCKET is not there");
}

static void test_a_server_that_is_not_there_is_waited_for(void **state)
{
    struct stand *stand = *state;
    struct s3_settings settings = stand->settings;

    settings.url = stand->link_url;
    faulty_link_set(stand->link, LINK_GOES_AWAY, 0, 1);
    assert_not_opened(&settings, STATUS_UNAVAILABLE, "OCR_S3_URL");
}

/* --- what goes wrong on the way --- */

/* While it runs, a blob is never taken for lost because of keys that have become wrong. */
static void test_wrong_keys_lose_nothing_at_run_time(void **state)
{
    struct stand *stand = *state;
    struct s3_settings settings = stand->settings;
    _cleanup_(s3_client_freep) struct s3_client *client = NULL;
    const struct s3_request request = {.method = "GET", .key = "upload/none"};
    struct s3_answer answer = {0};
    struct status st = {0};

    settings.secret_key = "not-the-secret";
    assert_int_equal(s3_client_new(&settings, SPACE, &client, &st), STATUS_OK);
    assert_int_equal(s3_call(client, &request, soon(), &answer, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "BLOBS_UNAVAILABLE");
    assert_true(st.retry_after_ms > 0);
}

static void test_a_byte_that_changes_on_the_way_is_refused(void **state)
{
    struct stand *stand = *state;
    _cleanup_(blob_store_closep) struct blob_store *store = open_by_link(stand, DEADLINE_MS);
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(freep) char *again = NULL;
    struct status st = {0};

    faulty_link_set(stand->link, LINK_CHANGES_UP, 50000, 1);
    put(store, "upload/a", SMALL_BYTES, &bytes);
    assert_int_equal(faulty_link_faults(stand->link), 1);
    assert_holds(stand->store, "upload/a", bytes, SMALL_BYTES);

    _cleanup_(closep) int fd = make_file(SMALL_BYTES, &again);
    faulty_link_set(stand->link, LINK_CHANGES_UP, 50000, 100);
    assert_int_equal(blob_put(store, "upload/b", fd, SMALL_BYTES, soon(), &st), STATUS_UNAVAILABLE);
    assert_has_none(stand->store, "upload/b");
}

static void test_an_upload_that_is_cut_is_sent_again(void **state)
{
    static const size_t sizes[] = {SMALL_BYTES, LARGE_BYTES};
    struct stand *stand = *state;
    _cleanup_(blob_store_closep) struct blob_store *store = open_by_link(stand, DEADLINE_MS);

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        _cleanup_(freep) char *bytes = NULL;
        faulty_link_set(stand->link, LINK_CUTS_UP, (int64_t)sizes[i] / 2, 1);
        put(store, "upload/a", sizes[i], &bytes);
        assert_int_equal(faulty_link_faults(stand->link), 1);
        assert_holds(stand->store, "upload/a", bytes, sizes[i]);
    }
}

static void test_a_download_that_is_cut_goes_on_where_it_was(void **state)
{
    struct stand *stand = *state;
    _cleanup_(blob_store_closep) struct blob_store *store = open_by_link(stand, DEADLINE_MS);
    _cleanup_(freep) char *bytes = NULL;

    put(stand->store, "upload/a", LARGE_BYTES, &bytes);
    faulty_link_set(stand->link, LINK_CUTS_DOWN, LARGE_BYTES / 2, 2);
    assert_holds(store, "upload/a", bytes, LARGE_BYTES);
    assert_int_equal(faulty_link_faults(stand->link), 2);
}

static void test_one_who_is_cut_off_for_good_is_told(void **state)
{
    struct stand *stand = *state;
    _cleanup_(blob_store_closep) struct blob_store *store = open_by_link(stand, DEADLINE_MS);
    _cleanup_(closep) int fd = memfd_create("copy", MFD_CLOEXEC);
    _cleanup_(freep) char *bytes = NULL;
    struct status st = {0};
    int64_t size_bytes;

    put(stand->store, "upload/a", SMALL_BYTES, &bytes);
    faulty_link_set(stand->link, LINK_CUTS_DOWN, 1000, 100);
    assert_int_equal(blob_get(store, "upload/a", fd, soon(), &size_bytes, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "BLOBS_UNAVAILABLE");
}

static void test_a_server_that_falls_silent_is_given_up(void **state)
{
    struct stand *stand = *state;
    _cleanup_(blob_store_closep) struct blob_store *store = open_by_link(stand, STALL_MS);
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = make_file(SMALL_BYTES, &bytes);
    struct status st = {0};

    faulty_link_set(stand->link, LINK_HOLDS, 1000, 100);
    assert_int_equal(blob_put(store, "upload/a", fd, SMALL_BYTES, soon(), &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "BLOBS_UNAVAILABLE");
    assert_int_equal(faulty_link_faults(stand->link), 3); /* and two retries */
}

static void test_nothing_takes_longer_than_its_deadline(void **state)
{
    struct stand *stand = *state;
    _cleanup_(blob_store_closep) struct blob_store *store = open_by_link(stand, DEADLINE_MS);
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = make_file(SMALL_BYTES, &bytes);
    struct status st = {0};

    faulty_link_set(stand->link, LINK_HOLDS, 1000, 100);
    int64_t start = time_mono();
    assert_int_equal(
        blob_put(store, "upload/a", fd, SMALL_BYTES, time_mono_after_ms(STALL_MS), &st),
        STATUS_UNAVAILABLE);
    assert_true(time_mono() - start >= STALL_MS * NANOSECONDS_PER_MS);
    assert_true(time_mono() - start < DEADLINE_MS * NANOSECONDS_PER_MS / 2);
}

static void count_upload(void *arg, const struct s3_entry *entry)
{
    int *count = arg;

    if (strstr(entry->key, SPACE "/upload/") != NULL)
        (*count)++;
}

static int uploads_under_way(struct stand *stand)
{
    _cleanup_(s3_client_freep) struct s3_client *client = NULL;
    struct buf xml;
    struct s3_answer answer;
    struct status st = {0};
    bool is_cut;
    int count = 0;

    buf_init(&xml, S3_ANSWER_MAX_BYTES);
    struct s3_sink sink = {.memory = &xml};
    const struct s3_request request = {.method = "GET", .query = "uploads=", .sink = &sink};
    assert_int_equal(s3_client_new(&stand->settings, SPACE, &client, &st), STATUS_OK);
    assert_int_equal(s3_call(client, &request, soon(), &answer, &st), STATUS_OK);
    assert_int_equal(s3_xml_list(buf_str(&xml), count_upload, &count, &is_cut, &st), STATUS_OK);
    buf_deinit(&xml);
    return count;
}

static void test_an_upload_in_parts_that_fails_is_taken_back(void **state)
{
    struct stand *stand = *state;
    _cleanup_(blob_store_closep) struct blob_store *store = open_by_link(stand, DEADLINE_MS);
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = make_file(LARGE_BYTES, &bytes);
    struct status st = {0};

    /* The first part gets through, and there is no second one. */
    assert_int_equal(ftruncate(fd, PART_BYTES + 1000), 0);
    assert_int_equal(blob_put(store, "upload/a", fd, LARGE_BYTES, soon(), &st), STATUS_INTERNAL);
    assert_int_equal(uploads_under_way(stand), 0);
    assert_has_none(stand->store, "upload/a");
}

static void test_what_a_server_that_went_away_keeps_of_an_upload_is_swept(void **state)
{
    struct stand *stand = *state;
    _cleanup_(blob_store_closep) struct blob_store *store = open_by_link(stand, DEADLINE_MS);
    _cleanup_(freep) char *bytes = NULL;
    _cleanup_(closep) int fd = make_file(LARGE_BYTES, &bytes);
    struct status st = {0};

    faulty_link_set(stand->link, LINK_GOES_AWAY, PART_BYTES + PART_BYTES / 2, 1);
    assert_int_equal(blob_put(store, "upload/a", fd, LARGE_BYTES, soon(), &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "BLOBS_UNAVAILABLE");
    assert_has_none(stand->store, "upload/a");
    assert_int_equal(uploads_under_way(stand), 1);
    int64_t now = time_wall();
    assert_int_equal(
        blob_abort_older(stand->store, now - 3600 * NANOSECONDS_PER_SECOND, soon(), &st),
        STATUS_OK);
    assert_int_equal(uploads_under_way(stand), 1); /* it may be at work */
    assert_int_equal(
        blob_abort_older(stand->store, now + 3600 * NANOSECONDS_PER_SECOND, soon(), &st),
        STATUS_OK);
    assert_int_equal(uploads_under_way(stand), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_bytes_come_back_as_they_went, empty_store),
        cmocka_unit_test_setup(test_a_blob_is_replaced_whole, empty_store),
        cmocka_unit_test_setup(test_the_files_offset_is_left_alone, empty_store),
        cmocka_unit_test_setup(test_parts_are_read_from_anywhere, empty_store),
        cmocka_unit_test_setup(test_all_of_a_prefix_are_deleted_and_no_others, empty_store),
        cmocka_unit_test_setup(test_what_is_deleted_is_gone, empty_store),
        cmocka_unit_test_setup(test_lists_have_all_in_order_and_only_old_ones, empty_store),
        cmocka_unit_test_setup(test_another_owner_sees_none_of_it, empty_store),
        cmocka_unit_test_setup(test_a_file_that_ends_early_leaves_nothing, empty_store),
        cmocka_unit_test_setup(test_the_bucket_may_be_part_of_the_hosts_name, empty_store),
        cmocka_unit_test_setup(test_tls_is_verified_by_an_authority_of_ones_own, empty_store),
        cmocka_unit_test_setup(test_wrong_keys_and_buckets_are_refused, empty_store),
        cmocka_unit_test_setup(test_a_server_that_is_not_there_is_waited_for, empty_store),
        cmocka_unit_test_setup(test_wrong_keys_lose_nothing_at_run_time, empty_store),
        cmocka_unit_test_setup(test_a_byte_that_changes_on_the_way_is_refused, empty_store),
        cmocka_unit_test_setup(test_an_upload_that_is_cut_is_sent_again, empty_store),
        cmocka_unit_test_setup(test_a_download_that_is_cut_goes_on_where_it_was, empty_store),
        cmocka_unit_test_setup(test_one_who_is_cut_off_for_good_is_told, empty_store),
        cmocka_unit_test_setup(test_a_server_that_falls_silent_is_given_up, empty_store),
        cmocka_unit_test_setup(test_nothing_takes_longer_than_its_deadline, empty_store),
        cmocka_unit_test_setup(test_an_upload_in_parts_that_fails_is_taken_back, empty_store),
        cmocka_unit_test_setup(test_what_a_server_that_went_away_keeps_of_an_upload_is_swept,
                               empty_store),
    };

    return cmocka_run_group_tests(tests, open_stand, close_stand);
}
