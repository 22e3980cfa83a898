#include "lib/mesh/authorization.h"

#include <stdlib.h>
#include <string.h>

enum {
    ANYBODY = MESH_BRIDGE | MESH_OCR | MESH_BILLING | MESH_CHAT | MESH_EXPORT | MESH_OPERATOR |
              MESH_CONSUMER | MESH_STRANGER,
    /* What the public API offers, for which a caller's token answers. */
    PUBLIC = MESH_BRIDGE | MESH_CONSUMER,
};

struct rule {
    const char *method;
    int callers;
};

#define ACCOUNT "/ocrmesh.billing.v1.AccountService/"
#define ADMIN   "/ocrmesh.billing.v1.BillingAdminService/"
#define BILLING "/ocrmesh.billing.v1.BillingService/"
#define CHAT    "/ocrmesh.chat.v1.ChatService/"
#define EXPORT  "/ocrmesh.export.v1.ExportService/"
#define OCR     "/ocrmesh.ocr.v1.OcrService/"
#define WEBHOOK "/ocrmesh.ocr.v1.WebhookService/"

/* Sorted by method. Passwords, sessions and what a payment provider sends come by the public pages
 * alone; what changes reservations is what does the work. */
static const struct rule rules[] = {
    {"/grpc.health.v1.Health/Check", ANYBODY},
    {"/grpc.health.v1.Health/Watch", ANYBODY},
    {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", ANYBODY},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", ANYBODY},
    {ACCOUNT "ChangePassword", MESH_BRIDGE},
    {ACCOUNT "CreateAccount", PUBLIC},
    {ACCOUNT "CreatePurchase", MESH_BRIDGE},
    {ACCOUNT "CreateSession", MESH_BRIDGE},
    {ACCOUNT "CreateToken", PUBLIC},
    {ACCOUNT "DeleteAccount", PUBLIC},
    {ACCOUNT "DeleteSession", MESH_BRIDGE},
    {ACCOUNT "DeleteToken", PUBLIC},
    {ACCOUNT "ExportAccount", PUBLIC},
    {ACCOUNT "GetAccount", PUBLIC},
    {ACCOUNT "ListTokens", PUBLIC},
    {ACCOUNT "ListUsage", PUBLIC},
    {ACCOUNT "ReceivePaymentEvent", MESH_BRIDGE},
    {ACCOUNT "RequestPasswordReset", MESH_BRIDGE},
    {ACCOUNT "ResetPassword", MESH_BRIDGE},
    {ACCOUNT "RotateToken", PUBLIC},
    {ADMIN "AuditLedger", MESH_OPERATOR},
    {ADMIN "ChangePlan", MESH_OPERATOR},
    {ADMIN "GrantCredits", MESH_OPERATOR},
    {ADMIN "ListAccounts", MESH_OPERATOR},
    {ADMIN "RefundCredits", MESH_OPERATOR},
    {ADMIN "SuspendAccount", MESH_OPERATOR},
    {BILLING "Authenticate", MESH_BRIDGE | MESH_OCR | MESH_CHAT},
    {BILLING "CommitReservation", MESH_OCR},
    {BILLING "ConfirmAccountPurge", MESH_OCR | MESH_CHAT},
    {BILLING "ExtendReservation", MESH_OCR},
    {BILLING "ListDeletedAccounts", MESH_OCR | MESH_CHAT},
    {BILLING "ListPacks", PUBLIC},
    {BILLING "ListPlans", PUBLIC},
    {BILLING "OpenReservation", MESH_BRIDGE | MESH_OCR},
    {BILLING "ReleaseReservation", MESH_OCR},
    {BILLING "SpendQuestion", MESH_CHAT},
    {CHAT "AskQuestion", PUBLIC},
    {CHAT "DeleteConversation", PUBLIC},
    {CHAT "GetConversation", PUBLIC},
    {CHAT "ListPassages", PUBLIC},
    {CHAT "SearchPassages", PUBLIC},
    {EXPORT "ExportDocument", PUBLIC},
    {EXPORT "ListFormats", PUBLIC},
    {OCR "CancelJob", PUBLIC},
    {OCR "DeleteJob", PUBLIC},
    {OCR "FindMissingJobs", MESH_CHAT},
    {OCR "GetDocument", PUBLIC | MESH_CHAT | MESH_EXPORT},
    {OCR "GetJob", PUBLIC | MESH_CHAT},
    {OCR "GetPageImage", PUBLIC | MESH_EXPORT},
    {OCR "GetQueue", PUBLIC | MESH_OPERATOR},
    {OCR "ListJobs", PUBLIC},
    {OCR "ListLanguages", PUBLIC},
    {OCR "ListTools", PUBLIC},
    {OCR "SubmitJob", PUBLIC},
    {OCR "WatchJob", PUBLIC},
    {WEBHOOK "ExportWebhooks", PUBLIC},
    {WEBHOOK "GetWebhook", PUBLIC},
    {WEBHOOK "GetWebhookSecret", PUBLIC},
    {WEBHOOK "ResendWebhook", PUBLIC},
    {WEBHOOK "RotateWebhookSecret", PUBLIC},
};

static int compare(const void *method, const void *rule)
{
    return strcmp(method, ((const struct rule *)rule)->method);
}

int mesh_authorization_callers(const char *method)
{
    const struct rule *rule =
        bsearch(method, rules, ARRAY_LENGTH(rules), sizeof(rules[0]), compare);

    return rule != NULL ? rule->callers : 0;
}

static int program_role(struct str name)
{
    static const struct {
        struct str name;
        int role;
    } programs[] = {
        {STR("bridge"), MESH_BRIDGE},   {STR("ocr"), MESH_OCR},
        {STR("billing"), MESH_BILLING}, {STR("chat"), MESH_CHAT},
        {STR("export"), MESH_EXPORT},   {STR("operator"), MESH_OPERATOR},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(programs); i++)
        if (str_equal(name, programs[i].name))
            return programs[i].role;
    return MESH_STRANGER;
}

int mesh_authorization_role(const struct mesh_authorization *authorization, const char *spiffe_id)
{
    struct str id = str_of(spiffe_id), rest = authorization->consumers, consumer;

    while (id.n > 0 && str_next_token(&rest, ',', &consumer))
        if (str_equal(str_trim(consumer), id))
            return MESH_CONSUMER;
    if (!str_starts_with(id, authorization->prefix))
        return MESH_STRANGER;
    return program_role(
        (struct str){id.p + authorization->prefix.n, id.n - authorization->prefix.n});
}

status_code mesh_authorization_check(const struct mesh_authorization *authorization,
                                     const char *spiffe_id, const char *method, struct status *st)
{
    if ((mesh_authorization_callers(method) & mesh_authorization_role(authorization, spiffe_id)) !=
        0)
        return STATUS_OK;
    return FAIL(st, STATUS_PERMISSION_DENIED, "CALLER_NOT_ALLOWED", "%.120s may not call %.100s",
                spiffe_id[0] != '\0' ? spiffe_id : "a caller without a SPIFFE ID", method);
}
