#pragma once

/*
 * Domain values as messages of ocrmesh.billing.v1, in an arena; NULL when it has no room.
 * Any thread.
 */

#include "lib/base/arena.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"
#include "services/billing/accounts/account.h"
#include "services/billing/accounts/account_token.h"
#include "services/billing/ledger/question.h"
#include "services/billing/ledger/usage.h"

Ocrmesh__Billing__V1__Plan *message_plan(const struct plan *plan, struct arena *arena);
Ocrmesh__Billing__V1__Principal *message_principal(const struct principal *principal,
                                                   struct arena *arena);
Ocrmesh__Billing__V1__RequestRate *message_rate(const struct request_rate *rate,
                                                struct arena *arena);
Ocrmesh__Billing__V1__Account *message_account(const struct account_state *state,
                                               struct arena *arena);
Ocrmesh__Billing__V1__QuestionQuota *message_questions(const struct question_count *count,
                                                       struct arena *arena);
Ocrmesh__Billing__V1__Token *message_token(const struct account_token *token, struct arena *arena);
/* `usage` is in the same arena. False when it has no room. */
bool message_usage(const struct usage *usage, struct arena *arena,
                   Ocrmesh__Billing__V1__ListUsageResponse *response);
