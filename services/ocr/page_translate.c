#include "services/ocr/page_translate.h"

#include <string.h>

#include "lib/base/str.h"
#include "lib/base/utf8.h"
#include "lib/log/log.h"
#include "lib/rpc/allocator.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "services/ocr/page_parts.h"
#include "services/ocr/page_result.h"
#include "services/ocr/translate/translate.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/markdown.h"

typedef Ocrmesh__Document__V1__Page Page;
typedef Ocrmesh__Document__V1__Block Block;

enum {
    TEXT_MAX_BYTES = 16 << 20,
    /* From here on scripts are written without spaces: CJK radicals and above. */
    CHARACTER_WITHOUT_SPACES = 0x2E80,
};

/* What of a page is translated, in the order of its blocks and cells. */
struct texts {
    struct arena *arena;
    const char **originals;
    size_t count;
    size_t bytes;
};

/* --- the texts of a page --- */

/* Lines joined into one, for sentences go over their ends. */
static const char *join_lines(struct str text, struct arena *arena)
{
    char *joined = arena_strndup(arena, text.p, text.n);
    size_t length = 0;

    if (joined == NULL)
        return NULL;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '\n') {
            joined[length++] = text.p[i];
            continue;
        }
        joined[length] = '\0';
        if (length > 0 && utf8_last(joined) < CHARACTER_WITHOUT_SPACES)
            joined[length++] = ' ';
    }
    joined[length] = '\0';
    return joined;
}

static bool is_translated(const Block *block)
{
    return block->text[0] != '\0' &&
           block->kind != OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FORMULA;
}

/* Without the marker of a list item, which stays. */
static struct str body_of(const Block *block)
{
    struct str text = str_of(block->text);
    struct str marker = str_of(block->list_marker);

    if (marker.n > 0 && str_starts_with(text, marker))
        text = str_trim((struct str){text.p + marker.n, text.n - marker.n});
    return text;
}

static bool add_text(struct texts *texts, struct str text)
{
    const char *joined = join_lines(text, texts->arena);

    if (joined == NULL)
        return false;
    texts->bytes += strlen(joined);
    texts->originals[texts->count++] = joined;
    return true;
}

static size_t count_texts(const Page *page)
{
    size_t count = 0;

    for (size_t i = 0; i < page->n_blocks; i++)
        count += page->blocks[i]->table != NULL ? page->blocks[i]->table->n_cells : 1;
    return count;
}

static bool collect(const Page *page, struct texts *texts)
{
    texts->originals = ARENA_NEW_ARRAY(texts->arena, const char *, count_texts(page) + 1);
    if (texts->originals == NULL)
        return false;
    for (size_t i = 0; i < page->n_blocks; i++) {
        const Block *block = page->blocks[i];
        if (!is_translated(block))
            continue;
        if (block->table == NULL) {
            if (!add_text(texts, body_of(block)))
                return false;
            continue;
        }
        for (size_t k = 0; k < block->table->n_cells; k++)
            if (!add_text(texts, str_of(block->table->cells[k]->text)))
                return false;
    }
    return true;
}

/* Only what is there is sent: empty cells and numbers stay as they are. */
static bool needs_translation(const char *text)
{
    return text[strspn(text, " 0123456789.,:;/()+-%")] != '\0';
}

static status_code translate(struct translator *translator, struct http_client *client,
                             const struct language *source, const struct language *target,
                             const struct texts *texts, const char **ret_texts, struct status *st)
{
    const char **sent = ARENA_NEW_ARRAY(texts->arena, const char *, texts->count + 1);
    const char **received;
    size_t count = 0;

    if (sent == NULL)
        return FAIL_MEMORY(st);
    if (texts->count > TRANSLATE_TEXTS_MAX || texts->bytes > TRANSLATE_PAGE_MAX_BYTES)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "the page is too long");
    for (size_t i = 0; i < texts->count; i++)
        if (needs_translation(texts->originals[i]))
            sent[count++] = texts->originals[i];
    const struct translate_request request = {source, target, sent, count, client};
    if (count > 0)
        TRY(translator_run(translator, &request, texts->arena, &received, st));
    count = 0;
    for (size_t i = 0; i < texts->count; i++)
        ret_texts[i] =
            needs_translation(texts->originals[i]) ? received[count++] : texts->originals[i];
    return STATUS_OK;
}

