#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/billing/accounts/email.h"

/* "aaa...@" and so on, with lengths of the test's choice. */
static const char *make_email(size_t local_length, size_t label_length, const char *rest)
{
    static char email[600];

    memset(email, 'a', local_length);
    email[local_length] = '@';
    memset(email + local_length + 1, 'b', label_length);
    strcpy(email + local_length + 1 + label_length, rest);
    return email;
}

static void test_addresses_that_are_in_use_are_valid(void **state)
{
    static const char *const valid[] = {
        "ada@example.com",
        "Ada.Lovelace+ocr@mail.example.co.uk",
        "o'brien@example.ie",
        "a@b.cd",
        "user@xn--bcher-kva.example",
        "j\xc3\xb6rg@b\xc3\xbc\x63her.example",
        "1@2.x3",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(valid); i++)
        assert_true(email_is_valid(valid[i]));
}

static void test_what_is_no_address_is_refused(void **state)
{
    static const char *const invalid[] = {
        "",
        "@",
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@.com",
        "ada@example.",
        "ada@example..com",
        ".ada@example.com",
        "ada.@example.com",
        "a..da@example.com",
        "a da@example.com",
        "ada@exam ple.com",
        "ada@@example.com",
        "ada@-example.com",
        "ada@example-.com",
        "ada@192.0.2.1",
        "ada@exam_ple.com",
        "\"ada\"@example.com",
        "ada@example.com\n",
        "Ada <ada@example.com>",
        "j\xf6rg@example.com", /* Latin-1 */
    };

    for (size_t i = 0; i < ARRAY_LENGTH(invalid); i++)
        assert_false(email_is_valid(invalid[i]));
}

static void test_lengths_are_those_of_the_standards(void **state)
{
    assert_true(email_is_valid(make_email(64, 63, ".example.com")));
    assert_false(email_is_valid(make_email(65, 63, ".example.com")));
    assert_false(email_is_valid(make_email(64, 64, ".example.com")));

    char domain[400] = "";
    for (int i = 0; i < 80; i++)
        strcat(domain, ".b");
    const char *longest = make_email(64, 29, domain); /* 64 + 1 + 29 + 160 */
    assert_int_equal(strlen(longest), 254);
    assert_true(email_is_valid(longest));
    assert_false(email_is_valid(make_email(64, 30, domain)));
}

static void test_case_of_ascii_letters_does_not_matter(void **state)
{
    char key[EMAIL_SIZE];

    email_key("Ada.LOVELACE@Example.COM", key);
    assert_string_equal(key, "ada.lovelace@example.com");
    email_key("\xc3\x9c@example.com", key);
    assert_string_equal(key, "\xc3\x9c@example.com");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_that_are_in_use_are_valid),
        cmocka_unit_test(test_what_is_no_address_is_refused),
        cmocka_unit_test(test_lengths_are_those_of_the_standards),
        cmocka_unit_test(test_case_of_ascii_letters_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
