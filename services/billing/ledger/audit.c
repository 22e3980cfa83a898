#include "services/billing/ledger/audit.h"

#include <stdbool.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/billing/store_row.h"

/* Each gives rows of a principal's key and a sentence. All scan whole tables. */
static const struct {
    const char *name;
    bool takes_time; /* before which an open reservation should have expired */
    struct db_statement statement;
} checks[] = {
    {"SUM_MISMATCH",
     false,
     {"audit_sums",
      "SELECT account.id::text, format('balance %s, held %s; the ledger has %s and %s', "
      "balance_credits, held_credits, coalesce(available, 0), coalesce(held, 0)) "
      "FROM account LEFT JOIN (SELECT account_id, "
      "sum(amount_credits * ((to_account = 'available')::int - (from_account = 'available')::int)) "
      "AS available, "
      "sum(amount_credits * ((to_account = 'held')::int - (from_account = 'held')::int)) AS held "
      "FROM ledger_transfer GROUP BY account_id) AS ledger ON account_id = account.id "
      "WHERE (balance_credits, held_credits) IS DISTINCT FROM "
      "(coalesce(available, 0), coalesce(held, 0)) ORDER BY 1 LIMIT $1"}},
    {"SUM_MISMATCH",
     false,
     {"audit_chain",
      "SELECT account_id::text, format('transfer %s does not follow from the one before it', "
      "sequence) FROM (SELECT *, "
      "lag(sequence, 1, 0::bigint) OVER through AS last_sequence, "
      "lag(available_credits, 1, 0::bigint) OVER through AS last_available, "
      "lag(held_credits, 1, 0::bigint) OVER through AS last_held FROM ledger_transfer "
      "WINDOW through AS (PARTITION BY account_id ORDER BY sequence)) AS t "
      "WHERE sequence <> last_sequence + 1 OR available_credits <> last_available + "
      "amount_credits * ((to_account = 'available')::int - (from_account = 'available')::int) "
      "OR held_credits <> last_held + "
      "amount_credits * ((to_account = 'held')::int - (from_account = 'held')::int) "
      "ORDER BY 1, sequence LIMIT $1"}},
    {"HELD_MISMATCH",
     false,
     {"audit_held",
      "SELECT account.id::text, format('%s credits are held; open reservations need %s', "
      "held_credits, coalesce(needed, 0)) FROM account LEFT JOIN (SELECT account_id, "
      "sum(paid_credits) AS needed FROM reservation WHERE state = 'open' GROUP BY account_id) AS r "
      "ON account_id = account.id WHERE held_credits <> coalesce(needed, 0) ORDER BY 1 LIMIT $1"}},
    {"USAGE_MISMATCH",
     false,
     {"audit_usage",
      "SELECT principal_key, format('%s of %s: used %s and %s credits; its reservations have %s "
      "and %s', period, start_time, coalesce(u.quota_credits, 0), coalesce(u.paid_credits, 0), "
      "coalesce(quota, 0), coalesce(paid, 0)) "
      "FROM usage_period AS u FULL JOIN (SELECT principal_key, period, start_time, "
      "sum(CASE state WHEN 'open' THEN quota_credits ELSE charged_quota_credits END) AS quota, "
      "sum(CASE state WHEN 'open' THEN paid_credits "
      "ELSE charged_paid_credits - refunded_credits END) AS paid "
      "FROM reservation GROUP BY principal_key, period, start_time) AS r "
      "USING (principal_key, period, start_time) "
      "WHERE (coalesce(u.quota_credits, 0), coalesce(u.paid_credits, 0)) IS DISTINCT FROM "
      "(coalesce(quota, 0), coalesce(paid, 0)) ORDER BY 1 LIMIT $1"}},
    {"ORPHAN_RESERVATION",
     true,
     {"audit_orphans",
      "SELECT principal_key, format('reservation %s of job %s should have expired at %s', id, "
      "request_id, expire_time) FROM reservation WHERE state = 'open' AND expire_time < $2 "
      "ORDER BY expire_time LIMIT $1"}},
    {"DOUBLE_CHARGE",
     false,
     {"audit_charges",
      "SELECT principal_key, format('reservation %s of job %s moved %s to held, %s to revenue, %s "
      "back and %s as refunds', id, request_id, coalesce(reserved, 0), coalesce(charged, 0), "
      "coalesce(returned, 0), coalesce(refunded, 0)) "
      "FROM reservation AS r LEFT JOIN (SELECT reservation_id, "
      "sum(amount_credits) FILTER (WHERE kind = 'reserve') AS reserved, "
      "sum(amount_credits) FILTER (WHERE kind = 'charge') AS charged, "
      "sum(amount_credits) FILTER (WHERE kind = 'return') AS returned, "
      "sum(amount_credits) FILTER (WHERE kind = 'refund') AS refunded "
      "FROM ledger_transfer WHERE reservation_id IS NOT NULL GROUP BY reservation_id) AS l "
      "ON reservation_id = r.id "
      "WHERE (coalesce(reserved, 0), coalesce(charged, 0), coalesce(returned, 0), "
      "coalesce(refunded, 0)) IS DISTINCT FROM (paid_credits, charged_paid_credits, "
      "CASE state WHEN 'open' THEN 0 ELSE paid_credits - charged_paid_credits END, "
      "refunded_credits) ORDER BY 1 LIMIT $1"}},
    {"PURCHASE_MISMATCH",
     false,
     /* One that is not final may be in between: its credits come first. */
     {"audit_purchases",
      "SELECT p.account_id::text, format('purchase %s of %s credits is %s; the ledger has %s', "
      "p.id, p.amount_credits, p.state, coalesce(t.amount_credits, 0)) "
      "FROM purchase AS p LEFT JOIN ledger_transfer AS t ON t.kind = 'purchase' "
      "AND t.request_id = p.id::text AND t.account_id = p.account_id "
      "WHERE CASE p.state WHEN 'paid' THEN t.amount_credits IS DISTINCT FROM p.amount_credits "
      "WHEN 'unclaimed' THEN t.amount_credits IS NOT NULL ELSE false END ORDER BY 1 LIMIT $1"}},
};

