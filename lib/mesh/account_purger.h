#pragma once

/*
 * What a service keeps of accounts that were deleted goes, too: every ACCOUNT_PURGE_INTERVAL_MS
 * there is a round over all that billing names, until it is told that nothing is left. A crash of
 * any part, at any time, costs a round and nothing else; every replica does it, and none disturbs
 * another. Thread rule: any thread starts and stops it; `delete_all` runs on its own thread.
 */

#include <stdbool.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct account_purger;
struct billing_client;

enum { ACCOUNT_PURGE_INTERVAL_MS = 3000 };

/*
 * Deletes what a service keeps of an account. *ret_is_gone: nothing is left that could still come
 * to something.
 */
typedef status_code account_purge(void *arg, const char *account_id, bool *ret_is_gone,
                                  struct status *st);

/*
 * One account that fails keeps no other waiting.
 *
 * A purge is confirmed only where billing had said before that nothing of the account is reserved:
 * work that was under way may have stored its outcome at the last moment.
 *
 * @billing, @arg: borrowed; they outlive the purger.
 */
status_code account_purger_start(struct billing_client *billing, account_purge *delete_all,
                                 void *arg, struct account_purger **ret_purger,
                                 struct status *st) _must_check_;
/* Waits for a round that is under way. */
void account_purger_stop(struct account_purger *purger);
DEFINE_CLEANUP_NAMED(struct account_purger *, account_purger_stopp, account_purger_stop)

/* One round, on the caller's thread. Fails when billing cannot be asked. */
status_code account_purge_round(struct billing_client *billing, account_purge *delete_all,
                                void *arg, struct status *st) _must_check_;
