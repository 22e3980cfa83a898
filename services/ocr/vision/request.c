#include "services/ocr/vision/request.h"

#include <jansson.h>
#include <sodium.h>

static const char default_prompt[] =
    "Transcribe this page as Markdown. Write exactly what is printed or written on it, in its own "
    "language and in the order in which a person reads it; correct, translate, shorten and add "
    "nothing. Mark headings with #, lists with - or numbers. Write tables as HTML tables, with "
    "rowspan and colspan where cells span. Write formulas in LaTeX, between $ in a line and "
    "between $$ on lines of their own. Write [ ] and [x] for boxes to tick. Do not describe "
    "pictures. Answer with the Markdown alone, without a code fence; for an empty page answer with "
    "nothing.";

static bool append_json(struct buf *out, const char *before, const char *text)
{
    json_auto_t *string = json_string(text);
    _cleanup_(freep) char *quoted = json_dumps(string, JSON_ENCODE_ANY);

    return quoted != NULL && buf_append_str(out, before) && buf_append_str(out, quoted);
}

static bool append_image(struct buf *out, const struct vision_question *question)
{
    const int variant = sodium_base64_VARIANT_ORIGINAL;
    size_t size = sodium_base64_encoded_len(question->image.n, variant); /* with its NUL */

    if (!buf_printf(out, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:%s;base64,",
                    question->media_type) ||
        !buf_reserve(out, size))
        return false;
    (void)sodium_bin2base64(out->data + out->length, size, (const unsigned char *)question->image.p,
                            question->image.n, variant);
    out->length += size - 1;
    return buf_append_str(out, "\"}}");
}

status_code request_write(const struct vision_question *question, struct buf *out,
                          struct status *st)
{
    const char *prompt = question->prompt[0] != '\0' ? question->prompt : default_prompt;

    if (append_json(out, "{\"model\":", question->model) &&
        buf_append_str(out, ",\"messages\":[{\"role\":\"user\",\"content\":[") &&
        append_image(out, question) && append_json(out, ",{\"type\":\"text\",\"text\":", prompt) &&
        buf_printf(out, "}]}],\"temperature\":0,\"max_tokens\":%lld,\"stream\":true}",
                   (long long)question->tokens_max))
        return STATUS_OK;
    return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "the page is too large for it");
}
