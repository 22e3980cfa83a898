#pragma once

/*
 * What is kept of an account that was deleted goes: jobs, results, uploads, pictures. Jobs that are
 * at work are cancelled, and what they had reserved is released by settling. Thread rule: any
 * thread.
 */

#include <stdbool.h>

#include "lib/base/status.h"

struct blob_store;
struct db;
struct upload_files;

enum { PURGE_JOBS_MAX = 100 }; /* looked up at once */

/* All borrowed. */
struct purge_parts {
    struct db *db;
    struct blob_store *blobs;
    struct upload_files *files;
};

/* An account_purge function (lib/mesh/account_purger.h); @arg: struct purge_parts. */
status_code purge_account(void *arg, const char *account_id, bool *ret_is_gone,
                          struct status *st) _must_check_;
