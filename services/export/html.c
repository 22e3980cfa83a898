/*
 * html: one page that stands alone: no script, nothing that is fetched from elsewhere, a style
 * sheet for light and dark, wide and narrow windows and for print.
 *
 * A section a page of the document, with headings, lists, tables with spans and scopes, figures
 * with their pictures in data: URLs where such are kept, and languages and directions of blocks.
 * Text flows (page/text_flow.h). A translation stands below its original. The markup is
 * well-formed XML as well.
 */

#include <inttypes.h>

#include "services/export/format.h"
#include "services/export/html/block.h"
#include "services/export/page/language.h"

enum { TEXT_MAX_BYTES = 64 << 20, TEXT_KEPT_BYTES = 64 << 10 };

/* No "<" or "&": the same bytes in HTML and in XML. */
static const char style[] =
    "\n"
    ":root { color-scheme: light dark; --text: #1a1a1a; --ground: #fff; --quiet: #5c5c5c;\n"
    "  --line: #c8c8c8; --shade: #f3f3f3; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --text: #e6e6e6; --ground: #161616; --quiet: #a6a6a6; --line: #4a4a4a;\n"
    "    --shade: #242424; } }\n"
    "body { margin: 0; color: var(--text); background: var(--ground);\n"
    "  font: 1rem/1.6 system-ui, -apple-system, \"Segoe UI\", Roboto, \"Noto Sans\", sans-serif; "
    "}\n"
    "main { max-width: 46rem; margin: 0 auto; padding: 1rem; overflow-wrap: break-word; }\n"
    "section { padding: 1.5rem 0; }\n"
    "section + section { border-top: 1px solid var(--line); }\n"
    "h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 1.2em 0 .4em; }\n"
    "h1 { font-size: 1.8rem; } h2 { font-size: 1.45rem; } h3 { font-size: 1.2rem; }\n"
    "h4, h5, h6 { font-size: 1rem; }\n"
    "p { margin: .6em 0; }\n"
    "ul.plain { list-style: none; }\n"
    ".running, .caption, figcaption { color: var(--quiet); font-size: .875rem; }\n"
    ".translation { border-inline-start: 3px solid var(--line); padding-inline-start: .75em; }\n"
    ".formula { overflow-x: auto; } .formula code { font-size: 1rem; }\n"
    ".vertical { writing-mode: vertical-rl; max-height: 80vh; }\n"
    ".failed { color: var(--quiet); font-style: italic; }\n"
    ".table { overflow-x: auto; margin: 1em 0; }\n"
    "table { border-collapse: collapse; min-width: 50%; }\n"
    "th, td { border: 1px solid var(--line); padding: .3em .6em; text-align: start;\n"
    "  vertical-align: top; }\n"
    "th { background: var(--shade); }\n"
    "figure { margin: 1em 0; } figure img { max-width: 100%; height: auto; background: #fff; }\n"
    "@media print { :root { --text: #000; --ground: #fff; --quiet: #444; --line: #999;\n"
    "    --shade: #eee; }\n"
    "  main { max-width: none; padding: 0; } section + section { border: 0; break-before: page; }\n"
    "  h1, h2, h3, h4, h5, h6 { break-after: avoid; } tr, figure { break-inside: avoid; }\n"
    "  .table { overflow: visible; } }\n";

static void write_meta(struct xml_writer *writer, const char *attribute, const char *name,
                       const char *content)
{
    xml_begin(writer, "meta");
    xml_attribute(writer, attribute, name);
    xml_attribute(writer, "content", content);
    xml_end(writer);
    xml_raw(writer, "\n");
}

/* @language: of the first page, for it stands ahead of all; NULL: not known. */
static void begin_document(struct format_run *run, const char *language)
{
    struct html_state *state = run->state;
    struct xml_writer *writer = state->writer;

    state->has_begun = true;
    xml_raw(writer, "<!DOCTYPE html>\n");
    xml_begin(writer, "html");
    if (language != NULL)
        xml_attribute(writer, "lang", language);
    xml_raw(writer, "\n");
    xml_begin(writer, "head");
    xml_raw(writer, "\n");
    xml_begin(writer, "meta");
    xml_attribute(writer, "charset", "utf-8");
    xml_end(writer);
    xml_raw(writer, "\n");
    write_meta(writer, "name", "viewport", "width=device-width, initial-scale=1");
    write_meta(writer, "name", "generator", "ocrmesh");
    write_meta(writer, "http-equiv", "Content-Security-Policy",
               "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    xml_element(writer, "title", run->job->file_name[0] != '\0' ? run->job->file_name : "Document");
    xml_raw(writer, "\n");
    xml_begin(writer, "style");
    xml_raw(writer, style);
    xml_end_full(writer);
    xml_raw(writer, "\n");
    xml_end_full(writer);
    xml_raw(writer, "\n");
    xml_begin(writer, "body");
    xml_raw(writer, "\n");
    xml_begin(writer, "main");
    xml_raw(writer, "\n");
}

static void begin_html(struct format_run *run)
{
    struct html_state *state = run->state;

    state->writer = xml_writer_new(run->sink);
    buf_init(&state->text, TEXT_MAX_BYTES);
}

static void write_failure(struct html_state *state, const Ocrmesh__Document__V1__PageError *error)
{
    xml_begin(state->writer, "p");
    xml_attribute(state->writer, "class", "failed");
    xml_attribute(state->writer, "lang", "en");
    xml_text(state->writer, "This page could not be read: ");
    xml_text(state->writer, error->message);
    xml_end_full(state->writer);
    xml_raw(state->writer, "\n");
}

static void html_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    struct html_state *state = run->state;
    struct xml_writer *writer = state->writer;
    const char *language = language_of(page, NULL);
    uint64_t number = (uint64_t)page->index + 1;

    if (!state->has_begun)
        begin_document(run, language);
    state->captioned = 0;
    xml_begin(writer, "section");
    xml_attributef(writer, "id", "page-%" PRIu64, number);
    xml_attributef(writer, "aria-label", "Page %" PRIu64, number);
    if (language != NULL)
        xml_attribute(writer, "lang", language);
    xml_raw(writer, "\n");
    for (size_t i = 0; i < page->n_blocks; i++)
        html_block_write(run, page, i);
    html_lists_end(state);
    if (page->error != NULL)
        write_failure(state, page->error);
    xml_end_full(writer);
    xml_raw(writer, "\n");
    xml_flush(writer);
    if (state->text.capacity > TEXT_KEPT_BYTES)
        buf_deinit(&state->text);
}

static void end_html(struct format_run *run)
{
    struct html_state *state = run->state;

    if (!state->has_begun)
        begin_document(run, NULL);
    for (int i = 0; i < 3; i++) { /* main, body, html */
        xml_end_full(state->writer);
        xml_raw(state->writer, "\n");
    }
    xml_flush(state->writer);
}

static void cleanup_html(void *data)
{
    struct html_state *state = data;

    xml_writer_free(TAKE(state->writer));
    buf_deinit(&state->text);
}

static const struct format_pass passes[] = {
    {.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL,
     .begin = begin_html,
     .page = html_page,
     .end = end_html},
};

const struct format format_html = {
    .name = "html",
    .media_type = "text/html; charset=utf-8",
    .extension = ".html",
    .description = "One self-contained, accessible web page with tables and figures.",
    .revision = 2,
    .state_size = sizeof(struct html_state),
    .cleanup = cleanup_html,
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
