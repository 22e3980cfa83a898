/*
 * ocrmesh-admin: what operators ask of billing, from a terminal. `--help` lists it.
 *
 * Exits 0 when it is done, 1 when billing refused or could not be reached, 2 when the arguments
 * make no sense, 3 when the audit found something.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/config/config.h"
#include "lib/log/log.h"
#include "lib/mesh/security.h"
#include "lib/rpc/client.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

enum {
    EXIT_USAGE = 2,
    EXIT_FINDINGS = 3,
    CALL_TIMEOUT_MS = 30000, /* UNAVAILABLE is retried inside it */
    AUDIT_TIMEOUT_MS = 4 * 60 * 1000,
    ARENA_MAX_BYTES = 16 << 20,
    PAGE_SIZE = 500, /* accounts of one call */
};

struct settings {
    const char *billing_target;
    struct mesh_security_settings security;
};

static const struct config_entry entries[] = {
    {"BILLING_TARGET", CONFIG_STRING, offsetof(struct settings, billing_target),
     "dns:///127.0.0.1:50052", "gRPC target of the billing service", 0, 0},
    MESH_SECURITY_ENTRIES(struct settings, security),
};

/* What every command gets. */
struct admin {
    struct rpc_channel *channel;
    struct arena *arena;
    char **arguments; /* after the command's name; those left out are "" */
    int exit_status;  /* when nothing failed */
};

static status_code ask(const struct admin *admin, const char *name, const void *request,
                       void *ret_response, struct status *st)
{
    const struct rpc_method method = {&ocrmesh__billing__v1__billing_admin_service__descriptor,
                                      name, RPC_UNARY};

    return rpc_unary(admin->channel, &method,
                     &(struct rpc_call_options){.deadline = time_mono_after_ms(CALL_TIMEOUT_MS)},
                     request, admin->arena, ret_response, st);
}

/* --- commands --- */

/* Without an answer it is not known what became of it; and who repeats the command grants again. */
static status_code doubt_grant(const char *account, struct status *st)
{
    const struct status failure = *st;

    if (failure.code != STATUS_UNAVAILABLE && failure.code != STATUS_DEADLINE_EXCEEDED)
        return failure.code;
    return FAIL(st, failure.code, failure.reason,
                "it is not known whether the credits were granted: see what `accounts %.80s` shows "
                "before you grant again (%s)",
                account, failure.message);
}

/* The request id makes a repetition inside the call harmless: it grants once. */
static status_code grant(struct admin *admin, struct status *st)
{
    Ocrmesh__Billing__V1__GrantCreditsRequest request =
        OCRMESH__BILLING__V1__GRANT_CREDITS_REQUEST__INIT;
    Ocrmesh__Billing__V1__GrantCreditsResponse *response = NULL;
    char request_id[RANDOM_ID_SIZE];

    if (!str_to_int64(str_of(admin->arguments[1]), &request.amount_credits)) {
        admin->exit_status = EXIT_USAGE;
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "CREDITS must be a whole number");
    }
    random_id(request_id);
    request.account = admin->arguments[0];
    request.request_id = request_id;
    request.note = admin->arguments[2];
    if (ask(admin, "GrantCredits", &request, &response, st) != STATUS_OK)
        return doubt_grant(request.account, st);
    (void)printf("%s has %" PRId64 " credits\n", request.account, response->balance_credits);
    return STATUS_OK;
}

static status_code refund(struct admin *admin, struct status *st)
{
    Ocrmesh__Billing__V1__RefundCreditsRequest request =
        OCRMESH__BILLING__V1__REFUND_CREDITS_REQUEST__INIT;
    Ocrmesh__Billing__V1__RefundCreditsResponse *response = NULL;
    char request_id[RANDOM_ID_SIZE];

    random_id(request_id);
    request.account = admin->arguments[0];
    request.job_id = admin->arguments[1];
    request.request_id = request_id;
    request.note = admin->arguments[2];
    TRY(ask(admin, "RefundCredits", &request, &response, st));
    (void)printf("%" PRId64 " credits given back; %s has %" PRId64 " credits\n",
                 response->refunded_credits, request.account, response->balance_credits);
    return STATUS_OK;
}

