#include "services/chat/passage/draft.h"

#include <string.h>

#include "services/chat/passage/word_estimate.h"

void draft_init(struct draft *draft, struct arena *arena)
{
    draft->arena = arena;
    buf_init(&draft->text, DRAFT_TEXT_MAX_BYTES);
    buf_init(&draft->context, DRAFT_TEXT_MAX_BYTES);
}

void draft_deinit(struct draft *draft)
{
    buf_deinit(&draft->text);
    buf_deinit(&draft->context);
}

static bool add_item(struct draft *draft, struct passage passage)
{
    enum { FIRST_PASSAGES = 64 };

    if (draft->count == draft->capacity) {
        size_t capacity = draft->capacity == 0 ? FIRST_PASSAGES : draft->capacity * 2;
        struct passage *items = ARENA_NEW_ARRAY(draft->arena, struct passage, capacity);
        if (items == NULL)
            return false;
        if (draft->count > 0)
            memcpy(items, draft->items, draft->count * sizeof(*items));
        draft->items = items;
        draft->capacity = capacity;
    }
    draft->items[draft->count++] = passage;
    return true;
}

static bool keep(struct draft *draft, struct str text, struct str *ret_text)
{
    *ret_text = (struct str){arena_strndup(draft->arena, text.p, text.n), text.n};
    return ret_text->p != NULL;
}

static bool keep_passage(struct draft *draft, struct str text, struct str context,
                         struct str language, const struct passage_piece *pieces, size_t count)
{
    struct passage passage = {.page_index = draft->page_index, .piece_count = count};
    struct passage_piece *kept = ARENA_NEW_ARRAY(draft->arena, struct passage_piece, count);

    if (kept == NULL)
        return false;
    memcpy(kept, pieces, count * sizeof(*kept));
    passage.pieces = kept;
    return keep(draft, text, &passage.text) && keep(draft, context, &passage.context) &&
           keep(draft, language.n > 0 ? language : STR("und"), &passage.language) &&
           add_item(draft, passage);
}

/* The last `carried` pieces begin the next passage, and their headings are no context there. */
static bool carry(struct draft *draft, size_t carried)
{
    size_t kept = draft->piece_count - carried, cut = draft->pieces[kept].offset;

    buf_consume(&draft->text, cut);
    for (size_t i = 0; i < carried; i++) {
        draft->pieces[i] = draft->pieces[kept + i];
        draft->pieces[i].offset -= (uint32_t)cut;
        if (draft->pieces[i].kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING)
            headings_mark(&draft->headings, (struct str){draft->text.data + draft->pieces[i].offset,
                                                         draft->pieces[i].length});
    }
    draft->piece_count = carried;
    draft->words = draft->leading_words;
    return headings_append(&draft->headings, &draft->context);
}

static bool end_passage(struct draft *draft, size_t carried)
{
    size_t kept = draft->piece_count - carried;

    if (kept == 0)
        return true;
    const struct passage_piece *last = &draft->pieces[kept - 1];
    if (!keep_passage(draft, (struct str){draft->text.data, last->offset + last->length},
                      buf_str(&draft->context), str_of(draft->language), draft->pieces, kept))
        return false;
    buf_clear(&draft->context);
    draft->language_words = 0;
    headings_begin_passage(&draft->headings);
    if (carried > 0)
        return carry(draft, carried);
    buf_clear(&draft->text);
    draft->piece_count = draft->leading_pieces = 0;
    draft->words = draft->leading_words = 0;
    return true;
}

bool draft_end(struct draft *draft)
{
    return end_passage(draft, 0);
}

bool draft_add_context(struct draft *draft, struct str line)
{
    struct str rest = buf_str(&draft->context), one;

    if (line.n == 0)
        return true;
    while (str_next_token(&rest, '\n', &one))
        if (str_equal(one, line))
            return true;
    return (draft->context.length == 0 || buf_append_char(&draft->context, '\n')) &&
           buf_append(&draft->context, line.p, line.n);
}

static void set_language(struct draft *draft, struct str language, size_t words)
{
    if (draft->language_words > words || language.n >= DRAFT_LANGUAGE_BYTES)
        return;
    if (language.n > 0)
        memcpy(draft->language, language.p, language.n);
    draft->language[language.n] = '\0';
    draft->language_words = words;
}

bool draft_add(struct draft *draft, struct str text, struct passage_piece piece,
               struct str language, bool leads_in)
{
    size_t words = word_estimate(text);

    text = str_trim(text);
    if (text.n == 0)
        return true;
    if (draft->piece_count == DRAFT_PIECES_MAX && !end_passage(draft, 0))
        return false;
    if (draft->words + words > DRAFT_WORDS_MAX && !end_passage(draft, draft->leading_pieces))
        return false;
    if (draft->text.length + text.n >= DRAFT_JOINED_MAX_BYTES && !end_passage(draft, 0))
        return false;
    if (draft->piece_count == 0) {
        if (!headings_append(&draft->headings, &draft->context))
            return false;
    } else if (!buf_append_char(&draft->text, '\n')) {
        return false;
    }
    piece.offset = (uint32_t)draft->text.length;
    piece.length = (uint32_t)text.n;
    if (!buf_append(&draft->text, text.p, text.n))
        return false;
    set_language(draft, language, words);
    draft->pieces[draft->piece_count++] = piece;
    draft->words += words;
    draft->leading_pieces = leads_in ? draft->leading_pieces + 1 : 0;
    draft->leading_words = leads_in ? draft->leading_words + words : 0;
    return true;
}

bool draft_add_aside(struct draft *draft, struct str text, struct passage_piece piece,
                     struct str language)
{
    piece.offset = 0;
    piece.length = (uint32_t)text.n;
    return keep_passage(draft, text, (struct str){"", 0}, language, &piece, 1);
}
