#include "services/ocr/worker/engine/tesseract/results.h"

#include <dlfcn.h>
#include <math.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "lib/base/str.h"
#include "lib/base/utf8.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/normalize.h"

DEFINE_CLEANUP_NAMED(char *, text_deletep, TessDeleteText)
DEFINE_CLEANUP_NAMED(TessResultIterator *, iterator_deletep, TessResultIteratorDelete)
DEFINE_CLEANUP_NAMED(TessPageIterator *, layout_deletep, TessPageIteratorDelete)

static bool is_text_block(TessPolyBlockType type)
{
    switch (type) {
    case PT_FLOWING_IMAGE:
    case PT_HEADING_IMAGE:
    case PT_PULLOUT_IMAGE:
    case PT_HORZ_LINE:
    case PT_VERT_LINE:
    case PT_NOISE:
        return false;
    default:
        return true;
    }
}

static struct bbox element_box(const TessPageIterator *at, TessPageIteratorLevel level)
{
    struct bbox box = {0};

    (void)TessPageIteratorBoundingBox(at, level, &box.x0, &box.y0, &box.x1, &box.y1);
    return box;
}

static text_direction line_direction(const TessPageIterator *at)
{
    TessOrientation orientation;
    TessWritingDirection writing;
    TessTextlineOrder order;
    float deskew_angle;

    TessPageIteratorOrientation((TessPageIterator *)at, &orientation, &writing, &order,
                                &deskew_angle);
    switch (writing) {
    case WRITING_DIRECTION_RIGHT_TO_LEFT:
        return DIRECTION_RIGHT_TO_LEFT;
    case WRITING_DIRECTION_TOP_TO_BOTTOM:
        return DIRECTION_TOP_TO_BOTTOM;
    default:
        return DIRECTION_LEFT_TO_RIGHT;
    }
}

static status_code begin_line(const TessPageIterator *at, struct page *page, struct block *block,
                              struct line **ret_line, struct status *st)
{
    struct line *line = block_add_line(page, block);
    int x0, y0, x1, y1;

    if (line == NULL)
        return FAIL_PAGE_TEXT(st);
    line->direction = line_direction(at);
    if (TessPageIteratorBaseline(at, RIL_TEXTLINE, &x0, &y0, &x1, &y1) && x1 > x0) {
        line->baseline[0] = (float)x0;
        line->baseline[1] = (float)y0;
        line->baseline[2] = (float)x1;
        line->baseline[3] = (float)y1;
    }
    *ret_line = line;
    return STATUS_OK;
}

/* In pixels; 0: unknown. Tesseract takes 70 dpi where an image has none. */
static float font_size(const TessResultIterator *results, float dpi)
{
    const float dpi_unknown = 70;
    BOOL is_bold, is_italic, is_underlined, is_monospace, is_serif, is_small_caps;
    int points = 0, font_id;

    (void)TessResultIteratorWordFontAttributes(results, &is_bold, &is_italic, &is_underlined,
                                               &is_monospace, &is_serif, &is_small_caps, &points,
                                               &font_id);
    return (float)points * (dpi > 0 ? dpi : dpi_unknown) / 72;
}

/* Quarters clockwise that make a word upright. Tesseract takes all lines that run downwards for
 * vertical writing; but scripts that are not written so lie on their side. */
static uint32_t turns_to_upright(const struct line *line)
{
    const struct word *word = line->word_count > 0 ? &line->words[line->word_count - 1] : NULL;

    return line->direction == DIRECTION_TOP_TO_BOTTOM && word != NULL &&
                   !normalize_is_unspaced(utf8_first(word->text))
               ? 3
               : 0;
}

/* Pixels across the line of its tallest word (of a line that runs down: its widest). */
static int32_t line_extent(const struct line *line)
{
    int32_t most = 0;

    for (size_t i = 0; i < line->word_count; i++) {
        struct bbox box = line->words[i].bbox;
        int32_t extent =
            line->direction == DIRECTION_TOP_TO_BOTTOM ? box.x1 - box.x0 : box.y1 - box.y0;
        if (extent > most)
            most = extent;
    }
    return most;
}

/* Tesseract parts words of unspaced scripts as well; only a gap that a reader sees is a space
 * there: among ideographs wider than what full stops leave behind them. */
static bool stands_close(const struct line *line, const struct word *previous,
                         const struct word *word)
{
    enum { IDEOGRAPHS_FROM = 0x2e80 };
    uint32_t before = utf8_last(previous->text), after = utf8_first(word->text);
    float gap_of_extent = after >= IDEOGRAPHS_FROM ? 1.2f : 0.35f;
    int32_t gap = line->direction == DIRECTION_TOP_TO_BOTTOM ? word->bbox.y0 - previous->bbox.y1
                                                             : word->bbox.x0 - previous->bbox.x1;

    return normalize_is_unspaced(before) && normalize_is_unspaced(after) &&
           (float)gap < gap_of_extent * (float)line_extent(line);
}

