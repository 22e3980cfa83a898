#pragma once

/*
 * `struct status` to and from google.rpc.Status, the bytes of "grpc-status-details-bin".
 *
 * Out: ErrorInfo when there is a reason (domain "ocrmesh", metadata from the facts), BadRequest
 * when there is a field, RetryInfo when there is a time, QuotaFailure for RESOURCE_EXHAUSTED with
 * a "cap" fact. In: the same; details of other types are passed over. Any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

#define STATUS_DETAILS_DOMAIN "ocrmesh" /* ErrorInfo.domain */

/* Empty when there is nothing to say beyond code and message, or when out of memory. */
struct str status_details_encode(const struct status *st, struct arena *arena);
/* Completes *st, whose code and message are set already. Bytes that do not decode are ignored. */
void status_details_decode(struct str bytes, struct status *st);
