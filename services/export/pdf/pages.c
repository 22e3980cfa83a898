#include "services/export/pdf/pages.h"

#include <inttypes.h>

enum { GROUP_MAX_BYTES = 4096, GROUPS_MAX_BYTES = 512 << 10 };

void pdf_pages_init(struct pdf_pages *pages, struct pdf_writer *writer)
{
    *pages = (struct pdf_pages){.root = pdf_writer_reserve(writer)};
    pdf_body_init(&pages->groups, GROUPS_MAX_BYTES);
}

void pdf_pages_deinit(struct pdf_pages *pages)
{
    pdf_body_deinit(&pages->groups);
}

static void write_group(struct pdf_pages *pages, struct pdf_writer *writer)
{
    struct pdf_body body;

    if (pages->group_count == 0)
        return;
    pdf_body_init(&body, GROUP_MAX_BYTES);
    pdf_body_printf(&body, "<</Type/Pages/Parent %" PRIu32 " 0 R/Count %" PRIu32 "/Kids[",
                    pages->root, pages->group_count);
    for (uint32_t i = 0; i < pages->group_count; i++)
        pdf_body_printf(&body, "%" PRIu32 " 0 R ", pages->group_pages[i]);
    pdf_body_printf(&body, "]>>");
    pdf_writer_object(writer, pages->group, &body);
    pdf_body_deinit(&body);
    pdf_body_printf(&pages->groups, "%" PRIu32 " 0 R ", pages->group);
    pages->group = 0;
    pages->group_count = 0;
}

void pdf_pages_add(struct pdf_pages *pages, struct pdf_writer *writer, uint32_t page,
                   uint32_t *ret_parent)
{
    if (pages->group_count == 0)
        pages->group = pdf_writer_reserve(writer);
    *ret_parent = pages->group;
    pages->group_pages[pages->group_count++] = page;
    pages->page_count++;
    if (pages->group_count == PDF_PAGES_GROUP)
        write_group(pages, writer);
}

uint32_t pdf_pages_write(struct pdf_pages *pages, struct pdf_writer *writer)
{
    struct pdf_body body;

    pdf_body_init(&body, GROUPS_MAX_BYTES + GROUP_MAX_BYTES);
    if (pages->page_count == 0) {
        uint32_t page = pdf_writer_reserve(writer), parent;

        pdf_pages_add(pages, writer, page, &parent);
        pdf_body_printf(&body,
                        "<</Type/Page/Parent %" PRIu32 " 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
                        parent);
        pdf_writer_object(writer, page, &body);
    }
    write_group(pages, writer);
    pdf_writer_check(writer, &pages->groups);
    pdf_body_printf(&body, "<</Type/Pages/Count %" PRIu32 "/Kids[", pages->page_count);
    pdf_body_append(&body, pages->groups.text.data, pages->groups.text.length);
    pdf_body_printf(&body, "]>>");
    pdf_writer_object(writer, pages->root, &body);
    pdf_body_deinit(&body);
    return pages->root;
}
