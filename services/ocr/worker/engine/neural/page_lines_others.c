#include <string.h>

#include "lib/base/ascii.h"
#include "services/ocr/language.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/engine/neural/agreement.h"
#include "services/ocr/worker/engine/neural/other_scripts.h"
#include "services/ocr/worker/engine/neural/other_words.h"
#include "services/ocr/worker/engine/neural/page_lines_internal.h"
#include "services/ocr/worker/lookalikes.h"
#include "services/ocr/worker/normalize.h"

/* Less sure lines are noise: RapidOCR's text_score. Tesseract is less sure of good lines in some
 * scripts, as in Ethiopic (0.65). */
static const float confidence_noise = 0.5f, confidence_noise_of_others = 0.25f;

/* Text that the networks know comes out with 0.97 and more, other scripts with 0.9 and less
 * (22 languages, clean print at 300 dpi). */
static const float confidence_read = 0.9f;

/* Among lines of another script, some look like the networks' letters; and of letters that are near
 * to those that they know, as of Vietnamese, they leave out the rest without a doubt. */
static const float confidence_read_among_others = 0.97f;

/* Below it, what the networks say is no more than a guess: most other scripts leave 0.01 to 0.1,
 * but those that look like capitals on their heads (Hebrew, Armenian) up to 0.76; handwriting that
 * they read fairly leaves 0.8 and more. */
static const float confidence_guess = 0.78f;

static const float most_of_page = 0.5f;

/* Lines that could not be read, the longest first. */
struct unread {
    const struct text_line **lines;
    size_t count;
    float part; /* of the length of all lines */
};

static status_code find_unread(const struct page_lines *lines, struct arena *arena,
                               struct unread *ret_unread, struct status *st)
{
    struct unread unread = {.lines =
                                ARENA_NEW_ARRAY(arena, const struct text_line *, lines->count + 1)};
    float unread_length = 0, length = 0;

    if (unread.lines == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < lines->count; i++) {
        length += text_line_length(&lines->lines[i]);
        if (lines->lines[i].confidence >= confidence_read)
            continue;
        unread_length += text_line_length(&lines->lines[i]);
        unread.lines[unread.count++] = &lines->lines[i];
    }
    unread.part = length > 0 ? unread_length / length : 0;
    *ret_unread = unread;
    return STATUS_OK;
}

/* Lines on their heads, in the same order; NULL: out of memory. */
static const struct text_line **turn_copies(const struct unread *unread, struct arena *arena)
{
    struct text_line *copies = ARENA_NEW_ARRAY(arena, struct text_line, unread->count + 1);
    const struct text_line **turned =
        ARENA_NEW_ARRAY(arena, const struct text_line *, unread->count + 1);

    if (copies == NULL || turned == NULL)
        return NULL;
    for (size_t i = 0; i < unread->count; i++) {
        copies[i] = *unread->lines[i];
        text_line_turn(&copies[i], 2);
        turned[i] = &copies[i];
    }
    return turned;
}

/* Looks once for the language of what could not be read. */
static status_code look_for_language(struct page_lines *lines, const struct other_scripts *how,
                                     const struct unread *unread, struct status *st)
{
    const float part_min = 0.03f; /* less is smudges and logos */
    bool is_thorough = unread->part > most_of_page;

    if (lines->is_looked_for)
        return STATUS_OK;
    lines->is_looked_for = true;
    if (unread->part <= part_min)
        return STATUS_OK;
    TRY(other_scripts_find(how, &lines->page, unread->lines, unread->count, is_thorough,
                           lines->arena, &lines->language_found, st));
    if (lines->language_found != NULL || lines->known >= confidence_guess)
        return STATUS_OK;
    /* No networks' letters, nor any model's: on its head, perhaps. */
    const struct text_line **turned = turn_copies(unread, lines->arena);
    if (turned == NULL)
        return FAIL_PAGE_TEXT(st);
    TRY(other_scripts_find(how, &lines->page, turned, unread->count, is_thorough, lines->arena,
                           &lines->language_found, st));
    if (lines->language_found != NULL)
        page_lines_turn(lines, (lines->turns + 2) % 4);
    lines->is_turn_sure = true;
    return STATUS_OK;
}

/* Where nobody has seen what is up, the way that reads better. */
static status_code settle_turns(struct page_lines *lines, const struct other_scripts *how,
                                const struct unread *unread, struct status *st)
{
    float upright, upside_down;

    if (lines->is_turn_sure)
        return STATUS_OK;
    TRY(other_scripts_try(how, &lines->page, unread->lines, unread->count, false, lines->arena,
                          &upright, st));
    TRY(other_scripts_try(how, &lines->page, unread->lines, unread->count, true, lines->arena,
                          &upside_down, st));
    if (upside_down > upright)
        page_lines_turn(lines, (lines->turns + 2) % 4);
    lines->is_turn_sure = true;
    return STATUS_OK;
}

