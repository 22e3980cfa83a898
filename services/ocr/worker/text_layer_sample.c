#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "lib/base/utf8.h"
#include "services/ocr/worker/normalize.h"
#include "services/ocr/worker/text_layer.h"
#include "services/ocr/worker/text_layer_internal.h"

/*
 * The test of agreement: lines that together hold all letter shapes of the page are cut out of its
 * picture, recognised, and aligned with what the layer says.
 */

enum {
    /* Letters of the sample and of what was recognised in it that must meet, in percent: tesseract
     * reads drawn text of alphabets almost without fault, ideographs less well. */
    AGREEMENT_PERCENT = 93,
    AGREEMENT_PERCENT_IDEOGRAPHS = 85,
    SAMPLE_LINES_MAX = 14,
    SEEN_MAX = 4096, /* different characters of a page, at most; more: not tested */
    ROW_MARGIN = 12, /* pixels around a line of the sample */
};

/* A character as a certain shape. */
struct pairing {
    uint32_t shape;
    uint32_t character;
    uint32_t on_page; /* how often */
    uint32_t in_sample;
    uint32_t confirmed;
};

struct sample {
    struct pairing *pairings; /* hashed, SEEN_MAX places; character 0: free */
    size_t pairing_count;
    bool is_ideographic;
    size_t lines[SAMPLE_LINES_MAX]; /* of the text, ascending by choice */
    size_t line_count;
};

static bool is_tested(const struct pdfdoc_glyph *glyph)
{
    return text_layer_is_shown(glyph) && u_isalnum((UChar32)glyph->character);
}

static struct pairing *find_pairing(struct sample *sample, const struct pdfdoc_glyph *glyph)
{
    uint32_t at = (glyph->shape ^ glyph->character * 0x9e3779b1u) % SEEN_MAX;

    while (sample->pairings[at].character != 0 &&
           (sample->pairings[at].shape != glyph->shape ||
            sample->pairings[at].character != glyph->character))
        at = (at + 1) % SEEN_MAX;
    return &sample->pairings[at];
}

static bool count_pairings(const struct pdfdoc_text *text, struct sample *sample)
{
    size_t ideographs = 0, total = 0;

    for (size_t l = 0; l < text->line_count; l++)
        for (size_t i = 0; i < text->lines[l].glyph_count; i++) {
            const struct pdfdoc_glyph *glyph = &text->lines[l].glyphs[i];
            if (!is_tested(glyph))
                continue;
            struct pairing *pairing = find_pairing(sample, glyph);
            if (pairing->character == 0 && ++sample->pairing_count > SEEN_MAX / 2)
                return false;
            pairing->shape = glyph->shape;
            pairing->character = glyph->character;
            pairing->on_page++;
            ideographs += normalize_is_unspaced(glyph->character);
            total++;
        }
    sample->is_ideographic = ideographs * 2 > total;
    return true;
}

/* What a line would add to the sample: pairings that are not in it twice yet, each weighed by what
 * it stands for on the page. */
static uint64_t gain_of(const struct pdfdoc_line *line, struct sample *sample)
{
    enum { WANTED = 2 };
    uint64_t gain = 0;

    for (size_t i = 0; i < line->glyph_count; i++)
        if (is_tested(&line->glyphs[i])) {
            const struct pairing *pairing = find_pairing(sample, &line->glyphs[i]);
            if (pairing->in_sample < WANTED && pairing->in_sample < pairing->on_page)
                gain += pairing->in_sample == 0 ? 1000 : 1;
        }
    return gain;
}

/* Greedy set cover. */
static void choose_lines(const struct pdfdoc_text *text, struct sample *sample)
{
    while (sample->line_count < SAMPLE_LINES_MAX) {
        size_t best = 0;
        uint64_t best_gain = 0;
        for (size_t l = 0; l < text->line_count; l++) {
            uint64_t gain = gain_of(&text->lines[l], sample);
            if (gain > best_gain) {
                best = l;
                best_gain = gain;
            }
        }
        /* Single letters seen once already are not worth a further line. */
        if (best_gain < 1000 && sample->line_count > 0)
            return;
        const struct pdfdoc_line *line = &text->lines[best];
        for (size_t i = 0; i < line->glyph_count; i++)
            if (is_tested(&line->glyphs[i]))
                find_pairing(sample, &line->glyphs[i])->in_sample++;
        sample->lines[sample->line_count++] = best;
        if (best_gain == 0)
            return;
    }
}

