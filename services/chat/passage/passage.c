#include "services/chat/passage/passage.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/chat/passage/draft.h"
#include "services/chat/passage/repeats.h"
#include "services/chat/passage/table_rows.h"
#include "services/chat/passage/word_estimate.h"
#include "services/chat/text/folded_find.h"
#include "services/chat/text/sentences.h"

enum {
    /* A heading begins a new passage when the one before has as many words. */
    SECTION_WORDS_MIN = PASSAGE_WORDS / 3,
    INTRO_BYTES_MAX = 300,
    SCRATCH_MAX_BYTES = 64 << 20,
    BLOCK_MAX_BYTES = 1 << 20, /* a page travels in messages of that size */
};

typedef Ocrmesh__Document__V1__Block block_message;
#define KIND(name) OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_##name

struct passage_maker {
    struct draft draft;
    struct arena *scratch; /* of one block */
    struct repeats repeats;
    struct buf line;
    bool has_page;
    uint32_t next_block; /* on the page, which may come in several messages */
    char language[DRAFT_LANGUAGE_BYTES];
    char intro[INTRO_BYTES_MAX]; /* the paragraph that the list belongs to */
    size_t intro_length;
    uint32_t page_count;
};

struct passage_maker *passage_maker_new(struct arena *arena)
{
    struct passage_maker *maker = calloc(1, sizeof(*maker));

    if (maker == NULL)
        return NULL;
    draft_init(&maker->draft, arena);
    buf_init(&maker->line, BLOCK_MAX_BYTES);
    maker->scratch = arena_new(SCRATCH_MAX_BYTES);
    if (maker->scratch == NULL) {
        passage_maker_free(maker);
        return NULL;
    }
    return maker;
}

void passage_maker_free(struct passage_maker *maker)
{
    if (maker == NULL)
        return;
    arena_free(maker->scratch);
    buf_deinit(&maker->line);
    draft_deinit(&maker->draft);
    free(maker);
}

static status_code fail_full(struct status *st)
{
    return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "DOCUMENT_TOO_LARGE",
                "the document has more text than questions can be answered from");
}

static struct str language_of_block(const struct passage_maker *maker, const block_message *block)
{
    return str_of(block->language[0] != '\0' ? block->language : maker->language);
}

/* --- tables --- */

static bool add_table(struct passage_maker *maker, const block_message *block,
                      struct passage_piece piece)
{
    struct str language = language_of_block(maker, block);
    struct table_rows rows;

    if (!table_rows_read(block, maker->scratch, &rows))
        return false;
    for (size_t r = 0; r < rows.count; r++) {
        if (rows.items[r].n == 0)
            continue;
        piece.row = (int32_t)r;
        if (!draft_add(&maker->draft, rows.items[r], piece, language, r < rows.header_count))
            return false;
        if (r < rows.header_count)
            continue;
        for (size_t h = 0; h < rows.header_count; h++)
            if (!draft_add_context(&maker->draft, rows.items[h]))
                return false;
        if (maker->draft.piece_count == 1) {
            buf_clear(&maker->line);
            if (!table_rows_append_spanning(block->table, r, &maker->line) ||
                !draft_add_context(&maker->draft, buf_str(&maker->line)))
                return false;
        }
    }
    return true;
}

/* --- text --- */

/* Where a stretch of about PASSAGE_WORDS words ends in text that has no sentences. */
static size_t cut_anywhere(struct str text, size_t words)
{
    size_t end = text.n / words * PASSAGE_WORDS;

    while (end < text.n && ((unsigned char)text.p[end] & 0xC0) == 0x80)
        end++;
    for (size_t at = end; at > end / 2; at--)
        if (text.p[at - 1] == ' ' || text.p[at - 1] == '\n')
            return at;
    return end > 0 && end < text.n ? end : text.n;
}

/* A stretch of a block's text, in as many pieces as it takes. What is left is estimated anew only
 * where it seems to be one: else a long text would be read once a piece. */
static bool add_stretch(struct passage_maker *maker, struct str text, struct passage_piece piece,
                        struct str language)
{
    size_t words = word_estimate(text);

    while (words > DRAFT_WORDS_MAX) {
        struct str part = {text.p, cut_anywhere(text, words)};
        size_t part_words = word_estimate(part);
        if (!draft_add(&maker->draft, part, piece, language, false))
            return false;
        text.p += part.n;
        text.n -= part.n;
        words -= part_words < words ? part_words : words;
        if (words <= DRAFT_WORDS_MAX)
            words = word_estimate(text);
    }
    return draft_add(&maker->draft, text, piece, language, false);
}

/* A block that is longer than a passage: sentences together, as many as fit. */
static status_code add_long_block(struct passage_maker *maker, const block_message *block,
                                  struct passage_piece piece, struct status *st)
{
    struct str text = str_of(block->text), language = language_of_block(maker, block);
    const struct sentence *sentences;
    size_t count, words = 0;
    struct str stretch = {text.p, 0};

    TRY(sentences_cut(text, language, maker->scratch, &sentences, &count, st));
    for (size_t i = 0; i < count; i++) {
        struct str sentence = {text.p + sentences[i].offset, sentences[i].length};
        size_t sentence_words = word_estimate(sentence);
        if (words > 0 && words + sentence_words > PASSAGE_WORDS) {
            if (!add_stretch(maker, stretch, piece, language))
                return fail_full(st);
            words = 0;
        }
        if (words == 0)
            stretch.p = sentence.p;
        stretch.n = (size_t)(sentence.p + sentence.n - stretch.p);
        words += sentence_words;
    }
    if (words > 0 && !add_stretch(maker, stretch, piece, language))
        return fail_full(st);
    return STATUS_OK;
}

