#pragma once

/*
 * Blocks, lines and words of an ALTO file (alto.c). Only computes; one file at a time.
 */

#include "ocrmesh/document/v1/document.pb-c.h"
#include "services/export/xml_writer.h"

/* Each identifier of the file ends in a number of its own: xsd:ID is unique in the document. */
struct alto_state {
    struct xml_writer *writer;
    uint64_t block_count, line_count, word_count;
};

/* Writes one block of the page and its lines. */
void alto_block_write(struct alto_state *state, const Ocrmesh__Document__V1__Page *page,
                      const Ocrmesh__Document__V1__Block *block);

/* Left out when it is none. */
void alto_confidence_write(struct xml_writer *writer, const char *name, float confidence);
