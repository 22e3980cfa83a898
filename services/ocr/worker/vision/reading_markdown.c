/* The Markdown of a reading, by cmark-gfm. */

#include <string.h>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include "services/ocr/worker/vision/reading_internal.h"

DEFINE_CLEANUP_NAMED(cmark_parser *, parser_freep, cmark_parser_free)
DEFINE_CLEANUP_NAMED(cmark_node *, node_freep, cmark_node_free)
DEFINE_CLEANUP_NAMED(cmark_iter *, iter_freep, cmark_iter_free)

/* --- what models put around their answer --- */

static struct str drop_until(struct str text, const char *mark)
{
    const char *found = text.n == 0 ? NULL : memmem(text.p, text.n, mark, strlen(mark));

    if (found == NULL)
        return text;
    found += strlen(mark);
    return (struct str){found, text.n - (size_t)(found - text.p)};
}

/* Thoughts before it, and a fence around it. */
static struct str unwrap(struct str text)
{
    static const char *const fences[] = {"```markdown\n", "```md\n", "```html\n", "```\n"};
    const struct str end = STR("```");

    text = str_trim(text);
    if (str_starts_with(text, STR("<think>")))
        text = str_trim(drop_until(text, "</think>"));
    for (size_t i = 0; i < ARRAY_LENGTH(fences); i++) {
        struct str fence = str_of(fences[i]);
        bool is_fenced = str_starts_with(text, fence) && text.n >= fence.n + end.n &&
                         memcmp(text.p + text.n - end.n, end.p, end.n) == 0;
        struct str inner = {text.p + fence.n, is_fenced ? text.n - fence.n - end.n : 0};
        /* Not the first of several. */
        if (is_fenced && memmem(inner.p, inner.n, end.p, end.n) == NULL)
            return str_trim(inner);
    }
    return text;
}

/* Where a table of HTML ends that starts at `at`, others within it passed over. */
static size_t table_end(struct str text, size_t at)
{
    int depth = 0;

    for (; at < text.n; at++) {
        if (text.p[at] != '<')
            continue;
        struct str rest = {text.p + at, text.n - at};
        if (rest.n >= strlen("<table") && strncasecmp(rest.p, "<table", strlen("<table")) == 0)
            depth++;
        else if (rest.n >= strlen("</table>") &&
                 strncasecmp(rest.p, "</table>", strlen("</table>")) == 0 && --depth == 0)
            return at + strlen("</table>");
    }
    return text.n;
}

/* An empty line would end the table for Markdown's parser, and running text before it keep it from
 * beginning: each becomes one line of its own. */
static bool set_tables_apart(struct str text, struct buf *out)
{
    for (size_t at = 0; at < text.n;) {
        if (text.n - at < strlen("<table") ||
            strncasecmp(text.p + at, "<table", strlen("<table")) != 0) {
            if (!buf_append_char(out, text.p[at++]))
                return false;
            continue;
        }
        if (!buf_append_str(out, "\n\n"))
            return false;
        for (size_t end = table_end(text, at); at < end; at++)
            if (!buf_append_char(out, text.p[at] == '\n' ? ' ' : text.p[at]))
                return false;
        if (!buf_append_str(out, "\n\n"))
            return false;
    }
    return true;
}

/* --- the tree --- */

struct walk {
    struct reading_writer *writer;
    bool is_in_block; /* text belongs to a block that was begun */
    bool is_header_row;
    uint32_t row, column;
    int list_depth;
    int image_depth;    /* of pictures the description is no text of the page */
    const char *marker; /* of the item whose first block comes next */
    const char *tick;   /* and the box that stands in it */
};

