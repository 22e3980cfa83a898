#include "services/export/json/extraction.h"

static void value_members(struct json_writer *writer, const Ocrmesh__Ocr__V1__ExtractedValue *value)
{
    json_writer_member_string(writer, "value", value->value);
    json_writer_member_string(writer, "text", value->text);
    /* As in citations, pages count from 1 here; pages[].index from 0. */
    json_writer_member_integer(writer, "page", (int64_t)value->page_index + 1);
    if (value->bbox != NULL) {
        json_writer_name(writer, "bbox");
        json_writer_begin_array(writer);
        json_writer_integer(writer, value->bbox->x0);
        json_writer_integer(writer, value->bbox->y0);
        json_writer_integer(writer, value->bbox->x1);
        json_writer_integer(writer, value->bbox->y1);
        json_writer_end_array(writer);
    }
    json_writer_member_real(writer, "confidence", value->confidence);
}

static void write_key_value(struct json_writer *writer, const Ocrmesh__Ocr__V1__KeyValue *entry)
{
    json_writer_line(writer);
    json_writer_begin_object(writer);
    json_writer_member_string(writer, "name", entry->name);
    json_writer_member_string(writer, "label", entry->label);
    if (entry->value != NULL)
        value_members(writer, entry->value);
    json_writer_end_object(writer);
}

/* Left out where the document does not show it. */
static void member_value(struct json_writer *writer, const char *name,
                         const Ocrmesh__Ocr__V1__ExtractedValue *value)
{
    if (value == NULL)
        return;
    json_writer_name(writer, name);
    json_writer_begin_object(writer);
    value_members(writer, value);
    json_writer_end_object(writer);
}

static void write_line_item(struct json_writer *writer, const Ocrmesh__Ocr__V1__LineItem *item)
{
    json_writer_line(writer);
    json_writer_begin_object(writer);
    member_value(writer, "description", item->description);
    member_value(writer, "quantity", item->quantity);
    member_value(writer, "unit_price", item->unit_price);
    member_value(writer, "amount", item->amount);
    json_writer_name(writer, "is_checked");
    json_writer_boolean(writer, item->is_checked);
    json_writer_end_object(writer);
}

static void write_check(struct json_writer *writer, const Ocrmesh__Ocr__V1__SumCheck *check)
{
    json_writer_begin_object(writer);
    json_writer_member_string(writer, "name", check->name);
    json_writer_member_string(writer, "computed", check->computed);
    json_writer_member_string(writer, "stated", check->stated);
    json_writer_name(writer, "holds");
    json_writer_boolean(writer, check->holds);
    json_writer_end_object(writer);
}

void json_extraction_write(struct json_writer *writer,
                           const Ocrmesh__Ocr__V1__Extraction *extraction)
{
    if (extraction == NULL)
        return;
    json_writer_name(writer, "key_values");
    json_writer_begin_array(writer);
    for (size_t i = 0; i < extraction->n_key_values; i++)
        write_key_value(writer, extraction->key_values[i]);
    json_writer_end_array(writer);
    json_writer_name(writer, "line_items");
    json_writer_begin_array(writer);
    for (size_t i = 0; i < extraction->n_line_items; i++)
        write_line_item(writer, extraction->line_items[i]);
    json_writer_end_array(writer);
    json_writer_name(writer, "checks");
    json_writer_begin_array(writer);
    for (size_t i = 0; i < extraction->n_checks; i++)
        write_check(writer, extraction->checks[i]);
    json_writer_end_array(writer);
}
