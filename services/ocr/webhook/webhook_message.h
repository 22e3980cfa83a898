#pragma once

/*
 * What is posted when a job has ended, and how it is signed: Standard Webhooks 1.0
 * (standardwebhooks.com). It holds identifiers alone, so that who reads it along learns nothing of
 * the document; the receiver asks for the job with its own token.
 *
 * Plain computing. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"
#include "services/ocr/job.h"

enum {
    WEBHOOK_KEY_BYTES = 32,                                          /* of a new secret */
    WEBHOOK_KEY_MAX_BYTES = 64,                                      /* the specification's limit */
    WEBHOOK_SECRET_SIZE = 6 + 4 * ((WEBHOOK_KEY_BYTES + 2) / 3) + 1, /* "whsec_" and base64 */
    WEBHOOK_SIGNATURE_SIZE = 3 + 44 + 1, /* "v1," and base64 of SHA-256 */
    WEBHOOK_BODY_SIZE = 256,
};

/* A random secret. */
void webhook_secret_make(char ret_secret[static WEBHOOK_SECRET_SIZE]);

/* {"type":"job.done","timestamp":"...","data":{"uuid":"...","status":"done"}}
 * @state: one in which a job has ended; @event_time: wall nanoseconds. */
void webhook_body_write(const char *job_id, job_state state, int64_t event_time,
                        char ret_body[static WEBHOOK_BODY_SIZE]);

/* The signature over id, time and body: HMAC-SHA256, "v1,...". False for a secret that is none. */
bool webhook_sign(const char *secret, const char *message_id, int64_t timestamp_seconds,
                  struct str body, char ret_signature[static WEBHOOK_SIGNATURE_SIZE]) _must_check_;

/* How long after attempt `tries` (from 1) the next one is: three times as long each time, up to
 * WEBHOOK_PAUSE_MAX_MS, of which up to a half is left to chance. */
enum { WEBHOOK_PAUSE_MAX_MS = 4 * 3600 * 1000 };
int64_t webhook_pause_ms(int32_t tries, int64_t first_ms);
