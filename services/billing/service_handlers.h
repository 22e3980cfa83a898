#pragma once

/* The handlers that stand in files of their own, apart from their service's table; each is an
 * rpc_handler_function. */

#include "services/billing/service.h"

#define SERVICE_HANDLER(name)                                                                      \
    status_code name(struct rpc_call *call, const void *request, void *response, void *data,       \
                     struct status *st)

/* deletion_service.c */
SERVICE_HANDLER(service_export_account);
SERVICE_HANDLER(service_delete_account);
SERVICE_HANDLER(service_list_deleted_accounts);
SERVICE_HANDLER(service_confirm_account_purge);

/* account_token_service.c */
SERVICE_HANDLER(service_create_token);
SERVICE_HANDLER(service_list_tokens);
SERVICE_HANDLER(service_rotate_token);
SERVICE_HANDLER(service_delete_token);

/* plan_service.c */
SERVICE_HANDLER(service_list_plans);
SERVICE_HANDLER(service_list_usage);
SERVICE_HANDLER(service_spend_question);

/* purchase_service.c */
SERVICE_HANDLER(service_list_packs);
SERVICE_HANDLER(service_create_purchase);
SERVICE_HANDLER(service_receive_payment_event);

/* session_service.c */
SERVICE_HANDLER(service_create_session);
SERVICE_HANDLER(service_delete_session);
SERVICE_HANDLER(service_change_password);
SERVICE_HANDLER(service_request_password_reset);
SERVICE_HANDLER(service_reset_password);
