#include "services/chat/answer/candidate.h"

#include <string.h>

#include "services/chat/question/concept.h"

/* How much a term counts by where and how it is said. Estimates. */
#define SHARE_NEAR_WORD  0.8F /* a word much like it */
#define SHARE_NEAR_PLACE 0.7F /* close by: in the row, in the heading */

size_t candidate_offset(const struct passage_view *view, struct str stretch)
{
    return (size_t)(stretch.p - view->passage->text.p);
}

float candidate_coverage(const struct part_terms *terms, struct term_set core, struct term_set near)
{
    float covered = 0;

    if (terms->total <= 0)
        return 0;
    for (size_t i = 0; i < terms->count; i++) {
        uint64_t bit = UINT64_C(1) << i;
        float share = 0;
        if ((core.exact & bit) != 0)
            share = 1;
        else if ((core.near & bit) != 0)
            share = SHARE_NEAR_WORD;
        else if ((near.exact & bit) != 0)
            share = SHARE_NEAR_PLACE;
        else if ((near.near & bit) != 0)
            share = SHARE_NEAR_PLACE * SHARE_NEAR_WORD;
        covered += share * terms->weights[i];
    }
    return covered / terms->total;
}

enum { NOVEL_WORDS_MIN = 3 }; /* with so many new ones a sentence says something */

float candidate_novelty(const struct passage_view *view, struct str stretch)
{
    size_t begin = candidate_offset(view, stretch);
    size_t end = begin + stretch.n;
    size_t count = 0;

    for (size_t i = 0; i < view->word_count && count < NOVEL_WORDS_MIN; i++) {
        const struct view_word *word = &view->words[i];
        if (word->offset >= end)
            break;
        count += word->offset >= begin && !word->is_function && word->terms.exact == 0;
    }
    return (float)count / NOVEL_WORDS_MIN;
}

/* --- kinds --- */

/* Words that give a reason, folded. */
static const char *const reasons =
    "because|because of|due to|since|therefore|so that|in order to|as a result|for this reason|"
    "owing to|thus|weil|da|denn|wegen|aufgrund|damit|um|daher|deshalb|grund|parce que|car|en "
    "raison|"
    "afin de|afin que|puisque|pour|grace a|porque|debido a|ya que|puesto que|para|por eso|a causa|"
    "perche|poiche|a causa di|dato che|in quanto|per|pois|devido a|uma vez que|a fim de|omdat|want|"
    "vanwege|zodat|doordat|om|потому|так как|поскольку|из за|чтобы|поэтому|ибо|因为|由于|因此|所以|"
    "以便|为了|ため|から|ので|によって|لأن|بسبب|لذلك|حتى|क्योंकि|कारण|इसलिए|ताकि";

static bool gives_reason(const struct candidate_search *search, struct str text)
{
    struct folded_text folded;
    size_t begin;
    size_t end;

    return folded_text_make(text, search->viewer.arena, &folded) &&
           phrases_find(folded.folded, str_of(reasons), 0, &begin, &end);
}

/* Whether the question says the value itself: it asks for another one. */
static bool is_asked(const struct passage_view *view, struct str text, const struct value *value)
{
    size_t offset = candidate_offset(view, text) + value->offset;
    struct term_set set = passage_view_terms(view, offset, offset + value->length);

    return set.exact != 0;
}

static unsigned kinds_not_asked(const struct passage_view *view, struct str text)
{
    struct value values[VALUES_MAX];
    size_t count = values_find(text, values);
    unsigned kinds = 0;

    for (size_t i = 0; i < count; i++) {
        /* A sentence begins with a capital. */
        bool is_first = values[i].kind == VALUE_NAME && values[i].offset == 0 &&
                        values[i].length < text.n && memchr(text.p, ' ', values[i].length) == NULL;
        if (!is_asked(view, text, &values[i]) && !is_first)
            kinds |= VALUE_BIT(values[i].kind);
    }
    return kinds;
}

/* Words that tell a time without a date, folded. */
static const char *const times =
    "until|after|before|once|as soon "
    "as|within|week|weeks|day|days|month|months|year|years|hour|hours|"
    "minutes|bis|nach|vor|sobald|innerhalb|woche|wochen|tag|tage|tagen|monat|monate|monaten|jahr|"
    "jahre|jahren|stunden|avant|apres|des que|jusqu|semaine|semaines|jour|jours|mois|an|ans|heures|"
    "hasta|despues|antes|semana|semanas|dia|dias|mes|meses|ano|anos|horas|fino|dopo|prima|"
    "settimana|"
    "settimane|giorno|giorni|mese|mesi|anno|anni|ore|ate|depois|dias|tot|na|voor|binnen|weken|"
    "dagen|"
    "maanden|jaar|после|до|неделя|недели|недель|день|дня|дней|месяц|месяца|месяцев|год|года|лет|"
    "часов|"
    "之前|之后|以前|以后|天|周|月|年|小时|まで|後|前|日|週|月|年|時間|قبل|بعد|إلى "
    "أن|أيام|يوم|شهر|سنة|"
    "पहले|बाद|दिन|सप्ताह|महीने|वर्ष|साल|घंटे";

