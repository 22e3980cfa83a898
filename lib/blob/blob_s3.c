#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>

#include "lib/base/clock.h"
#include "lib/blob/blob.h"
#include "lib/blob/blob_backend.h"
#include "lib/blob/s3_client.h"
#include "lib/blob/s3_sign.h"
#include "lib/blob/s3_upload.h"

enum {
    QUERY_MAX_BYTES = 4 << 10,
    DELETE_MAX_BYTES = 256 << 10,
};

struct blob_s3 {
    struct blob_store store;
    struct s3_client *client;
};

static struct s3_client *client_of(struct blob_store *store)
{
    return ((struct blob_s3 *)store)->client;
}

static status_code fail_not_found(struct status *st)
{
    return FAIL(st, STATUS_NOT_FOUND, "BLOB_NOT_FOUND", "there is no such blob");
}

static status_code s3_put(struct blob_store *store, const char *key, int fd, int64_t size_bytes,
                          int64_t deadline, struct status *st)
{
    struct s3_client *client = client_of(store);
    const struct s3_request request = {.method = "PUT",
                                       .key = key,
                                       .sends_file = true,
                                       .fd = fd,
                                       .length = size_bytes,
                                       .may_be_repeated = true};
    struct s3_answer answer;

    if (size_bytes > s3_client_settings(client)->part_bytes)
        return s3_upload(client, key, fd, size_bytes, deadline, st);
    return s3_call(client, &request, deadline, &answer, st);
}

static status_code s3_get(struct blob_store *store, const char *key, int fd, int64_t deadline,
                          int64_t *ret_size_bytes, struct status *st)
{
    struct s3_sink sink = {.is_file = true, .fd = fd};
    const struct s3_request request = {
        .method = "GET", .key = key, .may_be_repeated = true, .sink = &sink};
    struct s3_answer answer = {0};

    TRY(s3_call(client_of(store), &request, deadline, &answer, st));
    if (answer.status == 404)
        return fail_not_found(st);
    *ret_size_bytes = sink.length;
    return STATUS_OK;
}

static status_code s3_read(struct blob_store *store, const char *key, int64_t offset, void *bytes,
                           size_t length, int64_t deadline, struct status *st)
{
    char range[S3_RANGE_SIZE];
    struct buf part;
    struct s3_answer answer = {0};

    (void)snprintf(range, sizeof(range), "bytes=%" PRId64 "-%" PRId64, offset,
                   offset + (int64_t)length - 1);
    buf_init(&part, length);
    struct s3_sink sink = {.memory = &part};
    const struct s3_request request = {
        .method = "GET", .key = key, .range = range, .may_be_repeated = true, .sink = &sink};
    status_code code = s3_call(client_of(store), &request, deadline, &answer, st);
    if (code == STATUS_OK && answer.status == 404)
        code = fail_not_found(st);
    /* 200 is the whole of a blob that has no more bytes than that. */
    if (code == STATUS_OK &&
        (part.length < length || (answer.status != 206 && (answer.status != 200 || offset > 0))))
        code = FAIL(st, STATUS_DATA_LOSS, NULL, "a blob is not complete");
    if (code == STATUS_OK)
        memcpy(bytes, part.data, length);
    buf_deinit(&part);
    return code;
}

static status_code s3_delete(struct blob_store *store, const char *key, int64_t deadline,
                             struct status *st)
{
    const struct s3_request request = {.method = "DELETE", .key = key, .may_be_repeated = true};
    struct s3_answer answer;

    return s3_call(client_of(store), &request, deadline, &answer, st);
}

/* --- lists --- */

struct listing {
    struct s3_client *client;
    int64_t before_time; /* INT64_MAX: all */
    struct blob_keys *keys;
    bool is_full;
    char last_key[BLOB_KEY_MAX + 1]; /* that was looked at */
};

static void take_key(void *arg, const struct s3_entry *entry)
{
    struct listing *listing = arg;
    const char *prefix = s3_client_prefix(listing->client);
    size_t length = strlen(prefix);
    const char *key = entry->key + length;

    /* What is none of ours is left alone; a key that is too long cannot be passed. */
    if (strncmp(entry->key, prefix, length) != 0 || strlen(key) > BLOB_KEY_MAX || listing->is_full)
        return;
    if (listing->keys->count == BLOB_KEYS_MAX) {
        listing->is_full = true;
        return;
    }
    (void)snprintf(listing->last_key, sizeof(listing->last_key), "%s", key);
    if (entry->time < listing->before_time)
        (void)snprintf(listing->keys->keys[listing->keys->count++], BLOB_KEY_MAX + 1, "%s", key);
}

/* "list-type=2&max-keys=500&prefix=...&start-after=..." */
static bool make_list_query(const struct listing *listing, const char *prefix, struct buf *query)
{
    const char *base = s3_client_prefix(listing->client);

    buf_clear(query);
    return buf_printf(query, "list-type=2&max-keys=%d&prefix=", BLOB_KEYS_MAX) &&
           s3_escape(query, str_of(base), false) && s3_escape(query, str_of(prefix), false) &&
           (listing->last_key[0] == '\0' ||
            (buf_append_str(query, "&start-after=") && s3_escape(query, str_of(base), false) &&
             s3_escape(query, str_of(listing->last_key), false)));
}

/* Fills listing->keys from listing->last_key on, by as many requests as that takes. */
static status_code list(struct listing *listing, const char *prefix, int64_t deadline,
                        struct status *st)
{
    struct buf xml, query;
    struct s3_answer answer;
    status_code code;
    bool is_cut;
    char before[BLOB_KEY_MAX + 1];