static struct bbox line_box(const struct pdfdoc_line *line)
{
    struct bbox box = {0};

    for (size_t i = 0; i < line->glyph_count; i++)
        box = bbox_union(box, line->glyphs[i].ink);
    return box;
}

/* Leaders (a row of dots from a title to its page) say nothing, and are misread at length. */
static bool is_leader(const struct pdfdoc_line *line, size_t index)
{
    uint32_t dot = line->glyphs[index].character;
    size_t before = index, after = index + 1;

    if (u_isalnum((UChar32)dot))
        return false;
    while (before > 0 && line->glyphs[before - 1].character == ' ')
        before--;
    while (after < line->glyph_count && line->glyphs[after].character == ' ')
        after++;
    return (before > 0 && line->glyphs[before - 1].character == dot) ||
           (after < line->glyph_count && line->glyphs[after].character == dot);
}

/* Copies what shows of a line to (ROW_MARGIN, top). */
static void copy_line(const struct image *from, const struct pdfdoc_line *line, struct bbox box,
                      struct image *to, uint32_t top)
{
    uint8_t row[PAGE_SIDE_MAX + 2 * ROW_MARGIN];

    for (int32_t y = box.y0; y < box.y1; y++) {
        memset(row, 255, to->width);
        for (size_t i = 0; i < line->glyph_count; i++) {
            struct bbox ink = line->glyphs[i].ink;
            if (y < ink.y0 || y >= ink.y1 || is_leader(line, i))
                continue;
            for (int32_t x = ink.x0; x < ink.x1; x++)
                row[ROW_MARGIN + (x - box.x0)] = image_get(from, (uint32_t)x, (uint32_t)y);
        }
        image_put_row(to, top + (uint32_t)(y - box.y0), row);
    }
}

/* The sample's lines cut out of the page, one beneath the other. */
static status_code draw_sample(const struct pdfdoc_text *text, const struct sample *sample,
                               const struct image *image, struct image **ret_image,
                               struct status *st)
{
    uint32_t width = 1, height = ROW_MARGIN;

    for (size_t i = 0; i < sample->line_count; i++) {
        struct bbox box = line_box(&text->lines[sample->lines[i]]);
        if ((uint32_t)(box.x1 - box.x0) > width)
            width = (uint32_t)(box.x1 - box.x0);
        height += (uint32_t)(box.y1 - box.y0) + 2 * ROW_MARGIN;
    }
    TRY(image_new(width + 2 * ROW_MARGIN, height, ret_image, st));
    (*ret_image)->dpi = image->dpi;
    uint32_t top = ROW_MARGIN;
    for (size_t i = 0; i < sample->line_count; i++) {
        const struct pdfdoc_line *line = &text->lines[sample->lines[i]];
        struct bbox box = line_box(line);
        copy_line(image, line, box, *ret_image, top);
        top += (uint32_t)(box.y1 - box.y0) + 2 * ROW_MARGIN;
    }
    return STATUS_OK;
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
    struct pairing **pairings; /* NULL for recognised text */
    size_t count;
};

static bool add_letter(struct letters *letters, size_t capacity, uint32_t character,
                       struct pairing *pairing)
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

enum { LETTERS_MAX = 4000 };

static bool letters_of_sample(const struct pdfdoc_text *text, struct sample *sample,
                              struct letters *letters)
{
    for (size_t l = 0; l < sample->line_count; l++) {
        const struct pdfdoc_line *line = &text->lines[sample->lines[l]];
        for (size_t i = 0; i < line->glyph_count; i++)
            if (text_layer_is_shown(&line->glyphs[i]) &&
                !add_letter(letters, LETTERS_MAX, line->glyphs[i].character,
                            is_tested(&line->glyphs[i]) ? find_pairing(sample, &line->glyphs[i])
                                                        : NULL))
                return false;
    }
    return true;
}

