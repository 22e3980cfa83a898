#include "bridge/idempotency_key.h"

#include "lib/base/random.h"

status_code idempotency_key_read(struct exchange *exchange, const char **ret_key, struct status *st)
{
    char made_up[RANDOM_ID_SIZE];
    struct str value;

    if (!exchange_header(exchange, "idempotency-key", &value)) {
        random_id(made_up);
        value = str_of(made_up);
    }
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] <= 0x20 || value.p[i] > 0x7E)
            value.n = 0;
    if (value.n == 0 || value.n > IDEMPOTENCY_KEY_MAX)
        return FAIL_FIELD(
            st, "Idempotency-Key", "INVALID_FIELD",
            "Idempotency-Key must be 1 to %d visible ASCII characters, without spaces",
            IDEMPOTENCY_KEY_MAX);
    *ret_key = arena_strndup(exchange_arena(exchange), value.p, value.n);
    return *ret_key != NULL ? STATUS_OK : FAIL_MEMORY(st);
}
