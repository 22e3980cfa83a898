#include "services/ocr/worker/language_profile.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"
#include "lib/base/utf8.h"
#include "services/ocr/worker/language_profiles.h"

enum {
    CODE_BYTES = 16,
    SCRIPT_BYTES = 5,
    GROUP_UNITS = 3, /* UTF-16: letters beyond the basic plane are in no profile */
    UNIT_BITS = 16,
    RANK_MAX = 300,
    BOUNDARY = ' ', /* before and after a word */
};

/* A group in one language. */
struct entry {
    uint64_t group;
    float gain; /* logarithm of its frequency over that of a rare one */
    uint16_t language;
};

/* Groups in order, those of one group beside each other. */
struct table {
    struct entry *entries;
    size_t count;
};

struct profile {
    char code[CODE_BYTES];
    char script[SCRIPT_BYTES];
};

/* Of the process, made once; without entries when memory was short. */
static struct profile profiles[LANGUAGE_PROFILES_MAX];
static size_t profile_count;
static struct table exact, folded;

/* --- Frequencies --- */

/* Logarithm of the frequency of a group that is not among the commonest. */
static const float log_frequency_rare = -10;

/* The commonest group of a language makes 1.5 % of its text, the tenth 0.6 %, the hundredth 0.16 %,
 * the three hundredth 0.07 %, in 80 languages alike (standard deviation of the logarithm 0.15 to
 * 0.5): the curve through these, after Zipf and Mandelbrot. */
static float gain_of_rank(unsigned rank)
{
    return -3.0f - 0.73f * logf((float)rank + 9.0f) - log_frequency_rare;
}

/* --- Letters --- */

/* Letters that decomposition leaves, but that models of other languages read as the right one. */
static UChar fold_letter(UChar letter)
{
    static const struct {
        UChar letter, plain;
    } plain[] = {
        {0x0131, 'i'},    {0x0142, 'l'},    {0x00f8, 'o'},    {0x0111, 'd'},    {0x0127, 'h'},
        {0x00df, 'b'},    {0x00e6, 'a'},    {0x0153, 'a'},    {0x00f0, 'd'},    {0x00fe, 'p'},
        {0x0259, 'a'},    {0x06a9, 0x0643}, {0x06cc, 0x064a}, {0x0649, 0x064a}, {0x06c1, 0x0647},
        {0x06be, 0x0647}, {0x0451, 0x0435},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(plain); i++)
        if (letter == plain[i].letter)
            return plain[i].plain;
    return letter;
}

/* The long s of old print is an s. */
static UChar lower(UChar letter)
{
    enum { LONG_S = 0x017f };

    return letter == LONG_S ? 's' : (UChar)u_tolower(letter);
}

/* Accents, and the vowels of Arabic and Hebrew, which few write. Other marks are letters. */
static bool is_accent(UChar unit)
{
    return (unit >= 0x0300 && unit <= 0x036f) || (unit >= 0x0591 && unit <= 0x05c7) ||
           (unit >= 0x064b && unit <= 0x065f);
}

static bool is_letter(UChar unit)
{
    int8_t type = u_charType(unit);

    return u_isalpha(unit) || type == U_NON_SPACING_MARK || type == U_COMBINING_SPACING_MARK;
}

/* Lower-case letters in form C (exact) or D without accents (folded), one boundary between words,
 * and one at each end. Returns the length; 0 on failure. */
static int32_t prepare_letters(const UChar *text, int32_t length, bool is_folded, UChar *letters,
                               int32_t capacity)
{
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2 *form =
        is_folded ? unorm2_getNFDInstance(&error) : unorm2_getNFCInstance(&error);
    int32_t count = 0, written = 0;

    if (U_SUCCESS(error))
        count = unorm2_normalize(form, text, length, letters + 1, capacity - 2, &error);
    if (U_FAILURE(error))
        return 0;
    const UChar *source = letters + 1; /* never overtaken: at most one is written for each read */
    letters[written++] = BOUNDARY;
    for (int32_t i = 0; i < count; i++) {
        UChar unit = source[i];
        if (is_folded && is_accent(unit))
            continue;
        if (is_letter(unit)) {
            unit = lower(unit);
            letters[written++] = is_folded ? fold_letter(unit) : unit;
        } else if (letters[written - 1] != BOUNDARY) {
            letters[written++] = BOUNDARY;
        }
    }
    if (letters[written - 1] != BOUNDARY)
        letters[written++] = BOUNDARY;
    return written;
}

