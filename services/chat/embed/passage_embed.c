#include "services/chat/embed/passage_embed.h"

enum {
    TEXT_MAX_BYTES = 16 << 10, /* of a passage that is looked at: ten times what they have */
    ARENA_MAX_BYTES = 4 << 20,
};

status_code passage_embed(struct embedder *embedder, const struct passages *passages, size_t number,
                          struct passage_vectors *vectors, struct status *st)
{
    const struct passage *passage = &passages->items[number];
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct passage_span spans[PASSAGE_SPANS_MAX];
    float embeddings[PASSAGE_SPANS_MAX][EMBEDDING_WIDTH];
    size_t count;

    if (arena == NULL)
        return FAIL_MEMORY(st);
    TRY(passage_spans_cut(passage, TEXT_MAX_BYTES, arena, spans, &count, st));
    for (size_t i = 0; i < count; i++) {
        const struct str text = {passage->text.p + spans[i].offset, spans[i].length};

        TRY(embedder_embed(embedder, EMBED_PASSAGE, text, embeddings[i], st));
    }
    return passage_vectors_set(vectors, number, embeddings, count) ? STATUS_OK : FAIL_MEMORY(st);
}
