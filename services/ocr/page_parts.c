#include "services/ocr/page_parts.h"

/* Tag and length of one block inside its page. */
enum { BLOCK_OVERHEAD_BYTES = 8 };

void page_parts_apply_view(Ocrmesh__Document__V1__Page *page, Ocrmesh__Ocr__V1__PageView view)
{
    if (view == OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL)
        return;
    if (view == OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT)
        page->n_blocks = 0;
    for (size_t i = 0; i < page->n_blocks; i++)
        page->blocks[i]->n_lines = 0;
}

static size_t block_size(const Ocrmesh__Document__V1__Block *block)
{
    return ocrmesh__document__v1__block__get_packed_size(block) + BLOCK_OVERHEAD_BYTES;
}

/* Everything but the blocks. */
static size_t frame_size(const Ocrmesh__Document__V1__Page *page)
{
    Ocrmesh__Document__V1__Page frame = *page;

    frame.n_blocks = 0;
    frame.blocks = NULL;
    return ocrmesh__document__v1__page__get_packed_size(&frame);
}

bool page_parts_is_sendable(const Ocrmesh__Document__V1__Page *page)
{
    if (frame_size(page) > PAGE_PART_MAX_BYTES)
        return false;
    for (size_t i = 0; i < page->n_blocks; i++)
        if (block_size(page->blocks[i]) > PAGE_PART_MAX_BYTES - BLOCK_OVERHEAD_BYTES)
            return false;
    return true;
}

status_code page_parts_send(Ocrmesh__Document__V1__Page *page,
                            status_code (*send)(const Ocrmesh__Document__V1__Page *part, void *arg,
                                                struct status *st),
                            void *arg, struct status *st)
{
    Ocrmesh__Document__V1__Page rest = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    Ocrmesh__Document__V1__Page first = *page;
    Ocrmesh__Document__V1__Page *part = &first;
    size_t next = 0;

    if (!page_parts_is_sendable(page))
        return FAIL(st, STATUS_INTERNAL, "PAGE_TOO_LARGE",
                    "a page is too large to be sent in messages");
    rest.index = page->index;
    do {
        size_t size = frame_size(part);
        part->blocks = page->blocks + next;
        part->n_blocks = 0;
        while (next < page->n_blocks) {
            size_t extra = block_size(page->blocks[next]);
            if (size + extra > PAGE_PART_MAX_BYTES)
                break;
            size += extra;
            part->n_blocks++;
            next++;
        }
        TRY(send(part, arg, st));
        part = &rest;
    } while (next < page->n_blocks);
    return STATUS_OK;
}
