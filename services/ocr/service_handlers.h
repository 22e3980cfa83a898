#pragma once

/* The handlers of service.c's table and what they share; each is an rpc_handler_function. */

#include "services/ocr/job.h"
#include "services/ocr/service.h"

#define SERVICE_HANDLER(name)                                                                      \
    status_code name(struct rpc_call *call, const void *request, void *response, void *data,       \
                     struct status *st)

SERVICE_HANDLER(service_submit_job);
SERVICE_HANDLER(service_get_job);
SERVICE_HANDLER(service_get_document);
SERVICE_HANDLER(service_get_page_image);
SERVICE_HANDLER(service_watch_job);
SERVICE_HANDLER(service_cancel_job);
SERVICE_HANDLER(service_delete_job);
SERVICE_HANDLER(service_list_jobs);
SERVICE_HANDLER(service_list_languages);
SERVICE_HANDLER(service_list_tools);
SERVICE_HANDLER(service_get_queue);
SERVICE_HANDLER(service_find_missing_jobs);
SERVICE_HANDLER(service_get_webhook);
SERVICE_HANDLER(service_resend_webhook);
SERVICE_HANDLER(service_export_webhooks);
SERVICE_HANDLER(service_get_webhook_secret);
SERVICE_HANDLER(service_rotate_webhook_secret);

/* Deadline of one statement on behalf of a call: the call's own, or a short time from now. */
int64_t service_deadline(const struct rpc_call *call);

/* Who calls; in the call's arena. */
struct service_caller {
    const char *account_id; /* NULL: anonymous */
    const char *key;        /* account or address: whom limits count */
};

status_code service_identify(const struct ocr_service *service, struct rpc_call *call,
                             struct service_caller *ret_caller, struct status *st) _must_check_;

/* A job that the caller may see, as job_check_visible() says. `ret_caller` may be NULL. */
status_code service_find_job(const struct ocr_service *service, struct rpc_call *call,
                             const char *job_id, const struct job **ret_job,
                             struct service_caller *ret_caller, struct status *st) _must_check_;
