/* GetConversation, DeleteConversation. */

#include <inttypes.h>

#include "services/chat/chat_message.h"
#include "services/chat/service_handlers.h"
#include "services/chat/store_conversation.h"

enum { MESSAGES_PER_PAGE_MAX = 200 };

static status_code fill_page(const struct message_page *page, struct arena *arena,
                             Ocrmesh__Chat__V1__GetConversationResponse *reply, struct status *st)
{
    reply->conversation_id = arena_strdup(arena, page->conversation_id);
    reply->messages = ARENA_NEW_ARRAY(arena, Ocrmesh__Chat__V1__Message *, page->count + 1);
    if (reply->conversation_id == NULL || reply->messages == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < page->count; i++)
        TRY(chat_message_make(&page->messages[i], arena, &reply->messages[i], st));
    reply->n_messages = page->count;
    if (page->next_number == 0)
        return STATUS_OK;
    reply->next_page_token = arena_printf(arena, "%" PRId32, page->next_number);
    return reply->next_page_token == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

status_code service_get_conversation(struct rpc_call *call, const void *request, void *response,
                                     void *data, struct status *st)
{
    const struct chat_service *service = data;
    const Ocrmesh__Chat__V1__GetConversationRequest *wanted = request;
    struct service_caller caller = {0};
    struct service_job job;
    struct message_page page;
    int32_t size, first;

    TRY(service_identify(service, call, &caller, st));
    TRY(service_read_page_size(wanted->page_size, MESSAGES_PER_PAGE_MAX, MESSAGES_PER_PAGE_MAX,
                               &size, st));
    TRY(service_read_page_token(wanted->page_token, 1, &first, st));
    TRY(service_find_done_job(service, call, &caller, wanted->job_id, &job, st));
    TRY(store_messages_page(service->db, service_deadline(call),
                            &(struct conversation_key){job.id, caller.account_id}, first, size,
                            SERVICE_REPLY_BYTES, rpc_call_arena(call), &page, st));
    return fill_page(&page, rpc_call_arena(call), response, st);
}

status_code service_delete_conversation(struct rpc_call *call, const void *request, void *response,
                                        void *data, struct status *st)
{
    const struct chat_service *service = data;
    const Ocrmesh__Chat__V1__DeleteConversationRequest *wanted = request;
    struct service_caller caller = {0};
    struct service_job job;

    TRY(service_identify(service, call, &caller, st));
    TRY(service_find_job(service, call, &caller, wanted->job_id, &job, st));
    return store_conversation_delete(service->db, service_deadline(call),
                                     &(struct conversation_key){job.id, caller.account_id}, st);
}