/* The group that begins at `at`; false for one around a boundary, which says nothing of words. */
static bool group_at(const UChar *letters, uint64_t *ret_group)
{
    *ret_group = (uint64_t)letters[0] << 2 * UNIT_BITS | (uint64_t)letters[1] << UNIT_BITS |
                 (uint64_t)letters[2];
    return letters[1] != BOUNDARY;
}

/* --- Profiles --- */

static int compare_entries(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;

    if (one->group != other->group)
        return one->group < other->group ? -1 : 1;
    if (one->language != other->language)
        return one->language < other->language ? -1 : 1;
    return (one->gain < other->gain) - (one->gain > other->gain);
}

/* Sorts; of groups that folding made alike the commonest stays. */
static void settle(struct table *table)
{
    size_t kept = 0;

    qsort(table->entries, table->count, sizeof(table->entries[0]), compare_entries);
    for (size_t i = 0; i < table->count; i++)
        if (kept == 0 || table->entries[i].group != table->entries[kept - 1].group ||
            table->entries[i].language != table->entries[kept - 1].language)
            table->entries[kept++] = table->entries[i];
    table->count = kept;
}

/* Adds a group as it stands in the file: three letters, "_" for a boundary. */
static void add_group(struct table *table, struct str text, float gain, bool is_folded)
{
    UErrorCode error = U_ZERO_ERROR;
    UChar units[GROUP_UNITS + 1], letters[GROUP_UNITS * 4 + 2];
    int32_t length = 0;
    uint64_t group;

    (void)u_strFromUTF8(units, ARRAY_LENGTH(units), &length, text.p, (int32_t)text.n, &error);
    if (U_FAILURE(error) || length != GROUP_UNITS)
        return;
    int32_t count = prepare_letters(units, length, is_folded, letters, ARRAY_LENGTH(letters));
    /* A boundary is at each end, wanted or not. */
    const UChar *start = units[0] == '_' ? letters : letters + 1;
    count -= (units[0] == '_' ? 0 : 1) + (units[length - 1] == '_' ? 0 : 1);
    if (count != GROUP_UNITS || !group_at(start, &group))
        return;
    table->entries[table->count++] =
        (struct entry){.group = group, .gain = gain, .language = (uint16_t)profile_count};
}

static bool copy_word(struct str word, char *to, size_t capacity)
{
    if (word.n >= capacity)
        return false;
    memcpy(to, word.p, word.n);
    to[word.n] = '\0';
    return true;
}

/* "de Latn en_ er_ ...". */
static void add_profile(struct str line)
{
    struct str word;
    struct profile *profile = &profiles[profile_count];

    if (!str_next_token(&line, ' ', &word) || !copy_word(word, profile->code, CODE_BYTES) ||
        !str_next_token(&line, ' ', &word) || !copy_word(word, profile->script, SCRIPT_BYTES))
        return;
    for (unsigned rank = 0; rank < RANK_MAX && str_next_token(&line, ' ', &word); rank++) {
        add_group(&exact, word, gain_of_rank(rank), false);
        add_group(&folded, word, gain_of_rank(rank), true);
    }
    profile_count++;
}

static void load_profiles(void)
{
    struct str rest = {(const char *)language_profiles, language_profiles_size}, line;

    exact.entries = malloc(sizeof(struct entry) * LANGUAGE_PROFILES_MAX * RANK_MAX);
    folded.entries = malloc(sizeof(struct entry) * LANGUAGE_PROFILES_MAX * RANK_MAX);
    if (exact.entries == NULL || folded.entries == NULL)
        return;
    while (profile_count < LANGUAGE_PROFILES_MAX && str_next_token(&rest, '\n', &line))
        if (line.n > 0 && line.p[0] != '#')
            add_profile(line);
    settle(&exact);
    settle(&folded);
}

static void need_profiles(void)
{
    static once_flag is_loaded = ONCE_FLAG_INIT;

    call_once(&is_loaded, load_profiles);
}

bool language_profile_has_script(const char *script)
{
    size_t count = 0;

    need_profiles();
    for (size_t i = 0; i < profile_count; i++)
        count += strcmp(profiles[i].script, script) == 0;
    return count > 1;
}

/* --- A text --- */

