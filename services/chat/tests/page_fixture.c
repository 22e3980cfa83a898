#include "services/chat/tests/page_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCKS_MAX = 64, CELLS_MAX = 4096 };

typedef Ocrmesh__Document__V1__Page page_message;
typedef Ocrmesh__Document__V1__Block block_message;
typedef Ocrmesh__Document__V1__Table table_message;
typedef Ocrmesh__Document__V1__TableCell cell_message;

page_message *fixture_page(struct arena *arena, uint32_t index, const char *language)
{
    page_message *page = ARENA_NEW(arena, page_message);

    ocrmesh__document__v1__page__init(page);
    page->index = index;
    page->language = arena_strdup(arena, language);
    page->blocks = ARENA_NEW_ARRAY(arena, block_message *, BLOCKS_MAX);
    return page;
}

block_message *fixture_block(struct arena *arena, page_message *page,
                             Ocrmesh__Document__V1__BlockKind kind, const char *text)
{
    block_message *block = ARENA_NEW(arena, block_message);

    assert_true(page->n_blocks < BLOCKS_MAX);
    ocrmesh__document__v1__block__init(block);
    block->kind = kind;
    block->text = arena_strdup(arena, text);
    page->blocks[page->n_blocks++] = block;
    return block;
}

void fixture_heading(struct arena *arena, page_message *page, uint32_t level, const char *text)
{
    fixture_block(arena, page, KIND(HEADING), text)->level = level;
}

table_message *fixture_table(struct arena *arena, page_message *page, const char *text,
                             uint32_t header_rows)
{
    block_message *block = fixture_block(arena, page, KIND(TABLE), text);
    table_message *table = block->table = ARENA_NEW(arena, table_message);
    struct str rows = str_of(block->text), row, cell_text;

    ocrmesh__document__v1__table__init(table);
    table->cells = ARENA_NEW_ARRAY(arena, cell_message *, CELLS_MAX);
    for (uint32_t r = 0; str_next_token(&rows, '\n', &row); r++)
        for (uint32_t c = 0; str_next_token(&row, '\t', &cell_text); c++) {
            cell_message *cell = ARENA_NEW(arena, cell_message);
            assert_true(table->n_cells < CELLS_MAX);
            ocrmesh__document__v1__table_cell__init(cell);
            cell->row = r;
            cell->column = c;
            cell->row_span = cell->column_span = 1;
            cell->is_header = r < header_rows;
            cell->text = arena_strndup(arena, cell_text.p, cell_text.n);
            table->cells[table->n_cells++] = cell;
            table->row_count = r + 1;
            table->column_count = c + 1 > table->column_count ? c + 1 : table->column_count;
        }
    return table;
}

const char *fixture_text(struct arena *arena, const page_message *page)
{
    const char *text = "";

    for (size_t b = 0; b < page->n_blocks; b++)
        text = arena_printf(arena, "%s%s%s", text, b > 0 ? "\n\n" : "", page->blocks[b]->text);
    return text;
}

struct passages fixture_passages(struct arena *arena, page_message *const *pages, size_t count)
{
    _cleanup_(passage_maker_freep) struct passage_maker *maker = passage_maker_new(arena);
    struct passages passages;
    struct status st;

    for (size_t p = 0; p < count; p++)
        assert_int_equal(passage_maker_add(maker, pages[p], &st), STATUS_OK);
    assert_int_equal(passage_maker_end(maker, &passages, &st), STATUS_OK);
    return passages;
}
