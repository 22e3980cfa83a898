#include "services/ocr/language.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    LANGUAGES_MAX = 8,          /* codes in one request */
    CODE_LENGTH_MAX = 32,       /* longer ones are not looked at */
    SUGGESTIONS_MAX = 3,        /* nearest codes named in a refusal */
    SUGGESTION_DISTANCE_MAX = 2 /* edits */
};

#define ALIASES(...) ((const char *const[]){__VA_ARGS__, NULL})

/*
 * Every model that tesseract 5 has for a language, then its script models.
 * Codes: ISO 639-1 where there is one, else 639-3; aliases: 639-2/T, 639-2/B, macro languages'
 * usual member, tesseract's name, and the published "ch".
 */
static const struct language languages[] = {
    {"af", "Afrikaans", "afr", "Latn", ALIASES("afr")},
    {"am", "Amharic", "amh", "Ethi", ALIASES("amh")},
    {"ar", "Arabic", "ara", "Arab", ALIASES("ara", "arb")},
    {"as", "Assamese", "asm", "Beng", ALIASES("asm")},
    {"az", "Azerbaijani", "aze", "Latn", ALIASES("aze", "az-Latn", "azj")},
    {"az-Cyrl", "Azerbaijani (Cyrillic)", "aze_cyrl", "Cyrl", ALIASES("aze_cyrl", "aze-Cyrl")},
    {"be", "Belarusian", "bel", "Cyrl", ALIASES("bel")},
    {"bn", "Bengali", "ben", "Beng", ALIASES("ben")},
    {"bo", "Tibetan", "bod", "Tibt", ALIASES("bod", "tib")},
    {"bs", "Bosnian", "bos", "Latn", ALIASES("bos")},
    {"br", "Breton", "bre", "Latn", ALIASES("bre")},
    {"bg", "Bulgarian", "bul", "Cyrl", ALIASES("bul")},
    {"ca", "Catalan", "cat", "Latn", ALIASES("cat", "ca-valencia")},
    {"ceb", "Cebuano", "ceb", "Latn", ALIASES("ceb")},
    {"cs", "Czech", "ces", "Latn", ALIASES("ces", "cze")},
    {"zh-Hans", "Chinese (simplified)", "chi_sim", "Hans",
     ALIASES("ch", "zh", "chi_sim", "zh-CN", "zh-SG", "zho", "chi", "cmn", "cmn-Hans", "zho-Hans",
             "zh-Hans-CN")},
    {"zh-Hans-x-vert", "Chinese (simplified, vertical)", "chi_sim_vert", "Hans",
     ALIASES("chi_sim_vert")},
    {"zh-Hant", "Chinese (traditional)", "chi_tra", "Hant",
     ALIASES("chi_tra", "zh-TW", "zh-HK", "zh-MO", "cmn-Hant", "zho-Hant", "yue", "zh-Hant-TW")},
    {"zh-Hant-x-vert", "Chinese (traditional, vertical)", "chi_tra_vert", "Hant",
     ALIASES("chi_tra_vert")},
    {"chr", "Cherokee", "chr", "Cher", ALIASES("chr")},
    {"co", "Corsican", "cos", "Latn", ALIASES("cos")},
    {"cy", "Welsh", "cym", "Latn", ALIASES("cym", "wel")},
    {"da", "Danish", "dan", "Latn", ALIASES("dan")},
    {"de", "German", "deu", "Latn", ALIASES("deu", "ger")},
    {"de-Latf", "German (Fraktur)", "frk", "Latf", ALIASES("frk")},
    {"dv", "Divehi", "div", "Thaa", ALIASES("div")},
    {"dz", "Dzongkha", "dzo", "Tibt", ALIASES("dzo")},
    {"el", "Greek", "ell", "Grek", ALIASES("ell", "gre")},
    {"en", "English", "eng", "Latn", ALIASES("eng")},
    {"enm", "English, Middle (1100-1500)", "enm", "Latn", ALIASES("enm")},
    {"eo", "Esperanto", "epo", "Latn", ALIASES("epo")},
    {"et", "Estonian", "est", "Latn", ALIASES("est", "ekk")},
    {"eu", "Basque", "eus", "Latn", ALIASES("eus", "baq")},
    {"fo", "Faroese", "fao", "Latn", ALIASES("fao")},
    {"fa", "Persian", "fas", "Arab", ALIASES("fas", "per", "pes", "prs")},
    {"fil", "Filipino", "fil", "Latn", ALIASES("fil", "tl", "tgl")},
    {"fi", "Finnish", "fin", "Latn", ALIASES("fin")},
    {"fr", "French", "fra", "Latn", ALIASES("fra", "fre")},
    {"frm", "French, Middle (1400-1600)", "frm", "Latn", ALIASES("frm")},
    {"fy", "Frisian (Western)", "fry", "Latn", ALIASES("fry")},
    {"gd", "Scottish Gaelic", "gla", "Latn", ALIASES("gla")},
    {"ga", "Irish", "gle", "Latn", ALIASES("gle")},
    {"gl", "Galician", "glg", "Latn", ALIASES("glg")},
    {"grc", "Greek, Ancient (to 1453)", "grc", "Grek", ALIASES("grc")},
    {"gu", "Gujarati", "guj", "Gujr", ALIASES("guj")},
    {"ht", "Haitian Creole", "hat", "Latn", ALIASES("hat")},
    {"he", "Hebrew", "heb", "Hebr", ALIASES("heb", "iw")},
    {"hi", "Hindi", "hin", "Deva", ALIASES("hin")},
    {"hr", "Croatian", "hrv", "Latn", ALIASES("hrv", "scr")},
    {"hu", "Hungarian", "hun", "Latn", ALIASES("hun")},
    {"hy", "Armenian", "hye", "Armn", ALIASES("hye", "arm")},
    {"iu", "Inuktitut", "iku", "Cans", ALIASES("iku")},
    {"id", "Indonesian", "ind", "Latn", ALIASES("ind", "in")},
    {"is", "Icelandic", "isl", "Latn", ALIASES("isl", "ice")},
    {"it", "Italian", "ita", "Latn", ALIASES("ita")},
    {"it-x-old", "Italian (old)", "ita_old", "Latn", ALIASES("ita_old")},
    {"jv", "Javanese", "jav", "Latn", ALIASES("jav")},
    {"ja", "Japanese", "jpn", "Jpan", ALIASES("jpn", "jp")},
    {"ja-x-vert", "Japanese (vertical)", "jpn_vert", "Jpan", ALIASES("jpn_vert")},
    {"kn", "Kannada", "kan", "Knda", ALIASES("kan")},
    {"ka", "Georgian", "kat", "Geor", ALIASES("kat", "geo")},
    {"oge", "Georgian (old)", "kat_old", "Geor", ALIASES("kat_old")},
    {"kk", "Kazakh", "kaz", "Cyrl", ALIASES("kaz")},
    {"km", "Khmer", "khm", "Khmr", ALIASES("khm")},
    {"ky", "Kyrgyz", "kir", "Cyrl", ALIASES("kir")},
    {"ku", "Kurdish (Kurmanji)", "kmr", "Latn", ALIASES("kmr", "kur", "ku-Latn")},
    {"ko", "Korean", "kor", "Kore", ALIASES("kor", "kr")},
    {"ko-x-vert", "Korean (vertical)", "kor_vert", "Kore", ALIASES("kor_vert")},
    {"lo", "Lao", "lao", "Laoo", ALIASES("lao")},
    {"la", "Latin", "lat", "Latn", ALIASES("lat")},
    {"lv", "Latvian", "lav", "Latn", ALIASES("lav", "lvs")},
    {"lt", "Lithuanian", "lit", "Latn", ALIASES("lit")},
    {"lb", "Luxembourgish", "ltz", "Latn", ALIASES("ltz")},
    {"ml", "Malayalam", "mal", "Mlym", ALIASES("mal")},
    {"mr", "Marathi", "mar", "Deva", ALIASES("mar")},
    {"mk", "Macedonian", "mkd", "Cyrl", ALIASES("mkd", "mac")},
    {"mt", "Maltese", "mlt", "Latn", ALIASES("mlt")},
    {"mn", "Mongolian", "mon", "Cyrl", ALIASES("mon", "khk")},
    {"mi", "Maori", "mri", "Latn", ALIASES("mri", "mao")},
    {"ms", "Malay", "msa", "Latn", ALIASES("msa", "may", "zsm")},
    {"my", "Burmese", "mya", "Mymr", ALIASES("mya", "bur")},
    {"ne", "Nepali", "nep", "Deva", ALIASES("nep", "npi")},
    {"nl", "Dutch", "nld", "Latn", ALIASES("nld", "dut")},
    {"no", "Norwegian", "nor", "Latn", ALIASES("nor", "nb", "nob", "nn", "nno")},
    {"oc", "Occitan", "oci", "Latn", ALIASES("oci")},
    {"or", "Odia", "ori", "Orya", ALIASES("ori", "ory")},
    {"pa", "Punjabi", "pan", "Guru", ALIASES("pan")},
    {"pl", "Polish", "pol", "Latn", ALIASES("pol")},
    {"pt", "Portuguese", "por", "Latn", ALIASES("por")},
    {"ps", "Pashto", "pus", "Arab", ALIASES("pus")},
    {"qu", "Quechua", "que", "Latn", ALIASES("que")},
    {"ro", "Romanian", "ron", "Latn", ALIASES("ron", "rum", "mo")},
    {"ru", "Russian", "rus", "Cyrl", ALIASES("rus")},
    {"sa", "Sanskrit", "san", "Deva", ALIASES("san")},
    {"si", "Sinhala", "sin", "Sinh", ALIASES("sin")},
    {"sk", "Slovak", "slk", "Latn", ALIASES("slk", "slo")},
    {"sl", "Slovenian", "slv", "Latn", ALIASES("slv")},
    {"sd", "Sindhi", "snd", "Arab", ALIASES("snd")},
    {"es", "Spanish", "spa", "Latn", ALIASES("spa")},
    {"es-x-old", "Spanish (old)", "spa_old", "Latn", ALIASES("spa_old")},
    {"sq", "Albanian", "sqi", "Latn", ALIASES("sqi", "alb", "als")},
    {"sr", "Serbian", "srp", "Cyrl", ALIASES("srp", "sr-Cyrl", "scc")},
    {"sr-Latn", "Serbian (Latin)", "srp_latn", "Latn", ALIASES("srp_latn", "srp-Latn")},
    {"su", "Sundanese", "sun", "Latn", ALIASES("sun")},
    {"sw", "Swahili", "swa", "Latn", ALIASES("swa", "swh")},
    {"sv", "Swedish", "swe", "Latn", ALIASES("swe")},
    {"syr", "Syriac", "syr", "Syrc", ALIASES("syr")},
    {"ta", "Tamil", "tam", "Taml", ALIASES("tam")},
    {"tt", "Tatar", "tat", "Cyrl", ALIASES("tat")},
    {"te", "Telugu", "tel", "Telu", ALIASES("tel")},
    {"tg", "Tajik", "tgk", "Cyrl", ALIASES("tgk")},
    {"th", "Thai", "tha", "Thai", ALIASES("tha")},
    {"ti", "Tigrinya", "tir", "Ethi", ALIASES("tir")},
    {"to", "Tongan", "ton", "Latn", ALIASES("ton")},
    {"tr", "Turkish", "tur", "Latn", ALIASES("tur")},
    {"ug", "Uyghur", "uig", "Arab", ALIASES("uig")},
    {"uk", "Ukrainian", "ukr", "Cyrl", ALIASES("ukr", "ua")},
    {"ur", "Urdu", "urd", "Arab", ALIASES("urd")},
    {"uz", "Uzbek", "uzb", "Latn", ALIASES("uzb", "uz-Latn", "uzn")},
    {"uz-Cyrl", "Uzbek (Cyrillic)", "uzb_cyrl", "Cyrl", ALIASES("uzb_cyrl", "uzb-Cyrl")},
    {"vi", "Vietnamese", "vie", "Latn", ALIASES("vie", "vn")},
    {"yi", "Yiddish", "yid", "Hebr", ALIASES("yid", "ji")},
    {"yo", "Yoruba", "yor", "Latn", ALIASES("yor")},

    {"und-Arab", "Arabic script", "Arabic", "Arab", ALIASES("script/Arabic")},
    {"und-Armn", "Armenian script", "Armenian", "Armn", ALIASES("script/Armenian")},
    {"und-Beng", "Bengali script", "Bengali", "Beng", ALIASES("script/Bengali")},
    {"und-Cans", "Canadian syllabics", "Canadian_Aboriginal", "Cans",
     ALIASES("Canadian_Aboriginal", "script/Canadian_Aboriginal")},
    {"und-Cher", "Cherokee script", "Cherokee", "Cher", ALIASES("script/Cherokee")},
    {"und-Cyrl", "Cyrillic script", "Cyrillic", "Cyrl", ALIASES("Cyrillic", "script/Cyrillic")},
    {"und-Deva", "Devanagari script", "Devanagari", "Deva",
     ALIASES("Devanagari", "script/Devanagari")},
    {"und-Ethi", "Ethiopic script", "Ethiopic", "Ethi", ALIASES("Ethiopic", "script/Ethiopic")},
    {"und-Latf", "Fraktur script", "Fraktur", "Latf", ALIASES("Fraktur", "script/Fraktur")},
    {"und-Geor", "Georgian script", "Georgian", "Geor", ALIASES("script/Georgian")},
    {"und-Grek", "Greek script", "Greek", "Grek", ALIASES("script/Greek")},
    {"und-Gujr", "Gujarati script", "Gujarati", "Gujr", ALIASES("script/Gujarati")},
    {"und-Guru", "Gurmukhi script", "Gurmukhi", "Guru", ALIASES("Gurmukhi", "script/Gurmukhi")},
    {"und-Hans", "Han script (simplified)", "HanS", "Hans", ALIASES("HanS", "script/HanS")},
    {"und-Hant", "Han script (traditional)", "HanT", "Hant", ALIASES("HanT", "script/HanT")},
    {"und-Kore", "Hangul script", "Hangul", "Kore", ALIASES("Hangul", "script/Hangul")},
    {"und-Hebr", "Hebrew script", "Hebrew", "Hebr", ALIASES("script/Hebrew")},
    {"und-Jpan", "Japanese script", "Japanese", "Jpan", ALIASES("script/Japanese")},
    {"und-Knda", "Kannada script", "Kannada", "Knda", ALIASES("script/Kannada")},
    {"und-Khmr", "Khmer script", "Khmer", "Khmr", ALIASES("script/Khmer")},
    {"und-Laoo", "Lao script", "Lao", "Laoo", ALIASES("script/Lao")},
    {"und-Latn", "Latin script", "Latin", "Latn", ALIASES("script/Latin")},
    {"und-Mlym", "Malayalam script", "Malayalam", "Mlym", ALIASES("script/Malayalam")},
    {"und-Mymr", "Myanmar script", "Myanmar", "Mymr", ALIASES("Myanmar", "script/Myanmar")},
    {"und-Orya", "Odia script", "Oriya", "Orya", ALIASES("script/Oriya")},
    {"und-Sinh", "Sinhala script", "Sinhala", "Sinh", ALIASES("script/Sinhala")},
    {"und-Syrc", "Syriac script", "Syriac", "Syrc", ALIASES("script/Syriac")},
    {"und-Taml", "Tamil script", "Tamil", "Taml", ALIASES("script/Tamil")},
    {"und-Telu", "Telugu script", "Telugu", "Telu", ALIASES("script/Telugu")},
    {"und-Thaa", "Thaana script", "Thaana", "Thaa", ALIASES("Thaana", "script/Thaana")},
    {"und-Thai", "Thai script", "Thai", "Thai", ALIASES("script/Thai")},
    {"und-Tibt", "Tibetan script", "Tibetan", "Tibt", ALIASES("script/Tibetan")},
    {"vi-x-script", "Vietnamese script", "Vietnamese", "Latn", ALIASES("script/Vietnamese")},
};

