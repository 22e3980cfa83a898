/* The pages and what they load, as they are in the program. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/site.h"

static const char *const pages[] = {"/", "/account/", "/docs/", "/pricing/"};

static bool contains(struct str text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void test_each_page_is_there_in_each_language(void **state)
{
    for (const char *const *language = site_languages; *language != NULL; language++) {
        for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
            const struct site_file *file = site_find(str_of(pages[i]), *language);

            assert_non_null(file);
            assert_true(contains(file->bodies[CONTENT_CODING_IDENTITY].bytes, *language));
            assert_true(contains(file->bodies[CONTENT_CODING_IDENTITY].bytes, site_version));
            assert_false(contains(file->bodies[CONTENT_CODING_IDENTITY].bytes, "{{"));
        }
    }
    assert_string_equal(site_languages[0], "en");
    assert_null(site_find(STR("/"), ""));
    assert_null(site_find(STR("/accounts/"), "en"));
    assert_null(site_find(STR("/accoun"), "en"));
    assert_null(site_find(STR(""), ""));
}

static void test_pages_hold_no_script_and_no_style(void **state)
{
    for (size_t i = 0; i < site_file_count; i++) {
        struct str bytes = site_files[i].bodies[CONTENT_CODING_IDENTITY].bytes;

        if (site_files[i].path[0] != '/')
            continue;
        assert_false(contains(bytes, "<script>"));
        assert_false(contains(bytes, "<style"));
        assert_false(contains(bytes, " style="));
        assert_false(contains(bytes, " onclick"));
        assert_false(contains(bytes, "src=\"http"));
    }
}

static void test_bodies_have_tags_of_their_own(void **state)
{
    for (size_t i = 0; i < site_file_count; i++) {
        const struct site_file *file = &site_files[i];

        assert_true(file->bodies[CONTENT_CODING_IDENTITY].bytes.n > 0);
        for (size_t coding = CONTENT_CODING_GZIP; coding < SITE_CODINGS; coding++) {
            if (file->bodies[coding].bytes.n == 0)
                continue;
            assert_true(file->bodies[coding].bytes.n <
                        file->bodies[CONTENT_CODING_IDENTITY].bytes.n);
            assert_string_not_equal(file->bodies[coding].tag,
                                    file->bodies[CONTENT_CODING_IDENTITY].tag);
        }
    }
}

static void test_the_language_is_what_a_browser_prefers(void **state)
{
    static const struct {
        const char *accepted, *language;
    } cases[] = {
        {"", "en"},
        {"de", "en"},
        {"de, ko;q=0.5, fr;q=0.7", "fr"},
        {"he-IL,he;q=0.9,en;q=0.8", "he"},
        {"iw", "he"},
        {"TH-th", "th"},
        {"ml;q=0, ko;q=0.1", "ko"},
        {"english", "en"},
        {"*", "en"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(site_language_choose(str_of(cases[i].accepted)), cases[i].language);
    assert_null(site_language_find(STR("")));
    assert_null(site_language_find(STR("../fr")));
}

static void test_the_best_coding_that_is_taken_is_sent(void **state)
{
    const struct site_file *file = site_find(STR("css/base.css"), "");

    assert_non_null(file);
    assert_int_equal(site_coding_choose(file, STR("")), CONTENT_CODING_IDENTITY);
    assert_int_equal(site_coding_choose(file, STR("deflate")), CONTENT_CODING_IDENTITY);
    assert_int_equal(site_coding_choose(file, STR("gzip, deflate")), CONTENT_CODING_GZIP);
    assert_int_equal(site_coding_choose(file, STR("gzip, deflate, br")), CONTENT_CODING_BROTLI);
    assert_int_equal(site_coding_choose(file, STR("gzip, br;q=0")), CONTENT_CODING_GZIP);
    file = site_find(STR("common/theme_early.js"), "");
    assert_non_null(file);
    assert_int_equal(site_coding_choose(file, STR("br")), CONTENT_CODING_BROTLI);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_page_is_there_in_each_language),
        cmocka_unit_test(test_pages_hold_no_script_and_no_style),
        cmocka_unit_test(test_bodies_have_tags_of_their_own),
        cmocka_unit_test(test_the_language_is_what_a_browser_prefers),
        cmocka_unit_test(test_the_best_coding_that_is_taken_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
