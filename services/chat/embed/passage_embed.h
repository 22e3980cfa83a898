#pragma once

/*
 * What is embedded of a passage: its stretches (passage/spans.h), without its context, which words
 * find it by. Thread rule: any thread.
 */

#include "lib/base/status.h"
#include "services/chat/embed/passage_vectors.h"
#include "services/chat/passage/passage.h"

/* Embeds one passage of a document into its vectors. Fails as embedder_embed() does. */
status_code passage_embed(struct embedder *embedder, const struct passages *passages, size_t number,
                          struct passage_vectors *vectors, struct status *st) _must_check_;
