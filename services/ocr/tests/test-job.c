#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "services/ocr/job.h"
#include "services/ocr/job_message.h"

#define ID "0123456789abcdef0123456789abcdef"

static struct job job_of(const char *account_id, job_state state)
{
    return (struct job){
        .id = ID,
        .account_id = account_id,
        .state = state,
        .tier = JOB_TIER_CPU,
        .language = "auto",
        .tool = "",
        .translate_to = "",
        .file_name = "",
        .media_type = "image/png",
        .page_count = 3,
        .engine_name = "",
        .engine_version = "",
        .engine_models = "",
        .warnings = "",
        .error_reason = "",
        .error_message = "",
        .create_time = 1500000000,
        .expire_time = 2000,
    };
}

static void test_ids_are_32_lower_case_hexadecimal_digits(void **state)
{
    assert_true(job_id_is_valid(ID));
    assert_false(job_id_is_valid(""));
    assert_false(job_id_is_valid("0123456789abcdef0123456789abcde"));
    assert_false(job_id_is_valid(ID "0"));
    assert_false(job_id_is_valid("0123456789ABCDEF0123456789ABCDEF"));
}

static void test_state_words_read_back(void **state)
{
    for (int i = JOB_PENDING; i <= JOB_CANCELLED; i++) {
        job_state parsed;
        assert_true(job_state_parse(str_of(job_state_word((job_state)i)), &parsed));
        assert_int_equal(parsed, i);
    }
    job_state parsed;
    assert_false(job_state_parse(STR("lost"), &parsed));
}

static void test_upload_keys_name_their_job(void **state)
{
    char key[JOB_BLOB_KEY_SIZE];
    char id[JOB_ID_SIZE];

    job_upload_key(ID, key);
    assert_string_equal(key, "upload/" ID);
    assert_true(job_of_upload_key(key, id));
    assert_string_equal(id, ID);
    assert_false(job_of_upload_key("rendition/" ID, id));
    assert_false(job_of_upload_key("upload/x", id));
}

static void test_rendition_keys_name_their_job(void **state)
{
    char key[JOB_RENDITION_KEY_SIZE], prefix[JOB_RENDITION_KEY_SIZE];
    char id[JOB_ID_SIZE];

    job_rendition_key(ID, INT32_MAX, ID, key);
    assert_string_equal(key, "rendition/" ID "/2147483647/" ID);
    job_rendition_prefix(ID, prefix);
    assert_int_equal(strncmp(key, prefix, strlen(prefix)), 0);
    assert_true(job_of_rendition_key(key, id));
    assert_string_equal(id, ID);
    assert_false(job_of_rendition_key("upload/" ID, id));
    assert_false(job_of_rendition_key("rendition/" ID, id));
    assert_false(job_of_rendition_key("rendition/0/1", id));
}

/* API: B8. */
static void test_an_accounts_job_is_for_that_account_alone(void **state)
{
    struct job job = job_of("alice", JOB_PENDING);
    struct status st;

    assert_int_equal(job_check_visible(&job, "alice", 0, &st), STATUS_OK);
    assert_int_equal(job_check_visible(&job, "bob", 0, &st), STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "JOB_NOT_FOUND");
    assert_int_equal(job_check_visible(&job, NULL, 0, &st), STATUS_NOT_FOUND);
}

static void test_an_anonymous_job_is_for_who_has_its_id(void **state)
{
    struct job job = job_of(NULL, JOB_PENDING);
    struct status st;

    assert_int_equal(job_check_visible(&job, NULL, 0, &st), STATUS_OK);
    assert_int_equal(job_check_visible(&job, "bob", 0, &st), STATUS_OK);
}

static void test_a_result_expires_and_a_running_job_does_not(void **state)
{
    struct job ended = job_of("alice", JOB_DONE);
    struct job running = job_of("alice", JOB_PROCESSING);
    struct status st;

    ended.finish_time = 1000;
    assert_int_equal(job_check_visible(&ended, "alice", 1999, &st), STATUS_OK);
    assert_int_equal(job_check_visible(&ended, "alice", 2000, &st), STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "JOB_EXPIRED");
    assert_int_equal(job_check_visible(&ended, "bob", 2000, &st), STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "JOB_NOT_FOUND");
    assert_int_equal(job_check_visible(&running, "alice", 3000, &st), STATUS_OK);
}

static void test_a_settling_job_shows_as_what_it_is_for_its_owner(void **state)
{
    struct job job = job_of("alice", JOB_SETTLING);

    assert_int_equal(job_message_state(&job), OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PROCESSING);
    assert_false(job_has_ended(&job));
    job.is_cancelled = true;
    assert_int_equal(job_message_state(&job), OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_CANCELLED);
    assert_true(job_has_ended(&job));
}

static void test_a_message_has_lists_and_times(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct job job = job_of("alice", JOB_FAILED);
    Ocrmesh__Ocr__V1__Job *message;
    struct status st;

    job.warnings = "first\nsecond";
    job.engine_name = "tesseract";
    job.engine_models = "eng\ndeu";
    job.error_reason = "PAGE_CORRUPT";
    job.error_message = "It is damaged.";
    job.finish_time = 3000000000;
    assert_int_equal(job_message_make(&job, arena, &message, &st), STATUS_OK);

    assert_string_equal(message->job_id, ID);
    assert_int_equal(message->n_warnings, 2);
    assert_string_equal(message->warnings[1], "second");
    assert_int_equal(message->engine->n_models, 2);
    assert_string_equal(message->error->reason, "PAGE_CORRUPT");
    assert_int_equal(message->create_time->seconds, 1);
    assert_int_equal(message->create_time->nanos, 500000000);
    assert_int_equal(message->finish_time->seconds, 3);
    arena_free(arena);
}

static void test_a_full_arena_is_an_error(void **state)
{
    struct arena *arena = arena_new(64);
    struct job job = job_of("alice", JOB_DONE);
    Ocrmesh__Ocr__V1__Job *message;
    struct status st;

    assert_int_equal(job_message_make(&job, arena, &message, &st), STATUS_RESOURCE_EXHAUSTED);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_are_32_lower_case_hexadecimal_digits),
        cmocka_unit_test(test_state_words_read_back),
        cmocka_unit_test(test_upload_keys_name_their_job),
        cmocka_unit_test(test_rendition_keys_name_their_job),
        cmocka_unit_test(test_an_accounts_job_is_for_that_account_alone),
        cmocka_unit_test(test_an_anonymous_job_is_for_who_has_its_id),
        cmocka_unit_test(test_a_result_expires_and_a_running_job_does_not),
        cmocka_unit_test(test_a_settling_job_shows_as_what_it_is_for_its_owner),
        cmocka_unit_test(test_a_message_has_lists_and_times),
        cmocka_unit_test(test_a_full_arena_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
