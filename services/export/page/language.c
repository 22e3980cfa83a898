#include "services/export/page/language.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/ascii.h"

enum { SUBTAG_MAX = 8 }; /* RFC 5646 §2.1 */

/* What xsd:language takes: [a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*, but for a single letter, which
 * announces subtags (RFC 5646 §2.1) and has none. */
static bool is_tag(const char *text)
{
    size_t length = 0;
    bool is_first = true;

    if (text[0] != '\0' && text[1] == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text == '-') {
            if (length == 0)
                return false;
            length = 0;
            is_first = false;
        } else if (ascii_is_letter(*text) || (!is_first && ascii_is_digit(*text))) {
            if (++length > SUBTAG_MAX)
                return false;
        } else {
            return false;
        }
    }
    return length > 0;
}

const char *language_of(const Ocrmesh__Document__V1__Page *page,
                        const Ocrmesh__Document__V1__Block *block)
{
    const char *language =
        block != NULL && block->language[0] != '\0' ? block->language : page->language;

    return is_tag(language) && strcmp(language, "und") != 0 ? language : NULL;
}

const char *language_direction(Ocrmesh__Document__V1__TextDirection direction)
{
    switch (direction) {
    case OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_LEFT_TO_RIGHT:
        return "ltr";
    case OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT:
        return "rtl";
    case OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_TOP_TO_BOTTOM:
        return "ttb";
    default:
        return NULL;
    }
}
