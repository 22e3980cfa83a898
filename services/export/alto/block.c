#include "services/export/alto/block.h"

#include <inttypes.h>
#include <math.h>

#include "lib/rest/words.h"
#include "services/export/page/box.h"
#include "services/export/page/language.h"

static void write_box(struct xml_writer *writer, const Ocrmesh__Document__V1__BoundingBox *bbox,
                      const Ocrmesh__Document__V1__Page *page)
{
    struct box box;

    if (!box_of(bbox, page, &box))
        return;
    xml_attributef(writer, "HPOS", "%d", box.x0);
    xml_attributef(writer, "VPOS", "%d", box.y0);
    xml_attributef(writer, "WIDTH", "%d", box.x1 - box.x0);
    xml_attributef(writer, "HEIGHT", "%d", box.y1 - box.y0);
}

void alto_confidence_write(struct xml_writer *writer, const char *name, float confidence)
{
    if (confidence >= 0 && confidence <= 1)
        xml_attributef(writer, name, "%.4g", (double)confidence);
}

static void write_direction(struct xml_writer *writer,
                            Ocrmesh__Document__V1__TextDirection direction)
{
    const char *word = language_direction(direction);

    if (word != NULL)
        xml_attribute(writer, "BASEDIRECTION", word);
}

/* --- lines --- */

/* The white space between two words, where the text has one. */
static void write_space(struct xml_writer *writer, const Ocrmesh__Document__V1__Page *page,
                        const Ocrmesh__Document__V1__Line *line,
                        const Ocrmesh__Document__V1__Word *before,
                        const Ocrmesh__Document__V1__Word *after)
{
    struct box a, b;
    int32_t left, right;

    xml_begin(writer, "SP");
    if (line->direction != OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_TOP_TO_BOTTOM &&
        box_of(before->bbox, page, &a) && box_of(after->bbox, page, &b)) {
        left = a.x1 < b.x1 ? a.x1 : b.x1;
        right = a.x0 > b.x0 ? a.x0 : b.x0;
        if (right >= left) {
            xml_attributef(writer, "HPOS", "%d", left);
            xml_attributef(writer, "VPOS", "%d", a.y0);
            xml_attributef(writer, "WIDTH", "%d", right - left);
        }
    }
    xml_end(writer);
}

static void write_word(struct alto_state *state, const Ocrmesh__Document__V1__Page *page,
                       const Ocrmesh__Document__V1__Word *word)
{
    struct xml_writer *writer = state->writer;

    xml_begin(writer, "String");
    xml_attributef(writer, "ID", "string_%" PRIu64, ++state->word_count);
    write_box(writer, word->bbox, page);
    xml_attribute(writer, "CONTENT", word->text);
    alto_confidence_write(writer, "WC", word->confidence);
    xml_end(writer);
}

/* ALTO 4.2 and later: points from the left end to the right one. */
static void write_baseline(struct xml_writer *writer,
                           const Ocrmesh__Document__V1__Baseline *baseline)
{
    if (baseline == NULL || !isfinite(baseline->x0) || !isfinite(baseline->y0) ||
        !isfinite(baseline->x1) || !isfinite(baseline->y1) || baseline->x1 <= baseline->x0)
        return;
    xml_attributef(writer, "BASELINE", "%.6g,%.6g %.6g,%.6g", (double)baseline->x0,
                   (double)baseline->y0, (double)baseline->x1, (double)baseline->y1);
}

static bool has_word(const Ocrmesh__Document__V1__Line *line)
{
    for (size_t i = 0; i < line->n_words; i++)
        if (line->words[i]->text[0] != '\0')
            return true;
    return false;
}

static void write_line(struct alto_state *state, const Ocrmesh__Document__V1__Page *page,
                       const Ocrmesh__Document__V1__Line *line)
{
    struct xml_writer *writer = state->writer;
    const Ocrmesh__Document__V1__Word *before = NULL;

    if (!has_word(line))
        return;
    xml_begin(writer, "TextLine");
    xml_attributef(writer, "ID", "line_%" PRIu64, ++state->line_count);
    write_box(writer, line->bbox, page);
    write_baseline(writer, line->baseline);
    write_direction(writer, line->direction);
    for (size_t i = 0; i < line->n_words; i++) {
        const Ocrmesh__Document__V1__Word *word = line->words[i];

        if (word->text[0] == '\0')
            continue;
        if (before != NULL && !before->no_space_after)
            write_space(writer, page, line, before, word);
        write_word(state, page, word);
        before = word;
    }
    xml_end(writer);
    xml_raw(writer, "\n");
}

