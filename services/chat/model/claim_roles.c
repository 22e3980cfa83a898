#include "services/chat/model/claim_roles.h"

#include <string.h>

#include "services/chat/model/claim_words.h"
#include "services/chat/text/text_language.h"

/* What a word is in its text, by the small words before it. */
typedef enum {
    ROLE_BY = 1,
    ROLE_FROM = 2,
    ROLE_OF = 4,
    ROLE_BE = 8,
    ROLE_OWNER = 16,
} word_role;

/* Forms as words.h folds them, with their marks and without, each with a space on both sides. Of
 * many languages at once: a word that is another one elsewhere costs a claim its wording at most.
 */
static const char agents[] =
    " by von vom durch par por pelo pela pelos pelas da dal dallo dalla dai dagli dalle dall door "
    "av af przez od oleh bởi boi 被 由 遭 受 叫 让 讓 によって により από apo من قبل द्वारा ";
static const char sources[] =
    " from aus ab desde vanaf vanuit från fran fra iz из от с z ze din dari từ 从 從 自 から "
    "από apo من מן से ";
static const char genitives[] =
    " of de du del della dello degli delle dei di do dos das van der des d der ";
static const char copulas[] =
    " is are was were be been being am 's est sont était etait étaient etaient été ete être etre "
    "fut furent sera seront es son era eran ser sido fue fueron será sera serán seran é são sao "
    "foi foram eram serão serao è sono erano fu furono essere stato stata stati state viene "
    "vengono sarà saranno ist sind war waren sein gewesen zijn waren geweest är ar var vara er "
    "være vaere vært vaert este sunt erau fost ";
/* They make passives wherever they stand. */
static const char passives[] =
    " wird werden wurde wurden worden geworden wordt werd blev bliver blir ble bli blivit blitt "
    "został zostal została zostala zostało zostaly zostały bị bi được duoc ";

/* --- by small words before it --- */

static bool is_possessive(struct str text, const struct word *word)
{
    struct str written = {text.p + word->offset, word->length};

    return (written.n > 2 && str_equal((struct str){written.p + written.n - 2, 2}, STR("'s"))) ||
           (written.n > 4 && str_equal((struct str){written.p + written.n - 4, 4}, STR("\u2019s")));
}

static unsigned roles_of(const struct told_text *told, const struct word *word)
{
    const struct word *first = word;
    const bool is_name = word->kind == WORD_NAME, is_number = word->kind == WORD_NUMBER;
    unsigned roles = 0;

    while (first > told->words && first[-1].is_function)
        first--;
    for (; first < word; first++) {
        if (claim_word_is_among(first, sources))
            roles |= ROLE_FROM;
        if (!is_number && claim_word_is_among(first, agents))
            roles |= ROLE_BY;
        if (is_name && claim_word_is_among(first, genitives))
            roles |= ROLE_OF;
        if (!is_number && claim_word_is_among(first, copulas))
            roles |= ROLE_BE;
    }
    return is_possessive(told->text, word) ? roles | ROLE_OWNER : roles;
}

/* Whether it begins a cell, or what stands behind a label, which is told to be it. */
static bool begins_value(struct str text, const struct word *word)
{
    size_t at = word->offset;

    while (at > 0 && strchr(" \"'$(", text.p[at - 1]) != NULL)
        at--;
    return (at > 0 && strchr(":\t", text.p[at - 1]) != NULL) ||
           (at >= 3 && memcmp(text.p + at - 3, "\uff1a", 3) == 0);
}

static bool has_any(const struct told_text *told, const char *list)
{
    for (size_t i = 0; i < told->word_count; i++)
        if (claim_word_is_among(&told->words[i], list))
            return true;
    return false;
}

/* --- by cases, particles and endings --- */

typedef enum { CASE_UNKNOWN, CASE_ER, CASE_EN, CASE_EM, CASE_ES, CASE_E } article_case;

/* Of the German article before a word. */
static article_case case_of(const struct told_text *told, const struct word *word)
{
    static const char *const lists[] = {
        [CASE_ER] = " der einer keiner dieser ",
        [CASE_EN] = " den einen keinen diesen ",
        [CASE_EM] = " dem einem keinem diesem im am zum beim vom ",
        [CASE_ES] = " des eines keines ",
        [CASE_E] = " die eine keine diese ",
    };

    if (word == told->words)
        return CASE_UNKNOWN;
    for (size_t i = CASE_ER; i < ARRAY_LENGTH(lists); i++)
        if (claim_word_is_among(word - 1, lists[i]))
            return (article_case)i;
    return CASE_UNKNOWN;
}

/* What the particle behind a word is; "" where there is none. */
static struct str particle_of(const struct told_text *told, const struct word *word)
{
    const struct word *next = word + 1;

    return next < told->words + told->word_count && next->is_function ? next->form : STR("");
}

static bool ends_in_ed(struct str form)
{
    return form.n > 2 && str_equal((struct str){form.p + form.n - 2, 2}, STR("ed"));
}

static bool forms_agree(const struct told_text *claim, const struct told_text *unit,
                        const struct word_pair *pair, const struct text_language *language)
{
    const struct str said = pair->said->form, stands = pair->stands->form;

    if (language == NULL || pair->said->kind == WORD_NUMBER)
        return true;
    if ((language->traits & ENDINGS_TELL_ROLES) && !str_equal(said, stands))
        return false;
    if ((language->traits & PARTICLES_TELL_ROLES) &&
        !str_equal(particle_of(claim, pair->said), particle_of(unit, pair->stands)))
        return false;
    if (str_equal(str_of(language->code), STR("en")))
        return ends_in_ed(said) == ends_in_ed(stands);
    if (!str_equal(str_of(language->code), STR("de")))
        return true;
    article_case wanted = case_of(claim, pair->said), found = case_of(unit, pair->stands);
    return wanted == found || wanted == CASE_UNKNOWN || found == CASE_UNKNOWN;
}

bool claim_roles_agree(const struct told_text *claim, const struct told_text *unit,
                       const struct word_pair *pairs, size_t pair_count, struct str language)
{
    const struct text_language *known = text_language_find(language);

    if (has_any(claim, passives) != has_any(unit, passives))
        return false;
    for (size_t i = 0; i < pair_count; i++) {
        const unsigned said = roles_of(claim, pairs[i].said);
        const unsigned stands = roles_of(unit, pairs[i].stands);
        const unsigned free_roles = begins_value(unit->text, pairs[i].stands) ? ROLE_BE : 0;

        if (((said ^ stands) & ~free_roles) != 0 || !forms_agree(claim, unit, &pairs[i], known))
            return false;
    }
    return true;
}