/* Whether the engine itself sets no space between two words of a line: its models of Korean, Thai,
 * Chinese and Japanese part text where there is none, and then say so in the line alone.
 *
 * @rest: what of the line's text comes after the word before; moved behind this word. */
static bool is_joined(const char **rest, const char *word)
{
    const char *at = strstr(*rest, word);
    bool is_first = at == *rest;

    if (at != NULL)
        *rest = at + strlen(word);
    return is_first;
}

static status_code add_word(TessResultIterator *results, const TessPageIterator *at,
                            struct page *page, struct line *line, const char **rest,
                            struct status *st)
{
    _cleanup_(text_deletep) char *text = TessResultIteratorGetUTF8Text(results, RIL_WORD);

    if (text == NULL)
        return STATUS_OK;
    struct word *word = line_add_word(page, line);
    if (word == NULL)
        return FAIL_PAGE_TEXT(st);
    word->text = normalize_text(str_of(text), page->arena);
    if (word->text == NULL)
        return FAIL_PAGE_TEXT(st);
    word->bbox = element_box(at, RIL_WORD);
    word->confidence = TessResultIteratorConfidence(results, RIL_WORD) / 100;
    word->confidence_kind = CONFIDENCE_TESSERACT;
    bool is_part = is_joined(rest, text);
    if (line->word_count > 1)
        word[-1].no_space_after = is_part || stands_close(line, &word[-1], word);
    return STATUS_OK;
}

/*
 * In which order words come. Tesseract's result iterator goes as the text reads, for which it looks
 * anew for the line's begin, from that of the page, several times a word. Only text from right to
 * left needs that; all else reads as it lies, which is how the page iterator goes that the result
 * iterator is made from (ccmain/pageiterator.h).
 */
struct order {
    BOOL (*next)(TessPageIterator *at, TessPageIteratorLevel level);
    BOOL (*is_at_beginning)(const TessPageIterator *at, TessPageIteratorLevel level);
};

/* tesseract::PageIterator::Begin(), Next() and IsAtBeginningOf(), of the very class. */
void page_iterator_begin(TessPageIterator *at) __asm__("_ZN9tesseract12PageIterator5BeginEv");
bool page_iterator_next(TessPageIterator *at, TessPageIteratorLevel level) __asm__(
    "_ZN9tesseract12PageIterator4NextENS_17PageIteratorLevelE");
bool page_iterator_is_at_beginning(const TessPageIterator *at, TessPageIteratorLevel level) __asm__(
    "_ZNK9tesseract12PageIterator15IsAtBeginningOfENS_17PageIteratorLevelE");

static BOOL next_as_it_lies(TessPageIterator *at, TessPageIteratorLevel level)
{
    return page_iterator_next(at, level);
}

static BOOL is_at_beginning_as_it_lies(const TessPageIterator *at, TessPageIteratorLevel level)
{
    return page_iterator_is_at_beginning(at, level);
}

static const struct order as_it_lies = {next_as_it_lies, is_at_beginning_as_it_lies};
static const struct order as_it_reads = {TessPageIteratorNext, TessPageIteratorIsAtBeginningOf};

static bool has_right_to_left(const char *text)
{
    for (int32_t at = 0; text[at] != '\0';) {
        UChar32 character;
        U8_NEXT(text, at, -1, character);
        UCharDirection direction = u_charDirection(character);
        if (direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC)
            return true;
    }
    return false;
}

/* They tell which way a line goes that has words of both directions. In the worker they are left
 * out until they are asked for: shortcuts.c. */
static void find_paragraphs(TessBaseAPI *api)
{
    void (*detect)(TessBaseAPI *, bool is_recognized);
    void *found = dlsym(RTLD_NEXT, "_ZN9tesseract11TessBaseAPI16DetectParagraphsEb");

    if (found == NULL)
        return;
    memcpy(&detect, &found, sizeof(detect));
    detect(api, true);
}

/* Stops where the order does not do; then *ret_is_done is false.
 * @sets_spaces: by the models at work, as is_joined() says. */
