/*
 * What the API is, for programs: its description in OpenAPI 3.1, the JSON Schema of an exported
 * job, and /llms.txt (API: B20, Formats out). All of it is in the program.
 */

#include <inttypes.h>
#include <stdio.h>

#include "bridge/http/entity_tag.h"
#include "bridge/http/exchange.h"
#include "bridge/routes.h"

enum { TAG_SIZE = 24 };

/* Made of bridge/openapi.json, bridge/schemas/job.json and bridge/llms.txt. */
extern const unsigned char openapi[], schema_job[], llms_text[];
extern const size_t openapi_size, schema_job_size, llms_text_size;

/* FNV-1a (Fowler, Noll, Vo): tells one version of the text from another. */
static uint64_t hash(struct str text)
{
    uint64_t value = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < text.n; i++)
        value = (value ^ (unsigned char)text.p[i]) * UINT64_C(1099511628211);
    return value;
}

/* The same for everybody, and no secret. */
static void answer(struct exchange *exchange, const char *media_type, const unsigned char *bytes,
                   size_t size)
{
    struct str text = {(const char *)bytes, size};
    char tag[TAG_SIZE];
    bool is_known;

    (void)snprintf(tag, sizeof(tag), "\"%016" PRIx64 "\"", hash(text));
    is_known = entity_tag_is_listed(exchange, "if-none-match", str_of(tag), ENTITY_TAG_WEAK);
    exchange_add_header(exchange, "etag", "%s", tag);
    exchange_add_header(exchange, "cache-control", "public, max-age=3600");
    if (!is_known)
        exchange_add_header(exchange, "content-type", "%s", media_type);
    exchange_respond(exchange, is_known ? HTTP_STATUS_NOT_MODIFIED : HTTP_STATUS_OK);
    if (!is_known)
        (void)exchange_write(exchange, text);
    exchange_end(exchange);
}

void openapi_get(struct exchange *exchange)
{
    answer(exchange, "application/json", openapi, openapi_size);
}

void schema_job_get(struct exchange *exchange)
{
    answer(exchange, "application/schema+json", schema_job, schema_job_size);
}

void llms_text_get(struct exchange *exchange)
{
    answer(exchange, "text/plain; charset=utf-8", llms_text, llms_text_size);
}
