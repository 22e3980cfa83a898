#pragma once

/*
 * Dates among the tokens of a text, by their form. Private to answer/. Thread rule: any thread.
 */

#include "services/chat/answer/value_token.h"

/* A whole date: "31.03.2026", "2024-03-03T10:00", "3-Mar-2024". */
bool value_token_is_date(const struct value_token *token);
bool value_token_is_month(const struct value_token *token);
/* Four digits that may be one. */
bool value_token_is_year(const struct value_token *token);

/* Tokens that a date with a month's name takes from `first` on; 0: none. */
size_t value_date_length(const struct value_token *tokens, size_t count, size_t first);
