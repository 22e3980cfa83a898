#include "services/chat/model/claim_unit.h"

#include <string.h>

#include "services/chat/model/claim_roles.h"
#include "services/chat/model/claim_words.h"

enum { COLUMNS_MAX = 32 }; /* as bits */

static const struct word *find_word(const struct word *words, size_t count,
                                    const struct word *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (claim_same_word(&words[i], wanted))
            return &words[i];
    return NULL;
}

/* Which cell of a row, from 0, a byte of it is in. */
static int column_at(struct str row, size_t at)
{
    int column = 0;

    for (size_t i = 0; i < at && i < row.n; i++)
        column += row.p[i] == '\t';
    return column;
}

static int column_count(struct str row)
{
    return column_at(row, row.n) + 1;
}

/* What was found of a part, and where. */
struct finding {
    size_t first_byte, last_byte; /* of the passage's text */
    size_t plain_count;           /* words found in the unit that are no numbers */
    size_t found_count;           /* words found in the unit */
    uint32_t columns;             /* bits: of a row, those of words found in it */
    uint32_t header_columns;      /* of words that the table's header has alone */
};

static bool find_in_header(const struct given_passage *passage, struct str row,
                           const struct word *word, struct finding *finding)
{
    const char *context = passage->passage->context.p;
    size_t start = (size_t)(passage->header.p - context);

    if (passage->header.n == 0 || column_count(passage->header) != column_count(row))
        return false;
    for (size_t i = 0; i < passage->context_word_count; i++) {
        const struct word *head = &passage->context_words[i];
        if (head->offset < start || !claim_same_word(head, word))
            continue;
        int column = column_at(passage->header, head->offset - start);
        if (column >= COLUMNS_MAX)
            return false;
        finding->header_columns |= UINT32_C(1) << column;
        return true;
    }
    return false;
}

/* Whether a heading has it, or the head of the table. */
static bool is_above(const struct given_passage *passage, const struct given_unit *unit,
                     const struct word *word)
{
    size_t count = 0;

    while (count < passage->heading_word_count &&
           passage->heading_words[count].offset < unit->offset)
        count++;
    return find_word(passage->heading_words, count, word) != NULL ||
           find_word(passage->context_words, passage->context_word_count, word) != NULL;
}

static bool find_item(const struct given_passage *passage, const struct given_unit *unit,
                      const struct word *word, struct finding *finding)
{
    const struct word *found = find_word(unit->words, unit->word_count, word);
    struct str row = {passage->passage->text.p + unit->offset, unit->length};

    if (found == NULL) {
        if (unit->is_row && find_in_header(passage, row, word, finding))
            return true;
        return word->kind != WORD_NUMBER && is_above(passage, unit, word);
    }
    size_t end = found->offset + found->length;
    int column = unit->is_row ? column_at(row, found->offset - unit->offset) : 0;
    finding->columns |= column < COLUMNS_MAX ? UINT32_C(1) << column : 0;
    finding->first_byte = found->offset < finding->first_byte ? found->offset : finding->first_byte;
    finding->last_byte = end > finding->last_byte ? end : finding->last_byte;
    finding->plain_count += word->kind != WORD_NUMBER;
    finding->found_count++;
    return true;
}

static bool turns_agree(const struct claim_part *part, const struct given_unit *unit)
{
    uint32_t said = claim_words_turns(part->words, part->word_count);
    uint32_t stands = claim_words_turns(unit->words, unit->word_count);

    return (said & ~stands) == 0 && ((said ^ stands) & TURNS_MUTUAL) == 0;
}

/* Of a row, the cell that has all that was found. */
static void narrow_to_cell(struct str text, const struct finding *finding,
                           struct claim_ground *ground)
{
    size_t start = finding->first_byte, end = finding->last_byte;

    if (memchr(text.p + start, '\t', end - start) != NULL)
        return;
    while (start > ground->offset && text.p[start - 1] != '\t')
        start--;
    while (end < ground->offset + ground->length && text.p[end] != '\t')
        end++;
    struct str cell = str_trim((struct str){text.p + start, end - start});
    ground->offset = (uint32_t)(cell.p - text.p);
    ground->length = (uint32_t)cell.n;
}

/* Whether the unit's words stand as the part's do. */
static bool is_told(const struct claim_part *part, const struct given_passage *passage,
                    const struct given_unit *unit)
{
    const struct str text = passage->passage->text;
    const struct told_text claim = {part->claim, part->words, part->word_count};
    const struct told_text stands = {text, unit->words, unit->word_count};
    struct word_pair pairs[CLAIM_ITEMS_MAX];
    size_t pair_count;

    return claim_order_agrees(part->claim, part->items, part->item_count, text, unit, pairs,
                              &pair_count) &&
           claim_roles_agree(&claim, &stands, pairs, pair_count, passage->passage->language);
}

bool claim_unit_bears_out(const struct claim_part *part, const struct given_passage *passage,
                          const struct given_unit *unit, struct claim_ground *ret_ground)
{
    struct finding finding = {.first_byte = SIZE_MAX};
    struct str text = passage->passage->text;

    for (size_t i = 0; i < part->item_count; i++)
        if (!find_item(passage, unit, part->items[i], &finding))
            return false;
    if (finding.found_count == 0 || (unit->has_plain && finding.plain_count == 0) ||
        (finding.header_columns & ~finding.columns) != 0 || !turns_agree(part, unit))
        return false;
    struct str signs = unit->is_row && passage->passage->context.n > 0 ? passage->passage->context
                                                                       : (struct str){0};
    if (!claim_signs_stand_in(part->text, (struct str){text.p + unit->offset, unit->length}, signs))
        return false;
    *ret_ground =
        (struct claim_ground){passage, unit->offset, unit->length, is_told(part, passage, unit)};
    if (ret_ground->is_told && unit->is_row && finding.header_columns == 0)
        narrow_to_cell(text, &finding, ret_ground);
    return true;
}
