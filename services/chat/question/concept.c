#include "services/chat/question/concept.h"

#include <string.h>

#include "lib/forms/label_field.h"
#include "services/chat/question/concept_table.h"

enum {
    /* Labels of forms with fewer letters say other things in questions ("to", "from", "bar"): only
     * the concept's own phrases count there. */
    ASKED_LABEL_MIN_BYTES = 6,
    /* A shorter name inside of a longer text is believed less. */
    CONTAINED_NAME_MIN_BYTES = 4,
    CONFUSED_NAME_MIN_BYTES = 5, /* shorter ones become others */
};

#define MISREAD_FIT 0.7F /* of a label that only looks like a name; an estimate */

/* --- names --- */

struct concept_names concept_names_of(const struct concept *concept)
{
    struct concept_names names = {.concept = concept, .own = str_of(concept->phrases)};

    names.fields = label_fields(&names.field_count);
    return names;
}

bool concept_names_next(struct concept_names *names, struct str *ret_name)
{
    if (names->own.p != NULL && str_next_token(&names->own, '|', ret_name))
        return true;
    names->is_label = true;
    for (; names->field < names->field_count; names->field++, names->phrase = 0) {
        const struct label_field *field = &names->fields[names->field];
        if (strcmp(field->name, names->concept->name) != 0 || field->phrases[names->phrase] == NULL)
            continue;
        *ret_name = str_of(field->phrases[names->phrase++]);
        return true;
    }
    return false;
}

/* --- questions --- */

/* Names that labels of invoices go by, but that say no more than the kind of the document. */
static bool says_little(struct str name)
{
    static const char *const words[] = {"invoice", "facture", "payment", "delivery",
                                        "credit",  "change",  "vendeur", "customer"};

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (str_equal(name, str_of(words[i])))
            return true;
    return false;
}

static bool find_asked(const struct concept *concept, struct str folded, size_t from,
                       struct concept_mention *ret_mention)
{
    struct concept_names names = concept_names_of(concept);
    struct str name;
    bool is_found = false;

    while (concept_names_next(&names, &name)) {
        size_t begin;
        size_t end;
        if (names.is_label && (name.n < ASKED_LABEL_MIN_BYTES || says_little(name)))
            continue;
        if (!phrase_find(folded, name, from, &begin, &end))
            continue;
        if (is_found && end - begin <= ret_mention->end - ret_mention->begin)
            continue;
        *ret_mention = (struct concept_mention){concept, begin, end};
        is_found = true;
    }
    return is_found;
}

static bool overlap(const struct concept_mention *a, const struct concept_mention *b)
{
    return a->begin < b->end && b->begin < a->end;
}

/* Of two in one place the longer stays; equally long ones both do. */
static size_t drop_shorter(struct concept_mention *mentions, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        size_t length = mentions[i].end - mentions[i].begin;
        bool is_longest = true;
        for (size_t k = 0; k < count && is_longest; k++)
            is_longest = k == i || !overlap(&mentions[i], &mentions[k]) ||
                         mentions[k].end - mentions[k].begin <= length;
        if (is_longest)
            mentions[kept++] = mentions[i];
    }
    return kept;
}

enum { MENTIONS_FOUND_MAX = 64 };

size_t concepts_mentioned(struct str folded, struct concept_mention ret_mentions[],
                          size_t mentions_max)
{
    struct concept_mention found[MENTIONS_FOUND_MAX];
    size_t concept_count;
    const struct concept *table = concept_table(&concept_count);
    size_t count = 0;

    for (size_t i = 0; i < concept_count && count < MENTIONS_FOUND_MAX; i++)
        if (find_asked(&table[i], folded, 0, &found[count]))
            count++;
    /* Marked over all before any is dropped: "tax" in "tax id" must not outlive it. */
    count = drop_shorter(found, count);
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && found[k].begin < found[k - 1].begin; k--) {
            struct concept_mention moved = found[k];
            found[k] = found[k - 1];
            found[k - 1] = moved;
        }
    if (count > mentions_max)
        count = mentions_max;
    memcpy(ret_mentions, found, count * sizeof(found[0]));
    return count;
}

/* --- labels --- */

