#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/submit_form.h"

struct fixture {
    struct arena *arena;
    struct submit_form *form;
    struct buf file;
    struct status st;
};

static status_code on_file(void *data, struct str bytes, struct status *st)
{
    struct fixture *fixture = data;

    assert_true(buf_append(&fixture->file, bytes.p, bytes.n));
    return STATUS_OK;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    fixture->arena = arena_new(1 << 20);
    buf_init(&fixture->file, 1 << 20);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    submit_form_free(fixture->form);
    buf_deinit(&fixture->file);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static status_code feed(struct fixture *fixture, int64_t file_max_bytes, const char *body)
{
    TRY(submit_form_new(
        &(struct submit_form_options){
            .content_type = STR("multipart/form-data; boundary=cut"),
            .file_max_bytes = file_max_bytes,
            .arena = fixture->arena,
            .on_file = on_file,
            .data = fixture,
        },
        &fixture->form, &fixture->st));
    TRY(submit_form_feed(fixture->form, str_of(body), &fixture->st));
    return submit_form_finish(fixture->form, &fixture->st);
}

#define FIELD(name, value)                                                                         \
    "--cut\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_PART(file_name, content)                                                              \
    "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" file_name                \
    "\"\r\nContent-Type: image/png\r\n\r\n" content "\r\n"
#define END "--cut--\r\n"

static void test_fields_before_and_after_the_file_become_options(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(feed(fixture, 0,
                          FIELD("tier", "vlm") FIELD("language", "") FILE_PART("a/scan.png", "PNG")
                              FIELD("language", " de ") FIELD("tool", "receipt-scanner")
                                  FIELD("pages", "1-3,-1") FIELD("delete_after", "300")
                                      FIELD("retain", "false") FIELD("csrf", "ignored")
                                          FIELD("tier", "cpu") END),
                     STATUS_OK);
    const Ocrmesh__Ocr__V1__JobOptions *options = submit_form_job_options(fixture->form);
    assert_int_equal(options->tier, OCRMESH__OCR__V1__TIER__TIER_CPU);
    assert_string_equal(options->language, "de");
    assert_string_equal(options->tool, "receipt-scanner");
    assert_string_equal(options->page_ranges, "1-3,-1");
    assert_string_equal(options->file_name, "scan.png");
    assert_int_equal(options->delete_after->seconds, 300);
    assert_false(options->validate_only);
    assert_true(options->discard_renditions);
    assert_string_equal(fixture->file.data, "PNG");
    assert_true(submit_form_take_changed(fixture->form));
    assert_false(submit_form_take_changed(fixture->form));
}

static void assert_refused(struct fixture *fixture, const char *body, const char *reason)
{
    assert_int_equal(feed(fixture, 0, body), STATUS_INVALID_ARGUMENT);
    assert_string_equal(fixture->st.reason, reason);
    assert_true(strlen(fixture->st.message) > 10);
}

/* Issue: Bad input. */
static void test_form_without_a_file_is_refused(void **state)
{
    assert_refused(*state, FIELD("tier", "cpu") END, "NO_FILE");
}

static void test_empty_file_is_refused(void **state)
{
    assert_refused(*state, FILE_PART("a.png", "") END, "NO_FILE");
}

static void test_second_file_is_refused(void **state)
{
    assert_refused(*state, FILE_PART("a.png", "a") FILE_PART("b.png", "b") END, "TWO_FILES");
}

static void test_form_that_is_cut_off_is_refused(void **state)
{
    assert_refused(*state, FILE_PART("a.png", "a"), "BAD_MULTIPART");
}

static void test_unknown_tier_is_refused_with_the_known_ones(void **state)
{
    struct fixture *fixture = *state;

    assert_refused(fixture, FIELD("tier", "gpu") FILE_PART("a.png", "a") END, "UNKNOWN_TIER");
    assert_non_null(strstr(fixture->st.message, "cpu or vlm"));
    assert_string_equal(fixture->st.field, "tier");
}

static void test_times_out_of_range_are_refused(void **state)
{
    assert_refused(*state, FIELD("delete_after", "299") FILE_PART("a.png", "a") END,
                   "INVALID_FIELD");
}

static void test_control_characters_in_a_field_are_refused(void **state)
{
    assert_refused(*state, FIELD("language", "d\x01") FILE_PART("a.png", "a") END, "INVALID_FIELD");
}

static void test_file_over_the_limit_is_refused_with_the_limit(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(feed(fixture, 4, FILE_PART("a.png", "12345") END), STATUS_INVALID_ARGUMENT);
    assert_string_equal(fixture->st.reason, "TOO_LARGE");
    assert_non_null(strstr(fixture->st.message, "4 bytes"));
}

static void test_file_at_the_limit_is_taken(void **state)
{
    assert_int_equal(feed(*state, 4, FILE_PART("a.png", "1234") END), STATUS_OK);
}

static void test_fields_of_the_service_have_the_forms_names(void **state)
{
    static const char *const names[][2] = {
        {"page_ranges", "pages"}, {"request_id", "Idempotency-Key"}, {"tool", "tool"}, {"", ""}};
    struct status st = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        (void)FAIL_FIELD(&st, names[i][0], "INVALID_FIELD", "it is wrong");
        submit_form_name_field(&st);
        assert_string_equal(st.field, names[i][1]);
        assert_string_equal(st.message, "it is wrong");
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fields_before_and_after_the_file_become_options),
        TEST(test_form_without_a_file_is_refused),
        TEST(test_empty_file_is_refused),
        TEST(test_second_file_is_refused),
        TEST(test_form_that_is_cut_off_is_refused),
        TEST(test_unknown_tier_is_refused_with_the_known_ones),
        TEST(test_times_out_of_range_are_refused),
        TEST(test_control_characters_in_a_field_are_refused),
        TEST(test_file_over_the_limit_is_refused_with_the_limit),
        TEST(test_file_at_the_limit_is_taken),
        TEST(test_fields_of_the_service_have_the_forms_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
