#pragma once

/*
 * A file on its way in: bytes go to an unlinked temporary file as they arrive, hashed on the way.
 *
 * The file has no name, so that a killed process leaves nothing behind. Memory does not grow with
 * the upload. Thread rule: one thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

enum { UPLOAD_HASH_SIZE = 32 }; /* SHA-256 */

struct upload;

/* An open, nameless file of `directory`; the caller closes it. */
status_code upload_open_temporary(const char *directory, int *ret_fd,
                                  struct status *st) _must_check_;

/* @max_bytes: what the caller's plan allows. */
status_code upload_new(const char *directory, int64_t max_bytes, struct upload **ret_upload,
                       struct status *st) _must_check_;
void upload_free(struct upload *upload);
DEFINE_CLEANUP(struct upload *, upload)

/* INVALID_ARGUMENT TOO_LARGE, naming the limit, as soon as it is passed; UNAVAILABLE
 * DISK_FULL when the disk is full. */
status_code upload_append(struct upload *upload, struct str bytes, struct status *st) _must_check_;

int64_t upload_size(const struct upload *upload);
/* The file; lives as long as the upload. */
int upload_fd(const struct upload *upload);
/* SHA-256 of all bytes; nothing can be appended afterwards. */
void upload_hash(struct upload *upload, unsigned char ret_hash[static UPLOAD_HASH_SIZE]);
