#include "services/export/pdf/outline.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/utf8.h"

enum { NONE = -1, OBJECT_MAX_BYTES = 4096 };

struct item {
    char title[PDF_OUTLINE_TITLE_MAX_BYTES + 1];
    uint32_t level, page, number;
    double x, y;
    int parent, previous, next, first, last; /* indexes, or NONE */
    int children;
};

void pdf_outline_init(struct pdf_outline *outline)
{
    buf_init(&outline->items, PDF_OUTLINE_ITEMS_MAX * sizeof(struct item));
}

void pdf_outline_deinit(struct pdf_outline *outline)
{
    buf_deinit(&outline->items);
}

/* One line of valid UTF-8. */
static void set_title(struct item *item, const char *title)
{
    size_t length = strlen(title), used = 0;

    for (size_t i = 0; i < length;) {
        size_t sequence = utf8_sequence(title + i, length - i);

        if (used + (sequence > 0 ? sequence : 1) > PDF_OUTLINE_TITLE_MAX_BYTES)
            break;
        if (sequence == 0 || (unsigned char)title[i] <= ' ') {
            if (used > 0 && item->title[used - 1] != ' ')
                item->title[used++] = ' ';
        } else {
            memcpy(item->title + used, title + i, sequence);
            used += sequence;
        }
        i += sequence > 0 ? sequence : 1;
    }
    if (used > 0 && item->title[used - 1] == ' ')
        used--;
    item->title[used] = '\0';
}

bool pdf_outline_add(struct pdf_outline *outline, uint32_t level, const char *title, uint32_t page,
                     double x, double y)
{
    struct item item = {.level = level, .page = page, .x = x, .y = y};

    set_title(&item, title);
    if (item.title[0] == '\0' ||
        outline->items.length >= PDF_OUTLINE_ITEMS_MAX * sizeof(struct item))
        return true;
    return buf_append(&outline->items, &item, sizeof(item));
}

/* Every item hangs under the nearest one before it of a higher level. */
static void link_items(struct item *items, int count, struct item *root)
{
    *root = (struct item){.first = NONE, .last = NONE};
    for (int i = 0; i < count; i++) {
        struct item *item = &items[i];
        int parent = i - 1;

        while (parent != NONE && items[parent].level >= item->level)
            parent = items[parent].parent;
        struct item *above = parent != NONE ? &items[parent] : root;
        item->parent = parent;
        item->first = item->last = item->next = NONE;
        item->previous = above->last;
        if (above->last != NONE)
            items[above->last].next = i;
        else
            above->first = i;
        above->last = i;
        above->children++;
    }
}

static void append_reference(struct pdf_body *body, const char *name, const struct item *items,
                             int index)
{
    if (index != NONE)
        pdf_body_printf(body, "/%s %" PRIu32 " 0 R", name, items[index].number);
}

uint32_t pdf_outline_write(struct pdf_outline *outline, struct pdf_writer *writer)
{
    struct item *items = (struct item *)outline->items.data, root;
    int count = (int)(outline->items.length / sizeof(struct item));
    struct pdf_body body;

    if (count == 0)
        return 0;
    root.number = pdf_writer_reserve(writer);
    uint32_t root_number = root.number;
    for (int i = 0; i < count; i++)
        items[i].number = pdf_writer_reserve(writer);
    link_items(items, count, &root);

    pdf_body_init(&body, OBJECT_MAX_BYTES);
    pdf_body_printf(&body, "<</Type/Outlines/Count %d", root.children);
    append_reference(&body, "First", items, root.first);
    append_reference(&body, "Last", items, root.last);
    pdf_body_printf(&body, ">>");
    pdf_writer_object(writer, root_number, &body);
    for (int i = 0; i < count; i++) {
        const struct item *item = &items[i];

        pdf_body_printf(&body, "<</Title");
        pdf_body_text_string(&body, item->title);
        pdf_body_printf(&body, "/Parent %" PRIu32 " 0 R",
                        item->parent != NONE ? items[item->parent].number : root_number);
        append_reference(&body, "Prev", items, item->previous);
        append_reference(&body, "Next", items, item->next);
        append_reference(&body, "First", items, item->first);
        append_reference(&body, "Last", items, item->last);
        if (item->children > 0) /* less than 0: closed */
            pdf_body_printf(&body, "/Count %d", -item->children);
        pdf_body_printf(&body, "/Dest[%" PRIu32 " 0 R/XYZ ", item->page);
        pdf_body_number(&body, item->x, 2);
        pdf_body_number(&body, item->y, 2);
        pdf_body_printf(&body, "null]>>");
        pdf_writer_object(writer, item->number, &body);
    }
    pdf_body_deinit(&body);
    return root_number;
}
