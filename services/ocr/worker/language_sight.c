#include "services/ocr/worker/language_sight.h"

#include <string.h>

#include "services/ocr/language.h"
#include "services/ocr/worker/choose_language.h"
#include "services/ocr/worker/choose_language_internal.h"
#include "services/ocr/worker/language_guess.h"
#include "services/ocr/worker/language_profile.h"
#include "services/ocr/worker/normalize.h"

bool language_sight_is_wanted(const struct attempt *attempt)
{
    return attempt->is_auto && attempt->engine_class->try_line != NULL;
}

/* Letters that are enough to tell a script by. */
enum { SIGHT_MIN_BYTES = 40 };

/* Measured on 150 pages with the model of English: Latin script 0.976 to 0.996, but old print,
 * photographs and receipts 0.93 to 0.975; other scripts and turned pages 0.88 to 0.968. Between
 * 0.95 and 0.975 groups of letters tell: Latin script fits one of its languages by -8.4 or better,
 * the others none better than -8.5. */
bool language_sight_is_read(const struct line_trial_result *read)
{
    const float certainty_doubtful = 0.95f, fit_least = -8.45f;
    const struct language *language = language_find(str_of(read->language));
    struct language_guess guess;
    struct language_fit fit;

    if (read->certainty >= choose_language_certainty_sure || read->certainty < certainty_doubtful)
        return read->certainty >= choose_language_certainty_sure;
    language_guess_text(read->text, &guess);
    return language != NULL && strcmp(guess.script, language->script) == 0 &&
           language_profile_rank(read->text, guess.script, true, &fit, 1) > 0 &&
           fit.fit >= fit_least;
}

/* Whether a few lines are clearly in another language of their script: in doubt the page is read,
 * and all of its text tells. Of 80 pages that had so many letters in these lines each was taken for
 * its own language then; of seven with fewer, three for another one. */
static bool is_clearly_other(const struct line_trial_result *read)
{
    enum { LETTERS_MIN = 60 };
    struct language_fit best;
    struct language_guess guess;

    language_guess_text(read->text, &guess);
    return normalize_count_letters(read->text) >= LETTERS_MIN &&
           language_profile_rank(read->text, guess.script, true, &best, 1) > 0 &&
           best.fit - language_profile_fit(read->text, guess.script, true, read->language) >=
               choose_language_fit_clear;
}

status_code language_sight_look(struct attempt *attempt, struct language_sight *ret,
                                struct status *st)
{
    _cleanup_(line_samples_deinit) struct line_samples samples = {.count = 0};
    struct line_trial_result best;

    *ret = (struct language_sight){.is_sure = false};
    TRY(choose_language_sample_rows(attempt, &samples, st));
    if (samples.count == 0)
        return STATUS_OK;
    const struct line_trial trial = choose_language_trial(attempt, &samples);
    TRY(line_trial_language(&trial, attempt->language, &best, st));
    ret->certainty = best.certainty;
    ret->is_text = strlen(best.text) >= SIGHT_MIN_BYTES;
    ret->is_sure = language_sight_is_read(&best);
    if (!ret->is_sure || !is_clearly_other(&best))
        return STATUS_OK;
    TRY(choose_language_in_script(&trial, &best, st));
    attempt->language = best.language;
    return STATUS_OK;
}

status_code language_sight_choose(struct attempt *attempt, const char *seen, bool is_seen_only,
                                  bool *ret_is_found, struct status *st)
{
    _cleanup_(line_samples_deinit) struct line_samples samples = {.count = 0};
    struct line_trial_result found;
    bool is_sure;

    *ret_is_found = false;
    TRY(choose_language_sample_rows(attempt, &samples, st));
    if (samples.count == 0)
        return STATUS_OK;
    const struct line_trial trial = choose_language_trial(attempt, &samples);
    if (is_seen_only) {
        TRY(line_trial_seen(&trial, seen, &found, &is_sure, st));
        if (!is_sure)
            return STATUS_OK;
        TRY(choose_language_in_script(&trial, &found, st));
    } else {
        TRY(choose_language_of_lines(&trial, seen, &found, st));
        if (found.language == NULL)
            return STATUS_OK;
    }
    *ret_is_found = true;
    attempt->is_read_surely = found.certainty >= choose_language_certainty_sure;
    attempt->language = found.language;
    return STATUS_OK;
}
