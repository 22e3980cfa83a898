#include "lib/blob/s3_advice.h"

#include <string.h>

#include "lib/admin/prometheus.h"
#include "lib/blob/s3_client.h"

s3_end s3_end_of(status_code code, int status)
{
    switch (code) {
    case STATUS_OK:
        return status >= 200 && status <= 299   ? S3_END_OK
               : status >= 400 && status <= 499 ? S3_END_REFUSED
                                                : S3_END_FAILED;
    case STATUS_UNAVAILABLE:
    case STATUS_FAILED_PRECONDITION:
        return S3_END_UNREACHABLE;
    case STATUS_DEADLINE_EXCEEDED:
        return S3_END_TIMEOUT;
    default:
        return S3_END_BROKEN;
    }
}

static const struct {
    const char *code;
    const char *advice;
} advices[] = {
    {"InvalidAccessKeyId", "OCR_S3_ACCESS_KEY is not known there"},
    {"SignatureDoesNotMatch",
     "OCR_S3_SECRET_KEY is wrong, or a proxy on the way changes what is signed"},
    {"AccessDenied", "OCR_S3_ACCESS_KEY must be allowed to list the bucket, and to get, put and "
                     "delete its objects"},
    {"AllAccessDisabled", "the bucket is disabled: see its owner"},
    {"NoSuchBucket", "OCR_S3_BUCKET is not there: make it, or correct the name"},
    {"InvalidBucketName", "OCR_S3_BUCKET is no name of a bucket there"},
    {"AuthorizationHeaderMalformed", "OCR_S3_REGION is not the bucket's"},
    {"PermanentRedirect", "OCR_S3_URL or OCR_S3_REGION is not that of the bucket"},
    {"TemporaryRedirect", "the bucket is being moved, or OCR_S3_URL is not that of its region"},
    {"RequestTimeTooSkewed", "the clock of this machine is wrong, or that of S3"},
    {"ExpiredToken",
     "OCR_S3_SESSION_TOKEN has expired: renew it and its keys, which OCR_S3_CREDENTIALS_FILE "
     "takes without a restart"},
    {"InvalidToken", "OCR_S3_SESSION_TOKEN is not that of OCR_S3_ACCESS_KEY"},
    {"QuotaExceeded", "the bucket is full"},
    {"XMinioStorageFull", "S3 has no room left"},
};

const char *s3_advice(status_code code, const struct s3_answer *answer)
{
    if (code == STATUS_UNAVAILABLE)
        return "see that S3 runs, and that OCR_S3_URL leads to it";
    if (code == STATUS_FAILED_PRECONDITION)
        return "OCR_S3_CA_FILE must hold the authority that signed its certificate, and OCR_S3_URL "
               "the name that stands in it";
    if (code != STATUS_OK)
        return "see how S3 and the network to it fare";
    for (size_t i = 0; i < ARRAY_LENGTH(advices); i++)
        if (strcmp(answer->code, advices[i].code) == 0)
            return advices[i].advice;
    if (answer->status >= 300 && answer->status <= 399)
        return "OCR_S3_URL or OCR_S3_REGION is not that of the bucket";
    if (answer->status == 401 || answer->status == 403)
        return "OCR_S3_ACCESS_KEY and OCR_S3_SECRET_KEY do not open the bucket";
    if (answer->status == 404)
        return "OCR_S3_URL is no S3, or has no bucket OCR_S3_BUCKET";
    if (answer->status == 507)
        return "S3 has no room left";
    if (answer->status >= 500)
        return "see S3's own log";
    return "OCR_S3_URL does not answer as S3 does";
}

bool s3_is_worth_waiting(status_code code, int status)
{
    if (code == STATUS_OK)
        return status == 429 || status >= 500;
    return code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED ||
           code == STATUS_DATA_LOSS;
}

void s3_write_metrics(atomic_llong calls[static S3_ENDS], int64_t sent_bytes,
                      int64_t received_bytes, struct buf *out)
{
    static const char *const names[S3_ENDS] = {"ok",          "refused", "failed",
                                               "unreachable", "timeout", "broken"};

    prometheus_head(out, "ocrmesh_s3_requests_total", "counter",
                    "Attempts of requests of S3, by how they ended.");
    for (size_t i = 0; i < S3_ENDS; i++)
        prometheus_integer(out, atomic_load(&calls[i]), "ocrmesh_s3_requests_total{end=\"%s\"}",
                           names[i]);
    prometheus_head(out, "ocrmesh_s3_bytes_total", "counter",
                    "Bytes of bodies that went to S3 and came from it.");
    prometheus_integer(out, sent_bytes, "ocrmesh_s3_bytes_total{direction=\"sent\"}");
    prometheus_integer(out, received_bytes, "ocrmesh_s3_bytes_total{direction=\"received\"}");
}
