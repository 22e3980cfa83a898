#include "services/export/xml_writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libxml/xmlwriter.h>

#include "services/export/page/plain_text.h"

/* Text of one call: a page's, with U+FFFD for each of its bytes. */
enum { SCRATCH_MAX_BYTES = 64 << 20, SCRATCH_KEPT_BYTES = 64 << 10 };

struct xml_writer {
    struct sink *sink;
    xmlTextWriterPtr text_writer;
    struct buf scratch;
};

/* An xmlOutputWriteCallback. */
static int write_to_sink(void *context, const char *data, int length)
{
    struct xml_writer *writer = context;

    if (length > 0)
        sink_append(writer->sink, data, (size_t)length);
    return length;
}

static void fail(struct sink *sink)
{
    struct status st = {0};

    (void)FAIL_MEMORY(&st);
    sink_fail(sink, &st);
}

/* libxml2's functions answer -1 when memory runs out. */
static void check(struct xml_writer *writer, int result)
{
    if (result < 0)
        fail(writer->sink);
}

static bool is_usable(const struct xml_writer *writer)
{
    return writer != NULL && !writer->sink->has_failed;
}

struct xml_writer *xml_writer_new(struct sink *sink)
{
    struct xml_writer *writer = calloc(1, sizeof(*writer));
    xmlOutputBufferPtr output;

    if (writer == NULL) {
        fail(sink);
        return NULL;
    }
    writer->sink = sink;
    buf_init(&writer->scratch, SCRATCH_MAX_BYTES);
    output = xmlOutputBufferCreateIO(write_to_sink, NULL, writer, NULL);
    writer->text_writer = output != NULL ? xmlNewTextWriter(output) : NULL;
    if (writer->text_writer == NULL) {
        if (output != NULL)
            (void)xmlOutputBufferClose(output);
        fail(sink);
        free(writer);
        return NULL;
    }
    return writer;
}

void xml_writer_free(struct xml_writer *writer)
{
    if (writer == NULL)
        return;
    xmlFreeTextWriter(writer->text_writer); /* which flushes into the sink */
    buf_deinit(&writer->scratch);
    free(writer);
}

/* `text` cleaned; NULL after a failure. */
static const xmlChar *clean(struct xml_writer *writer, const char *text)
{
    const char *cleaned = plain_text_clean(text, &writer->scratch);

    if (cleaned == NULL)
        fail(writer->sink);
    return (const xmlChar *)cleaned;
}

void xml_declaration(struct xml_writer *writer)
{
    if (is_usable(writer))
        check(writer, xmlTextWriterStartDocument(writer->text_writer, "1.0", "UTF-8", NULL));
}

void xml_begin(struct xml_writer *writer, const char *name)
{
    if (is_usable(writer))
        check(writer, xmlTextWriterStartElement(writer->text_writer, (const xmlChar *)name));
}

void xml_end(struct xml_writer *writer)
{
    if (is_usable(writer))
        check(writer, xmlTextWriterEndElement(writer->text_writer));
}

void xml_end_full(struct xml_writer *writer)
{
    if (is_usable(writer))
        check(writer, xmlTextWriterFullEndElement(writer->text_writer));
}

void xml_attribute(struct xml_writer *writer, const char *name, const char *value)
{
    const xmlChar *cleaned;

    if (!is_usable(writer))
        return;
    cleaned = clean(writer, value);
    if (cleaned != NULL)
        check(writer,
              xmlTextWriterWriteAttribute(writer->text_writer, (const xmlChar *)name, cleaned));
}

void xml_attributef(struct xml_writer *writer, const char *name, const char *format, ...)
{
    char value[XML_PRINTF_MAX_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(value, sizeof(value), format, arguments);
    va_end(arguments);
    xml_attribute(writer, name, value);
}

void xml_attribute_begin(struct xml_writer *writer, const char *name)
{
    if (is_usable(writer))
        check(writer, xmlTextWriterStartAttribute(writer->text_writer, (const xmlChar *)name));
}

void xml_attribute_part(struct xml_writer *writer, const char *text)
{
    xml_raw(writer, text);
}

void xml_attribute_end(struct xml_writer *writer)
{
    if (is_usable(writer))
        check(writer, xmlTextWriterEndAttribute(writer->text_writer));
}

void xml_text(struct xml_writer *writer, const char *text)
{
    const xmlChar *cleaned;

    if (!is_usable(writer))
        return;
    cleaned = clean(writer, text);
    if (cleaned != NULL)
        check(writer, xmlTextWriterWriteString(writer->text_writer, cleaned));
}

void xml_text_str(struct xml_writer *writer, struct str text)
{
    char piece[1024]; /* libxml2 wants its strings to end in NUL */
    size_t used = 0;

    if (!is_usable(writer))
        return;
    while (text.n > 0) {
        struct str kept;
        size_t length = plain_text_next(text, &kept);

        text = (struct str){text.p + length, text.n - length};
        if (used + kept.n >= sizeof(piece)) {
            piece[used] = '\0';
            check(writer, xmlTextWriterWriteString(writer->text_writer, (xmlChar *)piece));
            used = 0;
        }
        memcpy(piece + used, kept.p, kept.n);
        used += kept.n;
    }
    piece[used] = '\0';
    if (used > 0)
        check(writer, xmlTextWriterWriteString(writer->text_writer, (xmlChar *)piece));
}

void xml_fail_memory(struct xml_writer *writer)
{
    if (writer != NULL)
        fail(writer->sink);
}

void xml_element(struct xml_writer *writer, const char *name, const char *text)
{
    xml_begin(writer, name);
    xml_text(writer, text);
    xml_end_full(writer);
}

void xml_raw(struct xml_writer *writer, const char *markup)
{
    if (is_usable(writer))
        check(writer, xmlTextWriterWriteRaw(writer->text_writer, (const xmlChar *)markup));
}

void xml_flush(struct xml_writer *writer)
{
    if (!is_usable(writer))
        return;
    check(writer, xmlTextWriterFlush(writer->text_writer));
    if (writer->scratch.capacity > SCRATCH_KEPT_BYTES)
        buf_deinit(&writer->scratch);
}