/* Bytes of the longest name of the concept in a label. */
static size_t longest_name(const struct concept *concept, struct str folded, bool *ret_is_whole)
{
    struct concept_names names = concept_names_of(concept);
    size_t longest = 0;
    struct str name;

    *ret_is_whole = false;
    while (concept_names_next(&names, &name)) {
        size_t begin;
        size_t end;
        if (name.n <= longest || !phrase_find(folded, name, 0, &begin, &end))
            continue;
        longest = end - begin;
        *ret_is_whole = begin <= 1 && end + 1 >= folded.n;
    }
    return longest;
}

/* Bytes of the longest label of another name that lib/forms or this table has. */
static size_t longest_other_name(const struct concept *concept, struct str folded)
{
    size_t concept_count;
    const struct concept *table = concept_table(&concept_count);
    size_t field_count;
    const struct label_field *fields = label_fields(&field_count);
    size_t longest = 0;

    for (size_t i = 0; i < concept_count; i++) {
        bool is_whole;
        size_t length = strcmp(table[i].name, concept->name) == 0
                            ? 0
                            : longest_name(&table[i], folded, &is_whole);
        if (length > longest)
            longest = length;
    }
    for (size_t i = 0; i < field_count; i++) {
        if (strcmp(fields[i].name, concept->name) == 0)
            continue;
        for (const char *const *phrase = fields[i].phrases; *phrase != NULL; phrase++) {
            size_t begin;
            size_t end;
            struct str name = str_of(*phrase);
            if (name.n > longest && phrase_find(folded, name, 0, &begin, &end))
                longest = name.n;
        }
    }
    return longest;
}

/* Letters and digits that recognition takes for each other are one. */
static char confused(char c)
{
    if (c == '0')
        return 'o';
    return c == '1' || c == 'i' || c == 'j' ? 'l' : c;
}

/* Whether a label begins with a name as it may have been misread: "Totai" for "Total". */
static bool begins_confused(struct str folded, struct str name)
{
    if (name.n < CONFUSED_NAME_MIN_BYTES || folded.n < name.n + 2 || folded.p[name.n + 1] != ' ')
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (confused(folded.p[i + 1]) != confused(name.p[i]))
            return false;
    return true;
}

static bool is_misread(const struct concept *concept, struct str folded_label)
{
    struct concept_names names = concept_names_of(concept);
    struct str name;

    while (concept_names_next(&names, &name))
        if (begins_confused(folded_label, name))
            return true;
    return false;
}

float concept_fits_label(const struct concept *concept, struct str folded_label)
{
    bool is_whole;
    size_t length = longest_name(concept, folded_label, &is_whole);

    if (length == 0)
        return is_misread(concept, folded_label) ? MISREAD_FIT : 0;
    if (is_whole)
        return 1;
    if (length < CONTAINED_NAME_MIN_BYTES || longest_other_name(concept, folded_label) > length)
        return 0;
    /* Spaces at both ends are not the label's. */
    return 0.5F + 0.5F * (float)length / (float)(folded_label.n > 2 ? folded_label.n - 2 : 1);
}

bool concept_is_anothers(const struct concept *concept, struct str folded_label)
{
    bool is_whole;

    return longest_other_name(concept, folded_label) >
           longest_name(concept, folded_label, &is_whole);
}

bool concept_is_in(const struct concept *concept, struct str folded, size_t *ret_begin,
                   size_t *ret_end)
{
    struct concept_names names = concept_names_of(concept);
    size_t longest = CONTAINED_NAME_MIN_BYTES - 1;
    bool is_found = false;
    struct str name;

    while (concept_names_next(&names, &name)) {
        size_t begin;
        size_t end;
        if (!phrase_find(folded, name, 0, &begin, &end) || end - begin <= longest)
            continue;
        longest = end - begin;
        *ret_begin = begin;
        *ret_end = end;
        is_found = true;
    }
    return is_found;
}

bool concept_begins(const struct concept *concept, struct str folded, size_t at, size_t *ret_end)
{
    struct concept_names names = concept_names_of(concept);
    size_t longest = 0;
    struct str name;

    while (concept_names_next(&names, &name)) {
        size_t end;
        if (!phrase_begins(folded, name, at, &end) || end - at <= longest)
            continue;
        longest = end - at;
        *ret_end = end;
    }
    return longest > 0;
}
