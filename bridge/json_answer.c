#include "bridge/json_answer.h"

#include <string.h>

#include "bridge/http/error.h"

void json_answer(struct exchange *exchange, enum http_status status, bool is_written,
                 struct buf *body)
{
    struct status st = {0};

    if (is_written && buf_append_char(body, '\n')) {
        exchange_respond_json(exchange, status, buf_str(body));
    } else {
        (void)FAIL(&st, STATUS_INTERNAL, NULL, "the service's answer does not make sense");
        error_respond(exchange, &st);
    }
    /* It may hold a secret. */
    if (body->data != NULL)
        explicit_bzero(body->data, body->capacity);
    buf_deinit(body);
}

void json_answer_nothing(struct exchange *exchange)
{
    exchange_respond(exchange, HTTP_STATUS_NO_CONTENT);
    exchange_end(exchange);
}
