#include "services/ocr/worker/language_guess.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

#include "lib/base/cleanup.h"

/*
 * The commonest words that carry no subject: they make a third to half of any running text.
 * Lower case, without accents, as fold() leaves them; between spaces.
 */
struct function_words {
    const char *code;
    const char *script;
    const char *words;
};

static const struct function_words languages[] = {
    {"en", "Latn",
     " the of and to in is that for it was with as be by on not are this have from or at which but "
     "they you were has had will would been their its an we if than when "},
    {"de", "Latn",
     " der die und in den von zu das mit sich des auf fur ist im dem nicht ein eine als auch es an "
     "werden aus er hat dass sie nach wird bei einer um am sind noch wie einem uber zum zur wenn "},
    {"fr", "Latn",
     " de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il sont "
     "avec ou son aux cette ont ses mais comme nous vous quand "},
    {"es", "Latn",
     " de la que el en y los del se las por un para con no una su al lo como mas pero sus le ha es "
     "sin sobre este entre cuando muy "},
    {"it", "Latn",
     " di che e la il un per in una sono non si da con del della i le come piu al dei nel alla gli "
     "ha lo anche questo delle ma "},
    {"pt", "Latn",
     " de o que e do da em um para com nao uma os no se na por mais as dos como mas ao das foi ou "
     "sua pelo pela "},
    {"nl", "Latn",
     " de van een en het in is dat op te zijn met voor niet aan er om ook als dan maar bij of uit "
     "door naar wordt nog "},
    {"pl", "Latn",
     " w i na z do sie nie jest to o ze przez od za po oraz jak dla ich co czy przed kiedy jego "
     "tym ktory ktore "},
    {"cs", "Latn",
     " a se v na je ze to s z do i o pro za ve jsou by jako ale po aby ktery ktere pred kdy jeho "},
    {"sk", "Latn",
     " a sa v na je ze to s z do i o pre za vo su by ako ale po aby ktory ktore pred ked jeho "},
    {"sv", "Latn",
     " och i att det som en pa ar av for med den till har de inte om ett han men var fran vid "},
    {"da", "Latn",
     " og i at det er en til af den pa for med som de ikke der et han var fra har ved blev "},
    {"no", "Latn",
     " og i det er en til av den pa for med som de ikke der et han var fra har ved ble seg etter "},
    {"fi", "Latn",
     " ja on ei se etta oli han mutta joka kun niin ovat myos tai sen ole ovat jos kuin "},
    {"hu", "Latn", " a az es hogy nem is egy ez van meg de ha csak mint volt el mar azt vagy "},
    {"ro", "Latn",
     " de si in la cu o pe un este nu din care ca mai pentru se al sa au fost sau prin "},
    {"tr", "Latn",
     " ve bir bu da de icin ile olarak cok daha gibi olan kadar en ne sonra ama var once yeni "},
    {"hr", "Latn", " i je u na se da za od su s a koji kao o te ili bi sto iz po ne nije "},
    {"sl", "Latn", " in je v na se da za so z ki pa po s od ne ni bi kot tudi "},
    {"lt", "Latn", " ir i is su kad yra tai bet kaip ar nuo iki buvo "},
    {"lv", "Latn", " un ir no ar par ka uz bet kas tika pie vai "},
    {"et", "Latn", " ja on ei et see ta oli mis ka ning kui oma "},
    {"ca", "Latn", " de la i que el en els les per un del amb una no al es va com "},
    {"id", "Latn", " yang dan di dengan untuk dari ini itu dalam tidak pada adalah akan oleh "},
    {"vi", "Latn", " va cua la co cho khong trong mot cac nguoi duoc voi nhung nay "},
    {"ru", "Cyrl",
     " и в не на что с по как это он его но все из у для от за к до или бы о же так был при "},
    {"uk", "Cyrl", " і та що не на до як це або також був для його від з у про за є при щоб коли "},
    {"be", "Cyrl", " і не на што як гэта з у да па ад але для быу яго пра каб "},
    {"bg", "Cyrl", " на и да се за от е не са с по като че тои това при или до беше в "},
    {"sr", "Cyrl", " и је да се на у за од са а које су не из као који или "},
    {"mk", "Cyrl", " и на да се за од е во со не што ке како но го "},
    {"ar", "Arab", " في من علي ان الي عن مع هذا التي الذي هذه ما لا كان بعد او قد بين "},
    {"fa", "Arab", " از به كه اين در را با است و براي آن يك خود تا بر هم مي "},
    {"ur", "Arab", " كے ميں كي هے اور سے كا كو نے پر هيں اس يه "},
};

