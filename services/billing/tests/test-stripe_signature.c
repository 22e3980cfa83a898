/* The signatures are Python's: hmac.new(secret, b"1492774577." + body, "sha256").hexdigest(). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "services/billing/purchases/stripe_signature.h"

#define TIME   "1492774577"
#define SECRET "whsec_test_secret"
#define OLD    "whsec_old"
#define BODY   "{\"id\":\"evt_1\"}"
#define V1     "799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f"
#define V1_OLD "0747100650652ef72323d15ecf021fcf28463e6c3f46c75d091a00c9fbb46a37"
#define NOW    (INT64_C(1492774577) * NANOSECONDS_PER_SECOND)

static status_code check_at(const char *header, const char *body, const char *secrets, int64_t now)
{
    struct status st = {0};
    status_code code =
        stripe_signature_check(str_of(header), str_of(body), str_of(secrets), now, &st);

    if (code != STATUS_OK) {
        assert_int_equal(code, STATUS_INVALID_ARGUMENT);
        assert_string_equal(st.reason, "INVALID_SIGNATURE");
        assert_null(strstr(st.message, "whsec"));
    }
    return code;
}

static bool is_valid(const char *header)
{
    return check_at(header, BODY, SECRET, NOW) == STATUS_OK;
}

static void test_a_signature_of_the_secret_is_valid(void **state)
{
    assert_true(is_valid("t=" TIME ",v1=" V1));
    assert_true(is_valid("v1=" V1 ",t=" TIME));
    assert_true(is_valid("t=" TIME ", v1=" V1 " "));
}

/* docs.stripe.com/webhooks/signature: several while a secret is replaced; schemes that are not v1
 * are to be passed over. */
static void test_one_of_several_signatures_and_secrets_is_enough(void **state)
{
    assert_true(is_valid("t=" TIME ",v1=" V1_OLD ",v1=" V1 ",v0=6ffbb59b2300aae63f272406069a9788"));
    assert_int_equal(check_at("t=" TIME ",v1=" V1_OLD, BODY, SECRET ", " OLD, NOW), STATUS_OK);
    assert_int_equal(check_at("t=" TIME ",v1=" V1, BODY, "," SECRET ",,", NOW), STATUS_OK);
}

static void test_a_forged_signature_is_refused(void **state)
{
    static const char *const headers[] = {
        "t=" TIME ",v1=" V1_OLD,         /* another secret's */
        "t=1492774578,v1=" V1,           /* another time */
        "t=" TIME ",v0=" V1,             /* a scheme for tests only */
        "t=" TIME,                       /* none */
        "v1=" V1,                        /* no time */
        "",                              /* nothing */
        "t=" TIME ",t=" TIME ",v1=" V1,  /* two times */
        "t=" TIME ",v1=" V1 "0",         /* too long */
        "t=" TIME ",v1=",                /* empty */
        "t= " TIME ",v1=" V1,            /* another text was signed */
        "t=0" TIME ",v1=" V1,            /* the same number, but not the same text */
        "t=+" TIME ",v1=" V1,            /* a sign */
        "t=-1,v1=" V1,                   /* before 1970 */
        "t=99999999999999999999,v1=" V1, /* over 64 bits */
        "t=" TIME ";v1=" V1,             /* another separator */
        "t=" TIME ",v1",                 /* no value */
        ",,,,",                          /* no items */
        "t=" TIME ",v1=zz" V1,           /* no hexadecimal */
    };
    char many[4096];
    size_t used = (size_t)snprintf(many, sizeof(many), "t=" TIME);

    for (size_t i = 0; i < ARRAY_LENGTH(headers); i++)
        if (is_valid(headers[i]))
            fail_msg("'%s' is valid", headers[i]);
    assert_int_not_equal(check_at("t=" TIME ",v1=" V1, BODY " ", SECRET, NOW), STATUS_OK);
    assert_int_not_equal(check_at("t=" TIME ",v1=" V1, "", SECRET, NOW), STATUS_OK);
    assert_int_not_equal(check_at("t=" TIME ",v1=" V1, BODY, OLD, NOW), STATUS_OK);
    for (int i = 0; i < 20; i++)
        used += (size_t)snprintf(many + used, sizeof(many) - used, ",v1=" V1);
    assert_false(is_valid(many));
}

/* An empty secret would be anybody's. */
static void test_without_a_secret_nothing_is_valid(void **state)
{
    static const char *const secrets[] = {"", ",", " , "};
    /* hmac.new(b"", b"1492774577." + body, "sha256") */
    static const char header[] =
        "t=" TIME ",v1=8afd98e0de8b7237ed46790394998f76cba203d8db4e25024d880c7ab5e754d4";

    for (size_t i = 0; i < ARRAY_LENGTH(secrets); i++)
        assert_int_not_equal(check_at(header, BODY, secrets[i], NOW), STATUS_OK);
}

static void test_what_was_signed_long_ago_or_in_the_future_is_refused(void **state)
{
    static const int64_t tolerance = STRIPE_SIGNATURE_TOLERANCE_SECONDS * NANOSECONDS_PER_SECOND;
    static const char header[] = "t=" TIME ",v1=" V1;

    assert_int_equal(check_at(header, BODY, SECRET, NOW + tolerance), STATUS_OK);
    assert_int_equal(check_at(header, BODY, SECRET, NOW - tolerance), STATUS_OK);
    assert_int_not_equal(check_at(header, BODY, SECRET, NOW + tolerance + NANOSECONDS_PER_SECOND),
                         STATUS_OK);
    assert_int_not_equal(check_at(header, BODY, SECRET, NOW - tolerance - NANOSECONDS_PER_SECOND),
                         STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signature_of_the_secret_is_valid),
        cmocka_unit_test(test_one_of_several_signatures_and_secrets_is_enough),
        cmocka_unit_test(test_a_forged_signature_is_refused),
        cmocka_unit_test(test_without_a_secret_nothing_is_valid),
        cmocka_unit_test(test_what_was_signed_long_ago_or_in_the_future_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
