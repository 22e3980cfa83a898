/* Requests, answers and repetitions against a server that says what it is told to. */

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
#include "lib/base/str.h"
#include "lib/blob/s3_client.h"
#include "lib/http/http_client.h"
#include "lib/http/tests/scripted_server.h"
#include "lib/log/log.h"

enum { DEADLINE_MS = 60000 };

#define EMPTY(status)   "HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n"
#define CODE(code)      "<Error><Code>" code "</Code></Error>"
#define WITH(status, t) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" t

struct stand {
    struct scripted_server *server;
    struct s3_settings settings;
    struct s3_client *client;
    struct s3_answer answer;
    struct status st;
};

static void open_stand(struct stand *stand, const struct scripted_answer *answers, size_t count)
{
    *stand = (struct stand){.server = scripted_server_start(answers, count)};
    stand->settings = (struct s3_settings){
        .url = scripted_server_url(stand->server),
        .bucket = "files",
        .region = "us-east-1",
        .access_key = "key",
        .secret_key = "secret",
        .session_token = "a-session",
        .addressing = "path",
        .prefix = "a/b",
        .ca_file = "",
        .part_bytes = S3_PART_MIN_BYTES,
        .connect_ms = DEADLINE_MS,
        .stall_ms = DEADLINE_MS,
        .retries = 3,
    };
    assert_int_equal(s3_client_new(&stand->settings, "space", &stand->client, &stand->st),
                     STATUS_OK);
}

static void close_stand(struct stand *stand)
{
    s3_client_free(stand->client);
    scripted_server_stop(stand->server);
}

static status_code ask(struct stand *stand, const struct s3_request *request)
{
    return s3_call(stand->client, request, time_mono_after_ms(DEADLINE_MS), &stand->answer,
                   &stand->st);
}

static const struct s3_request get = {.method = "GET", .key = "upload/a", .may_be_repeated = true};
static const struct s3_request put = {
    .method = "PUT", .key = "upload/a", .body = {"hello", 5}, .may_be_repeated = true};
static const struct s3_request once = {.method = "POST", .key = "upload/a", .query = "uploads="};

static void test_a_request_says_what_is_wanted_and_is_signed(void **state)
{
    static const struct scripted_answer answers[] = {{EMPTY("200 OK"), false}};
    struct stand stand;
    char host[64];

    open_stand(&stand, answers, 1);
    assert_int_equal(ask(&stand, &put), STATUS_OK);
    const char *sent = scripted_server_request(stand.server, 0);
    assert_memory_equal(sent, "PUT /files/a/b/space/upload/a HTTP/1.1\r\n", 40);
    (void)snprintf(host, sizeof(host), "\r\nHost: %s\r\n", strstr(stand.settings.url, "//") + 2);
    assert_non_null(strstr(sent, host));
    /* printf hello | sha256sum, and md5sum in Base64. */
    assert_non_null(strstr(sent,
                           "\r\nx-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c"
                           "1fa7425e73043362938b9824\r\n"));
    assert_non_null(strstr(sent, "\r\ncontent-md5: XUFAKrxLKna5cZ2REBfFkg==\r\n"));
    assert_non_null(strstr(sent, "\r\nx-amz-security-token: a-session\r\n"));
    assert_non_null(strstr(sent, "SignedHeaders=content-md5;host;x-amz-content-sha256;x-amz-date;"
                                 "x-amz-security-token,"));
    assert_null(strstr(sent, "secret,"));
    close_stand(&stand);
}

static const char *sent_keys(const struct stand *stand, int request)
{
    return strstr(scripted_server_request(stand->server, (size_t)request), "Credential=");
}

static void write_keys(const char *path, const char *name)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fprintf(file, "[default]\naws_access_key_id=%s\naws_secret_access_key=s\n", name) >
                0);
    assert_int_equal(fclose(file), 0);
}

