#include "services/chat/chat_message.h"

#include "lib/base/utf8.h"
#include "lib/rpc/timestamp.h"

static status_code make_boxes(const struct citation *citation, struct arena *arena,
                              Ocrmesh__Chat__V1__Citation *message, struct status *st)
{
    size_t count = citation->box_count;
    Ocrmesh__Document__V1__BoundingBox *boxes =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Document__V1__BoundingBox, count + 1);

    message->bboxes = ARENA_NEW_ARRAY(arena, Ocrmesh__Document__V1__BoundingBox *, count + 1);
    if (boxes == NULL || message->bboxes == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        const struct citation_box *box = &citation->boxes[i];

        ocrmesh__document__v1__bounding_box__init(&boxes[i]);
        boxes[i].x0 = box->x0;
        boxes[i].y0 = box->y0;
        boxes[i].x1 = box->x1;
        boxes[i].y1 = box->y1;
        message->bboxes[i] = &boxes[i];
    }
    message->n_bboxes = count;
    return STATUS_OK;
}

static status_code make_citation(const struct citation *citation, struct arena *arena,
                                 Ocrmesh__Chat__V1__Citation **ret_message, struct status *st)
{
    Ocrmesh__Chat__V1__Citation *message = ARENA_NEW(arena, Ocrmesh__Chat__V1__Citation);

    if (message == NULL)
        return FAIL_MEMORY(st);
    ocrmesh__chat__v1__citation__init(message);
    message->page = citation->page_index + 1;
    message->block_index = citation->block_index;
    message->snippet = arena_strndup(arena, citation->snippet.p, citation->snippet.n);
    if (message->snippet == NULL)
        return FAIL_MEMORY(st);
    TRY(make_boxes(citation, arena, message, st));
    *ret_message = message;
    return STATUS_OK;
}

static Ocrmesh__Chat__V1__AnswerSource source_of(answer_source source)
{
    switch (source) {
    case SOURCE_EXTRACTIVE:
        return OCRMESH__CHAT__V1__ANSWER_SOURCE__ANSWER_SOURCE_EXTRACTIVE;
    case SOURCE_MODEL:
        return OCRMESH__CHAT__V1__ANSWER_SOURCE__ANSWER_SOURCE_MODEL;
    case SOURCE_FALLBACK:
        return OCRMESH__CHAT__V1__ANSWER_SOURCE__ANSWER_SOURCE_FALLBACK;
    case SOURCE_COUNT:
        break;
    }
    return OCRMESH__CHAT__V1__ANSWER_SOURCE__ANSWER_SOURCE_UNSPECIFIED;
}

status_code chat_message_make(const struct message *message, struct arena *arena,
                              Ocrmesh__Chat__V1__Message **ret_message, struct status *st)
{
    Ocrmesh__Chat__V1__Message *made = ARENA_NEW(arena, Ocrmesh__Chat__V1__Message);

    if (made == NULL)
        return FAIL_MEMORY(st);
    ocrmesh__chat__v1__message__init(made);
    made->message_id = arena_strdup(arena, message->id);
    made->content = arena_strndup(arena, message->content.p, message->content.n);
    made->create_time = rpc_timestamp_new(message->create_time, arena);
    made->citations =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Chat__V1__Citation *, message->citation_count + 1);
    if (made->message_id == NULL || made->content == NULL || made->create_time == NULL ||
        made->citations == NULL)
        return FAIL_MEMORY(st);
    made->role = OCRMESH__CHAT__V1__ROLE__ROLE_USER;
    if (message->role == MESSAGE_ANSWER) {
        made->role = OCRMESH__CHAT__V1__ROLE__ROLE_ASSISTANT;
        made->is_grounded = message->is_grounded;
        made->source = source_of(message->source);
    }
    for (size_t i = 0; i < message->citation_count; i++)
        TRY(make_citation(&message->citations[i], arena, &made->citations[i], st));
    made->n_citations = message->citation_count;
    *ret_message = made;
    return STATUS_OK;
}

/* --- passages --- */

static char *copy_cut(struct str text, struct arena *arena, size_t *size)
{
    char *copy = arena_strndup(arena, text.n > 0 ? text.p : "", text.n);

    if (copy != NULL) {
        size_t length = utf8_cut(copy, CHAT_PASSAGE_TEXT_MAX_BYTES);

        copy[length] = '\0';
        *size += length;
    }
    return copy;
}

status_code chat_passage_make(const struct passage *passage, uint32_t index, float score,
                              struct arena *arena, Ocrmesh__Chat__V1__Passage **ret_passage,
                              size_t *ret_size, struct status *st)
{
    Ocrmesh__Chat__V1__Passage *made = ARENA_NEW(arena, Ocrmesh__Chat__V1__Passage);
    size_t size = sizeof(*made);

    if (made == NULL)
        return FAIL_MEMORY(st);
    ocrmesh__chat__v1__passage__init(made);
    made->page = passage->page_index + 1;
    made->index = index;
    made->score = score;
    made->text = copy_cut(passage->text, arena, &size);
    made->context = copy_cut(passage->context, arena, &size);
    made->block_indexes = ARENA_NEW_ARRAY(arena, uint32_t, passage->piece_count + 1);
    if (made->text == NULL || made->context == NULL || made->block_indexes == NULL)
        return FAIL_MEMORY(st);
    /* Pieces stand in the order of their blocks; rows of a table are pieces of one. */
    for (size_t i = 0; i < passage->piece_count; i++) {
        uint32_t block = passage->pieces[i].block_index;

        if (made->n_block_indexes == 0 || made->block_indexes[made->n_block_indexes - 1] != block)
            made->block_indexes[made->n_block_indexes++] = block;
    }
    *ret_size = size + made->n_block_indexes * sizeof(uint32_t);
    *ret_passage = made;
    return STATUS_OK;
}