static bool letters_of_text(const char *text, struct letters *letters)
{
    int32_t length = (int32_t)strlen(text);

    for (int32_t at = 0; at < length;) {
        UChar32 character;
        U8_NEXT(text, at, length, character);
        if (character > 0 && !add_letter(letters, LETTERS_MAX, (uint32_t)character, NULL))
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

/*
 * True when what was confirmed stands for the whole page. Of alphabets nearly every shape must be;
 * ideographs are too many for that, and are misread more often: of those most of the sample.
 */
static bool is_confirmed(const struct sample *sample)
{
    enum { LETTERS_PERCENT = 2, IDEOGRAPHS_PERCENT = 15 };
    uint64_t letters = 0, doubtful_letters = 0, ideographs = 0, doubtful_ideographs = 0;

    for (size_t i = 0; i < SEEN_MAX; i++) {
        const struct pairing *pairing = &sample->pairings[i];
        bool is_doubtful = pairing->confirmed * 2 <= pairing->in_sample;
        if (pairing->on_page == 0)
            continue;
        if (normalize_is_unspaced(pairing->character)) {
            ideographs += pairing->in_sample;
            doubtful_ideographs += is_doubtful ? pairing->in_sample : 0;
            continue;
        }
        letters += pairing->on_page;
        doubtful_letters += is_doubtful ? pairing->on_page : 0;
        if (is_doubtful && pairing->in_sample > 0 && u_isdigit((UChar32)pairing->character))
            return false;
    }
    return doubtful_letters * 100 <= letters * LETTERS_PERCENT &&
           doubtful_ideographs * 100 <= ideographs * IDEOGRAPHS_PERCENT;
}

static bool compare(const struct pdfdoc_text *text, struct sample *sample, const char *read_text,
                    struct arena *arena)
{
    struct letters layer = {.folded = ARENA_NEW_ARRAY(arena, uint32_t, LETTERS_MAX),
                            .pairings = ARENA_NEW_ARRAY(arena, struct pairing *, LETTERS_MAX)};
    struct letters read = {.folded = ARENA_NEW_ARRAY(arena, uint32_t, LETTERS_MAX)};
    size_t matched;

    if (layer.folded == NULL || layer.pairings == NULL || read.folded == NULL ||
        !letters_of_sample(text, sample, &layer) || !letters_of_text(read_text, &read) ||
        !align(&layer, &read, &matched))
        return false;
    size_t longer = layer.count > read.count ? layer.count : read.count;
    return matched * 100 >= longer * (sample->is_ideographic ? AGREEMENT_PERCENT_IDEOGRAPHS
                                                             : AGREEMENT_PERCENT) &&
           is_confirmed(sample);
}

bool text_layer_agrees(const struct pdfdoc_text *text, const struct image *image,
                       const struct text_layer_reader *reader, const char *models,
                       struct arena *arena)
{
    _cleanup_(image_freep) struct image *picture = NULL;
    struct sample sample = {.pairings = ARENA_NEW_ARRAY(arena, struct pairing, SEEN_MAX)};
    struct status unused;
    struct page page;
    uint32_t turns;

    if (sample.pairings == NULL || !count_pairings(text, &sample))
        return false;
    choose_lines(text, &sample);
    if (draw_sample(text, &sample, image, &picture, &unused) != STATUS_OK)
        return false;
    const struct engine_job job = {.image = picture,
                                   .models = models,
                                   .layout = LAYOUT_BLOCK,
                                   .deadline_ns = reader->deadline_ns};
    page_begin(&page, arena);
    page.width = picture->width;
    page.height = picture->height;
    page.dpi = picture->dpi;
    return reader->engine_class->read(reader->engine, &job, &page, &turns, &unused) == STATUS_OK &&
           page_finish(&page, &unused) == STATUS_OK && compare(text, &sample, page.text, arena);
}