static void print_account(const Ocrmesh__Billing__V1__Account *account)
{
    (void)printf("%s  %-36s  %-12s  %11" PRId64 "  %11" PRId64 " of %-8" PRId64 "  %s\n",
                 account->account_id, account->email, account->plan, account->balance_credits,
                 account->used_credits, account->cap_credits,
                 account->is_suspended ? "suspended" : "active");
}

static void print_account_head(void)
{
    (void)printf("%-36s  %-36s  %-12s  %11s  %-23s  %s\n", "id", "e-mail address", "plan",
                 "credits", "used in this period", "state");
}

static status_code accounts(struct admin *admin, struct status *st)
{
    Ocrmesh__Billing__V1__ListAccountsRequest request =
        OCRMESH__BILLING__V1__LIST_ACCOUNTS_REQUEST__INIT;
    Ocrmesh__Billing__V1__ListAccountsResponse *response = NULL;
    char token[512] = "";

    request.page_size = PAGE_SIZE;
    request.page_token = token;
    request.email_contains = admin->arguments[0];
    print_account_head();
    do {
        TRY(ask(admin, "ListAccounts", &request, &response, st));
        for (size_t i = 0; i < response->n_accounts; i++)
            print_account(response->accounts[i]);
        (void)snprintf(token, sizeof(token), "%s", response->next_page_token);
        arena_reset(admin->arena);
    } while (token[0] != '\0');
    return STATUS_OK;
}

static status_code change_plan(struct admin *admin, struct status *st)
{
    Ocrmesh__Billing__V1__ChangePlanRequest request =
        OCRMESH__BILLING__V1__CHANGE_PLAN_REQUEST__INIT;
    Ocrmesh__Billing__V1__ChangePlanResponse *response = NULL;

    request.account = admin->arguments[0];
    request.plan = admin->arguments[1];
    TRY(ask(admin, "ChangePlan", &request, &response, st));
    print_account_head();
    print_account(response->account);
    return STATUS_OK;
}

static status_code set_suspended(struct admin *admin, bool is_suspended, struct status *st)
{
    Ocrmesh__Billing__V1__SuspendAccountRequest request =
        OCRMESH__BILLING__V1__SUSPEND_ACCOUNT_REQUEST__INIT;
    Ocrmesh__Billing__V1__SuspendAccountResponse *response = NULL;

    request.account = admin->arguments[0];
    request.is_suspended = is_suspended;
    TRY(ask(admin, "SuspendAccount", &request, &response, st));
    print_account_head();
    print_account(response->account);
    return STATUS_OK;
}

static status_code suspend(struct admin *admin, struct status *st)
{
    return set_suspended(admin, true, st);
}

static status_code resume(struct admin *admin, struct status *st)
{
    return set_suspended(admin, false, st);
}

static status_code audit(struct admin *admin, struct status *st)
{
    static const struct rpc_method method = {
        &ocrmesh__billing__v1__billing_admin_service__descriptor, "AuditLedger", RPC_SERVER_STREAM};
    const struct rpc_call_options options = {.deadline = time_mono_after_ms(AUDIT_TIMEOUT_MS)};
    Ocrmesh__Billing__V1__AuditLedgerRequest request =
        OCRMESH__BILLING__V1__AUDIT_LEDGER_REQUEST__INIT;
    Ocrmesh__Billing__V1__AuditLedgerResponse *finding = NULL;
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    int64_t count = 0;

    TRY(rpc_stream_open(admin->channel, &method, &options, admin->arena, &stream, st));
    TRY(rpc_stream_write(stream, &request, st));
    TRY(rpc_stream_close_write(stream, st));
    for (;;) {
        TRY(rpc_stream_read(stream, &finding, st));
        if (finding == NULL)
            break;
        (void)printf("%s  %s  %s\n", finding->finding, finding->principal_key, finding->message);
        count++;
    }
    TRY(rpc_stream_finish(stream, st));
    if (count == 0) {
        (void)printf("the books are right: sums, holds, uses, orphans and charges\n");
    } else {
        (void)printf("%" PRId64 " findings; docs/billing.md says what each means\n", count);
        admin->exit_status = EXIT_FINDINGS;
    }
    return STATUS_OK;
}

