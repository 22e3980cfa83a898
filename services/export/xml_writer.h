#pragma once

/*
 * XML as it is made, on libxml2's xmlTextWriter: what is written goes to a sink, and nothing is
 * kept but the names of the open elements.
 *
 * Text and attribute values are cleaned (page/plain_text.h), so that no document makes a file that
 * XML 1.0 does not allow; elements and attribute names are the caller's own constants. A failure is
 * the sink's (sink_fail()), after which all functions do nothing. One thread at a time.
 */

#include "lib/base/cleanup.h"
#include "services/export/sink.h"

struct xml_writer;

/* @sink: outlives the writer. NULL when out of memory, which the sink tells too; the functions take
 * NULL and then do nothing. */
struct xml_writer *xml_writer_new(struct sink *sink);
void xml_writer_free(struct xml_writer *writer);
DEFINE_CLEANUP(struct xml_writer *, xml_writer)

/* <?xml version="1.0" encoding="UTF-8"?> */
void xml_declaration(struct xml_writer *writer);

void xml_begin(struct xml_writer *writer, const char *name);
/* Closes the innermost element: <p/> when nothing is in it. */
void xml_end(struct xml_writer *writer);
/* The same, but always with an end tag: <p></p>, as HTML needs it for most elements. */
void xml_end_full(struct xml_writer *writer);

/* Only directly after xml_begin() or another attribute. */
void xml_attribute(struct xml_writer *writer, const char *name, const char *value);
/* @format: of numbers and constants; the longest value is XML_PRINTF_MAX_BYTES. */
enum { XML_PRINTF_MAX_BYTES = 512 };
void xml_attributef(struct xml_writer *writer, const char *name, const char *format, ...)
    _printf_(3, 4);

/* A value in pieces: begin, any number of constant pieces that need no escape, end. */
void xml_attribute_begin(struct xml_writer *writer, const char *name);
void xml_attribute_part(struct xml_writer *writer, const char *text);
void xml_attribute_end(struct xml_writer *writer);

void xml_text(struct xml_writer *writer, const char *text);
/* The same for a view, which need not end in NUL. */
void xml_text_str(struct xml_writer *writer, struct str text);
/* An element with nothing but text in it. */
void xml_element(struct xml_writer *writer, const char *name, const char *text);
/* Constant markup or white space, as it is. */
void xml_raw(struct xml_writer *writer, const char *markup);

/* For a writer of content that is out of memory: fails the sink. */
void xml_fail_memory(struct xml_writer *writer);
/* Passes all that was written on to the sink: after each page, and at the end. */
void xml_flush(struct xml_writer *writer);
