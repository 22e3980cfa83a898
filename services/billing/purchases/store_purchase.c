#include "services/billing/purchases/store_purchase.h"

#include "lib/db/db.h"
#include "services/billing/store_row.h"

static const char *const state_words[] = {
    [PURCHASE_OPEN] = "open",           [PURCHASE_PAID] = "paid",
    [PURCHASE_UNCLAIMED] = "unclaimed", [PURCHASE_FAILED] = "failed",
    [PURCHASE_EXPIRED] = "expired",
};

/* The table's CHECK names no other. */
static purchase_state read_state(struct str word)
{
    for (size_t i = 0; i < ARRAY_LENGTH(state_words); i++)
        if (str_equal(word, str_of(state_words[i])))
            return (purchase_state)i;
    return PURCHASE_UNCLAIMED;
}

/* --- packs --- */

enum { PACK_COLUMN_COUNT = 5 };

static void read_pack(const struct db_rows *rows, size_t row, struct credit_pack *ret_pack)
{
    struct credit_pack pack = {
        .amount_credits = db_integer(rows, row, 2),
        .price_minor = db_integer(rows, row, 3),
    };

    store_copy_text(pack.name, sizeof(pack.name), db_text(rows, row, 0));
    store_copy_text(pack.title, sizeof(pack.title), db_text(rows, row, 1));
    store_copy_text(pack.currency, sizeof(pack.currency), db_text(rows, row, 4));
    *ret_pack = pack;
}

static const struct db_statement pack_list = {
    "pack_list",
    "SELECT name, title, amount_credits, price_minor, currency FROM credit_pack "
    "WHERE is_offered ORDER BY price_minor, name LIMIT $1",
};

status_code store_packs(struct db *db, int64_t deadline, struct arena *arena,
                        const struct credit_pack **ret_packs, size_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &pack_list, DB_PARAMS(DB_P_INTEGER(PURCHASE_PACKS_MAX)), &rows, st));
    size_t count = db_row_count(rows);
    struct credit_pack *packs = ARENA_NEW_ARRAY(arena, struct credit_pack, count + 1);
    if (packs == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++)
        read_pack(rows, i, &packs[i]);
    *ret_packs = packs;
    *ret_count = count;
    return STATUS_OK;
}

/* --- purchases --- */

#define PURCHASE_COLUMNS                                                                           \
    "pack_name, title, amount_credits, price_minor, currency, purchase.id, account_id, state, "    \
    "coalesce(checkout_id, ''), coalesce(checkout_url, ''), standing = 'deleted', "                \
    "coalesce(expire_time < now(), false)"
#define PURCHASE_FROM " FROM purchase JOIN account ON account.id = account_id "

static void read_purchase(const struct db_rows *rows, struct purchase *ret_purchase,
                          bool *ret_found)
{
    struct purchase purchase;

    *ret_found = db_row_count(rows) > 0;
    if (!*ret_found)
        return;
    read_pack(rows, 0, &purchase.pack);
    store_copy_text(purchase.id, sizeof(purchase.id), db_text(rows, 0, PACK_COLUMN_COUNT));
    store_copy_text(purchase.account_id, sizeof(purchase.account_id),
                    db_text(rows, 0, PACK_COLUMN_COUNT + 1));
    purchase.state = read_state(db_text(rows, 0, PACK_COLUMN_COUNT + 2));
    store_copy_text(purchase.checkout_id, sizeof(purchase.checkout_id),
                    db_text(rows, 0, PACK_COLUMN_COUNT + 3));
    store_copy_text(purchase.checkout_url, sizeof(purchase.checkout_url),
                    db_text(rows, 0, PACK_COLUMN_COUNT + 4));
    purchase.is_account_gone = db_boolean(rows, 0, PACK_COLUMN_COUNT + 5);
    purchase.is_page_over = db_boolean(rows, 0, PACK_COLUMN_COUNT + 6);
    *ret_purchase = purchase;
}

static const struct db_statement purchase_insert = {
    "purchase_insert",
    "INSERT INTO purchase (id, account_id, request_id, pack_name, title, amount_credits, "
    "price_minor, currency, create_time) "
    "SELECT $1, $2, $3, name, title, amount_credits, price_minor, currency, $5 FROM credit_pack "
    "WHERE name = $4 AND is_offered ON CONFLICT (account_id, request_id) DO NOTHING",
};

status_code store_purchase_insert(struct db_tx *tx, const struct store_new_purchase *purchase,
                                  struct status *st)
{
    return db_tx_execute(tx, &purchase_insert,
                         DB_PARAMS(DB_P_TEXT(purchase->id), DB_P_TEXT(purchase->account_id),
                                   DB_P_TEXT(purchase->request_id), DB_P_TEXT(purchase->pack),
                                   DB_P_TIME(purchase->create_time)),
                         NULL, st);
}

