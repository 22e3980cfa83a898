/* The HTML within a reading, by gumbo. */

#include <stdlib.h>
#include <string.h>

#include <gumbo.h>

#include "services/ocr/worker/vision/reading_internal.h"

enum {
    /* gumbo keeps, and frees, what is nested by calling itself. */
    TAGS_MAX = 20000,
    DEPTH_MAX = 200,
    COLUMNS_MAX = 1000,
};

struct html_walk {
    struct reading_writer *writer;
    bool is_in_block;
    int depth;
};

static void walk_children(struct html_walk *walk, const GumboVector *children);

static void end_block(struct html_walk *walk)
{
    if (walk->is_in_block)
        reading_end_block(walk->writer);
    walk->is_in_block = false;
}

static void begin_block(struct html_walk *walk, block_kind kind, uint32_t level, const char *marker)
{
    end_block(walk);
    struct reading_block *block = reading_begin_block(walk->writer, kind);
    if (block == NULL)
        return;
    block->level = level;
    block->list_marker = marker;
    walk->is_in_block = true;
}

static void write_text(struct html_walk *walk, const char *text)
{
    if (!walk->is_in_block) {
        if (text[strspn(text, " \t\r\n")] == '\0')
            return;
        begin_block(walk, BLOCK_PARAGRAPH, 0, NULL);
    }
    /* A line break in the source is a space. */
    for (const char *c = text; *c != '\0'; c++)
        reading_write(walk->writer, *c == '\n' || *c == '\r' ? " " : c, 1);
}

/* --- tables --- */

struct table_walk {
    struct html_walk *walk;
    uint32_t row;
    uint32_t column;
    uint32_t rows_taken[COLUMNS_MAX]; /* from this row on, by cells that span */
    bool is_in_head;
};

static uint32_t span_of(const GumboElement *element, const char *name)
{
    const GumboAttribute *attribute = gumbo_get_attribute(&element->attributes, name);
    int64_t span = 1;

    if (attribute == NULL || !str_to_int64(str_of(attribute->value), &span) || span < 1)
        return 1;
    return span > READING_SPAN_MAX ? READING_SPAN_MAX : (uint32_t)span;
}

static void add_cell(struct table_walk *table, const GumboElement *element)
{
    struct html_walk *walk = table->walk;
    struct reading_cell cell = {
        .row = table->row,
        .row_span = span_of(element, "rowspan"),
        .column_span = span_of(element, "colspan"),
        .is_header = table->is_in_head || element->tag == GUMBO_TAG_TH,
    };

    while (table->column < COLUMNS_MAX && table->rows_taken[table->column] > 0)
        table->column++;
    if (table->column >= COLUMNS_MAX)
        return;
    /* Not over cells that span from above. */
    for (uint32_t i = 1; i < cell.column_span; i++)
        if (table->column + i >= COLUMNS_MAX || table->rows_taken[table->column + i] > 0)
            cell.column_span = i;
    cell.column = table->column;
    for (uint32_t i = 0; i < cell.column_span; i++)
        table->rows_taken[table->column++] = cell.row_span;
    walk_children(walk, &element->children);
    reading_end_cell(walk->writer, cell);
}

static void add_row(struct table_walk *table, const GumboElement *element)
{
    table->column = 0;
    for (unsigned i = 0; i < element->children.length; i++) {
        const GumboNode *node = element->children.data[i];
        if (node->type == GUMBO_NODE_ELEMENT &&
            (node->v.element.tag == GUMBO_TAG_TD || node->v.element.tag == GUMBO_TAG_TH))
            add_cell(table, &node->v.element);
    }
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        if (table->rows_taken[i] > 0)
            table->rows_taken[i]--;
    table->row++;
}

/* Rows stand in the table itself or in its sections; HTML's parser has made it so. */
static void add_rows(struct table_walk *table, const GumboElement *element)
{
    for (unsigned i = 0; i < element->children.length; i++) {
        const GumboNode *node = element->children.data[i];
        if (node->type != GUMBO_NODE_ELEMENT)
            continue;
        switch (node->v.element.tag) {
        case GUMBO_TAG_TR:
            add_row(table, &node->v.element);
            break;
        case GUMBO_TAG_THEAD:
        case GUMBO_TAG_TBODY:
        case GUMBO_TAG_TFOOT:
            if (element->tag == GUMBO_TAG_TABLE) {
                table->is_in_head = node->v.element.tag == GUMBO_TAG_THEAD;
                add_rows(table, &node->v.element);
                table->is_in_head = false;
            }
            break;
        default:
            break;
        }
    }
}