    buf_init(&xml, S3_ANSWER_MAX_BYTES);
    buf_init(&query, QUERY_MAX_BYTES);
    do {
        struct s3_sink sink = {.memory = &xml};
        is_cut = false;
        (void)snprintf(before, sizeof(before), "%s", listing->last_key);
        if (!make_list_query(listing, prefix, &query)) {
            code = FAIL_MEMORY(st);
            break;
        }
        const struct s3_request request = {
            .method = "GET", .query = query.data, .may_be_repeated = true, .sink = &sink};
        code = s3_call(listing->client, &request, deadline, &answer, st);
        if (code == STATUS_OK)
            code = s3_xml_list(buf_str(&xml), take_key, listing, &is_cut, st);
        /* A list that does not go on would never end. */
    } while (code == STATUS_OK && is_cut && !listing->is_full &&
             listing->keys->count < BLOB_KEYS_MAX && strcmp(before, listing->last_key) < 0);
    buf_deinit(&xml);
    buf_deinit(&query);
    return code;
}

static status_code s3_list_older(struct blob_store *store, int64_t before_time,
                                 const char *after_key, int64_t deadline,
                                 struct blob_keys *ret_keys, struct status *st)
{
    struct listing listing = {
        .client = client_of(store), .before_time = before_time, .keys = ret_keys};

    ret_keys->count = 0;
    (void)snprintf(listing.last_key, sizeof(listing.last_key), "%s", after_key);
    return list(&listing, "", deadline, st);
}

/* --- the deletion of several --- */

static bool make_delete(const struct s3_client *client, const struct blob_keys *keys,
                        struct buf *body)
{
    if (!buf_append_str(body, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                              "<Quiet>true</Quiet>"))
        return false;
    /* Prefix and keys are made of what XML leaves as it is. */
    for (size_t i = 0; i < keys->count; i++)
        if (!buf_printf(body, "<Object><Key>%s%s</Key></Object>", s3_client_prefix(client),
                        keys->keys[i]))
            return false;
    return buf_append_str(body, "</Delete>");
}

static status_code send_delete(struct s3_client *client, struct str body, int64_t deadline,
                               struct status *st)
{
    char refused[S3_CODE_SIZE] = "";
    struct buf xml;
    struct s3_answer answer;

    buf_init(&xml, S3_ANSWER_MAX_BYTES);
    struct s3_sink sink = {.memory = &xml};
    const struct s3_request request = {
        .method = "POST", .query = "delete=", .body = body, .may_be_repeated = true, .sink = &sink};
    status_code code = s3_call(client, &request, deadline, &answer, st);
    if (code == STATUS_OK)
        code = s3_xml_deleted(buf_str(&xml), refused, st);
    buf_deinit(&xml);
    if (code == STATUS_OK && refused[0] != '\0')
        return FAIL(st, STATUS_UNAVAILABLE, "BLOBS_UNAVAILABLE",
                    "the store of files did not delete all it was to delete; try again later");
    return code;
}

static status_code delete_keys(struct s3_client *client, const struct blob_keys *keys,
                               int64_t deadline, struct status *st)
{
    struct buf body;

    if (keys->count == 0)
        return STATUS_OK;
    buf_init(&body, DELETE_MAX_BYTES);
    status_code code = make_delete(client, keys, &body)
                           ? send_delete(client, buf_str(&body), deadline, st)
                           : FAIL_MEMORY(st);
    buf_deinit(&body);
    return code;
}

static status_code s3_delete_all(struct blob_store *store, const char *prefix, int64_t deadline,
                                 struct status *st)
{
    _cleanup_(freep) struct blob_keys *keys = malloc(sizeof(*keys));
    struct listing listing = {.client = client_of(store), .before_time = INT64_MAX, .keys = keys};

    if (keys == NULL)
        return FAIL_MEMORY(st);
    do {
        keys->count = 0;
        listing.is_full = false;
        TRY(list(&listing, prefix, deadline, st));
        TRY(delete_keys(listing.client, keys, deadline, st));
    } while (keys->count == BLOB_KEYS_MAX);
    return STATUS_OK;
}

static status_code s3_store_abort_older(struct blob_store *store, int64_t before_time,
                                        int64_t deadline, struct status *st)
{
    return s3_abort_older(client_of(store), before_time, deadline, st);
}

static void s3_write_store_metrics(struct blob_store *store, struct buf *out)
{
    s3_client_write_metrics(client_of(store), out);
}

static void s3_close(struct blob_store *store)
{
    s3_client_free(client_of(store));
    free(store);
}

static const struct blob_backend s3_backend = {
    .put = s3_put,
    .get = s3_get,
    .read = s3_read,
    .delete = s3_delete,
    .delete_all = s3_delete_all,
    .list_older = s3_list_older,
    .abort_older = s3_store_abort_older,
    .write_metrics = s3_write_store_metrics,
    .close = s3_close,
};

status_code blob_store_open_s3(const struct s3_settings *settings, const char *space,
                               int64_t deadline, struct blob_store **ret_store, struct status *st)
{
    _cleanup_(s3_client_freep) struct s3_client *client = NULL;
    struct blob_s3 *opened;

    xmlInitParser();
    TRY(s3_settings_check(settings, st));
    TRY(s3_client_new(settings, space, &client, st));
    TRY(s3_client_check(client, deadline, st));
    opened = calloc(1, sizeof(*opened));
    if (opened == NULL)
        return FAIL_MEMORY(st);
    opened->store.backend = &s3_backend;
    opened->client = TAKE(client);
    *ret_store = &opened->store;
    return STATUS_OK;
}
