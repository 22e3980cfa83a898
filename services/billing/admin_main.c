/*
 * ocrmesh-admin: what operators ask of billing, from a terminal.
 *
 *     ocrmesh-admin grant ACCOUNT CREDITS [NOTE]
 *
 * ACCOUNT is an e-mail address or an account id. Exits 0 when it is done, 1 when billing refused
 * or could not be reached, 2 when the arguments make no sense.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/config/config.h"
#include "lib/rpc/client.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

enum {
    EXIT_USAGE = 2,
    CALL_TIMEOUT_MS = 30000, /* UNAVAILABLE is retried inside it */
    ARENA_MAX_BYTES = 1 << 20,
};

struct settings {
    const char *billing_target;
};

static const struct config_entry entries[] = {
    {"BILLING_TARGET", CONFIG_STRING, offsetof(struct settings, billing_target),
     "dns:///127.0.0.1:50052", "gRPC target of the billing service", 0, 0},
};

static const struct rpc_method grant_credits = {
    &ocrmesh__billing__v1__billing_admin_service__descriptor, "GrantCredits", RPC_UNARY};

static void print_usage(FILE *out)
{
    (void)fputs("Usage: ocrmesh-admin grant ACCOUNT CREDITS [NOTE]\n\n"
                "  ACCOUNT   e-mail address or account id\n"
                "  CREDITS   1 to 1000000000\n"
                "  NOTE      why, for the ledger\n\n",
                out);
    config_print_help(out, "ocrmesh-admin", "what operators ask of billing", entries,
                      ARRAY_LENGTH(entries));
}

/* The request id makes a repetition inside the call harmless: it grants once. */
static status_code grant(const struct settings *settings, const char *account,
                         int64_t amount_credits, const char *note, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
    Ocrmesh__Billing__V1__GrantCreditsRequest request =
        OCRMESH__BILLING__V1__GRANT_CREDITS_REQUEST__INIT;
    Ocrmesh__Billing__V1__GrantCreditsResponse *response = NULL;
    char request_id[RANDOM_ID_SIZE];

    if (arena == NULL)
        return FAIL_MEMORY(st);
    TRY(rpc_channel_new(&(struct rpc_channel_options){.target = settings->billing_target}, &channel,
                        st));
    random_id(request_id);
    request.account = (char *)account;
    request.amount_credits = amount_credits;
    request.request_id = request_id;
    request.note = (char *)note;
    TRY(rpc_unary(channel, &grant_credits,
                  &(struct rpc_call_options){.deadline = time_mono_after_ms(CALL_TIMEOUT_MS)},
                  &request, arena, &response, st));
    (void)printf("%s has %" PRId64 " credits\n", account, response->balance_credits);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct status st = {0};
    int64_t amount_credits;
    status_code code;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return EXIT_SUCCESS;
    }
    if (argc < 4 || argc > 5 || strcmp(argv[1], "grant") != 0 ||
        !str_to_int64(str_of(argv[3]), &amount_credits)) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    code = config_load(entries, ARRAY_LENGTH(entries), &settings, &st);
    if (code == STATUS_OK) {
        rpc_start();
        code = grant(&settings, argv[2], amount_credits, argc == 5 ? argv[4] : "", &st);
        rpc_stop();
    }
    if (code != STATUS_OK) {
        (void)fprintf(stderr, "ocrmesh-admin: %s\n", st.message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
