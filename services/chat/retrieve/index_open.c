#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/chat/retrieve/contents_page.h"
#include "services/chat/retrieve/index_parts.h"
#include "services/chat/retrieve/varint.h"

static status_code fail_damaged(struct status *st)
{
    return FAIL(st, STATUS_DATA_LOSS, NULL, "the document's index cannot be read");
}

static bool is_utf8(struct str text)
{
    size_t step;

    for (size_t at = 0; at < text.n; at += step) {
        step = (unsigned char)text.p[at] < 0x80 ? 1 : utf8_sequence(text.p + at, text.n - at);
        if (step == 0)
            return false;
    }
    return true;
}

/* Text that is shown to people and sent in messages. */
static bool read_text(struct varint_reader *reader, struct str *ret_text)
{
    uint32_t length;

    return varint_read(reader, &length) && varint_read_bytes(reader, length, ret_text) &&
           is_utf8(*ret_text) && memchr(ret_text->p, '\0', ret_text->n) == NULL;
}

static bool begins_character(struct str text, uint32_t at)
{
    return at >= text.n || ((unsigned char)text.p[at] & 0xC0) != 0x80;
}

static void *take_memory(struct document_index *index, size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);

    index->size_bytes += count * size;
    index->is_out_of_memory |= memory == NULL;
    return memory;
}

static bool read_languages(struct varint_reader *reader, struct document_index *index)
{
    uint32_t count;

    if (!varint_read_count(reader, INDEX_LANGUAGES_MAX, &count) || count == 0)
        return false;
    index->languages = take_memory(index, count, sizeof(*index->languages));
    if (index->languages == NULL)
        return false;
    index->language_count = count;
    for (uint32_t i = 0; i < count; i++)
        if (!read_text(reader, &index->languages[i]))
            return false;
    return true;
}

static bool read_piece(struct varint_reader *reader, struct str text, uint32_t *end,
                       struct passage_piece *piece)
{
    uint32_t gap, row, kind;

    if (!varint_read(reader, &gap) || !varint_read(reader, &piece->length) ||
        !varint_read(reader, &piece->block_index) || !varint_read(reader, &row) ||
        !varint_read(reader, &kind))
        return false;
    if (gap > text.n - *end || piece->length > text.n - *end - gap || row > INT32_MAX ||
        kind > OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FOOTER)
        return false;
    piece->offset = *end + gap;
    piece->row = (int32_t)row - 1;
    piece->kind = (Ocrmesh__Document__V1__BlockKind)kind;
    *end = piece->offset + piece->length;
    return begins_character(text, piece->offset) && begins_character(text, *end);
}

/* @pieces: those that no passage has taken. */
static bool read_passage(struct varint_reader *reader, const struct document_index *index,
                         struct passage *passage, uint32_t *word_count,
                         struct passage_piece *pieces, size_t piece_room)
{
    uint32_t language, piece_count, end = 0;

    if (!varint_read(reader, &passage->page_index) ||
        passage->page_index >= index->passages.page_count || !varint_read(reader, &language) ||
        language >= index->language_count || !varint_read(reader, word_count) ||
        !read_text(reader, &passage->text) || *word_count > passage->text.n ||
        !read_text(reader, &passage->context) ||
        !varint_read_count(reader, INDEX_PIECES_MAX, &piece_count) || piece_count > piece_room)
        return false;
    passage->language = index->languages[language];
    passage->pieces = pieces;
    passage->piece_count = piece_count;
    for (uint32_t i = 0; i < piece_count; i++)
        if (!read_piece(reader, passage->text, &end, &pieces[i]))
            return false;
    return true;
}

/* What a hit in the passage counts beside one in plain text. */
static float weight_of(const struct passage *passage)
{
    static const float contents_weight = 0.5f, margin_weight = 0.8f;

    if (contents_page_is(passage->text))
        return contents_weight;
    for (size_t i = 0; i < passage->piece_count; i++)
        if (passage->pieces[i].kind != OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADER &&
            passage->pieces[i].kind != OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FOOTER)
            return 1;
    return margin_weight;
}

static bool read_passages(struct varint_reader *reader, struct document_index *index)
{
    uint32_t count, piece_count, last_page = 0;
    size_t pieces = 0;
    double words = 0;

    if (!varint_read(reader, &index->passages.page_count) ||
        !varint_read_count(reader, INDEX_PASSAGES_MAX, &count) ||
        !varint_read_count(reader, INDEX_PIECES_MAX, &piece_count))
        return false;
    index->items = take_memory(index, count, sizeof(*index->items));
    index->pieces = take_memory(index, piece_count, sizeof(*index->pieces));
    index->word_counts = take_memory(index, count, sizeof(*index->word_counts));
    index->weights = take_memory(index, count, sizeof(*index->weights));
    if (index->items == NULL || index->pieces == NULL || index->word_counts == NULL ||
        index->weights == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct passage *passage = &index->items[i];
        if (!read_passage(reader, index, passage, &index->word_counts[i], index->pieces + pieces,
                          piece_count - pieces) ||
            passage->page_index < last_page)
            return false;
        index->weights[i] = weight_of(passage);
        last_page = passage->page_index;
        pieces += passage->piece_count;
        words += index->word_counts[i];
    }
    index->passages.items = index->items;
    index->passages.count = count;
    index->mean_words = count > 0 && words > 0 ? words / count : 1;
    return pieces == piece_count;
}