size_t language_count(void)
{
    return ARRAY_LENGTH(languages);
}

const struct language *language_at(size_t index)
{
    return &languages[index];
}

static const struct language *find_exact(struct str code)
{
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++) {
        if (str_equal_nocase(code, str_of(languages[i].code)))
            return &languages[i];
        for (const char *const *alias = languages[i].aliases; *alias != NULL; alias++)
            if (str_equal_nocase(code, str_of(*alias)))
                return &languages[i];
    }
    return NULL;
}

static bool is_ascii_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* BCP 47 region: two letters or three digits. */
static bool is_region(struct str subtag)
{
    if (subtag.n == 2)
        return is_ascii_letter(subtag.p[0]) && is_ascii_letter(subtag.p[1]);
    return subtag.n == 3 && is_ascii_digit(subtag.p[0]) && is_ascii_digit(subtag.p[1]) &&
           is_ascii_digit(subtag.p[2]);
}

/* Cuts "-SUBTAG" off *code and returns SUBTAG; false when there is none. */
static bool cut_last_subtag(struct str *code, struct str *ret_subtag)
{
    for (size_t i = code->n; i-- > 1;)
        if (code->p[i] == '-') {
            *ret_subtag = (struct str){code->p + i + 1, code->n - i - 1};
            code->n = i;
            return true;
        }
    return false;
}

