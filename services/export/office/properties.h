#pragma once

/*
 * Parts that every package of Office Open XML has: types of content, relationships, properties
 * (ECMA-376 part 2, §10.1.2, §9.3, §11).
 */

#include "ocrmesh/ocr/v1/job.pb-c.h"
#include "services/export/office/part.h"

#define OFFICE_RELATIONSHIP        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
#define PACKAGE_TYPE_RELATIONSHIPS "application/vnd.openxmlformats-package.relationships+xml"
#define PACKAGE_TYPE_CORE          "application/vnd.openxmlformats-package.core-properties+xml"

/* What a part is: of all with an extension, or of one. */
struct package_type {
    const char *extension; /* "png"; NULL: `part` tells */
    const char *part;      /* "/word/document.xml" */
    const char *type;      /* media type */
};

/* Writes [Content_Types].xml. It comes first in the package, before it is known which parts of an
 * extension there will be. */
void package_types_write(struct package *package, const struct package_type *types, size_t count);

/* A .rels part; one part at a time is open in a package. */
struct xml_writer *package_relationships_open(struct package *package, const char *name);
/* @type: what follows OFFICE_RELATIONSHIP, or a whole URI. */
void package_relationship(struct xml_writer *part, const char *id, const char *type,
                          const char *target);

/* Writes _rels/.rels. @main_part: "word/document.xml". */
void package_root_write(struct package *package, const char *main_part);
/* Writes docProps/core.xml: title and times are the job's. @language: "": none. */
void package_core_write(struct package *package, const Ocrmesh__Ocr__V1__Job *job,
                        const char *language);
