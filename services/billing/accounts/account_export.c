#include "services/billing/accounts/account_export.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/clock.h"
#include "services/billing/accounts/account.h"
#include "services/billing/accounts/store_export.h"

enum { PIECE_MAX_BYTES = 4 * ACCOUNT_EXPORT_PIECE_BYTES };

struct export
{
    const struct account_export_sink *sink;
    struct buf piece;
    bool is_first; /* of a list */
};

static status_code flush(struct export *export, size_t more_than, struct status *st)
{
    if (export->piece.length <= more_than)
        return STATUS_OK;
    TRY(export->sink->write(export->sink->arg, buf_str(&export->piece), st));
    buf_clear(&export->piece);
    return STATUS_OK;
}

static status_code append(struct export *export, struct str text, struct status *st)
{
    if (!buf_append(&export->piece, text.p, text.n))
        return FAIL_MEMORY(st);
    return flush(export, ACCOUNT_EXPORT_PIECE_BYTES, st);
}

/* A store_export_row. */
static status_code append_row(void *arg, struct str json, struct status *st)
{
    struct export *export = arg;

    if (!export->is_first)
        TRY(append(export, STR(",\n"), st));
    export->is_first = false;
    return append(export, json, st);
}

static status_code append_list(struct db *db, int64_t statement_ms, const char *account_id,
                               size_t part, struct export *export, struct status *st)
{
    char cursor[STORE_EXPORT_CURSOR_SIZE] = "";
    size_t count;

    TRY(append(export, STR(",\n\""), st));
    TRY(append(export, str_of(store_export_name(part)), st));
    TRY(append(export, STR("\": ["), st));
    export->is_first = true;
    do {
        TRY(store_export_page(db, time_mono_after_ms(statement_ms), part, account_id,
                              ACCOUNT_EXPORT_PAGE_ROWS, cursor, append_row, export, &count, st));
    } while (count == ACCOUNT_EXPORT_PAGE_ROWS);
    return append(export, STR("]"), st);
}

static status_code run(struct db *db, int64_t statement_ms, const char *account_id,
                       struct export *export, struct status *st)
{
    TRY(append(export, STR("{\"account\": "), st));
    export->is_first = true;
    TRY(store_export_account(db, time_mono_after_ms(statement_ms), account_id, append_row, export,
                             st));
    for (size_t part = 0; part < STORE_EXPORT_PARTS; part++)
        TRY(append_list(db, statement_ms, account_id, part, export, st));
    TRY(append(export, STR("}\n"), st));
    return flush(export, 0, st);
}

status_code account_export(struct db *db, int64_t statement_ms, struct str token,
                           const struct account_export_sink *sink, struct status *st)
{
    struct export export = {.sink = sink};
    struct account account;
    status_code code;

    TRY(account_find_by_owner(db, time_mono_after_ms(statement_ms), token, &account, st));
    buf_init(&export.piece, PIECE_MAX_BYTES);
    code = run(db, statement_ms, account.id, &export, st);
    buf_deinit(&export.piece);
    return code;
}