enum { ARGUMENTS_MAX = 3 };

static const struct command {
    const char *name;
    int arguments_min, arguments_max;
    const char *arguments, *about;
    status_code (*run)(struct admin *admin, struct status *st);
} commands[] = {
    {"accounts", 0, 1, "[TEXT]", "accounts, or those whose e-mail address contains TEXT", accounts},
    {"grant", 2, 3, "ACCOUNT CREDITS [NOTE]", "give credits: 1 to 1000000000", grant},
    {"refund", 2, 3, "ACCOUNT JOB [NOTE]", "give back the credits that a job was charged", refund},
    {"plan", 2, 2, "ACCOUNT PLAN", "put an account on another plan", change_plan},
    {"suspend", 1, 1, "ACCOUNT", "refuse an account's tokens from now on", suspend},
    {"resume", 1, 1, "ACCOUNT", "lift a suspension", resume},
    {"audit", 0, 0, "", "check the books; ends with 3 when something is wrong", audit},
};

static void print_usage(FILE *out)
{
    (void)fputs("Usage: ocrmesh-admin COMMAND\n\n", out);
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
        (void)fprintf(out, "  %-8s %-23s %s\n", commands[i].name, commands[i].arguments,
                      commands[i].about);
    (void)fputs("\nACCOUNT is an e-mail address or an account id; NOTE is why, for the ledger.\n\n",
                out);
    config_print_help(out, "ocrmesh-admin", "what operators ask of billing", entries,
                      ARRAY_LENGTH(entries));
}

static const struct command *find_command(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < ARRAY_LENGTH(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return argc - 2 >= commands[i].arguments_min && argc - 2 <= commands[i].arguments_max
                       ? &commands[i]
                       : NULL;
    return NULL;
}

static status_code run(const struct command *command, const struct settings *settings,
                       char **arguments, int *ret_exit_status, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    _cleanup_(mesh_security_freep) struct mesh_security *security = NULL;
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;

    if (arena == NULL)
        return FAIL_MEMORY(st);
    TRY(mesh_security_open(&settings->security, "operator", &security, st));
    TRY(mesh_channel_new(security, settings->billing_target, "billing", &channel, st));
    struct admin admin = {.channel = channel, .arena = arena, .arguments = arguments};
    status_code code = command->run(&admin, st);
    *ret_exit_status = admin.exit_status;
    return code;
}

int main(int argc, char **argv)
{
    char none[] = "", *arguments[ARGUMENTS_MAX] = {none, none, none};
    const struct command *command = find_command(argc, argv);
    struct settings settings;
    struct status st = {0};
    int exit_status = EXIT_SUCCESS;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return EXIT_SUCCESS;
    }
    if (command == NULL) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    for (int i = 2; i < argc; i++)
        arguments[i - 2] = argv[i];
    log_start("ocrmesh-admin", LOG_WARNING);
    status_code code = config_load(entries, ARRAY_LENGTH(entries), &settings, &st);
    if (code == STATUS_OK) {
        rpc_start();
        code = run(command, &settings, arguments, &exit_status, &st);
        rpc_stop();
    }
    if (code != STATUS_OK) {
        (void)fprintf(stderr, "ocrmesh-admin: %s\n", st.message);
        return exit_status != EXIT_SUCCESS ? exit_status : EXIT_FAILURE;
    }
    return exit_status;
}