/* A word without a position. */
static void write_plain_word(struct alto_state *state, struct str word)
{
    struct xml_writer *writer = state->writer;
    _cleanup_(buf_deinit) struct buf content;

    buf_init(&content, word.n + 1);
    if (!buf_append(&content, word.p, word.n))
        return;
    xml_begin(writer, "String");
    xml_attributef(writer, "ID", "string_%" PRIu64, ++state->word_count);
    xml_attribute(writer, "CONTENT", content.data);
    xml_end(writer);
}

/* Takes what stands before the next space or tab: the cells of a row are parted by tabs. */
static bool next_word(struct str *line, struct str *ret_word)
{
    size_t length = 0;

    while (length < line->n && line->p[length] != ' ' && line->p[length] != '\t')
        length++;
    *ret_word = (struct str){line->p, length};
    if (line->n == 0)
        return false;
    length += length < line->n;
    *line = (struct str){line->p + length, line->n - length};
    return true;
}

/* A line of text without positions; none when there is no word in it. */
static void write_plain_line(struct alto_state *state, struct str line)
{
    struct xml_writer *writer = state->writer;
    struct str word;
    bool has_word = false;

    while (next_word(&line, &word)) {
        if (word.n == 0)
            continue;
        if (has_word) {
            xml_begin(writer, "SP");
            xml_end(writer);
        } else {
            xml_begin(writer, "TextLine");
            xml_attributef(writer, "ID", "line_%" PRIu64, ++state->line_count);
        }
        has_word = true;
        write_plain_word(state, word);
    }
    if (!has_word)
        return;
    xml_end(writer);
    xml_raw(writer, "\n");
}

/* --- blocks --- */

static void write_text_block(struct alto_state *state, const Ocrmesh__Document__V1__Page *page,
                             const Ocrmesh__Document__V1__Block *block)
{
    struct xml_writer *writer = state->writer;
    struct str text = str_of(block->text), line;

    xml_begin(writer, "TextBlock");
    xml_attributef(writer, "ID", "block_%" PRIu64, ++state->block_count);
    xml_attributef(writer, "TAGREFS", "kind_%s", rest_block_kind_word(block->kind));
    write_box(writer, block->bbox, page);
    if (language_of(page, block) != NULL)
        xml_attribute(writer, "LANG", language_of(page, block));
    write_direction(writer, block->direction);
    xml_raw(writer, "\n");
    for (size_t i = 0; i < block->n_lines; i++)
        write_line(state, page, block->lines[i]);
    if (block->n_lines == 0)
        while (str_next_token(&text, '\n', &line))
            write_plain_line(state, line);
    xml_end(writer);
    xml_raw(writer, "\n");
}

void alto_block_write(struct alto_state *state, const Ocrmesh__Document__V1__Page *page,
                      const Ocrmesh__Document__V1__Block *block)
{
    struct xml_writer *writer = state->writer;
    bool is_figure = block->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FIGURE;
    bool is_table = block->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE;

    if (is_figure && block->n_lines == 0 && block->text[0] == '\0') {
        xml_begin(writer, "Illustration");
        xml_attributef(writer, "ID", "block_%" PRIu64, ++state->block_count);
        xml_attribute(writer, "TAGREFS", "kind_figure");
        write_box(writer, block->bbox, page);
        xml_end(writer);
        xml_raw(writer, "\n");
        return;
    }
    if (is_table) {
        xml_begin(writer, "ComposedBlock");
        xml_attributef(writer, "ID", "block_%" PRIu64, ++state->block_count);
        xml_attribute(writer, "TAGREFS", "kind_table");
        write_box(writer, block->bbox, page);
        xml_attribute(writer, "TYPE", "table");
        xml_raw(writer, "\n");
    }
    write_text_block(state, page, block);
    if (is_table) {
        xml_end(writer);
        xml_raw(writer, "\n");
    }
}
