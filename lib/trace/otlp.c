#include "lib/trace/otlp.h"

#include <string.h>

#include "lib/base/hex.h"
#include "otlp-protos.h"

typedef Opentelemetry__Proto__Collector__Trace__V1__ExportTraceServiceRequest export_request;
typedef Opentelemetry__Proto__Trace__V1__ResourceSpans resource_spans;
typedef Opentelemetry__Proto__Trace__V1__ScopeSpans scope_spans;
typedef Opentelemetry__Proto__Trace__V1__Span proto_span;
typedef Opentelemetry__Proto__Trace__V1__Status proto_status;
typedef Opentelemetry__Proto__Resource__V1__Resource proto_resource;
typedef Opentelemetry__Proto__Common__V1__InstrumentationScope proto_scope;
typedef Opentelemetry__Proto__Common__V1__KeyValue key_value;
typedef Opentelemetry__Proto__Common__V1__AnyValue any_value;

/* --- lists --- */

/* Without "%41"; NULL when out of memory or when it holds a control character. */
static const char *decode(struct str text, struct arena *arena)
{
    char *decoded = text.n <= OTLP_PAIR_MAX_BYTES ? arena_alloc(arena, text.n + 1) : NULL;
    size_t length = 0;

    if (decoded == NULL)
        return NULL;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (c == '%' && i + 2 < text.n && hex_value(text.p[i + 1]) >= 0 &&
            hex_value(text.p[i + 2]) >= 0) {
            c = (char)(hex_value(text.p[i + 1]) << 4 | hex_value(text.p[i + 2]));
            i += 2;
        }
        if ((unsigned char)c < 0x20 || c == 0x7f)
            return NULL;
        decoded[length++] = c;
    }
    decoded[length] = '\0';
    return decoded;
}

status_code otlp_parse_pairs(const char *text, const char *variable, struct arena *arena,
                             struct otlp_pairs *ret_pairs, struct status *st)
{
    struct otlp_pairs pairs = {.count = 0};
    struct str rest = str_of(text), token;

    while (str_next_token(&rest, ',', &token)) {
        struct str pair = str_trim(token);
        const char *equals = pair.n > 0 ? memchr(pair.p, '=', pair.n) : NULL;

        if (pair.n == 0)
            continue;
        if (equals == NULL || equals == pair.p || pairs.count == OTLP_PAIRS_MAX)
            return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                        "%s must be at most %d pairs name=value with commas between", variable,
                        OTLP_PAIRS_MAX);
        size_t name_length = (size_t)(equals - pair.p);
        struct str name = str_trim((struct str){pair.p, name_length});
        struct str value = str_trim((struct str){equals + 1, pair.n - name_length - 1});
        struct otlp_pair *entry = &pairs.entries[pairs.count++];
        entry->name = decode(name, arena);
        entry->value = decode(value, arena);
        if (entry->name == NULL || entry->value == NULL)
            return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                        "%s holds a value that is longer than %d bytes or not plain text", variable,
                        OTLP_PAIR_MAX_BYTES);
    }
    *ret_pairs = pairs;
    return STATUS_OK;
}

/* --- messages --- */

static key_value *new_pair(struct arena *arena, const char *key)
{
    key_value *pair = ARENA_NEW(arena, key_value);
    any_value *value = ARENA_NEW(arena, any_value);

    if (pair == NULL || value == NULL)
        return NULL;
    opentelemetry__proto__common__v1__key_value__init(pair);
    opentelemetry__proto__common__v1__any_value__init(value);
    pair->key = (char *)key;
    pair->value = value;
    return pair;
}

static key_value *text_pair(struct arena *arena, const char *key, const char *text)
{
    key_value *pair = new_pair(arena, key);

    if (pair == NULL)
        return NULL;
    pair->value->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_STRING_VALUE;
    pair->value->string_value = (char *)text;
    return pair;
}

static key_value *integer_pair(struct arena *arena, const char *key, int64_t integer)
{
    key_value *pair = new_pair(arena, key);

    if (pair == NULL)
        return NULL;
    pair->value->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_INT_VALUE;
    pair->value->int_value = integer;
    return pair;
}

