#pragma once

/* The handlers of service.c's table and what they share; each is an rpc_handler_function. */

#include <stdbool.h>
#include <stdint.h>

#include "lib/rpc/caller.h"
#include "ocrmesh/chat/v1/chat_service.pb-c.h"
#include "services/chat/conversation.h"
#include "services/chat/document_cache.h"
#include "services/chat/service.h"

#define SERVICE_HANDLER(name)                                                                      \
    status_code name(struct rpc_call *call, const void *request, void *response, void *data,       \
                     struct status *st)

SERVICE_HANDLER(service_ask_question);
SERVICE_HANDLER(service_get_conversation);
SERVICE_HANDLER(service_delete_conversation);
SERVICE_HANDLER(service_search_passages);
SERVICE_HANDLER(service_list_passages);

/* Of what repeats in a reply, so that the message stays below RPC_MESSAGE_MAX_BYTES. */
enum { SERVICE_REPLY_BYTES = 640 << 10 };

/* Deadline of one statement on behalf of a call: the call's own, or a short time from now. */
int64_t service_deadline(const struct rpc_call *call);

/* Who calls, and how a neighbour is asked on the caller's behalf. Stays where it was filled in,
 * being zero before; text in the call's arena. */
struct service_caller {
    struct rpc_caller identity;
    const char *account_id;
    const char *key; /* whom limits count */
    struct rpc_metadata_entry metadata[RPC_CALLER_FORWARD_MAX];
    struct rpc_call_options options;
};

/* MISSING_TOKEN for an anonymous caller. */
status_code service_identify(const struct chat_service *service, struct rpc_call *call,
                             struct service_caller *ret_caller, struct status *st) _must_check_;

struct service_job {
    const char *id;
    int64_t expire_time; /* wall nanoseconds */
};

/* A job that the caller may see, as ocr says: JOB_NOT_FOUND, JOB_EXPIRED. */
status_code service_find_job(const struct chat_service *service, struct rpc_call *call,
                             const struct service_caller *caller, const char *job_id,
                             struct service_job *ret_job, struct status *st) _must_check_;
/* One that has a document, too: else JOB_NOT_DONE. */
status_code service_find_done_job(const struct chat_service *service, struct rpc_call *call,
                                  const struct service_caller *caller, const char *job_id,
                                  struct service_job *ret_job, struct status *st) _must_check_;

/* The document's index. `caller->options` must have a deadline. */
status_code service_load_document(const struct chat_service *service,
                                  const struct service_caller *caller,
                                  const struct service_job *job,
                                  struct cached_document **ret_document,
                                  struct status *st) _must_check_;

/* A text that somebody asks: not empty, valid UTF-8, at most QUESTION_MAX_BYTES. */
status_code service_check_question(const char *field, const char *text,
                                   struct status *st) _must_check_;

/* At most REQUEST_ID_MAX_BYTES of valid UTF-8. */
status_code service_check_request_id(const char *request_id, struct status *st) _must_check_;

/* A page's size: 1 to `max`, 0 is `normal`; and its token, a number from `first` on, which "" is.
 * INVALID_FIELD else. */
status_code service_read_page_size(int32_t given, int32_t max, int32_t normal, int32_t *ret_size,
                                   struct status *st) _must_check_;
status_code service_read_page_token(const char *given, int32_t first, int32_t *ret_number,
                                    struct status *st) _must_check_;
