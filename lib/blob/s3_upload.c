#include "lib/blob/s3_upload.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"
#include "lib/blob/s3_client.h"
#include "lib/blob/s3_sign.h"
#include "lib/log/log.h"

enum {
    /* Three bytes for one. */
    QUERY_MAX_BYTES = 3 * S3_UPLOAD_ID_SIZE + 3 * S3_KEY_SIZE + 200,
    PARTS_MAX_BYTES = 1 << 20,
    UPLOADS_AT_ONCE = 100,
};

struct upload {
    struct s3_client *client;
    const char *key;
    int64_t deadline;
    char id[S3_UPLOAD_ID_SIZE];
    struct buf parts; /* as the last step tells them */
};

/* "uploadId=..." behind what may stand before it in the order of names. */
static status_code make_query(const char *before, const char *upload_id, struct buf *query,
                              struct status *st)
{
    buf_clear(query);
    if (!buf_append_str(query, before) || !buf_append_str(query, "uploadId=") ||
        !s3_escape(query, str_of(upload_id), false))
        return FAIL_MEMORY(st);
    return STATUS_OK;
}

static status_code begin(struct upload *upload, struct status *st)
{
    struct buf xml;
    struct s3_answer answer;

    buf_init(&xml, S3_ANSWER_MAX_BYTES);
    struct s3_sink sink = {.memory = &xml};
    /* One that was begun and not heard of is found by s3_abort_older(). */
    const struct s3_request request = {.method = "POST",
                                       .key = upload->key,
                                       .query = "uploads=",
                                       .may_be_repeated = true,
                                       .sink = &sink};
    status_code code = s3_call(upload->client, &request, upload->deadline, &answer, st);
    if (code == STATUS_OK)
        code = s3_xml_upload_id(buf_str(&xml), upload->id, st);
    buf_deinit(&xml);
    return code;
}

static status_code put_part(struct upload *upload, int number, int fd, int64_t offset,
                            int64_t length, struct buf *query, struct status *st)
{
    char before[40];
    struct s3_answer answer = {0};

    (void)snprintf(before, sizeof(before), "partNumber=%d&", number);
    TRY(make_query(before, upload->id, query, st));
    const struct s3_request request = {.method = "PUT",
                                       .key = upload->key,
                                       .query = query->data,
                                       .sends_file = true,
                                       .fd = fd,
                                       .offset = offset,
                                       .length = length,
                                       .may_be_repeated = true};
    TRY(s3_call(upload->client, &request, upload->deadline, &answer, st));
    if (answer.status != 200 || answer.etag[0] == '\0' || strpbrk(answer.etag, "<&") != NULL)
        return FAIL(st, STATUS_UNAVAILABLE, "BLOBS_UNAVAILABLE",
                    "the store of files forgot an upload; try again later");
    if (!buf_printf(&upload->parts, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>",
                    number, answer.etag))
        return FAIL_MEMORY(st);
    return STATUS_OK;
}

static status_code put_parts(struct upload *upload, int fd, int64_t size_bytes, struct buf *query,
                             struct status *st)
{
    int64_t part_bytes = s3_client_settings(upload->client)->part_bytes;
    int number = 1;

    for (int64_t offset = 0; offset < size_bytes; offset += part_bytes) {
        int64_t left = size_bytes - offset;
        TRY(put_part(upload, number++, fd, offset, left < part_bytes ? left : part_bytes, query,
                     st));
    }
    return STATUS_OK;
}

/* Not repeated where it may have been carried out: the upload would not be known any more, which
 * looks like a failure. */
static status_code complete(struct upload *upload, struct buf *query, struct status *st)
{
    struct buf xml;
    struct s3_answer answer = {0};
    static const char head[] =
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    static const char tail[] = "</CompleteMultipartUpload>";
    struct buf body;

    TRY(make_query("", upload->id, query, st));
    buf_init(&body, PARTS_MAX_BYTES + sizeof(head) + sizeof(tail));
    buf_init(&xml, S3_ANSWER_MAX_BYTES);
    struct s3_sink sink = {.memory = &xml};
    status_code code = STATUS_OK;
    if (!buf_append_str(&body, head) ||
        !buf_append(&body, upload->parts.data, upload->parts.length) ||
        !buf_append_str(&body, tail))
        code = FAIL_MEMORY(st);
    const struct s3_request request = {.method = "POST",
                                       .key = upload->key,
                                       .query = query->data,
                                       .body = buf_str(&body),
                                       .may_refuse_late = true,
                                       .sink = &sink};
    if (code == STATUS_OK)
        code = s3_call(upload->client, &request, upload->deadline, &answer, st);
    if (code == STATUS_OK && !s3_xml_is_completed(buf_str(&xml)))
        code = FAIL(st, STATUS_UNAVAILABLE, "BLOBS_UNAVAILABLE",
                    "the store of files forgot an upload; try again later");
    buf_deinit(&body);
    buf_deinit(&xml);
    return code;
}

