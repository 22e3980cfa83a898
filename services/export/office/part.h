#pragma once

/*
 * XML parts of a package of Office Open XML, and what they write most. Thread rule: one thread at a
 * time.
 */

#include "services/export/office/package.h"
#include "services/export/xml_writer.h"

/* Begins the part `name` with its declaration. NULL when out of memory, which the package's sink
 * then knows; every function takes NULL and then does nothing. */
struct xml_writer *office_part_open(struct package *package, const char *name);
/* Ends the part. @part: taken; all its elements have ended. */
void office_part_close(struct package *package, struct xml_writer *part);

void xml_attribute_int(struct xml_writer *part, const char *name, int64_t value);
/* <element/> */
void xml_empty(struct xml_writer *part, const char *element);
/* <element attribute="value"/> */
void xml_value(struct xml_writer *part, const char *element, const char *attribute,
               const char *value);
void xml_value_int(struct xml_writer *part, const char *element, const char *attribute,
                   int64_t value);
