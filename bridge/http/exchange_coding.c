#include <string.h>

#include "bridge/http/exchange_internal.h"

static struct header_field *find_field(struct exchange *exchange, struct str name)
{
    for (size_t i = 0; i < exchange->response_field_count; i++)
        if (str_equal(exchange->response_fields[i].name, name))
            return &exchange->response_fields[i];
    return NULL;
}

/* Several fields are one list (RFC 9110 §5.3). */
static content_coding wanted_coding(const struct exchange *exchange)
{
    struct str field;
    struct buf list;

    if (exchange_header_count(exchange, "accept-encoding") == 1 &&
        exchange_header(exchange, "accept-encoding", &field))
        return content_coding_choose(field);
    buf_init(&list, EXCHANGE_ARENA_MAX);
    for (size_t i = 0; exchange_header_at(exchange, "accept-encoding", i, &field); i++)
        if (!buf_append(&list, field.p, field.n) || !buf_append_char(&list, ','))
            break;
    content_coding coding = content_coding_choose(buf_str(&list));
    buf_deinit(&list);
    return coding;
}

/* A strong tag is of one coding alone (RFC 9110 §8.8.3.3): "tag" becomes "tag-gzip". */
static void set_coded_tag(struct exchange *exchange, struct header_field *tag,
                          content_coding coding)
{
    const char *value = arena_printf(exchange->arena, "%.*s-%s\"", (int)tag->value.n - 1,
                                     tag->value.p, content_coding_name(coding));

    if (value != NULL)
        tag->value = str_of(value);
}

/* 304 has the tag that the answer would have, whose type nobody knows any more: the one that the
 * client has. */
static void echo_coded_tag(struct exchange *exchange, struct header_field *tag)
{
    const struct header_field plain = *tag;
    struct str list;

    for (content_coding coding = CONTENT_CODING_GZIP; coding <= CONTENT_CODING_BROTLI; coding++) {
        set_coded_tag(exchange, tag, coding);
        for (size_t i = 0; exchange_header_at(exchange, "if-none-match", i, &list); i++)
            if (memmem(list.p, list.n, tag->value.p, tag->value.n) != NULL)
                return;
        *tag = plain;
    }
}

content_coding exchange_wanted_coding(const struct exchange *exchange, struct str content_type)
{
    return exchange->may_be_coded && content_coding_is_worth(content_type)
               ? wanted_coding(exchange)
               : CONTENT_CODING_IDENTITY;
}

void exchange_set_coded(struct exchange *exchange, content_coding coding)
{
    if (exchange->is_committed)
        return;
    exchange->is_coded_before = true;
    exchange->coding = coding;
}

content_coding exchange_coding(const struct exchange *exchange)
{
    return exchange->coding;
}

/* Sets the coding that the body goes out in, and the encoder where it is still to be coded. */
static void set_coding(struct exchange *exchange, int64_t length)
{
    content_coding coding;

    if (exchange->is_coded_before || exchange->is_head_request ||
        (length >= 0 && length < CONTENT_CODING_MIN_BYTES))
        return;
    coding = wanted_coding(exchange);
    if (coding == CONTENT_CODING_IDENTITY)
        return;
    exchange->encoder = content_encoder_new(coding);
    if (exchange->encoder != NULL)
        exchange->coding = coding;
}

void exchange_choose_coding(struct exchange *exchange, int64_t length)
{
    struct header_field *type = find_field(exchange, STR("content-type"));
    struct header_field *tag = find_field(exchange, STR("etag"));

    if (!exchange->may_be_coded)
        return;
    if (tag != NULL && exchange->status == HTTP_STATUS_NOT_MODIFIED)
        echo_coded_tag(exchange, tag);
    /* Parts of a file are parts of what a client has, or it could not go on with a download. */
    if (type == NULL || !content_coding_is_worth(type->value) ||
        find_field(exchange, STR("accept-ranges")) != NULL ||
        find_field(exchange, STR("content-encoding")) != NULL)
        return;
    exchange_add_header(exchange, "vary", "accept-encoding");
    set_coding(exchange, length);
    if (exchange->coding == CONTENT_CODING_IDENTITY)
        return;
    exchange_add_header(exchange, "content-encoding", "%s", content_coding_name(exchange->coding));
    if (tag != NULL)
        set_coded_tag(exchange, tag, exchange->coding);
}
