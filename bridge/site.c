#include "bridge/site.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/http/accept.h"

struct key {
    struct str path;
    const char *language;
};

static int compare(const void *key_pointer, const void *file_pointer)
{
    const struct key *key = key_pointer;
    const struct site_file *file = file_pointer;
    struct str path = str_of(file->path);
    size_t shorter = key->path.n < path.n ? key->path.n : path.n;
    int order = memcmp(key->path.p, path.p, shorter);

    if (order == 0 && key->path.n != path.n)
        order = key->path.n < path.n ? -1 : 1;
    return order != 0 ? order : strcmp(key->language, file->language);
}

const struct site_file *site_find(struct str path, const char *language)
{
    struct key key = {path, language};

    return bsearch(&key, site_files, site_file_count, sizeof(*site_files), compare);
}

const char *site_language_find(struct str name)
{
    struct str primary;

    if (!str_next_token(&name, '-', &primary))
        return NULL;
    /* ISO 639's code for Hebrew until 1989; some browsers still send it. */
    if (str_equal_nocase(primary, STR("iw")))
        primary = STR("he");
    for (const char *const *language = site_languages; *language != NULL; language++)
        if (str_equal_nocase(primary, str_of(*language)))
            return *language;
    return NULL;
}

const char *site_language_choose(struct str accepted)
{
    const char *best = site_languages[0];
    int best_quality = 0, quality;
    struct str range;

    while (accept_next(&accepted, &range, &quality)) {
        const char *language = site_language_find(range);

        if (language != NULL && quality > best_quality) {
            best = language;
            best_quality = quality;
        }
    }
    return best;
}

content_coding site_coding_choose(const struct site_file *file, struct str accepted)
{
    content_coding coding = content_coding_choose(accepted);

    return file->bodies[coding].bytes.n > 0 ? coding : CONTENT_CODING_IDENTITY;
}
