#include "services/chat/model/answer_writer.h"

#include <string.h>

enum { NO_ANSWER_SIGNS_MAX = 4 };

status_code answer_writer_init(struct answer_writer *writer, const struct prompt *prompt,
                               const struct chat_model_question *question, struct arena *arena,
                               struct status *st)
{
    *writer = (struct answer_writer){.question = question, .arena = arena};
    buf_init(&writer->content, ANSWER_CONTENT_MAX_BYTES);
    if (!claim_parser_init(&writer->parser, str_of(question->question->language),
                           !prompt->has_bare_numbers))
        return FAIL_MEMORY(st);
    return given_new(document_index_passages(question->index), prompt->given, prompt->given_count,
                     arena, &writer->given, st);
}

void answer_writer_deinit(struct answer_writer *writer)
{
    claim_parser_deinit(&writer->parser);
    given_free(writer->given);
    buf_deinit(&writer->content);
}

/* --- sentences --- */

/* False, and the writer is full, when it does not fit or nobody wants it. */
static bool hand_on(struct answer_writer *writer, const char *before, struct str text)
{
    const struct chat_model_question *question = writer->question;
    size_t start = writer->content.length;

    if (writer->content.max_bytes - start < strlen(before) + text.n ||
        !buf_append_str(&writer->content, before) ||
        !buf_append(&writer->content, text.p, text.n)) {
        writer->is_full = true;
        return false;
    }
    struct str piece = {writer->content.data + start, writer->content.length - start};
    if (question->on_delta != NULL && !question->on_delta(question->arg, piece))
        writer->is_unheard = writer->is_full = true;
    return !writer->is_full;
}

static bool is_said(const struct answer_writer *writer, struct str text)
{
    return writer->content.length > 0 &&
           memmem(writer->content.data, writer->content.length, text.p, text.n) != NULL;
}

static size_t find_citation(const struct answer_writer *writer,
                            const struct answer_citation *citation)
{
    size_t at = 0;

    while (at < writer->citation_count &&
           memcmp(&writer->citations[at], citation, sizeof(*citation)) != 0)
        at++;
    return at;
}

/* False when there are too many. */
static bool add_citations(struct answer_writer *writer, const struct checked_claim *checked)
{
    size_t count = writer->citation_count;

    for (size_t i = 0; i < checked->citation_count; i++) {
        if (find_citation(writer, &checked->citations[i]) < writer->citation_count)
            continue;
        if (writer->citation_count == ANSWER_CITATIONS_MAX) {
            writer->citation_count = count;
            return false;
        }
        writer->citations[writer->citation_count++] = checked->citations[i];
    }
    return true;
}

/* Those words alone, perhaps between signs. */
static bool is_no_answer(struct str text)
{
    static const char wanted[] = PROMPT_NO_ANSWER;
    const char *at = memmem(text.p, text.n, wanted, sizeof(wanted) - 1);

    return at != NULL && text.n <= sizeof(wanted) - 1 + NO_ANSWER_SIGNS_MAX;
}

static const char *separator(const struct answer_writer *writer, const struct claim *claim)
{
    if (claim->begins_line && claim->is_item)
        return writer->content.length == 0 ? "- " : "\n- ";
    return writer->content.length == 0 ? "" : claim->begins_line ? "\n" : " ";
}

static bool on_claim(void *arg, const struct claim *claim)
{
    struct answer_writer *writer = arg;
    struct checked_claim checked;

    if (is_no_answer(claim->text)) {
        writer->is_refusal = writer->content.length == 0;
        writer->is_full = true;
        return false;
    }
    if (claim_check(writer->given, claim, writer->arena, &checked, &writer->failure) != STATUS_OK)
        return false;
    writer->verdicts[checked.verdict]++;
    if (checked.text.n == 0 || is_said(writer, checked.text))
        return true;
    if (!add_citations(writer, &checked)) {
        writer->is_full = true;
        return false;
    }
    return hand_on(writer, separator(writer, claim), checked.text);
}

bool answer_writer_feed(struct answer_writer *writer, struct str piece)
{
    struct status st;

    if (writer->is_full || writer->failure.code != STATUS_OK)
        return false;
    status_code code = claim_parser_feed(&writer->parser, piece, on_claim, writer, &st);
    if (code != STATUS_OK && code != STATUS_ABORTED)
        writer->failure = st;
    return code == STATUS_OK;
}

/* --- the end --- */

static status_code refuse(struct answer_writer *writer, struct answer *ret_answer,
                          struct status *st)
{
    const char *sentence = answer_refusal(writer->question->question->language);

    if (!hand_on(writer, "", str_of(sentence)) && writer->is_unheard)
        return FAIL(st, STATUS_CANCELLED, NULL, "nobody waits for the answer");
    *ret_answer = (struct answer){.content = str_of(sentence)};
    return STATUS_OK;
}

static status_code keep(struct answer_writer *writer, struct answer *ret_answer, struct status *st)
{
    struct answer_citation *citations =
        ARENA_NEW_ARRAY(writer->arena, struct answer_citation, writer->citation_count);
    const char *content =
        arena_strndup(writer->arena, writer->content.data, writer->content.length);

    if (citations == NULL || content == NULL)
        return FAIL_MEMORY(st);
    memcpy(citations, writer->citations, writer->citation_count * sizeof(*citations));
    *ret_answer = (struct answer){.content = {content, writer->content.length},
                                  .citations = citations,
                                  .citation_count = writer->citation_count,
                                  .is_grounded = true};
    return STATUS_OK;
}

status_code answer_writer_end(struct answer_writer *writer, bool is_whole,
                              struct answer *ret_answer, struct status *st)
{
    struct status rest;

    if (!writer->is_full && writer->failure.code == STATUS_OK) {
        status_code code = claim_parser_end(&writer->parser, is_whole, on_claim, writer, &rest);
        if (code != STATUS_OK && code != STATUS_ABORTED)
            writer->failure = rest;
    }
    if (writer->is_unheard)
        return FAIL(st, STATUS_CANCELLED, NULL, "nobody waits for the answer");
    if (writer->is_refusal)
        return refuse(writer, ret_answer, st);
    if (writer->content.length > 0)
        return keep(writer, ret_answer, st);
    if (writer->failure.code != STATUS_OK) {
        *st = writer->failure;
        return st->code;
    }
    return FAIL(st, STATUS_DATA_LOSS, NULL, "nothing that it said stands in the passages");
}