/* Reads a line; and as a strip, where tesseract has not found its way about the line. */
static status_code read_other(const struct other_scripts *how, const struct raster *page,
                              struct text_line *line, struct arena *arena, struct status *st)
{
    /* Letters that the models know score above it in nearly all lines. */
    const float confidence_lost = 0.85f;
    struct other_scripts as_strip = *how;

    as_strip.layout = LAYOUT_STRIP;
    TRY(other_scripts_read(how, page, line, arena, st));
    if (line->confidence >= confidence_lost)
        return STATUS_OK;
    return other_scripts_read(&as_strip, page, line, arena, st);
}

/* A page of noise is no page: only where most of it could be read, the rest is left out. */
static void drop_noise(struct text_line *lines, size_t count, float noise)
{
    if (page_lines_confidence(lines, count) < PAGE_LINES_KNOWN)
        return;
    for (size_t i = 0; i < count; i++)
        if (lines[i].confidence < noise)
            lines[i].word_count = 0;
}

/* Tesseract's models of a language; NULL: of none. */
static const char *models_of(const char *language, struct arena *arena)
{
    return language != NULL ? language_to_tesseract(str_of(language), arena) : NULL;
}

static bool has_ascii_letter(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (ascii_is_letter(*c))
            return true;
    return false;
}

static bool has_ascii(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (ascii_is_digit(*c))
            return true;
    return has_ascii_letter(text);
}

/* Of the language that models are for; "": of several, or of none that is known. */
static const char *script_of(const char *models)
{
    const struct language *language = language_find(str_of(models));

    return language != NULL ? language->script : "";
}

static bool is_script_among(const char *models, const char *const *scripts, size_t count)
{
    const char *script = script_of(models);

    for (size_t i = 0; i < count; i++)
        if (strcmp(script, scripts[i]) == 0)
            return true;
    return false;
}

/* True where the letters of a script can be taken for Latin ones, and the other way round. */
static bool is_like_latin(const char *models)
{
    static const char *const alike[] = {"Cyrl", "Grek", "Latn", "Armn", "Geor"};

    return is_script_among(models, alike, ARRAY_LENGTH(alike));
}

/* True when the networks have seen letters or digits of theirs on a line. In scripts whose letters
 * are like capitals on their heads they always see some, but are not sure of any word. */
static bool may_have_latin(const struct text_line *line, const char *models)
{
    static const char *const like_turned[] = {"Hebr", "Armn"};
    const float confidence_seen = 0.4f;
    bool is_doubtful = is_script_among(models, like_turned, ARRAY_LENGTH(like_turned));

    for (size_t w = 0; w < line->word_count; w++)
        if ((!is_doubtful || line->words[w].confidence >= confidence_seen) &&
            has_ascii(line->words[w].text))
            return true;
    return false;
}

/* Models of a script, with those of Latin letters beside; NULL: out of memory. */
static const char *models_with_latin(const char *models, struct arena *arena)
{
    return strchr(models, '+') != NULL ? models : arena_printf(arena, "%s+eng", models);
}

/* True when a word of a line makes no sense in its script: it may be in Latin letters. */
static bool has_poor_word(const struct text_line *line)
{
    /* As in mixed_lines.h: shorter ones are numbers and marks. */
    enum { LETTERS_MIN = 3 };
    const float confidence_poor = 0.85f;

    for (size_t w = 0; w < line->word_count; w++)
        if (line->words[w].confidence < confidence_poor &&
            normalize_count_letters(line->words[w].text) >= LETTERS_MIN)
            return true;
    return false;
}

/* False where letters of another script were made into Latin ones. */
static bool are_latin_words_sure(const struct text_line *line)
{
    const float confidence_min = 0.7f;
    float sum = 0, count = 0;

    for (size_t w = 0; w < line->word_count; w++)
        if (has_ascii_letter(line->words[w].text)) {
            sum += line->words[w].confidence;
            count++;
        }
    return sum >= confidence_min * count;
}

/* Reads a line that is not sure with Latin letters beside its own. */
static status_code read_with_latin(const struct other_scripts *with_latin,
                                   const struct raster *page, struct text_line *line,
                                   struct arena *arena, struct status *st)
{
    const float margin = 0.01f; /* a word of twenty by a fifth */
    struct text_line read = *line;

    read.confidence += margin;
    TRY(other_scripts_read(with_latin, page, &read, arena, st));
    if (read.words != line->words && are_latin_words_sure(&read))
        *line = read;
    return STATUS_OK;
}

