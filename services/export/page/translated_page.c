#include "services/export/page/translated_page.h"

#include <string.h>

#include <unicode/uloc.h>

/* What parts the cells of a table's translation: of a row, and rows. */
static const char separators[] = "\t\n";

static size_t count_texts(const char *translation)
{
    size_t count = 1;

    for (const char *p = translation; (p = strpbrk(p, separators)) != NULL; p++)
        count++;
    return count;
}

/* A table with the translations in its cells; NULL when the arena is full. */
static Ocrmesh__Document__V1__Table *translate_table(const Ocrmesh__Document__V1__Table *table,
                                                     const char *translation, struct arena *arena)
{
    Ocrmesh__Document__V1__Table *made = ARENA_NEW(arena, Ocrmesh__Document__V1__Table);
    Ocrmesh__Document__V1__TableCell *cells =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Document__V1__TableCell, table->n_cells);
    char *rest = arena_strdup(arena, translation);

    if (made == NULL || cells == NULL || rest == NULL)
        return NULL;
    *made = *table;
    made->cells = ARENA_NEW_ARRAY(arena, Ocrmesh__Document__V1__TableCell *, table->n_cells);
    if (made->cells == NULL)
        return NULL;
    for (size_t i = 0; i < table->n_cells; i++) {
        cells[i] = *table->cells[i];
        cells[i].text = strsep(&rest, separators);
        made->cells[i] = &cells[i];
    }
    return made;
}

static Ocrmesh__Document__V1__Block *translate_block(const Ocrmesh__Document__V1__Block *block,
                                                     const char *target, struct arena *arena)
{
    Ocrmesh__Document__V1__Block *made = ARENA_NEW(arena, Ocrmesh__Document__V1__Block);

    if (made == NULL)
        return NULL;
    *made = *block;
    if (block->translation[0] == '\0' ||
        (block->table != NULL && count_texts(block->translation) != block->table->n_cells))
        return made;
    made->text = block->translation;
    made->language = (char *)target;
    made->direction = uloc_isRightToLeft(target)
                          ? OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT
                          : OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_LEFT_TO_RIGHT;
    made->n_lines = 0;
    made->lines = NULL;
    if (block->table != NULL) {
        made->table = translate_table(block->table, block->translation, arena);
        if (made->table == NULL)
            return NULL;
    }
    return made;
}

status_code translated_page_make(const Ocrmesh__Document__V1__Page *page, const char *target,
                                 struct arena *arena, const Ocrmesh__Document__V1__Page **ret_page,
                                 struct status *st)
{
    Ocrmesh__Document__V1__Page *made;
    bool is_translated = false;

    for (size_t i = 0; i < page->n_blocks; i++)
        is_translated = is_translated || page->blocks[i]->translation[0] != '\0';
    if (!is_translated) {
        *ret_page = page;
        return STATUS_OK;
    }
    made = ARENA_NEW(arena, Ocrmesh__Document__V1__Page);
    if (made == NULL)
        return FAIL_MEMORY(st);
    *made = *page;
    made->blocks = ARENA_NEW_ARRAY(arena, Ocrmesh__Document__V1__Block *, page->n_blocks);
    if (made->blocks == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < page->n_blocks; i++) {
        made->blocks[i] = translate_block(page->blocks[i], target, arena);
        if (made->blocks[i] == NULL)
            return FAIL_MEMORY(st);
    }
    *ret_page = made;
    return STATUS_OK;
}
