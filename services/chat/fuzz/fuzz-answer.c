/*
 * Any question about any page is read and answered or refused: the answer is valid UTF-8, and each
 * citation lies in one piece of its passage. The input is the question, a line feed, and the page,
 * whose blocks empty lines part; a block with a tab is a table's.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/chat/answer/answer.h"

enum {
    ARENA_MAX_BYTES = 256 << 20,
    TEXT_MAX_BYTES = 1 << 15,
    QUESTION_MAX_BYTES = 8000,
    BLOCKS_MAX = 32,
};

typedef Ocrmesh__Document__V1__Page page_message;
typedef Ocrmesh__Document__V1__Block block_message;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

/* Valid UTF-8 without NUL, as a page's text is. */
static char *valid_text(struct str text, struct arena *arena)
{
    char *valid = arena_alloc(arena, text.n + 1);
    size_t n = 0, step;

    must(valid != NULL);
    for (size_t at = 0; at < text.n; at += step) {
        step = utf8_sequence(text.p + at, text.n - at);
        if (step == 0 || text.p[at] == '\0') {
            step = 1;
            continue;
        }
        memcpy(valid + n, text.p + at, step);
        n += step;
    }
    valid[n] = '\0';
    return valid;
}

static void add_block(struct arena *arena, page_message *page, struct str text)
{
    static const Ocrmesh__Document__V1__BlockKind kinds[] = {
        OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_PARAGRAPH,
        OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING,
        OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_LIST_ITEM,
    };
    block_message *block = ARENA_NEW(arena, block_message);

    must(block != NULL);
    ocrmesh__document__v1__block__init(block);
    block->kind = memchr(text.p, '\t', text.n) != NULL
                      ? OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE
                      : kinds[text.n % ARRAY_LENGTH(kinds)];
    block->text = arena_strndup(arena, text.p, text.n);
    must(block->text != NULL);
    page->blocks[page->n_blocks++] = block;
}

static void build(struct str text, struct arena *arena, struct buf *out)
{
    _cleanup_(passage_maker_freep) struct passage_maker *maker = passage_maker_new(arena);
    page_message page;
    block_message *blocks[BLOCKS_MAX];
    struct passages passages;
    struct status st;

    ocrmesh__document__v1__page__init(&page);
    page.blocks = blocks;
    while (text.n > 0 && page.n_blocks < BLOCKS_MAX) {
        const char *end = memmem(text.p, text.n, "\n\n", 2);
        size_t n = end == NULL ? text.n : (size_t)(end - text.p);
        if (n > 0)
            add_block(arena, &page, (struct str){text.p, n});
        n = end == NULL ? n : n + 2;
        text.p += n;
        text.n -= n;
    }
    must(maker != NULL && passage_maker_add(maker, &page, &st) == STATUS_OK);
    must(passage_maker_end(maker, &passages, &st) == STATUS_OK);
    must(document_index_build(&passages, out, &st) == STATUS_OK);
}

static void check_answer(const struct passages *passages, const struct answer *answer)
{
    size_t step;

    for (size_t at = 0; at < answer->content.n; at += step) {
        step = utf8_sequence(answer->content.p + at, answer->content.n - at);
        must(step > 0);
    }
    must(answer->content.n > 0 && answer->citation_count <= ANSWER_CITATIONS_MAX);
    must(answer->is_grounded == (answer->citation_count > 0));
    for (size_t i = 0; i < answer->citation_count; i++) {
        const struct answer_citation *citation = &answer->citations[i];
        const struct passage *passage;
        bool is_in_piece = false;
        must(citation->passage < passages->count && citation->length > 0);
        passage = &passages->items[citation->passage];
        for (size_t k = 0; k < passage->piece_count; k++) {
            const struct passage_piece *piece = &passage->pieces[k];
            is_in_piece = is_in_piece ||
                          (citation->offset >= piece->offset &&
                           citation->offset + citation->length <= piece->offset + piece->length);
        }
        must(is_in_piece);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct document_index *index = NULL;
    const char *end = memchr(data, '\n', size);
    struct str text = {(const char *)data, end == NULL ? 0 : (size_t)(end - (const char *)data)};
    struct turn turn = {text, STR("Total: 1 (p. 1)")};
    struct question question;
    struct answer answer;
    struct status st;
    struct buf bytes;

    if (text.n == 0 || text.n > QUESTION_MAX_BYTES || size > TEXT_MAX_BYTES)
        return 0;
    must(arena != NULL);
    buf_init(&bytes, DOCUMENT_INDEX_MAX_BYTES);
    build(str_of(valid_text((struct str){end + 1, size - text.n - 1}, arena)), arena, &bytes);
    must(document_index_open(buf_str(&bytes), &index, &st) == STATUS_OK);
    must(question_read(text, &turn, 1, index, arena, &question, &st) == STATUS_OK);
    must(question.part_count >= 1 && question.part_count <= QUESTION_PARTS_MAX);
    must(answer_extract(index, &question, NULL, arena, &answer, &st) == STATUS_OK);
    check_answer(document_index_passages(index), &answer);
    document_index_free(index);
    buf_deinit(&bytes);
    return 0;
}
