#pragma once

/*
 * What a file is called and how it is told from another: the upload's name with the format's
 * extension, and an entity tag. Only computes; any thread.
 */

#include <stdint.h>

#include "lib/base/arena.h"

struct format;
struct format_options;

enum {
    /* Of a file name, extension included; what common file systems take is 255. */
    ARTIFACT_NAME_MAX_BYTES = 200,
};

/*
 * "scan.pdf" becomes "scan.md", in the arena; NULL when out of memory.
 *
 * @upload_name: may be empty; "document" stands for a name of which nothing is left.
 * @extension: with its dot.
 *
 * Letters of any script stay. Directory parts, control characters and what a file system or a
 * header would trip over (/ \ : * ? " < > |) become "_", leading and trailing dots and spaces go,
 * and a long name is cut at a whole character.
 */
const char *artifact_file_name(const char *upload_name, const char *extension, struct arena *arena);

/* Opaque and without quotes, for example "9f2c...-7-csv1-t2", in the arena; NULL when out of
 * memory. Changes when the file's bytes would: with the job, its revision, the format, its revision
 * and the options. */
const char *artifact_entity_tag(const char *job_id, int64_t job_revision,
                                const struct format *format, const struct format_options *options,
                                struct arena *arena);
