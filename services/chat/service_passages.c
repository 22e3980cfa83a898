/* SearchPassages, ListPassages: retrieval without an answer. */

#include <inttypes.h>

#include "lib/base/gate.h"
#include "services/chat/ask.h"
#include "services/chat/chat_message.h"
#include "services/chat/question/question.h"
#include "services/chat/service_handlers.h"

enum {
    SEARCH_PAGE_NORMAL = 10,
    SEARCH_PAGE_MAX = 50,
    LIST_PAGE_MAX = 200,
    DOCUMENT_TIMEOUT_MS = 120000,
};

/* A call that looks into a document. */
struct looking {
    struct service_caller caller;
    struct gate_pass pass;
    struct cached_document *document;
};

static void looking_deinit(struct looking *looking)
{
    cached_document_unrefp(&looking->document);
    gate_leave(&looking->pass);
}

static status_code open_document(const struct chat_service *service, struct rpc_call *call,
                                 const char *job_id, struct looking *looking, struct status *st)
{
    struct service_job job;

    looking->caller.options.deadline = rpc_call_deadline_within(call, DOCUMENT_TIMEOUT_MS);
    TRY(gate_enter(service->questions_gate, looking->caller.key, &looking->pass, st));
    TRY(service_find_done_job(service, call, &looking->caller, job_id, &job, st));
    return service_load_document(service, &looking->caller, &job, &looking->document, st);
}

status_code service_search_passages(struct rpc_call *call, const void *request, void *response,
                                    void *data, struct status *st)
{
    const struct chat_service *service = data;
    const Ocrmesh__Chat__V1__SearchPassagesRequest *wanted = request;
    Ocrmesh__Chat__V1__SearchPassagesResponse *reply = response;
    struct arena *arena = rpc_call_arena(call);
    _cleanup_(looking_deinit) struct looking looking = {0};
    struct index_hit hits[SEARCH_PAGE_MAX];
    struct question question;
    size_t count, bytes = 0;
    int32_t size;

    TRY(service_identify(service, call, &looking.caller, st));
    TRY(service_check_question("query", wanted->query, st));
    TRY(service_read_page_size(wanted->page_size, SEARCH_PAGE_MAX, SEARCH_PAGE_NORMAL, &size, st));
    TRY(open_document(service, call, wanted->job_id, &looking, st));
    const struct document_index *index = cached_document_index(looking.document);
    TRY(question_read(str_of(wanted->query), NULL, 0, index, arena, &question, st));
    ask_add_affinity(service->meaning, looking.document, looking.caller.account_id, NULL, 0, arena,
                     &question);
    TRY(ask_search(index, &question, arena, hits, (size_t)size, &count, st));

    const struct passages *passages = document_index_passages(index);
    reply->passages = ARENA_NEW_ARRAY(arena, Ocrmesh__Chat__V1__Passage *, count + 1);
    if (reply->passages == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count && bytes < SERVICE_REPLY_BYTES; i++) {
        size_t passage_bytes;

        TRY(chat_passage_make(&passages->items[hits[i].passage], hits[i].passage, hits[i].score,
                              arena, &reply->passages[reply->n_passages++], &passage_bytes, st));
        bytes += passage_bytes;
    }
    return STATUS_OK;
}

status_code service_list_passages(struct rpc_call *call, const void *request, void *response,
                                  void *data, struct status *st)
{
    const struct chat_service *service = data;
    const Ocrmesh__Chat__V1__ListPassagesRequest *wanted = request;
    Ocrmesh__Chat__V1__ListPassagesResponse *reply = response;
    struct arena *arena = rpc_call_arena(call);
    _cleanup_(looking_deinit) struct looking looking = {0};
    size_t next, bytes = 0;
    int32_t size, first;

    TRY(service_identify(service, call, &looking.caller, st));
    TRY(service_read_page_size(wanted->page_size, LIST_PAGE_MAX, LIST_PAGE_MAX, &size, st));
    TRY(service_read_page_token(wanted->page_token, 0, &first, st));
    TRY(open_document(service, call, wanted->job_id, &looking, st));

    const struct passages *passages =
        document_index_passages(cached_document_index(looking.document));
    reply->passages = ARENA_NEW_ARRAY(arena, Ocrmesh__Chat__V1__Passage *, (size_t)size);
    if (reply->passages == NULL)
        return FAIL_MEMORY(st);
    for (next = (size_t)first;
         next < passages->count && reply->n_passages < (size_t)size && bytes < SERVICE_REPLY_BYTES;
         next++) {
        size_t passage_bytes;

        TRY(chat_passage_make(&passages->items[next], (uint32_t)next, 0, arena,
                              &reply->passages[reply->n_passages++], &passage_bytes, st));
        bytes += passage_bytes;
    }
    if (next >= passages->count)
        return STATUS_OK;
    reply->next_page_token = arena_printf(arena, "%zu", next);
    return reply->next_page_token == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}
