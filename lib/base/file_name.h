#pragma once

/*
 * Names of files from outside, made fit to keep and to show. Thread rule: any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/str.h"

enum { FILE_NAME_MAX_BYTES = 255 };

/*
 * The last path component of `given`, in the arena; "" when nothing is left, NULL when out of
 * memory.
 *
 * Both "/" and "\" separate, for either may come from a client. Control characters (C0, DEL, C1)
 * are dropped, bytes that are not UTF-8 become U+FFFD, "." and ".." are no names, and a long name
 * is cut at a whole character.
 */
const char *file_name_clean(struct str given, struct arena *arena);