static status_code abort_upload(struct s3_client *client, const char *key, const char *upload_id,
                                bool is_tried_once, int64_t deadline, struct buf *query,
                                struct status *st)
{
    struct s3_answer answer;

    TRY(make_query("", upload_id, query, st));
    const struct s3_request request = {.method = "DELETE",
                                       .key = key,
                                       .query = query->data,
                                       .may_be_repeated = true,
                                       .is_tried_once = is_tried_once};
    return s3_call(client, &request, deadline, &answer, st);
}

status_code s3_upload(struct s3_client *client, const char *key, int fd, int64_t size_bytes,
                      int64_t deadline, struct status *st)
{
    struct upload upload = {.client = client, .key = key, .deadline = deadline};
    struct buf query;
    struct status failure = {0};

    TRY(begin(&upload, st));
    buf_init(&query, QUERY_MAX_BYTES);
    buf_init(&upload.parts, PARTS_MAX_BYTES);
    status_code code = put_parts(&upload, fd, size_bytes, &query, st);
    if (code == STATUS_OK)
        code = complete(&upload, &query, st);
    if (code != STATUS_OK &&
        abort_upload(client, key, upload.id, true, deadline, &query, &failure) != STATUS_OK)
        log_failure(LOG_WARNING, "an upload in parts was not taken back, and will be swept",
                    &failure, LOG_STRING("key", key));
    buf_deinit(&query);
    buf_deinit(&upload.parts);
    return code;
}

/* --- what was left behind --- */

struct found {
    struct s3_client *client;
    int64_t before_time;
    size_t count;
    bool is_out_of_memory;
    struct {
        char *key;
        char *upload_id;
    } uploads[UPLOADS_AT_ONCE];
};

static void free_found(struct found *found)
{
    for (size_t i = 0; i < found->count; i++) {
        free(found->uploads[i].key);
        free(found->uploads[i].upload_id);
    }
    found->count = 0;
}

static void take_old(void *arg, const struct s3_entry *entry)
{
    struct found *found = arg;
    const char *prefix = s3_client_prefix(found->client);
    size_t length = strlen(prefix);

    if (entry->time == 0 || entry->time >= found->before_time || entry->upload_id[0] == '\0' ||
        strncmp(entry->key, prefix, length) != 0 || found->count == UPLOADS_AT_ONCE)
        return;
    char *key = strdup(entry->key + length);
    char *upload_id = strdup(entry->upload_id);
    if (key == NULL || upload_id == NULL) {
        found->is_out_of_memory = true;
        free(key);
        free(upload_id);
        return;
    }
    found->uploads[found->count].key = key;
    found->uploads[found->count++].upload_id = upload_id;
}

/* The first of them; *ret_is_cut: there are more, old ones or not. */
static status_code list_old(struct found *found, int64_t deadline, struct buf *query,
                            bool *ret_is_cut, struct status *st)
{
    struct buf xml;
    struct s3_answer answer;

    buf_clear(query);
    if (!buf_printf(query, "max-uploads=%d&prefix=", UPLOADS_AT_ONCE) ||
        !s3_escape(query, str_of(s3_client_prefix(found->client)), false) ||
        !buf_append_str(query, "&uploads="))
        return FAIL_MEMORY(st);
    buf_init(&xml, S3_ANSWER_MAX_BYTES);
    struct s3_sink sink = {.memory = &xml};
    const struct s3_request request = {
        .method = "GET", .query = query->data, .may_be_repeated = true, .sink = &sink};
    status_code code = s3_call(found->client, &request, deadline, &answer, st);
    if (code == STATUS_OK)
        code = s3_xml_list(buf_str(&xml), take_old, found, ret_is_cut, st);
    buf_deinit(&xml);
    if (code == STATUS_OK && found->is_out_of_memory)
        return FAIL_MEMORY(st);
    return code;
}

status_code s3_abort_older(struct s3_client *client, int64_t before_time, int64_t deadline,
                           struct status *st)
{
    struct found found = {.client = client, .before_time = before_time};
    struct buf query;
    bool is_cut;
    status_code code;

    buf_init(&query, QUERY_MAX_BYTES);
    do {
        is_cut = false;
        code = list_old(&found, deadline, &query, &is_cut, st);
        for (size_t i = 0; code == STATUS_OK && i < found.count; i++)
            code = abort_upload(client, found.uploads[i].key, found.uploads[i].upload_id, false,
                                deadline, &query, st);
        is_cut = is_cut && found.count > 0;
        free_found(&found);
    } while (code == STATUS_OK && is_cut);
    buf_deinit(&query);
    return code;
}
