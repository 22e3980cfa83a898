#pragma once

/*
 * Answers an exchange with a job: the same body for POST and GET (API: B5).
 *
 * A job that has not ended has empty text and pages, and its answer says when to ask again. The
 * document of one that has is streamed from the ocr service, in three passes (text, Markdown,
 * pages), since the text of all pages stands before the pages; nothing but the message at hand is
 * held, and nothing is read that the client has no room for. A document of a few pages is read
 * once: what its later members are is held meanwhile, 384 KiB each at most.
 *
 * The answer to a GET of a job that is done is kept (http/answer_cache.h) and goes out again as it
 * is, while the ocr service says that the job stands as it stood.
 *
 * Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"
#include "ocrmesh/ocr/v1/job.pb-c.h"

/* Takes the exchange over, its handler included. @job: borrowed for the call. */
void job_answer_start(struct exchange *exchange, enum http_status status,
                      const Ocrmesh__Ocr__V1__Job *job);

/* True when If-None-Match names the job as it stands (API: B13): the exchange is answered 304. */
bool job_answer_if_unchanged(struct exchange *exchange, const Ocrmesh__Ocr__V1__Job *job);
