/* The examples of the Amazon S3 API Reference, and what no S3 should say. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/blob/s3_xml.h"

#define HEAD  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define SPACE " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

struct entries {
    int count;
    char keys[4][64];
    char upload_ids[4][64];
    int64_t times[4];
};

static void keep(void *arg, const struct s3_entry *entry)
{
    struct entries *entries = arg;

    assert_true(entries->count < 4);
    (void)snprintf(entries->keys[entries->count], 64, "%s", entry->key);
    (void)snprintf(entries->upload_ids[entries->count], 64, "%s", entry->upload_id);
    entries->times[entries->count++] = entry->time;
}

static void test_a_refusal_has_a_code(void **state)
{
    char code[S3_CODE_SIZE];

    s3_xml_error(STR(HEAD
                     "<Error>\n  <Code>NoSuchKey</Code>\n  <Message>The resource you requested "
                     "does not exist</Message>\n  <Resource>/mybucket/myfoto.jpg</Resource>\n"
                     "  <RequestId>4442587FB7D0A2F9</RequestId>\n</Error>"),
                 code);
    assert_string_equal(code, "NoSuchKey");
    s3_xml_error(STR("<html><body>502 Bad Gateway</body></html>"), code);
    assert_string_equal(code, "");
    s3_xml_error(STR("not found"), code);
    assert_string_equal(code, "");
    s3_xml_error((struct str){0}, code);
    assert_string_equal(code, "");
}

static void test_a_list_has_keys_and_times(void **state)
{
    struct entries entries = {0};
    struct status st = {0};
    bool is_cut = false;

    assert_int_equal(
        s3_xml_list(STR(HEAD "<ListBucketResult" SPACE "><Name>quotes</Name><Prefix>N</Prefix>"
                             "<KeyCount>2</KeyCount><MaxKeys>2</MaxKeys><IsTruncated>true"
                             "</IsTruncated><Contents><Key>my-image.jpg</Key><LastModified>"
                             "2009-10-12T17:50:30.000Z</LastModified><ETag>&quot;fba9dede5f27731"
                             "c9771645a39863328&quot;</ETag><Size>434234</Size></Contents>"
                             "<Contents><Key>a&amp;b</Key></Contents>"
                             "<CommonPrefixes><Prefix>photos/</Prefix></CommonPrefixes>"
                             "</ListBucketResult>"),
                    keep, &entries, &is_cut, &st),
        STATUS_OK);
    assert_int_equal(entries.count, 2);
    assert_string_equal(entries.keys[0], "my-image.jpg");
    /* date -d 2009-10-12T17:50:30Z +%s */
    assert_int_equal(entries.times[0], INT64_C(1255369830) * NANOSECONDS_PER_SECOND);
    assert_string_equal(entries.keys[1], "a&b");
    assert_int_equal(entries.times[1], 0);
    assert_true(is_cut);
}

static void test_uploads_that_have_not_ended_are_listed(void **state)
{
    struct entries entries = {0};
    struct status st = {0};
    bool is_cut = true;

    assert_int_equal(
        s3_xml_list(STR(HEAD
                        "<ListMultipartUploadsResult" SPACE "><Bucket>bucket</Bucket>"
                        "<KeyMarker></KeyMarker><IsTruncated>false</IsTruncated><Upload><Key>"
                        "my-movie.m2ts</Key><UploadId>VXBsb2FkIElEIGZvciBlbHZpbmcncw</UploadId>"
                        "<Initiator><ID>x</ID></Initiator><Initiated>2010-11-10T20:48:33.000Z"
                        "</Initiated></Upload></ListMultipartUploadsResult>"),
                    keep, &entries, &is_cut, &st),
        STATUS_OK);
    assert_int_equal(entries.count, 1);
    assert_string_equal(entries.keys[0], "my-movie.m2ts");
    assert_string_equal(entries.upload_ids[0], "VXBsb2FkIElEIGZvciBlbHZpbmcncw");
    /* date -d 2010-11-10T20:48:33Z +%s */
    assert_int_equal(entries.times[0], INT64_C(1289422113) * NANOSECONDS_PER_SECOND);
    assert_false(is_cut);
}

