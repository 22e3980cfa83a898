#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "services/ocr/webhook/webhook_message.h"

/* The example of Svix's libraries, from whom the specification has its signatures. */
static void test_a_known_message_gets_its_signature(void **state)
{
    char signature[WEBHOOK_SIGNATURE_SIZE];

    assert_true(webhook_sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                             "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                             STR("{\"test\": 2432232314}"), signature));
    assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void test_what_is_no_secret_signs_nothing(void **state)
{
    static const char *const bad[] = {"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64"};
    char signature[WEBHOOK_SIGNATURE_SIZE];

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)

        assert_false(webhook_sign(bad[i], "msg_1", 1, STR("{}"), signature));
}

static void test_secrets_are_random_and_sign(void **state)
{
    char first[WEBHOOK_SECRET_SIZE], second[WEBHOOK_SECRET_SIZE];
    char signature[WEBHOOK_SIGNATURE_SIZE];

    webhook_secret_make(first);
    webhook_secret_make(second);
    assert_string_not_equal(first, second);
    assert_int_equal(strlen(first), strlen("whsec_") + 44);
    assert_true(webhook_sign(first, "msg_1", 1, STR("{}"), signature));
}

static void test_a_body_holds_identifiers_alone(void **state)
{
    char body[WEBHOOK_BODY_SIZE];

    webhook_body_write("0123456789abcdef0123456789abcdef", JOB_DONE, 0, body);
    assert_string_equal(body,
                        "{\"type\":\"job.done\",\"timestamp\":\"1970-01-01T00:00:00.000000Z\","
                        "\"data\":{\"uuid\":\"0123456789abcdef0123456789abcdef\","
                        "\"status\":\"done\"}}");
    webhook_body_write("0123456789abcdef0123456789abcdef", JOB_CANCELLED, 0, body);
    assert_non_null(strstr(body, "\"type\":\"job.failed\""));
    assert_non_null(strstr(body, "\"status\":\"failed\""));
}

/* Of a day's tries the first ones come within a minute, and none is more than four hours away. */
static void test_pauses_grow_up_to_their_limit(void **state)
{
    static const int64_t most[] = {5000, 15000, 45000, 135000, 405000};

    for (int32_t tries = 1; tries <= 40; tries++) {
        int64_t limit =
            tries <= (int32_t)ARRAY_LENGTH(most) ? most[tries - 1] : WEBHOOK_PAUSE_MAX_MS;
        int64_t pause = webhook_pause_ms(tries, 5000);

        assert_true(pause <= limit);
        if (tries <= (int32_t)ARRAY_LENGTH(most) || tries > 9)
            assert_true(pause >= limit / 2);
    }
}

static int start(void **state)
{
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_known_message_gets_its_signature),
        cmocka_unit_test(test_what_is_no_secret_signs_nothing),
        cmocka_unit_test(test_secrets_are_random_and_sign),
        cmocka_unit_test(test_a_body_holds_identifiers_alone),
        cmocka_unit_test(test_pauses_grow_up_to_their_limit),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
