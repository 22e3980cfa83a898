/*
 * What http1_head_parse() takes has one framing, lower-case names that are tokens, and values
 * without control characters.
 */

#include <ctype.h>
#include <stdlib.h>

#include "bridge/http/http1_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_field(const struct header_field *field)
{
    must(header_is_token(field->name) && header_is_value(field->value));
    for (size_t i = 0; i < field->name.n; i++)
        must(!isupper((unsigned char)field->name.p[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);
    struct str bytes = {(const char *)data, size};
    struct http1_head head;
    struct status st = {0};
    size_t length = http1_head_length(bytes, 0);

    /* Found at once or in two looks. */
    if (size > 0)
        must(http1_head_length(bytes, size / 2) == length ||
             http1_head_length((struct str){bytes.p, size / 2}, 0) == length);
    if (length == 0 ||
        http1_head_parse((struct str){bytes.p, length}, arena, &head, &st) != STATUS_OK)
        return 0;
    must(head.method != NULL && head.target.n > 0 && head.field_count <= HTTP1_FIELDS_MAX);
    must(!head.is_chunked || head.content_length < 0);
    must(head.content_length >= -1);
    for (size_t i = 0; i < head.field_count; i++)
        check_field(&head.fields[i]);
    return 0;
}
