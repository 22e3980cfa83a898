#include "services/ocr/tools.h"

#include <stdio.h>

static const struct tool tools[] = {
    {"image-to-text", "Reads the text of a picture.", JOB_TIER_CPU},
    {"pdf-to-text", "Reads the text of a PDF, scanned or not.", JOB_TIER_CPU},
    {"image-to-markdown", "Reads a picture into Markdown with headings and lists.", JOB_TIER_CPU},
};

size_t tool_count(void)
{
    return ARRAY_LENGTH(tools);
}

const struct tool *tool_at(size_t index)
{
    return &tools[index];
}

status_code tool_check(struct str slug, struct status *st)
{
    char known[STATUS_MESSAGE_MAX / 2];
    struct buf list;

    if (slug.n == 0)
        return STATUS_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(tools); i++)
        if (str_equal(slug, str_of(tools[i].slug)))
            return STATUS_OK;
    buf_init(&list, sizeof(known) - 1);
    for (size_t i = 0; i < ARRAY_LENGTH(tools); i++)
        if (!buf_printf(&list, "%s%s", i > 0 ? ", " : "", tools[i].slug))
            break;
    (void)snprintf(known, sizeof(known), "%s", list.data == NULL ? "" : list.data);
    buf_deinit(&list);
    return FAIL_FIELD(st, "tool", "UNKNOWN_TOOL", "there is no tool '%.*s'; known: %s",
                      slug.n > JOB_TOOL_MAX ? JOB_TOOL_MAX : (int)slug.n, slug.p, known);
}
