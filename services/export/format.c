#include "services/export/format.h"

#include <stdio.h>
#include <string.h>

/* In the order in which they are listed to callers. */
static const struct format *const formats[] = {
    &format_text, &format_markdown, &format_json, &format_csv,  &format_docx,
    &format_hocr, &format_alto,     &format_pdf,  &format_html, &format_xlsx,
};

enum {
    NAME_LIST_SIZE = 128,
    NAME_SHOWN_MAX = 32, /* bytes of a caller's word that a message repeats */
};

size_t format_count(void)
{
    return ARRAY_LENGTH(formats);
}

const struct format *format_at(size_t index)
{
    return index < ARRAY_LENGTH(formats) ? formats[index] : NULL;
}

/* Names of the formats that take all options of the mask: "txt, md, json". */
static void list_names(unsigned option_mask, char ret_list[static NAME_LIST_SIZE])
{
    size_t length = 0;

    ret_list[0] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(formats) && length < NAME_LIST_SIZE; i++)
        if ((formats[i]->option_mask & option_mask) == option_mask)
            length += (size_t)snprintf(ret_list + length, NAME_LIST_SIZE - length, "%s%s",
                                       length > 0 ? ", " : "", formats[i]->name);
}

status_code format_find(const char *name, const struct format **ret_format, struct status *st)
{
    char available[NAME_LIST_SIZE];

    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        if (strcmp(name, formats[i]->name) == 0) {
            *ret_format = formats[i];
            return STATUS_OK;
        }
    }
    list_names(0, available);
    if (name[0] == '\0')
        return FAIL_FIELD(st, "format", "UNKNOWN_FORMAT", "no format is named; available are: %s",
                          available);
    return FAIL_FIELD(st, "format", "UNKNOWN_FORMAT",
                      "there is no format \"%.*s\"; available are: %s", NAME_SHOWN_MAX, name,
                      available);
}

static unsigned asked_options(const struct format_options *options)
{
    return (options->table > 0 ? FORMAT_OPTION_TABLE : 0U) |
           (options->has_byte_order_mark ? FORMAT_OPTION_BYTE_ORDER_MARK : 0U) |
           (options->neutralizes_formulas ? FORMAT_OPTION_FORMULAS : 0U) |
           (options->is_pdfa ? FORMAT_OPTION_PDFA : 0U);
}

status_code format_check_options(const struct format *format, const struct format_options *options,
                                 struct status *st)
{
    static const struct {
        unsigned option;
        const char *field; /* of ExportDocumentRequest */
        const char *what;
    } known[] = {
        {FORMAT_OPTION_TABLE, "table", "a single table"},
        {FORMAT_OPTION_BYTE_ORDER_MARK, "has_byte_order_mark", "a byte order mark"},
        {FORMAT_OPTION_FORMULAS, "neutralizes_formulas", "neutralised formulas"},
        {FORMAT_OPTION_PDFA, "is_pdfa", "PDF/A"},
    };
    unsigned refused = asked_options(options) & ~format->option_mask;
    char able[NAME_LIST_SIZE];

    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if ((refused & known[i].option) == 0)
            continue;
        list_names(known[i].option, able);
        return FAIL_FIELD(st, known[i].field, "INVALID_FIELD",
                          "the format %s cannot have %s; formats that can: %s", format->name,
                          known[i].what, able[0] != '\0' ? able : "none on this server");
    }
    return STATUS_OK;
}
