#pragma once

/*
 * Where uploads and pictures of pages are kept: PostgreSQL, or S3 where the settings name one. What
 * PostgreSQL has from the time before S3 is read from there until it is deleted.
 */

#include "lib/base/status.h"

struct blob_store;
struct db;
struct s3_settings;

/*
 * Opens the store. A server of S3 that is not there yet is waited for, until the process is told to
 * end; settings that it refuses are FAILED_PRECONDITION CONFIG.
 *
 * @db: with its schema up to date; borrowed, as what the settings point to is.
 * Thread rule: the main thread, before service_run().
 */
status_code blobs_open(struct db *db, const struct s3_settings *settings,
                       struct blob_store **ret_store, struct status *st) _must_check_;