static status_code collect(TessResultIterator *results, const struct order *order, bool sets_spaces,
                           float dpi, struct page *page, uint32_t words_by_turns[static 4],
                           bool *ret_is_done, struct status *st)
{
    TessPageIterator *at = TessResultIteratorGetPageIterator(results);
    struct block *block = NULL;
    struct line *line = NULL;
    _cleanup_(text_deletep) char *line_text = NULL;
    const char *rest = "";

    do {
        if (!is_text_block(TessPageIteratorBlockType(at)))
            continue;
        /* Its blocks are columns and the like; its paragraphs often part at the first line, so that
         * layout.h finds them anew. */
        if (block == NULL || order->is_at_beginning(at, RIL_BLOCK)) {
            block = page_add_block(page);
            line = NULL;
            if (block == NULL)
                return FAIL_PAGE_TEXT(st);
        }
        if (line == NULL || order->is_at_beginning(at, RIL_TEXTLINE)) {
            TRY(begin_line(at, page, block, &line, st));
            text_deletep(&line_text);
            if (sets_spaces)
                line_text = TessResultIteratorGetUTF8Text(results, RIL_TEXTLINE);
            rest = line_text != NULL ? line_text : "";
        }
        TRY(add_word(results, at, page, line, &rest, st));
        if (line->word_count == 1)
            line->size = font_size(results, dpi);
        if (order == &as_it_lies && line->word_count > 0 &&
            has_right_to_left(line->words[line->word_count - 1].text)) {
            *ret_is_done = false;
            return STATUS_OK;
        }
        words_by_turns[turns_to_upright(line)]++;
    } while (order->next(at, RIL_WORD));
    *ret_is_done = true;
    return STATUS_OK;
}

status_code results_collect(TessBaseAPI *api, float dpi, struct page *page,
                            uint32_t *ret_quarter_turns, struct status *st)
{
    _cleanup_(iterator_deletep) TessResultIterator *results = TessBaseAPIGetIterator(api);
    uint32_t words_by_turns[4] = {0};
    size_t block_count = page->block_count;
    uint32_t most = 0;
    BOOL sets_spaces = false;
    bool is_done;

    (void)TessBaseAPIGetBoolVariable(api, "preserve_interword_spaces", &sets_spaces);
    *ret_quarter_turns = 0;
    if (results == NULL) /* a page without text */
        return STATUS_OK;
    /* It stands where the first line is begun to read: at its right end, perhaps. */
    page_iterator_begin(TessResultIteratorGetPageIterator(results));
    TRY(collect(results, &as_it_lies, sets_spaces, dpi, page, words_by_turns, &is_done, st));
    if (!is_done) {
        find_paragraphs(api);
        page->block_count = block_count;
        memset(words_by_turns, 0, sizeof(words_by_turns));
        TessPageIteratorBegin(TessResultIteratorGetPageIterator(results));
        TRY(collect(results, &as_it_reads, sets_spaces, dpi, page, words_by_turns, &is_done, st));
    }
    for (uint32_t turns = 1; turns < ARRAY_LENGTH(words_by_turns); turns++)
        if (words_by_turns[turns] > words_by_turns[most])
            most = turns;
    *ret_quarter_turns = most;
    return STATUS_OK;
}

static bool is_han(TessResultIterator *results)
{
    _cleanup_(text_deletep) char *symbol = TessResultIteratorGetUTF8Text(results, RIL_SYMBOL);

    return symbol != NULL && normalize_count_han(symbol) > 0;
}

status_code results_sum_up(TessBaseAPI *api, struct arena *arena, struct engine_trial *ret,
                           struct status *st)
{
    _cleanup_(iterator_deletep) TessResultIterator *results = TessBaseAPIGetIterator(api);
    _cleanup_(text_deletep) char *text = TessBaseAPIGetUTF8Text(api);
    float sum = 0, han_sum = 0;

    *ret = (struct engine_trial){.text = normalize_text(str_of(text != NULL ? text : ""), arena)};
    if (ret->text == NULL)
        return FAIL_PAGE_TEXT(st);
    if (results == NULL)
        return STATUS_OK;
    do {
        float confidence = fmaxf(TessResultIteratorConfidence(results, RIL_SYMBOL) / 100, 0);
        sum += confidence;
        ret->characters++;
        if (is_han(results)) {
            han_sum += confidence;
            ret->han_characters++;
        }
    } while (TessResultIteratorNext(results, RIL_SYMBOL));
    ret->certainty = sum / (float)ret->characters;
    ret->han_certainty = ret->han_characters > 0 ? han_sum / (float)ret->han_characters : 0;
    return STATUS_OK;
}

size_t results_find_lines(TessBaseAPI *api, size_t max, struct bbox *ret_boxes)
{
    _cleanup_(layout_deletep) TessPageIterator *at = TessBaseAPIAnalyseLayout(api);
    size_t count = 0;

    if (at == NULL) /* a page without text */
        return 0;
    do {
        if (count < max && is_text_block(TessPageIteratorBlockType(at)))
            ret_boxes[count++] = element_box(at, RIL_TEXTLINE);
    } while (TessPageIteratorNext(at, RIL_TEXTLINE));
    return count;
}