static void begin(struct walk *walk, block_kind kind, uint32_t level)
{
    if (walk->is_in_block)
        reading_end_block(walk->writer);
    struct reading_block *block = reading_begin_block(walk->writer, kind);
    walk->is_in_block = block != NULL;
    if (block == NULL)
        return;
    block->level = level;
    if (kind == BLOCK_PARAGRAPH && walk->marker != NULL) {
        block->kind = BLOCK_LIST_ITEM;
        block->level = walk->list_depth > 0 ? (uint32_t)walk->list_depth : 1;
        block->list_marker = walk->marker;
        walk->marker = NULL;
        if (walk->tick != NULL)
            reading_write(walk->writer, walk->tick, strlen(walk->tick));
        walk->tick = NULL;
    }
}

static void end(struct walk *walk)
{
    if (walk->is_in_block)
        reading_end_block(walk->writer);
    walk->is_in_block = false;
}

static void write_text(struct walk *walk, const char *text)
{
    if (walk->image_depth == 0 && text != NULL)
        reading_write(walk->writer, text, strlen(text));
}

/* "1." of an ordered item, a bullet of any other. Called once an item, in their order; the list
 * keeps how many there were, for to count an item's forerunners takes too long where there are
 * many. */
static const char *marker_of(const struct walk *walk, cmark_node *item)
{
    cmark_node *list = cmark_node_parent(item);
    intptr_t before = (intptr_t)cmark_node_get_user_data(list);

    if (cmark_node_get_list_type(list) != CMARK_ORDERED_LIST)
        return "•";
    (void)cmark_node_set_user_data(list, (void *)(before + 1));
    return arena_printf(walk->writer->reading->arena, "%jd%s",
                        (intmax_t)cmark_node_get_list_start(list) + before,
                        cmark_node_get_list_delim(list) == CMARK_PAREN_DELIM ? ")" : ".");
}

static void enter_item(struct walk *walk, cmark_node *item)
{
    end(walk);
    walk->marker = marker_of(walk, item);
    walk->tick = NULL;
    if (strcmp(cmark_node_get_type_string(item), "tasklist") == 0) {
        walk->marker = "";
        walk->tick = cmark_gfm_extensions_get_tasklist_item_checked(item) ? "☑ " : "☐ ";
    }
}

/* A fence is text as it stands; one of LaTeX is a formula. */
static void add_code(struct walk *walk, cmark_node *node)
{
    const char *info = cmark_node_get_fence_info(node);
    const char *text = cmark_node_get_literal(node);
    const char *latex = NULL;

    if (info != NULL && (strcmp(info, "latex") == 0 || strcmp(info, "math") == 0))
        latex = formula_clean(str_of(text), walk->writer->reading->arena);
    if (latex != NULL) {
        end(walk);
        reading_add_formula(walk->writer, latex);
        return;
    }
    begin(walk, BLOCK_PARAGRAPH, 0);
    write_text(walk, text);
    end(walk);
}

static void add_html(struct walk *walk, cmark_node *node)
{
    end(walk);
    reading_add_html(walk->writer, str_of(cmark_node_get_literal(node)));
}

static bool is_type(cmark_node *node, const char *type)
{
    return strcmp(cmark_node_get_type_string(node), type) == 0;
}

/* Of tables, whose nodes the extension makes; false for all others. */
static bool walk_table(struct walk *walk, cmark_node *node, bool is_entered)
{
    if (is_type(node, "table")) {
        if (is_entered) {
            begin(walk, BLOCK_TABLE, 0);
            walk->row = 0;
        } else {
            end(walk);
        }
    } else if (is_type(node, "table_row") || is_type(node, "table_header")) {
        walk->is_header_row = is_type(node, "table_header");
        walk->column = 0;
        walk->row += !is_entered;
    } else if (is_type(node, "table_cell")) {
        if (!is_entered && walk->is_in_block)
            reading_end_cell(walk->writer, (struct reading_cell){.row = walk->row,
                                                                 .column = walk->column++,
                                                                 .row_span = 1,
                                                                 .column_span = 1,
                                                                 .is_header = walk->is_header_row});
    } else {
        return false;
    }
    return true;
}

