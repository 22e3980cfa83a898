#pragma once

/*
 * Notices of jobs, and the secrets that sign them, as the REST API tells them (API: B18).
 *
 * Functions return false when the buffer is full. Thread rule: one thread at a time.
 */

#include "lib/base/str.h"
#include "ocrmesh/ocr/v1/webhook_service.pb-c.h"

enum { WEBHOOK_JSON_MAX_BYTES = 256 * 1024 };

bool webhook_json_write(struct buf *out, const Ocrmesh__Ocr__V1__Webhook *webhook) _must_check_;
bool webhook_json_write_secret(struct buf *out,
                               const Ocrmesh__Ocr__V1__WebhookSecret *secret) _must_check_;
