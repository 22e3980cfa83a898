/*
 * What is taken for an event is whole: its texts end, a purchase is a UUID, and an event that
 * concerns none carries nothing.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "services/billing/purchases/stripe_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stripe_event event;
    struct status st = {0};

    if (stripe_event_parse((struct str){(const char *)data, size}, &event, &st) != STATUS_OK) {
        if (st.code != STATUS_INVALID_ARGUMENT)
            abort();
        return 0;
    }
    if (event.id[0] == '\0' || memchr(event.id, 0, sizeof(event.id)) == NULL ||
        memchr(event.checkout_id, 0, sizeof(event.checkout_id)) == NULL ||
        memchr(event.currency, 0, sizeof(event.currency)) == NULL)
        abort();
    if (event.kind == STRIPE_EVENT_OTHER ? event.checkout_id[0] != '\0' || event.price_minor != 0
                                         : event.checkout_id[0] == '\0')
        abort();
    if (event.purchase_id[0] != '\0' && !uuid_is_valid(event.purchase_id))
        abort();
    return 0;
}
