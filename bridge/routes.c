#include "bridge/routes.h"

#include "bridge/router.h"

static const struct route table[] = {
    {"POST", "/api/v1/ocr/", submit_job, CALLER_OF_TOKEN},
    {"GET", "/api/v1/ocr/", job_list, CALLER_OF_TOKEN},
    {"GET", "/api/v1/ocr/<uuid>/", job_get, CALLER_OF_TOKEN},
    {"DELETE", "/api/v1/ocr/<uuid>/", job_delete, CALLER_OF_TOKEN},
    {"GET", "/api/v1/ocr/<uuid>/events/", job_events_get, CALLER_OF_TOKEN},
    {"GET", "/api/v1/ocr/<uuid>/pages/<page>/image/", page_image_get, CALLER_OF_TOKEN},
    {"GET", "/api/v1/ocr/<uuid>/download/", download_get, CALLER_OF_TOKEN},
    {"GET", "/api/v1/ocr/<uuid>/webhook/", webhook_get, CALLER_OF_ACCOUNT},
    {"POST", "/api/v1/ocr/<uuid>/webhook/resend/", webhook_resend, CALLER_OF_ACCOUNT},
    {"POST", "/api/v1/chat/<uuid>/", chat_ask, CALLER_OF_ACCOUNT},
    {"GET", "/api/v1/chat/<uuid>/history/", chat_history_get, CALLER_OF_ACCOUNT},
    {"DELETE", "/api/v1/chat/<uuid>/history/", chat_history_delete, CALLER_OF_ACCOUNT},
    {"POST", "/api/v1/account/", account_create, CALLER_OF_ADDRESS},
    {"GET", "/api/v1/account/", account_get, CALLER_OF_TOKEN},
    {"DELETE", "/api/v1/account/", account_delete, CALLER_OF_OWNER},
    {"GET", "/api/v1/account/export/", account_export, CALLER_OF_OWNER},
    {"POST", "/api/v1/account/session/", session_create, CALLER_OF_ADDRESS},
    {"DELETE", "/api/v1/account/session/", session_delete, CALLER_OF_ADDRESS},
    {"POST", "/api/v1/account/password/", password_change, CALLER_OF_TOKEN},
    {"POST", "/api/v1/account/password/reset/", password_reset_request, CALLER_OF_ADDRESS},
    {"POST", "/api/v1/account/password/reset/confirm/", password_reset_confirm, CALLER_OF_ADDRESS},
    {"POST", "/api/v1/account/tokens/", token_create, CALLER_OF_TOKEN},
    {"GET", "/api/v1/account/tokens/", token_list, CALLER_OF_TOKEN},
    {"DELETE", "/api/v1/account/tokens/<id>/", token_delete, CALLER_OF_TOKEN},
    {"POST", "/api/v1/account/tokens/<id>/rotate/", token_rotate, CALLER_OF_TOKEN},
    {"GET", "/api/v1/account/webhook-secret/", webhook_secret_get, CALLER_OF_ACCOUNT},
    {"POST", "/api/v1/account/webhook-secret/rotate/", webhook_secret_rotate, CALLER_OF_ACCOUNT},
    {"GET", "/api/v1/account/usage/", usage_get, CALLER_OF_TOKEN},
    {"GET", "/api/v1/plans/", plan_list, CALLER_OF_TOKEN},
    {"GET", "/api/v1/limits/", limits_get, CALLER_OF_TOKEN},
    {"GET", "/api/v1/packs/", pack_list, CALLER_OF_TOKEN},
    {"POST", "/api/v1/account/purchases/", purchase_create, CALLER_OF_TOKEN},
    {"POST", "/api/v1/payments/stripe/", payment_event_receive, CALLER_NOBODY},
    {"GET", "/api/v1/languages/", language_list, CALLER_OF_TOKEN},
    {"GET", "/api/v1/tools/", tool_list, CALLER_OF_TOKEN},
    {"GET", "/api/v1/schemas/job.json", schema_job_get, CALLER_NOBODY},
    {"GET", "/api/v1/openapi.json", openapi_get, CALLER_NOBODY},
    {"GET", "/llms.txt", llms_text_get, CALLER_NOBODY},
    {"GET", "/", site_page_get, CALLER_NOBODY},
    {"GET", "/account/", site_page_get, CALLER_NOBODY},
    {"GET", "/pricing/", site_page_get, CALLER_NOBODY},
    {"GET", "/docs/", site_page_get, CALLER_NOBODY},
    {"GET", "/assets/<version>/<folder>/<file>", site_asset_get, CALLER_NOBODY},
    {"GET", "/healthz/", health_get, CALLER_NOBODY},
};

const struct route *routes(size_t *ret_count)
{
    *ret_count = ARRAY_LENGTH(table);
    return table;
}

/* The process turns; whether it can do its work is /readyz of the admin port. */
void health_get(struct exchange *exchange)
{
    exchange_respond_json(exchange, HTTP_STATUS_OK, STR("{\"status\":\"ok\"}\n"));
}
