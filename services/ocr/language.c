#include "services/ocr/language.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/ascii.h"

enum {
    LANGUAGES_MAX = 8,    /* codes in one request */
    CODE_LENGTH_MAX = 32, /* longer ones are not looked at */
    SUGGESTIONS_MAX = 3,  /* nearest codes named in a refusal */
    SUGGESTIONS_MAX_BYTES = 120,
    SUGGESTION_DISTANCE_MAX = 2, /* edits */
};

static const struct language *find_exact(struct str code)
{
    for (size_t i = 0; i < language_count(); i++) {
        const struct language *language = language_at(i);
        /* "Arabic" is tesseract's name of a script's model; "arabic" is no code. */
        if (str_equal_nocase(code, str_of(language->code)) ||
            str_equal(code, str_of(language->tesseract)))
            return language;
        for (const char *const *alias = language->aliases; *alias != NULL; alias++)
            if (str_equal_nocase(code, str_of(*alias)))
                return language;
    }
    return NULL;
}

/* --- tags (BCP 47: RFC 5646 §2.1) --- */

/* All letters, or all digits. */
static bool is_made_of(struct str subtag, bool (*is_one)(char c))
{
    for (size_t i = 0; i < subtag.n; i++)
        if (!is_one(subtag.p[i]))
            return false;
    return true;
}

static bool is_script(struct str subtag)
{
    return subtag.n == 4 && is_made_of(subtag, ascii_is_letter);
}

static bool is_region(struct str subtag)
{
    return (subtag.n == 2 && is_made_of(subtag, ascii_is_letter)) ||
           (subtag.n == 3 && is_made_of(subtag, ascii_is_digit));
}

static bool is_variant(struct str subtag)
{
    bool has_length =
        (subtag.n >= 5 && subtag.n <= 8) || (subtag.n == 4 && ascii_is_digit(subtag.p[0]));

    return has_length && is_made_of(subtag, ascii_is_letter_or_digit);
}

/* Where the subtags of a tag end that say what is read: variants and extensions do not. */
struct tag {
    struct str language; /* "sr"; with an extended one "zh-yue" */
    struct str script;   /* "Latn", or empty */
    size_t script_end;   /* length of "sr-Latn"; that of "sr" without a script */
    size_t region_end;   /* length of "sr-Latn-RS"; as the above without a region */
};

static bool parse_tag(struct str code, struct tag *ret_tag)
{
    struct tag tag = {.language = {NULL, 0}};
    struct str rest = code;
    struct str subtag;

    if (!str_next_token(&rest, '-', &tag.language) || tag.language.n == 0)
        return false;
    tag.script_end = tag.region_end = tag.language.n;
    while (str_next_token(&rest, '-', &subtag)) {
        size_t end = (size_t)(subtag.p - code.p) + subtag.n;
        bool is_first = tag.region_end == tag.language.n;
        bool is_extended = is_first && tag.language.n <= 3;
        if (subtag.n == 1 && rest.p != NULL && rest.n > 0)
            break; /* an extension, or private use */
        if (is_extended && subtag.n == 3 && is_made_of(subtag, ascii_is_letter)) {
            tag.language.n = tag.script_end = tag.region_end = end;
        } else if (is_first && is_script(subtag)) {
            tag.script = subtag;
            tag.script_end = tag.region_end = end;
        } else if (tag.region_end == tag.script_end && is_region(subtag)) {
            tag.region_end = end;
        } else if (!is_variant(subtag)) {
            return false;
        }
    }
    *ret_tag = tag;
    return true;
}

/* A script may be said again ("de-Latn") but not contradicted ("de-Cyrl"). ISO 15924 has names for
 * some scripts' parts and styles, too. */
static bool is_script_of(const struct language *language, struct str script)
{
    static const struct {
        const char *ours;
        const char *same;
    } pairs[] = {
        {"Hans", "Hani"}, {"Jpan", "Hrkt"}, {"Jpan", "Hira"}, {"Jpan", "Kana"},
        {"Kore", "Hang"}, {"Arab", "Aran"}, {"Syrc", "Syrj"},
    };

    if (str_equal_nocase(script, str_of(language->script)))
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++)
        if (strcmp(pairs[i].ours, language->script) == 0 &&
            str_equal_nocase(script, str_of(pairs[i].same)))
            return true;
    return false;
}

