#include "bridge/chat_json.h"

#include "bridge/http/json_write.h"
#include "lib/rpc/timestamp.h"

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

        if (!json_write_begin_object(out) || !json_write_name(out, "page") ||
            !json_write_integer(out, citation->page) || !json_write_name(out, "snippet") ||
            !json_write_string(out, str_of(citation->snippet)) || !write_boxes(out, citation) ||
            !json_write_name(out, "block") || !json_write_integer(out, citation->block_index) ||
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
    const Google__Protobuf__Timestamp *time = message->create_time;

    return json_write_begin_object(out) && json_write_name(out, "role") &&
           json_write_string(out, str_of(is_assistant ? "assistant" : "user")) &&
           json_write_name(out, "content") && json_write_string(out, str_of(message->content)) &&
           write_citations(out, message) &&
           (!is_assistant ||
            (json_write_name(out, "grounded") && json_write_boolean(out, message->is_grounded) &&
             json_write_name(out, "source") &&
             json_write_string(out, str_of(source_word(message->source))))) &&
           json_write_name(out, "created_at") &&
           (time == NULL ? json_write_null(out) : json_write_time(out, rpc_timestamp_ns(time))) &&
           json_write_end_object(out);
}
