/* Who may call what: the table against the services as they are, and the SPIFFE IDs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <protobuf-c/protobuf-c.h>

#include "lib/mesh/authorization.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"
#include "ocrmesh/chat/v1/chat_service.pb-c.h"
#include "ocrmesh/export/v1/export_service.pb-c.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "ocrmesh/ocr/v1/webhook_service.pb-c.h"

static const ProtobufCServiceDescriptor *const services[] = {
    &ocrmesh__billing__v1__account_service__descriptor,
    &ocrmesh__billing__v1__billing_admin_service__descriptor,
    &ocrmesh__billing__v1__billing_service__descriptor,
    &ocrmesh__chat__v1__chat_service__descriptor,
    &ocrmesh__export__v1__export_service__descriptor,
    &ocrmesh__ocr__v1__ocr_service__descriptor,
    &ocrmesh__ocr__v1__webhook_service__descriptor,
};

#define PREFIX    "spiffe://mesh.test/ocrmesh-"
#define CONSUMERS "spiffe://mesh.test/ns/a/sa/reader, spiffe://other.test/archive"

static const struct mesh_authorization authorization = {
    .prefix = {PREFIX, sizeof(PREFIX) - 1},
    .consumers = {CONSUMERS, sizeof(CONSUMERS) - 1},
};

/* An RPC that the table forgot could not be called by anybody. */
static void test_every_rpc_has_somebody_who_may_call_it(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(services); i++)
        for (unsigned k = 0; k < services[i]->n_methods; k++) {
            char path[256];

            (void)snprintf(path, sizeof(path), "/%s/%s", services[i]->name,
                           services[i]->methods[k].name);
            if (mesh_authorization_callers(path) == 0)
                fail_msg("%s has no row in lib/mesh/authorization.c", path);
        }
    assert_int_equal(mesh_authorization_callers("/ocrmesh.ocr.v1.OcrService/Missing"), 0);
    assert_int_equal(mesh_authorization_callers(""), 0);
}

static void test_a_role_follows_from_the_whole_spiffe_id(void **state)
{
    static const struct {
        const char *id;
        int role;
    } cases[] = {
        {"spiffe://mesh.test/ocrmesh-bridge", MESH_BRIDGE},
        {"spiffe://mesh.test/ocrmesh-ocr", MESH_OCR},
        {"spiffe://mesh.test/ocrmesh-billing", MESH_BILLING},
        {"spiffe://mesh.test/ocrmesh-chat", MESH_CHAT},
        {"spiffe://mesh.test/ocrmesh-export", MESH_EXPORT},
        {"spiffe://mesh.test/ocrmesh-operator", MESH_OPERATOR},
        {"spiffe://mesh.test/ns/a/sa/reader", MESH_CONSUMER},
        {"spiffe://other.test/archive", MESH_CONSUMER},
        /* Near misses. */
        {"spiffe://mesh.test/ocrmesh-bridges", MESH_STRANGER},
        {"spiffe://mesh.test/ocrmesh-", MESH_STRANGER},
        {"spiffe://mesh.test/ocrmesh-x/bridge", MESH_STRANGER},
        {"spiffe://mesh.test.evil/ocrmesh-bridge", MESH_STRANGER},
        {"spiffe://other.test/ocrmesh-bridge", MESH_STRANGER},
        {"spiffe://other.test/archive/2", MESH_STRANGER},
        {"bridge", MESH_STRANGER},
        {"", MESH_STRANGER},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        if (mesh_authorization_role(&authorization, cases[i].id) != cases[i].role)
            fail_msg("%s", cases[i].id);
}

static void check(const char *name, const char *method, status_code expected)
{
    struct status st = {0};
    char id[128];

    (void)snprintf(id, sizeof(id), PREFIX "%s", name);
    status_code code = mesh_authorization_check(&authorization, id, method, &st);
    if (code != expected)
        fail_msg("%s %s: %d", name, method, code);
    if (code != STATUS_OK) {
        assert_string_equal(st.reason, "CALLER_NOT_ALLOWED");
        assert_non_null(strstr(st.message, name));
        assert_non_null(strstr(st.message, method));
    }
}

/* What each program of the mesh does not do for its work, it may not do. */
static void test_programs_may_do_their_work_and_no_more(void **state)
{
    check("bridge", "/ocrmesh.ocr.v1.OcrService/SubmitJob", STATUS_OK);
    check("chat", "/ocrmesh.ocr.v1.OcrService/GetDocument", STATUS_OK);
    check("export", "/ocrmesh.ocr.v1.OcrService/GetPageImage", STATUS_OK);
    check("ocr", "/ocrmesh.billing.v1.BillingService/CommitReservation", STATUS_OK);
    check("operator", "/ocrmesh.billing.v1.BillingAdminService/GrantCredits", STATUS_OK);
    check("nobody", "/grpc.health.v1.Health/Check", STATUS_OK);

    check("bridge", "/ocrmesh.billing.v1.BillingAdminService/GrantCredits",
          STATUS_PERMISSION_DENIED);
    check("chat", "/ocrmesh.ocr.v1.OcrService/SubmitJob", STATUS_PERMISSION_DENIED);
    check("chat", "/ocrmesh.billing.v1.BillingService/CommitReservation", STATUS_PERMISSION_DENIED);
    check("export", "/ocrmesh.billing.v1.BillingService/Authenticate", STATUS_PERMISSION_DENIED);
    check("ocr", "/ocrmesh.billing.v1.BillingAdminService/GrantCredits", STATUS_PERMISSION_DENIED);
    check("operator", "/ocrmesh.ocr.v1.OcrService/GetDocument", STATUS_PERMISSION_DENIED);
    check("nobody", "/ocrmesh.ocr.v1.OcrService/ListLanguages", STATUS_PERMISSION_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_rpc_has_somebody_who_may_call_it),
        cmocka_unit_test(test_a_role_follows_from_the_whole_spiffe_id),
        cmocka_unit_test(test_programs_may_do_their_work_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