/* The first of a group's entries; NULL: there are none. */
static const struct entry *find_group(const struct table *table, uint64_t group)
{
    size_t low = 0, high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->entries[middle].group < group)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->count && table->entries[low].group == group ? &table->entries[low] : NULL;
}

/* Sums for each language what its common groups are above rare ones. Returns how many groups the
 * text has. */
static size_t sum_up(const struct table *table, const UChar *letters, int32_t length, float *sums)
{
    const struct entry *end = table->entries + table->count;
    size_t groups = 0;
    uint64_t group;

    for (int32_t i = 0; i + GROUP_UNITS <= length; i++) {
        if (!group_at(letters + i, &group))
            continue;
        groups++;
        for (const struct entry *entry = find_group(table, group);
             entry != NULL && entry < end && entry->group == group; entry++)
            sums[entry->language] += entry->gain;
    }
    return groups;
}

static void insert(struct language_fit fit, struct language_fit *fits, size_t *count, size_t max)
{
    size_t at = *count;

    while (at > 0 && fits[at - 1].fit < fit.fit)
        at--;
    if (at >= max)
        return;
    if (*count < max)
        ++*count;
    memmove(&fits[at + 1], &fits[at], (*count - 1 - at) * sizeof(fits[0]));
    fits[at] = fit;
}

size_t language_profile_rank(const char *text, const char *script, bool is_folded,
                             struct language_fit *ret_fits, size_t max)
{
    enum { UNITS_MAX = 3 * LANGUAGE_PROFILE_MAX_BYTES };
    UErrorCode error = U_ZERO_ERROR;
    _cleanup_(freep) UChar *plain = malloc(sizeof(UChar) * LANGUAGE_PROFILE_MAX_BYTES);
    _cleanup_(freep) UChar *letters = malloc(sizeof(UChar) * UNITS_MAX);
    float sums[LANGUAGE_PROFILES_MAX] = {0};
    int32_t bytes = (int32_t)utf8_cut(text, LANGUAGE_PROFILE_MAX_BYTES), length = 0;
    size_t count = 0;

    need_profiles();
    if (plain == NULL || letters == NULL || !language_profile_has_script(script))
        return 0;
    (void)u_strFromUTF8(plain, LANGUAGE_PROFILE_MAX_BYTES, &length, text, bytes, &error);
    if (U_FAILURE(error))
        return 0;
    length = prepare_letters(plain, length, is_folded, letters, UNITS_MAX);
    size_t groups = sum_up(is_folded ? &folded : &exact, letters, length, sums);
    if (groups < LANGUAGE_PROFILE_GROUPS_MIN)
        return 0;
    for (size_t i = 0; i < profile_count; i++)
        if (strcmp(profiles[i].script, script) == 0)
            insert((struct language_fit){profiles[i].code,
                                         log_frequency_rare + sums[i] / (float)groups},
                   ret_fits, &count, max);
    return count;
}

size_t language_profile_gains(const char *text, bool is_folded, float *ret_gains)
{
    enum { BYTES_MAX = 256, UNITS_MAX = 3 * BYTES_MAX };
    UErrorCode error = U_ZERO_ERROR;
    UChar plain[BYTES_MAX], letters[UNITS_MAX];
    int32_t bytes = (int32_t)utf8_cut(text, BYTES_MAX), length = 0;

    need_profiles();
    memset(ret_gains, 0, sizeof(*ret_gains) * LANGUAGE_PROFILES_MAX);
    (void)u_strFromUTF8(plain, BYTES_MAX, &length, text, bytes, &error);
    if (U_FAILURE(error))
        return profile_count;
    length = prepare_letters(plain, length, is_folded, letters, UNITS_MAX);
    (void)sum_up(is_folded ? &folded : &exact, letters, length, ret_gains);
    return profile_count;
}

const char *language_profile_code(size_t index)
{
    return profiles[index].code;
}

const char *language_profile_script(size_t index)
{
    return profiles[index].script;
}

float language_profile_fit(const char *text, const char *script, bool is_folded, const char *code)
{
    struct language_fit fits[LANGUAGE_PROFILES_MAX];
    size_t count = language_profile_rank(text, script, is_folded, fits, LANGUAGE_PROFILES_MAX);

    for (size_t i = 0; i < count; i++)
        if (strcmp(fits[i].code, code) == 0)
            return fits[i].fit;
    return log_frequency_rare;
}
