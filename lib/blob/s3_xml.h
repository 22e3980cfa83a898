#pragma once

/*
 * What S3 answers in XML, read by libxml2: refusals, lists, the identifier of an upload in parts.
 *
 * The server is not trusted: nothing is fetched, a document type is refused before anything of it
 * is used, names and texts are bounded; how long an answer may be is the caller's to bound.
 * Failures are DATA_LOSS. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    S3_CODE_SIZE = 64,
    S3_UPLOAD_ID_SIZE = 1025,
    S3_KEY_SIZE = 1025, /* S3's own limit */
};

/* The code of a refusal, "NoSuchKey"; "" when the answer is none, or is no XML. */
void s3_xml_error(struct str xml, char ret_code[static S3_CODE_SIZE]);

/* The answer to the beginning of an upload in parts. */
status_code s3_xml_upload_id(struct str xml, char ret_id[static S3_UPLOAD_ID_SIZE],
                             struct status *st) _must_check_;

/* Whether it is the answer to the end of one, for a success may hold a refusal, or nothing. */
bool s3_xml_is_completed(struct str xml);

/* A line of a list. Strings live until on_entry returns. */
struct s3_entry {
    const char *key;
    const char *upload_id; /* of an upload that has not ended; "" */
    int64_t time;          /* wall nanoseconds: changed last, or begun; 0: not said */
};

/* Both kinds of lists, of blobs and of uploads that have not ended. *ret_is_cut: there are more. */
status_code s3_xml_list(struct str xml, void (*on_entry)(void *arg, const struct s3_entry *entry),
                        void *arg, bool *ret_is_cut, struct status *st) _must_check_;

/* The answer to the deletion of several: the code of the first that was not deleted, or "". */
status_code s3_xml_deleted(struct str xml, char ret_code[static S3_CODE_SIZE],
                           struct status *st) _must_check_;
