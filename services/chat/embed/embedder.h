#pragma once

/*
 * Texts as points of a space in which a question lies near what answers it, in whatever words and
 * in which of some hundred languages: multilingual-e5-small on OpenVINO.
 *
 * A text costs some 0.2 ms of one processor a piece of its words; a passage has about 200, a
 * question 12. Texts longer than the model takes (512 pieces) are cut.
 *
 * Thread rule: any thread; one question and one passage are computed at a time, and others wait.
 */

#include <stddef.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

struct embedder;

typedef enum {
    EMBED_QUESTION,
    EMBED_PASSAGE,
    EMBED_KINDS,
} embed_kind;

enum {
    EMBEDDING_WIDTH = 384, /* numbers of an embedding */
    /* Of the model and of what is embedded of a passage: embeddings of different versions say
     * nothing of each other. */
    EMBEDDING_VERSION = 2,
};

/*
 * @folder: with openvino/libs and models/e5-small-q4.bin, as tools/deps.sh unpacks them.
 *
 * Takes about a second and 150 MiB. UNAVAILABLE MODEL_UNAVAILABLE when the library or the model
 * cannot be loaded.
 */
status_code embedder_open(const char *folder, struct embedder **ret_embedder,
                          struct status *st) _must_check_;
void embedder_close(struct embedder *embedder);
DEFINE_CLEANUP_NAMED(struct embedder *, embedder_closep, embedder_close)

/* The text's embedding, of length 1: the product of two tells how near they are. */
status_code embedder_embed(struct embedder *embedder, embed_kind kind, struct str text,
                           float ret_embedding[static EMBEDDING_WIDTH],
                           struct status *st) _must_check_;
