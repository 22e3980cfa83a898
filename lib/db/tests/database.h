#pragma once

/* What the tests of lib/db share. The database is the one of tests/postgres-for-test.sh. */

#include "lib/db/db.h"

/* A pool of `connections_max` on the schema `schema`; asserts that it opens. */
struct db *database_open(const char *schema, int connections_max);
struct db_options database_options(const char *schema, int connections_max);

/* Runs SQL text of the test's own; asserts that it works. */
void database_execute(struct db *db, const char *sql);
/* One integer out of the database. */
int64_t database_integer(struct db *db, const char *sql);

/* "start", "stop" or "kill" the server. */
void database_server(const char *verb);

/* A deadline that no passing test reaches. */
int64_t database_deadline(void);
