#include "services/ocr/worker/page_message.h"

typedef Ocrmesh__Document__V1__BoundingBox BoxMessage;
typedef Ocrmesh__Document__V1__Word WordMessage;
typedef Ocrmesh__Document__V1__Line LineMessage;
typedef Ocrmesh__Document__V1__Block BlockMessage;
typedef Ocrmesh__Document__V1__Page PageMessage;

/* protobuf-c wants char * where it only reads. */
static char *text_of(const char *text)
{
    return (char *)(text != NULL ? text : "");
}

static BoxMessage *box_to_message(struct bbox box, struct arena *arena)
{
    BoxMessage *message = ARENA_NEW(arena, BoxMessage);

    if (message == NULL)
        return NULL;
    ocrmesh__document__v1__bounding_box__init(message);
    message->x0 = box.x0;
    message->y0 = box.y0;
    message->x1 = box.x1;
    message->y1 = box.y1;
    return message;
}

static WordMessage *word_to_message(const struct word *word, struct arena *arena)
{
    WordMessage *message = ARENA_NEW(arena, WordMessage);

    if (message == NULL)
        return NULL;
    ocrmesh__document__v1__word__init(message);
    message->text = text_of(word->text);
    message->bbox = box_to_message(word->bbox, arena);
    message->confidence = word->confidence;
    message->no_space_after = word->no_space_after;
    return message->bbox != NULL ? message : NULL;
}

static bool set_baseline(LineMessage *message, const struct line *line, struct arena *arena)
{
    if (line->baseline[2] <= line->baseline[0])
        return true;
    message->baseline = ARENA_NEW(arena, Ocrmesh__Document__V1__Baseline);
    if (message->baseline == NULL)
        return false;
    ocrmesh__document__v1__baseline__init(message->baseline);
    message->baseline->x0 = line->baseline[0];
    message->baseline->y0 = line->baseline[1];
    message->baseline->x1 = line->baseline[2];
    message->baseline->y1 = line->baseline[3];
    return true;
}

static LineMessage *line_to_message(const struct line *line, struct arena *arena)
{
    LineMessage *message = ARENA_NEW(arena, LineMessage);

    if (message == NULL)
        return NULL;
    ocrmesh__document__v1__line__init(message);
    message->words = ARENA_NEW_ARRAY(arena, WordMessage *, line->word_count);
    message->bbox = box_to_message(line->bbox, arena);
    message->confidence = line->confidence;
    message->direction = (Ocrmesh__Document__V1__TextDirection)line->direction;
    if (message->words == NULL || message->bbox == NULL || !set_baseline(message, line, arena))
        return NULL;
    for (size_t i = 0; i < line->word_count; i++) {
        message->words[i] = word_to_message(&line->words[i], arena);
        if (message->words[i] == NULL)
            return NULL;
    }
    message->n_words = line->word_count;
    return message;
}

static Ocrmesh__Document__V1__TableCell *cell_to_message(const struct table_cell *cell,
                                                         struct arena *arena)
{
    Ocrmesh__Document__V1__TableCell *message = ARENA_NEW(arena, Ocrmesh__Document__V1__TableCell);

    if (message == NULL)
        return NULL;
    ocrmesh__document__v1__table_cell__init(message);
    message->row = cell->row;
    message->column = cell->column;
    message->row_span = cell->row_span;
    message->column_span = cell->column_span;
    message->is_header = cell->is_header;
    message->text = text_of(cell->text);
    message->confidence = cell->confidence;
    message->bbox = box_to_message(cell->bbox, arena);
    return message->bbox != NULL ? message : NULL;
}

/* False when the arena is full. */
static bool set_table(BlockMessage *block, const struct table *table, struct arena *arena)
{
    if (table == NULL)
        return true;
    Ocrmesh__Document__V1__Table *message = ARENA_NEW(arena, Ocrmesh__Document__V1__Table);
    if (message == NULL)
        return false;
    ocrmesh__document__v1__table__init(message);
    message->row_count = table->row_count;
    message->column_count = table->column_count;
    message->cells =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Document__V1__TableCell *, table->cell_count + 1);
    if (message->cells == NULL)
        return false;
    for (size_t i = 0; i < table->cell_count; i++) {
        message->cells[i] = cell_to_message(&table->cells[i], arena);
        if (message->cells[i] == NULL)
            return false;
    }
    message->n_cells = table->cell_count;
    block->table = message;
    return true;
}

static BlockMessage *block_to_message(const struct block *block, struct arena *arena)
{
    BlockMessage *message = ARENA_NEW(arena, BlockMessage);

    if (message == NULL)
        return NULL;
    ocrmesh__document__v1__block__init(message);
    message->kind = (Ocrmesh__Document__V1__BlockKind)block->kind;
    message->text = text_of(block->text);
    message->bbox = box_to_message(block->bbox, arena);
    message->confidence = block->confidence;
    message->level = block->level;
    message->direction = (Ocrmesh__Document__V1__TextDirection)block->direction;
    message->list_marker = text_of(block->list_marker);
    message->latex = text_of(block->latex);
    message->lines = ARENA_NEW_ARRAY(arena, LineMessage *, block->line_count);
    if (message->bbox == NULL || message->lines == NULL || !set_table(message, block->table, arena))
        return NULL;
    for (size_t i = 0; i < block->line_count; i++) {
        message->lines[i] = line_to_message(&block->lines[i], arena);
        if (message->lines[i] == NULL)
            return NULL;
    }
    message->n_lines = block->line_count;
    return message;
}

PageMessage *page_message_make(const struct page *page, struct arena *arena)
{
    PageMessage *message = ARENA_NEW(arena, PageMessage);

    if (message == NULL)
        return NULL;
    ocrmesh__document__v1__page__init(message);
    message->index = page->index;
    message->width = page->width;
    message->height = page->height;
    message->dpi = page->dpi;
    message->rotation = page->rotation;
    message->skew_degrees = page->skew_degrees;
    message->language = text_of(page->language);
    message->script = text_of(page->script);
    message->mean_confidence = page->mean_confidence;
    message->text_source = (Ocrmesh__Document__V1__TextSource)page->source;
    message->text = text_of(page->text);
    message->markdown = text_of(page->markdown);
    message->blocks = ARENA_NEW_ARRAY(arena, BlockMessage *, page->block_count);
    message->warnings = ARENA_NEW_ARRAY(arena, char *, page->warning_count);
    if (message->blocks == NULL || message->warnings == NULL)
        return NULL;
    for (size_t i = 0; i < page->block_count; i++) {
        message->blocks[i] = block_to_message(&page->blocks[i], arena);
        if (message->blocks[i] == NULL)
            return NULL;
    }
    message->n_blocks = page->block_count;
    for (size_t i = 0; i < page->warning_count; i++)
        message->warnings[i] = text_of(page->warnings[i]);
    message->n_warnings = page->warning_count;
    return message;
}
