#include "services/ocr/worker/mixed_words.h"

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/lookalikes.h"
#include "services/ocr/worker/normalize.h"

enum {
    POOR_LETTERS_MIN = 3,
    /* Lines with more words are left as they are: every word is held against every other. */
    WORDS_MAX = 256,
    NO_PLACE = -1,
    /* Of letters that are Latin beyond doubt, for a word that is sure in another script. */
    OWN_LATIN_MIN = 2,
};

static const float confidence_poor = 0.85f;

/* Letters of any script look like Latin capitals, but the model is not sure of them; those of
 * scripts that have such letters it has read itself. */
static const float confidence_latin = 0.8f;

/* By which what replaces a poor word must be surer. */
static const float margin = 0.05f;

bool mixed_words_is_poor(const struct word *word)
{
    return word->confidence < confidence_poor &&
           normalize_count_letters(word->text) >= POOR_LETTERS_MIN;
}

/* Both readings, and the place that each word is of. */
struct readings {
    const struct line *line, *found;
    int places[WORDS_MAX], found_places[WORDS_MAX];
};

/* True where two words share a third of the narrower one. */
static bool is_same_place(struct bbox one, struct bbox other)
{
    int32_t shared =
        (one.x1 < other.x1 ? one.x1 : other.x1) - (one.x0 > other.x0 ? one.x0 : other.x0);
    int32_t width = one.x1 - one.x0, other_width = other.x1 - other.x0;

    return shared * 3 > (width < other_width ? width : other_width);
}

/* Gives a place to a word, and to all that overlap it, or what overlaps it. */
static void spread(struct readings *both, size_t first, int place)
{
    bool is_changed = true;

    both->places[first] = place;
    while (is_changed) {
        is_changed = false;
        for (size_t w = 0; w < both->line->word_count; w++)
            for (size_t f = 0; f < both->found->word_count; f++) {
                bool is_taken = both->places[w] == place, is_found_taken;
                is_found_taken = both->found_places[f] == place;
                if (is_taken == is_found_taken ||
                    !is_same_place(both->line->words[w].bbox, both->found->words[f].bbox))
                    continue;
                both->places[w] = both->found_places[f] = place;
                is_changed = true;
            }
    }
}

/* What the words of a place come to. */
struct sum {
    double confidence; /* times letters */
    size_t letters;
    size_t latin;     /* of the letters */
    size_t own_latin; /* that look like none of the script */
};

static struct sum sum_up(const struct line *line, const int *places, int place, const char *script)
{
    struct sum sum = {0};

    for (size_t w = 0; w < line->word_count; w++) {
        const struct word *word = &line->words[w];
        size_t letters = normalize_count_letters(word->text);
        if (places[w] != place)
            continue;
        sum.confidence += (double)word->confidence * (double)letters;
        sum.letters += letters;
        sum.latin += lookalikes_count_latin(word->text, "");
        sum.own_latin += lookalikes_count_latin(word->text, script);
    }
    return sum;
}

static bool is_better(const struct sum *old, const struct sum *found, const char *script)
{
    /* A piece of a word may be sure: half of the letters must be there. */
    if (old->letters == 0 || found->letters * 2 < old->letters)
        return false;
    double before = old->confidence / (double)old->letters;
    double after = found->confidence / (double)found->letters;
    /* Capitals that look like small letters of the script. */
    if (found->latin > 0 && found->own_latin == 0)
        return false;
    if (before < (double)confidence_poor)
        return after > before + (double)margin &&
               (found->latin == 0 || lookalikes_has_script(script) ||
                after >= (double)confidence_latin);
    return lookalikes_has_script(script) && old->own_latin == 0 &&
           found->own_latin >= OWN_LATIN_MIN && after > before;
}

status_code mixed_words_merge(struct line *line, const struct line *found, const char *script,
                              struct arena *arena, struct status *st)
{
    struct readings both = {.line = line, .found = found};
    size_t capacity = line->word_count + found->word_count, count = 0;

    if (line->word_count > WORDS_MAX || found->word_count > WORDS_MAX)
        return STATUS_OK;
    struct word *words = ARENA_NEW_ARRAY(arena, struct word, capacity);
    if (words == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < WORDS_MAX; i++)
        both.places[i] = both.found_places[i] = NO_PLACE;
    for (size_t w = 0; w < line->word_count; w++) {
        bool is_first = both.places[w] == NO_PLACE;
        if (is_first)
            spread(&both, w, (int)w);
        const struct sum old = sum_up(line, both.places, both.places[w], script);
        const struct sum new = sum_up(found, both.found_places, both.places[w], script);
        if (!is_better(&old, &new, script)) {
            words[count++] = line->words[w];
            continue;
        }
        for (size_t f = 0; is_first && f < found->word_count; f++)
            if (both.found_places[f] == both.places[w])
                words[count++] = found->words[f];
    }
    line->words = words;
    line->word_count = count;
    line->word_capacity = capacity;
    return STATUS_OK;
}