const struct language *language_find(struct str code)
{
    char tag[CODE_LENGTH_MAX];

    if (code.n == 0 || code.n > sizeof(tag))
        return NULL;
    const struct language *language = find_exact(code);
    if (language != NULL)
        return language;

    /* "en_US" is "en-US"; a region changes nothing that the table does not name itself; a script
     * may be said again ("de-Latn") but not contradicted ("de-Cyrl"). */
    for (size_t i = 0; i < code.n; i++)
        tag[i] = code.p[i] == '_' ? '-' : code.p[i];
    struct str rest = {tag, code.n};
    struct str subtag;
    language = find_exact(rest);
    if (language != NULL)
        return language;
    if (cut_last_subtag(&rest, &subtag) && is_region(subtag)) {
        language = find_exact(rest);
        if (language != NULL || !cut_last_subtag(&rest, &subtag))
            return language;
    }
    language = find_exact(rest);
    if (language != NULL && str_equal_nocase(subtag, str_of(language->script)))
        return language;
    return NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Levenshtein's distance, letter case aside; `limit` + 1 when it is over the limit. */
static size_t edit_distance(struct str a, struct str b, size_t limit)
{
    size_t row[CODE_LENGTH_MAX + 1];

    if (a.n > CODE_LENGTH_MAX || b.n > CODE_LENGTH_MAX)
        return limit + 1;
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t replaced = diagonal + (lower(a.p[i - 1]) != lower(b.p[j - 1]));
            size_t inserted = row[j - 1] + 1;
            size_t deleted = row[j] + 1;
            diagonal = row[j];
            row[j] = replaced < inserted ? replaced : inserted;
            if (deleted < row[j])
                row[j] = deleted;
        }
    }
    return row[b.n] <= limit ? row[b.n] : limit + 1;
}

