#pragma once

/*
 * Conditional requests by entity tag (RFC 9110 §8.8.3, §13.1).
 *
 * Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"

typedef enum {
    ENTITY_TAG_STRONG, /* W/"a" is no "a" */
    ENTITY_TAG_WEAK,
} entity_tag_comparison;

/* True when a field of that name lists the tag, or "*".
 * @tag: as it is sent, with its quotes; a strong one. */
bool entity_tag_is_listed(const struct exchange *exchange, const char *name, struct str tag,
                          entity_tag_comparison comparison);
