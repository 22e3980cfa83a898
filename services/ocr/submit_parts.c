#include "services/ocr/submit_parts.h"

#include <string.h>

#include "lib/base/file_name.h"
#include "lib/blob/blob.h"
#include "lib/http/http_guard.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/ocr/service_handlers.h"
#include "services/ocr/upload.h"
#include "services/ocr/url_source.h"

enum { CHUNK_MAX_BYTES = 512 * 1024 };

/* --- options --- */

/* Copies what is said, out of the message that dies with the next read. */
static status_code take_text(struct submit *submit, const char *said, const char **field,
                             struct status *st)
{
    if (said[0] == '\0' || strcmp(said, *field) == 0)
        return STATUS_OK;
    *field = arena_strdup(rpc_call_arena(submit->call), said);
    return *field == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

/* Where its name leads is asked when it is called. */
static status_code check_webhook(const struct submit *submit, struct status *st)
{
    const char *url = submit->options.webhook_url;

    if (url[0] == '\0')
        return STATUS_OK;
    if (submit->principal.account_id == NULL)
        return FAIL(
            st, STATUS_UNAUTHENTICATED, "MISSING_TOKEN",
            "a webhook_url is for accounts, for its notices are signed with a secret of the "
            "account: send an API token");
    if (http_guard_check_url(submit->service->guard, url, st) != STATUS_OK)
        return status_set_field(st, "webhook_url");
    return STATUS_OK;
}

static status_code merge(struct submit *submit, const Ocrmesh__Ocr__V1__JobOptions *said,
                         struct status *st)
{
    struct submission_options *options = &submit->options;

    if (request_claim_is_taken(&submit->claim) && said->request_id[0] != '\0' &&
        strcmp(said->request_id, options->request_id) != 0)
        return FAIL_FIELD(st, "request_id", "INVALID_FIELD", "a submission has one request id");
    if (said->tier != OCRMESH__OCR__V1__TIER__TIER_UNSPECIFIED)
        options->tier = (int)said->tier;
    TRY(take_text(submit, said->language, &options->language, st));
    TRY(take_text(submit, said->tool, &options->tool, st));
    TRY(take_text(submit, said->translate_to, &options->translate_to, st));
    TRY(take_text(submit, said->page_ranges, &options->page_ranges, st));
    TRY(take_text(submit, said->webhook_url, &options->webhook_url, st));
    TRY(check_webhook(submit, st));
    TRY(take_text(submit, said->url, &options->url, st));
    if (options->url[0] != '\0')
        TRY(url_source_check(submit->service->urls, options->url, st));
    TRY(take_text(submit, said->request_id, &options->request_id, st));
    if (said->file_name[0] != '\0') {
        options->file_name = file_name_clean(str_of(said->file_name), rpc_call_arena(submit->call));
        if (options->file_name == NULL)
            return FAIL_MEMORY(st);
    }
    options->validate_only = options->validate_only || said->validate_only;
    options->discards_renditions = options->discards_renditions || said->discard_renditions;
    if (said->delete_after != NULL) {
        options->retention_seconds = said->delete_after->seconds;
        if (options->retention_seconds == 0)
            options->retention_seconds = -1; /* said, and too short */
    }
    return submission_check(options, submit->service->has_vlm, st);
}

/* Claims the request id, once there is one. */
static status_code claim(struct submit *submit, struct status *st)
{
    if (submit->options.request_id[0] == '\0' || submit->options.validate_only)
        return STATUS_OK;
    return request_claim_take(&submit->claim, submit->service->db, service_deadline(submit->call),
                              submit->principal.key, submit->options.request_id, st);
}

/* --- the file --- */

static status_code append(struct submit *submit, struct str bytes, struct status *st)
{
    if (bytes.n > CHUNK_MAX_BYTES)
        return FAIL_FIELD(st, "chunk", "INVALID_FIELD", "a chunk has at most %d bytes",
                          CHUNK_MAX_BYTES);
    if (bytes.n == 0)
        return STATUS_OK;
    if (submit->upload == NULL) {
        int64_t max_bytes = submit->principal.bytes_per_file;
        TRY(upload_new(submit->service->work_dir,
                       max_bytes < BLOB_MAX_BYTES ? max_bytes : BLOB_MAX_BYTES, &submit->upload,
                       st));
    }
    return upload_append(submit->upload, bytes, st);
}

static status_code take_bytes(void *arg, struct str bytes, struct status *st)
{
    struct submit *submit = arg;

    TRY(append(submit, bytes, st));
    return request_claim_renew(&submit->claim, service_deadline(submit->call), st);
}

/* The file that was not sent. Its name is the URL's where no other was said. */
static status_code fetch(struct submit *submit, struct status *st)
{
    struct submission_options *options = &submit->options;

    if (submit->upload != NULL)
        return FAIL_FIELD(st, "url", "INVALID_FIELD", "send a file or a url, not both");
    if (options->file_name[0] == '\0') {
        options->file_name = url_source_file_name(options->url, rpc_call_arena(submit->call));
        if (options->file_name == NULL)
            return FAIL_MEMORY(st);
    }
    TRY(url_source_fetch(submit->service->urls, submit->call, options->url, take_bytes, submit,
                         st));
    if (submit->upload == NULL)
        return FAIL_FIELD(st, "url", "NO_FILE", "the file at the URL is empty");
    return STATUS_OK;
}

static status_code take_part(struct submit *submit, const Ocrmesh__Ocr__V1__SubmitJobRequest *part,
                             struct status *st)
{
    switch (part->part_case) {
    case OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__PART_OPTIONS:
        TRY(merge(submit, part->options, st));
        return claim(submit, st);
    case OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__PART_CHUNK:
        return take_bytes(submit, (struct str){(const char *)part->chunk.data, part->chunk.len},
                          st);
    default:
        return FAIL_FIELD(st, "part", "INVALID_FIELD",
                          "a part holds options or a chunk of the file");
    }
}

status_code submit_parts_read(struct submit *submit,
                              status_code (*admit)(struct submit *submit, struct status *st),
                              struct status *st)
{
    for (;;) {
        const Ocrmesh__Ocr__V1__SubmitJobRequest *part = NULL;

        TRY(rpc_call_read_reset(submit->call, &part, st));
        if (part == NULL)
            break;
        TRY(take_part(submit, part, st));
        if (!submit->is_looked_at && !submit->claim.is_made)
            TRY(admit(submit, st));
        submit->is_looked_at = true;
    }
    if (submit->options.url[0] != '\0')
        return fetch(submit, st);
    if (submit->upload == NULL)
        return FAIL_FIELD(st, "file", "NO_FILE", "there is no file in the request; send one");
    return STATUS_OK;
}
