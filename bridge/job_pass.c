#include "bridge/job_pass.h"

#include "bridge/extraction_json.h"
#include "bridge/http/json_write.h"
#include "bridge/job_json.h"

static bool append_text(struct job_writer *writer, const char *text)
{
    if (text[0] == '\0')
        return true;
    /* As the txt and md exports are read as one string: an empty line between pages. */
    if (writer->has_text && !buf_append_str(&writer->piece, "\\n\\n"))
        return false;
    writer->has_text = true;
    return json_write_escaped(&writer->piece, str_of(text));
}

static bool begin_nothing(struct job_writer *writer)
{
    return true;
}

/* Only here the job has what its tool found. */
static bool job_text(struct job_writer *writer, const Ocrmesh__Ocr__V1__Job *job)
{
    return extraction_json_members(&writer->piece, job->extraction) &&
           buf_append_str(&writer->piece, ",\"text\":\"");
}

static bool job_nothing(struct job_writer *writer, const Ocrmesh__Ocr__V1__Job *job)
{
    return true;
}

static bool page_text(struct job_writer *writer, const Ocrmesh__Document__V1__Page *page)
{
    return append_text(writer, page->text);
}

static bool begin_markdown(struct job_writer *writer)
{
    writer->has_text = false;
    return buf_append_str(&writer->piece, "\",\"markdown\":\"");
}

static bool page_markdown(struct job_writer *writer, const Ocrmesh__Document__V1__Page *page)
{
    return append_text(writer, page->markdown);
}

static bool begin_translated_text(struct job_writer *writer)
{
    writer->has_text = false;
    return buf_append_str(&writer->piece, "\",\"translated_text\":\"");
}

static bool page_translated_text(struct job_writer *writer, const Ocrmesh__Document__V1__Page *page)
{
    return append_text(writer,
                       page->translated_text[0] != '\0' ? page->translated_text : page->text);
}

static bool begin_translated_markdown(struct job_writer *writer)
{
    writer->has_text = false;
    return buf_append_str(&writer->piece, "\",\"translated_markdown\":\"");
}

static bool page_translated_markdown(struct job_writer *writer,
                                     const Ocrmesh__Document__V1__Page *page)
{
    return append_text(writer, page->translated_markdown[0] != '\0' ? page->translated_markdown
                                                                    : page->markdown);
}

static bool begin_pages(struct job_writer *writer)
{
    return buf_append_str(&writer->piece, "\",\"pages\":[");
}

static bool page_blocks(struct job_writer *writer, const Ocrmesh__Document__V1__Page *page)
{
    struct buf *out = &writer->piece;
    bool is_more = writer->has_page && page->index == writer->page_index;

    if (is_more) {
        if (!job_json_page_more(out, page, writer->has_blocks))
            return false;
        writer->has_blocks = writer->has_blocks || page->n_blocks > 0;
        return true;
    }
    if (writer->has_page && !(job_json_page_end(out) && buf_append_str(out, ",\n")))
        return false;
    writer->has_page = true;
    writer->page_index = page->index;
    writer->has_blocks = page->n_blocks > 0;
    /* The writer looks for a comma that is due; here it stands already, before a line end. */
    struct buf one;
    buf_init(&one, JOB_PIECE_MAX_BYTES);
    bool is_written = job_json_page_begin(&one, page) && buf_append(out, one.data, one.length);
    buf_deinit(&one);
    return is_written;
}

static bool end_pages(struct job_writer *writer)
{
    return (!writer->has_page || job_json_page_end(&writer->piece)) &&
           buf_append_str(&writer->piece, "]}\n");
}

static bool end_nothing(struct job_writer *writer)
{
    return true;
}

const struct job_pass job_passes[JOB_PASSES] = {
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, false, begin_nothing, job_text, page_text,
     end_nothing},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, false, begin_markdown, job_nothing, page_markdown,
     end_nothing},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, true, begin_translated_text, job_nothing,
     page_translated_text, end_nothing},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_TEXT, true, begin_translated_markdown, job_nothing,
     page_translated_markdown, end_nothing},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_BLOCKS, false, begin_pages, job_nothing, page_blocks,
     end_pages},
};
