#include "services/ocr/worker/choose_language.h"

#include <string.h>

#include "services/ocr/language.h"
#include "services/ocr/worker/language_guess.h"

/* True when the engine makes no difference between two languages. */
static bool reads_alike(const struct attempt *attempt, const char *language, const char *other)
{
    const char *models = language_to_tesseract(str_of(language), attempt->arena);
    const char *others = language_to_tesseract(str_of(other), attempt->arena);

    return models != NULL && others != NULL && attempt->engine_class->is_same(models, others);
}

/* Reads with the models of a script; goes back to what was before when that is no better. */
static status_code try_language(struct attempt *attempt, const char *language, float margin,
                                struct status *st)
{
    const char *before = attempt->language;
    bool is_better;

    if (language == NULL || strcmp(language, before) == 0)
        return STATUS_OK;
    attempt->language = language;
    if (reads_alike(attempt, language, before))
        return STATUS_OK;
    status_code code = attempt_read_again(attempt, margin, &is_better, st);
    if (code == STATUS_UNAVAILABLE) { /* no such model here */
        attempt->language = before;
        return STATUS_OK;
    }
    TRY(code);
    if (!is_better)
        attempt->language = before;
    return STATUS_OK;
}

/* Chinese is written in two ways that share many characters: the better reading decides. The
 * model of the traditional ones reads both better, on pages of either by 0.03 and 0.16. */
static const float traditional_margin = 0.08f;

status_code choose_language_of_script(struct attempt *attempt, const char *script,
                                      struct status *st)
{
    if (!attempt->is_auto || script == NULL)
        return STATUS_OK;
    TRY(try_language(attempt, language_guess_of_script(script), 0, st));
    if (strcmp(script, "Hani") == 0 && strcmp(attempt->language, "en") != 0)
        TRY(try_language(attempt, "zh-Hant", traditional_margin, st));
    return STATUS_OK;
}

status_code choose_language_rare(struct attempt *attempt, struct status *st)
{
    static const char *const rare[] = {"hy", "ka", "am"};

    for (size_t i = 0; attempt->is_auto && i < ARRAY_LENGTH(rare); i++)
        if (!attempt_is_good(attempt) && attempt_has_time(attempt, 2))
            /* Nothing less than a good reading: noise is no text of any script. */
            TRY(try_language(attempt, rare[i], quality_good - attempt_quality(&attempt->page), st));
    return STATUS_OK;
}

status_code choose_language_by_words(struct attempt *attempt, struct status *st)
{
    struct language_guess guess;

    language_guess_text(attempt->page.text, &guess);
    if (!attempt->is_auto || guess.code == NULL || !attempt_is_good(attempt))
        return STATUS_OK;
    return try_language(attempt, guess.code, 0, st);
}

void choose_language_name(struct attempt *attempt)
{
    struct language_guess guess;
    const struct language *asked =
        attempt->is_auto ? NULL : language_find(str_of(attempt->language));

    language_guess_text(attempt->page.text, &guess);
    attempt->page.script = guess.script;
    if (attempt->page.text[0] == '\0')
        return;
    if (asked == NULL && guess.code != NULL) /* auto, or several were asked for */
        asked = language_find(str_of(guess.code));
    if (asked != NULL)
        attempt->page.language = asked->code;
}
