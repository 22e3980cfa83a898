#include "services/ocr/worker/table_pieces.h"

#include <stdlib.h>

#include "lib/base/ascii.h"
#include "services/ocr/worker/layout_box.h"
#include "services/ocr/worker/table_columns.h"

bool table_piece_is_numeric(const struct table_piece *piece)
{
    size_t digits = 0, letters = 0;

    for (size_t w = 0; w < piece->word_count; w++)
        for (const char *c = piece->line->words[piece->first_word + w].text; *c != '\0'; c++) {
            digits += ascii_is_digit(*c);
            letters += ascii_is_letter(*c) || (unsigned char)*c >= 0x80;
        }
    return digits > 0 && digits >= letters;
}

bool table_piece_goes_on(const struct table_piece *piece)
{
    char c = piece->line->words[piece->first_word].text[0];

    return c >= 'a' && c <= 'z';
}

int table_piece_compare_middle(const void *a, const void *b)
{
    const struct table_piece *x = *(const struct table_piece *const *)a,
                             *y = *(const struct table_piece *const *)b;

    return layout_compare_middle(x->bbox, y->bbox);
}

/* Room between neighbours of a line, which may run either way. */
static int32_t gap_between(struct bbox a, struct bbox b)
{
    return b.x0 >= a.x0 ? b.x0 - a.x1 : a.x0 - b.x1;
}

/* True when a ruling line stands between both words. */
static bool is_ruled_off(struct bbox a, struct bbox b, const struct table_rules *rules,
                         int32_t slack)
{
    int32_t from = (b.x0 >= a.x0 ? a.x1 : b.x1) - slack, to = (b.x0 >= a.x0 ? b.x0 : a.x0) + slack;
    int32_t middle = layout_middle_height(a);

    for (size_t i = 0; i < rules->down_count; i++)
        if (rules->down[i].at > from && rules->down[i].at < to && rules->down[i].from <= middle &&
            rules->down[i].to >= middle)
            return true;
    return false;
}

/* Height of the line's usual word: one of its own, for headings have wider spaces. */
static int32_t height_of(const struct line *line, int32_t text_height)
{
    int32_t height = line->bbox.y1 - line->bbox.y0;

    return height > text_height ? height : text_height;
}

/* A ruling line that was taken for a character. */
static bool is_bar(const struct word *word)
{
    for (const char *c = word->text; *c != '\0'; c++)
        if (*c != '|')
            return false;
    return true;
}

/* Cuts a line where words are further apart than `gap_max`, and at ruling lines. */
static size_t cut_line(const struct line *line, const struct table_rules *rules, int32_t gap_max,
                       int32_t slack, struct table_piece *pieces)
{
    bool is_vertical = line->direction == DIRECTION_TOP_TO_BOTTOM;
    size_t count = 0;

    for (size_t w = 0; w < line->word_count; w++) {
        struct bbox box = line->words[w].bbox;
        bool bar = !is_vertical && is_bar(&line->words[w]);
        struct bbox before = w > 0 ? line->words[w - 1].bbox : box;
        bool is_new = w == 0 || bar || pieces[count - 1].is_bar ||
                      (!is_vertical && (gap_between(before, box) > gap_max ||
                                        is_ruled_off(before, box, rules, slack)));
        if (is_new)
            pieces[count++] = (struct table_piece){.line = line,
                                                   .first_word = w,
                                                   .bbox = box,
                                                   .is_running = is_vertical,
                                                   .is_bar = bar,
                                                   .table = -1};
        struct table_piece *piece = &pieces[count - 1];
        piece->word_count++;
        piece->bbox = bbox_union(piece->bbox, box);
    }
    return count;
}

static int32_t width_of(const struct table_piece *piece)
{
    return piece->bbox.x1 - piece->bbox.x0;
}

/* A line that runs on: each of its pieces is long, and so are those of the line beside it. */
static bool all_long(const struct table_piece *pieces, size_t count, int32_t width)
{
    for (size_t i = 0; i < count; i++)
        if (width_of(&pieces[i]) < width)
            return false;
    return count > 0;
}

static bool begin_alike(const struct table_piece *a, const struct table_piece *b, int32_t slack)
{
    return abs(a->bbox.x0 - b->bbox.x0) <= slack || abs(a->bbox.x1 - b->bbox.x1) <= slack;
}

