#pragma once

/* The SQL of migrations/, as embedded by the build. */

#include "lib/db/db.h"

extern const struct db_migration chat_migrations[];
extern const size_t chat_migrations_count;
