#include "bridge/download_query.h"

#include <string.h>

#include "lib/rest/words.h"

static status_code read_boolean(const struct exchange *exchange, const char *name,
                                protobuf_c_boolean *ret_value, struct status *st)
{
    struct str text;
    bool is_set;

    if (!exchange_query(exchange, name, &text) || text.n == 0)
        return STATUS_OK;
    if (!rest_boolean_parse(text, &is_set))
        return FAIL_FIELD(st, name, "INVALID_FIELD", "%s must be true or false", name);
    *ret_value = is_set;
    return STATUS_OK;
}

static status_code read_table(const struct exchange *exchange, uint32_t *ret_table,
                              struct status *st)
{
    struct str text;
    int64_t number;

    if (!exchange_query(exchange, "table", &text) || text.n == 0)
        return STATUS_OK;
    if (!str_to_int64(text, &number) || number < 1 || number > UINT32_MAX)
        return FAIL_FIELD(st, "table", "INVALID_FIELD",
                          "table must be a number; the first table of a document is 1");
    *ret_table = (uint32_t)number;
    return STATUS_OK;
}

status_code download_query_read(const struct exchange *exchange,
                                Ocrmesh__Export__V1__ExportDocumentRequest *request,
                                struct status *st)
{
    struct str format = STR("");

    /* Query values are NUL-terminated. */
    (void)exchange_query(exchange, "format", &format);
    request->format = (char *)format.p;
    TRY(read_table(exchange, &request->table, st));
    TRY(read_boolean(exchange, "bom", &request->has_byte_order_mark, st));
    TRY(read_boolean(exchange, "escape_formulas", &request->neutralizes_formulas, st));
    return read_boolean(exchange, "pdfa", &request->is_pdfa, st);
}

void download_query_name_field(struct status *st)
{
    static const struct {
        const char *service, *caller;
    } names[] = {
        {"has_byte_order_mark", "bom"},
        {"neutralizes_formulas", "escape_formulas"},
        {"is_pdfa", "pdfa"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (strcmp(st->field, names[i].service) == 0) {
            (void)status_set_field(st, names[i].caller);
            return;
        }
    }
}
