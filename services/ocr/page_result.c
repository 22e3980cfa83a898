#include "services/ocr/page_result.h"

#include "services/ocr/page_parts.h"
#include "services/ocr/page_too_large.h"

status_code page_result_pack(const Ocrmesh__Document__V1__Page *page, struct arena *arena,
                             struct str *ret_content, struct status *st)
{
    size_t size = ocrmesh__document__v1__page__get_packed_size(page);

    if (size > PAGE_CONTENT_MAX_BYTES)
        return FAIL_PAGE_TEXT(st);
    uint8_t *bytes = arena_alloc(arena, size + 1);
    if (bytes == NULL)
        return FAIL_PAGE_TEXT(st);
    (void)ocrmesh__document__v1__page__pack(page, bytes);
    *ret_content = (struct str){(const char *)bytes, size};
    return STATUS_OK;
}

/* Characters that are no white space: the weight of a page in the document's confidence. */
static int64_t count_characters(const char *text)
{
    int64_t count = 0;

    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        count += *c > ' ' && (*c & 0xC0) != 0x80;
    return count;
}

/* One item a line; line breaks inside an item become spaces. NULL when the arena is full. */
static const char *join_lines(char *const *items, size_t count, struct arena *arena)
{
    size_t size = 1;
    char *joined;
    char *end;

    for (size_t i = 0; i < count; i++)
        size += str_of(items[i]).n + 1;
    joined = end = arena_alloc(arena, size);
    if (joined == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *end++ = '\n';
        for (const char *c = items[i]; *c != '\0'; c++)
            *end++ = *c == '\n' || *c == '\r' ? ' ' : *c;
    }
    *end = '\0';
    return joined;
}

static double clamp_confidence(double confidence)
{
    /* Also turns what is not a number into 0. */
    return confidence > 0 ? (confidence < 1 ? confidence : 1) : 0;
}

status_code page_result_read(const Ocrmesh__Ocr__Worker__V1__PageRead *answer, uint32_t page_index,
                             struct arena *arena, struct page_result *ret_result, struct status *st)
{
    const Ocrmesh__Document__V1__Page *page = answer->page;
    struct page_result result = {.engine_name = "", .engine_version = "", .engine_models = ""};

    if (page == NULL || page->index != page_index || page->error != NULL)
        return FAIL(st, STATUS_INTERNAL, "CHANNEL_BROKEN", "the worker answered another question");
    if (!page_parts_is_sendable(page))
        return FAIL_PAGE_TEXT(st);
    TRY(page_result_pack(page, arena, &result.content, st));
    result.mean_confidence = clamp_confidence(page->mean_confidence);
    result.characters = count_characters(page->text);
    result.warnings = join_lines(page->warnings, page->n_warnings, arena);
    if (answer->engine != NULL) {
        result.engine_name = arena_strdup(arena, answer->engine->name);
        result.engine_version = arena_strdup(arena, answer->engine->version);
        result.engine_models = join_lines(answer->engine->models, answer->engine->n_models, arena);
    }
    if (result.warnings == NULL || result.engine_name == NULL || result.engine_version == NULL ||
        result.engine_models == NULL)
        return FAIL_PAGE_TEXT(st);
    *ret_result = result;
    return STATUS_OK;
}

bool page_result_warn(Ocrmesh__Document__V1__Page *page, char *sentence, struct arena *arena,
                      struct page_result *result)
{
    char **warnings = ARENA_NEW_ARRAY(arena, char *, page->n_warnings + 1);

    if (warnings == NULL || sentence == NULL)
        return false;
    for (size_t i = 0; i < page->n_warnings; i++)
        warnings[i] = page->warnings[i];
    warnings[page->n_warnings++] = sentence;
    page->warnings = warnings;
    const char *joined = join_lines(page->warnings, page->n_warnings, arena);
    if (joined != NULL)
        result->warnings = joined;
    return joined != NULL;
}

status_code page_result_failed(uint32_t page_index, const char *reason, const char *message,
                               struct arena *arena, struct page_result *ret_result,
                               struct status *st)
{
    Ocrmesh__Document__V1__PageError error = OCRMESH__DOCUMENT__V1__PAGE_ERROR__INIT;
    Ocrmesh__Document__V1__Page page = OCRMESH__DOCUMENT__V1__PAGE__INIT;
    struct page_result result = {
        .error_reason = reason,
        .error_message = message,
        .warnings = "",
        .engine_name = "",
        .engine_version = "",
        .engine_models = "",
    };

    error.reason = (char *)reason;
    error.message = (char *)message;
    page.index = page_index;
    page.error = &error;
    TRY(page_result_pack(&page, arena, &result.content, st));
    *ret_result = result;
    return STATUS_OK;
}
