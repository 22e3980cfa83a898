#pragma once

/*
 * The web pages and what they load: the files of bridge/web/, put into the program when it is built
 * (tools/embed-site.py).
 *
 * A page is there once a language, its texts filled in. All files are there as they are and, where
 * that makes them smaller, compressed by gzip and brotli; each of these has a strong entity tag of
 * its own. What pages load has the site's version in its path, so that browsers keep it for good.
 *
 * Thread rule: any thread.
 */

#include "bridge/http/content_coding.h"

enum { SITE_CODINGS = CONTENT_CODING_BROTLI + 1 };

struct site_body {
    struct str bytes; /* empty: not there */
    const char *tag;  /* an entity tag, with its quotes */
};

struct site_file {
    const char *path;     /* of a page, "/account/"; else behind the version, "common/dom.js" */
    const char *language; /* of a page; else "" */
    const char *media_type;
    struct site_body bodies[SITE_CODINGS]; /* by content_coding */
};

/* Made by tools/embed-site.py; sorted by path, then language. */
extern const struct site_file site_files[];
extern const size_t site_file_count;
/* Changes with any file. */
extern const char site_version[];
/* The languages of the pages, "en" first; ends with NULL. */
extern const char *const site_languages[];

/* NULL when there is none. `language` as above. */
const struct site_file *site_find(struct str path, const char *language);

/* The language of the pages that `name` means, by its first part alone ("he-IL", "iw"); NULL when
 * they have none such. */
const char *site_language_find(struct str name);
/* The one that an Accept-Language field prefers; English where it names none that is there. */
const char *site_language_choose(struct str accepted);

/* The best coding that an Accept-Encoding field takes and the file is there in. */
content_coding site_coding_choose(const struct site_file *file, struct str accepted);
