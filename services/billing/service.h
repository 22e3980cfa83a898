#pragma once

/*
 * The RPC handlers: they check input, call the domain and fill the reply. Any thread.
 */

#include <stdint.h>

#include "lib/rpc/server.h"
#include "services/billing/purchases/stripe_checkout.h"
#include "services/billing/sign_in/mail.h"

struct db;
struct gate;
struct metrics;
struct password_hasher;

/* Of exports of accounts, which take as long as who asked for them reads: so few of the server's
 * threads that those who read slowly keep nobody from being charged. */
enum { BILLING_EXPORTS_MAX = 16, BILLING_EXPORTS_PER_CALLER_MAX = 2 };
/* Of purchases, which take as long as the payment provider does. */
enum { BILLING_PURCHASES_MAX = 16, BILLING_PURCHASES_PER_CALLER_MAX = 2 };

/* What every handler gets; all of it is borrowed. */
struct billing_service {
    struct db *db;
    struct password_hasher *hasher;
    struct metrics *metrics;
    struct gate *exports_gate;
    struct gate *purchases_gate;
    int64_t reservation_lifetime_ms;
    struct stripe_settings stripe;
    int64_t session_lifetime_ms;
    int64_t sign_ups_per_address; /* 0: no limit */
    struct mail_settings mail;
};

struct rpc_service billing_service_table(struct billing_service *service);
struct rpc_service billing_account_service_table(struct billing_service *service);
struct rpc_service billing_admin_service_table(struct billing_service *service);

/* When the work for a call must be over: its own deadline, and BILLING_TIMEOUT_MS at most. */
enum { BILLING_TIMEOUT_MS = 20000 };
int64_t billing_deadline(const struct rpc_call *call);
