#pragma once

/*
 * Where S3 is, and how it is spoken to, as the environment says (lib/config/config.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/config/config.h"

enum {
    S3_PART_MIN_BYTES = 5 << 20, /* S3's own limit */
    S3_PART_MAX_BYTES = 512 << 20,
    S3_TIME_MAX_MS = 10 * 60 * 1000,
    S3_RETRIES_MAX = 10,
    S3_SPACE_MAX = 64,
    S3_PREFIX_MAX = 128,
    S3_URL_MAX = 255,
};

/* Strings are borrowed for the store's life; "" where nothing is said. */
struct s3_settings {
    const char *url; /* "": there is no S3 */
    const char *bucket;
    const char *region;
    const char *access_key;
    const char *secret_key;
    const char *session_token;
    const char *credentials_file; /* in place of these three (s3_credentials.h) */
    const char *addressing;
    const char *prefix;
    const char *ca_file;
    int64_t part_bytes;
    int64_t connect_ms;
    int64_t stall_ms;
    int64_t retries;
};

/* Rows of a table of settings; `member` of `type` is a struct s3_settings. */
#define S3_SETTINGS_ENTRIES(type, member)                                                          \
    {"OCR_S3_URL",                                                                                 \
     CONFIG_STRING,                                                                                \
     offsetof(type, member.url),                                                                   \
     "",                                                                                           \
     "S3-compatible server that keeps uploads and pictures of pages, such as "                     \
     "https://s3.eu-central-1.amazonaws.com; empty: PostgreSQL keeps them",                        \
     0,                                                                                            \
     0},                                                                                           \
        {"OCR_S3_BUCKET",                                                                          \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.bucket),                                                            \
         "",                                                                                       \
         "bucket at OCR_S3_URL, which must be there",                                              \
         0,                                                                                        \
         0},                                                                                       \
        {"OCR_S3_REGION",                                                                          \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.region),                                                            \
         "us-east-1",                                                                              \
         "region of the bucket, which is signed with each request",                                \
         0,                                                                                        \
         0},                                                                                       \
        {"OCR_S3_ACCESS_KEY",                                                                      \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.access_key),                                                        \
         "",                                                                                       \
         "access key (its identifier) for OCR_S3_URL",                                             \
         0,                                                                                        \
         0},                                                                                       \
        {"OCR_S3_SECRET_KEY",                                                                      \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.secret_key),                                                        \
         "",                                                                                       \
         "secret of OCR_S3_ACCESS_KEY",                                                            \
         0,                                                                                        \
         0},                                                                                       \
        {"OCR_S3_SESSION_TOKEN",                                                                   \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.session_token),                                                     \
         "",                                                                                       \
         "session token, where the access key is a temporary one; empty: none",                    \
         0,                                                                                        \
         0},                                                                                       \
        {"OCR_S3_CREDENTIALS_FILE",                                                                \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.credentials_file),                                                  \
         "",                                                                                       \
         "file with these three, as the AWS CLI writes it, read again when it changes; empty: "    \
         "they "                                                                                   \
         "stand in the settings",                                                                  \
         0,                                                                                        \
         0},                                                                                       \
        {"OCR_S3_ADDRESSING",                                                                      \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.addressing),                                                        \
         "path",                                                                                   \
         "where the bucket's name stands: path (https://host/bucket/) or virtual "                 \
         "(https://bucket.host/)",                                                                 \
         0,                                                                                        \
         0},                                                                                       \
        {"OCR_S3_PREFIX",                                                                          \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.prefix),                                                            \
         "ocrmesh/",                                                                               \
         "what all keys in the bucket begin with; a folder of the database's own follows it",      \
         0,                                                                                        \
         0},                                                                                       \
        {"OCR_S3_CA_FILE",                                                                         \
         CONFIG_STRING,                                                                            \
         offsetof(type, member.ca_file),                                                           \
         "",                                                                                       \
         "certificates (PEM) that OCR_S3_URL's is verified against; empty: those of the system",   \
         0,                                                                                        \
         0},                                                                                       \
        {"OCR_S3_PART_SIZE",                                                                       \
         CONFIG_BYTES,                                                                             \
         offsetof(type, member.part_bytes),                                                        \
         "16MiB",                                                                                  \
         "what is larger is uploaded in parts of that size",                                       \
         S3_PART_MIN_BYTES,                                                                        \
         S3_PART_MAX_BYTES},                                                                       \
        {"OCR_S3_CONNECT_TIMEOUT",                                                                 \
         CONFIG_DURATION_MS,                                                                       \
         offsetof(type, member.connect_ms),                                                        \
         "5s",                                                                                     \
         "how long connecting to S3 may take",                                                     \
         10,                                                                                       \
         S3_TIME_MAX_MS},                                                                          \
        {"OCR_S3_STALL_TIMEOUT",                                                                   \
         CONFIG_DURATION_MS,                                                                       \
         offsetof(type, member.stall_ms),                                                          \
         "20s",                                                                                    \
         "longest time in which S3 takes nothing and says nothing",                                \
         10,                                                                                       \
         S3_TIME_MAX_MS},                                                                          \
    {                                                                                              \
        "OCR_S3_RETRIES", CONFIG_INTEGER, offsetof(type, member.retries), "4",                     \
            "further attempts after no connection, a broken one, silence, 429, 500, 502, 503 "     \
            "and 504",                                                                             \
            0, S3_RETRIES_MAX                                                                      \
    }

/*
 * Whether the settings can be used, as far as one sees without asking the server. Fails with
 * FAILED_PRECONDITION CONFIG, naming the variable at fault, and nothing of a secret.
 */
status_code s3_settings_check(const struct s3_settings *settings, struct status *st) _must_check_;

/* Whether the bucket's name is part of the host's. */
bool s3_settings_are_virtual(const struct s3_settings *settings);
