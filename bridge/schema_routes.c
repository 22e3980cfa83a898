/*
 * GET /api/v1/schemas/job.json: the JSON Schema of an exported job (API: Formats out).
 */

#include "bridge/http/exchange.h"
#include "bridge/routes.h"

/* Made of bridge/schemas/job.json. */
extern const unsigned char schema_job[];
extern const size_t schema_job_size;

void schema_job_get(struct exchange *exchange)
{
    exchange_add_header(exchange, "content-type", "application/schema+json");
    /* The same for everybody, and no secret. */
    exchange_add_header(exchange, "cache-control", "public, max-age=3600");
    exchange_respond(exchange, HTTP_STATUS_OK);
    (void)exchange_write(exchange, (struct str){(const char *)schema_job, schema_job_size});
    exchange_end(exchange);
}
