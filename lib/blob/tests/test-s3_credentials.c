/* Keys out of a file, and what becomes of them when it changes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/blob/s3_credentials.h"
#include "lib/blob/s3_settings.h"

static char folder[] = "/tmp/s3-credentials-XXXXXX";
static char path[64], part[64];

static int make_folder(void **state)
{
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/credentials", folder);
    (void)snprintf(part, sizeof(part), "%s/credentials.part", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)unlink(path);
    return rmdir(folder);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* As those do who have a file read at any moment. */
static void replace_file(const char *text)
{
    write_file(part, text);
    assert_int_equal(rename(part, path), 0);
}

static struct s3_settings settings(void)
{
    return (struct s3_settings){
        .access_key = "", .secret_key = "", .session_token = "", .credentials_file = path};
}

static struct s3_key_source *open_source(void)
{
    static struct s3_settings borrowed;
    struct s3_key_source *source;
    struct status st = {0};

    borrowed = settings();
    if (s3_key_source_new(&borrowed, &source, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return source;
}

static void assert_keys(const char *text, const char *access_key, const char *secret_key,
                        const char *session_token)
{
    replace_file(text);
    struct s3_key_source *source = open_source();
    const struct s3_keys *keys = s3_keys_take(source);

    assert_string_equal(keys->access_key, access_key);
    assert_string_equal(keys->secret_key, secret_key);
    assert_string_equal(keys->session_token, session_token);
    s3_keys_give_back(keys);
    s3_key_source_free(source);
}

/* The first one is the guide's example. */
static void test_files_as_others_write_them_are_read(void **state)
{
    assert_keys("[default]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\n"
                "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
                "\n[user1]\naws_access_key_id=AKIAI44QH8DHBEXAMPLE\n"
                "aws_secret_access_key=je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY\n",
                "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "");
    assert_keys("# of the other\n[b]\naws_access_key_id = b\naws_secret_access_key = sb\n"
                "aws_session_token = tb\n[default]\r\naws_access_key_id = a\r\n"
                "  aws_secret_access_key = s=a==\r\nregion = x\n[c]\naws_access_key_id = c",
                "a", "s=a==", "");
    assert_keys("[b]\naws_access_key_id = b\naws_secret_access_key = sb\naws_session_token = tb\n"
                "[c]\naws_access_key_id = c\naws_secret_access_key = sc",
                "b", "sb", "tb");
    assert_keys("aws_access_key_id=a\naws_secret_access_key=s", "a", "s", "");
}

static void assert_refused(const struct s3_settings *wrong, const char *said)
{
    struct s3_key_source *source = NULL;
    struct status st = {0};

    assert_int_equal(s3_keys_check(wrong, &st), STATUS_FAILED_PRECONDITION);
    if (strstr(st.message, said) == NULL)
        fail_msg("'%s' lacks '%s'", st.message, said);
    assert_null(strstr(st.message, "hidden"));
    if (wrong->access_key[0] == '\0')
        assert_int_equal(s3_key_source_new(wrong, &source, &st), STATUS_FAILED_PRECONDITION);
}

static void test_a_file_without_keys_and_two_sets_of_them_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "[default]\n",
        "[default]\naws_access_key_id = a\n",
        "[default]\naws_access_key_id = a\naws_secret_access_key =\n",
        "[default]\naws_access_key_id = a\naws_secret_access_key = hidden away\n",
        "[default]\naws_access_key_id = a/b\naws_secret_access_key = hidden\n",
    };
    struct s3_settings wrong = settings();

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        replace_file(texts[i]);
        assert_refused(&wrong, "must hold aws_access_key_id and aws_secret_access_key");
    }
    replace_file("[default]\naws_access_key_id = a\naws_secret_access_key = hidden\n");
    wrong.access_key = "a";
    assert_refused(&wrong, "must not be");
    wrong = settings();
    wrong.credentials_file = folder;
    assert_refused(&wrong, "OCR_S3_CREDENTIALS_FILE: '/tmp/s3-credentials-");
    wrong.credentials_file = "/there/is/none";
    assert_refused(&wrong, "cannot be read");
}

/* The key that is told once `ms` have passed. */
static void assert_told(struct s3_key_source *source, int64_t ms, const char *access_key)
{
    static int64_t offset_ms;

    offset_ms += ms;
    time_set_offset_for_test(offset_ms * NANOSECONDS_PER_MS);
    const struct s3_keys *keys = s3_keys_take(source);
    assert_string_equal(keys->access_key, access_key);
    s3_keys_give_back(keys);
}

static void test_a_file_that_changes_is_read_again_and_a_bad_one_is_not_taken(void **state)
{
    replace_file("[default]\naws_access_key_id=a\naws_secret_access_key=s\n");
    struct s3_key_source *source = open_source();
    const struct s3_keys *first = s3_keys_take(source);

    assert_false(s3_keys_are_replaced(source, first));
    replace_file("[default]\naws_access_key_id=b\naws_secret_access_key=s\n");
    assert_true(s3_keys_are_replaced(source, first)); /* at once, when they were refused */
    assert_told(source, 0, "b");
    assert_string_equal(first->access_key, "a"); /* who signs with them goes on */
    s3_keys_give_back(first);

    replace_file("[default]\naws_access_key_id=c\naws_secret_acc"); /* half written */
    assert_told(source, 2 * S3_KEY_FILE_LOOK_MS, "b");
    assert_int_equal(unlink(path), 0);
    assert_told(source, 2 * S3_KEY_FILE_LOOK_MS, "b");
    replace_file("[default]\naws_access_key_id=c\naws_secret_access_key=s\n");
    assert_told(source, 2 * S3_KEY_FILE_LOOK_MS, "c");
    write_file(path, "[default]\naws_access_key_id=dd\naws_secret_access_key=s\n"); /* in place */
    assert_told(source, 2 * S3_KEY_FILE_LOOK_MS, "dd");
    s3_key_source_free(source);
}

static void test_keys_of_the_settings_are_told_as_they_are(void **state)
{
    const struct s3_settings plain = {
        .access_key = "key", .secret_key = "secret", .session_token = ""};
    struct s3_key_source *source;
    struct status st = {0};

    assert_int_equal(s3_key_source_new(&plain, &source, &st), STATUS_OK);
    const struct s3_keys *keys = s3_keys_take(source);
    assert_string_equal(keys->access_key, "key");
    assert_string_equal(keys->secret_key, "secret");
    assert_false(s3_keys_are_replaced(source, keys));
    s3_keys_give_back(keys);
    s3_key_source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_as_others_write_them_are_read),
        cmocka_unit_test(test_a_file_without_keys_and_two_sets_of_them_are_refused),
        cmocka_unit_test(test_a_file_that_changes_is_read_again_and_a_bad_one_is_not_taken),
        cmocka_unit_test(test_keys_of_the_settings_are_told_as_they_are),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