/* The least distance of a code to what a language is called. */
static size_t language_distance(const struct language *language, struct str code)
{
    const size_t limit = SUGGESTION_DISTANCE_MAX;
    size_t least = edit_distance(code, str_of(language->code), limit);
    size_t distance = edit_distance(code, str_of(language->name), limit);

    if (distance < least)
        least = distance;
    for (const char *const *alias = language->aliases; *alias != NULL; alias++) {
        distance = edit_distance(code, str_of(*alias), limit);
        if (distance < least)
            least = distance;
    }
    return least;
}

static status_code fail_unknown(struct str code, struct status *st)
{
    char nearest[96] = "";
    size_t length = 0;
    size_t count = 0;
    int shown = code.n > CODE_LENGTH_MAX ? CODE_LENGTH_MAX : (int)code.n;

    for (size_t distance = 0; distance <= SUGGESTION_DISTANCE_MAX && count < SUGGESTIONS_MAX;
         distance++) {
        for (size_t i = 0; i < ARRAY_LENGTH(languages) && count < SUGGESTIONS_MAX; i++) {
            if (language_distance(&languages[i], code) != distance)
                continue;
            int written = snprintf(nearest + length, sizeof(nearest) - length, "%s%s (%s)",
                                   count > 0 ? ", " : "", languages[i].code, languages[i].name);
            if (written < 0 || (size_t)written >= sizeof(nearest) - length) {
                nearest[length] = '\0';
                count = SUGGESTIONS_MAX;
                break;
            }
            length += (size_t)written;
            count++;
        }
    }
    if (length == 0)
        return FAIL_FIELD(st, "language", "UNKNOWN_LANGUAGE",
                          "'%.*s' is not a language that is known here; use auto or a code such as "
                          "en, de, ch, ja, ar",
                          shown, code.p);
    return FAIL_FIELD(st, "language", "UNKNOWN_LANGUAGE",
                      "'%.*s' is not a language that is known here; the nearest are %s", shown,
                      code.p, nearest);
}

