#include "lib/blob/s3_xml.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libxml/xmlreader.h>

#include "lib/base/clock.h"

enum { DEPTH_MAX = 4, NAME_SIZE = 40 };

DEFINE_CLEANUP_NAMED(xmlTextReaderPtr, reader_freep, xmlFreeTextReader)

/* Where the reading is: the names of the open elements, and the text of the innermost one. */
struct place {
    int depth;
    char names[DEPTH_MAX][NAME_SIZE];
    char text[S3_KEY_SIZE];
    bool is_too_long;
};

/* At the end of an element that lies at place->depth, its own name included. */
typedef void end_function(void *arg, const struct place *place);

static bool is_at(const struct place *place, const char *root, const char *parent, const char *name)
{
    const char *const wanted[] = {root, parent, name};
    int depth = parent == NULL ? 1 : name == NULL ? 2 : 3;

    if (place->depth != depth)
        return false;
    for (int i = 0; i < depth; i++)
        if (strcmp(place->names[i], wanted[i]) != 0)
            return false;
    return true;
}

static bool enter(struct place *place, const xmlChar *name)
{
    if (place->depth == DEPTH_MAX || strlen((const char *)name) >= NAME_SIZE)
        return false;
    (void)snprintf(place->names[place->depth++], NAME_SIZE, "%s", (const char *)name);
    place->text[0] = '\0';
    place->is_too_long = false;
    return true;
}

static void add_text(struct place *place, const xmlChar *text)
{
    size_t used = strlen(place->text);
    int length = snprintf(place->text + used, sizeof(place->text) - used, "%s", (const char *)text);

    place->is_too_long |= length < 0 || (size_t)length >= sizeof(place->text) - used;
}

static void leave(struct place *place, end_function *on_end, void *arg)
{
    if (place->is_too_long)
        place->text[0] = '\0';
    on_end(arg, place);
    place->depth--;
    place->text[0] = '\0';
    place->is_too_long = false;
}

/* False for what is not taken. */
static bool take_node(xmlTextReaderPtr reader, struct place *place, end_function *on_end, void *arg)
{
    const xmlChar *value = xmlTextReaderConstValue(reader);

    switch (xmlTextReaderNodeType(reader)) {
    case XML_READER_TYPE_ELEMENT:
        if (!enter(place, xmlTextReaderConstLocalName(reader)))
            return false;
        if (xmlTextReaderIsEmptyElement(reader) == 1)
            leave(place, on_end, arg);
        return true;
    case XML_READER_TYPE_END_ELEMENT:
        leave(place, on_end, arg);
        return true;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
        if (value != NULL)
            add_text(place, value);
        return true;
    case XML_READER_TYPE_DOCUMENT_TYPE:
    case XML_READER_TYPE_ENTITY:
    case XML_READER_TYPE_ENTITY_REFERENCE:
        return false;
    default:
        return true;
    }
}

static bool walk(struct str xml, end_function *on_end, void *arg)
{
    _cleanup_(reader_freep) xmlTextReaderPtr reader = NULL;
    struct place place = {0};
    int found;

    if (xml.n == 0 || xml.n > INT32_MAX)
        return false;
    reader = xmlReaderForMemory(xml.p, (int)xml.n, NULL, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (reader == NULL)
        return false;
    while ((found = xmlTextReaderRead(reader)) == 1)
        if (!take_node(reader, &place, on_end, arg))
            return false;
    return found == 0;
}

/* "2009-10-12T17:50:30.000Z" (ISO 8601), the fraction left out; 0 for what is no such time. */
static int64_t parse_time(const char *text)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    time_t seconds = end == NULL ? -1 : timegm(&parts);

    return seconds < 0 || seconds > INT64_MAX / NANOSECONDS_PER_SECOND
               ? 0
               : (int64_t)seconds * NANOSECONDS_PER_SECOND;
}

static status_code fail_malformed(struct status *st)
{
    return FAIL(st, STATUS_DATA_LOSS, NULL, "an answer of S3 is malformed");
}

/* --- what is read --- */