static void test_keys_that_are_replaced_under_way_fail_no_request(void **state)
{
    static const struct scripted_answer answers[] = {
        {EMPTY("200 OK"), false},
        {WITH("403 Forbidden", CODE("InvalidAccessKeyId")), false},
        {EMPTY("200 OK"), false},
        {WITH("403 Forbidden", CODE("AccessDenied")), false},
    };
    char path[] = "/tmp/s3-keys-XXXXXX";
    const int fd = mkstemp(path);
    struct stand stand;

    assert_true(fd >= 0 && close(fd) == 0);
    write_keys(path, "old");
    open_stand(&stand, answers, 4);
    s3_client_free(stand.client);
    stand.settings.credentials_file = path;
    assert_int_equal(s3_client_new(&stand.settings, "space", &stand.client, &stand.st), STATUS_OK);
    assert_int_equal(ask(&stand, &once), STATUS_OK);
    write_keys(path, "newer");
    assert_int_equal(ask(&stand, &once), STATUS_OK); /* not to be repeated, but for its keys */
    assert_int_equal(ask(&stand, &once), STATUS_UNAVAILABLE); /* the keys are the latest */
    assert_int_equal(unlink(path), 0);

    assert_memory_equal(sent_keys(&stand, 0), "Credential=old/", 15);
    assert_memory_equal(sent_keys(&stand, 1), "Credential=old/", 15);
    assert_memory_equal(sent_keys(&stand, 2), "Credential=newer/", 17);
    assert_memory_equal(sent_keys(&stand, 3), "Credential=newer/", 17);
    close_stand(&stand);
}

static void test_what_may_be_repeated_is_tried_again(void **state)
{
    static const struct scripted_answer answers[] = {
        {WITH("503 Slow Down", CODE("SlowDown")), false},
        {WITH("500 Internal Server Error", CODE("InternalError")), false},
        {WITH("400 Bad Request", CODE("BadDigest")), false},
        {EMPTY("200 OK"), false},
    };
    struct stand stand;

    open_stand(&stand, answers, 4);
    assert_int_equal(ask(&stand, &put), STATUS_OK);
    assert_int_equal(scripted_server_count(stand.server), 4);
    close_stand(&stand);
}

static void test_attempts_are_bounded(void **state)
{
    static const struct scripted_answer answers[] = {{EMPTY("502 Bad Gateway"), false}};
    struct stand stand;

    open_stand(&stand, answers, 1);
    assert_int_equal(ask(&stand, &put), STATUS_UNAVAILABLE);
    assert_string_equal(stand.st.reason, "BLOBS_UNAVAILABLE");
    assert_int_equal(scripted_server_count(stand.server), 4);
    close_stand(&stand);
}

/* Whoever said 500, or broke off, may have done it all the same; 503 says that nothing was done. */
static void test_what_may_do_harm_twice_is_sent_twice_only_where_nothing_came_of_it(void **state)
{
    static const struct scripted_answer failed[] = {{EMPTY("500 Oh"), false}};
    static const struct scripted_answer broken[] = {{"HTTP/1.1 200 OK\r\nContent-Le", false}};
    static const struct scripted_answer refused[] = {{EMPTY("503 No"), false},
                                                     {EMPTY("200 OK"), false}};
    struct stand stand;

    open_stand(&stand, failed, 1);
    assert_int_equal(ask(&stand, &once), STATUS_UNAVAILABLE);
    assert_int_equal(scripted_server_count(stand.server), 1);
    close_stand(&stand);
    open_stand(&stand, broken, 1);
    assert_int_equal(ask(&stand, &once), STATUS_UNAVAILABLE);
    assert_int_equal(scripted_server_count(stand.server), 1);
    close_stand(&stand);
    open_stand(&stand, refused, 2);
    assert_int_equal(ask(&stand, &once), STATUS_OK);
    close_stand(&stand);
}

static void test_a_pause_that_is_asked_for_is_kept(void **state)
{
    static const struct scripted_answer answers[] = {
        {"HTTP/1.1 429 Too Many\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", false},
        {EMPTY("200 OK"), false},
    };
    struct stand stand;

    open_stand(&stand, answers, 2);
    int64_t start = time_mono();
    assert_int_equal(ask(&stand, &get), STATUS_OK);
    assert_true(time_mono() - start >= NANOSECONDS_PER_SECOND);
    close_stand(&stand);
}

/* "Not found" of anybody but S3 itself, about anything but the blob, is no loss. */
static void test_only_s3_says_that_a_blob_is_not_there(void **state)
{
    static const struct {
        const char *answer;
        status_code wanted;
    } cases[] = {
        {WITH("404 Not Found", CODE("NoSuchKey")), STATUS_OK},
        {WITH("404 Not Found", CODE("NoSuchBucket")), STATUS_UNAVAILABLE},
        {WITH("404 Not Found", "<html>no such page</html>"), STATUS_UNAVAILABLE},
        {EMPTY("404 Not Found"), STATUS_UNAVAILABLE},
        {WITH("403 Forbidden", CODE("AccessDenied")), STATUS_UNAVAILABLE},
        {EMPTY("301 Moved Permanently"), STATUS_UNAVAILABLE},
        {"SSH-2.0-OpenSSH_9.2\r\n", STATUS_UNAVAILABLE},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const struct scripted_answer answers[] = {{cases[i].answer, false}};
        struct stand stand;
        open_stand(&stand, answers, 1);
        assert_int_equal(ask(&stand, &get), cases[i].wanted);
        if (cases[i].wanted == STATUS_OK)
            assert_string_equal(stand.answer.code, "NoSuchKey");
        close_stand(&stand);
    }
}