/* True for a few letters that could all be of a script that the networks do not know: "3AKOHOM". */
static bool may_be_other(const struct text_line *line, const char *script)
{
    enum { OWN_LATIN_MAX = 1 };
    size_t latin = 0, own_latin = 0;

    if (!lookalikes_has_script(script))
        return false;
    for (size_t w = 0; w < line->word_count; w++) {
        latin += lookalikes_count_latin(line->words[w].text, "");
        own_latin += lookalikes_count_latin(line->words[w].text, script);
    }
    return latin > own_latin && own_latin <= OWN_LATIN_MAX;
}

/* Reads the lines that are less sure than `needed`. Latin letters are thought of where the networks
 * have seen some, or where a script alone has not made sense of a line; where they are like the
 * script's own, only then. */
static status_code read_unsure(const struct other_scripts *how, const char *script,
                               const struct raster *page, float needed, struct text_line *lines,
                               size_t count, struct arena *arena, struct status *st)
{
    /* Lines in one script are above it, those with a word in another one below. */
    const float confidence_of_one_script = 0.9f;
    /* Of another script, the networks leave letters out, as of Greek, and are as sure of the rest
     * as tesseract is of all. On messages of a program in Greek 0.048 of the characters were wrong,
     * now 0.020; with 0.75 no more nor less. */
    const float trust_in_networks = 0.9f;
    struct other_scripts with_latin = *how;

    with_latin.models = models_with_latin(how->models, arena);
    if (with_latin.models == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < count; i++) {
        struct text_line *line = &lines[i];
        if (line->confidence >= needed && !may_be_other(line, script))
            continue;
        const struct text_line before = *line;
        bool is_latin_seen = may_have_latin(line, how->models);
        line->confidence *= trust_in_networks;
        if (is_latin_seen && !is_like_latin(how->models)) {
            TRY(read_other(&with_latin, page, line, arena, st));
        } else {
            TRY(read_other(how, page, line, arena, st));
            if ((is_latin_seen && line->confidence < confidence_of_one_script) ||
                has_poor_word(line))
                TRY(read_with_latin(&with_latin, page, line, arena, st));
        }
        if (line->words == before.words)
            line->confidence = before.confidence;
    }
    return STATUS_OK;
}

/* Reads all lines for letters that the networks leave out or take for others, sure of it as they
 * are; of the rest they must say the same, unless they are not sure. */
static status_code read_for_letters(const struct other_scripts *how, const struct raster *page,
                                    struct text_line *lines, size_t count, struct arena *arena,
                                    struct status *st)
{
    /* Clean print in its own language is above both; blur and handwriting are not. */
    const float confidence_min = 0.8f, agreement_min = 0.75f;

    for (size_t i = 0; i < count; i++) {
        struct text_line read = lines[i];
        read.confidence = 0;
        TRY(other_scripts_read(how, page, &read, arena, st));
        if (read.confidence > lines[i].confidence ||
            (read.confidence >= confidence_min && agreement_of(&lines[i], &read) >= agreement_min))
            lines[i] = read;
    }
    return STATUS_OK;
}

status_code page_lines_read_others(struct page_lines *lines, struct line_reader *reader,
                                   struct engine *tesseract, const struct engine_job *job,
                                   struct arena *arena, struct text_line **ret_lines,
                                   size_t *ret_count, struct status *st)
{
    struct other_scripts how = {.tesseract = tesseract,
                                .models = job->models,
                                .layout = LAYOUT_BLOCK,
                                .dpi = job->image->dpi,
                                .deadline_ns = job->deadline_ns};
    struct text_line *read = ARENA_NEW_ARRAY(arena, struct text_line, lines->count + 1);
    struct unread unread = {0};

    if (read == NULL)
        return FAIL_PAGE_TEXT(st);
    TRY(find_unread(lines, arena, &unread, st));
    if (!other_scripts_are_meant(job->models)) {
        TRY(look_for_language(lines, &how, &unread, st));
        how.models = models_of(lines->language_found, lines->arena);
    }
    if (how.models != NULL)
        TRY(settle_turns(lines, &how, &unread, st));
    if (lines->count > 0)
        memcpy(read, lines->lines, lines->count * sizeof(*read));
    bool is_near = how.models != NULL && is_like_latin(how.models);
    float needed =
        unread.part > most_of_page || is_near ? confidence_read_among_others : confidence_read;
    if (how.models != NULL && other_scripts_are_letters_alone(how.models))
        TRY(read_for_letters(&how, &lines->page, read, lines->count, arena, st));
    else if (how.models != NULL)
        TRY(read_unsure(&how, script_of(how.models), &lines->page, needed, read, lines->count,
                        arena, st));
    if (how.models != NULL && !other_scripts_are_letters_alone(how.models))
        TRY(other_words_read(reader, &lines->page, script_of(how.models), read, lines->count,
                             job->deadline_ns, arena, st));
    drop_noise(read, lines->count,
               how.models != NULL ? confidence_noise_of_others : confidence_noise);
    *ret_lines = read;
    *ret_count = lines->count;
    return STATUS_OK;
}
