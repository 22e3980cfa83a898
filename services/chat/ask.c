#include "services/chat/ask.h"

#include "lib/base/utf8.h"
#include "lib/log/log.h"
#include "services/chat/answer/answer.h"
#include "services/chat/evidence.h"
#include "services/chat/model/model.h"

enum { MODEL_PASSAGES_MAX = 32 }; /* that a model is offered; its context may hold fewer */

status_code ask_search(const struct document_index *index, const struct question *question,
                       struct arena *arena, struct index_hit *ret_hits, size_t hits_max,
                       size_t *ret_count, struct status *st)
{
    struct term_match *matches = ARENA_NEW_ARRAY(arena, struct term_match, QUERY_TERMS_MAX);
    const struct query_term *terms;
    size_t term_count;

    if (matches == NULL)
        return FAIL_MEMORY(st);
    TRY(question_terms(question, arena, &terms, &term_count, st));
    return document_index_search(index, terms, term_count, question->affinity, arena, ret_hits,
                                 hits_max, ret_count, matches, st);
}

void ask_add_affinity(struct meaning *meaning, struct cached_document *document,
                      const char *account_id, const struct turn *turns, size_t turn_count,
                      struct arena *arena, struct question *question)
{
    struct index_hit hits[MEANING_HITS_MAX];
    struct meaning_question asked = {.account_id = account_id, .hits = hits};
    struct status st = {0};

    if (meaning == NULL)
        return;
    asked.text = question_whole(question, turns, turn_count, arena);
    if (ask_search(cached_document_index(document), question, arena, hits, ARRAY_LENGTH(hits),
                   &asked.hit_count, &st) == STATUS_OK &&
        meaning_affinity(meaning, document, &asked, arena, &question->affinity, &st) == STATUS_OK)
        return;
    if (st.code != STATUS_UNAVAILABLE) /* which was logged when the model was to be loaded */
        log_failure(LOG_WARNING, "a question looks for its words alone", &st);
}

/* Pages that were read for one answer. */
struct cited_pages {
    uint32_t indexes[ANSWER_CITATIONS_MAX];
    const Ocrmesh__Document__V1__Page *pages[ANSWER_CITATIONS_MAX];
    size_t count;
};

static status_code get_page(const struct ask *ask, uint32_t page_index, struct cited_pages *cited,
                            struct arena *arena, const Ocrmesh__Document__V1__Page **ret_page,
                            struct status *st)
{
    for (size_t i = 0; i < cited->count; i++)
        if (cited->indexes[i] == page_index) {
            *ret_page = cited->pages[i];
            return STATUS_OK;
        }
    TRY(ask->read_page(ask->arg, page_index, arena, &cited->pages[cited->count], st));
    cited->indexes[cited->count] = page_index;
    *ret_page = cited->pages[cited->count++];
    return STATUS_OK;
}

/* The block that a stretch of a passage comes from; false when it is not of one piece. */
static bool find_block(const struct passage *passage, const struct answer_citation *citation,
                       uint32_t *ret_block_index)
{
    for (size_t i = 0; i < passage->piece_count; i++) {
        const struct passage_piece *piece = &passage->pieces[i];

        if (citation->offset >= piece->offset && (uint64_t)citation->offset + citation->length <=
                                                     (uint64_t)piece->offset + piece->length) {
            *ret_block_index = piece->block_index;
            return true;
        }
    }
    return false;
}

static status_code check_citation(const struct ask *ask, const struct answer_citation *wanted,
                                  struct cited_pages *cited, struct arena *arena, bool *ret_holds,
                                  struct citation *ret_citation, struct status *st)
{
    const struct passages *passages = document_index_passages(ask->index);
    const struct passage *passage;
    const Ocrmesh__Document__V1__Page *page;
    uint32_t block_index;

    *ret_holds = false;
    if (wanted->passage >= passages->count)
        return STATUS_OK;
    passage = &passages->items[wanted->passage];
    if (!find_block(passage, wanted, &block_index))
        return STATUS_OK;
    TRY(get_page(ask, passage->page_index, cited, arena, &page, st));
    if (page == NULL)
        return STATUS_OK;
    return evidence_find(page, block_index,
                         (struct str){passage->text.p + wanted->offset, wanted->length}, arena,
                         ret_holds, ret_citation, st);
}

/* The answer with its evidence; *ret_holds: every citation stands where it is said to. */
static status_code check_answer(const struct ask *ask, const struct answer *answer,
                                struct arena *arena, struct message *ret_message, bool *ret_holds,
                                int64_t *dropped, struct status *st)
{
    struct cited_pages cited = {0};
    struct citation *citations = ARENA_NEW_ARRAY(arena, struct citation, ANSWER_CITATIONS_MAX);
    bool holds = answer->citation_count <= ANSWER_CITATIONS_MAX &&
                 answer->is_grounded == (answer->citation_count > 0);

    if (citations == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < answer->citation_count && holds; i++) {
        TRY(check_citation(ask, &answer->citations[i], &cited, arena, &holds, &citations[i], st));
        *dropped += !holds;
    }
    ret_message->role = MESSAGE_ANSWER;
    ret_message->content = answer->content;
    ret_message->is_grounded = answer->is_grounded;
    ret_message->citations = citations;
    ret_message->citation_count = answer->citation_count;
    *ret_holds = holds;
    return STATUS_OK;
}

