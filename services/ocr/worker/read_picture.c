#include "services/ocr/worker/read_picture.h"

#include <string.h>

#include "lib/base/clock.h"
#include "services/ocr/language.h"
#include "services/ocr/worker/choose_language.h"
#include "services/ocr/worker/language_guess.h"
#include "services/ocr/worker/language_sight.h"
#include "services/ocr/worker/line_quality.h"
#include "services/ocr/worker/lookalikes.h"
#include "services/ocr/worker/mixed_page.h"
#include "services/ocr/worker/prepare.h"

/*
 * A few lines of a page tell, for less than a tenth of what it takes to read it, whether it stands
 * upright and is in the language of the page before, as nearly all are. It is straightened before,
 * for lines askew are lost in silence. Only where these lines leave a doubt it is looked at more
 * closely: before it is read where another script or orientation is seen, and else, for it may just
 * be hard to read, where the reading is poor.
 */

/* What was seen of a page. */
struct sight {
    struct engine_detection seen;
    bool is_looked_at; /* seen is set, or nothing could be seen */
    bool is_seen;
    bool is_sure;         /* lines were read surely */
    bool is_script_known; /* so they were, or seem to be, or were tried with all scripts' models */
    bool is_found;        /* a language was, by lines */
};

/* Text that lies on its side, which the engine could read: the page is to stand upright. */
static status_code turn_upright(struct attempt *attempt, struct status *st)
{
    if (attempt->page_turns_wanted == 0 || !attempt_is_good(attempt))
        return STATUS_OK;
    TRY(attempt_turn(attempt, attempt->page_turns_wanted, st));
    return attempt_read(attempt, st);
}

/* True for a picture of a line that stands. */
static bool is_upright_strip(const struct image *image)
{
    enum { ASPECT_OF_STRIP = 4 };

    return image->height / ASPECT_OF_STRIP >= image->width;
}

/* Reads the image turned by each quarter, for text too short to see its orientation; goes back to
 * the best. A strip lies along its line, whatever noise of letters is seen across. */