static bool tells_time(const struct candidate_search *search, struct str text)
{
    struct folded_text folded;
    size_t begin;
    size_t end;

    return folded_text_make(text, search->viewer.arena, &folded) &&
           phrases_find(folded.folded, str_of(times), 0, &begin, &end);
}

/* Whether the question asks for money, rather than for how much of something there is. */
static bool asks_for_money(const struct question_part *part)
{
    for (size_t i = 0; i < part->concept_count; i++)
        if (part->concepts[i].concept->value == CONCEPT_AMOUNT)
            return true;
    return false;
}

/* Whether names cannot be told by capitals. */
static bool has_no_case(struct str text)
{
    size_t cased = 0;
    size_t other = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        cased += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC3 && c <= 0xD3);
        other += c >= 0xD4 && c < 0xF8;
    }
    return other > cased;
}

static size_t commas_in(struct str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.n; i++)
        count += text.p[i] == ',' || text.p[i] == ';' || text.p[i] == '\n';
    return count;
}

enum {
    NUMERIC_BITS = VALUE_BIT(VALUE_NUMBER) | VALUE_BIT(VALUE_PERCENT) | VALUE_BIT(VALUE_AMOUNT) |
                   VALUE_BIT(VALUE_YEAR) | VALUE_BIT(VALUE_PHONE),
};

static float best_of(unsigned kinds, unsigned good, unsigned fair, float fair_fit, float none_fit)
{
    if ((kinds & good) != 0)
        return 1;
    return (kinds & fair) != 0 ? fair_fit : none_fit;
}

float candidate_type_fit(const struct candidate_search *search, const struct passage_view *view,
                         struct str text)
{
    unsigned kinds = kinds_not_asked(view, text);

    switch (search->terms->part->kind) {
    case ANSWER_DATE:
        return best_of(kinds, VALUE_BIT(VALUE_DATE) | VALUE_BIT(VALUE_YEAR), 0, 0,
                       tells_time(search, text) ? 0.6F : 0.1F);
    case ANSWER_AMOUNT:
        if (asks_for_money(search->terms->part))
            return best_of(kinds, VALUE_BIT(VALUE_AMOUNT), NUMERIC_BITS, 0.35F, 0.1F);
        return best_of(kinds, NUMERIC_BITS, 0, 0, 0.15F);
    case ANSWER_NUMBER:
        return best_of(kinds, NUMERIC_BITS, VALUE_BIT(VALUE_DATE), 0.4F, 0.3F);
    case ANSWER_PERSON:
        return best_of(kinds, VALUE_BIT(VALUE_NAME), 0, 0, has_no_case(text) ? 0.9F : 0.4F);
    case ANSWER_PLACE:
        return best_of(kinds, VALUE_BIT(VALUE_NAME), NUMERIC_BITS, 0.7F,
                       has_no_case(text) ? 0.9F : 0.5F);
    case ANSWER_REASON:
        return gives_reason(search, text) ? 1 : 0.6F;
    case ANSWER_LIST:
        return commas_in(text) > 0 ? 1 : 0.8F;
    case ANSWER_ANY:
    case ANSWER_SUMMARY:
        break;
    }
    return 1;
}

static bool has_letters(struct str text)
{
    size_t letters = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        letters += c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    return letters >= 2;
}

float candidate_concept_fit(const struct concept *concept, struct str value)
{
    struct value values[VALUES_MAX];
    unsigned kinds = values_kinds(values, values_find(value, values));

    switch (concept->value) {
    case CONCEPT_IDENTIFIER:
        return (kinds & (NUMERIC_BITS | VALUE_BIT(VALUE_DATE))) != 0 ? 1 : 0.2F;
    case CONCEPT_DATE:
        return best_of(kinds, VALUE_BIT(VALUE_DATE),
                       VALUE_BIT(VALUE_YEAR) | VALUE_BIT(VALUE_NUMBER), 0.5F, 0.1F);
    case CONCEPT_AMOUNT:
        return best_of(kinds, VALUE_BIT(VALUE_AMOUNT), NUMERIC_BITS,
                       has_letters(value) ? 0.3F : 0.8F, 0.1F);
    case CONCEPT_PARTY:
        return has_letters(value) ? 1 : 0.1F;
    case CONCEPT_PHONE:
        return best_of(kinds, VALUE_BIT(VALUE_PHONE), NUMERIC_BITS, 0.6F, 0.1F);
    case CONCEPT_EMAIL:
        return best_of(kinds, VALUE_BIT(VALUE_EMAIL), 0, 0, 0.1F);
    case CONCEPT_WEB:
        return best_of(kinds, VALUE_BIT(VALUE_WEB) | VALUE_BIT(VALUE_EMAIL), 0, 0, 0.3F);
    case CONCEPT_TEXT:
        break;
    }
    return 1;
}

