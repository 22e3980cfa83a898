#include "services/chat/evidence.h"

#include "lib/base/ascii.h"
#include "lib/base/utf8.h"
#include "services/chat/text/folded_find.h"

/* Boxes of what is covered by a stretch of a block's text, bytes `start` to `end`. */
struct cover {
    struct str text; /* the block's */
    size_t start, end;
    size_t cursor; /* behind the last token */
    struct citation_box *boxes;
    size_t count;
    size_t group; /* of the last box: tokens of one group share a box */
};

static size_t skip_space(struct str text, size_t at)
{
    while (at < text.n && ascii_is_space(text.p[at]))
        at++;
    return at;
}

/* Moves the cursor over the token, which must be what the text goes on with. */
static bool pass_token(struct cover *cover, struct str token, size_t *ret_start)
{
    size_t at = skip_space(cover->text, cover->cursor);

    *ret_start = at;
    for (size_t i = 0; i < token.n;) {
        if (ascii_is_space(token.p[i])) {
            i = skip_space(token, i);
            at = skip_space(cover->text, at);
        } else if (at < cover->text.n && cover->text.p[at] == token.p[i]) {
            i++;
            at++;
        } else {
            return false;
        }
    }
    cover->cursor = at;
    return true;
}

static int32_t lesser(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t greater(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static void join_box(struct citation_box *box, const Ocrmesh__Document__V1__BoundingBox *more)
{
    box->x0 = lesser(box->x0, more->x0);
    box->y0 = lesser(box->y0, more->y0);
    box->x1 = greater(box->x1, more->x1);
    box->y1 = greater(box->y1, more->y1);
}

/* False when the block's own box is to stand for all. */
static bool cover_token(struct cover *cover, const char *text,
                        const Ocrmesh__Document__V1__BoundingBox *bbox, size_t group)
{
    struct str token = str_trim(str_of(text));
    size_t start;

    if (token.n == 0)
        return true;
    if (!pass_token(cover, token, &start))
        return false;
    if (cover->cursor <= cover->start || start >= cover->end || bbox == NULL)
        return true;
    if (cover->count > 0 && cover->group == group) {
        join_box(&cover->boxes[cover->count - 1], bbox);
        return true;
    }
    if (cover->count == CITATION_BOXES_MAX)
        return false;
    cover->boxes[cover->count++] = (struct citation_box){bbox->x0, bbox->y0, bbox->x1, bbox->y1};
    cover->group = group;
    return true;
}

static bool cover_cells(struct cover *cover, const Ocrmesh__Document__V1__Table *table)
{
    for (size_t i = 0; i < table->n_cells; i++)
        if (!cover_token(cover, table->cells[i]->text, table->cells[i]->bbox, i))
            return false;
    return true;
}

static bool cover_lines(struct cover *cover, const Ocrmesh__Document__V1__Block *block)
{
    for (size_t i = 0; i < block->n_lines; i++) {
        const Ocrmesh__Document__V1__Line *line = block->lines[i];

        for (size_t j = 0; j < line->n_words; j++)
            if (!cover_token(cover, line->words[j]->text, line->words[j]->bbox, i))
                return false;
    }
    return true;
}

static status_code find_boxes(const Ocrmesh__Document__V1__Block *block, size_t start, size_t end,
                              struct arena *arena, struct citation *citation, struct status *st)
{
    struct cover cover = {
        .text = str_of(block->text),
        .start = start,
        .end = end,
        .boxes = ARENA_NEW_ARRAY(arena, struct citation_box, CITATION_BOXES_MAX),
    };
    bool is_whole;

    if (cover.boxes == NULL)
        return FAIL_MEMORY(st);
    is_whole = block->table != NULL && block->table->n_cells > 0 ? cover_cells(&cover, block->table)
                                                                 : cover_lines(&cover, block);
    if ((!is_whole || cover.count == 0) && block->bbox != NULL) {
        const Ocrmesh__Document__V1__BoundingBox *bbox = block->bbox;

        cover.boxes[0] = (struct citation_box){bbox->x0, bbox->y0, bbox->x1, bbox->y1};
        cover.count = 1;
    }
    citation->boxes = cover.boxes;
    citation->box_count = cover.count;
    return STATUS_OK;
}

/* Cut to what a snippet may have. */
static struct str cut_snippet(struct str text, struct arena *arena)
{
    char *copy = arena_strndup(arena, text.p, text.n);

    if (copy == NULL)
        return (struct str){0};
    return str_trim((struct str){copy, utf8_cut(copy, SNIPPET_MAX_BYTES)});
}

status_code evidence_find(const Ocrmesh__Document__V1__Page *page, uint32_t block_index,
                          struct str text, struct arena *arena, bool *ret_holds,
                          struct citation *ret_citation, struct status *st)
{
    struct citation citation = {.page_index = page->index, .block_index = block_index};
    struct str snippet = cut_snippet(text, arena);
    _cleanup_(buf_deinit) struct buf folded;
    size_t offset, length, in_page, page_length;

    buf_init(&folded, SNIPPET_MAX_BYTES);
    if (snippet.p == NULL)
        return FAIL_MEMORY(st);
    *ret_holds = block_index < page->n_blocks &&
                 folded_find(str_of(page->blocks[block_index]->text), snippet, &offset, &length) &&
                 folded_find(str_of(page->text), snippet, &in_page, &page_length);
    if (!*ret_holds)
        return STATUS_OK;
    if (!folded_append(&folded, snippet))
        return FAIL_MEMORY(st);
    citation.snippet.p = arena_strndup(arena, folded.data, folded.length);
    citation.snippet.n = folded.length;
    if (citation.snippet.p == NULL)
        return FAIL_MEMORY(st);
    TRY(find_boxes(page->blocks[block_index], offset, offset + length, arena, &citation, st));
    *ret_citation = citation;
    return STATUS_OK;
}
