#include "bridge/extraction_json.h"

#include "bridge/http/json_write.h"
#include "bridge/json_member.h"

/* As in citations, pages count from 1 here; pages[].index from 0. */
static bool value_members(struct buf *out, const Ocrmesh__Ocr__V1__ExtractedValue *value)
{
    static const Ocrmesh__Document__V1__BoundingBox none =
        OCRMESH__DOCUMENT__V1__BOUNDING_BOX__INIT;
    const Ocrmesh__Document__V1__BoundingBox *bbox = value->bbox != NULL ? value->bbox : &none;

    return json_member_string(out, "value", value->value) &&
           json_member_string(out, "text", value->text) &&
           json_member_integer(out, "page", (int64_t)value->page_index + 1) &&
           json_write_name(out, "bbox") && json_write_begin_array(out) &&
           json_write_integer(out, bbox->x0) && json_write_integer(out, bbox->y0) &&
           json_write_integer(out, bbox->x1) && json_write_integer(out, bbox->y1) &&
           json_write_end_array(out) && json_member_real(out, "confidence", value->confidence);
}

static bool write_key_value(struct buf *out, const Ocrmesh__Ocr__V1__KeyValue *entry)
{
    return json_write_begin_object(out) && json_member_string(out, "name", entry->name) &&
           json_member_string(out, "label", entry->label) &&
           (entry->value == NULL || value_members(out, entry->value)) && json_write_end_object(out);
}

/* null where the document does not show it. */
static bool member_value(struct buf *out, const char *name,
                         const Ocrmesh__Ocr__V1__ExtractedValue *value)
{
    if (!json_write_name(out, name))
        return false;
    if (value == NULL)
        return json_write_null(out);
    return json_write_begin_object(out) && value_members(out, value) && json_write_end_object(out);
}

static bool write_line_item(struct buf *out, const Ocrmesh__Ocr__V1__LineItem *item)
{
    return json_write_begin_object(out) && member_value(out, "description", item->description) &&
           member_value(out, "quantity", item->quantity) &&
           member_value(out, "unit_price", item->unit_price) &&
           member_value(out, "amount", item->amount) &&
           json_member_boolean(out, "is_checked", item->is_checked) && json_write_end_object(out);
}

static bool write_check(struct buf *out, const Ocrmesh__Ocr__V1__SumCheck *check)
{
    return json_write_begin_object(out) && json_member_string(out, "name", check->name) &&
           json_member_string(out, "computed", check->computed) &&
           json_member_string(out, "stated", check->stated) &&
           json_member_boolean(out, "holds", check->holds) && json_write_end_object(out);
}

bool extraction_json_members(struct buf *out, const Ocrmesh__Ocr__V1__Extraction *extraction)
{
    if (extraction == NULL)
        return true;
    if (!json_write_name(out, "key_values") || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < extraction->n_key_values; i++)
        if (!write_key_value(out, extraction->key_values[i]))
            return false;
    if (!json_write_end_array(out) || !json_write_name(out, "line_items") ||
        !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < extraction->n_line_items; i++)
        if (!write_line_item(out, extraction->line_items[i]))
            return false;
    if (!json_write_end_array(out) || !json_write_name(out, "checks") ||
        !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < extraction->n_checks; i++)
        if (!write_check(out, extraction->checks[i]))
            return false;
    return json_write_end_array(out);
}
