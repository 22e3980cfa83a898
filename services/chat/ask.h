#pragma once

/*
 * From a question to a checked answer: what is asked for, the passages that fit, the model or the
 * document's own words, and the evidence for every citation.
 *
 * A citation that does not stand on its page takes its answer with it: that of the model gives way
 * to the extractive one, and that one to the sentence that the document does not say. Neither
 * database nor network is known here but through the model. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "services/chat/conversation.h"
#include "services/chat/meaning.h"
#include "services/chat/question/question.h"
#include "services/chat/retrieve/document_index.h"

enum {
    ANSWER_MAX_BYTES = 64 << 10, /* of an answer's text; a longer one is cut between characters */
};

/* The best passages for a question; `ret_hits` has room for `hits_max`. */
status_code ask_search(const struct document_index *index, const struct question *question,
                       struct arena *arena, struct index_hit *ret_hits, size_t hits_max,
                       size_t *ret_count, struct status *st) _must_check_;

struct chat_model_caller;

/*
 * Tells the question how near it lies to the passages of the document by meaning. Where that cannot
 * be known, which is logged, passages are found by words alone.
 *
 * @meaning: NULL: there is none. @account_id: of who asks. @turns: as for question_read().
 */
void ask_add_affinity(struct meaning *meaning, struct cached_document *document,
                      const char *account_id, const struct turn *turns, size_t turn_count,
                      struct arena *arena, struct question *question);

struct ask {
    const struct document_index *index;
    struct meaning *meaning;          /* NULL: passages are found by words alone */
    struct cached_document *document; /* that the index is of; NULL without `meaning` */
    const char *account_id;           /* of who asks */
    struct chat_model_caller *model;  /* NULL: the document's own words alone */
    int64_t deadline_ns;              /* of the model, time_mono() */
    struct str text;                  /* of the question */
    const struct turn *turns;         /* earlier ones, oldest first */
    size_t turn_count;

    /* A page with all that is on it, in the arena. */
    status_code (*read_page)(void *arg, uint32_t page_index, struct arena *arena,
                             const Ocrmesh__Document__V1__Page **ret_page, struct status *st);
    /* Takes the next piece of the answer's text; NULL when nobody wants it. False: nobody wants
     * more. */
    bool (*on_delta)(void *arg, struct str piece);
    /* Fails as soon as nobody waits for the answer or its time is over; NULL: neither happens. */
    status_code (*check_wanted)(void *arg, struct status *st);
    void *arg; /* of all of them */
};

/* @ret_answer: without id and time; in the arena. @ret_dropped: citations that did not hold. */
status_code ask_answer(const struct ask *ask, struct arena *arena, struct message *ret_answer,
                       int64_t *ret_dropped, struct status *st) _must_check_;
