/* What can be asked for: languages and tools; and how much work waits. */

#include "lib/rpc/timestamp.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/ocr/job_message.h"
#include "services/ocr/language.h"
#include "services/ocr/service_handlers.h"
#include "services/ocr/store_queue.h"
#include "services/ocr/tools.h"

static size_t count_words(const char *const *words)
{
    size_t count = 0;

    while (words[count] != NULL)
        count++;
    return count;
}

status_code service_list_languages(struct rpc_call *call, const void *request, void *response,
                                   void *data, struct status *st)
{
    /* The engine of vlm has the engine of cpu for what it cannot read itself. */
    static Ocrmesh__Ocr__V1__Tier tiers[] = {OCRMESH__OCR__V1__TIER__TIER_CPU,
                                             OCRMESH__OCR__V1__TIER__TIER_VLM};
    const struct ocr_service *service = data;
    Ocrmesh__Ocr__V1__ListLanguagesResponse *reply = response;
    struct arena *arena = rpc_call_arena(call);
    size_t count = language_count();

    reply->languages = ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__Language *, count);
    Ocrmesh__Ocr__V1__Language *entries = ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__Language, count);
    if (reply->languages == NULL || entries == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        const struct language *language = language_at(i);
        ocrmesh__ocr__v1__language__init(&entries[i]);
        entries[i].code = (char *)language->code;
        entries[i].name = (char *)language->name;
        entries[i].tiers = tiers;
        entries[i].n_tiers = service->has_vlm ? ARRAY_LENGTH(tiers) : 1;
        entries[i].aliases = (char **)language->aliases;
        entries[i].n_aliases = count_words(language->aliases);
        reply->languages[i] = &entries[i];
    }
    reply->n_languages = count;
    return STATUS_OK;
}

status_code service_list_tools(struct rpc_call *call, const void *request, void *response,
                               void *data, struct status *st)
{
    const struct ocr_service *service = data;
    Ocrmesh__Ocr__V1__ListToolsResponse *reply = response;
    struct arena *arena = rpc_call_arena(call);
    size_t count = tool_count();

    reply->tools = ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__Tool *, count);
    Ocrmesh__Ocr__V1__Tool *entries = ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__Tool, count);
    if (reply->tools == NULL || entries == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        const struct tool *tool = tool_at(i);
        ocrmesh__ocr__v1__tool__init(&entries[i]);
        entries[i].slug = (char *)tool->slug;
        entries[i].description = (char *)tool->description;
        entries[i].default_tier = (Ocrmesh__Ocr__V1__Tier)tool_tier(tool, service->has_vlm);
        entries[i].formats = (char **)tool->formats;
        entries[i].n_formats = count_words(tool->formats);
        entries[i].adds = (char **)tool->adds;
        entries[i].n_adds = count_words(tool->adds);
        entries[i].needs_translate_to = (tool->does & TOOL_TRANSLATES) != 0;
        reply->tools[i] = &entries[i];
    }
    reply->n_tools = count;
    return STATUS_OK;
}

status_code service_get_queue(struct rpc_call *call, const void *request, void *response,
                              void *data, struct status *st)
{
    const struct ocr_service *service = data;
    Ocrmesh__Ocr__V1__GetQueueResponse *reply = response;
    struct arena *arena = rpc_call_arena(call);
    struct queue_depth depths[QUEUE_TIERS_MAX];

    TRY(store_queue_depth(service->db, service_deadline(call), depths, st));
    reply->queues = ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__QueueStatus *, QUEUE_TIERS_MAX);
    Ocrmesh__Ocr__V1__QueueStatus *entries =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__QueueStatus, QUEUE_TIERS_MAX);
    if (reply->queues == NULL || entries == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < QUEUE_TIERS_MAX; i++) {
        ocrmesh__ocr__v1__queue_status__init(&entries[i]);
        entries[i].tier = (Ocrmesh__Ocr__V1__Tier)depths[i].tier;
        entries[i].pages_waiting = depths[i].pages_waiting;
        entries[i].pages_leased = depths[i].pages_leased;
        if (depths[i].oldest_waiting_time != 0) {
            entries[i].oldest_waiting_time =
                rpc_timestamp_new(depths[i].oldest_waiting_time, arena);
            if (entries[i].oldest_waiting_time == NULL)
                return FAIL_MEMORY(st);
        }
        reply->queues[i] = &entries[i];
    }
    reply->n_queues = QUEUE_TIERS_MAX;
    return STATUS_OK;
}