/* --- back into the page --- */

static bool append_cells(const Ocrmesh__Document__V1__Table *table, const char *const *texts,
                         struct buf *out)
{
    for (size_t k = 0; k < table->n_cells; k++) {
        bool is_new_row = k > 0 && table->cells[k]->row != table->cells[k - 1]->row;
        if (k > 0 && !buf_append_char(out, is_new_row ? '\n' : '\t'))
            return false;
        if (!buf_append_str(out, texts[k]))
            return false;
    }
    return true;
}

/* The block's translation; *next moves on over the texts that it took. */
static const char *translation_of(const Block *block, const char *const *texts, size_t *next,
                                  struct arena *arena)
{
    _cleanup_(buf_deinit) struct buf out;
    struct str body = body_of(block);
    struct str text = str_of(block->text);

    buf_init(&out, TEXT_MAX_BYTES);
    if (block->table != NULL) {
        size_t first = *next;
        *next += block->table->n_cells;
        if (!append_cells(block->table, texts + first, &out))
            return NULL;
    } else if (!buf_append(&out, text.p, (size_t)(body.p - text.p)) ||
               !buf_append_str(&out, texts[(*next)++])) {
        return NULL;
    }
    return arena_strndup(arena, out.data, out.length);
}

static struct table *table_of(const Ocrmesh__Document__V1__Table *table, const char *const *texts,
                              struct arena *arena)
{
    struct table *made = ARENA_NEW(arena, struct table);
    struct table_cell *cells = ARENA_NEW_ARRAY(arena, struct table_cell, table->n_cells + 1);

    if (made == NULL || cells == NULL)
        return NULL;
    for (size_t k = 0; k < table->n_cells; k++) {
        const Ocrmesh__Document__V1__TableCell *cell = table->cells[k];
        cells[k] = (struct table_cell){
            .row = cell->row,
            .column = cell->column,
            .row_span = cell->row_span,
            .column_span = cell->column_span,
            .is_header = cell->is_header,
            .text = texts[k],
        };
    }
    *made = (struct table){table->row_count, table->column_count, cells, table->n_cells};
    return made;
}

/* Puts translations into the blocks, and text and Markdown of them into the page, by the same
 * writer as the original's. @texts: NULL: the original is in the target language. */
static bool put(Page *page, const char *const *texts, struct arena *arena)
{
    _cleanup_(buf_deinit) struct buf text;
    _cleanup_(buf_deinit) struct buf markdown;
    struct page translated = {.arena = arena};
    size_t next = 0;

    buf_init(&text, TEXT_MAX_BYTES);
    buf_init(&markdown, TEXT_MAX_BYTES);
    translated.blocks = ARENA_NEW_ARRAY(arena, struct block, page->n_blocks + 1);
    if (translated.blocks == NULL)
        return false;
    for (size_t i = 0; i < page->n_blocks; i++) {
        Block *block = page->blocks[i];
        size_t first = next;
        struct block *copy = &translated.blocks[translated.block_count++];
        if (texts != NULL && is_translated(block)) {
            block->translation = (char *)translation_of(block, texts, &next, arena);
            if (block->translation == NULL)
                return false;
        }
        const char *shown = block->translation[0] != '\0' ? block->translation : block->text;
        *copy = (struct block){
            .kind = (block_kind)block->kind,
            .text = shown,
            .level = block->level,
            .list_marker = block->list_marker[0] != '\0' ? block->list_marker : NULL,
            .latex = block->latex[0] != '\0' ? block->latex : NULL,
        };
        if (block->table != NULL && texts != NULL && is_translated(block)) {
            copy->table = table_of(block->table, texts + first, arena);
            if (copy->table == NULL)
                return false;
        }
        if (shown[0] != '\0' &&
            ((text.length > 0 && !buf_append_str(&text, "\n\n")) || !buf_append_str(&text, shown)))
            return false;
    }
    if (texts == NULL) {
        page->translated_text = page->text;
        page->translated_markdown = page->markdown;
        return true;
    }
    if (!markdown_append_page(&markdown, &translated))
        return false;
    page->translated_text = arena_strndup(arena, text.length > 0 ? text.data : "", text.length);
    page->translated_markdown =
        arena_strndup(arena, markdown.length > 0 ? markdown.data : "", markdown.length);
    return page->translated_text != NULL && page->translated_markdown != NULL;
}

