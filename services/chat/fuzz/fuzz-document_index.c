/*
 * Any bytes are refused, or are an index whose passages are what passage.h says and that can be
 * searched.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/chat/retrieve/document_index.h"

enum { ARENA_MAX_BYTES = 64 << 20, HITS_MAX = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void must_be_utf8(struct str text)
{
    size_t step;

    for (size_t at = 0; at < text.n; at += step) {
        step = utf8_sequence(text.p + at, text.n - at);
        must(step > 0);
    }
}

static void check_passages(const struct passages *passages)
{
    for (size_t i = 0; i < passages->count; i++) {
        const struct passage *passage = &passages->items[i];
        uint32_t end = 0;
        must(passage->page_index < passages->page_count);
        must_be_utf8(passage->text);
        must_be_utf8(passage->context);
        must_be_utf8(passage->language);
        for (size_t p = 0; p < passage->piece_count; p++) {
            const struct passage_piece *piece = &passage->pieces[p];
            must(piece->offset >= end && piece->row >= PASSAGE_NO_ROW);
            end = piece->offset + piece->length;
            must(end >= piece->offset && end <= passage->text.n);
            must_be_utf8((struct str){passage->text.p + piece->offset, piece->length});
        }
    }
}

static void check_search(const struct document_index *index)
{
    static const struct query_term terms[] = {
        {{"rent", 4}, {"rent", 4}, WORD_PLAIN, 1},
        {{"rcnt", 4}, {"rcnt", 4}, WORD_PLAIN, 0.5f},
        {{"1250", 4}, {"1,250.00", 8}, WORD_NUMBER, 1},
        {{"\xE5\x90\x88\xE5\x90\x8C\xE9\x87\x91", 9},
         {"\xE5\x90\x88\xE5\x90\x8C\xE9\x87\x91", 9},
         WORD_PLAIN,
         1},
    };
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct term_match matches[ARRAY_LENGTH(terms)];
    struct index_hit hits[HITS_MAX];
    struct status st;
    size_t count;

    if (document_index_search(index, terms, ARRAY_LENGTH(terms), NULL, arena, hits, HITS_MAX,
                              &count, matches, &st) != STATUS_OK)
        return;
    must(count <= HITS_MAX);
    for (size_t i = 0; i < count; i++) {
        must(hits[i].passage < document_index_passages(index)->count && hits[i].score >= 0);
        must(i == 0 || hits[i].score <= hits[i - 1].score);
    }
    for (size_t t = 0; t < ARRAY_LENGTH(terms); t++)
        must(matches[t].likeness >= 0 && matches[t].likeness <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(document_index_freep) struct document_index *index = NULL;
    struct status st;

    if (document_index_open((struct str){(const char *)data, size}, &index, &st) != STATUS_OK) {
        must(st.code == STATUS_DATA_LOSS || st.code == STATUS_RESOURCE_EXHAUSTED);
        return 0;
    }
    check_passages(document_index_passages(index));
    check_search(index);
    return 0;
}
