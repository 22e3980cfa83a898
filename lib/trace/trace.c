#include "lib/trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/trace/span.h"
#include "lib/trace/tracing.h"

struct tracing tracing;

bool trace_is_on(void)
{
    return atomic_load_explicit(&tracing.is_on, memory_order_acquire);
}

/* --- sampling --- */

/* The lower half of the trace id, less a bit, against the ratio: as the SDKs of other languages do
 * it, so that services in between decide alike. */
static bool is_in_ratio(const uint8_t trace_id[static TRACE_ID_BYTES])
{
    uint64_t low = 0;

    for (size_t i = TRACE_ID_BYTES / 2; i < TRACE_ID_BYTES; i++)
        low = low << 8 | trace_id[i];
    return (double)(low >> 1) < tracing.options.ratio * 0x1p63;
}

static bool is_sampled(const uint8_t trace_id[static TRACE_ID_BYTES])
{
    switch (tracing.options.sampling) {
    case TRACE_SAMPLE_ALL:
        return true;
    case TRACE_SAMPLE_NONE:
        return false;
    case TRACE_SAMPLE_RATIO:
        return is_in_ratio(trace_id);
    }
    return false;
}

/* --- spans --- */

static struct trace_span *span_new(trace_kind kind, const char *name)
{
    struct trace_span *span = malloc(sizeof(*span));

    if (span == NULL)
        return NULL;
    /* Not the bytes of the attributes. */
    memset(span, 0, offsetof(struct trace_span, attributes));
    span->text_length = 0;
    span->kind = kind;
    span->start_wall_ns = time_wall();
    span->start_mono_ns = time_mono();
    (void)snprintf(span->name, sizeof(span->name), "%s", name);
    return span;
}

static struct trace_span *begin(trace_kind kind, const char *name,
                                const struct trace_context *parent, struct trace_context context,
                                struct trace_context *ret_context)
{
    struct trace_span *span = span_new(kind, name);

    if (span == NULL) { /* what is below it hangs on what is above */
        *ret_context = *parent;
        return NULL;
    }
    random_bytes(context.span_id, SPAN_ID_BYTES);
    span->context = context;
    span->has_parent = parent->is_valid;
    memcpy(span->parent_id, parent->span_id, SPAN_ID_BYTES);
    *ret_context = context;
    return span;
}

struct trace_span *trace_span_begin_below(trace_kind kind, const char *name,
                                          const struct trace_context *parent,
                                          struct trace_context *ret_context)
{
    const struct trace_context context = *parent; /* may be the one that is filled */

    if (!trace_is_on() || !context.is_valid || !context.is_sampled) {
        *ret_context = context;
        return NULL;
    }
    return begin(kind, name, &context, context, ret_context);
}

struct trace_span *trace_span_begin(trace_kind kind, const char *name,
                                    const struct trace_context *parent,
                                    struct trace_context *ret_context)
{
    const struct trace_context given = *parent;
    struct trace_context context = given;

    if (!trace_is_on()) {
        *ret_context = given;
        return NULL;
    }
    if (!context.is_valid) {
        context.is_valid = true;
        random_bytes(context.trace_id, TRACE_ID_BYTES);
        context.is_sampled = is_sampled(context.trace_id);
    } else if (!tracing.options.is_parent_based) {
        context.is_sampled = is_sampled(context.trace_id);
    }
    if (!context.is_sampled) {
        if (!given.is_valid)
            random_bytes(context.span_id, SPAN_ID_BYTES);
        *ret_context = context;
        return NULL;
    }
    return begin(kind, name, &given, context, ret_context);
}

void trace_span_rename(struct trace_span *span, const char *name)
{
    if (span != NULL)
        (void)snprintf(span->name, sizeof(span->name), "%s", name);
}

void trace_span_set_start(struct trace_span *span, int64_t wall_ns)
{
    if (span == NULL)
        return;
    span->start_mono_ns -= span->start_wall_ns - wall_ns;
    span->start_wall_ns = wall_ns;
}

static struct trace_attribute *add(struct trace_span *span, const char *key)
{
    if (span->attribute_count == TRACE_ATTRIBUTES_MAX) {
        span->attributes_dropped++;
        return NULL;
    }
    struct trace_attribute *attribute = &span->attributes[span->attribute_count++];
    *attribute = (struct trace_attribute){.key = key};
    return attribute;
}

void trace_span_text(struct trace_span *span, const char *key, struct str value)
{
    if (span == NULL)
        return;
    if (value.n >= sizeof(span->text) - span->text_length) {
        span->attributes_dropped++;
        return;
    }
    struct trace_attribute *attribute = add(span, key);
    if (attribute == NULL)
        return;
    char *text = span->text + span->text_length;
    if (value.n > 0)
        memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    span->text_length += value.n + 1;
    attribute->is_text = true;
    attribute->text = text;
}

void trace_span_integer(struct trace_span *span, const char *key, int64_t value)
{
    struct trace_attribute *attribute = span != NULL ? add(span, key) : NULL;

    if (attribute != NULL)
        attribute->integer = value;
}

void trace_span_fail(struct trace_span *span, const char *error_type)
{
    if (span == NULL)
        return;
    span->has_failed = true;
    trace_span_text(span, "error.type", str_of(error_type));
}

void trace_span_end(struct trace_span *span)
{
    if (span == NULL)
        return;
    span->end_wall_ns = span->start_wall_ns + (time_mono() - span->start_mono_ns);
    if (trace_is_on())
        tracing.hand_in(tracing.exporter, span);
    else
        free(span);
}

void trace_span_drop(struct trace_span *span)
{
    free(span);
}
