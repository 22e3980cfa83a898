/* Where there is no runtime for networks: documents are searched by their words alone. */

#include "services/chat/embed/embedder.h"

status_code embedder_open(const char *folder, struct embedder **ret_embedder, struct status *st)
{
    return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                "there is no embedding model for this kind of processor");
}

void embedder_close(struct embedder *embedder)
{
}

status_code embedder_embed(struct embedder *embedder, embed_kind kind, struct str text,
                           float ret_embedding[static EMBEDDING_WIDTH], struct status *st)
{
    return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                "there is no embedding model for this kind of processor");
}
