#include <string.h>

#include "services/ocr/language.h"
#include "services/ocr/worker/choose_language_internal.h"
#include "services/ocr/worker/language_guess.h"
#include "services/ocr/worker/normalize.h"

/* Languages of a script that are tried on lines; and old print. */
enum { RANKED_MAX = CHOOSE_LANGUAGE_CANDIDATES_MAX - 1 };

/* How sure a language is of lines, and how well what it makes of them fits it: models of related
 * languages are as sure of each other's lines, and groups of letters tell them apart; but these
 * need some text, where one letter that is not in a model shows. A tenth, which is what separates
 * near languages at the least, weighs as much as two characters in a thousand; half of that where
 * languages have letters of their own, as in Cyrillic. */
static float score_of(const struct line_trial_result *result)
{
    const float weight_of_fit = 0.02f, weight_of_fit_of_others = 0.01f;
    /* On five simplified pages its model is surer by 0.0046 to 0.015, on five traditional ones less
     * sure by -0.0003 to 0.012: the border lies between. */
    const float bonus_of_traditional = 0.002f;
    /* On old print its model is surer by -0.001 to 0.019, on modern print by -0.007 to 0.004. */
    const float malus_of_old_print = 0.004f;
    struct language_guess guess;
    float bonus = 0;

    if (result->language == NULL)
        return 0;
    const char *language = result->language;
    float certainty = result->certainty;
    language_guess_text(result->text, &guess);
    if (strcmp(language, choose_language_old_print) == 0) { /* of any language */
        language = guess.code != NULL ? guess.code : "";
        bonus = -malus_of_old_print;
    } else if (strcmp(language, "zh-Hant") == 0) {
        bonus = bonus_of_traditional;
    }
    /* Latin letters and digits among them are read alike by both models. */
    if (strncmp(language, "zh-", strlen("zh-")) == 0 && result->han_certainty > 0)
        certainty = result->han_certainty;
    float fit = language_profile_fit(result->text, guess.script, false, language);
    bool is_latin = strcmp(guess.script, "Latn") == 0;
    return certainty + (is_latin ? weight_of_fit : weight_of_fit_of_others) * fit + bonus;
}

/* What is read as f made 4.4 to 7 % of the letters of three pages of old print; it is 2.4 % in
 * English and German, and at most 3.7 % on other pages that were looked at. */
static bool may_be_old_print(const char *text)
{
    enum { SHARE_MIN_PER_MILLE = 35 };
    static const char long_s[] = "\u017f";
    size_t f = 0;

    for (const char *at = text; *at != '\0'; at++)
        f += *at == 'f' || strncmp(at, long_s, strlen(long_s)) == 0;
    return f * 1000 > normalize_count_letters(text) * SHARE_MIN_PER_MILLE;
}

size_t choose_language_candidates(const char *text, bool is_any,
                                  struct language_fit candidates[CHOOSE_LANGUAGE_CANDIDATES_MAX])
{
    struct language_guess guess;

    language_guess_text(text, &guess);
    if (strcmp(guess.script, "Hani") == 0) {
        candidates[0] = (struct language_fit){.code = "zh-Hans"};
        candidates[1] = (struct language_fit){.code = "zh-Hant"};
        return 2;
    }
    size_t count = language_profile_rank(text, guess.script, true, candidates, RANKED_MAX);
    if (!is_any && count > 1 && candidates[0].fit - candidates[1].fit >= choose_language_fit_clear)
        count = 1;
    if (strcmp(guess.script, "Latn") == 0 && may_be_old_print(text))
        candidates[count++] = (struct language_fit){.code = choose_language_old_print};
    return count;
}

/* The two ways of writing Chinese share most of their characters, and each model makes its own of
 * the others; old print may be of any language. */
bool choose_language_is_settled(const struct language_fit *candidates, size_t count,
                                const char *language)
{
    return count == 0 || (strcmp(candidates[0].code, language) == 0 &&
                          strncmp(language, "zh-", strlen("zh-")) != 0 &&
                          strcmp(candidates[count - 1].code, choose_language_old_print) != 0);
}

/* False when it was so before. */
static bool try_first(struct choose_language_tried *tried, const char *code)
{
    for (size_t i = 0; i < tried->count; i++)
        if (strcmp(tried->codes[i], code) == 0)
            return false;
    if (tried->count == ARRAY_LENGTH(tried->codes))
        return false;
    tried->codes[tried->count++] = code;
    return true;
}

/* True when no model of another language can be meant. Of sixteen pages in eight languages with
 * Cyrillic letters the right model was at 0.989 to 0.994, that of another language at 0.984 to
 * 0.990. */
static bool is_beyond_doubt(const struct line_trial_result *result)
{
    const float certainty_beyond_doubt = 0.992f;

    return result->certainty >= certainty_beyond_doubt && !language_is_in(result->language, "Latn");
}

status_code choose_language_among(const struct line_trial *trial,
                                  const struct language_fit *candidates, size_t count,
                                  struct choose_language_tried *tried,
                                  struct line_trial_result *best, struct status *st)
{
    float best_score = score_of(best);

    (void)try_first(tried, best->language);
    for (size_t i = 0; i < count; i++) {
        struct line_trial_result result;
        if (!try_first(tried, candidates[i].code))
            continue;
        TRY(line_trial_language(trial, candidates[i].code, &result, st));
        float score = score_of(&result);
        if (score > best_score) {
            *best = result;
            best_score = score;
            if (is_beyond_doubt(best))
                break;
        }
    }
    return STATUS_OK;
}

/* What a model makes of letters that it does not have fits its own language: Ukrainian and Kazakh
 * look Russian, and Kyrgyz. But it is less sure of them. */
static bool is_doubtful(const struct line_trial_result *found)
{
    const float certainty_settled = 0.99f; /* see is_beyond_doubt() */

    return found->certainty < certainty_settled && !language_is_in(found->language, "Latn");
}

status_code choose_language_in_script(const struct line_trial *trial,
                                      struct line_trial_result *found, struct status *st)
{
    /* What is found first may only lead to what is right: from Russian to Kyrgyz to Kazakh. */
    enum { ROUNDS_MAX = 2 };
    struct language_fit candidates[CHOOSE_LANGUAGE_CANDIDATES_MAX];
    struct choose_language_tried tried = {.count = 0};

    for (int round = 0; round < ROUNDS_MAX; round++) {
        const char *before = found->language;
        size_t count = choose_language_candidates(found->text, is_doubtful(found), candidates);
        if (choose_language_is_settled(candidates, count, before) && !is_doubtful(found))
            break;
        TRY(choose_language_among(trial, candidates, count, &tried, found, st));
        if (found->language == before)
            break;
    }
    return STATUS_OK;
}
