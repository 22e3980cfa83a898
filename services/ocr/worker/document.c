#include "services/ocr/worker/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/base/utf8.h"
#include "services/ocr/worker/markdown.h"
#include "services/ocr/worker/normalize.h"

void page_begin(struct page *page, struct arena *arena)
{
    *page = (struct page){.arena = arena, .language = "und", .script = "", .models = ""};
}

/* Makes room for one more element: doubles the array in the arena, where the old one is left. */
static void *grow(struct arena *arena, void *elements, size_t count, size_t *capacity, size_t size)
{
    enum { FIRST_CAPACITY = 8 };

    if (count < *capacity)
        return elements;
    size_t doubled = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;
    void *larger = arena_calloc(arena, doubled, size);
    if (larger == NULL)
        return NULL;
    if (count > 0)
        memcpy(larger, elements, count * size);
    *capacity = doubled;
    return larger;
}

struct block *page_add_block(struct page *page)
{
    void *blocks = grow(page->arena, page->blocks, page->block_count, &page->block_capacity,
                        sizeof(struct block));

    if (blocks == NULL)
        return NULL;
    page->blocks = blocks;
    struct block *block = &page->blocks[page->block_count++];
    *block = (struct block){.kind = BLOCK_PARAGRAPH};
    return block;
}

bool page_copy_block(struct page *page, const struct block *block)
{
    struct block *copy = page_add_block(page);

    if (copy != NULL)
        *copy = *block;
    return copy != NULL;
}

const struct block *page_take_blocks(struct page *page, size_t *ret_count)
{
    const struct block *blocks = page->blocks;

    *ret_count = page->block_count;
    page->blocks = NULL;
    page->block_count = 0;
    page->block_capacity = 0;
    return blocks;
}

struct line *block_add_line(struct page *page, struct block *block)
{
    void *lines = grow(page->arena, block->lines, block->line_count, &block->line_capacity,
                       sizeof(struct line));

    if (lines == NULL)
        return NULL;
    block->lines = lines;
    struct line *line = &block->lines[block->line_count++];
    *line = (struct line){0};
    return line;
}

struct word *line_add_word(struct page *page, struct line *line)
{
    void *words =
        grow(page->arena, line->words, line->word_count, &line->word_capacity, sizeof(struct word));

    if (words == NULL)
        return NULL;
    line->words = words;
    struct word *word = &line->words[line->word_count++];
    *word = (struct word){0};
    return word;
}

void page_warn(struct page *page, const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length < 0 || page->warning_count >= PAGE_WARNINGS_MAX)
        return;
    const char *copy = arena_strdup(page->arena, text);
    if (copy != NULL)
        page->warnings[page->warning_count++] = copy;
}

int64_t bbox_area(struct bbox box)
{
    if (box.x1 <= box.x0 || box.y1 <= box.y0)
        return 0;
    return (int64_t)(box.x1 - box.x0) * (box.y1 - box.y0);
}

struct bbox bbox_union(struct bbox a, struct bbox b)
{
    if (bbox_area(a) == 0)
        return b;
    if (bbox_area(b) == 0)
        return a;
    return (struct bbox){
        .x0 = a.x0 < b.x0 ? a.x0 : b.x0,
        .y0 = a.y0 < b.y0 ? a.y0 : b.y0,
        .x1 = a.x1 > b.x1 ? a.x1 : b.x1,
        .y1 = a.y1 > b.y1 ? a.y1 : b.y1,
    };
}

struct bbox bbox_intersection(struct bbox a, struct bbox b)
{
    struct bbox box = {
        .x0 = a.x0 > b.x0 ? a.x0 : b.x0,
        .y0 = a.y0 > b.y0 ? a.y0 : b.y0,
        .x1 = a.x1 < b.x1 ? a.x1 : b.x1,
        .y1 = a.y1 < b.y1 ? a.y1 : b.y1,
    };

    return bbox_area(box) > 0 ? box : (struct bbox){0};
}

/* A mean that weighs each value by the characters it stands for. */
struct weighted {
    double sum;
    double weight;
};

static void weigh(struct weighted *mean, double value, size_t characters)
{
    mean->sum += value * (double)characters;
    mean->weight += (double)characters;
}

static float weighted_mean(const struct weighted *mean)
{
    return mean->weight > 0 ? (float)(mean->sum / mean->weight) : 0;
}

/* The engine's box, cut to the page and never empty. */
static struct bbox box_on_page(const struct page *page, struct bbox box)
{
    struct bbox whole = {0, 0, (int32_t)page->width, (int32_t)page->height};
    struct bbox cut = bbox_intersection(box, whole);

    if (bbox_area(cut) > 0)
        return cut;
    int32_t x = box.x0 < 0 ? 0 : box.x0 >= whole.x1 ? whole.x1 - 1 : box.x0;
    int32_t y = box.y0 < 0 ? 0 : box.y0 >= whole.y1 ? whole.y1 - 1 : box.y0;
    return (struct bbox){x, y, x + 1, y + 1};
}

static void finish_line(const struct page *page, struct line *line, struct weighted *block_mean)
{
    struct weighted mean = {0};
    size_t kept = 0;

    line->bbox = (struct bbox){0};
    for (size_t i = 0; i < line->word_count; i++) {
        struct word word = line->words[i];
        if (word.text == NULL || word.text[0] == '\0')
            continue;
        word.bbox = box_on_page(page, word.bbox);
        word.confidence = word.confidence < 0 ? 0 : word.confidence > 1 ? 1 : word.confidence;
        line->bbox = bbox_union(line->bbox, word.bbox);
        size_t characters = utf8_length(word.text);
        weigh(&mean, word.confidence, characters);
        weigh(block_mean, word.confidence, characters);
        line->words[kept++] = word;
    }
    line->word_count = kept;
    line->confidence = weighted_mean(&mean);
}

