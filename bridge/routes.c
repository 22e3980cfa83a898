#include "bridge/routes.h"

#include "bridge/router.h"

static const struct route table[] = {
    {"POST", "/api/v1/ocr/", submit_job},
    {"GET", "/api/v1/ocr/", job_list},
    {"GET", "/api/v1/ocr/<uuid>/", job_get},
    {"DELETE", "/api/v1/ocr/<uuid>/", job_delete},
    {"GET", "/api/v1/ocr/<uuid>/download/", download_get},
    {"POST", "/api/v1/chat/<uuid>/", chat_ask},
    {"GET", "/api/v1/chat/<uuid>/history/", chat_history_get},
    {"DELETE", "/api/v1/chat/<uuid>/history/", chat_history_delete},
    {"POST", "/api/v1/account/", account_create},
    {"GET", "/api/v1/account/", account_get},
    {"POST", "/api/v1/account/session/", session_create},
    {"DELETE", "/api/v1/account/session/", session_delete},
    {"POST", "/api/v1/account/password/", password_change},
    {"POST", "/api/v1/account/password/reset/", password_reset_request},
    {"POST", "/api/v1/account/password/reset/confirm/", password_reset_confirm},
    {"POST", "/api/v1/account/tokens/", token_create},
    {"GET", "/api/v1/account/tokens/", token_list},
    {"DELETE", "/api/v1/account/tokens/<id>/", token_delete},
    {"POST", "/api/v1/account/tokens/<id>/rotate/", token_rotate},
    {"GET", "/api/v1/languages/", language_list},
    {"GET", "/api/v1/tools/", tool_list},
    {"GET", "/api/v1/schemas/job.json", schema_job_get},
    {"GET", "/healthz/", health_get},
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
