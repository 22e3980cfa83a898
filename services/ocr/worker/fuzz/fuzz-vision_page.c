/*
 * Whatever a vision model says of a page: it becomes a page whose words lie on it and whose
 * Markdown has no markup but the page's structure, or it is refused.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmark-gfm.h>

#include "services/ocr/worker/vision/vision_page.h"

enum { ARENA_MAX_BYTES = 64 << 20, REPLY_MAX_BYTES = 64 << 10, SIDE = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

/* What the embedded engine has read; with a poor confidence, so that it refuses little. */
static void make_draft(struct page *page, struct arena *arena)
{
    static const char *const words[] = {"The", "sum", "a", "+", "b", "of", "1", "2", "東京"};
    struct status st;

    page_begin(page, arena);
    page->width = SIDE;
    page->height = SIDE;
    for (int32_t row = 0; row < 4; row++) {
        struct block *block = page_add_block(page);
        must(block != NULL);
        struct line *line = block_add_line(page, block);
        must(line != NULL);
        for (int32_t i = 0; i < (int32_t)ARRAY_LENGTH(words); i++) {
            struct word *word = line_add_word(page, line);
            must(word != NULL);
            word->text = words[i];
            word->bbox = (struct bbox){i * 60, row * 40, i * 60 + 50, row * 40 + 30};
            word->confidence = 0.4f;
        }
    }
    must(page_finish(page, &st) == STATUS_OK);
}

static void must_be_plain(const char *markdown)
{
    cmark_node *tree = cmark_parse_document(markdown, strlen(markdown), CMARK_OPT_DEFAULT);
    cmark_iter *iter = cmark_iter_new(tree);

    while (cmark_iter_next(iter) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        must(type != CMARK_NODE_LINK && type != CMARK_NODE_IMAGE && type != CMARK_NODE_HTML_INLINE);
        /* Tables whose cells span are HTML of our own. */
        must(type != CMARK_NODE_HTML_BLOCK ||
             strncmp(cmark_node_get_literal(node), "<table>", strlen("<table>")) == 0);
    }
    cmark_iter_free(iter);
    cmark_node_free(tree);
}

static void must_lie_on_page(struct bbox box)
{
    must(box.x0 >= 0 && box.y0 >= 0 && box.x1 <= SIDE && box.y1 <= SIDE);
    must(box.x0 < box.x1 && box.y0 < box.y1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct page draft, page;
    struct status st;

    if (size > REPLY_MAX_BYTES)
        return 0;
    make_draft(&draft, arena);
    status_code code = vision_page_make(&draft, (struct str){(const char *)data, size}, &page, &st);
    if (code != STATUS_OK) {
        must(code == STATUS_FAILED_PRECONDITION || code == STATUS_RESOURCE_EXHAUSTED);
        must(st.message[0] != '\0');
        return 0;
    }
    for (size_t b = 0; b < page.block_count; b++)
        for (size_t l = 0; l < page.blocks[b].line_count; l++) {
            const struct line *line = &page.blocks[b].lines[l];
            for (size_t w = 0; w < line->word_count; w++) {
                must_lie_on_page(line->words[w].bbox);
                must(line->words[w].confidence >= 0 && line->words[w].confidence <= 1);
            }
        }
    must_be_plain(page.markdown);
    return 0;
}
