#include "services/chat/answer/compose.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/chat/text/folded_find.h"

enum {
    CITED_TOGETHER_MAX_BYTES = 200, /* a label and its value, from the one to the other */
    MISSING_PART_MAX_BYTES = 200,
};

void composition_init(struct composition *composition, const struct passages *passages)
{
    *composition = (struct composition){.passages = passages};
    buf_init(&composition->text, COMPOSE_MAX_BYTES);
}

void composition_deinit(struct composition *composition)
{
    buf_deinit(&composition->text);
}

/* --- citations --- */

static bool is_inside_of(struct str text, struct str stretch)
{
    return stretch.p >= text.p && stretch.p + stretch.n <= text.p + text.n;
}

/* The piece of the passage that a byte of its text belongs to. */
static const struct passage_piece *piece_at(const struct passage *passage, size_t offset)
{
    for (size_t i = 0; i < passage->piece_count; i++)
        if (offset >= passage->pieces[i].offset &&
            offset < passage->pieces[i].offset + passage->pieces[i].length)
            return &passage->pieces[i];
    return NULL;
}

/* A citation is a stretch of one piece: what goes beyond is cut. */
static void cite(struct composition *composition, uint32_t passage, size_t begin, size_t end)
{
    const struct passage *from = &composition->passages->items[passage];
    const struct passage_piece *piece = piece_at(from, begin);

    if (piece == NULL || composition->citation_count == ANSWER_CITATIONS_MAX)
        return;
    if (end > piece->offset + piece->length)
        end = piece->offset + piece->length;
    for (size_t i = 0; i < composition->citation_count; i++) {
        const struct answer_citation *other = &composition->citations[i];
        if (other->passage == passage && other->offset == begin && other->length == end - begin)
            return;
    }
    composition->citations[composition->citation_count++] =
        (struct answer_citation){passage, (uint32_t)begin, (uint32_t)(end - begin)};
}

static void cite_stretch(struct composition *composition, uint32_t passage, struct str stretch)
{
    size_t begin = (size_t)(stretch.p - composition->passages->items[passage].text.p);

    cite(composition, passage, begin, begin + stretch.n);
}

/* Label and value as one stretch where they stand together in a piece, else each for itself. */
static void cite_pair(struct composition *composition, const struct candidate *candidate)
{
    const struct passage *passage = &composition->passages->items[candidate->passage];
    struct str label = candidate->label;
    struct str value = candidate->value;

    if (label.n == 0 || !is_inside_of(passage->text, label)) {
        cite_stretch(composition, candidate->passage, value);
        return;
    }
    size_t label_begin = (size_t)(label.p - passage->text.p);
    size_t value_begin = (size_t)(value.p - passage->text.p);
    size_t end = value_begin + value.n;
    if (label_begin < value_begin && end - label_begin <= CITED_TOGETHER_MAX_BYTES + value.n &&
        piece_at(passage, label_begin) == piece_at(passage, value_begin)) {
        cite(composition, candidate->passage, label_begin, end);
        return;
    }
    cite_stretch(composition, candidate->passage, label);
    cite_stretch(composition, candidate->passage, value);
}

/* --- text --- */

static bool append_page(struct composition *composition, uint32_t passage)
{
    return buf_printf(&composition->text, " (p. %" PRIu32 ")",
                      composition->passages->items[passage].page_index + 1);
}

/* Between what was said and what follows. */
static bool append_gap(struct composition *composition)
{
    return composition->text.length == 0 || buf_append_str(&composition->text, "\n");
}

/* Without the marks that end a label. */
static struct str bare_label(struct str label)
{
    while (label.n > 0 && strchr(":.-_ \t", label.p[label.n - 1]) != NULL)
        label.n--;
    return label;
}

static bool append_named(struct composition *composition, const struct candidate *candidate)
{
    struct str label = bare_label(candidate->label);
    struct str column = bare_label(candidate->column);
    struct buf *text = &composition->text;

    if (label.n > 0 && !folded_append(text, label))
        return false;
    if (column.n > 0 && !str_equal(label, column)) {
        if (label.n > 0 && !buf_append_str(text, ", "))
            return false;
        if (!folded_append(text, column))
            return false;
    }
    if (label.n + column.n > 0 && !buf_append_str(text, ": "))
        return false;
    return folded_append(text, candidate->value);
}

static bool append_items(struct composition *composition, const struct candidate *candidate)
{
    for (size_t i = 0; i < candidate->item_count; i++) {
        if (i > 0 && !buf_append_str(&composition->text, "; "))
            return false;
        if (!folded_append(&composition->text, candidate->items[i]))
            return false;
        cite_stretch(composition, candidate->passage, candidate->items[i]);
    }
    return true;
}

bool compose_candidate(struct composition *composition, const struct candidate *candidate)
{
    if (!append_gap(composition))
        return false;
    switch (candidate->form) {
    case CANDIDATE_LIST:
        if (!append_items(composition, candidate))
            return false;
        break;
    case CANDIDATE_SENTENCE:
        if (!folded_append(&composition->text, candidate->value))
            return false;
        cite_stretch(composition, candidate->passage, candidate->value);
        break;
    case CANDIDATE_PAIR:
    case CANDIDATE_CELL:
        if (!append_named(composition, candidate))
            return false;
        cite_pair(composition, candidate);
        break;
    }
    return append_page(composition, candidate->passage);
}

bool compose_quote(struct composition *composition, uint32_t passage, struct str stretch)
{
    if (!append_gap(composition) || !folded_append(&composition->text, stretch))
        return false;
    cite_stretch(composition, passage, stretch);
    return append_page(composition, passage);
}

static bool is_utf8(struct str text)
{
    size_t step;

    for (size_t at = 0; at < text.n; at += step)
        if ((step = utf8_sequence(text.p + at, text.n - at)) == 0)
            return false;
    return true;
}

bool compose_missing(struct composition *composition, struct str part, const char *refusal)
{
    if (part.n > MISSING_PART_MAX_BYTES || !is_utf8(part)) /* not worth repeating */
        return true;
    return append_gap(composition) && folded_append(&composition->text, part) &&
           buf_append_str(&composition->text, ": ") && buf_append_str(&composition->text, refusal);
}

status_code compose_end(struct composition *composition, struct arena *arena,
                        struct answer *ret_answer, struct status *st)
{
    struct str text = buf_str(&composition->text);
    char *content = arena_strndup(arena, text.p, text.n);
    struct answer_citation *citations =
        ARENA_NEW_ARRAY(arena, struct answer_citation, composition->citation_count + 1);

    if (content == NULL || citations == NULL)
        return FAIL_MEMORY(st);
    memcpy(citations, composition->citations, composition->citation_count * sizeof(*citations));
    *ret_answer = (struct answer){{content, text.n}, citations, composition->citation_count, true};
    return STATUS_OK;
}
