#include "services/ocr/tools.h"

#include <stdio.h>

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Pages that print well are for `cpu`; what the public contract names for `vlm` (handwriting,
 * tables, mathematics), and small print on creased paper, are for that. */
static const struct tool tools[] = {
    {"image-to-text", "Reads the text of a picture.", JOB_TIER_CPU, LIST("txt", "md", "json"),
     LIST(NULL), 0},
    {"pdf-to-text", "Reads the text of a PDF, scanned or not.", JOB_TIER_CPU,
     LIST("txt", "md", "json"), LIST(NULL), 0},
    {"pdf-to-word", "Turns a PDF into a Word document.", JOB_TIER_CPU, LIST("docx", "md", "txt"),
     LIST(NULL), 0},
    {"pdf-to-excel", "Turns the tables of a PDF into a spreadsheet.", JOB_TIER_VLM,
     LIST("xlsx", "csv", "json"), LIST("tables"), TOOL_WANTS_TABLES},
    {"image-to-markdown", "Reads a picture into Markdown with headings, lists and tables.",
     JOB_TIER_CPU, LIST("md", "txt", "json"), LIST(NULL), 0},
    {"extract-tables", "Finds tables and reads them cell by cell.", JOB_TIER_VLM,
     LIST("csv", "xlsx", "json"), LIST("tables"), TOOL_WANTS_TABLES},
    {"handwriting-to-text", "Reads handwriting.", JOB_TIER_VLM, LIST("txt", "md", "json"),
     LIST(NULL), 0},
    {"receipt-scanner", "Reads a receipt: merchant, date, items, tax and total.", JOB_TIER_VLM,
     LIST("json", "csv", "txt"), LIST("key_values", "line_items"), TOOL_EXTRACTS},
    {"invoice-to-json", "Reads an invoice: number, dates, parties, amounts and line items.",
     JOB_TIER_VLM, LIST("json", "csv", "txt"), LIST("key_values", "line_items"), TOOL_EXTRACTS},
    {"math-to-latex",
     "Reads formulas as LaTeX, by a vision model; without one finds where they stand.",
     JOB_TIER_VLM, LIST("md", "txt", "json"), LIST("latex"), TOOL_WANTS_LATEX},
    {"translate", "Reads a document and translates it, block by block.", JOB_TIER_VLM, LIST("json"),
     LIST("translation"), TOOL_TRANSLATES},
};

size_t tool_count(void)
{
    return ARRAY_LENGTH(tools);
}

const struct tool *tool_at(size_t index)
{
    return &tools[index];
}

const struct tool *tool_find(struct str slug)
{
    for (size_t i = 0; i < ARRAY_LENGTH(tools); i++)
        if (str_equal(slug, str_of(tools[i].slug)))
            return &tools[i];
    return NULL;
}

job_tier tool_tier(const struct tool *tool, bool has_vlm)
{
    return tool->default_tier == JOB_TIER_VLM && !has_vlm ? JOB_TIER_CPU : tool->default_tier;
}

status_code tool_check(struct str slug, struct status *st)
{
    char known[STATUS_MESSAGE_MAX];
    struct buf list;

    if (slug.n == 0 || tool_find(slug) != NULL)
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