static const struct {
    const char *script;
    const char *code;
} languages_of_scripts[] = {
    {"Latn", "en"},      {"Cyrl", "ru"},  {"Grek", "el"},       {"Hebr", "he"},  {"Arab", "ar"},
    {"Hani", "zh-Hans"}, {"Jpan", "ja"},  {"Kore", "ko"},       {"Thai", "th"},  {"Deva", "hi"},
    {"Beng", "bn"},      {"Taml", "ta"},  {"Telu", "te"},       {"Knda", "kn"},  {"Mlym", "ml"},
    {"Gujr", "gu"},      {"Guru", "pa"},  {"Orya", "or"},       {"Sinh", "si"},  {"Geor", "ka"},
    {"Armn", "hy"},      {"Ethi", "am"},  {"Khmr", "km"},       {"Laoo", "lo"},  {"Mymr", "my"},
    {"Tibt", "bo"},      {"Cher", "chr"}, {"Latf", "und-Latf"}, {"Syrc", "syr"}, {"Thaa", "dv"},
};

const char *language_guess_of_script(const char *script)
{
    for (size_t i = 0; i < ARRAY_LENGTH(languages_of_scripts); i++)
        if (strcmp(languages_of_scripts[i].script, script) == 0)
            return languages_of_scripts[i].code;
    return NULL;
}

/* --- Script --- */

/* Han alone is Chinese; Han among kana Japanese, whichever is more. */
static const char *script_of_counts(const uint32_t counts[USCRIPT_CODE_LIMIT])
{
    uint32_t kana = counts[USCRIPT_HIRAGANA] + counts[USCRIPT_KATAKANA];
    int most = USCRIPT_UNKNOWN;
    uint32_t count = 0;

    for (int script = 0; script < USCRIPT_CODE_LIMIT; script++)
        if (script != USCRIPT_COMMON && script != USCRIPT_INHERITED && counts[script] > count) {
            most = script;
            count = counts[script];
        }
    if (count == 0)
        return "";
    if (most == USCRIPT_HAN || most == USCRIPT_HIRAGANA || most == USCRIPT_KATAKANA)
        return kana * 10 > counts[USCRIPT_HAN] ? "Jpan" : "Hani";
    return most == USCRIPT_HANGUL ? "Kore" : uscript_getShortName((UScriptCode)most);
}

static const char *script_of(const UChar *text, int32_t length)
{
    uint32_t counts[USCRIPT_CODE_LIMIT] = {0};

    for (int32_t at = 0; at < length;) {
        UErrorCode error = U_ZERO_ERROR;
        UChar32 character;
        U16_NEXT(text, at, length, character);
        UScriptCode script = uscript_getScript(character, &error);
        if (U_SUCCESS(error) && u_isalpha(character) && script >= 0 && script < USCRIPT_CODE_LIMIT)
            counts[script]++;
    }
    return script_of_counts(counts);
}

/* Characters that are written in one of both ways only, of the commonest words. */
static const UChar simplified_only[] =
    u"\u4eec\u8fd9\u6765\u65f6\u4e3a\u4f1a\u56fd\u8bf4\u5bf9\u5b66\u53d1\u7ecf\u957f\u73b0\u5b9e"
    u"\u4e1a\u7535\u673a\u5f00\u5173\u4e1c\u8f66\u89c1\u95ee\u95e8\u4e66\u62a5\u8ba9\u8fd8\u8fdb"
    u"\u8fdc\u8fd0\u52a8\u8fde\u9009\u94b1\u9519\u96be\u987b\u9886\u9898\u98ce\u4f53\u4e91\u529e"
    u"\u52a1\u5458\u4ece\u8bae\u8ba8\u8bba\u8ba1\u8bf7\u8c22\u8ba2\u5355\u65e0\u603b\u4e49\u4e60";
static const UChar traditional_only[] =
    u"\u5011\u9019\u4f86\u6642\u70ba\u6703\u570b\u8aaa\u5c0d\u5b78\u767c\u7d93\u9577\u73fe\u5be6"
    u"\u696d\u96fb\u6a5f\u958b\u95dc\u6771\u8eca\u898b\u554f\u9580\u66f8\u5831\u8b93\u9084\u9032"
    u"\u9060\u904b\u52d5\u9023\u9078\u9322\u932f\u96e3\u9808\u9818\u984c\u98a8\u9ad4\u96f2\u8fa6"
    u"\u52d9\u54e1\u5f9e\u8b70\u8a0e\u8ad6\u8a08\u8acb\u8b1d\u8a02\u55ae\u7121\u7e3d\u7fa9\u7fd2";

static const char *chinese_of(const UChar *text, int32_t length)
{
    int32_t balance = 0;

    for (int32_t i = 0; i < length; i++)
        balance += (u_strchr(traditional_only, text[i]) != NULL) -
                   (u_strchr(simplified_only, text[i]) != NULL);
    return balance > 0 ? "zh-Hant" : "zh-Hans";
}

/* --- Words --- */

