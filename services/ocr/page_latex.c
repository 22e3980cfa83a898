#include "services/ocr/page_latex.h"

#include <stdbool.h>

#include "lib/rpc/allocator.h"
#include "services/ocr/page_result.h"

static bool has_latex(const Ocrmesh__Document__V1__Page *page)
{
    for (size_t i = 0; i < page->n_blocks; i++)
        if (page->blocks[i]->latex[0] != '\0')
            return true;
    return false;
}

void page_latex_warn(struct arena *arena, struct page_result *result)
{
    ProtobufCAllocator allocator = rpc_arena_allocator(arena);
    struct status st = {0};

    Ocrmesh__Document__V1__Page *page = ocrmesh__document__v1__page__unpack(
        &allocator, result->content.n, (const uint8_t *)result->content.p);
    if (page == NULL || page->text[0] == '\0' || has_latex(page))
        return;
    char *sentence = arena_printf(
        arena, "page %u: the engine gave no LaTeX; formulas are the text that was read",
        page->index + 1);
    if (page_result_warn(page, sentence, arena, result))
        (void)!page_result_pack(page, arena, &result->content, &st);
}
