#pragma once

/* The concepts of concept.h. Private to them. Thread rule: any thread; the table is static. */

#include "services/chat/question/concept.h"

const struct concept *concept_table(size_t *ret_count);
