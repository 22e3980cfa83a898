#pragma once

/* The files of migrations/, embedded by the build. */

#include "lib/db/db.h"

extern const struct db_migration billing_migrations[];
extern const size_t billing_migrations_count;
