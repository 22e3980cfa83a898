#include "services/chat/answer/candidate.h"

/* Of a list where the question asks for one thing. An estimate. */
#define FIT_NOT_ASKED_FOR 0.4F

enum {
    ITEM_MAX_BYTES = 240, /* of an item that is quoted whole */
    LEAD_MAX_BYTES = 400,
};

static bool is_item(const struct passage_piece *piece)
{
    return piece->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_LIST_ITEM;
}

static struct str piece_text(const struct passage_view *view, const struct passage_piece *piece)
{
    return str_trim((struct str){view->passage->text.p + piece->offset, piece->length});
}

/* Items that stand one after another, and what leads in: the piece before them, or the heading
 * that is the passage's context. */
static status_code add_items(const struct candidate_search *search, const struct passage_view *view,
                             size_t first, size_t end, struct status *st)
{
    const struct passage_piece *pieces = view->passage->pieces;
    struct str *items = ARENA_NEW_ARRAY(search->viewer.arena, struct str, ANSWER_CITATIONS_MAX);
    struct candidate candidate = {
        .form = CANDIDATE_LIST,
        .passage = view->index,
        .core = view->context,
        .type_fit = search->terms->part->kind == ANSWER_LIST ? 1 : FIT_NOT_ASKED_FOR,
        .novelty = 1,
        .around = view->whole,
        .relevance = view->relevance,
    };
    size_t last_byte = pieces[end - 1].offset + pieces[end - 1].length;

    if (items == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = first; i < end && candidate.item_count < ANSWER_CITATIONS_MAX; i++) {
        struct str text = piece_text(view, &pieces[i]);
        if (text.n > 0 && text.n <= ITEM_MAX_BYTES)
            items[candidate.item_count++] = text;
    }
    if (candidate.item_count < 2)
        return STATUS_OK;
    if (first > 0 && pieces[first - 1].length <= LEAD_MAX_BYTES)
        candidate.core =
            term_set_union(candidate.core,
                           passage_view_terms(view, pieces[first - 1].offset,
                                              pieces[first - 1].offset + pieces[first - 1].length));
    candidate.near = passage_view_terms(view, pieces[first].offset, last_byte);
    candidate.items = items;
    candidate.value = items[0];
    if ((candidate.core.exact | candidate.core.near) != 0)
        candidate_add(search, &candidate);
    return STATUS_OK;
}

/* Each run of items. */
static status_code add_lists_of_items(const struct candidate_search *search,
                                      const struct passage_view *view, struct status *st)
{
    const struct passage_piece *pieces = view->passage->pieces;

    for (size_t i = 0; i < view->passage->piece_count;) {
        size_t first = i;
        while (i < view->passage->piece_count && is_item(&pieces[i]) &&
               pieces[i].offset + pieces[i].length <= view->text_bytes)
            i++;
        if (i > first + 1)
            TRY(add_items(search, view, first, i, st));
        if (i == first)
            i++;
    }
    return STATUS_OK;
}

status_code candidate_add_lists(const struct candidate_search *search,
                                const struct passage_view *view, struct status *st)
{
    if (search->terms->part->kind != ANSWER_LIST && search->terms->part->kind != ANSWER_ANY)
        return STATUS_OK;
    return add_lists_of_items(search, view, st);
}
