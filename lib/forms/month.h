#pragma once

/* The names of months. Thread rule: any thread. */

/* From 1; 0 when it is none. @token: folded: lower case, without accents. The first three letters
 * and more are enough. */
int month_of_name(const char *token);