static status_code try_all_turns(struct attempt *attempt, struct status *st)
{
    uint32_t best_turns = attempt->quarter_turns;

    for (int i = 0; i < 3; i++) {
        bool is_better;
        TRY(attempt_turn(attempt, 1, st));
        if (is_upright_strip(attempt->image))
            continue;
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

/* Turns the image as the page was seen to lie. */
static status_code turn_as_seen(struct attempt *attempt, uint32_t quarter_turns, struct status *st)
{
    TRY(attempt_turn(attempt, quarter_turns, st));
    if (attempt->skew_degrees == 0) /* not seen while lines ran down */
        TRY(prepare_straighten(attempt->image, &attempt->skew_degrees, st));
    return STATUS_OK;
}

/* True when a detected script is that of a language. */
static bool is_script_of(const char *script, const char *language)
{
    const char *usual = language_guess_of_script(script);
    const struct language *seen = usual != NULL ? language_find(str_of(usual)) : NULL;

    return seen != NULL && language_is_in(language, seen->script);
}

/* Of lines that are below it, most are in another script: hardly any page is so hard to read. */
static const float certainty_other = 0.95f;

/* True for scripts whose capitals alone are detected upside down as often as upright, and then as
 * each other. */
static bool has_capitals(const char *script)
{
    static const char *const scripts[] = {"Latn", "Grek", "Cyrl", "Armn", "Cher"};

    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++)
        if (script == NULL || strcmp(script, scripts[i]) == 0)
            return true;
    return false;
}

/* Looks at the page the other way up than it was detected. The image is left so where its lines are
 * surely read, as lists of a printer that are in capitals are, and as it was where they are not. */
static status_code look_upside_down(struct attempt *attempt, struct sight *sight, bool *ret_is_sure,
                                    struct status *st)
{
    struct language_sight over = {.is_sure = false};

    *ret_is_sure = false;
    if (!sight->is_seen || !has_capitals(sight->seen.script))
        return STATUS_OK;
    TRY(turn_as_seen(attempt, 2, st));
    TRY(language_sight_look(attempt, &over, st));
    *ret_is_sure = sight->is_script_known = over.is_sure;
    return over.is_sure ? STATUS_OK : attempt_turn(attempt, 2, st);
}

/* Finds the language of a page that was detected to be turned. The image is left as its lines were
 * read better. */
static status_code look_at_turned(struct attempt *attempt, struct sight *sight, bool is_other,
                                  const struct language_sight *upright, struct status *st)
{
    const struct engine_detection *seen = &sight->seen;
    struct language_sight turned;
    bool is_upside_down = false;

    TRY(turn_as_seen(attempt, seen->quarter_turns, st));
    TRY(language_sight_look(attempt, &turned, st));
    if (!turned.is_sure)
        TRY(look_upside_down(attempt, sight, &is_upside_down, st));
    if (is_upside_down)
        return STATUS_OK;
    if (!turned.is_sure && is_other)
        TRY(language_sight_choose(attempt, seen->likeliest_script, true, &sight->is_found, st));
    if (turned.is_sure || sight->is_found) {
        sight->is_script_known = true;
        return STATUS_OK;
    }
    /* What is seen of a script that detection does not know means nothing, however sure. */
    TRY(attempt_turn(attempt, 4 - seen->quarter_turns, st));
    sight->is_script_known = upright->is_text && (is_other || turned.certainty < certainty_other);
    if (sight->is_script_known)
        TRY(language_sight_choose(attempt, NULL, false, &sight->is_found, st));
    return !sight->is_found && turned.certainty > upright->certainty
               ? attempt_turn(attempt, seen->quarter_turns, st)
               : STATUS_OK;
}

/* Finds turn and language before the page is read, where a few lines show them. */
static status_code look_first(struct attempt *attempt, struct sight *sight, struct status *st)
{
    struct language_sight upright;

    TRY(language_sight_look(attempt, &upright, st));
    sight->is_sure = sight->is_script_known = upright.is_sure;
    if (upright.is_sure)
        return STATUS_OK;
    sight->is_looked_at = true;
    sight->is_seen = attempt->engine_class->detect(attempt->engine, attempt->image, &sight->seen);
    const char *script = sight->seen.script;
    bool is_other = script != NULL ? !is_script_of(script, attempt->language)
                                   : upright.certainty < certainty_other;
    if (sight->seen.quarter_turns != 0)
        return look_at_turned(attempt, sight, is_other, &upright, st);
    bool is_upside_down;
    TRY(look_upside_down(attempt, sight, &is_upside_down, st));
    if (is_upside_down)
        return STATUS_OK;
    sight->is_script_known =
        is_other ? upright.is_text : script != NULL && upright.certainty >= certainty_other;
    return is_other && upright.is_text
               ? language_sight_choose(attempt, sight->seen.likeliest_script, false,
                                       &sight->is_found, st)
               : STATUS_OK;
}

/*
 * The language of lines, with the page turned as was seen; but turned back where they are read more
 * surely as they stood: what is seen of a script that detection does not know means nothing,
 * however sure.
 */
static status_code choose_language_and_turn(struct attempt *attempt, const struct sight *sight,
                                            struct line_trial_result *ret, struct status *st)
{
    const struct engine_detection *seen = &sight->seen;
    struct line_trial_result back;

    /* Where what was seen has led to a poor page, it says nothing more. */
    TRY(choose_language_by_lines(attempt, sight->is_found ? NULL : seen->likeliest_script, ret,
                                 st));
    if (seen->quarter_turns == 0 || line_trial_is_without_doubt(ret))
        return STATUS_OK;
    TRY(attempt_turn(attempt, 4 - seen->quarter_turns, st));
    TRY(choose_language_by_lines(attempt, NULL, &back, st));
    if (back.language == NULL || back.certainty <= ret->certainty)
        return attempt_turn(attempt, seen->quarter_turns, st);
    *ret = back;
    return STATUS_OK;
}

/* Turns a poor page as it was seen to lie, and reads it with the models of the script that its
 * lines are in. */
static status_code look_for_script(struct attempt *attempt, const struct sight *sight,
                                   bool *ret_is_found, struct status *st)
{
    uint32_t read_turns = attempt->quarter_turns;
    uint32_t other = read_turns == 0 ? sight->seen.quarter_turns : 0;
    struct line_trial_result found;
    bool is_better;

    if (read_turns == 0 && other != 0)
        TRY(turn_as_seen(attempt, other, st));
    TRY(choose_language_and_turn(attempt, sight, &found, st));
    TRY(choose_language_read_as(attempt, &found, ret_is_found, st));
    if (*ret_is_found || read_turns == other)
        return STATUS_OK;
    TRY(attempt_turn(attempt, (other + 4 - attempt->quarter_turns) % 4, st));
    TRY(attempt_read_again(attempt, 0, &is_better, st));
    return is_better ? STATUS_OK : attempt_turn(attempt, (read_turns + 4 - other) % 4, st);
}

/* True for readings as poor as those with a model of another script (line_quality_good): of lines
 * with words in several scripts, a few were those of the wrong one. */
static bool is_like_another_script(const struct attempt *attempt)
{
    const float quality_of_other_script = 0.5f;

    return line_quality_of_page(&attempt->page) < quality_of_other_script;
}

/* The poor page. */
static status_code look_closer(struct attempt *attempt, struct sight *sight, struct status *st)
{
    /* Longer text has its orientation seen. */
    enum { TEXT_SHORT_BYTES = 400 };
    bool is_found = false;

    if (!sight->is_looked_at)
        sight->is_seen =
            attempt->engine_class->detect(attempt->engine, attempt->image, &sight->seen);
    if (!sight->is_script_known || (!sight->is_sure && is_like_another_script(attempt)))
        TRY(look_for_script(attempt, sight, &is_found, st));
    if (is_found)
        return STATUS_OK;
    if (!attempt_is_good(attempt) && !sight->is_found)
        TRY(choose_language_of_script(attempt, sight->seen.script, st));
    if (!sight->is_seen && !attempt_is_good(attempt) && attempt->page.text[0] != '\0' &&
        strlen(attempt->page.text) < TEXT_SHORT_BYTES)
        return try_all_turns(attempt, st);
    return STATUS_OK;
}

static status_code mend_letters(struct attempt *attempt, struct status *st)
{
    bool is_changed;

    TRY(lookalikes_mend(&attempt->page, &is_changed, st));
    return is_changed ? page_finish(&attempt->page, st) : STATUS_OK;
}

status_code read_picture(struct attempt *attempt, struct status *st)
{
    /* A closer look reads up to four times. */
    enum { READINGS_OF_CLOSER_LOOK = 4, READINGS_OF_MIXED_PAGE = 2 };
    struct sight sight = {.is_seen = false};

    TRY(prepare_straighten(attempt->image, &attempt->skew_degrees, st));
    if (language_sight_is_wanted(attempt))
        TRY(look_first(attempt, &sight, st));
    int64_t start_ns = time_mono();
    TRY(attempt_read(attempt, st));
    attempt->reading_ns = time_mono() - start_ns;
    TRY(turn_upright(attempt, st));
    bool is_mixed = false;
    if (attempt_has_time(attempt, READINGS_OF_MIXED_PAGE))
        TRY(mixed_page_read(attempt, &is_mixed, st));
    if (!is_mixed && !attempt_is_good(attempt) &&
        attempt_has_time(attempt, READINGS_OF_CLOSER_LOOK)) {
        TRY(look_closer(attempt, &sight, st));
        TRY(try_sparse(attempt, st));
    }
    if (attempt_has_time(attempt, 2))
        TRY(choose_language_by_text(attempt, st));
    TRY(attempt_read_foreign_lines(attempt, st));
    choose_language_name(attempt);
    return mend_letters(attempt, st);
}