static bool check_postings(const struct document_index *index, const struct index_term *term)
{
    struct varint_reader reader = {(const unsigned char *)term->postings.p,
                                   (const unsigned char *)term->postings.p + term->postings.n};
    uint64_t passage = UINT64_MAX; /* -1 */
    uint32_t step, in_text, apart, place;

    for (uint32_t p = 0; p < term->passage_count; p++) {
        if (!varint_read(&reader, &step) || step == 0 || !varint_read(&reader, &in_text) ||
            !varint_read(&reader, &apart) || in_text > INDEX_OCCURRENCES_MAX ||
            apart > INDEX_OCCURRENCES_MAX || in_text + apart == 0)
            return false;
        passage += step;
        if (passage >= index->passages.count)
            return false;
        uint64_t at = 0;
        for (uint32_t i = 0; i < in_text; i++) {
            if (!varint_read(&reader, &place) || (i > 0 && place == 0))
                return false;
            at += place;
            if (at >= index->word_counts[passage])
                return false;
        }
    }
    return reader.at == reader.end;
}

static bool read_terms(struct varint_reader *reader, struct document_index *index)
{
    struct likeness_key key;
    uint32_t count, length;

    if (!varint_read_count(reader, INDEX_TERMS_MAX, &count))
        return false;
    index->terms = take_memory(index, count, sizeof(*index->terms));
    index->sketches = take_memory(index, count, sizeof(*index->sketches));
    if (index->terms == NULL || index->sketches == NULL)
        return false;
    index->term_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct index_term *term = &index->terms[i];
        if (!read_text(reader, &term->text) || !varint_read(reader, &term->passage_count) ||
            term->passage_count == 0 || !varint_read(reader, &length) ||
            !varint_read_bytes(reader, length, &term->postings) || !check_postings(index, term) ||
            (i > 0 && index_compare(index->terms[i - 1].text, term->text) >= 0))
            return false;
        likeness_key_init(&key, term->text);
        index->sketches[i] = likeness_sketch_of(&key);
    }
    return reader->at == reader->end;
}

status_code document_index_open(struct str bytes, struct document_index **ret_index,
                                struct status *st)
{
    _cleanup_(document_index_freep) struct document_index *index = calloc(1, sizeof(*index));
    struct varint_reader reader;

    if (index == NULL)
        return FAIL_MEMORY(st);
    if (bytes.n <= INDEX_MAGIC_BYTES || bytes.n > DOCUMENT_INDEX_MAX_BYTES ||
        memcmp(bytes.p, INDEX_MAGIC, INDEX_MAGIC_BYTES) != 0 ||
        bytes.p[INDEX_MAGIC_BYTES] != DOCUMENT_INDEX_VERSION)
        return fail_damaged(st);
    index->size_bytes = sizeof(*index);
    reader.at = (const unsigned char *)bytes.p + INDEX_MAGIC_BYTES + 1;
    reader.end = (const unsigned char *)bytes.p + bytes.n;
    if (!read_languages(&reader, index) || !read_passages(&reader, index) ||
        !read_terms(&reader, index))
        return index->is_out_of_memory ? FAIL_MEMORY(st) : fail_damaged(st);
    *ret_index = TAKE(index);
    return STATUS_OK;
}

void document_index_free(struct document_index *index)
{
    if (index == NULL)
        return;
    free(index->items);
    free(index->pieces);
    free(index->word_counts);
    free(index->weights);
    free(index->terms);
    free(index->sketches);
    free(index->languages);
    free(index);
}

const struct passages *document_index_passages(const struct document_index *index)
{
    return &index->passages;
}

size_t document_index_size(const struct document_index *index)
{
    return index->size_bytes;
}

struct str document_index_language(const struct document_index *index)
{
    return index->languages[0];
}

const struct index_term *index_find_term(const struct document_index *index, struct str text)
{
    size_t low = 0, high = index->term_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = index_compare(index->terms[middle].text, text);
        if (order == 0)
            return &index->terms[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool document_index_has(const struct document_index *index, const struct query_term *term)
{
    return (term->term.n > 0 && index_find_term(index, term->term) != NULL) ||
           (term->form.n > 0 && index_find_term(index, term->form) != NULL);
}
