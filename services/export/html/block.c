#include "services/export/html/block.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/ascii.h"
#include "lib/base/utf8.h"
#include "services/export/page/language.h"
#include "services/export/page/table_view.h"
#include "services/export/page/text_flow.h"

enum { HEADING_LEVEL_MAX = 6, ORDINAL_DIGITS_MAX = 9 };

struct str html_flow(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                     const Ocrmesh__Document__V1__Block *block, struct str text)
{
    struct html_state *state = run->state;
    struct status st = {0};

    buf_clear(&state->text);
    if (text_flow_append(&state->text, page, block, text))
        return buf_str(&state->text);
    (void)FAIL_MEMORY(&st);
    sink_fail(run->sink, &st);
    return (struct str){0};
}

void html_lines_write(struct xml_writer *writer, struct str text)
{
    struct str line;

    if (!str_next_token(&text, '\n', &line))
        return;
    xml_text_str(writer, line);
    while (str_next_token(&text, '\n', &line)) {
        xml_begin(writer, "br");
        xml_end(writer);
        xml_text_str(writer, line);
    }
}

void html_direction_write(struct html_state *state, const Ocrmesh__Document__V1__Page *page,
                          const Ocrmesh__Document__V1__Block *block)
{
    const char *language = language_of(page, block);

    if (block->language[0] != '\0' && language != NULL)
        xml_attribute(state->writer, "lang", language);
    switch (block->direction) {
    case OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_LEFT_TO_RIGHT:
    case OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT:
        xml_attribute(state->writer, "dir", language_direction(block->direction));
        break;
    default:
        xml_attribute(state->writer, "dir", "auto");
        break;
    }
}

/* @text: of the block, to be shown as it is; empty: nothing is written. */
static void write_element(struct html_state *state, const Ocrmesh__Document__V1__Page *page,
                          const Ocrmesh__Document__V1__Block *block, const char *element,
                          const char *class, struct str text)
{
    struct xml_writer *writer = state->writer;
    bool is_vertical =
        block->direction == OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_TOP_TO_BOTTOM;

    if (text.n == 0)
        return;
    xml_begin(writer, element);
    if (class != NULL || is_vertical)
        xml_attributef(writer, "class", "%s%s%s", class != NULL ? class : "",
                       class != NULL && is_vertical ? " " : "", is_vertical ? "vertical" : "");
    html_direction_write(state, page, block);
    html_lines_write(writer, text);
    xml_end_full(writer);
    xml_raw(writer, "\n");
}

void html_text_write(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                     const Ocrmesh__Document__V1__Block *block, const char *element,
                     const char *class)
{
    write_element(run->state, page, block, element, class,
                  html_flow(run, page, block, str_of(block->text)));
}

static void write_translation(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                              const Ocrmesh__Document__V1__Block *block)
{
    struct html_state *state = run->state;
    struct xml_writer *writer = state->writer;
    Ocrmesh__Document__V1__Block translated = *block;

    if (block->translation[0] == '\0')
        return;
    translated.text = block->translation;
    translated.n_lines = 0; /* no place on the page is the translation's */
    xml_begin(writer, "p");
    xml_attribute(writer, "class", "translation");
    xml_attribute(writer, "dir", "auto");
    html_lines_write(writer, html_flow(run, page, &translated, str_of(translated.text)));
    xml_end_full(writer);
    xml_raw(writer, "\n");
}

/* --- lists --- */

static void close_list(struct html_state *state)
{
    xml_end_full(state->writer); /* li */
    xml_raw(state->writer, "\n");
    xml_end_full(state->writer); /* ol, ul */
    xml_raw(state->writer, "\n");
    state->list_depth--;
}

void html_lists_end(struct html_state *state)
{
    while (state->list_depth > 0)
        close_list(state);
}

/* "12." or "12)": 12. 0 for any other marker. */
static uint32_t ordinal_of(const char *marker)
{
    uint32_t number = 0;
    size_t i = 0;

    for (; ascii_is_digit(marker[i]) && i < ORDINAL_DIGITS_MAX; i++)
        number = number * 10 + (uint32_t)(marker[i] - '0');
    return i > 0 && (marker[i] == '.' || marker[i] == ')') && marker[i + 1] == '\0' ? number : 0;
}

