#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/ocr/upload.h"

static int count_files(const char *folder)
{
    DIR *directory = opendir(folder);
    int count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    (void)closedir(directory);
    return count - 2; /* . and .. */
}

/* FIPS 180-2, appendix B.1 and B.2: "abc" and a message of two blocks. */
static void test_bytes_are_hashed_as_they_come(void **state)
{
    static const unsigned char expected[UPLOAD_HASH_SIZE] = {
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
        0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
        0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    _cleanup_(upload_freep) struct upload *upload = NULL;
    unsigned char hash[UPLOAD_HASH_SIZE];
    char bytes[4] = "";
    struct status st;

    assert_int_equal(upload_new("/tmp", 3, &upload, &st), STATUS_OK);
    assert_int_equal(upload_append(upload, STR("a"), &st), STATUS_OK);
    assert_int_equal(upload_append(upload, STR("bc"), &st), STATUS_OK);
    upload_hash(upload, hash);
    assert_memory_equal(hash, expected, sizeof(hash));
    upload_hash(upload, hash);
    assert_memory_equal(hash, expected, sizeof(hash));

    assert_int_equal(upload_size(upload), 3);
    assert_int_equal(pread(upload_fd(upload), bytes, 3, 0), 3);
    assert_string_equal(bytes, "abc");
}

static void test_the_byte_after_the_limit_is_refused(void **state)
{
    _cleanup_(upload_freep) struct upload *upload = NULL;
    struct status st;

    assert_int_equal(upload_new("/tmp", 2000000, &upload, &st), STATUS_OK);
    for (int i = 0; i < 2000; i++) {
        char block[1000] = {0};
        assert_int_equal(upload_append(upload, (struct str){block, sizeof(block)}, &st), STATUS_OK);
    }
    assert_int_equal(upload_append(upload, STR("x"), &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "TOO_LARGE");
    assert_non_null(strstr(st.message, "2 MB"));
    assert_int_equal(upload_size(upload), 2000000);
}

static void test_the_file_has_no_name(void **state)
{
    char folder[] = "/tmp/ocr-upload.XXXXXX";
    struct upload *upload = NULL;
    struct status st;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(upload_new(folder, 10, &upload, &st), STATUS_OK);
    assert_int_equal(upload_append(upload, STR("x"), &st), STATUS_OK);
    assert_int_equal(count_files(folder), 0);
    upload_free(upload);
    (void)rmdir(folder);
}

static void test_a_folder_that_is_not_there_is_an_error(void **state)
{
    struct upload *upload = NULL;
    struct status st;

    assert_int_equal(upload_new("/tmp/there/is/none", 10, &upload, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "NO_WORK_DIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_hashed_as_they_come),
        cmocka_unit_test(test_the_byte_after_the_limit_is_refused),
        cmocka_unit_test(test_the_file_has_no_name),
        cmocka_unit_test(test_a_folder_that_is_not_there_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
