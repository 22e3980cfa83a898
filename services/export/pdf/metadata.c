#include "services/export/pdf/metadata.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include "services/export/pdf/icc.h"

#define PRODUCER "ocrmesh"

enum {
    METADATA_MAX_BYTES = 64 << 10,
    DATE_SIZE = 24,
    SECOND_DIGITS_END = 19, /* of "2026-01-31T09:08:07" */
};

/* "2026-01-31T09:08:07Z"; empty when unset. */
static void format_date(const Google__Protobuf__Timestamp *time, char ret_date[static DATE_SIZE])
{
    char full[TIME_RFC3339_SIZE];

    ret_date[0] = '\0';
    if (time == NULL || time->seconds < 0 || time->seconds > INT64_MAX / NANOSECONDS_PER_SECOND - 1)
        return;
    time_format_rfc3339(time->seconds * NANOSECONDS_PER_SECOND, full);
    (void)snprintf(ret_date, DATE_SIZE, "%.*sZ", SECOND_DIGITS_END, full);
}

/* When the document was made: when its job ended. */
static const Google__Protobuf__Timestamp *made_time(const Ocrmesh__Ocr__V1__Job *job)
{
    return job->finish_time != NULL ? job->finish_time : job->create_time;
}

uint32_t pdf_metadata_write_info(const Ocrmesh__Ocr__V1__Job *job, struct pdf_writer *writer)
{
    uint32_t number = pdf_writer_reserve(writer);
    char date[DATE_SIZE];
    struct pdf_body body;

    pdf_body_init(&body, METADATA_MAX_BYTES);
    pdf_body_printf(&body, "<</Producer(" PRODUCER ")");
    if (job->file_name[0] != '\0') {
        pdf_body_printf(&body, "/Title");
        pdf_body_text_string(&body, job->file_name);
    }
    format_date(made_time(job), date);
    if (date[0] != '\0')
        for (int i = 0; i < 2; i++)
            pdf_body_printf(&body, "/%s(D:%.4s%.2s%.2s%.2s%.2s%.2sZ)",
                            i == 0 ? "CreationDate" : "ModDate", date, date + 5, date + 8,
                            date + 11, date + 14, date + 17);
    pdf_body_printf(&body, ">>");
    pdf_writer_object(writer, number, &body);
    pdf_body_deinit(&body);
    return number;
}

/* Text of XML: escaped, without the characters that XML 1.0 has not. */
static void append_xml(struct pdf_body *body, const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length;) {
        uint32_t character;
        bool is_valid;
        size_t used = utf8_decode(text + i, length - i, &character, &is_valid);

        if (!is_valid || character == 0xFFFE || character == 0xFFFF)
            pdf_body_append(body, UTF8_REPLACEMENT_TEXT, 3);
        else if (character == '&' || character == '<' || character == '>')
            pdf_body_printf(body, "&#%u;", (unsigned)character);
        else if (character >= 0x20 && (character < 0x7F || character > 0x9F))
            pdf_body_append(body, text + i, used);
        i += used;
    }
}

uint32_t pdf_metadata_write_xmp(const Ocrmesh__Ocr__V1__Job *job, const char *language,
                                struct pdf_writer *writer)
{
    uint32_t number = pdf_writer_reserve(writer);
    char date[DATE_SIZE];
    struct pdf_body xmp;

    format_date(made_time(job), date);
    pdf_body_init(&xmp, METADATA_MAX_BYTES);
    pdf_body_printf(&xmp,
                    "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
                    "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
                    "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
                    " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\""
                    " xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\""
                    " xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n"
                    "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>\n"
                    "<dc:format>application/pdf</dc:format>\n<pdf:Producer>" PRODUCER
                    "</pdf:Producer>\n");
    if (job->file_name[0] != '\0') {
        pdf_body_printf(&xmp, "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">");
        append_xml(&xmp, job->file_name);
        pdf_body_printf(&xmp, "</rdf:li></rdf:Alt></dc:title>\n");
    }
    if (language[0] != '\0')
        pdf_body_printf(&xmp, "<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language>\n",
                        language);
    if (date[0] != '\0')
        pdf_body_printf(&xmp,
                        "<xmp:CreateDate>%s</xmp:CreateDate><xmp:ModifyDate>%s</xmp:ModifyDate>\n",
                        date, date);
    pdf_body_printf(&xmp, "</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"r\"?>");
    pdf_writer_check(writer, &xmp);
    /* Programs look for it without knowing PDF. */
    pdf_writer_plain_stream(writer, number, STR("/Type/Metadata/Subtype/XML"), buf_str(&xmp.text));
    pdf_body_deinit(&xmp);
    return number;
}

uint32_t pdf_metadata_write_intent(struct pdf_writer *writer)
{
    uint32_t profile = pdf_writer_reserve(writer), number = pdf_writer_reserve(writer);
    struct pdf_body body;

    pdf_body_init(&body, METADATA_MAX_BYTES);
    if (!icc_append_srgb(&body.text))
        body.has_failed = true;
    pdf_writer_check(writer, &body);
    pdf_writer_stream(writer, profile, STR("/N 3"), buf_str(&body.text));
    pdf_body_clear(&body);
    pdf_body_printf(&body,
                    "<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)"
                    "/Info(sRGB IEC61966-2.1)/DestOutputProfile %" PRIu32 " 0 R>>",
                    profile);
    pdf_writer_object(writer, number, &body);
    pdf_body_deinit(&body);
    return number;
}