/* One snapshot for all of them, so that what goes on meanwhile shows nowhere. */
static const struct db_statement one_snapshot = {
    "audit_snapshot",
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
};

status_code audit_run(struct db *db, int64_t deadline,
                      status_code (*on_finding)(const struct audit_finding *finding, void *arg,
                                                struct status *st),
                      void *arg, struct status *st)
{
    _cleanup_(db_tx_freep) struct db_tx *tx = NULL;
    int64_t orphan_time = time_wall() - AUDIT_ORPHAN_AFTER_MS * NANOSECONDS_PER_MS;

    TRY(db_tx_begin(db, deadline, &tx, st));
    TRY(db_tx_execute(tx, &one_snapshot, DB_NO_PARAMS, NULL, st));
    for (size_t i = 0; i < ARRAY_LENGTH(checks); i++) {
        _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
        const struct db_param params[] = {DB_P_INTEGER(AUDIT_FINDINGS_MAX), DB_P_TIME(orphan_time)};

        TRY(db_tx_query(tx, &checks[i].statement, params, checks[i].takes_time ? 2 : 1, &rows, st));
        for (size_t row = 0; row < db_row_count(rows); row++) {
            struct audit_finding finding = {.name = checks[i].name};
            struct str key = db_text(rows, row, 0), message = db_text(rows, row, 1);

            store_copy_text(finding.principal_key, sizeof(finding.principal_key), key);
            if (message.n >= sizeof(finding.message))
                message.n = sizeof(finding.message) - 1;
            memcpy(finding.message, message.p, message.n);
            TRY(on_finding(&finding, arg, st));
        }
    }
    return db_tx_commit(tx, st);
}
