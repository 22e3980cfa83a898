#pragma once

/*
 * What the services ask of billing: who calls and what they may, reservations, questions, and whose
 * data is to go.
 *
 * Thread rule: any thread; calls block. Every failure is billing's own status, passed on; it never
 * names a token.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "ocrmesh/ocr/v1/job.pb-c.h"

struct rpc_call;
struct rpc_caller;
struct rpc_channel;

struct billing_client;

/* Whose a call is, and what the plan allows. Text lives in the arena of the call that asked. */
struct principal {
    const char *account_id; /* NULL: anonymous */
    const char *key;        /* account or address: whom quotas and fairness count */
    int32_t pages_per_file;
    int64_t bytes_per_file;
    int32_t jobs_at_once; /* 0: no limit */
    int32_t queue_priority;
    int64_t retention_seconds;
};

struct reservation {
    const char *id; /* in the arena */
    int64_t reserved_credits;
    int64_t expire_time; /* wall nanoseconds */
};

/*
 * @channel: to billing; taken.
 * @service: as who it is asked for deleted accounts, such as "ocr"; static.
 */
status_code billing_client_new(struct rpc_channel *channel, const char *service,
                               struct billing_client **ret_client, struct status *st) _must_check_;
void billing_client_free(struct billing_client *client);
DEFINE_CLEANUP(struct billing_client *, billing_client)

/* Waits until billing has been reached once, or fails with UNAVAILABLE at the deadline. */
status_code billing_client_wait_first_ready(struct billing_client *client, int64_t deadline,
                                            struct status *st) _must_check_;

/* Who `caller` is. `call` lends its deadline and cancellation; text in its arena. */
status_code billing_client_authenticate(struct billing_client *client, struct rpc_call *call,
                                        const struct rpc_caller *caller,
                                        struct principal *ret_principal,
                                        struct status *st) _must_check_;
/* The same, also while its account is suspended: for taking what is its owner's. */
status_code billing_client_authenticate_owner(struct billing_client *client, struct rpc_call *call,
                                              const struct rpc_caller *caller,
                                              struct principal *ret_principal,
                                              struct status *st) _must_check_;

/*
 * Holds the price of `pages` for a job; the same job id gets the same reservation again. Goes on
 * when `call` is cancelled, so that what was reserved is known and can be released.
 *
 * @validate_only: only say whether it would be granted and what it costs.
 */
status_code billing_client_reserve(struct billing_client *client, struct rpc_call *call,
                                   const struct rpc_caller *caller,
                                   const struct principal *principal, const char *job_id,
                                   Ocrmesh__Ocr__V1__Tier tier, int32_t pages, bool validate_only,
                                   struct reservation *ret_reservation,
                                   struct status *st) _must_check_;

/*
 * Counts a question of the account against its plan; the same request id counts once.
 *
 * Fails with OUT_OF_QUESTIONS (facts "used", "cap", "period", "resets_at").
 */
status_code billing_client_spend_question(struct billing_client *client, struct rpc_call *call,
                                          const struct rpc_caller *caller, const char *account_id,
                                          const char *request_id, struct status *st) _must_check_;

/* An account that was deleted. */
struct billing_deleted {
    const char *account_id;
    bool is_settled; /* nothing of it is reserved */
};

/* Accounts whose data is to be deleted, in the arena; and that nothing is left of one. */
status_code billing_client_list_deleted(struct billing_client *client, struct arena *arena,
                                        const struct billing_deleted **ret_list, size_t *ret_count,
                                        struct status *st) _must_check_;
status_code billing_client_confirm_purge(struct billing_client *client, const char *account_id,
                                         struct status *st) _must_check_;

/* These act for the service itself; repeating them changes nothing. */
status_code billing_client_commit(struct billing_client *client, const char *reservation_id,
                                  int32_t pages, int64_t *ret_charged_credits,
                                  struct status *st) _must_check_;
status_code billing_client_release(struct billing_client *client, const char *reservation_id,
                                   struct status *st) _must_check_;
/* Of what was reserved for the job, where the answer to billing_client_reserve() never came. */
status_code billing_client_release_job(struct billing_client *client, const char *job_id,
                                       struct status *st) _must_check_;
status_code billing_client_extend(struct billing_client *client, const char *reservation_id,
                                  int64_t *ret_expire_time, struct status *st) _must_check_;