static void take_out(Page *page)
{
    for (size_t i = 0; i < page->n_blocks; i++)
        page->blocks[i]->translation = (char *)protobuf_c_empty_string;
    page->translated_text = (char *)protobuf_c_empty_string;
    page->translated_markdown = (char *)protobuf_c_empty_string;
}

/* --- */

/* What the page is in: as it was recognised, else as was said. */
static const struct language *source_of(const Page *page, const struct page_task *task)
{
    const struct language *language = language_find(str_of(page->language));
    struct str rest = str_of(task->language);
    struct str first;

    if (language != NULL || !str_next_token(&rest, '+', &first))
        return language;
    return language_find(first);
}

static status_code add_translation(struct translator *translator, struct http_client *client,
                                   const struct page_task *task, struct arena *arena, Page *page,
                                   struct status *st)
{
    const struct language *target = language_find(str_of(task->translate_to));
    const struct language *source = source_of(page, task);
    struct texts texts = {.arena = arena};

    if (target == NULL)
        return language_fail_unknown("translate_to", str_of(task->translate_to), st);
    if (source == target || page->text[0] == '\0')
        return put(page, NULL, arena) ? STATUS_OK : FAIL_MEMORY(st);
    if (!collect(page, &texts))
        return FAIL_MEMORY(st);
    const char **translated = ARENA_NEW_ARRAY(arena, const char *, texts.count + 1);
    if (translated == NULL)
        return FAIL_MEMORY(st);
    TRY(translate(translator, client, source, target, &texts, translated, st));
    if (!put(page, translated, arena))
        return FAIL_MEMORY(st);
    return page_parts_is_sendable(page)
               ? STATUS_OK
               : FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "the translation is too long");
}

status_code page_translate(struct translator *translator, struct http_client *client,
                           const struct page_task *task, struct arena *arena,
                           struct page_result *result, struct status *st)
{
    ProtobufCAllocator allocator = rpc_arena_allocator(arena);
    struct status failure = {0};

    Page *page = ocrmesh__document__v1__page__unpack(&allocator, result->content.n,
                                                     (const uint8_t *)result->content.p);
    if (page == NULL)
        return STATUS_OK; /* no memory: as it was read */
    if (add_translation(translator, client, task, arena, page, &failure) != STATUS_OK) {
        if (failure.code == STATUS_CANCELLED) {
            *st = failure;
            return failure.code;
        }
        log_failure(LOG_WARNING, "a page was not translated", &failure,
                    LOG_STRING("job_id", task->job_id), LOG_INTEGER("page", task->page_index));
        take_out(page);
        char *sentence = arena_printf(arena, "this page was not translated: %s", failure.message);
        if (!page_result_warn(page, sentence, arena, result))
            return STATUS_OK;
    }
    if (page_result_pack(page, arena, &result->content, &failure) != STATUS_OK)
        log_failure(LOG_WARNING, "a translation was too long to be kept", &failure,
                    LOG_STRING("job_id", task->job_id));
    return STATUS_OK;
}