static bool append_line(struct buf *out, const struct line *line)
{
    for (size_t i = 0; i < line->word_count; i++) {
        if (!buf_append_str(out, line->words[i].text))
            return false;
        if (i + 1 < line->word_count && !line->words[i].no_space_after &&
            !buf_append_char(out, ' '))
            return false;
    }
    return true;
}

/* The direction of most of its lines. */
static text_direction block_direction(const struct block *block)
{
    size_t counts[DIRECTION_TOP_TO_BOTTOM + 1] = {0};
    text_direction most = DIRECTION_UNKNOWN;

    for (size_t i = 0; i < block->line_count; i++)
        if (++counts[block->lines[i].direction] > counts[most])
            most = block->lines[i].direction;
    return most;
}

static status_code fail_text(struct status *st)
{
    return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE",
                "the page's text is over the limit of %d MiB", PAGE_TEXT_MAX_BYTES >> 20);
}

/* Appends the lines, joined by `separator`. */
static bool append_lines(struct buf *out, const struct line *lines, size_t count,
                         const char *separator)
{
    for (size_t i = 0; i < count; i++)
        if ((i > 0 && !buf_append_str(out, separator)) || !append_line(out, &lines[i]))
            return false;
    return true;
}

static const char *text_of(struct arena *arena, struct buf *scratch)
{
    return arena_strndup(arena, buf_str(scratch).p, scratch->length);
}

/* Texts and boxes of cells. The block's lines are finished; none was left out. */
static bool finish_cells(struct page *page, struct block *block, struct buf *scratch)
{
    for (size_t c = 0; c < block->table->cell_count; c++) {
        struct table_cell *cell = &block->table->cells[c];
        const struct line *lines = &block->lines[cell->first_line];
        struct weighted mean = {0};
        buf_clear(scratch);
        if (!append_lines(scratch, lines, cell->line_count, "\n"))
            return false;
        cell->text = text_of(page->arena, scratch);
        if (cell->text == NULL)
            return false;
        cell->bbox = (struct bbox){0};
        for (size_t l = 0; l < cell->line_count; l++) {
            cell->bbox = bbox_union(cell->bbox, lines[l].bbox);
            for (size_t w = 0; w < lines[l].word_count; w++)
                weigh(&mean, lines[l].words[w].confidence, utf8_length(lines[l].words[w].text));
        }
        cell->confidence = weighted_mean(&mean);
    }
    return true;
}

/* Rows by "\n", cells by "\t", the lines of a cell by spaces. Empty cells are not skipped. */
static bool append_table(struct buf *out, const struct block *block)
{
    const struct table *table = block->table;
    uint32_t row = 0, column = 0;

    for (size_t c = 0; c < table->cell_count; c++) {
        const struct table_cell *cell = &table->cells[c];
        for (; row < cell->row; row++, column = 0)
            if (!buf_append_char(out, '\n'))
                return false;
        for (; column < cell->column; column++)
            if (!buf_append_char(out, '\t'))
                return false;
        if (!append_lines(out, &block->lines[cell->first_line], cell->line_count, " "))
            return false;
    }
    return true;
}

static status_code finish_block(struct page *page, struct block *block, struct buf *scratch,
                                struct weighted *page_mean, struct status *st)
{
    struct weighted mean = {0};
    size_t kept = 0;

    for (size_t i = 0; i < block->line_count; i++) {
        struct line line = block->lines[i];
        finish_line(page, &line, &mean);
        if (line.word_count == 0 && block->table == NULL)
            continue;
        block->bbox = bbox_union(block->bbox, line.bbox);
        block->lines[kept++] = line;
    }
    block->line_count = kept;
    block->confidence = weighted_mean(&mean);
    block->direction = block_direction(block);
    if (block->table != NULL && !finish_cells(page, block, scratch))
        return fail_text(st);
    buf_clear(scratch);
    if (block->table != NULL ? !append_table(scratch, block)
                             : !append_lines(scratch, block->lines, kept, "\n"))
        return fail_text(st);
    block->text = text_of(page->arena, scratch);
    if (block->text == NULL)
        return fail_text(st);
    page_mean->sum += mean.sum;
    page_mean->weight += mean.weight;
    return STATUS_OK;
}

static status_code finish_text(struct page *page, struct buf *scratch, struct status *st)
{
    buf_clear(scratch);
    for (size_t i = 0; i < page->block_count; i++) {
        const struct block *block = &page->blocks[i];
        if (block->text[0] == '\0')
            continue;
        if ((scratch->length > 0 && !buf_append_str(scratch, "\n\n")) ||
            !buf_append_str(scratch, block->text))
            return fail_text(st);
    }
    page->text = arena_strndup(page->arena, buf_str(scratch).p, scratch->length);

    buf_clear(scratch);
    if (page->text == NULL || !markdown_append_page(scratch, page))
        return fail_text(st);
    page->markdown = arena_strndup(page->arena, buf_str(scratch).p, scratch->length);
    return page->markdown != NULL ? STATUS_OK : fail_text(st);
}

status_code page_finish(struct page *page, struct status *st)
{
    _cleanup_(buf_deinit) struct buf scratch;
    struct weighted mean = {0};
    size_t kept = 0;

    buf_init(&scratch, PAGE_TEXT_MAX_BYTES);
    for (size_t i = 0; i < page->block_count; i++) {
        struct block block = page->blocks[i];
        TRY(finish_block(page, &block, &scratch, &mean, st));
        if (block.line_count > 0 || block.kind == BLOCK_FIGURE)
            page->blocks[kept++] = block;
    }
    page->block_count = kept;
    page->mean_confidence = weighted_mean(&mean);
    return finish_text(page, &scratch, st);
}