static bool fill_attributes(proto_span *out, const struct trace_span *span, struct arena *arena)
{
    out->attributes = ARENA_NEW_ARRAY(arena, key_value *, span->attribute_count + 1);
    if (out->attributes == NULL)
        return false;
    for (size_t i = 0; i < span->attribute_count; i++) {
        const struct trace_attribute *attribute = &span->attributes[i];
        key_value *pair = attribute->is_text
                              ? text_pair(arena, attribute->key, attribute->text)
                              : integer_pair(arena, attribute->key, attribute->integer);

        if (pair == NULL)
            return false;
        out->attributes[out->n_attributes++] = pair;
    }
    out->dropped_attributes_count = (uint32_t)span->attributes_dropped;
    return true;
}

static proto_span *make_span(struct trace_span *span, struct arena *arena)
{
    proto_span *out = ARENA_NEW(arena, proto_span);
    proto_status *status = ARENA_NEW(arena, proto_status);

    if (out == NULL || status == NULL)
        return NULL;
    opentelemetry__proto__trace__v1__span__init(out);
    out->trace_id = (ProtobufCBinaryData){TRACE_ID_BYTES, span->context.trace_id};
    out->span_id = (ProtobufCBinaryData){SPAN_ID_BYTES, span->context.span_id};
    if (span->has_parent)
        out->parent_span_id = (ProtobufCBinaryData){SPAN_ID_BYTES, span->parent_id};
    out->trace_state = span->context.state;
    out->flags = 1; /* the W3C flags: sampled */
    out->name = span->name;
    out->kind = (Opentelemetry__Proto__Trace__V1__Span__SpanKind)span->kind;
    out->start_time_unix_nano = (uint64_t)span->start_wall_ns;
    out->end_time_unix_nano = (uint64_t)span->end_wall_ns;
    if (span->has_failed) {
        opentelemetry__proto__trace__v1__status__init(status);
        status->code = OPENTELEMETRY__PROTO__TRACE__V1__STATUS__STATUS_CODE__STATUS_CODE_ERROR;
        out->status = status;
    }
    return fill_attributes(out, span, arena) ? out : NULL;
}

static proto_resource *make_resource(const struct otlp_pairs *pairs, struct arena *arena)
{
    proto_resource *resource = ARENA_NEW(arena, proto_resource);

    if (resource == NULL)
        return NULL;
    opentelemetry__proto__resource__v1__resource__init(resource);
    resource->attributes = ARENA_NEW_ARRAY(arena, key_value *, pairs->count + 1);
    if (resource->attributes == NULL)
        return NULL;
    for (size_t i = 0; i < pairs->count; i++) {
        key_value *pair = text_pair(arena, pairs->entries[i].name, pairs->entries[i].value);

        if (pair == NULL)
            return NULL;
        resource->attributes[resource->n_attributes++] = pair;
    }
    return resource;
}

bool otlp_encode(struct trace_span *const *spans, size_t count, const struct otlp_pairs *resource,
                 struct arena *arena, struct str *ret_body)
{
    proto_span **list = ARENA_NEW_ARRAY(arena, proto_span *, count);
    proto_scope scope = OPENTELEMETRY__PROTO__COMMON__V1__INSTRUMENTATION_SCOPE__INIT;
    scope_spans of_scope = OPENTELEMETRY__PROTO__TRACE__V1__SCOPE_SPANS__INIT;
    scope_spans *scopes[] = {&of_scope};
    resource_spans of_resource = OPENTELEMETRY__PROTO__TRACE__V1__RESOURCE_SPANS__INIT;
    resource_spans *resources[] = {&of_resource};
    export_request request =
        OPENTELEMETRY__PROTO__COLLECTOR__TRACE__V1__EXPORT_TRACE_SERVICE_REQUEST__INIT;

    if (list == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        list[i] = make_span(spans[i], arena);
        if (list[i] == NULL)
            return false;
    }
    scope.name = (char *)"ocrmesh";
    of_scope.scope = &scope;
    of_scope.n_spans = count;
    of_scope.spans = list;
    of_resource.resource = make_resource(resource, arena);
    if (of_resource.resource == NULL)
        return false;
    of_resource.n_scope_spans = ARRAY_LENGTH(scopes);
    of_resource.scope_spans = scopes;
    request.n_resource_spans = ARRAY_LENGTH(resources);
    request.resource_spans = resources;

    size_t size =
        opentelemetry__proto__collector__trace__v1__export_trace_service_request__get_packed_size(
            &request);
    uint8_t *body = arena_alloc(arena, size);
    if (body == NULL)
        return false;
    (void)opentelemetry__proto__collector__trace__v1__export_trace_service_request__pack(&request,
                                                                                         body);
    *ret_body = (struct str){(const char *)body, size};
    return true;
}
