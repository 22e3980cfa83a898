#include "services/export/office/properties.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char types_namespace[] =
    "http://schemas.openxmlformats.org/package/2006/content-types";
static const char relationships_namespace[] =
    "http://schemas.openxmlformats.org/package/2006/relationships";
static const char core_namespace[] =
    "http://schemas.openxmlformats.org/package/2006/metadata/core-properties";
static const char core_relationship[] =
    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";

void package_types_write(struct package *package, const struct package_type *types, size_t count)
{
    struct xml_writer *part = office_part_open(package, "[Content_Types].xml");

    xml_begin(part, "Types");
    xml_attribute(part, "xmlns", types_namespace);
    for (size_t i = 0; i < count; i++) {
        bool is_default = types[i].extension != NULL;

        xml_begin(part, is_default ? "Default" : "Override");
        xml_attribute(part, is_default ? "Extension" : "PartName",
                      is_default ? types[i].extension : types[i].part);
        xml_attribute(part, "ContentType", types[i].type);
        xml_end(part);
    }
    xml_end(part);
    office_part_close(package, part);
}

struct xml_writer *package_relationships_open(struct package *package, const char *name)
{
    struct xml_writer *part = office_part_open(package, name);

    xml_begin(part, "Relationships");
    xml_attribute(part, "xmlns", relationships_namespace);
    return part;
}

void package_relationship(struct xml_writer *part, const char *id, const char *type,
                          const char *target)
{
    char uri[160];
    bool is_whole = strchr(type, ':') != NULL;

    (void)snprintf(uri, sizeof(uri), "%s%s", is_whole ? "" : OFFICE_RELATIONSHIP, type);
    xml_begin(part, "Relationship");
    xml_attribute(part, "Id", id);
    xml_attribute(part, "Type", uri);
    xml_attribute(part, "Target", target);
    xml_end(part);
}

void package_root_write(struct package *package, const char *main_part)
{
    struct xml_writer *part = package_relationships_open(package, "_rels/.rels");

    package_relationship(part, "rId1", "officeDocument", main_part);
    package_relationship(part, "rId2", core_relationship, "docProps/core.xml");
    xml_end(part);
    office_part_close(package, part);
}

/* The name of the upload without its extension. */
static void write_title(struct xml_writer *part, const char *file_name)
{
    const char *dot = strrchr(file_name, '.');

    xml_begin(part, "dc:title");
    xml_text_str(part,
                 (struct str){file_name, dot != NULL && dot != file_name ? (size_t)(dot - file_name)
                                                                         : strlen(file_name)});
    xml_end(part);
}

static void write_time(struct xml_writer *part, const char *element,
                       const Google__Protobuf__Timestamp *time)
{
    time_t seconds = (time_t)time->seconds;
    struct tm parts;
    char text[32];

    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        return;
    xml_begin(part, element);
    xml_attribute(part, "xsi:type", "dcterms:W3CDTF");
    xml_text(part, text);
    xml_end(part);
}

void package_core_write(struct package *package, const Ocrmesh__Ocr__V1__Job *job,
                        const char *language)
{
    struct xml_writer *part = office_part_open(package, "docProps/core.xml");
    const Google__Protobuf__Timestamp *end =
        job->finish_time != NULL ? job->finish_time : job->create_time;

    xml_begin(part, "cp:coreProperties");
    xml_attribute(part, "xmlns:cp", core_namespace);
    xml_attribute(part, "xmlns:dc", "http://purl.org/dc/elements/1.1/");
    xml_attribute(part, "xmlns:dcterms", "http://purl.org/dc/terms/");
    xml_attribute(part, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
    if (job->file_name[0] != '\0')
        write_title(part, job->file_name);
    xml_element(part, "dc:creator", "ocrmesh");
    if (language[0] != '\0')
        xml_element(part, "dc:language", language);
    if (end != NULL) {
        write_time(part, "dcterms:created", end);
        write_time(part, "dcterms:modified", end);
    }
    xml_end(part);
    office_part_close(package, part);
}
