#pragma once

/*
 * What a term is found by beside itself: parts of a code or a date, pairs of characters in scripts
 * whose words are cut by guess. Private to retrieve/. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "services/chat/text/words.h"

/* Called with each; false ends it. */
typedef bool subterm_sink(struct str term, void *arg);

/* Runs of two or more letters or digits of a word that holds other signs too: "AB" and "1234" of
 * AB-1234, the year of a date. */
bool subterms_of_number(struct str form, subterm_sink *sink, void *arg);

/* Han, kana: a script whose words ICU cuts by dictionary and whose characters mean something. */
bool subterms_is_east_asian(struct str term);

/* Each two neighbouring characters of a text without space. */
bool subterms_of_run(struct str run, subterm_sink *sink, void *arg);