static bool is_bullet(const char *marker)
{
    return utf8_sequence(marker, strlen(marker)) == strlen(marker) && marker[0] != '\0' &&
           !ascii_is_letter_or_digit(marker[0]);
}

/* Opens and closes lists so that an item of that depth can follow, and begins it. A marker that is
 * neither a number nor a bullet stays in the text, in a list without markers of its own. */
static void begin_item(struct html_state *state, size_t depth, const char *marker)
{
    struct xml_writer *writer = state->writer;
    uint32_t ordinal = ordinal_of(marker);
    const char *list = ordinal > 0 ? "ol" : "ul";

    if (depth > state->list_depth + 1)
        depth = state->list_depth + 1;
    while (state->list_depth > depth ||
           (state->list_depth == depth && state->lists[depth - 1] != list))
        close_list(state);
    if (state->list_depth == depth) {
        xml_end_full(writer);
        xml_raw(writer, "\n");
    } else {
        xml_begin(writer, list);
        if (ordinal == 0 && !is_bullet(marker))
            xml_attribute(writer, "class", "plain");
        xml_raw(writer, "\n");
        state->lists[state->list_depth++] = list;
    }
    xml_begin(writer, "li");
    if (ordinal > 0)
        xml_attributef(writer, "value", "%" PRIu32, ordinal);
}

static void write_item(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                       const Ocrmesh__Document__V1__Block *block)
{
    struct html_state *state = run->state;
    const char *marker = block->list_marker;
    struct str text = str_of(block->text);
    size_t depth = block->level > 0 ? block->level : 1;

    begin_item(state, depth < HTML_LIST_DEPTH_MAX ? depth : HTML_LIST_DEPTH_MAX, marker);
    html_direction_write(state, page, block);
    if ((ordinal_of(marker) > 0 || is_bullet(marker)) && str_starts_with(text, str_of(marker)))
        text = (struct str){text.p + strlen(marker), text.n - strlen(marker)};
    html_lines_write(state->writer, html_flow(run, page, block, str_trim(text)));
    write_translation(run, page, block);
}

/* --- other blocks --- */

static void write_heading(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                          const Ocrmesh__Document__V1__Block *block)
{
    static const char *const names[] = {"h1", "h2", "h3", "h4", "h5", "h6"};
    uint32_t level = block->level > 0 ? block->level : 1;

    html_text_write(run, page, block,
                    names[level < HEADING_LEVEL_MAX ? level - 1 : HEADING_LEVEL_MAX - 1], NULL);
}

static void write_formula(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                          const Ocrmesh__Document__V1__Block *block)
{
    struct html_state *state = run->state;
    struct xml_writer *writer = state->writer;

    if (block->latex[0] == '\0') {
        write_element(state, page, block, "p", "formula", str_of(block->text));
        return;
    }
    xml_begin(writer, "p");
    xml_attribute(writer, "class", "formula");
    xml_attribute(writer, "dir", "ltr");
    xml_begin(writer, "code");
    xml_text(writer, block->latex);
    xml_end_full(writer);
    xml_end_full(writer);
    xml_raw(writer, "\n");
}

void html_block_write(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                      size_t block_index)
{
    const Ocrmesh__Document__V1__Block *block = page->blocks[block_index];
    const struct html_state *state = run->state;

    if (block->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_LIST_ITEM) {
        write_item(run, page, block);
        return;
    }
    html_lists_end(run->state);
    switch (block->kind) {
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING:
        write_heading(run, page, block);
        break;
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE:
        if (table_view_is_table(block))
            html_table_write(run, page, block);
        else
            write_element(run->state, page, block, "p", NULL, str_of(block->text));
        break;
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FIGURE:
        html_figure_write(run, page, block_index);
        break;
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_CAPTION:
        if (block_index == 0 || block_index != state->captioned)
            html_text_write(run, page, block, "p", "caption");
        break;
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FORMULA:
        write_formula(run, page, block);
        break;
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADER:
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FOOTER:
        html_text_write(run, page, block, "p", "running");
        break;
    default:
        html_text_write(run, page, block, "p", NULL);
        break;
    }
    write_translation(run, page, block);
}
