#include "services/chat/answer/summary.h"

#include "lib/base/utf8.h"
#include "services/chat/text/sentences.h"

enum {
    LEAD_SENTENCES_MAX = 2,
    LEAD_MIN_BYTES = 60, /* shorter paragraphs lead in nothing: dates, addresses */
    TITLE_MAX_BYTES = 300,
    SENTENCE_MAX_BYTES = 400,
    LOOKED_AT_BYTES = 16 << 10, /* of a piece */
};

struct place {
    uint32_t passage;
    struct str text; /* p NULL: none */
};

struct summary {
    struct place title;
    struct place lead;
    struct place any; /* the first text of all, where there is neither */
};

static bool is_running(const struct passage_piece *piece)
{
    return piece->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADER ||
           piece->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FOOTER;
}

static void look_at(const struct passage *passage, uint32_t index,
                    const struct passage_piece *piece, struct summary *summary)
{
    struct str text = str_trim((struct str){passage->text.p + piece->offset, piece->length});
    struct place place = {index, text};

    if (text.n == 0 || is_running(piece))
        return;
    if (summary->any.text.p == NULL)
        summary->any = place;
    if (piece->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING) {
        if (summary->title.text.p == NULL && text.n <= TITLE_MAX_BYTES)
            summary->title = place;
        return;
    }
    if (summary->lead.text.p == NULL && piece->row == PASSAGE_NO_ROW && text.n >= LEAD_MIN_BYTES &&
        piece->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_PARAGRAPH)
        summary->lead = place;
}

static void look_for(const struct passages *passages, uint32_t page_number, struct summary *summary)
{
    for (uint32_t i = 0; i < passages->count; i++) {
        const struct passage *passage = &passages->items[i];
        if (page_number > 0 && passage->page_index + 1 != page_number)
            continue;
        for (size_t k = 0; k < passage->piece_count; k++)
            look_at(passage, i, &passage->pieces[k], summary);
        if (summary->lead.text.p != NULL && summary->title.text.p != NULL)
            return;
        /* A title stands on the first page that says anything. */
        if (summary->lead.text.p != NULL && summary->any.text.p != NULL &&
            passage->page_index > passages->items[summary->any.passage].page_index)
            return;
    }
}

/* The first sentences of a paragraph, as one stretch. */
static status_code first_sentences(const struct passages *passages, const struct place *lead,
                                   struct arena *arena, struct str *ret_text, struct status *st)
{
    struct str text = lead->text;
    const struct sentence *sentences;
    size_t count;
    size_t end = 0;

    if (text.n > LOOKED_AT_BYTES)
        text.n = utf8_cut(text.p, LOOKED_AT_BYTES);
    TRY(sentences_cut(text, passages->items[lead->passage].language, arena, &sentences, &count,
                      st));
    for (size_t i = 0; i < count && i < LEAD_SENTENCES_MAX; i++) {
        size_t next = (size_t)sentences[i].offset + sentences[i].length;
        if (i > 0 && next > SENTENCE_MAX_BYTES)
            break;
        end = next;
    }
    if (end > SENTENCE_MAX_BYTES)
        end = utf8_cut(text.p, SENTENCE_MAX_BYTES);
    *ret_text = (struct str){text.p, end};
    return STATUS_OK;
}

status_code summary_compose(const struct passages *passages, uint32_t page_number,
                            struct arena *arena, struct composition *composition,
                            bool *ret_is_found, struct status *st)
{
    struct summary summary = {.title = {0}};
    struct str lead;

    look_for(passages, page_number, &summary);
    *ret_is_found = summary.any.text.p != NULL;
    if (!*ret_is_found)
        return STATUS_OK;
    if (summary.title.text.p == NULL && summary.lead.text.p == NULL)
        summary.lead = summary.any;
    if (summary.title.text.p != NULL &&
        !compose_quote(composition, summary.title.passage, summary.title.text))
        return FAIL_MEMORY(st);
    if (summary.lead.text.p == NULL)
        return STATUS_OK;
    TRY(first_sentences(passages, &summary.lead, arena, &lead, st));
    if (lead.n > 0 && !compose_quote(composition, summary.lead.passage, lead))
        return FAIL_MEMORY(st);
    return STATUS_OK;
}
