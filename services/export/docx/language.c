#include "services/export/docx/language.h"

#include <string.h>

#include "lib/base/cleanup.h"

/* Of a tag that Word is told: RFC 5646 §4.4.1. */
enum { TAG_MAX_BYTES = 35 };

struct known_language {
    const char *code;
    const char *tag;
    script_slot slot;
    const char *font;
};

/* Languages whose tag alone Word does not take for proofing, and those of scripts that need a font.
 * Fonts are those that Office installs for the script. */
static const struct known_language known[] = {
    {"en", "en-US", SCRIPT_SLOT_LATIN, NULL},
    {"de", "de-DE", SCRIPT_SLOT_LATIN, NULL},
    {"fr", "fr-FR", SCRIPT_SLOT_LATIN, NULL},
    {"es", "es-ES", SCRIPT_SLOT_LATIN, NULL},
    {"it", "it-IT", SCRIPT_SLOT_LATIN, NULL},
    {"pt", "pt-PT", SCRIPT_SLOT_LATIN, NULL},
    {"nl", "nl-NL", SCRIPT_SLOT_LATIN, NULL},
    {"sv", "sv-SE", SCRIPT_SLOT_LATIN, NULL},
    {"da", "da-DK", SCRIPT_SLOT_LATIN, NULL},
    {"no", "nb-NO", SCRIPT_SLOT_LATIN, NULL},
    {"nb", "nb-NO", SCRIPT_SLOT_LATIN, NULL},
    {"fi", "fi-FI", SCRIPT_SLOT_LATIN, NULL},
    {"pl", "pl-PL", SCRIPT_SLOT_LATIN, NULL},
    {"cs", "cs-CZ", SCRIPT_SLOT_LATIN, NULL},
    {"hu", "hu-HU", SCRIPT_SLOT_LATIN, NULL},
    {"ro", "ro-RO", SCRIPT_SLOT_LATIN, NULL},
    {"tr", "tr-TR", SCRIPT_SLOT_LATIN, NULL},
    {"vi", "vi-VN", SCRIPT_SLOT_LATIN, NULL},
    {"id", "id-ID", SCRIPT_SLOT_LATIN, NULL},
    {"el", "el-GR", SCRIPT_SLOT_LATIN, NULL},
    {"ru", "ru-RU", SCRIPT_SLOT_LATIN, NULL},
    {"uk", "uk-UA", SCRIPT_SLOT_LATIN, NULL},
    {"bg", "bg-BG", SCRIPT_SLOT_LATIN, NULL},
    {"zh-Hant", "zh-TW", SCRIPT_SLOT_EAST_ASIAN, "PMingLiU"},
    {"zh", "zh-CN", SCRIPT_SLOT_EAST_ASIAN, "SimSun"},
    {"ja", "ja-JP", SCRIPT_SLOT_EAST_ASIAN, "MS Mincho"},
    {"ko", "ko-KR", SCRIPT_SLOT_EAST_ASIAN, "Batang"},
    {"ar", "ar-SA", SCRIPT_SLOT_COMPLEX, "Arial"},
    {"fa", "fa-IR", SCRIPT_SLOT_COMPLEX, "Arial"},
    {"ur", "ur-PK", SCRIPT_SLOT_COMPLEX, "Arial"},
    {"ps", "ps-AF", SCRIPT_SLOT_COMPLEX, "Arial"},
    {"sd", "sd-Arab-PK", SCRIPT_SLOT_COMPLEX, "Arial"},
    {"ug", "ug-CN", SCRIPT_SLOT_COMPLEX, "Microsoft Uighur"},
    {"he", "he-IL", SCRIPT_SLOT_COMPLEX, "Arial"},
    {"yi", "yi-001", SCRIPT_SLOT_COMPLEX, "Arial"},
    {"syr", "syr-SY", SCRIPT_SLOT_COMPLEX, "Estrangelo Edessa"},
    {"dv", "dv-MV", SCRIPT_SLOT_COMPLEX, "MV Boli"},
    {"th", "th-TH", SCRIPT_SLOT_COMPLEX, "Tahoma"},
    {"lo", "lo-LA", SCRIPT_SLOT_COMPLEX, "Leelawadee UI"},
    {"km", "km-KH", SCRIPT_SLOT_COMPLEX, "Leelawadee UI"},
    {"my", "my-MM", SCRIPT_SLOT_COMPLEX, "Myanmar Text"},
    {"bo", "bo-CN", SCRIPT_SLOT_COMPLEX, "Microsoft Himalaya"},
    {"dz", "dz-BT", SCRIPT_SLOT_COMPLEX, "Microsoft Himalaya"},
    {"hi", "hi-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"mr", "mr-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"ne", "ne-NP", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"sa", "sa-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"bn", "bn-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"as", "as-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"pa", "pa-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"gu", "gu-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"or", "or-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"ta", "ta-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"te", "te-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"kn", "kn-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"ml", "ml-IN", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
    {"si", "si-LK", SCRIPT_SLOT_COMPLEX, "Nirmala UI"},
};

struct docx_language docx_language_of(const char *language)
{
    if (language == NULL || language[0] == '\0' || strlen(language) > TAG_MAX_BYTES)
        return (struct docx_language){0};
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        size_t length = strlen(known[i].code);

        if (strncmp(language, known[i].code, length) == 0 &&
            (language[length] == '\0' || language[length] == '-'))
            return (struct docx_language){known[i].tag, known[i].slot, known[i].font};
    }
    return (struct docx_language){.tag = language};
}