/* By purchase_request. */
static const struct db_statement purchase_by_request = {
    "purchase_by_request",
    "SELECT " PURCHASE_COLUMNS PURCHASE_FROM "WHERE account_id = $1 AND request_id = $2",
};

status_code store_purchase_by_request(struct db_tx *tx, const char *account_id,
                                      const char *request_id, struct purchase *ret_purchase,
                                      bool *ret_found, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_tx_query(tx, &purchase_by_request,
                    DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(request_id)), &rows, st));
    read_purchase(rows, ret_purchase, ret_found);
    return STATUS_OK;
}

/* By the primary key. */
static const struct db_statement purchase_by_id = {
    "purchase_by_id",
    "SELECT " PURCHASE_COLUMNS PURCHASE_FROM "WHERE purchase.id = $1",
};

status_code store_purchase_by_id(struct db *db, int64_t deadline, const char *id,
                                 struct purchase *ret_purchase, bool *ret_found, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &purchase_by_id, DB_PARAMS(DB_P_TEXT(id)), &rows, st));
    read_purchase(rows, ret_purchase, ret_found);
    return STATUS_OK;
}

/* By purchase_request. */
static const struct db_statement purchases_open = {
    "purchases_open",
    "SELECT count(*) FROM purchase WHERE account_id = $1 AND state = 'open' AND create_time >= $2",
};

status_code store_purchases_open(struct db_tx *tx, const char *account_id, int64_t since,
                                 int64_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_tx_query(tx, &purchases_open, DB_PARAMS(DB_P_TEXT(account_id), DB_P_TIME(since)), &rows,
                    st));
    *ret_count = db_integer(rows, 0, 0);
    return STATUS_OK;
}

static const struct db_statement purchase_checkout = {
    "purchase_checkout",
    "UPDATE purchase SET checkout_id = $2, checkout_url = $3, expire_time = $4 "
    "WHERE id = $1 AND state = 'open'",
};

status_code store_purchase_checkout(struct db *db, int64_t deadline, const char *id,
                                    const struct stripe_checkout *checkout, struct status *st)
{
    return db_execute(db, deadline, &purchase_checkout,
                      DB_PARAMS(DB_P_TEXT(id), DB_P_TEXT(checkout->id), DB_P_TEXT(checkout->url),
                                DB_P_TIME(checkout->expire_time)),
                      NULL, st);
}

/* Money that came late came nevertheless: only what is paid is final. */
static const struct db_statement purchase_end = {
    "purchase_end",
    "UPDATE purchase SET state = $2, checkout_id = $3, checkout_url = NULL, end_time = $4 "
    "WHERE id = $1 AND state NOT IN ('paid', 'unclaimed')",
};

status_code store_purchase_end(struct db *db, int64_t deadline, const char *id,
                               purchase_state state, const char *checkout_id, int64_t now,
                               struct status *st)
{
    return db_execute(db, deadline, &purchase_end,
                      DB_PARAMS(DB_P_TEXT(id), DB_P_TEXT(state_words[state]),
                                DB_P_TEXT(checkout_id), DB_P_TIME(now)),
                      NULL, st);
}

/* --- notices --- */

/* By the primary key. */
static const struct db_statement event_exists = {
    "event_exists",
    "SELECT EXISTS (SELECT FROM payment_event WHERE id = $1)",
};

status_code store_event_exists(struct db *db, int64_t deadline, const char *id, bool *ret_exists,
                               struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &event_exists, DB_PARAMS(DB_P_TEXT(id)), &rows, st));
    *ret_exists = db_boolean(rows, 0, 0);
    return STATUS_OK;
}

static const struct db_statement event_insert = {
    "event_insert",
    "INSERT INTO payment_event (id, purchase_id, receive_time) "
    "SELECT $1, (SELECT id FROM purchase WHERE id = $2), $3 ON CONFLICT (id) DO NOTHING",
};

status_code store_event_insert(struct db *db, int64_t deadline, const char *id,
                               const char *purchase_id, int64_t now, struct status *st)
{
    return db_execute(db, deadline, &event_insert,
                      DB_PARAMS(DB_P_TEXT(id),
                                DB_P_TEXT(purchase_id[0] != '\0' ? purchase_id : NULL),
                                DB_P_TIME(now)),
                      NULL, st);
}

/* By payment_event_time. */
static const struct db_statement events_forget = {
    "events_forget",
    "DELETE FROM payment_event WHERE receive_time < $1",
};

status_code store_events_forget(struct db *db, int64_t deadline, int64_t before, struct status *st)
{
    return db_execute(db, deadline, &events_forget, DB_PARAMS(DB_P_TIME(before)), NULL, st);
}
