#include "services/ocr/page_tool.h"

#include "lib/rpc/allocator.h"
#include "services/ocr/page_result.h"

static size_t count_kind(const Ocrmesh__Document__V1__Page *page,
                         Ocrmesh__Document__V1__BlockKind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < page->n_blocks; i++)
        count += page->blocks[i]->kind == kind;
    return count;
}

/* NULL: none is due. */
static char *sentence_of(const struct tool *tool, bool is_vision_reading,
                         const Ocrmesh__Document__V1__Page *page, struct arena *arena)
{
    if ((tool->does & TOOL_WANTS_TABLES) != 0 &&
        count_kind(page, OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE) == 0)
        return arena_strdup(arena, "no table was found on this page; its text is there");
    if ((tool->does & TOOL_WANTS_LATEX) != 0 && !is_vision_reading)
        return arena_printf(
            arena,
            "formulas are not written as LaTeX, for no vision model has read this page; "
            "places that were found to be formulas: %zu",
            count_kind(page, OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FORMULA));
    return NULL;
}

void page_tool_warn(const struct tool *tool, bool is_vision_reading, struct arena *arena,
                    struct page_result *result)
{
    ProtobufCAllocator allocator = rpc_arena_allocator(arena);
    struct status st = {0};

    if ((tool->does & (TOOL_WANTS_TABLES | TOOL_WANTS_LATEX)) == 0)
        return;
    Ocrmesh__Document__V1__Page *page = ocrmesh__document__v1__page__unpack(
        &allocator, result->content.n, (const uint8_t *)result->content.p);
    char *sentence = page == NULL ? NULL : sentence_of(tool, is_vision_reading, page, arena);
    if (sentence != NULL && page_result_warn(page, sentence, arena, result))
        (void)!page_result_pack(page, arena, &result->content, &st);
}
