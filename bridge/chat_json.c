#include "bridge/chat_json.h"

#include "bridge/http/json_write.h"
#include "bridge/json_member.h"

static bool write_boxes(struct buf *out, const Ocrmesh__Chat__V1__Citation *citation)
{
    if (!json_write_name(out, "bbox") || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < citation->n_bboxes; i++) {
        const Ocrmesh__Document__V1__BoundingBox *box = citation->bboxes[i];

        if (!json_write_begin_array(out) || !json_write_integer(out, box->x0) ||
            !json_write_integer(out, box->y0) || !json_write_integer(out, box->x1) ||
            !json_write_integer(out, box->y1) || !json_write_end_array(out))
            return false;
    }
    return json_write_end_array(out);
}

static bool write_citations(struct buf *out, const Ocrmesh__Chat__V1__Message *message)
{
    if (!json_write_name(out, "citations") || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < message->n_citations; i++) {
        const Ocrmesh__Chat__V1__Citation *citation = message->citations[i];

        if (!json_write_begin_object(out) || !json_member_integer(out, "page", citation->page) ||
            !json_member_string(out, "snippet", citation->snippet) || !write_boxes(out, citation) ||
            !json_member_integer(out, "block", citation->block_index) ||
            !json_write_end_object(out))
            return false;
    }
    return json_write_end_array(out);
}

static const char *source_word(Ocrmesh__Chat__V1__AnswerSource source)
{
    switch ((int)source) {
    case OCRMESH__CHAT__V1__ANSWER_SOURCE__ANSWER_SOURCE_MODEL:
        return "model";
    case OCRMESH__CHAT__V1__ANSWER_SOURCE__ANSWER_SOURCE_FALLBACK:
        return "fallback";
    default:
        return "extractive";
    }
}

bool chat_json_write_message(struct buf *out, const Ocrmesh__Chat__V1__Message *message)
{
    bool is_assistant = message->role == OCRMESH__CHAT__V1__ROLE__ROLE_ASSISTANT;

    return json_write_begin_object(out) &&
           json_member_string(out, "role", is_assistant ? "assistant" : "user") &&
           json_member_string(out, "content", message->content) && write_citations(out, message) &&
           (!is_assistant || (json_member_boolean(out, "grounded", message->is_grounded) &&
                              json_member_string(out, "source", source_word(message->source)))) &&
           json_member_time(out, "created_at", message->create_time) && json_write_end_object(out);
}
