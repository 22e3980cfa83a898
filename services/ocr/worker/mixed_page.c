#include "services/ocr/worker/mixed_page.h"

#include <string.h>

#include "services/ocr/language.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/choose_language.h"
#include "services/ocr/worker/choose_language_internal.h"
#include "services/ocr/worker/language_guess.h"
#include "services/ocr/worker/language_sight.h"
#include "services/ocr/worker/normalize.h"

enum {
    /* Of letters side by side: some words. */
    RUN_LETTERS_MIN = 8,
    /* Of these, and of all letters, one of so many. */
    RUNS_MIN = 3,
    SHARE_OF_LETTERS = 8,
    /* A shorter word may look like one of the other script. */
    WORD_LETTERS_MIN = 6,
};

/* Of words in letters that a model does not have: 0.1 to 0.6 on average, though single ones look
 * like words of its own. */
static const float confidence_poor = 0.7f;
static const float confidence_sure = 0.8f;

/* Poor words side by side. */
struct run {
    struct bbox box;
    double confidence; /* times letters */
    size_t letters;    /* and digits */
    size_t digits;
};

struct runs {
    struct bbox boxes[LINE_SAMPLES_BOXES_MAX];
    size_t count;
    size_t poor_letters; /* of them */
    size_t letters;      /* of the page */
};

/* Addresses and names of files are poor, too: no language helps to read them. */
static bool is_address(const char *text)
{
    return strpbrk(text, "/@\\_") != NULL || strstr(text, "www") != NULL;
}

/* Leaders between a title and its page: what stands before is poor for their sake. */
static bool has_leader(const char *text)
{
    enum { LEADER_MIN = 4 };
    size_t dots = 0;

    for (; *text != '\0' && dots < LEADER_MIN; text++)
        dots = *text == '.' ? dots + 1 : 0;
    return dots == LEADER_MIN;
}

static size_t count_digits(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text >= '0' && *text <= '9';
    return count;
}

/* Keeps the run, if it is one, and begins the next. It is as high as its line, for letters that a
 * model does not know are found in pieces. */
static void end_run(struct runs *runs, const struct line *line, struct run *run)
{
    bool is_poor = run->letters >= RUN_LETTERS_MIN && run->digits * 3 < run->letters * 2 &&
                   run->confidence < (double)confidence_poor * (double)run->letters;

    if (is_poor && runs->count < ARRAY_LENGTH(runs->boxes)) {
        runs->boxes[runs->count++] =
            (struct bbox){run->box.x0, line->bbox.y0, run->box.x1, line->bbox.y1};
        runs->poor_letters += run->letters;
    }
    *run = (struct run){.letters = 0};
}

static void add_line(struct runs *runs, const struct line *line)
{
    struct run run = {.letters = 0};

    for (size_t w = 0; w < line->word_count; w++) {
        const struct word *word = &line->words[w];
        size_t letters = normalize_count_letters(word->text);
        bool is_sure = letters >= WORD_LETTERS_MIN && word->confidence >= confidence_sure;
        runs->letters += letters;
        if (is_sure || is_address(word->text) || has_leader(word->text)) {
            end_run(runs, line, &run);
            continue;
        }
        run.box = bbox_union(run.box, word->bbox);
        run.confidence += (double)word->confidence * (double)letters;
        run.letters += letters;
        run.digits += count_digits(word->text);
    }
    end_run(runs, line, &run);
}

static void find_runs(const struct page *page, struct runs *ret_runs)
{
    *ret_runs = (struct runs){.count = 0};
    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++)
            if (page->blocks[b].lines[l].direction != DIRECTION_TOP_TO_BOTTOM)
                add_line(ret_runs, &page->blocks[b].lines[l]);
}

/* True when what was read is not in Latin letters, which models of other scripts read as well. */
static bool is_in_other_letters(const char *text)
{
    struct language_guess guess;

    language_guess_text(text, &guess);
    return guess.script[0] != '\0' && strcmp(guess.script, "Latn") != 0;
}

/* The language of what is in these boxes; NULL: Latin letters, or none that are known. All scripts'
 * models are tried only where that of the page does not read them: words of handwriting and small
 * print, which were poor on the page, are sure enough as characters of lines. */
static status_code find_other(const struct attempt *attempt, const struct runs *runs,
                              const char **ret_language, struct status *st)
{
    _cleanup_(line_samples_deinit) struct line_samples samples = {.count = 0};
    struct line_trial_result found;

    *ret_language = NULL;
    TRY(line_samples_cut(attempt->image, runs->boxes, runs->count, &samples, st));
    if (samples.count == 0)
        return STATUS_OK;
    const struct line_trial trial = choose_language_trial(attempt, &samples);
    TRY(line_trial_language(&trial, attempt->language, &found, st));
    if (language_sight_is_read(&found))
        return STATUS_OK;
    TRY(choose_language_of_lines(&trial, NULL, &found, st));
    if (found.language != NULL && !language_is_in(found.language, "Latn") &&
        is_in_other_letters(found.text))
        *ret_language = found.language;
    return STATUS_OK;
}

/* Reads with the models of both; keeps what was before when that is not better. */
static status_code try_both(struct attempt *attempt, const char *other, const char *latin,
                            bool *ret_is_better, struct status *st)
{
    const char *before = attempt->language;

    attempt->language = arena_printf(attempt->arena, "%s+%s", other, latin);
    if (attempt->language == NULL)
        return FAIL_PAGE_TEXT(st);
    TRY(attempt_read_again(attempt, 0, ret_is_better, st));
    if (!*ret_is_better)
        attempt->language = before;
    return STATUS_OK;
}

status_code mixed_page_read(struct attempt *attempt, bool *ret_is_better, struct status *st)
{
    const char *latin = attempt->language, *other;
    struct runs runs;

    *ret_is_better = false;
    if (!attempt->is_auto || attempt->engine_class->try_line == NULL ||
        !language_is_in(latin, "Latn"))
        return STATUS_OK;
    find_runs(&attempt->page, &runs);
    /* What is poor all over is in another script alone, or does not stand upright. */
    if (runs.count < RUNS_MIN || runs.poor_letters * SHARE_OF_LETTERS < runs.letters ||
        runs.poor_letters * 3 > runs.letters * 2)
        return STATUS_OK;
    TRY(find_other(attempt, &runs, &other, st));
    if (other == NULL)
        return STATUS_OK;
    TRY(try_both(attempt, other, latin, ret_is_better, st));
    /* A few words do not tell the two ways of writing Chinese apart; all of them do. */
    if (!*ret_is_better || strncmp(other, "zh-", strlen("zh-")) != 0)
        return STATUS_OK;
    bool is_other_better;
    return try_both(attempt, strcmp(other, "zh-Hant") == 0 ? "zh-Hans" : "zh-Hant", latin,
                    &is_other_better, st);
}
