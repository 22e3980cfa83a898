#include "services/ocr/worker/read_picture.h"

#include <string.h>

#include "lib/base/clock.h"
#include "services/ocr/worker/choose_language.h"
#include "services/ocr/worker/line_quality.h"
#include "services/ocr/worker/prepare.h"

/*
 * Pages are nearly always upright and in the language of the page before. So each is straightened,
 * for lines askew are lost in silence, and read at once; only where the result is poor, which a
 * wrong orientation or script make it without fail, it is looked at more closely and read again.
 */

/* Text that lies on its side, which the engine could read: the page is to stand upright. */
static status_code turn_upright(struct attempt *attempt, struct status *st)
{
    if (attempt->page_turns_wanted == 0 || !attempt_is_good(attempt))
        return STATUS_OK;
    TRY(attempt_turn(attempt, attempt->page_turns_wanted, st));
    return attempt_read(attempt, st);
}

/* Reads the image turned by each quarter, for text too short to see its orientation; goes back to
 * the best. */
static status_code try_all_turns(struct attempt *attempt, struct status *st)
{
    uint32_t best_turns = attempt->quarter_turns;

    for (int i = 0; i < 3; i++) {
        bool is_better;
        TRY(attempt_turn(attempt, 1, st));
        TRY(attempt_read_again(attempt, 0, &is_better, st));
        if (is_better)
            best_turns = attempt->quarter_turns;
    }
    return attempt_turn(attempt, (best_turns + 4 - attempt->quarter_turns) % 4, st);
}

/* A few words where no layout of a page was found: a label, a number, a photo of a sign. */
static status_code try_sparse(struct attempt *attempt, struct status *st)
{
    bool is_better;

    if (attempt->page.text[0] != '\0')
        return STATUS_OK;
    attempt->layout = LAYOUT_SPARSE;
    /* Any texture has letters in it when they are looked for. */
    return attempt_read_again(attempt, line_quality_good, &is_better, st);
}

/*
 * The language of lines, with the page turned as was seen; but turned back where they are read more
 * surely as they stood: what is seen of a script that detection does not know means nothing,
 * however sure.
 */
static status_code choose_language_and_turn(struct attempt *attempt,
                                            const struct engine_detection *seen,
                                            struct line_trial_result *ret, struct status *st)
{
    struct line_trial_result back;

    TRY(choose_language_by_lines(attempt, seen->script, ret, st));
    if (seen->quarter_turns == 0 || line_trial_is_without_doubt(ret))
        return STATUS_OK;
    TRY(attempt_turn(attempt, 4 - seen->quarter_turns, st));
    TRY(choose_language_by_lines(attempt, NULL, &back, st));
    if (back.language == NULL || back.certainty <= ret->certainty)
        return attempt_turn(attempt, seen->quarter_turns, st);
    *ret = back;
    return STATUS_OK;
}

/* The poor page: turns, and reads with the models of the script that is seen. */
static status_code look_closer(struct attempt *attempt, struct status *st)
{
    /* Longer text has its orientation seen. */
    enum { TEXT_SHORT_BYTES = 400 };
    struct engine_detection seen = {0};
    struct line_trial_result found;
    bool is_found, is_better, is_changed = false;

    bool is_seen = attempt->engine_class->detect(attempt->engine, attempt->image, &seen);
    if (is_seen && seen.quarter_turns != 0) {
        TRY(attempt_turn(attempt, seen.quarter_turns, st));
        if (attempt->skew_degrees == 0) /* not seen while lines ran down */
            TRY(prepare_straighten(attempt->image, &attempt->skew_degrees, st));
        is_changed = true;
    }
    TRY(choose_language_and_turn(attempt, &seen, &found, st));
    TRY(choose_language_read_as(attempt, &found, &is_found, st));
    if (is_found)
        return STATUS_OK;
    if (is_changed)
        TRY(attempt_read_again(attempt, 0, &is_better, st));
    if (!attempt_is_good(attempt))
        TRY(choose_language_of_script(attempt, seen.script, st));
    if (!is_seen && !attempt_is_good(attempt) && attempt->page.text[0] != '\0' &&
        strlen(attempt->page.text) < TEXT_SHORT_BYTES)
        return try_all_turns(attempt, st);
    return STATUS_OK;
}

status_code read_picture(struct attempt *attempt, struct status *st)
{
    /* A closer look reads up to four times. */
    enum { READINGS_OF_CLOSER_LOOK = 4 };

    TRY(prepare_straighten(attempt->image, &attempt->skew_degrees, st));
    int64_t start_ns = time_mono();
    TRY(attempt_read(attempt, st));
    attempt->reading_ns = time_mono() - start_ns;
    TRY(turn_upright(attempt, st));
    if (!attempt_is_good(attempt) && attempt_has_time(attempt, READINGS_OF_CLOSER_LOOK)) {
        TRY(look_closer(attempt, st));
        TRY(try_sparse(attempt, st));
    }
    if (attempt_has_time(attempt, 2))
        TRY(choose_language_by_text(attempt, st));
    choose_language_name(attempt);
    return STATUS_OK;
}
