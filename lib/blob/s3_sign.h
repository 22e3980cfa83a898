#pragma once

/*
 * AWS Signature Version 4 of one request of S3, in its Authorization field (Amazon S3 API
 * Reference, "Authenticating Requests: Using the Authorization Header").
 *
 * It is made here, not by libcurl (CURLOPT_AWS_SIGV4), since that of 7.88, which Debian has, signs
 * what is not sent (a field that is only there to be left out, such as "Expect:"), sorts whole
 * lines rather than names of fields, takes the query as it stands, sends no x-amz-content-sha256
 * and takes the hash of a body that is read as it is sent for that of no bytes, and cannot be
 * tested against a standard's example, for it asks the clock.
 *
 * The body's SHA-256 is always part of what is signed, never UNSIGNED-PAYLOAD or chunks with
 * signatures of their own: all that is sent is in memory or in a file, where reading it twice costs
 * little, and a byte that changes on the way, with TLS or without, is refused.
 *
 * Content-MD5 goes with each body, too: SeaweedFS checks signatures, but holds no body against its
 * SHA-256, and takes an upload that is cut before its first byte for an empty one.
 *
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    S3_HASH_SIZE = 65, /* SHA-256, hexadecimal */
    S3_MD5_SIZE = 25,  /* MD5, Base64 */
    S3_TIME_SIZE = 17, /* "20130524T000000Z" */
};

/* What is said of a body. */
struct s3_digest {
    char sha256[S3_HASH_SIZE]; /* hexadecimal */
    char md5[S3_MD5_SIZE];     /* Base64; "" where OpenSSL may not (FIPS) */
};

struct s3_field {
    const char *name; /* lower case */
    const char *value;
};

struct s3_sign_options {
    const char *method;
    const char *path;  /* as it is sent: escaped by s3_escape() */
    const char *query; /* as it is sent: escaped, in the order of names, each with its '=' */
    /* All fields that are signed, in the order of their names: host, x-amz-content-sha256 and
     * x-amz-date among them. */
    const struct s3_field *fields;
    size_t field_count;
    const char *body_hash; /* s3_digest.sha256 */
    const char *time;      /* as s3_time() writes it */
    const char *region;
    const char *access_key;
    const char *secret_key;
};

/* Appends what stands behind "Authorization: ". False when the buffer is full. */
bool s3_sign(const struct s3_sign_options *options, struct buf *out) _must_check_;

/* Of bytes, and of a part of a file, which INTERNAL says cannot be read. */
status_code s3_digest_bytes(struct str bytes, struct s3_digest *ret_digest,
                            struct status *st) _must_check_;
status_code s3_digest_file(int fd, int64_t offset, int64_t length, struct s3_digest *ret_digest,
                           struct status *st) _must_check_;

/* Wall nanoseconds as SigV4 writes them. */
void s3_time(int64_t wall_ns, char ret_time[static S3_TIME_SIZE]);

/* Appends text with all escaped but what RFC 3986 leaves unreserved; a path keeps its slashes. */
bool s3_escape(struct buf *out, struct str text, bool is_path) _must_check_;