static void find_code(void *arg, const struct place *place)
{
    char *code = arg;

    if (is_at(place, "Error", "Code", NULL) && code[0] == '\0')
        (void)snprintf(code, S3_CODE_SIZE, "%.*s", S3_CODE_SIZE - 1, place->text);
}

void s3_xml_error(struct str xml, char ret_code[static S3_CODE_SIZE])
{
    ret_code[0] = '\0';
    (void)walk(xml, find_code, ret_code);
}

static void find_upload_id(void *arg, const struct place *place)
{
    char *id = arg;

    if (is_at(place, "InitiateMultipartUploadResult", "UploadId", NULL))
        (void)snprintf(id, S3_UPLOAD_ID_SIZE, "%s", place->text);
}

status_code s3_xml_upload_id(struct str xml, char ret_id[static S3_UPLOAD_ID_SIZE],
                             struct status *st)
{
    char id[S3_UPLOAD_ID_SIZE] = "";

    if (!walk(xml, find_upload_id, id) || id[0] == '\0')
        return fail_malformed(st);
    (void)snprintf(ret_id, S3_UPLOAD_ID_SIZE, "%s", id);
    return STATUS_OK;
}

static void find_completed(void *arg, const struct place *place)
{
    bool *is_completed = arg;

    *is_completed = is_at(place, "CompleteMultipartUploadResult", NULL, NULL);
}

bool s3_xml_is_completed(struct str xml)
{
    bool is_completed = false;

    return walk(xml, find_completed, &is_completed) && is_completed;
}

static void find_deleted_error(void *arg, const struct place *place)
{
    char *code = arg;

    if (is_at(place, "DeleteResult", "Error", "Code") && code[0] == '\0')
        (void)snprintf(code, S3_CODE_SIZE, "%.*s", S3_CODE_SIZE - 1, place->text);
}

status_code s3_xml_deleted(struct str xml, char ret_code[static S3_CODE_SIZE], struct status *st)
{
    char code[S3_CODE_SIZE] = "";

    if (!walk(xml, find_deleted_error, code))
        return fail_malformed(st);
    (void)snprintf(ret_code, S3_CODE_SIZE, "%s", code);
    return STATUS_OK;
}

struct list {
    void (*on_entry)(void *arg, const struct s3_entry *entry);
    void *arg;
    bool is_list;
    bool is_cut;
    char key[S3_KEY_SIZE];
    char upload_id[S3_UPLOAD_ID_SIZE];
    int64_t time;
};

static void end_entry(struct list *list)
{
    const struct s3_entry entry = {list->key, list->upload_id, list->time};

    if (list->key[0] != '\0')
        list->on_entry(list->arg, &entry);
    list->key[0] = list->upload_id[0] = '\0';
    list->time = 0;
}

static void take_list_part(void *arg, const struct place *place)
{
    struct list *list = arg;
    const char *root = place->names[0];
    const char *entry = strcmp(root, "ListBucketResult") == 0             ? "Contents"
                        : strcmp(root, "ListMultipartUploadsResult") == 0 ? "Upload"
                                                                          : NULL;

    if (entry == NULL)
        return;
    if (is_at(place, root, NULL, NULL))
        list->is_list = true;
    else if (is_at(place, root, "IsTruncated", NULL))
        list->is_cut = strcmp(place->text, "true") == 0;
    else if (is_at(place, root, entry, "Key"))
        (void)snprintf(list->key, sizeof(list->key), "%s", place->text);
    else if (is_at(place, root, entry, "UploadId"))
        (void)snprintf(list->upload_id, sizeof(list->upload_id), "%s", place->text);
    else if (is_at(place, root, entry, "LastModified") || is_at(place, root, entry, "Initiated"))
        list->time = parse_time(place->text);
    else if (is_at(place, root, entry, NULL))
        end_entry(list);
}

status_code s3_xml_list(struct str xml, void (*on_entry)(void *arg, const struct s3_entry *entry),
                        void *arg, bool *ret_is_cut, struct status *st)
{
    struct list list = {.on_entry = on_entry, .arg = arg};

    if (!walk(xml, take_list_part, &list) || !list.is_list)
        return fail_malformed(st);
    *ret_is_cut = list.is_cut;
    return STATUS_OK;
}
