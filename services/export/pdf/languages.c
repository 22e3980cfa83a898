#include "services/export/pdf/languages.h"

#include <string.h>

void pdf_languages_count(struct pdf_languages *languages, const char *tag)
{
    if (tag == NULL || strlen(tag) >= PDF_LANGUAGES_TAG_SIZE)
        return;
    for (size_t i = 0; i < PDF_LANGUAGES_MAX; i++) {
        struct pdf_language *entry = &languages->counts[i];

        if (entry->pages == 0)
            memcpy(entry->tag, tag, strlen(tag) + 1);
        if (strcmp(entry->tag, tag) == 0) {
            entry->pages++;
            return;
        }
    }
}

const char *pdf_languages_main(const struct pdf_languages *languages)
{
    const struct pdf_language *most = &languages->counts[0];

    for (size_t i = 1; i < PDF_LANGUAGES_MAX; i++)
        if (languages->counts[i].pages > most->pages)
            most = &languages->counts[i];
    return most->tag;
}