/* Marks the running text of one block. @starts: of its lines' pieces, and where the last ends. */
static void mark_running(struct table_piece *pieces, const size_t *starts, size_t line_count,
                         int32_t text_height)
{
    enum { HALF_LONG = TABLE_LONG_PIECE / 2, SLACK = 3 };

    for (size_t l = 0; l < line_count; l++) {
        struct table_piece *first = &pieces[starts[l]];
        size_t count = starts[l + 1] - starts[l];
        if (!all_long(first, count, TABLE_LONG_PIECE * text_height))
            continue;
        for (size_t side = 0; side < 2; side++) {
            size_t other = side == 0 ? l - 1 : l + 1; /* l - 1 wraps around for the first line */
            if (other >= line_count)
                continue;
            struct table_piece *beside = &pieces[starts[other]];
            size_t beside_count = starts[other + 1] - starts[other];
            if (beside_count != count || !all_long(beside, beside_count, HALF_LONG * text_height) ||
                !begin_alike(first, beside, SLACK * text_height))
                continue;
            for (size_t i = 0; i < count; i++)
                first[i].is_running = true;
        }
    }
    /* The last line of a paragraph is short. */
    for (size_t l = 1; l < line_count; l++) {
        struct table_piece *before = &pieces[starts[l - 1]], *piece = &pieces[starts[l]];
        if (starts[l + 1] - starts[l] == 1 && before->is_running && !piece->is_running &&
            starts[l] - starts[l - 1] == 1 &&
            abs(piece->bbox.x0 - before->bbox.x0) <= text_height &&
            piece->bbox.y0 - before->bbox.y1 < text_height)
            piece->is_running = true;
    }
}

/* Room for the work on one block at a time. */
struct cutting {
    const struct table_rules *rules;
    int32_t text_height;
    struct table_piece *scratch;
    size_t *starts;
};

/* Pieces of a block: running text is parted by wide gaps alone, the rest by narrow ones too. */
static size_t cut_block(const struct cutting *cutting, const struct block *block,
                        struct table_piece *pieces)
{
    const float wide = 1.1f, narrow = 0.75f; /* times the height of text */
    int32_t slack = cutting->text_height / 4;
    size_t found = 0, count = 0;

    for (size_t l = 0; l < block->line_count; l++) {
        const struct line *line = &block->lines[l];
        int32_t gap_max = (int32_t)(wide * (float)height_of(line, cutting->text_height));
        cutting->starts[l] = found;
        found += cut_line(line, cutting->rules, gap_max, slack, cutting->scratch + found);
    }
    cutting->starts[block->line_count] = found;
    mark_running(cutting->scratch, cutting->starts, block->line_count, cutting->text_height);
    for (size_t l = 0; l < block->line_count; l++) {
        const struct line *line = &block->lines[l];
        bool is_running = cutting->scratch[cutting->starts[l]].is_running;
        int32_t gap_max =
            (int32_t)((is_running ? wide : narrow) * (float)height_of(line, cutting->text_height));
        size_t added = cut_line(line, cutting->rules, gap_max, slack, pieces + count);
        for (size_t i = 0; i < added; i++) {
            pieces[count].is_in_figure = block->kind == BLOCK_FIGURE;
            pieces[count++].is_running = is_running;
        }
    }
    return count;
}

bool table_pieces_make(const struct page *page, const struct table_rules *rules,
                       int32_t text_height, struct arena *arena, struct table_piece **ret_pieces,
                       size_t *ret_count)
{
    size_t words = 0, lines_max = 0, count = 0;

    for (size_t b = 0; b < page->block_count; b++) {
        const struct block *block = &page->blocks[b];
        lines_max = block->line_count > lines_max ? block->line_count : lines_max;
        for (size_t l = 0; l < block->line_count; l++)
            words += block->lines[l].word_count;
    }
    struct table_piece *pieces = ARENA_NEW_ARRAY(arena, struct table_piece, words + 1);
    const struct cutting cutting = {
        .rules = rules,
        .text_height = text_height,
        .scratch = ARENA_NEW_ARRAY(arena, struct table_piece, words + 1),
        .starts = ARENA_NEW_ARRAY(arena, size_t, lines_max + 1),
    };
    if (pieces == NULL || cutting.scratch == NULL || cutting.starts == NULL)
        return false;
    for (size_t b = 0; b < page->block_count; b++)
        count += cut_block(&cutting, &page->blocks[b], pieces + count);
    *ret_pieces = pieces;
    *ret_count = count;
    return true;
}
