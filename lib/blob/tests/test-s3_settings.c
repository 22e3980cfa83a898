#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/blob/s3_settings.h"

static struct s3_settings good(void)
{
    return (struct s3_settings){
        .url = "https://s3.eu-central-1.amazonaws.com",
        .bucket = "files-of.ocrmesh",
        .region = "eu-central-1",
        .access_key = "AKIAIOSFODNN7EXAMPLE",
        .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        .session_token = "",
        .addressing = "path",
        .prefix = "ocrmesh/",
        .ca_file = "",
    };
}

static void assert_refused(const struct s3_settings *settings, const char *variable)
{
    struct status st = {0};

    assert_int_equal(s3_settings_check(settings, &st), STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "CONFIG");
    if (strncmp(st.message, variable, strlen(variable)) != 0)
        fail_msg("%s is not named by: %s", variable, st.message);
    assert_null(strstr(st.message, "wJalr"));
}

static void test_good_settings_are_taken(void **state)
{
    static const char *const urls[] = {"http://127.0.0.1:8333", "https://minio.storage.svc:9000",
                                       "http://[::1]:9000"};
    static const char *const prefixes[] = {"", "a", "a/b.c/", "A_1-x/"};
    struct s3_settings settings = good();
    struct status st = {0};

    assert_int_equal(s3_settings_check(&settings, &st), STATUS_OK);
    for (size_t i = 0; i < 3; i++) {
        settings.url = urls[i];
        assert_int_equal(s3_settings_check(&settings, &st), STATUS_OK);
    }
    for (size_t i = 0; i < 4; i++) {
        settings.prefix = prefixes[i];
        assert_int_equal(s3_settings_check(&settings, &st), STATUS_OK);
    }
}

#define REFUSED(member, variable, ...)                                                             \
    static void test_##member##_is_refused(void **state)                                           \
    {                                                                                              \
        static const char *const values[] = {__VA_ARGS__};                                         \
                                                                                                   \
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {                          \
            struct s3_settings settings = good();                                                  \
            settings.member = values[i];                                                           \
            assert_refused(&settings, variable);                                                   \
        }                                                                                          \
    }

REFUSED(url, "OCR_S3_URL", "s3.example.com", "ftp://s3.example.com", "https://s3.example.com/",
        "https://s3.example.com/bucket", "https://user:pass@s3.example.com",
        "https://S3.example.com", "https://s3.example.com?x", "https://")
REFUSED(bucket, "OCR_S3_BUCKET", "", "ab", "Bucket", "a/b", "a_b",
        "a234567890123456789012345678901234567890123456789012345678901234")
REFUSED(region, "OCR_S3_REGION", "", "eu central", "eu/central")
REFUSED(access_key, "OCR_S3_ACCESS_KEY", "", "a b", "a/b", "a,b", "a\n")
REFUSED(secret_key, "OCR_S3_SECRET_KEY", "", "a b", "wJalr\n", "\xc3\xa9")
REFUSED(session_token, "OCR_S3_SESSION_TOKEN", "a b", "a\r\nx: y")
REFUSED(addressing, "OCR_S3_ADDRESSING", "", "dns")
REFUSED(prefix, "OCR_S3_PREFIX", "/", "/a", "a//b", "../a", "a/./b", "a b", "a?", "a%2f")
REFUSED(ca_file, "OCR_S3_CA_FILE", "/there/is/none")

static void test_an_address_has_no_bucket_before_it(void **state)
{
    struct s3_settings settings = good();

    settings.addressing = "virtual";
    settings.url = "http://127.0.0.1:8333";
    assert_refused(&settings, "OCR_S3_ADDRESSING");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_settings_are_taken),
        cmocka_unit_test(test_url_is_refused),
        cmocka_unit_test(test_bucket_is_refused),
        cmocka_unit_test(test_region_is_refused),
        cmocka_unit_test(test_access_key_is_refused),
        cmocka_unit_test(test_secret_key_is_refused),
        cmocka_unit_test(test_session_token_is_refused),
        cmocka_unit_test(test_addressing_is_refused),
        cmocka_unit_test(test_prefix_is_refused),
        cmocka_unit_test(test_ca_file_is_refused),
        cmocka_unit_test(test_an_address_has_no_bucket_before_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