/* Out of the document's words. */
static status_code extract(const struct ask *ask, const struct question *question,
                           struct arena *arena, struct message *ret_message, int64_t *dropped,
                           struct status *st)
{
    const struct answer_watch watch = {ask->check_wanted, ask->arg};
    struct answer answer;
    bool holds = false;

    TRY(answer_extract(ask->index, question, ask->check_wanted == NULL ? NULL : &watch, arena,
                       &answer, st));
    TRY(check_answer(ask, &answer, arena, ret_message, &holds, dropped, st));
    if (holds)
        return STATUS_OK;
    log_write(LOG_ERROR, "an extractive answer does not stand in its document");
    ret_message->content = str_of(answer_refusal(question->language));
    ret_message->is_grounded = false;
    ret_message->citations = NULL;
    ret_message->citation_count = 0;
    return STATUS_OK;
}

static status_code cut_content(struct message *message, struct arena *arena, struct status *st)
{
    char *copy = arena_strndup(arena, message->content.p, message->content.n);

    if (copy == NULL)
        return FAIL_MEMORY(st);
    message->content = (struct str){copy, utf8_cut(copy, ANSWER_MAX_BYTES)};
    copy[message->content.n] = '\0';
    return STATUS_OK;
}

/* --- the model --- */

/* Whether anything was handed on. */
struct delta_watch {
    const struct ask *ask;
    bool has_sent;
};

static bool watch_delta(void *arg, struct str piece)
{
    struct delta_watch *watch = arg;

    watch->has_sent = true;
    return watch->ask->on_delta == NULL || watch->ask->on_delta(watch->ask->arg, piece);
}

/* *ret_is_answered: false where there is nothing to ask it about, where it has failed, or where its
 * citations have. */
static status_code ask_model(const struct ask *ask, const struct question *question,
                             struct delta_watch *watch, struct arena *arena,
                             struct message *ret_message, int64_t *dropped, bool *ret_is_answered,
                             struct status *st)
{
    struct chat_model_question wanted = {
        .question = question,
        .turns = ask->turns,
        .turn_count = ask->turn_count,
        .index = ask->index,
        .deadline_ns = ask->deadline_ns,
        .on_delta = watch_delta,
        .arg = watch,
    };
    struct index_hit *hits = ARENA_NEW_ARRAY(arena, struct index_hit, MODEL_PASSAGES_MAX);
    struct status failure;
    struct answer answer;

    *ret_is_answered = false;
    if (hits == NULL)
        return FAIL_MEMORY(st);
    TRY(ask_search(ask->index, question, arena, hits, MODEL_PASSAGES_MAX, &wanted.hit_count, st));
    if (wanted.hit_count == 0)
        return STATUS_OK;
    wanted.hits = hits;
    ret_message->source = SOURCE_FALLBACK;
    status_code code = chat_model_answer(ask->model, &wanted, arena, &answer, &failure);
    if (code == STATUS_CANCELLED) {
        *st = failure;
        return code;
    }
    if (code != STATUS_OK) {
        log_failure(LOG_WARNING, "the language model was asked, and gave no answer", &failure);
        return STATUS_OK;
    }
    TRY(check_answer(ask, &answer, arena, ret_message, ret_is_answered, dropped, st));
    if (*ret_is_answered)
        ret_message->source = SOURCE_MODEL;
    return STATUS_OK;
}

status_code ask_answer(const struct ask *ask, struct arena *arena, struct message *ret_answer,
                       int64_t *ret_dropped, struct status *st)
{
    struct delta_watch watch = {.ask = ask};
    struct message message = {.source = SOURCE_EXTRACTIVE};
    struct question question;
    bool is_answered = false;
    int64_t dropped = 0;

    TRY(question_read(ask->text, ask->turns, ask->turn_count, ask->index, arena, &question, st));
    ask_add_affinity(ask->meaning, ask->document, ask->account_id, ask->turns, ask->turn_count,
                     arena, &question);
    if (ask->model != NULL)
        TRY(ask_model(ask, &question, &watch, arena, &message, &dropped, &is_answered, st));
    if (!is_answered)
        TRY(extract(ask, &question, arena, &message, &dropped, st));
    TRY(cut_content(&message, arena, st));
    if (!watch.has_sent && !watch_delta(&watch, message.content))
        return FAIL(st, STATUS_CANCELLED, NULL, "the caller has gone");
    *ret_answer = message;
    *ret_dropped = dropped;
    return STATUS_OK;
}