/* Letters that decomposition leaves, but that models of other languages read as the right one. */
static UChar32 fold_letter(UChar32 character)
{
    switch (character) {
    case 0x0131: /* dotless i */
        return 'i';
    case 0x0142: /* l with stroke */
        return 'l';
    case 0x00f8: /* o with stroke */
        return 'o';
    case 0x0111: /* d with stroke */
        return 'd';
    case 0x06a9: /* keheh: kaf */
        return 0x0643;
    case 0x06cc: /* Farsi yeh: yeh */
    case 0x0649: /* alef maksura */
        return 0x064a;
    case 0x06c1: /* heh goal: heh */
        return 0x0647;
    default:
        return character;
    }
}

/* Lower-case words without accents, a space before and after each, in UTF-8. False when it does not
 * fit. */
static bool fold(const UChar *text, int32_t length, char *folded, int32_t capacity)
{
    int32_t written = 0;
    bool is_in_word = false;

    folded[written++] = ' ';
    for (int32_t at = 0; at < length;) {
        UChar32 character;
        U16_NEXT(text, at, length, character);
        if (u_charType(character) == U_NON_SPACING_MARK)
            continue;
        if (written + 2 * U8_MAX_LENGTH >= capacity)
            return false;
        if (u_isalpha(character)) {
            character = fold_letter(u_tolower(character));
            U8_APPEND_UNSAFE(folded, written, character);
            is_in_word = true;
        } else if (is_in_word) {
            folded[written++] = ' ';
            is_in_word = false;
        }
    }
    if (is_in_word)
        folded[written++] = ' ';
    folded[written] = '\0';
    return true;
}

/* Words of the folded text, and those of them that a list holds. */
static uint32_t count_words(char *folded, const char *list, uint32_t *ret_total)
{
    uint32_t found = 0;
    char *word = folded;

    *ret_total = 0;
    for (char *end = strchr(word + 1, ' '); end != NULL; end = strchr(word + 1, ' ')) {
        char after = end[1];
        end[1] = '\0';
        found += strstr(list, word) != NULL;
        end[1] = after;
        ++*ret_total;
        word = end;
    }
    return found;
}

static const char *guess_by_words(char *folded, const char *script)
{
    /* Running text has a quarter to a half of its words in the right list; below an eighth it is
     * a table, an address or a language that is not listed. */
    const float share_min = 0.12f;
    enum { FOUND_MIN = 4 };
    uint32_t best = 0, total = 0;
    const char *code = NULL;

    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++) {
        if (strcmp(languages[i].script, script) != 0)
            continue;
        uint32_t found = count_words(folded, languages[i].words, &total);
        if (found > best) {
            best = found;
            code = languages[i].code;
        }
    }
    return best >= FOUND_MIN && (float)best >= share_min * (float)total ? code : NULL;
}

static bool has_word_lists(const char *script)
{
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++)
        if (strcmp(languages[i].script, script) == 0)
            return true;
    return false;
}

void language_guess_text(const char *text, struct language_guess *ret_guess)
{
    /* NFKD of one UTF-16 unit has at most 18 units, but of running text hardly twice as many: what
     * does not fit is left out. */
    enum { UNITS_MAX = 2 * LANGUAGE_GUESS_MAX_BYTES };
    UErrorCode error = U_ZERO_ERROR;
    _cleanup_(freep) UChar *plain = malloc(sizeof(UChar) * LANGUAGE_GUESS_MAX_BYTES);
    _cleanup_(freep) UChar *decomposed = malloc(sizeof(UChar) * UNITS_MAX);
    _cleanup_(freep) char *folded = malloc((size_t)UNITS_MAX * 3);
    size_t bytes = strnlen(text, LANGUAGE_GUESS_MAX_BYTES);
    int32_t length = 0;

    *ret_guess = (struct language_guess){.code = NULL, .script = ""};
    if (plain == NULL || decomposed == NULL || folded == NULL)
        return;
    /* Cut between characters. */
    while (bytes > 0 && text[bytes] != '\0' && ((unsigned char)text[bytes] & 0xc0) == 0x80)
        bytes--;
    (void)u_strFromUTF8(plain, LANGUAGE_GUESS_MAX_BYTES, &length, text, (int32_t)bytes, &error);
    if (U_FAILURE(error))
        return;
    ret_guess->script = script_of(plain, length);
    if (!has_word_lists(ret_guess->script)) {
        ret_guess->code = strcmp(ret_guess->script, "Hani") == 0
                              ? chinese_of(plain, length)
                              : language_guess_of_script(ret_guess->script);
        return;
    }
    int32_t decomposed_length = unorm2_normalize(unorm2_getNFKDInstance(&error), plain, length,
                                                 decomposed, UNITS_MAX, &error);
    if (U_SUCCESS(error) && fold(decomposed, decomposed_length, folded, UNITS_MAX * 3))
        ret_guess->code = guess_by_words(folded, ret_guess->script);
}
