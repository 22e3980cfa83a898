/*
 * No header is valid under a secret that its maker does not know, save for the one in the corpus;
 * and what is valid is no longer when a byte of the body is added.
 */

#include <stdint.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "services/billing/purchases/stripe_signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int64_t now = INT64_C(1492774577) * NANOSECONDS_PER_SECOND;
    const struct str header = {(const char *)data, size};
    const struct str secrets = STR("whsec_test_secret");
    struct status st = {0};

    if (stripe_signature_check(header, STR("{\"id\":\"evt_1\"}"), secrets, now, &st) != STATUS_OK) {
        if (st.code != STATUS_INVALID_ARGUMENT)
            abort();
        return 0;
    }
    if (size > STRIPE_SIGNATURE_HEADER_MAX ||
        stripe_signature_check(header, STR("{\"id\":\"evt_1\"} "), secrets, now, &st) ==
            STATUS_OK ||
        stripe_signature_check(header, STR("{\"id\":\"evt_1\"}"), STR("whsec_other"), now, &st) ==
            STATUS_OK)
        abort();
    return 0;
}
