#pragma once

/*
 * A caller's requests a minute, as they stand after one of them.
 *
 * They are counted in the database, so that all replicas agree (migrations: request_take()).
 * Values, any thread.
 */

#include <stdbool.h>
#include <stdint.h>

struct request_rate {
    int32_t per_minute; /* of the plan; 0: no limit, and nothing below says anything */
    int32_t left;       /* that may be made at once */
    int64_t full_ms;    /* until all of them are there again */
    bool is_refused;    /* this one was one too many */
    int64_t wait_ms;    /* until the next one may be made; of a refused one */
};
