/* The examples of the Amazon S3 API Reference, "Signature Calculations for the Authorization
 * Header: Transferring Payload in a Single Chunk". */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/blob/s3_sign.h"

#define HOST       "examplebucket.s3.amazonaws.com"
#define TIME       "20130524T000000Z"
#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void assert_signed(const char *method, const char *path, const char *query,
                          const char *body_hash, const struct s3_field *fields, size_t field_count,
                          const char *wanted)
{
    const struct s3_sign_options options = {
        .method = method,
        .path = path,
        .query = query,
        .fields = fields,
        .field_count = field_count,
        .body_hash = body_hash,
        .time = TIME,
        .region = "us-east-1",
        .access_key = "AKIAIOSFODNN7EXAMPLE",
        .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    };
    struct buf out;

    buf_init(&out, 1 << 16);
    assert_true(s3_sign(&options, &out));
    assert_string_equal(out.data, wanted);
    buf_deinit(&out);
}

#define SIGNED(fields, signature)                                                                  \
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"         \
    "SignedHeaders=" fields ",Signature=" signature

static void test_a_part_of_an_object_is_asked_for(void **state)
{
    static const struct s3_field fields[] = {
        {"host", HOST},
        {"range", "bytes=0-9"},
        {"x-amz-content-sha256", EMPTY_HASH},
        {"x-amz-date", TIME},
    };

    assert_signed("GET", "/test.txt", "", EMPTY_HASH, fields, 4,
                  SIGNED("host;range;x-amz-content-sha256;x-amz-date",
                         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

static void test_an_object_is_put(void **state)
{
    struct s3_digest digest;
    struct status st = {0};
    struct buf escaped;

    assert_int_equal(s3_digest_bytes(STR("Welcome to Amazon S3."), &digest, &st), STATUS_OK);
    buf_init(&escaped, 32);
    assert_true(s3_escape(&escaped, STR("/test$file.text"), true));
    const struct s3_field fields[] = {
        {"date", "Fri, 24 May 2013 00:00:00 GMT"},     {"host", HOST},
        {"x-amz-content-sha256", digest.sha256},       {"x-amz-date", TIME},
        {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
    };
    assert_signed("PUT", escaped.data, "", digest.sha256, fields, 5,
                  SIGNED("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                         "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
    buf_deinit(&escaped);
}

static void test_queries_are_signed(void **state)
{
    static const struct s3_field fields[] = {
        {"host", HOST},
        {"x-amz-content-sha256", EMPTY_HASH},
        {"x-amz-date", TIME},
    };

    assert_signed("GET", "/", "lifecycle=", EMPTY_HASH, fields, 3,
                  SIGNED("host;x-amz-content-sha256;x-amz-date",
                         "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
    assert_signed("GET", "/", "max-keys=2&prefix=J", EMPTY_HASH, fields, 3,
                  SIGNED("host;x-amz-content-sha256;x-amz-date",
                         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

/* RFC 3986 §2.3 and, for UTF-8, §2.5. */
static void test_what_is_reserved_is_escaped(void **state)
{
    struct buf out;

    buf_init(&out, 100);
    assert_true(s3_escape(&out, STR("a/B-._~ +&=\xc3\xa9"), false));
    assert_string_equal(out.data, "a%2FB-._~%20%2B%26%3D%C3%A9");
    buf_clear(&out);
    assert_true(s3_escape(&out, STR("a/b c"), true));
    assert_string_equal(out.data, "a/b%20c");
    buf_deinit(&out);
}

static void test_a_part_of_a_file_is_hashed(void **state)
{
    _cleanup_(closep) int fd = memfd_create("file", MFD_CLOEXEC);
    struct s3_digest digest, wanted;
    struct status st = {0};

    assert_int_equal(write(fd, "__Welcome to Amazon S3.__", 25), 25);
    assert_int_equal(s3_digest_bytes(STR("Welcome to Amazon S3."), &wanted, &st), STATUS_OK);
    assert_int_equal(s3_digest_file(fd, 2, 21, &digest, &st), STATUS_OK);
    assert_string_equal(digest.sha256, wanted.sha256);
    assert_string_equal(digest.md5, wanted.md5);
    assert_int_equal(s3_digest_file(fd, 0, 0, &digest, &st), STATUS_OK);
    assert_string_equal(digest.sha256, EMPTY_HASH);
    /* RFC 1321 A.5: of no bytes, d41d8cd98f00b204e9800998ecf8427e. */
    assert_string_equal(digest.md5, "1B2M2Y8AsgTpgAmY7PhCfg==");
    assert_int_equal(s3_digest_file(fd, 2, 24, &digest, &st), STATUS_INTERNAL);
}

static void test_times_are_written_as_they_are_signed(void **state)
{
    char time[S3_TIME_SIZE];

    s3_time(INT64_C(1369353600) * NANOSECONDS_PER_SECOND, time);
    assert_string_equal(time, TIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_part_of_an_object_is_asked_for),
        cmocka_unit_test(test_an_object_is_put),
        cmocka_unit_test(test_queries_are_signed),
        cmocka_unit_test(test_what_is_reserved_is_escaped),
        cmocka_unit_test(test_a_part_of_a_file_is_hashed),
        cmocka_unit_test(test_times_are_written_as_they_are_signed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
