#pragma once

/*
 * What requests of S3 are signed with: the keys in the settings, or those in a file, which is read
 * again when it has changed, so that keys can be replaced while requests go on.
 *
 * The file is of the form that AWS's tools share ("Shared config and credentials files" of the AWS
 * SDKs and Tools Reference Guide): the profile `default`, or the first one where there is none.
 *
 *     [default]
 *     aws_access_key_id = AKIA...
 *     aws_secret_access_key = ...
 *     aws_session_token = ...
 *
 * One that cannot be used, such as one that is half written, is logged, and the keys of before
 * stay. Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct s3_settings;
struct s3_key_source;

enum {
    S3_ACCESS_KEY_MAX = 256,
    S3_SESSION_TOKEN_MAX = 8192,
    S3_KEY_FILE_MAX_BYTES = 64 << 10,
    S3_KEY_FILE_LOOK_MS = 1000, /* between two looks whether the file has changed */
};

/* Never changed; text lives as long as they are held. */
struct s3_keys {
    const char *access_key;
    const char *secret_key;
    const char *session_token; /* "": none */
};

/* Whether the settings say one whole set of keys. Fails with FAILED_PRECONDITION CONFIG, naming the
 * setting at fault. */
status_code s3_keys_check(const struct s3_settings *settings, struct status *st) _must_check_;

/* @settings: borrowed. Fails as s3_keys_check() does. */
status_code s3_key_source_new(const struct s3_settings *settings, struct s3_key_source **ret_source,
                              struct status *st) _must_check_;
/* After all keys were given back. */
void s3_key_source_free(struct s3_key_source *source);
DEFINE_CLEANUP(struct s3_key_source *, s3_key_source)

/* The keys to sign with, held until s3_keys_give_back(); the latest, but for those of the last
 * S3_KEY_FILE_LOOK_MS. */
const struct s3_keys *s3_keys_take(struct s3_key_source *source);
void s3_keys_give_back(const struct s3_keys *keys);

/* Whether there are others than these, which S3 has refused: looks at the file at once. */
bool s3_keys_are_replaced(struct s3_key_source *source, const struct s3_keys *keys);
