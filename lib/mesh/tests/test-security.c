/* What a program's settings make of its channels and its server. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/mesh/security.h"
#include "lib/testing/certificates.h"

#define PREFIX "spiffe://mesh.test/"

static struct test_authority *authority;

static int set_up(void **state)
{
    rpc_start();
    authority = test_authority_new("test authority");
    return 0;
}

static int tear_down(void **state)
{
    test_authority_free(authority);
    rpc_stop();
    return 0;
}

static const struct mesh_security_settings plain = {
    .certificate = "", .key = "", .ca = "", .spiffe_prefix = PREFIX, .consumers = ""};

static void test_files_come_together_or_not_at_all(void **state)
{
    struct mesh_security_settings settings = plain;
    struct mesh_security *security;
    struct status st = {0};

    settings.ca = "/some/ca.pem";
    assert_int_equal(mesh_security_open(&settings, "ocr", &security, &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "MESH_TLS_KEY"));
}

/* How a program called `name` starts with a certificate for `id`. */
static status_code open_as(const char *name, const char *id, struct status *st)
{
    _cleanup_(mesh_security_freep) struct mesh_security *security = NULL;
    struct mesh_security_settings settings = plain;
    struct test_certificates files;

    test_certificates_init(&files);
    test_certificates_write(&files, authority, &(struct test_certificate){.spiffe_id = id});
    test_certificates_trust(&files, authority, NULL);
    settings.certificate = files.certificate;
    settings.key = files.key;
    settings.ca = files.ca;
    status_code code = mesh_security_open(&settings, name, &security, st);
    test_certificates_deinit(&files);
    return code;
}

static void test_a_service_must_be_whom_its_certificate_names(void **state)
{
    struct status st = {0};

    assert_int_equal(open_as("ocr", PREFIX "ocr", &st), STATUS_OK);
    assert_int_equal(open_as("operator", PREFIX "people/ada", &st), STATUS_OK);
    assert_int_equal(open_as("ocr", PREFIX "chat", &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, PREFIX "chat"));
    assert_non_null(strstr(st.message, PREFIX "ocr"));
}

static status_code protect(const struct mesh_security_settings *settings, const char *address,
                           struct rpc_server_options *ret_options, struct status *st)
{
    _cleanup_(mesh_security_freep) struct mesh_security *security = NULL;

    assert_int_equal(mesh_security_open(settings, "ocr", &security, st), STATUS_OK);
    *ret_options = (struct rpc_server_options){.address = address};
    return mesh_security_protect(security, ret_options, st);
}

static void test_plain_text_is_for_this_machine_alone(void **state)
{
    struct mesh_security_settings allowed = plain;
    struct rpc_server_options options;
    struct status st = {0};

    allowed.allows_plaintext = true;
    assert_int_equal(protect(&plain, "127.0.0.1:50051", &options, &st), STATUS_OK);
    assert_int_equal(protect(&plain, "unix:/run/ocr.sock", &options, &st), STATUS_OK);
    assert_int_equal(protect(&plain, "0.0.0.0:50051", &options, &st), STATUS_FAILED_PRECONDITION);
    assert_string_equal(st.reason, "PLAINTEXT_REFUSED");
    assert_non_null(strstr(st.message, "MESH_PLAINTEXT"));
    assert_int_equal(protect(&plain, "[::]:50051", &options, &st), STATUS_FAILED_PRECONDITION);
    assert_int_equal(protect(&allowed, "[::]:50051", &options, &st), STATUS_OK);
    assert_null(options.authorize);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_come_together_or_not_at_all),
        cmocka_unit_test(test_a_service_must_be_whom_its_certificate_names),
        cmocka_unit_test(test_plain_text_is_for_this_machine_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
