#include "services/export/office/part.h"

#include <inttypes.h>

struct xml_writer *office_part_open(struct package *package, const char *name)
{
    struct xml_writer *part;

    package_begin_part(package, name);
    part = xml_writer_new(package_part(package));
    xml_declaration(part);
    return part;
}

void office_part_close(struct package *package, struct xml_writer *part)
{
    xml_writer_free(part); /* which passes on what it still has */
    package_end_part(package);
}

void xml_attribute_int(struct xml_writer *part, const char *name, int64_t value)
{
    xml_attributef(part, name, "%" PRId64, value);
}

void xml_empty(struct xml_writer *part, const char *element)
{
    xml_begin(part, element);
    xml_end(part);
}

void xml_value(struct xml_writer *part, const char *element, const char *attribute,
               const char *value)
{
    xml_begin(part, element);
    xml_attribute(part, attribute, value);
    xml_end(part);
}

void xml_value_int(struct xml_writer *part, const char *element, const char *attribute,
                   int64_t value)
{
    xml_begin(part, element);
    xml_attribute_int(part, attribute, value);
    xml_end(part);
}