/* --- scores --- */

/* The score. Shares are what a candidate loses; weights are those of a logistic regression over the
 * candidates for 219 questions about 12 documents (tests/chat, the half to tune by). */
#define SHARE_TYPE       0.65F /* with a value of another kind */
#define SHARE_STRICT     0.5F  /* where a name or a number of the question is missing */
#define SHARE_NOVELTY    0.5F  /* where it only repeats the question */
#define SHARE_LABEL      0.10F /* without a label */
#define WEIGHT_RELEVANCE 0.6F
#define WEIGHT_HEAD      0.25F

/* The confidence: a logistic regression over the best candidates for the same questions, a third of
 * them unanswerable. */
#define TRUST_TYPED   1.5F /* coverage of a candidate of the right kind */
#define TRUST_SAID    1.0F /* how many words it says */
#define TRUST_CORE    0.35F
#define TRUST_LABEL   0.5F
#define TRUST_HEAD    0.35F
#define TRUST_STRICT  0.4F
#define TRUST_MISSING 0.55F
#define SAID_MAX      4.0F

static float strict_share(const struct part_terms *terms, struct term_set core,
                          struct term_set near)
{
    uint64_t said = core.exact | core.near | near.exact | near.near;
    float all = 0;
    float covered = 0;

    for (size_t i = 0; i < terms->count; i++) {
        uint64_t bit = UINT64_C(1) << i;
        if ((terms->strict & bit) == 0)
            continue;
        all += terms->weights[i];
        if ((said & bit) != 0)
            covered += terms->weights[i];
    }
    return all <= 0 ? 1 : covered / all;
}

/* Weight of the heaviest term that is nowhere near. */
static float heaviest_missing(const struct part_terms *terms, struct term_set said)
{
    float heaviest = 0;

    for (size_t i = 0; i < terms->count; i++)
        if (((said.exact | said.near) >> i & 1) == 0 && terms->weights[i] > heaviest)
            heaviest = terms->weights[i];
    return terms->total > 0 ? heaviest / terms->total : 0;
}

/* 0 to 1: where the word that the question asks about stands, which is mostly its first. */
static float head_share(const struct part_terms *terms, const struct candidate *candidate)
{
    uint64_t bit = 1;

    for (size_t i = 0; i < terms->count; i++, bit <<= 1)
        if (terms->part->terms[i].weight >= 1)
            break;
    if (bit >> terms->count != 0)
        return 1;
    if ((candidate->core.exact & bit) != 0)
        return 1;
    if ((candidate->core.near & bit) != 0)
        return 0.75F;
    if (((candidate->near.exact | candidate->near.near) & bit) != 0)
        return 0.5F;
    return ((candidate->around.exact | candidate->around.near) & bit) != 0 ? 0.25F : 0;
}

static void score(const struct candidate_search *search, struct candidate *candidate)
{
    const struct part_terms *terms = search->terms;
    struct term_set none = {0, 0};
    float core = candidate_coverage(terms, candidate->core, none);
    float coverage = candidate_coverage(terms, candidate->core, candidate->near);
    float strict = strict_share(terms, candidate->core, candidate->near);
    float head = head_share(terms, candidate);
    float said = coverage * terms->total;

    candidate->score = coverage * (1 - SHARE_TYPE + SHARE_TYPE * candidate->type_fit) *
                           (1 - SHARE_STRICT + SHARE_STRICT * strict) *
                           (1 - SHARE_NOVELTY + SHARE_NOVELTY * candidate->novelty) *
                           (1 - SHARE_LABEL + SHARE_LABEL * candidate->label_fit) +
                       WEIGHT_RELEVANCE * candidate->relevance + WEIGHT_HEAD * head;
    candidate->confidence =
        TRUST_TYPED * coverage * candidate->type_fit +
        TRUST_SAID * (said < SAID_MAX ? said / SAID_MAX : 1) + TRUST_CORE * core +
        TRUST_LABEL * candidate->label_fit + TRUST_HEAD * head + TRUST_STRICT * strict -
        TRUST_MISSING * heaviest_missing(terms, term_set_union(candidate->core, candidate->near));
}

void candidate_add(const struct candidate_search *search, struct candidate *candidate)
{
    struct candidates *found = search->found;
    size_t worst = 0;

    if (candidate->value.n == 0)
        return;
    score(search, candidate);
    if (found->count < CANDIDATES_MAX) {
        found->items[found->count++] = *candidate;
        return;
    }
    for (size_t i = 1; i < found->count; i++)
        if (found->items[i].score < found->items[worst].score)
            worst = i;
    if (found->items[worst].score < candidate->score)
        found->items[worst] = *candidate;
}
