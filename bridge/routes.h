#pragma once

/*
 * The handlers of the public surface, by resource; router.h finds them by the table in routes.c.
 *
 * Each starts the answer of one exchange and returns at once. Thread rule: the loop thread.
 */

struct exchange;

/* submit.c */
void submit_job(struct exchange *exchange);
/* job_routes.c */
void job_get(struct exchange *exchange);
void job_delete(struct exchange *exchange);
void job_list(struct exchange *exchange);
/* job_events.c */
void job_events_get(struct exchange *exchange);
/* page_image.c */
void page_image_get(struct exchange *exchange);
/* download.c */
void download_get(struct exchange *exchange);
/* account_routes.c */
void account_create(struct exchange *exchange);
void account_get(struct exchange *exchange);
void account_delete(struct exchange *exchange);
/* export_routes.c */
void account_export(struct exchange *exchange);
/* session_routes.c */
void session_create(struct exchange *exchange);
void session_delete(struct exchange *exchange);
/* password_routes.c */
void password_change(struct exchange *exchange);
void password_reset_request(struct exchange *exchange);
void password_reset_confirm(struct exchange *exchange);
/* token_routes.c */
void token_create(struct exchange *exchange);
void token_list(struct exchange *exchange);
void token_rotate(struct exchange *exchange);
void token_delete(struct exchange *exchange);
/* catalog_routes.c */
void language_list(struct exchange *exchange);
void tool_list(struct exchange *exchange);
/* plan_routes.c */
void plan_list(struct exchange *exchange);
void limits_get(struct exchange *exchange);
/* usage_routes.c */
void usage_get(struct exchange *exchange);
/* purchase_routes.c */
void pack_list(struct exchange *exchange);
void purchase_create(struct exchange *exchange);
void payment_event_receive(struct exchange *exchange);
/* webhook_routes.c */
void webhook_get(struct exchange *exchange);
void webhook_resend(struct exchange *exchange);
void webhook_secret_get(struct exchange *exchange);
void webhook_secret_rotate(struct exchange *exchange);
/* chat_ask.c */
void chat_ask(struct exchange *exchange);
/* chat_history.c */
void chat_history_get(struct exchange *exchange);
void chat_history_delete(struct exchange *exchange);
/* description_routes.c */
void openapi_get(struct exchange *exchange);
void schema_job_get(struct exchange *exchange);
void llms_text_get(struct exchange *exchange);
/* site_routes.c */
void site_page_get(struct exchange *exchange);
void site_asset_get(struct exchange *exchange);
/* routes.c */
void health_get(struct exchange *exchange);
