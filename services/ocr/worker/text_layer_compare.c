#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "services/ocr/worker/normalize.h"
#include "services/ocr/worker/text_layer_internal.h"

/* What the layer says and what was recognised, letter by letter. */

enum {
    /* Letters of the sample and of what was recognised in it that must meet, in percent: engines
     * read drawn text of alphabets almost without fault, ideographs less well. */
    AGREEMENT_PERCENT = 93,
    AGREEMENT_PERCENT_IDEOGRAPHS = 85,
};

bool text_layer_is_many_shaped(uint32_t character)
{
    enum { HANGUL_FIRST = 0xac00, HANGUL_LAST = 0xd7a3 };

    return normalize_is_unspaced(character) ||
           (character >= HANGUL_FIRST && character <= HANGUL_LAST);
}

bool text_layer_is_doubted(const struct text_layer_pairing *pairing)
{
    return pairing->in_sample > 0 &&
           (pairing->confirmed == 0 || pairing->confirmed * 2 < pairing->in_sample);
}

/* One folded letter for letters that are as good as equal: case, accents, and what fonts draw
 * alike. 0 for what is not compared. */
static uint32_t fold(uint32_t character)
{
    UChar32 folded = u_foldCase((UChar32)character, U_FOLD_CASE_DEFAULT);

    if (folded >= 0xc0 && folded <= 0x17f)
        folded = u_foldCase((UChar32)normalize_base_letter((uint32_t)folded), U_FOLD_CASE_DEFAULT);
    switch (folded) {
    case '0':
        return 'o';
    case '1':
    case 'i':
    case '|':
    case 0x0131:
        return 'l';
    default:
        return u_isalnum(folded) ? (uint32_t)folded : 0;
    }
}

/* Letters of the sample's lines or of a text, folded. */
struct letters {
    uint32_t *folded;
    struct text_layer_pairing **pairings; /* NULL for recognised text */
    size_t count;
};

static bool add_letter(struct letters *letters, size_t capacity, uint32_t character,
                       struct text_layer_pairing *pairing)
{
    char text[TEXT_LAYER_GLYPH_BYTES];
    int32_t length = text_layer_glyph_text(character, text);

    for (int32_t at = 0; at < length;) {
        UChar32 part;
        U8_NEXT(text, at, length, part);
        uint32_t folded = fold((uint32_t)part);
        if (folded == 0)
            continue;
        if (letters->count >= capacity)
            return false;
        letters->folded[letters->count] = folded;
        if (letters->pairings != NULL)
            letters->pairings[letters->count] = pairing;
        letters->count++;
    }
    return true;
}

static bool letters_of_sample(const struct pdfdoc_text *text, struct text_layer_sample *sample,
                              struct letters *letters)
{
    for (size_t l = 0; l < sample->line_count; l++) {
        const struct pdfdoc_line *line = &text->lines[sample->lines[l]];
        for (size_t i = 0; i < line->glyph_count; i++) {
            const struct pdfdoc_glyph *glyph = &line->glyphs[i];
            if (text_layer_is_shown(glyph) &&
                !add_letter(letters, TEXT_LAYER_LETTERS_MAX, glyph->character,
                            text_layer_is_tested(glyph) ? text_layer_find_pairing(sample, glyph)
                                                        : NULL))
                return false;
        }
    }
    return true;
}

static bool letters_of_text(const char *text, struct letters *letters)
{
    int32_t length = (int32_t)strlen(text);

    for (int32_t at = 0; at < length;) {
        UChar32 character;
        U8_NEXT(text, at, length, character);
        if (character > 0 &&
            !add_letter(letters, TEXT_LAYER_LETTERS_MAX, (uint32_t)character, NULL))
            return false;
    }
    return true;
}

/* Aligns both with the least edits (Levenshtein) and confirms the pairings of letters that meet
 * their like. Returns how many did. False when out of memory. */
