#include "services/chat/text/sentences.h"

#include <stdlib.h>
#include <string.h>

#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "lib/base/ascii.h"
#include "lib/base/str.h"
#include "services/chat/text/text_language.h"

enum { SENTENCE_TEXT_MAX_BYTES = 1 << 20, ORDINAL_DIGITS_MAX = 2, ABBREVIATION_MAX = 12 };

/* Before a point that ends no sentence; ASCII letters in lower case. Of many languages at once: a
 * sentence that goes on too long does less harm than one that is torn. */
static const char abbreviations[] =
    " abb abs al apr approx art aufl aug av bd bijv bl blz bzgl bzw ca cf co corp dec dept dez dhr "
    "dipl dott dr dra déc ed eds eg enz est etc evtl ext feb ff fig figs févr geb gest ggf godz hr "
    "hrn hrsg ibid inc incl inkl jan janv jg jr juil jul jun kap lic ltd mar max mevr min mme mr "
    "mrs ms mwst nn no nos nov nr num např núm obs oct okt op pag par poz pp prof pt pág ref resp "
    "rev sec sep sept sig sog sr sra st str tab tel tj tzw ul univ usw ust vgl vol vols vs zzgl "
    "гг др рис руб стр табл тел ул ";

/* Languages that write "12. März". */
static const char ordinal_languages[] = " de da no fi cs hu hr lt pl tr eu ";

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_letter(char c)
{
    return ascii_is_letter(c) || (unsigned char)c >= 0x80;
}

/* `list`: words with a space on each side. */
static bool lists(const char *list, const char *word, size_t length)
{
    char wanted[ABBREVIATION_MAX + 3] = " ";

    if (length == 0 || length > ABBREVIATION_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        wanted[i + 1] = lower(word[i]);
    wanted[length + 1] = ' ';
    return strstr(list, wanted) != NULL;
}

static size_t count_characters(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

/* Whether a point at the end of `before` ends an abbreviation, an initial, an ordinal or the marker
 * of a list, and no sentence. */
static bool goes_on(struct str before, const struct text_language *language)
{
    size_t end, start;

    before = str_trim(before);
    if (before.n < 2 || before.p[before.n - 1] != '.')
        return false;
    end = start = before.n - 1;
    while (start > 0 && ascii_is_digit(before.p[start - 1]))
        start--;
    if (start < end)
        return start == 0 || (end - start <= ORDINAL_DIGITS_MAX && language != NULL &&
                              (before.p[start - 1] == ' ' || before.p[start - 1] == '\n') &&
                              lists(ordinal_languages, language->code, strlen(language->code)));
    while (start > 0 && is_letter(before.p[start - 1]))
        start--;
    /* An initial, or the last letter of "z.B.". */
    if (count_characters(before.p + start, end - start) == 1)
        return true;
    return lists(abbreviations, before.p + start, end - start);
}

/* A copy in which lines end in spaces, for a line's end is no sentence's. */
static char *copy_without_lines(struct str text)
{
    char *copy = malloc(text.n + 1);

    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < text.n; i++)
        copy[i] = text.p[i] == '\n' || text.p[i] == '\r' ? ' ' : text.p[i];
    copy[text.n] = '\0';
    return copy;
}

DEFINE_CLEANUP_NAMED(UBreakIterator *, close_iteratorp, ubrk_close)

struct sentence_list {
    struct arena *arena;
    struct sentence *items;
    size_t count, capacity;
};

static bool add(struct sentence_list *list, struct str text, size_t start, size_t end)
{
    enum { FIRST_SENTENCES = 16 };
    struct str trimmed = str_trim((struct str){text.p + start, end - start});

    if (trimmed.n == 0)
        return true;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? FIRST_SENTENCES : list->capacity * 2;
        struct sentence *items = ARENA_NEW_ARRAY(list->arena, struct sentence, capacity);
        if (items == NULL)
            return false;
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] =
        (struct sentence){(uint32_t)(trimmed.p - text.p), (uint32_t)trimmed.n};
    return true;
}

status_code sentences_cut(struct str text, struct str language, struct arena *arena,
                          const struct sentence **ret_sentences, size_t *ret_count,
                          struct status *st)
{
    _cleanup_(close_iteratorp) UBreakIterator *iterator = NULL;
    _cleanup_(freep) char *copy = NULL;
    const struct text_language *known = text_language_find(language);
    struct sentence_list list = {.arena = arena};
    UText view = UTEXT_INITIALIZER;
    UErrorCode error = U_ZERO_ERROR;
    size_t start = 0;

    if (text.n > SENTENCE_TEXT_MAX_BYTES)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL,
                    "a text of %zu bytes is over the limit of %d", text.n, SENTENCE_TEXT_MAX_BYTES);
    copy = copy_without_lines(text);
    if (copy == NULL)
        return FAIL_MEMORY(st);
    iterator = ubrk_open(UBRK_SENTENCE, "", NULL, 0, &error);
    utext_openUTF8(&view, copy, (int64_t)text.n, &error);
    ubrk_setUText(iterator, &view, &error);
    if (U_FAILURE(error)) {
        utext_close(&view);
        return FAIL_MEMORY(st);
    }
    bool has_room = true;
    for (int32_t end = ubrk_next(iterator); end != UBRK_DONE && has_room;
         end = ubrk_next(iterator)) {
        if ((size_t)end < text.n &&
            goes_on((struct str){text.p + start, (size_t)end - start}, known))
            continue;
        has_room = add(&list, text, start, (size_t)end);
        start = (size_t)end;
    }
    utext_close(&view);
    if (!has_room)
        return FAIL_MEMORY(st);
    *ret_sentences = list.items;
    *ret_count = list.count;
    return STATUS_OK;
}
