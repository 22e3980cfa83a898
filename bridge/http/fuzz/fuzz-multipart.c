/*
 * A form reads the same in one piece and cut in two. The first byte says where it is cut.
 */

#include <stdlib.h>
#include <string.h>

#include "bridge/http/multipart.h"

enum { LOG_MAX_BYTES = 1 << 22 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void log_text(struct buf *log, char mark, struct str text)
{
    must(buf_append_char(log, mark));
    must(text.n == 0 || buf_append(log, text.p, text.n));
}

static status_code on_part(void *data, const struct multipart_part *part, struct status *st)
{
    log_text(data, '[', part->name);
    log_text(data, '|', part->file_name);
    log_text(data, '|', part->content_type);
    log_text(data, ']', STR(""));
    return STATUS_OK;
}

static status_code on_data(void *data, struct str bytes, struct status *st)
{
    must(bytes.n > 0);
    must(buf_append(data, bytes.p, bytes.n));
    return STATUS_OK;
}

static status_code on_part_end(void *data, struct status *st)
{
    log_text(data, ';', STR(""));
    return STATUS_OK;
}

static const struct multipart_callbacks callbacks = {on_part, on_data, on_part_end};

static status_code read_form(struct str form, size_t cut, struct buf *log)
{
    _cleanup_(multipart_freep) struct multipart *parser =
        multipart_new(STR("cut"), &callbacks, log);
    struct status st = {0};

    TRY(multipart_feed(parser, (struct str){form.p, cut}, &st));
    TRY(multipart_feed(parser, (struct str){form.p + cut, form.n - cut}, &st));
    return multipart_finish(parser, &st);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, pieces;

    if (size == 0)
        return 0;
    struct str form = {(const char *)data + 1, size - 1};
    buf_init(&whole, LOG_MAX_BYTES);
    buf_init(&pieces, LOG_MAX_BYTES);
    status_code whole_code = read_form(form, 0, &whole);
    must(read_form(form, form.n * data[0] / 255, &pieces) == whole_code);
    if (whole_code == STATUS_OK)
        must(str_equal(buf_str(&whole), buf_str(&pieces)));
    buf_deinit(&whole);
    buf_deinit(&pieces);
    return 0;
}