static bool align(const struct letters *layer, const struct letters *read, size_t *ret_matched)
{
    size_t columns = read->count + 1;
    uint16_t *cost = calloc((layer->count + 1) * columns, sizeof(*cost));

    if (cost == NULL)
        return false;
    for (size_t i = 0; i <= layer->count; i++)
        for (size_t j = 0; j < columns; j++) {
            if (i == 0 || j == 0) {
                cost[i * columns + j] = (uint16_t)(i + j);
                continue;
            }
            unsigned replaced =
                cost[(i - 1) * columns + j - 1] + (layer->folded[i - 1] != read->folded[j - 1]);
            unsigned dropped = cost[(i - 1) * columns + j] + 1u;
            unsigned added = cost[i * columns + j - 1] + 1u;
            unsigned least = replaced < dropped ? replaced : dropped;
            cost[i * columns + j] = (uint16_t)(least < added ? least : added);
        }
    *ret_matched = 0;
    for (size_t i = layer->count, j = read->count; i > 0 && j > 0;) {
        unsigned here = cost[i * columns + j];
        bool is_same = layer->folded[i - 1] == read->folded[j - 1];
        if (cost[(i - 1) * columns + j - 1] + (is_same ? 0u : 1u) == here) {
            i--;
            j--;
            *ret_matched += is_same;
            if (is_same && layer->pairings[i] != NULL)
                layer->pairings[i]->confirmed++;
        } else if (cost[(i - 1) * columns + j] + 1u == here) {
            i--;
        } else {
            j--;
        }
    }
    free(cost);
    return true;
}

bool text_layer_compare(const struct pdfdoc_text *text, struct text_layer_sample *sample,
                        const char *read_text, struct arena *arena)
{
    struct letters layer = {
        .folded = ARENA_NEW_ARRAY(arena, uint32_t, TEXT_LAYER_LETTERS_MAX),
        .pairings = ARENA_NEW_ARRAY(arena, struct text_layer_pairing *, TEXT_LAYER_LETTERS_MAX)};
    struct letters read = {.folded = ARENA_NEW_ARRAY(arena, uint32_t, TEXT_LAYER_LETTERS_MAX)};
    size_t matched;

    if (layer.folded == NULL || layer.pairings == NULL || read.folded == NULL ||
        !letters_of_sample(text, sample, &layer) || !letters_of_text(read_text, &read) ||
        !align(&layer, &read, &matched))
        return false;
    sample->letters += layer.count > read.count ? layer.count : read.count;
    sample->matched += matched;
    return true;
}

bool text_layer_is_alike(const struct text_layer_sample *sample)
{
    return sample->matched * 100 >=
           sample->letters *
               (sample->is_ideographic ? AGREEMENT_PERCENT_IDEOGRAPHS : AGREEMENT_PERCENT);
}

/* Of alphabets nearly every shape must be confirmed, and every digit; ideographs are too many for
 * that, and are misread more often: of those most of the sample. */
bool text_layer_is_confirmed(const struct text_layer_sample *sample)
{
    enum { LETTERS_PERCENT = 2, IDEOGRAPHS_PERCENT = 15 };
    uint64_t letters = 0, doubtful_letters = 0, ideographs = 0, doubtful_ideographs = 0;

    for (size_t i = 0; i < TEXT_LAYER_PAIRINGS_MAX; i++) {
        const struct text_layer_pairing *pairing = &sample->pairings[i];
        bool is_doubted = text_layer_is_doubted(pairing);
        if (pairing->on_page == 0)
            continue;
        if (text_layer_is_many_shaped(pairing->character)) {
            ideographs += pairing->in_sample;
            doubtful_ideographs += is_doubted ? pairing->in_sample : 0;
            continue;
        }
        letters += pairing->on_page;
        doubtful_letters += is_doubted || pairing->in_sample == 0 ? pairing->on_page : 0;
        if (is_doubted && u_isdigit((UChar32)pairing->character))
            return false;
    }
    return doubtful_letters * 100 <= letters * LETTERS_PERCENT &&
           doubtful_ideographs * 100 <= ideographs * IDEOGRAPHS_PERCENT;
}