static void walk_inline(struct walk *walk, cmark_node *node, bool is_entered)
{
    const char *html;

    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_TEXT:
    case CMARK_NODE_CODE:
        write_text(walk, cmark_node_get_literal(node));
        break;
    case CMARK_NODE_SOFTBREAK:
    case CMARK_NODE_LINEBREAK:
        write_text(walk, "\n");
        break;
    case CMARK_NODE_HTML_INLINE:
        html = cmark_node_get_literal(node);
        if (strncasecmp(html, "<br", 3) == 0)
            write_text(walk, "\n");
        break;
    case CMARK_NODE_IMAGE:
        walk->image_depth += is_entered ? 1 : -1;
        break;
    default: /* emphasis, links: their words are nodes of their own */
        break;
    }
}

static void walk_node(struct walk *walk, cmark_node *node, bool is_entered)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_HEADING:
        if (is_entered)
            begin(walk, BLOCK_HEADING, (uint32_t)cmark_node_get_heading_level(node));
        else
            end(walk);
        break;
    case CMARK_NODE_PARAGRAPH:
        if (is_entered)
            begin(walk, BLOCK_PARAGRAPH, 0);
        else
            end(walk);
        break;
    case CMARK_NODE_LIST:
        walk->list_depth += is_entered ? 1 : -1;
        break;
    case CMARK_NODE_ITEM:
        if (is_entered)
            enter_item(walk, node);
        else
            walk->marker = NULL;
        break;
    case CMARK_NODE_CODE_BLOCK:
        add_code(walk, node);
        break;
    case CMARK_NODE_HTML_BLOCK:
        add_html(walk, node);
        break;
    default:
        if (is_type(node, "tasklist") && is_entered)
            enter_item(walk, node);
        else if (!walk_table(walk, node, is_entered))
            walk_inline(walk, node, is_entered);
        break;
    }
}

static cmark_node *parse(struct str text)
{
    static const char *const extensions[] = {"table", "strikethrough", "tasklist"};
    _cleanup_(parser_freep) cmark_parser *parser = NULL;

    cmark_gfm_core_extensions_ensure_registered();
    parser = cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8);
    for (size_t i = 0; i < ARRAY_LENGTH(extensions); i++)
        (void)cmark_parser_attach_syntax_extension(parser,
                                                   cmark_find_syntax_extension(extensions[i]));
    cmark_parser_feed(parser, text.p, text.n);
    return cmark_parser_finish(parser);
}

static void walk_tree(struct walk *walk, cmark_node *tree)
{
    _cleanup_(iter_freep) cmark_iter *iter = cmark_iter_new(tree);
    cmark_event_type event;

    while (!walk->writer->reading->is_full && (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE)
        walk_node(walk, cmark_iter_get_node(iter), event == CMARK_EVENT_ENTER);
}

bool reading_parse(struct str markdown, struct arena *arena, struct reading *ret_reading)
{
    struct reading reading = {
        .arena = arena,
        .blocks = ARENA_NEW_ARRAY(arena, struct reading_block, READING_BLOCKS_MAX),
    };
    struct formulas formulas;
    struct reading_writer writer = {.reading = &reading, .formulas = &formulas};
    struct walk walk = {.writer = &writer};
    _cleanup_(buf_deinit) struct buf source;
    _cleanup_(node_freep) cmark_node *tree = NULL;
    struct str text;

    buf_init(&source, READING_MAX_BYTES * 2);
    if (markdown.n > READING_MAX_BYTES || reading.blocks == NULL ||
        !formula_take_out(unwrap(markdown), arena, &text, &formulas) ||
        !set_tables_apart(text, &source))
        return false;
    units_init(&reading.units, arena);
    buf_init(&writer.text, READING_MAX_BYTES * 2);
    tree = parse(buf_str(&source));
    walk_tree(&walk, tree);
    buf_deinit(&writer.text);
    *ret_reading = reading;
    return !reading.is_full;
}
