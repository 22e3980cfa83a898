#pragma once

/* Two versions of the same history, embedded by the build as a service's are. */

#include "lib/db/db.h"

extern const struct db_migration test_migrations[];
extern const size_t test_migrations_count;
