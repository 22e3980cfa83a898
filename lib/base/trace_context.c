#include "lib/base/trace_context.h"

#include <string.h>

#include "lib/base/hex.h"

enum {
    VERSION_AT = 0,
    TRACE_ID_AT = 3,
    SPAN_ID_AT = TRACE_ID_AT + 2 * TRACE_ID_BYTES + 1,
    FLAGS_AT = SPAN_ID_AT + 2 * SPAN_ID_BYTES + 1,
    LENGTH = FLAGS_AT + 2, /* of version 00 */
    FLAG_SAMPLED = 0x01,
    STATE_KEY_MAX = 256,
    STATE_VALUE_MAX = 256,
    STATE_MEMBER_LARGE = 128, /* such are the first to go: §3.3.1.5 */
    VERSION_INVALID = 0xff,
};

static _Thread_local struct trace_context current;

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Lower case alone (§3.2.2). */
static bool read_hex(const char *text, uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *digits = text + 2 * i;
        int high = hex_value(digits[0]), low = hex_value(digits[1]);

        if (high < 0 || low < 0 || is_upper(digits[0]) || is_upper(digits[1]))
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

bool trace_context_parse(struct str traceparent, struct trace_context *ret_context)
{
    struct trace_context context = {.is_valid = true};
    const char *text = traceparent.p;
    uint8_t version, flags;

    *ret_context = (struct trace_context){.is_valid = false};
    if (traceparent.n < LENGTH || text[TRACE_ID_AT - 1] != '-' || text[SPAN_ID_AT - 1] != '-' ||
        text[FLAGS_AT - 1] != '-')
        return false;
    if (!read_hex(text + VERSION_AT, &version, 1) || version == VERSION_INVALID ||
        !read_hex(text + TRACE_ID_AT, context.trace_id, TRACE_ID_BYTES) ||
        !read_hex(text + SPAN_ID_AT, context.span_id, SPAN_ID_BYTES) ||
        !read_hex(text + FLAGS_AT, &flags, 1))
        return false;
    if (traceparent.n > LENGTH && (version == 0 || text[LENGTH] != '-'))
        return false;
    if (is_zero(context.trace_id, TRACE_ID_BYTES) || is_zero(context.span_id, SPAN_ID_BYTES))
        return false;
    context.is_sampled = (flags & FLAG_SAMPLED) != 0;
    *ret_context = context;
    return true;
}

static bool is_state_key(struct str key)
{
    if (key.n == 0 || key.n > STATE_KEY_MAX)
        return false;
    for (size_t i = 0; i < key.n; i++) {
        const char c = key.p[i];
        const bool may_begin = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (!may_begin && (i == 0 || c == '\0' || strchr("_-*/@", c) == NULL))
            return false;
    }
    return true;
}

/* It does not end in a space, for that is trimmed off. */
static bool is_state_value(struct str value)
{
    if (value.n == 0 || value.n > STATE_VALUE_MAX)
        return false;
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < ' ' || value.p[i] > '~' || value.p[i] == '=')
            return false;
    return true;
}

static bool is_state_member(struct str member)
{
    struct str rest = member, key;

    return str_next_token(&rest, '=', &key) && rest.p != NULL && is_state_key(key) &&
           is_state_value(rest);
}

/* How many members the list has, empty ones aside, and in *ret_bytes their sum; -1: malformed. */
static int count_state(struct str list, size_t *ret_bytes)
{
    struct str member;
    int count = 0;

    *ret_bytes = 0;
    while (str_next_token(&list, ',', &member)) {
        member = str_trim(member);
        if (member.n == 0)
            continue;
        if (!is_state_member(member))
            return -1;
        *ret_bytes += member.n + 1; /* its comma */
        count++;
    }
    return count;
}

void trace_context_add_state(struct trace_context *context, struct str tracestate)
{
    const size_t before = strlen(context->state);
    size_t bytes, bytes_before;
    struct str member;

    int count = count_state(tracestate, &bytes);
    int all = count + count_state(str_of(context->state), &bytes_before);
    if (!context->is_valid || count <= 0 || all > TRACESTATE_MEMBERS_MAX)
        return;
    const bool is_too_long = bytes + bytes_before > TRACESTATE_SIZE;
    size_t length = before;
    while (str_next_token(&tracestate, ',', &member)) {
        member = str_trim(member);
        if (member.n == 0 || (is_too_long && member.n > STATE_MEMBER_LARGE))
            continue;
        if (length + (length > 0) + member.n >= TRACESTATE_SIZE)
            break;
        if (length > 0)
            context->state[length++] = ',';
        memcpy(context->state + length, member.p, member.n);
        length += member.n;
    }
    context->state[length] = '\0';
}

void trace_context_ids(const struct trace_context *context,
                       char ret_trace_id[static TRACE_ID_TEXT_SIZE],
                       char ret_span_id[static SPAN_ID_TEXT_SIZE])
{
    hex_write(context->trace_id, TRACE_ID_BYTES, ret_trace_id);
    hex_write(context->span_id, SPAN_ID_BYTES, ret_span_id);
}

void trace_context_format(const struct trace_context *context,
                          char ret_text[static TRACEPARENT_SIZE])
{
    if (!context->is_valid) {
        ret_text[0] = '\0';
        return;
    }
    memcpy(ret_text, "00-", TRACE_ID_AT);
    hex_write(context->trace_id, TRACE_ID_BYTES, ret_text + TRACE_ID_AT);
    ret_text[SPAN_ID_AT - 1] = '-';
    hex_write(context->span_id, SPAN_ID_BYTES, ret_text + SPAN_ID_AT);
    memcpy(ret_text + FLAGS_AT - 1, context->is_sampled ? "-01" : "-00", sizeof("-00"));
}

const struct trace_context *trace_context_current(void)
{
    return &current;
}

struct trace_context trace_context_swap(struct trace_context context)
{
    struct trace_context before = current;

    current = context;
    return before;
}