static void test_a_success_that_holds_a_refusal_is_one(void **state)
{
    static const struct scripted_answer answers[] = {
        {WITH("200 OK", " \n" CODE("InternalError")), false}};
    struct stand stand;
    struct buf xml;

    buf_init(&xml, S3_ANSWER_MAX_BYTES);
    struct s3_sink sink = {.memory = &xml};
    struct s3_request request = once;
    request.may_refuse_late = true;
    request.sink = &sink;
    open_stand(&stand, answers, 1);
    assert_int_equal(ask(&stand, &request), STATUS_UNAVAILABLE);
    close_stand(&stand);
    buf_deinit(&xml);
}

/* --- downloads --- */

static void assert_downloads(const struct scripted_answer *answers, size_t count,
                             const char *field_of_second)
{
    _cleanup_(closep) int fd = memfd_create("copy", MFD_CLOEXEC);
    struct s3_sink sink = {.is_file = true, .fd = fd};
    struct s3_request request = get;
    struct stand stand;
    char copy[16];

    request.sink = &sink;
    open_stand(&stand, answers, count);
    assert_int_equal(ask(&stand, &request), STATUS_OK);
    assert_int_equal(sink.length, 10);
    assert_int_equal(pread(fd, copy, sizeof(copy), 0), 10);
    assert_memory_equal(copy, "helloworld", 10);
    assert_int_equal(scripted_server_count(stand.server), count);
    if (field_of_second != NULL)
        assert_non_null(strstr(scripted_server_request(stand.server, 1), field_of_second));
    close_stand(&stand);
}

#define HALF  "HTTP/1.1 200 OK\r\nETag: \"e1\"\r\nContent-Length: 10\r\n\r\nhello"
#define WHOLE "HTTP/1.1 200 OK\r\nETag: \"e2\"\r\nContent-Length: 10\r\n\r\nhelloworld"

static void test_a_download_goes_on_where_it_was_cut(void **state)
{
    static const struct scripted_answer answers[] = {
        {HALF, false},
        {"HTTP/1.1 206 Partial Content\r\nETag: \"e1\"\r\nContent-Length: 5\r\n\r\nworld", false},
    };

    assert_downloads(answers, 2, "\r\nrange: bytes=5-\r\n");
    assert_downloads(answers, 2, "\r\nif-match: \"e1\"\r\n");
}

static void test_a_download_of_what_was_replaced_begins_anew(void **state)
{
    static const struct scripted_answer answers[] = {
        {HALF, false},
        {WITH("412 Precondition Failed", CODE("PreconditionFailed")), false},
        {WHOLE, false},
    };

    assert_downloads(answers, 3, NULL);
}

static void test_a_server_that_knows_no_ranges_is_read_from_the_beginning(void **state)
{
    static const struct scripted_answer answers[] = {{HALF, false}, {WHOLE, false}};

    assert_downloads(answers, 2, NULL);
}

/* Without a length, nobody knows whether all has come. */
static void test_an_answer_without_a_length_is_not_believed(void **state)
{
    static const struct scripted_answer answers[] = {{WITH("200 OK", "hello"), false},
                                                     {WHOLE, false}};

    assert_downloads(answers, 2, NULL);
}

static int start(void **state)
{
    struct status st = {0};

    log_start("s3-test", LOG_ERROR);
    return http_start(&st) == STATUS_OK ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_says_what_is_wanted_and_is_signed),
        cmocka_unit_test(test_keys_that_are_replaced_under_way_fail_no_request),
        cmocka_unit_test(test_what_may_be_repeated_is_tried_again),
        cmocka_unit_test(test_attempts_are_bounded),
        cmocka_unit_test(test_what_may_do_harm_twice_is_sent_twice_only_where_nothing_came_of_it),
        cmocka_unit_test(test_a_pause_that_is_asked_for_is_kept),
        cmocka_unit_test(test_only_s3_says_that_a_blob_is_not_there),
        cmocka_unit_test(test_a_success_that_holds_a_refusal_is_one),
        cmocka_unit_test(test_a_download_goes_on_where_it_was_cut),
        cmocka_unit_test(test_a_download_of_what_was_replaced_begins_anew),
        cmocka_unit_test(test_a_server_that_knows_no_ranges_is_read_from_the_beginning),
        cmocka_unit_test(test_an_answer_without_a_length_is_not_believed),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