status_code language_check(struct str requested, struct status *st)
{
    struct str rest = requested;
    struct str code;
    size_t count = 0;

    if (str_equal_nocase(requested, STR("auto")))
        return STATUS_OK;
    while (str_next_token(&rest, '+', &code)) {
        if (++count > LANGUAGES_MAX)
            return FAIL_FIELD(st, "language", "UNKNOWN_LANGUAGE",
                              "at most %d languages can be joined", LANGUAGES_MAX);
        if (language_find(code) == NULL)
            return fail_unknown(code, st);
    }
    if (count == 0)
        return fail_unknown(STR(""), st);
    return STATUS_OK;
}

const char *language_to_tesseract(struct str requested, struct arena *arena)
{
    const struct language *seen[LANGUAGES_MAX];
    size_t count = 0;
    struct str rest = requested;
    struct str code;
    const char *joined = NULL;

    while (count < LANGUAGES_MAX && str_next_token(&rest, '+', &code)) {
        const struct language *language = language_find(code);
        bool is_new = language != NULL;
        for (size_t i = 0; i < count; i++)
            is_new = is_new && seen[i] != language;
        if (!is_new)
            continue;
        seen[count++] = language;
        joined = joined == NULL ? arena_strdup(arena, language->tesseract)
                                : arena_printf(arena, "%s+%s", joined, language->tesseract);
        if (joined == NULL)
            return NULL;
    }
    return joined;
}