const struct language *language_find(struct str code)
{
    char dashed[CODE_LENGTH_MAX];
    struct tag tag;

    if (code.n == 0 || code.n > sizeof(dashed))
        return NULL;
    const struct language *language = find_exact(code);
    if (language != NULL)
        return language;
    for (size_t i = 0; i < code.n; i++)
        dashed[i] = code.p[i] == '_' ? '-' : code.p[i]; /* "en_US" is "en-US" */
    if (!parse_tag((struct str){dashed, code.n}, &tag))
        return NULL;
    language = find_exact((struct str){dashed, tag.region_end});
    if (language == NULL)
        language = find_exact((struct str){dashed, tag.script_end});
    if (language != NULL)
        return language;
    language = find_exact(tag.language);
    if (language == NULL || (tag.script.n > 0 && !is_script_of(language, tag.script)))
        return NULL;
    return language;
}

bool language_is_in(const char *code, const char *script)
{
    const struct language *language = language_find(str_of(code));

    return language != NULL && strcmp(language->script, script) == 0;
}

/* --- what may have been meant --- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Levenshtein's distance, letter case aside; `limit` + 1 when it is over the limit, or when the two
 * have nothing in common. */
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
    return row[b.n] <= limit && row[b.n] < (a.n > b.n ? a.n : b.n) ? row[b.n] : limit + 1;
}

/* A name without what stands behind it: "Chinese" of "Chinese (simplified)". */
static struct str plain_name(const char *name)
{
    return str_trim((struct str){name, strcspn(name, "(,")});
}

/* The least distance of a code to what a language is called. */
static size_t language_distance(const struct language *language, struct str code)
{
    const size_t limit = SUGGESTION_DISTANCE_MAX;
    size_t least = edit_distance(code, str_of(language->code), limit);
    size_t distance = edit_distance(code, plain_name(language->name), limit);

    if (distance < least)
        least = distance;
    for (const char *const *alias = language->aliases; *alias != NULL; alias++) {
        distance = edit_distance(code, str_of(*alias), limit);
        if (distance < least)
            least = distance;
    }
    return least;
}

/* Appends the languages nearest to a code, at most SUGGESTIONS_MAX, of equally near ones those
 * first that begin alike; whether there was any. */
static bool append_nearest(struct buf *list, struct str code)
{
    size_t count = 0;

    for (size_t rank = 0; rank < 2 * (SUGGESTION_DISTANCE_MAX + 1) && code.n > 0; rank++)
        for (size_t i = 0; i < language_count() && count < SUGGESTIONS_MAX; i++) {
            const struct language *language = language_at(i);
            bool begins_alike = lower(code.p[0]) == lower(language->code[0]);
            if (language_distance(language, code) != rank / 2 || begins_alike == (rank % 2 != 0))
                continue;
            if (!buf_printf(list, "%s%s (%s)", count > 0 ? ", " : "", language->code,
                            language->name))
                return count > 0;
            count++;
        }
    return count > 0;
}

/* What a tag begins with says more than where it breaks off: "pt-Brazil" is near to "pt". */
static bool append_nearest_of_tag(struct buf *list, struct str code)
{
    struct str rest = code;
    struct str first;

    if (append_nearest(list, code))
        return true;
    return str_next_token(&rest, '-', &first) && first.n < code.n && append_nearest(list, first);
}

status_code language_fail_unknown(const char *field, struct str code, struct status *st)
{
    int shown = code.n > CODE_LENGTH_MAX ? CODE_LENGTH_MAX : (int)code.n;
    struct buf nearest;

    buf_init(&nearest, SUGGESTIONS_MAX_BYTES);
    bool is_any = append_nearest_of_tag(&nearest, code);
    (void)FAIL_FIELD(st, field, "UNKNOWN_LANGUAGE",
                     "'%.*s' is not a language that is known here; %s%s", shown, code.p,
                     is_any ? "the nearest are " : "use a code such as en, de, ch, ja, ar",
                     is_any ? nearest.data : "");
    buf_deinit(&nearest);
    return st->code;
}

/* Nothing between two "+", "auto" beside others, and several codes that are joined otherwise. */
static bool is_badly_joined(struct str code)
{
    bool is_bad = code.n == 0 || str_equal_nocase(code, STR("auto"));

    for (size_t i = 0; i < code.n; i++)
        is_bad = is_bad || strchr(" ,;|", code.p[i]) != NULL;
    return is_bad;
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
        if (is_badly_joined(code))
            return FAIL_FIELD(st, "language", "UNKNOWN_LANGUAGE",
                              "language is auto, or a code, or codes joined by + and nothing else, "
                              "such as en+de");
        if (language_find(code) == NULL)
            return language_fail_unknown("language", code, st);
    }
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
