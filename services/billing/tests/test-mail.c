/* Mail as it goes over the wire, and settings that cannot work. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "services/billing/sign_in/mail.h"

static const struct mail example = {
    .to = "ada@example.com",
    .subject = "A subject",
    .text = "One line.\n\nAnother one.\n",
};

/* RFC 5322: lines end in CRLF, an empty one ends the header. */
static void test_a_message_is_as_rfc_5322_has_it(void **state)
{
    struct buf out;

    buf_init(&out, MAIL_MAX_BYTES);
    /* date --date '2026-02-28 09:08:07 UTC' +'%s, a %a' */
    assert_true(
        mail_compose(&example, "ocr@example.org", INT64_C(1772269687) * 1000000000, "id7", &out));
    assert_string_equal(out.data, "Date: Sat, 28 Feb 2026 09:08:07 +0000\r\n"
                                  "From: ocrmesh <ocr@example.org>\r\n"
                                  "To: <ada@example.com>\r\n"
                                  "Subject: A subject\r\n"
                                  "Message-ID: <id7@example.org>\r\n"
                                  "Auto-Submitted: auto-generated\r\n"
                                  "MIME-Version: 1.0\r\n"
                                  "Content-Type: text/plain; charset=us-ascii\r\n"
                                  "\r\n"
                                  "One line.\r\n"
                                  "\r\n"
                                  "Another one.\r\n");
    buf_deinit(&out);
}

static void test_a_message_that_does_not_fit_is_not_made(void **state)
{
    struct buf out;

    buf_init(&out, 200);
    assert_false(mail_compose(&example, "ocr@example.org", 0, "id7", &out));
    buf_deinit(&out);
}

static status_code check(const char *url, const char *from)
{
    struct status st = {0};

    return mail_check(&(struct mail_settings){.smtp_url = url, .from = from}, &st);
}

static void test_settings_that_cannot_work_are_seen(void **state)
{
    assert_int_equal(check("", ""), STATUS_OK);
    assert_int_equal(check("smtp://mail.example.com:587", "ocr@example.com"), STATUS_OK);
    assert_int_equal(check("smtps://mail.example.com", "ocr@example.com"), STATUS_OK);
    assert_int_equal(check("http://mail.example.com", "ocr@example.com"), STATUS_INVALID_ARGUMENT);
    assert_int_equal(check("mail.example.com:587", "ocr@example.com"), STATUS_INVALID_ARGUMENT);
    assert_int_equal(check("smtp://mail.example.com", ""), STATUS_INVALID_ARGUMENT);
    assert_int_equal(check("smtp://mail.example.com", "ocr@example.com>\r\nX: y"),
                     STATUS_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_is_as_rfc_5322_has_it),
        cmocka_unit_test(test_a_message_that_does_not_fit_is_not_made),
        cmocka_unit_test(test_settings_that_cannot_work_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
