#include "services/ocr/extract/rows.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/base/utf8.h"

enum {
    TOKENS_A_WORD_MAX = 16,
    /* A gap wider than so many times the height of the row parts segments: twice a wide space. */
    SEGMENT_GAP_PERCENT = 120,
};

static int32_t height_of(const struct extract_box *box)
{
    return box->y1 - box->y0;
}

/* Twice the middle, so that it stays a whole number. */
static int64_t middle_of(const struct extract_box *box)
{
    return (int64_t)box->y0 + box->y1;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_middle(const void *a, const void *b)
{
    const struct extract_word *left = a;
    const struct extract_word *right = b;
    int order = compare(middle_of(&left->box), middle_of(&right->box));

    return order != 0 ? order : compare(left->box.x0, right->box.x0);
}

static int by_left(const void *a, const void *b)
{
    const struct extract_word *left = a;
    const struct extract_word *right = b;
    int order = compare(left->box.x0, right->box.x0);

    return order != 0 ? order : compare(left->box.y0, right->box.y0);
}

struct extract_box extract_box_union(struct extract_box a, struct extract_box b)
{
    return (struct extract_box){
        .x0 = a.x0 < b.x0 ? a.x0 : b.x0,
        .y0 = a.y0 < b.y0 ? a.y0 : b.y0,
        .x1 = a.x1 > b.x1 ? a.x1 : b.x1,
        .y1 = a.y1 > b.y1 ? a.y1 : b.y1,
    };
}

/* --- tokens --- */

/* Latin letters of Latin-1 and the commonest of Latin Extended-A without their accents. */
static char unaccented(uint32_t character)
{
    static const char latin1[] =
        "aaaaaaaceeeeiiiidnooooo\0ouuuuytsaaaaaaaceeeeiiiidnooooo\0ouuuuyty";
    static const struct {
        uint32_t first;
        uint32_t last;
        char letter;
    } extended[] = {
        {0x100, 0x105, 'a'}, {0x106, 0x10D, 'c'}, {0x10E, 0x111, 'd'}, {0x112, 0x11B, 'e'},
        {0x11C, 0x123, 'g'}, {0x128, 0x131, 'i'}, {0x139, 0x142, 'l'}, {0x143, 0x148, 'n'},
        {0x14C, 0x153, 'o'}, {0x154, 0x159, 'r'}, {0x15A, 0x161, 's'}, {0x162, 0x167, 't'},
        {0x168, 0x173, 'u'}, {0x179, 0x17E, 'z'},
    };

    if (character >= 0xC0 && character <= 0xFF)
        return latin1[character - 0xC0];
    for (size_t i = 0; i < ARRAY_LENGTH(extended); i++)
        if (character >= extended[i].first && character <= extended[i].last)
            return extended[i].letter;
    return '\0';
}

static bool is_ascii_alnum(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Appends the character folded; false for what is no letter or digit. */
static bool fold(uint32_t character, const char *bytes, size_t length, char token[ROW_TOKEN_SIZE],
                 size_t *size)
{
    char folded = '\0';

    if (is_ascii_alnum(character))
        folded = (char)(character >= 'A' && character <= 'Z' ? character + 'a' - 'A' : character);
    else if (character >= 0x80)
        folded = unaccented(character);
    if (folded == '\0' && character < 0x180)
        return false;
    /* General punctuation and the marks around CJK text. */
    if ((character >= 0x2000 && character < 0x2C00) ||
        (character >= 0x3000 && character < 0x3040) || (character >= 0xFF00 && character < 0xFF10))
        return false;
    if (folded != '\0') {
        if (*size + 1 < ROW_TOKEN_SIZE)
            token[(*size)++] = folded;
    } else if (*size + length < ROW_TOKEN_SIZE) {
        memcpy(token + *size, bytes, length);
        *size += length;
    }
    return true;
}

static size_t add_tokens(const char *text, uint32_t word, struct row_token *tokens)
{
    size_t length = strlen(text);
    size_t count = 0;
    bool is_open = false;
    size_t size = 0;

    for (size_t i = 0; i < length;) {
        uint32_t character;
        bool is_valid;
        size_t used = utf8_decode(text + i, length - i, &character, &is_valid);
        char folded[ROW_TOKEN_SIZE];
        size_t folded_size = 0;
        bool is_part = fold(character, text + i, used, folded, &folded_size);
        if (character == '#') {
            (void)memcpy(folded, "no", 2);
            folded_size = 2;
        }
        if (!is_part)
            is_open = false;
        if (is_part || character == '#') {
            if (!is_open && count == TOKENS_A_WORD_MAX)
                return count;
            if (!is_open) {
                tokens[count++] = (struct row_token){.word = word, .begin = (uint32_t)i};
                size = 0;
            }
            is_open = is_part;
            if (size + folded_size < ROW_TOKEN_SIZE) {
                memcpy(tokens[count - 1].text + size, folded, folded_size);
                size += folded_size;
            }
            tokens[count - 1].end = (uint32_t)(i + used);
        }
        i += used;
    }
    return count;
}

static bool fill_row(struct row *row, struct arena *arena)
{
    uint32_t *segments = ARENA_NEW_ARRAY(arena, uint32_t, row->word_count);
    struct row_token *tokens =
        ARENA_NEW_ARRAY(arena, struct row_token, row->word_count * TOKENS_A_WORD_MAX);
    int64_t height = 0;

    if (segments == NULL || tokens == NULL)
        return false;
    for (size_t i = 0; i < row->word_count; i++)
        height += height_of(&row->words[i].box);
    height /= (int64_t)row->word_count;
    row->box = row_box(row, 0, row->word_count - 1);
    for (size_t i = 0; i < row->word_count; i++) {
        row->token_count += add_tokens(row->words[i].text, (uint32_t)i, tokens + row->token_count);
        if (i == 0)
            continue;
        int64_t gap = (int64_t)row->words[i].box.x0 - row->words[i - 1].box.x1;
        segments[i] = segments[i - 1] + (gap * 100 > height * SEGMENT_GAP_PERCENT);
    }
    row->segments = segments;
    row->tokens = tokens;
    return true;
}

/* --- rows --- */

/* Whether a word stands beside the words of a row, by at least half of the lower one's height. */
static bool is_beside(const struct extract_box *row, const struct extract_box *word)
{
    int32_t top = row->y0 > word->y0 ? row->y0 : word->y0;
    int32_t bottom = row->y1 < word->y1 ? row->y1 : word->y1;
    int32_t least = height_of(row) < height_of(word) ? height_of(row) : height_of(word);

    return (bottom - top) * 2 > least;
}

status_code rows_add_page(struct rows *rows, uint32_t page_index, struct extract_word *words,
                          size_t word_count, struct arena *arena, struct status *st)
{
    struct row *grown;
    size_t count = 0;

    if (word_count > ROWS_WORDS_MAX)
        word_count = ROWS_WORDS_MAX;
    if (word_count == 0)
        return STATUS_OK;
    grown = ARENA_NEW_ARRAY(arena, struct row, rows->count + word_count);
    if (grown == NULL)
        return FAIL_MEMORY(st);
    if (rows->count > 0)
        memcpy(grown, rows->rows, rows->count * sizeof(*grown));
    qsort(words, word_count, sizeof(*words), by_middle);
    for (size_t begin = 0, end; begin < word_count; begin = end) {
        /* The band is that of the first words: a row may climb, but not without end. */
        struct extract_box band = words[begin].box;
        for (end = begin + 1; end < word_count && is_beside(&band, &words[end].box); end++)
            if (height_of(&words[end].box) > height_of(&band) && end < begin + 3)
                band = words[end].box;
        struct row *row = &grown[rows->count + count++];
        qsort(words + begin, end - begin, sizeof(*words), by_left);
        *row = (struct row){
            .page_index = page_index, .words = words + begin, .word_count = end - begin};
        if (!fill_row(row, arena))
            return FAIL_MEMORY(st);
    }
    rows->rows = grown;
    rows->count += count;
    return STATUS_OK;
}

struct extract_box row_box(const struct row *row, size_t first, size_t last)
{
    struct extract_box box = row->words[first].box;

    for (size_t i = first + 1; i <= last; i++)
        box = extract_box_union(box, row->words[i].box);
    return box;
}

float row_confidence(const struct row *row, size_t first, size_t last)
{
    double sum = 0;
    double weights = 0;

    for (size_t i = first; i <= last; i++) {
        double weight = (double)strlen(row->words[i].text);
        sum += weight * (double)row->words[i].confidence;
        weights += weight;
    }
    return weights > 0 ? (float)(sum / weights) : 0;
}

const char *row_text(const struct row *row, size_t first, size_t offset, size_t last,
                     struct arena *arena)
{
    size_t size = 1;
    char *text;
    char *end;

    for (size_t i = first; i <= last; i++)
        size += strlen(row->words[i].text) + 1;
    text = end = arena_alloc(arena, size);
    if (text == NULL)
        return NULL;
    for (size_t i = first; i <= last; i++) {
        const char *word = row->words[i].text + (i == first ? offset : 0);
        size_t length = strlen(word);
        if (i > first)
            *end++ = ' ';
        memcpy(end, word, length);
        end += length;
    }
    *end = '\0';
    return text;
}

size_t row_segment_end(const struct row *row, size_t word)
{
    size_t end = word + 1;

    while (end < row->word_count && row->segments[end] == row->segments[word])
        end++;
    return end;
}