static void test_an_upload_has_an_identifier(void **state)
{
    char id[S3_UPLOAD_ID_SIZE];
    struct status st = {0};

    assert_int_equal(s3_xml_upload_id(STR(HEAD "<InitiateMultipartUploadResult" SPACE "><Bucket>b"
                                               "</Bucket><Key>k</Key><UploadId>VXBsb2Fk</UploadId>"
                                               "</InitiateMultipartUploadResult>"),
                                      id, &st),
                     STATUS_OK);
    assert_string_equal(id, "VXBsb2Fk");
    assert_int_equal(s3_xml_upload_id(STR("<InitiateMultipartUploadResult/>"), id, &st),
                     STATUS_DATA_LOSS);
}

static void test_the_end_of_an_upload_is_told(void **state)
{
    assert_true(s3_xml_is_completed(
        STR(HEAD "<CompleteMultipartUploadResult" SPACE "><Location>http://Example-Bucket.s3."
                 "amazonaws.com/Example-Object</Location><Bucket>Example-Bucket</Bucket><Key>"
                 "Example-Object</Key><ETag>\"3858f62230ac3c915f300c664312c11f-9\"</ETag>"
                 "</CompleteMultipartUploadResult>")));
    assert_false(s3_xml_is_completed(STR(HEAD "<Error><Code>InternalError</Code></Error>")));
    assert_false(s3_xml_is_completed((struct str){0}));
}

static void test_what_was_not_deleted_is_told(void **state)
{
    char code[S3_CODE_SIZE];
    struct status st = {0};

    assert_int_equal(
        s3_xml_deleted(STR(HEAD "<DeleteResult" SPACE "><Deleted><Key>sample1.txt</Key>"
                                "</Deleted><Error><Key>sample2.txt</Key><Code>"
                                "AccessDenied</Code><Message>Access Denied</Message>"
                                "</Error></DeleteResult>"),
                       code, &st),
        STATUS_OK);
    assert_string_equal(code, "AccessDenied");
    assert_int_equal(s3_xml_deleted(STR("<DeleteResult" SPACE "/>"), code, &st), STATUS_OK);
    assert_string_equal(code, "");
}

static void test_what_is_no_list_is_refused(void **state)
{
    static const char *const answers[] = {
        "",
        "<ListBucketResult><Contents><Key>a",
        "<Error><Code>AccessDenied</Code></Error>",
        "<!DOCTYPE a [<!ENTITY x \"y\">]><ListBucketResult><Contents><Key>&x;</Key></Contents>"
        "</ListBucketResult>",
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><ListBucketResult/>",
        "<ListBucketResult><a><b><c><d/></c></b></a></ListBucketResult>",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
        struct entries entries = {0};
        struct status st = {0};
        bool is_cut;
        assert_int_equal(s3_xml_list(str_of(answers[i]), keep, &entries, &is_cut, &st),
                         STATUS_DATA_LOSS);
    }
}

/* A key that is longer than any is none. */
static void test_a_text_that_is_too_long_is_not_cut_into_another(void **state)
{
    struct entries entries = {0};
    struct status st = {0};
    struct buf xml;
    bool is_cut;

    buf_init(&xml, 1 << 16);
    assert_true(buf_append_str(&xml, "<ListBucketResult><Contents><Key>"));
    for (int i = 0; i < S3_KEY_SIZE; i++)
        assert_true(buf_append_char(&xml, 'a'));
    assert_true(buf_append_str(&xml, "</Key></Contents></ListBucketResult>"));
    assert_int_equal(s3_xml_list(buf_str(&xml), keep, &entries, &is_cut, &st), STATUS_OK);
    assert_int_equal(entries.count, 0);
    buf_deinit(&xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_refusal_has_a_code),
        cmocka_unit_test(test_a_list_has_keys_and_times),
        cmocka_unit_test(test_uploads_that_have_not_ended_are_listed),
        cmocka_unit_test(test_an_upload_has_an_identifier),
        cmocka_unit_test(test_the_end_of_an_upload_is_told),
        cmocka_unit_test(test_what_was_not_deleted_is_told),
        cmocka_unit_test(test_what_is_no_list_is_refused),
        cmocka_unit_test(test_a_text_that_is_too_long_is_not_cut_into_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
