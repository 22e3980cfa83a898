#pragma once

/*
 * The ocr schema in the database of tests/postgres-for-test.sh, and jobs in it.
 *
 * Everything here fails the running test when it does not work. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/db/db.h"
#include "services/ocr/job.h"
#include "services/ocr/store_page.h"
#include "services/ocr/store_queue.h"

struct fixture {
    struct db *db;
    struct arena *arena; /* of the test */
};

/* cmocka setup and teardown of a group: *state is a struct fixture. */
int fixture_open(void **state);
int fixture_close(void **state);
/* cmocka setup of a test: empty tables. */
int fixture_empty(void **state);

/* What db_options the fixture has, for further connections. */
struct db_options fixture_db_options(void);

int64_t soon(void); /* a deadline */

/* A job of one caller; 0 fields get defaults. */
struct job_plan {
    const char *principal; /* "alice"; also the account, unless anonymous */
    bool is_anonymous;
    int32_t pages; /* 1 */
    int32_t priority;
    int64_t retention_seconds; /* a day */
    const char *file;          /* content of its upload; NULL: none is stored */
    const char *webhook_url;   /* NULL: none */
};

/* Inserts a job; its id lives in the arena. */
const char *fixture_job(struct fixture *fixture, const struct job_plan *plan);
const struct job *fixture_get(struct fixture *fixture, const char *job_id);

/* Leases the next page, which must be there. */
struct page_task fixture_lease(struct fixture *fixture, const char *holder);
bool fixture_has_no_page(struct fixture *fixture);
/* Ends a leased page with a text; whether it was kept. */
bool fixture_end_page(struct fixture *fixture, const struct page_task *task);
bool fixture_fail_page(struct fixture *fixture, const struct page_task *task, const char *reason);

/* SQL with at most one text parameter ($1), or NULL. */
void fixture_execute(struct fixture *fixture, const char *sql, const char *text);
int64_t fixture_integer(struct fixture *fixture, const char *sql, const char *text);

/* Stops, starts or kills the server: "stop", "start", "kill". */
void fixture_server(const char *verb);
