#include "services/ocr/job_extraction.h"

#include "lib/base/clock.h"
#include "lib/rpc/allocator.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "services/ocr/extract/extract.h"
#include "services/ocr/store_extraction.h"
#include "services/ocr/store_page.h"
#include "services/ocr/tools.h"

enum {
    STATEMENT_TIMEOUT_MS = 10000,
    PAGES_AT_ONCE = 4,
    PAGE_ARENA_MAX_BYTES = 512 << 20,   /* a page's message, as in GetDocument */
    RESULT_ARENA_MAX_BYTES = 256 << 20, /* the words of all pages, and what is found */
};

/* --- words --- */

struct gathering {
    struct arena *page_arena;
    struct arena *arena;
    struct rows rows;
};

static struct extract_box box_of(const Ocrmesh__Document__V1__BoundingBox *bbox)
{
    return bbox == NULL ? (struct extract_box){0, 0, 0, 0}
                        : (struct extract_box){bbox->x0, bbox->y0, bbox->x1, bbox->y1};
}

static size_t count_words(const Ocrmesh__Document__V1__Page *page)
{
    size_t count = 0;

    for (size_t b = 0; b < page->n_blocks; b++)
        for (size_t l = 0; l < page->blocks[b]->n_lines; l++)
            count += page->blocks[b]->lines[l]->n_words;
    return count < ROWS_WORDS_MAX ? count : ROWS_WORDS_MAX;
}

static status_code add_words(struct gathering *gathering, const Ocrmesh__Document__V1__Page *page,
                             struct status *st)
{
    size_t room = count_words(page);
    struct extract_word *words = ARENA_NEW_ARRAY(gathering->arena, struct extract_word, room + 1);
    size_t count = 0;

    if (words == NULL)
        return FAIL_MEMORY(st);
    for (size_t b = 0; b < page->n_blocks; b++)
        for (size_t l = 0; l < page->blocks[b]->n_lines; l++) {
            const Ocrmesh__Document__V1__Line *line = page->blocks[b]->lines[l];
            for (size_t w = 0; w < line->n_words && count < room; w++) {
                const Ocrmesh__Document__V1__Word *word = line->words[w];
                const char *text = arena_strdup(gathering->arena, word->text);
                if (text == NULL)
                    return FAIL_MEMORY(st);
                words[count++] = (struct extract_word){text, box_of(word->bbox), word->confidence};
            }
        }
    return rows_add_page(&gathering->rows, page->index, words, count, gathering->arena, st);
}

static status_code gather_page(int32_t page_index, struct str content, void *arg, struct status *st)
{
    struct gathering *gathering = arg;
    ProtobufCAllocator allocator = rpc_arena_allocator(gathering->page_arena);

    arena_reset(gathering->page_arena);
    Ocrmesh__Document__V1__Page *page =
        ocrmesh__document__v1__page__unpack(&allocator, content.n, (const uint8_t *)content.p);
    if (page == NULL)
        return FAIL(st, STATUS_INTERNAL, NULL, "page %d of the document cannot be read",
                    (int)page_index);
    return page->error != NULL ? STATUS_OK : add_words(gathering, page, st);
}

static status_code gather(struct db *db, const char *job_id, struct gathering *gathering,
                          struct status *st)
{
    int32_t next = 0;
    int32_t seen = 0;
    int32_t count = PAGES_AT_ONCE;

    for (; seen < JOB_EXTRACTION_PAGES_MAX && count == PAGES_AT_ONCE; seen += count)
        TRY(store_page_each(db, time_mono_after_ms(STATEMENT_TIMEOUT_MS), job_id, next,
                            PAGES_AT_ONCE, gather_page, gathering, &next, &count, st));
    return STATUS_OK;
}

/* --- the message --- */

static Ocrmesh__Ocr__V1__ExtractedValue *value_message(const struct extract_value *value,
                                                       struct arena *arena)
{
    Ocrmesh__Ocr__V1__ExtractedValue *message = ARENA_NEW(arena, Ocrmesh__Ocr__V1__ExtractedValue);
    Ocrmesh__Document__V1__BoundingBox *bbox = ARENA_NEW(arena, Ocrmesh__Document__V1__BoundingBox);

    if (message == NULL || bbox == NULL)
        return NULL;
    ocrmesh__ocr__v1__extracted_value__init(message);
    ocrmesh__document__v1__bounding_box__init(bbox);
    bbox->x0 = value->box.x0;
    bbox->y0 = value->box.y0;
    bbox->x1 = value->box.x1;
    bbox->y1 = value->box.y1;
    message->value = (char *)value->value;
    message->text = (char *)value->text;
    message->page_index = value->page_index;
    message->bbox = bbox;
    message->confidence = value->confidence;
    return message;
}

static bool fill_pairs(const struct extraction *extraction, struct arena *arena,
                       Ocrmesh__Ocr__V1__Extraction *message)
{
    message->key_values =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__KeyValue *, extraction->pair_count + 1);
    if (message->key_values == NULL)
        return false;
    for (size_t i = 0; i < extraction->pair_count; i++) {
        const struct extract_pair *pair = &extraction->pairs[i];
        Ocrmesh__Ocr__V1__KeyValue *entry = ARENA_NEW(arena, Ocrmesh__Ocr__V1__KeyValue);
        if (entry == NULL)
            return false;
        ocrmesh__ocr__v1__key_value__init(entry);
        entry->name = (char *)pair->name;
        entry->label = (char *)pair->label;
        entry->value = value_message(&pair->value, arena);
        if (entry->value == NULL)
            return false;
        message->key_values[message->n_key_values++] = entry;
    }
    return true;
}

