#include "services/ocr/worker/block_text.h"

#include <string.h>

#include "lib/base/ascii.h"

size_t block_text_count_words(const struct block *block)
{
    size_t words = 0;

    for (size_t l = 0; l < block->line_count; l++)
        for (size_t w = 0; w < block->lines[l].word_count; w++)
            words += !block->lines[l].words[w].no_space_after;
    return words;
}

size_t block_text_count_letters(const struct block *block)
{
    size_t letters = 0;

    for (size_t l = 0; l < block->line_count; l++)
        for (size_t w = 0; w < block->lines[l].word_count; w++)
            for (const char *c = block->lines[l].words[w].text; *c != '\0'; c++)
                letters += (unsigned char)*c >= 0x80 || ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z');
    return letters;
}

const char *block_text_first_word(const struct block *block)
{
    return block->lines[0].words[0].text;
}

static const char *last_word(const struct block *block)
{
    const struct line *last = &block->lines[block->line_count - 1];

    return last->words[last->word_count - 1].text;
}

bool block_text_ends_as_text(const struct block *block)
{
    const char *word = last_word(block);
    size_t length = strlen(word);

    return length > 0 && strchr(".,;:-!", word[length - 1]) != NULL;
}

uint32_t block_text_section_depth(const char *text)
{
    const char *at = text;
    uint32_t depth = 0;
    size_t roman = strspn(text, "IVXLC");

    if ((roman > 0 || (*text >= 'A' && *text <= 'H')) && text[roman > 0 ? roman : 1] == '.' &&
        text[(roman > 0 ? roman : 1) + 1] == '\0')
        return 1;
    while (ascii_is_digit(*at)) {
        size_t digits = strspn(at, "0123456789");
        if (digits > 2)
            return 0;
        depth++;
        at += digits;
        if (*at == '.')
            at++;
        else
            break;
    }
    return *at == '\0' ? depth : 0;
}

bool block_text_is_capitals(const struct block *block)
{
    enum { CAPITALS_MIN = 6 };
    size_t capitals = 0, small = 0;

    for (size_t l = 0; l < block->line_count; l++)
        for (size_t w = 0; w < block->lines[l].word_count; w++)
            for (const char *c = block->lines[l].words[w].text; *c != '\0'; c++) {
                capitals += *c >= 'A' && *c <= 'Z';
                small += (*c >= 'a' && *c <= 'z') || (unsigned char)*c >= 0x80;
            }
    return capitals > 6 * small && capitals >= CAPITALS_MIN;
}

bool block_text_begins_as_caption(const struct block *block)
{
    static const char *const words[] = {
        "Figure", "Fig.",    "FIG.",    "FIGURE", "Table", "TABLE",  "Tab.",  "Abbildung",
        "Abb.",   "Tabelle", "Tableau", "Figura", "Tabla", "Tabela", "Рис.",  "Рисунок",
        "Табл.",  "Таблица", "图",      "表",     "図",    "Plate",  "Chart", "Photo",
    };
    const struct line *line = &block->lines[0];

    if (line->word_count < 2)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (strcmp(line->words[0].text, words[i]) == 0)
            return ascii_is_digit(line->words[1].text[0]) || strspn(line->words[1].text, "IVX") > 0;
    return false;
}

/* Signs that formulas have and sentences do not. */
static bool has_operator(const char *word)
{
    static const char *const signs[] = {"=", "∑", "∫", "∏", "→", "≤", "≥", "≈", "≠", "∝", "∂", "√"};
    size_t length = strlen(word);

    if (length > 1 && strspn(word, "=") == length) /* a rule of signs */
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++)
        if (strstr(word, signs[i]) != NULL)
            return true;
    return false;
}

/* Four letters in a row: formulas have names of functions, and few. */
static bool is_plain_word(const char *word)
{
    enum { LETTERS_MIN = 4 };
    size_t letters = 0;

    for (; *word != '\0' && letters < LETTERS_MIN; word++)
        letters = (*word | 0x20) >= 'a' && (*word | 0x20) <= 'z' ? letters + 1 : 0;
    return letters == LETTERS_MIN;
}

bool block_text_is_formula(const struct block *block)
{
    enum { LINES_MAX = 4, PLAIN_SHARE = 6 /* one word of so many */ };
    size_t operators = 0, plain = 0, words = 0;

    if (block->line_count > LINES_MAX)
        return false;
    for (size_t l = 0; l < block->line_count; l++)
        for (size_t w = 0; w < block->lines[l].word_count; w++) {
            operators += has_operator(block->lines[l].words[w].text);
            plain += is_plain_word(block->lines[l].words[w].text);
            words++;
        }
    return operators > 0 && plain * PLAIN_SHARE <= words;
}
