#pragma once

/*
 * The Content-Disposition of a file to be saved (RFC 6266, RFC 8187). Thread rule: any thread.
 */

#include "lib/base/file_name.h"

enum { DISPOSITION_MAX = 4 * FILE_NAME_MAX_BYTES + 64 };

/* attachment; filename="Rechnung M_rz.pdf"; filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf
 *
 * First a plain name for old clients, every other character an underscore, then the exact one. */
void disposition_format(const char *name, char ret_text[static DISPOSITION_MAX]);