static void add_table(struct html_walk *walk, const GumboElement *element)
{
    _cleanup_(freep) struct table_walk *table = calloc(1, sizeof(*table));

    begin_block(walk, BLOCK_TABLE, 0, NULL);
    if (table == NULL || !walk->is_in_block) {
        walk->writer->reading->is_full = true;
        return;
    }
    table->walk = walk;
    add_rows(table, element);
    end_block(walk);
}

/* --- everything else --- */

typedef enum { TAG_INLINE, TAG_BLOCK, TAG_DROPPED } tag_kind;

static tag_kind kind_of(GumboTag tag)
{
    switch (tag) {
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_OBJECT:
    case GUMBO_TAG_EMBED:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_TEXTAREA:
    case GUMBO_TAG_SELECT:
        return TAG_DROPPED;
    case GUMBO_TAG_P:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_FIGURE:
    case GUMBO_TAG_FIGCAPTION:
    case GUMBO_TAG_HR:
        return TAG_BLOCK;
    default:
        return TAG_INLINE;
    }
}

/* @is_cell: within a table's cell everything is the cell's text. */
static void walk_element(struct html_walk *walk, const GumboElement *element, bool is_cell)
{
    tag_kind kind = kind_of(element->tag);

    if (kind == TAG_DROPPED)
        return;
    if (element->tag == GUMBO_TAG_BR) {
        reading_write(walk->writer, "\n", walk->is_in_block);
        return;
    }
    if (is_cell) {
        reading_write(walk->writer, " ", kind == TAG_BLOCK);
        walk_children(walk, &element->children);
        return;
    }
    if (element->tag == GUMBO_TAG_TABLE) {
        add_table(walk, element);
        return;
    }
    if (element->tag >= GUMBO_TAG_H1 && element->tag <= GUMBO_TAG_H6)
        begin_block(walk, BLOCK_HEADING, 1 + (uint32_t)(element->tag - GUMBO_TAG_H1), NULL);
    else if (element->tag == GUMBO_TAG_LI)
        begin_block(walk, BLOCK_LIST_ITEM, 1, "•");
    else if (kind == TAG_BLOCK)
        end_block(walk);
    walk_children(walk, &element->children);
    if (kind == TAG_BLOCK || element->tag == GUMBO_TAG_LI ||
        (element->tag >= GUMBO_TAG_H1 && element->tag <= GUMBO_TAG_H6))
        end_block(walk);
}

static bool is_in_cell(const struct html_walk *walk)
{
    const struct reading *reading = walk->writer->reading;

    return walk->is_in_block && reading->block_count > 0 &&
           reading->blocks[reading->block_count - 1].kind == BLOCK_TABLE;
}

static void walk_children(struct html_walk *walk, const GumboVector *children)
{
    if (walk->depth == DEPTH_MAX)
        return;
    walk->depth++;
    for (unsigned i = 0; i < children->length && !walk->writer->reading->is_full; i++) {
        const GumboNode *node = children->data[i];
        if (node->type == GUMBO_NODE_ELEMENT)
            walk_element(walk, &node->v.element, is_in_cell(walk));
        else if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE)
            write_text(walk, node->v.text.text);
    }
    walk->depth--;
}

static size_t count_tags(struct str html)
{
    size_t count = 0;

    for (size_t i = 0; i < html.n; i++)
        count += html.p[i] == '<';
    return count;
}

void reading_add_html(struct reading_writer *writer, struct str html)
{
    struct html_walk walk = {.writer = writer};
    GumboOptions options = kGumboDefaultOptions;
    GumboOutput *output;

    if (count_tags(html) > TAGS_MAX) {
        writer->reading->is_full = true;
        return;
    }
    options.max_errors = 1; /* of which nothing is made */
    options.fragment_context = GUMBO_TAG_BODY;
    output = gumbo_parse_with_options(&options, html.p, html.n);
    walk_children(&walk, &output->root->v.element.children);
    end_block(&walk);
    gumbo_destroy_output(&options, output);
}
