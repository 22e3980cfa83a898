#pragma once

/*
 * An upload in parts, of what is too large for one request: each part is tried again by itself, and
 * the blob appears with the last step. What fails is taken back; what a crash or a server that is
 * away leaves behind is found by s3_abort_older(). Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/status.h"

struct s3_client;

/* As blob_put(), of what is larger than the settings' part_bytes. */
status_code s3_upload(struct s3_client *client, const char *key, int fd, int64_t size_bytes,
                      int64_t deadline, struct status *st) _must_check_;

/* As blob_abort_older(). */
status_code s3_abort_older(struct s3_client *client, int64_t before_time, int64_t deadline,
                           struct status *st) _must_check_;
