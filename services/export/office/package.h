#pragma once

/*
 * A package of Office Open XML (ECMA-376 part 2): a ZIP file of named parts, written to a sink as
 * the parts are made, one after the other. Nothing of a part is kept but its line in the directory
 * at the file's end, some 100 bytes.
 *
 * Sizes stand behind each part (ZIP's data descriptors, without Zip64: what Java's writers make,
 * which every office program reads). Times are all the same, so that a document gives the same
 * bytes each time. Failures go to the sink, after which nothing more is written.
 *
 * Thread rule: one thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

#include "services/export/sink.h"

/* Of the whole file and of each part before compression: what ZIP holds without Zip64, less a
 * margin for the directory. A larger file ends with RESOURCE_EXHAUSTED FILE_TOO_LARGE. */
#define PACKAGE_MAX_BYTES INT64_C(3900000000)

struct package;

/* @sink: borrowed for the package's life. NULL when out of memory. */
struct package *package_new(struct sink *sink);
/* Without package_close() what was written is no file. */
void package_free(struct package *package);
DEFINE_CLEANUP(struct package *, package)

/* @name: its path in the package, ASCII, without a leading slash: "word/document.xml". The part
 * before must have ended. */
void package_begin_part(struct package *package, const char *name);
/* Where the content of the part goes; lives as long as the package. What fails there is told to the
 * package's sink when the part ends. */
struct sink *package_part(struct package *package);
void package_end_part(struct package *package);

/* Writes the directory: the file is whole. */
void package_close(struct package *package);
