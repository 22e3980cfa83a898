#pragma once

/*
 * Whole bodies of answers, as they went out, to go out again: least recently used ones leave first,
 * and none stays longer than ANSWER_CACHE_AGE_MS.
 *
 * A body has the name of what it tells of, the coding that was wanted of it, and a stamp. Who
 * looks for one says all three, so that what has changed is never found: the stamp holds whatever
 * the body depends on. That what it tells of is still there, and may be seen, is for the caller to
 * ask first. Of a name and a coding there is one body at most.
 *
 * A draft becomes a body when it is whole. Bodies and drafts together take no more than the cache's
 * bytes, and each of them at most an ANSWER_CACHE_SHARE-th of these.
 *
 * Thread rule: the loop thread, but for answer_cache_counts().
 */

#include "bridge/http/content_coding.h"
#include "lib/wire/lent.h"

enum {
    ANSWER_CACHE_SHARE = 8,
    ANSWER_CACHE_DRAFTS_MAX = 256,
    ANSWER_CACHE_AGE_MS = 300000, /* what was deleted elsewhere leaves this memory, too */
};

struct answer_cache;

/* NULL when out of memory. @max_bytes 0: a cache that keeps nothing. */
struct answer_cache *answer_cache_new(int64_t max_bytes);
/* No draft of it is left. NULL is let pass. */
void answer_cache_free(struct answer_cache *cache);
DEFINE_CLEANUP(struct answer_cache *, answer_cache)

struct stored_answer;

/* NULL when there is none; else to be dropped by stored_answer_unref(), which may outlive its
 * place in the cache, but not the cache. */
struct stored_answer *answer_cache_find(struct answer_cache *cache, struct str name,
                                        content_coding coding, struct str stamp);
struct str stored_answer_body(const struct stored_answer *answer);
/* A piece of the body, which keeps the answer until it is given back. */
struct lent stored_answer_lend(struct stored_answer *answer, struct str piece);
void stored_answer_unref(struct stored_answer *answer);

struct answer_draft;

/* NULL where nothing is to be written down: a draft of the same is under way, there
 * are ANSWER_CACHE_DRAFTS_MAX, or memory is out. */
struct answer_draft *answer_cache_begin(struct answer_cache *cache, struct str name,
                                        content_coding coding, struct str stamp);
/* False when there is no room for it: the draft is of no use any more. */
bool answer_draft_append(struct answer_draft *draft, struct str bytes);
/* Takes the draft: what was appended is the body. */
void answer_draft_finish(struct answer_draft *draft);
/* NULL is let pass. */
void answer_draft_free(struct answer_draft *draft);

/* All bodies of that name, drafts included: what was deleted. */
void answer_cache_drop(struct answer_cache *cache, struct str name);
/* Those that are too old; to be called every now and then. */
void answer_cache_sweep(struct answer_cache *cache);

struct answer_cache_counts {
    int64_t hits;
    int64_t misses;
    int64_t bytes; /* of bodies and drafts */
};

/* Any thread. */
struct answer_cache_counts answer_cache_counts(const struct answer_cache *cache);