static bool ends_with_colon(struct str text)
{
    static const char wide_colon[] = "\xEF\xBC\x9A";
    size_t wide = sizeof(wide_colon) - 1;

    return (text.n > 0 && text.p[text.n - 1] == ':') ||
           (text.n >= wide && memcmp(text.p + text.n - wide, wide_colon, wide) == 0);
}

/* What a list's items are of: the paragraph above them, if it is short. */
static bool keep_intro(struct passage_maker *maker, struct str text)
{
    maker->intro_length = 0;
    if (text.n > INTRO_BYTES_MAX)
        return true;
    buf_clear(&maker->line);
    if (!folded_append(&maker->line, text))
        return false;
    memcpy(maker->intro, buf_str(&maker->line).p, maker->line.length);
    maker->intro_length = maker->line.length;
    return true;
}

static bool add_heading(struct passage_maker *maker, const block_message *block,
                        struct passage_piece piece)
{
    struct str text = str_of(block->text);
    const struct draft *draft = &maker->draft;

    if (draft->words - draft->leading_words >= SECTION_WORDS_MIN && !draft_end(&maker->draft))
        return false;
    maker->intro_length = 0;
    headings_leave(&maker->draft.headings, block->level);
    if (!draft_add(&maker->draft, text, piece, language_of_block(maker, block), true))
        return false;
    headings_enter(&maker->draft.headings, text, block->level);
    return true;
}

/* Text that is no table's, no heading's and no margin's. */
static status_code add_text(struct passage_maker *maker, const block_message *block,
                            struct passage_piece piece, struct status *st)
{
    struct str text = str_of(block->text);
    bool is_item = block->kind == KIND(LIST_ITEM);

    if (word_estimate(text) > DRAFT_WORDS_MAX) {
        maker->intro_length = 0;
        return add_long_block(maker, block, piece, st);
    }
    if (!draft_add(&maker->draft, text, piece, language_of_block(maker, block),
                   !is_item && ends_with_colon(text)))
        return fail_full(st);
    if (is_item && maker->draft.piece_count == 1 &&
        !draft_add_context(&maker->draft, (struct str){maker->intro, maker->intro_length}))
        return fail_full(st);
    if (!is_item && !keep_intro(maker, text))
        return fail_full(st);
    return STATUS_OK;
}

static status_code add_block(struct passage_maker *maker, const block_message *block,
                             uint32_t block_index, struct status *st)
{
    struct passage_piece piece = {
        .block_index = block_index, .row = PASSAGE_NO_ROW, .kind = block->kind};
    bool has_room = true;

    arena_reset(maker->scratch);
    switch (block->kind) {
    case KIND(HEADER):
    case KIND(FOOTER):
        if (!repeats_have(&maker->repeats, str_of(block->text)))
            has_room = draft_add_aside(&maker->draft, str_of(block->text), piece,
                                       language_of_block(maker, block));
        break;
    case KIND(HEADING):
        has_room = add_heading(maker, block, piece);
        break;
    case KIND(TABLE):
        if (block->table != NULL) {
            has_room = add_table(maker, block, piece);
            break;
        }
        return add_text(maker, block, piece, st);
    default:
        return add_text(maker, block, piece, st);
    }
    return has_room ? STATUS_OK : fail_full(st);
}

static bool is_valid(const char *text)
{
    size_t length = strlen(text), step;

    if (length > BLOCK_MAX_BYTES)
        return false;
    for (size_t at = 0; at < length; at += step) {
        step = (unsigned char)text[at] < 0x80 ? 1 : utf8_sequence(text + at, length - at);
        if (step == 0)
            return false;
    }
    return length > 0;
}

static status_code begin_page(struct passage_maker *maker, const Ocrmesh__Document__V1__Page *page,
                              struct status *st)
{
    if (maker->has_page && page->index == maker->draft.page_index)
        return STATUS_OK;
    if (!draft_end(&maker->draft))
        return fail_full(st);
    maker->has_page = true;
    maker->next_block = 0;
    maker->draft.page_index = page->index;
    if (page->index >= maker->page_count && page->index < UINT32_MAX)
        maker->page_count = page->index + 1;
    maker->language[0] = '\0';
    if (strlen(page->language) < sizeof(maker->language))
        strcpy(maker->language, page->language);
    return STATUS_OK;
}

status_code passage_maker_add(struct passage_maker *maker, const Ocrmesh__Document__V1__Page *page,
                              struct status *st)
{
    TRY(begin_page(maker, page, st));
    for (size_t b = 0; b < page->n_blocks; b++, maker->next_block++)
        if (is_valid(page->blocks[b]->text))
            TRY(add_block(maker, page->blocks[b], maker->next_block, st));
    return STATUS_OK;
}

status_code passage_maker_end(struct passage_maker *maker, struct passages *ret_passages,
                              struct status *st)
{
    if (!draft_end(&maker->draft))
        return fail_full(st);
    *ret_passages = (struct passages){maker->draft.items, maker->draft.count, maker->page_count};
    return STATUS_OK;
}