static bool fill_items(const struct extraction *extraction, struct arena *arena,
                       Ocrmesh__Ocr__V1__Extraction *message)
{
    message->line_items =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__LineItem *, extraction->item_count + 1);
    if (message->line_items == NULL)
        return false;
    for (size_t i = 0; i < extraction->item_count; i++) {
        const struct extract_item *item = &extraction->items[i];
        Ocrmesh__Ocr__V1__LineItem *entry = ARENA_NEW(arena, Ocrmesh__Ocr__V1__LineItem);
        if (entry == NULL)
            return false;
        ocrmesh__ocr__v1__line_item__init(entry);
        const struct {
            const struct extract_value *value;
            Ocrmesh__Ocr__V1__ExtractedValue **message;
        } values[] = {
            {&item->description, &entry->description},
            {&item->quantity, &entry->quantity},
            {&item->unit_price, &entry->unit_price},
            {&item->amount, &entry->amount},
        };
        for (size_t k = 0; k < ARRAY_LENGTH(values); k++) {
            if (values[k].value->text == NULL)
                continue;
            *values[k].message = value_message(values[k].value, arena);
            if (*values[k].message == NULL)
                return false;
        }
        entry->is_checked = item->is_checked;
        message->line_items[message->n_line_items++] = entry;
    }
    return true;
}

static bool fill_checks(const struct extraction *extraction, struct arena *arena,
                        Ocrmesh__Ocr__V1__Extraction *message)
{
    message->checks = ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__SumCheck *, EXTRACT_CHECKS_MAX);
    if (message->checks == NULL)
        return false;
    for (size_t i = 0; i < extraction->check_count; i++) {
        Ocrmesh__Ocr__V1__SumCheck *entry = ARENA_NEW(arena, Ocrmesh__Ocr__V1__SumCheck);
        if (entry == NULL)
            return false;
        ocrmesh__ocr__v1__sum_check__init(entry);
        entry->name = (char *)extraction->checks[i].name;
        entry->computed = (char *)extraction->checks[i].computed;
        entry->stated = (char *)extraction->checks[i].stated;
        entry->holds = extraction->checks[i].holds;
        message->checks[message->n_checks++] = entry;
    }
    return true;
}

static status_code pack(const struct extraction *extraction, struct arena *arena,
                        struct str *ret_content, struct status *st)
{
    Ocrmesh__Ocr__V1__Extraction message = OCRMESH__OCR__V1__EXTRACTION__INIT;

    if (!fill_pairs(extraction, arena, &message) || !fill_items(extraction, arena, &message) ||
        !fill_checks(extraction, arena, &message))
        return FAIL_MEMORY(st);
    size_t size = ocrmesh__ocr__v1__extraction__get_packed_size(&message);
    while (size > JOB_EXTRACTION_MAX_BYTES && message.n_line_items > 0) {
        message.n_line_items /= 2;
        size = ocrmesh__ocr__v1__extraction__get_packed_size(&message);
    }
    uint8_t *bytes = arena_alloc(arena, size + 1);
    if (bytes == NULL)
        return FAIL_MEMORY(st);
    (void)ocrmesh__ocr__v1__extraction__pack(&message, bytes);
    *ret_content = (struct str){(const char *)bytes, size};
    return STATUS_OK;
}

status_code job_extraction_make(struct db *db, const char *job_id, const char *tool_slug,
                                struct status *st)
{
    const struct tool *tool = tool_find(str_of(tool_slug));
    struct extraction extraction;
    struct str content;

    if (tool == NULL || (tool->does & TOOL_EXTRACTS) == 0)
        return STATUS_OK;
    _cleanup_(arena_freep) struct arena *page_arena = arena_new(PAGE_ARENA_MAX_BYTES);
    _cleanup_(arena_freep) struct arena *arena = arena_new(RESULT_ARENA_MAX_BYTES);
    struct gathering gathering = {page_arena, arena, {NULL, 0}};
    if (page_arena == NULL || arena == NULL)
        return FAIL_MEMORY(st);
    TRY(gather(db, job_id, &gathering, st));
    TRY(extract_run(&gathering.rows, arena, &extraction, st));
    TRY(pack(&extraction, arena, &content, st));
    return store_extraction_put(db, time_mono_after_ms(STATEMENT_TIMEOUT_MS), job_id, content, st);
}

status_code job_extraction_attach(struct db *db, int64_t deadline, Ocrmesh__Ocr__V1__Job *message,
                                  struct arena *arena, struct status *st)
{
    const struct tool *tool = tool_find(str_of(message->tool));
    ProtobufCAllocator allocator = rpc_arena_allocator(arena);
    struct str content;

    if (tool == NULL || (tool->does & TOOL_EXTRACTS) == 0 ||
        message->state != OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE)
        return STATUS_OK;
    TRY(store_extraction_get(db, deadline, message->job_id, arena, &content, st));
    if (content.p == NULL)
        return STATUS_OK;
    message->extraction =
        ocrmesh__ocr__v1__extraction__unpack(&allocator, content.n, (const uint8_t *)content.p);
    return message->extraction == NULL
               ? FAIL(st, STATUS_INTERNAL, NULL, "what was found in the document cannot be read")
               : STATUS_OK;
}
