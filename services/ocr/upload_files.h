#pragma once

/*
 * The uploads that this process has at hand as files, for the workers to read.
 *
 * A job's file is there from its submission, or is fetched from the blob store when a page of it is
 * read here first. Files are nameless and read-only; they go when the job has ended, or when there
 * are more of them than the limits below and they were not used for longest. Fetched once, however
 * many lanes ask. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct blob_store;
struct upload_files;

enum {
    UPLOAD_FILES_MAX = 32,
    UPLOAD_FILES_MAX_MIB = 1024, /* together; the newest one may be larger than that alone */
};

/* @directory: where fetched files lie; borrowed, as the store is. NULL when out of memory. */
struct upload_files *upload_files_new(struct blob_store *store, const char *directory);
void upload_files_free(struct upload_files *files);
DEFINE_CLEANUP(struct upload_files *, upload_files)

/* Keeps a file that is complete. @fd: borrowed. Failing to keep it harms nothing: it would be
 * fetched. */
void upload_files_add(struct upload_files *files, const char *job_id, int fd, int64_t size_bytes);

/*
 * The job's upload as a descriptor with an offset of its own, which the caller closes.
 *
 * Fails as blob_get() does (NOT_FOUND BLOB_NOT_FOUND once the job has ended), and with UNAVAILABLE
 * when there is no room for a file.
 */
status_code upload_files_open(struct upload_files *files, const char *job_id, int64_t deadline,
                              int *ret_fd, struct status *st) _must_check_;

/* Lets go of a job's file. */
void upload_files_drop(struct upload_files *files, const char *job_id);
