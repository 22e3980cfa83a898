#pragma once

/*
 * Requests of one bucket of S3, signed (s3_sign.h), over libcurl (lib/http), on connections that
 * are kept.
 *
 * A request whose repetition does no harm is tried again, after a random pause that doubles, when
 * no connection came about, one broke, nothing was heard for too long, on 429, 500, 502, 503 and
 * 504, and where S3 says that what came was not what was sent; Retry-After is heeded. One whose
 * repetition may do harm only when nothing came of it for sure: no connection, 429, 503.
 *
 * What fails for good is logged here with S3's own code and with what to do about it. The caller is
 * told no more than UNAVAILABLE BLOBS_UNAVAILABLE, wrong keys and a missing bucket included:
 * whoever runs the service can mend it, and until then nothing is to be taken for lost.
 * DEADLINE_EXCEEDED: the time was over.
 *
 * Thread rule: any thread; calls block.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "lib/base/str.h"
#include "lib/blob/s3_settings.h"
#include "lib/blob/s3_xml.h"

struct s3_client;

enum {
    S3_ETAG_SIZE = 132,
    S3_RANGE_SIZE = 64,
    /* A thousand keys of S3's own limit would be over it; those of ours are a fifth as long. */
    S3_ANSWER_MAX_BYTES = 1 << 20,
};

/* Where an answer of 2xx goes: into memory or, with `is_file`, to the beginning of a file; a file
 * that was cut short goes on where it ended. */
struct s3_sink {
    struct buf *memory;
    bool is_file;
    int fd;
    int64_t length; /* what has come */
};

struct s3_request {
    const char *method;
    const char *key;   /* what follows the prefix (s3_key_prefix()); NULL: the bucket itself */
    const char *query; /* as s3_sign_options.query; NULL: none */
    const char *range; /* "bytes=0-99"; NULL: all */
    /* What is sent: a part of a file, or bytes. */
    bool sends_file;
    int fd;
    int64_t offset;
    int64_t length;
    struct str body;
    bool may_be_repeated; /* without harm, where it may have been carried out already */
    bool may_refuse_late; /* an answer of 200 may hold a refusal */
    bool is_tried_once;   /* whatever comes of it */
    struct s3_sink *sink; /* NULL: nothing is wanted of the answer */
};

struct s3_answer {
    int status;              /* of HTTP */
    char code[S3_CODE_SIZE]; /* of a refusal, "NoSuchKey"; "" */
    char etag[S3_ETAG_SIZE]; /* with its quotes; "" */
};

/*
 * @settings: were checked; what they point to is borrowed, and outlives the client.
 * @space: 1 to S3_SPACE_MAX letters, digits and '-': the folder behind the prefix of the settings.
 */
status_code s3_client_new(const struct s3_settings *settings, const char *space,
                          struct s3_client **ret_client, struct status *st) _must_check_;
void s3_client_free(struct s3_client *client);
DEFINE_CLEANUP(struct s3_client *, s3_client)

/* What stands before each key in the bucket: "ocrmesh/0123/". */
const char *s3_client_prefix(const struct s3_client *client);
const struct s3_settings *s3_client_settings(const struct s3_client *client);

/*
 * OK when it was carried out, and for what is said of the thing that is asked for alone: 404 with
 * the code NoSuchKey or NoSuchUpload, and 416.
 */
status_code s3_call(struct s3_client *client, const struct s3_request *request, int64_t deadline,
                    struct s3_answer *ret_answer, struct status *st) _must_check_;

/*
 * Whether the bucket can be read and written with these settings. Fails with UNAVAILABLE when the
 * server does not answer at the moment, and with FAILED_PRECONDITION CONFIG, naming the setting to
 * look at, when it refuses.
 */
status_code s3_client_check(struct s3_client *client, int64_t deadline,
                            struct status *st) _must_check_;

/* Appends the metrics of all calls in Prometheus text format. */
void s3_client_write_metrics(struct s3_client *client, struct buf *out);
