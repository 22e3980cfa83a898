#include "lib/blob/s3_client.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/file_io.h"
#include "lib/base/random.h"
#include "lib/blob/blob.h"
#include "lib/blob/s3_advice.h"
#include "lib/blob/s3_credentials.h"
#include "lib/blob/s3_sign.h"
#include "lib/http/http_client.h"
#include "lib/log/log.h"

enum {
    IDLE_MAX = 32, /* connections that are kept for the next call */
    PAUSE_MIN_MS = 100,
    PAUSE_MAX_MS = 5000,
    CALLER_RETRY_AFTER_MS = 10000,
    KEYS_TRIED_MAX = 3, /* attempts in a row whose keys were replaced under way */
    REFUSAL_MAX_BYTES = 16 << 10,
    URL_MAX_BYTES = 8 << 10,
    AUTHORIZATION_MAX_BYTES = 2 << 10,
    FIELDS_MAX = 8,
    FIELD_MAX_BYTES = 9 << 10, /* a session token is 8 KiB at most */
};

struct s3_client {
    struct s3_settings settings;
    struct s3_key_source *keys;
    char origin[S3_URL_MAX + 80]; /* "https://bucket.host:9000" */
    char host[S3_URL_MAX + 80];   /* as it is signed: without the scheme's own port */
    char base[80];                /* "/bucket/" or "/" */
    char prefix[S3_PREFIX_MAX + S3_SPACE_MAX + 2];
    pthread_mutex_t lock;
    struct http_client *idle[IDLE_MAX];
    size_t idle_count;
    atomic_llong calls[S3_ENDS]; /* attempts, by how they ended */
    atomic_llong sent_bytes;
    atomic_llong received_bytes;
};

/* One request, through all its attempts. */
struct call {
    struct s3_client *client;
    const struct s3_request *request;
    struct buf path; /* escaped */
    const char *query;
    struct s3_digest digest; /* of what is sent */
    /* Of the attempt under way. */
    const struct s3_keys *keys;
    struct s3_answer answer;
    struct buf refusal;
    int64_t start_length; /* the sink's */
    int64_t announced;    /* Content-Length; -1: not said */
    bool is_disk_full;
    int64_t retry_after_ms;
    char etag_before[S3_ETAG_SIZE]; /* of the answer that the sink has the beginning of */
};

/* --- the client --- */

static const char *scheme_end(const char *url)
{
    return strstr(url, "://") + 3;
}

/* The port that goes without saying is not sent, and not signed. */
static void copy_host(const char *origin, char *into, size_t size)
{
    const char *usual = strncmp(origin, "https:", 6) == 0 ? ":443" : ":80";
    size_t length;

    (void)snprintf(into, size, "%s", scheme_end(origin));
    length = strlen(into);
    if (length > strlen(usual) && strcmp(into + length - strlen(usual), usual) == 0)
        into[length - strlen(usual)] = '\0';
}

status_code s3_client_new(const struct s3_settings *settings, const char *space,
                          struct s3_client **ret_client, struct status *st)
{
    _cleanup_(s3_client_freep) struct s3_client *client = calloc(1, sizeof(*client));
    const char *host = scheme_end(settings->url);
    bool is_virtual = s3_settings_are_virtual(settings);
    size_t prefix_length = strlen(settings->prefix);

    if (client == NULL)
        return FAIL_MEMORY(st);
    client->settings = *settings;
    pthread_mutex_init(&client->lock, NULL);
    (void)snprintf(client->origin, sizeof(client->origin), "%.*s%s%s%s",
                   (int)(host - settings->url), settings->url, is_virtual ? settings->bucket : "",
                   is_virtual ? "." : "", host);
    copy_host(client->origin, client->host, sizeof(client->host));
    (void)snprintf(client->base, sizeof(client->base), is_virtual ? "/" : "/%s/", settings->bucket);
    (void)snprintf(client->prefix, sizeof(client->prefix), "%s%s%s/", settings->prefix,
                   prefix_length == 0 || settings->prefix[prefix_length - 1] == '/' ? "" : "/",
                   space);
    TRY(s3_key_source_new(settings, &client->keys, st));
    *ret_client = TAKE(client);
    return STATUS_OK;
}

void s3_client_free(struct s3_client *client)
{
    if (client == NULL)
        return;
    for (size_t i = 0; i < client->idle_count; i++)
        http_client_free(client->idle[i]);
    s3_key_source_free(client->keys);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

const char *s3_client_prefix(const struct s3_client *client)
{
    return client->prefix;
}

const struct s3_settings *s3_client_settings(const struct s3_client *client)
{
    return &client->settings;
}

/* NULL when out of memory. */
static struct http_client *take_connection(struct s3_client *client)
{
    struct http_client *http = NULL;

    pthread_mutex_lock(&client->lock);
    if (client->idle_count > 0)
        http = client->idle[--client->idle_count];
    pthread_mutex_unlock(&client->lock);
    return http != NULL ? http : http_client_new();
}

static void keep_connection(struct s3_client *client, struct http_client *http)
{
    pthread_mutex_lock(&client->lock);
    if (client->idle_count < IDLE_MAX) {
        client->idle[client->idle_count++] = http;
        http = NULL;
    }
    pthread_mutex_unlock(&client->lock);
    http_client_free(http);
}

/* --- bytes in both directions --- */

static bool send_file(void *arg, int64_t offset, char *bytes, size_t length)
{
    const struct call *call = arg;

    return file_read_at(call->request->fd, call->request->offset + offset, bytes, length);
}

static void take_field(void *arg, struct str name, struct str value)
{
    struct call *call = arg;

    if (str_equal_nocase(name, STR("etag")) && value.n < S3_ETAG_SIZE)
        (void)snprintf(call->answer.etag, S3_ETAG_SIZE, "%.*s", (int)value.n, value.p);
    else if (str_equal_nocase(name, STR("content-length")) &&
             !str_to_int64(value, &call->announced))
        call->announced = -1;
}

static bool is_success(int status)
{
    return status >= 200 && status <= 299;
}

static bool take_refusal(struct call *call, struct str piece)
{
    size_t room = call->refusal.max_bytes - call->refusal.length;

    return buf_append(&call->refusal, piece.p, piece.n < room ? piece.n : room);
}

static bool take_body(void *arg, const struct http_answer *answer, struct str piece)
{
    struct call *call = arg;
    struct s3_sink *sink = call->request->sink;

    if (!is_success(answer->status))
        return take_refusal(call, piece);
    atomic_fetch_add(&call->client->received_bytes, (long long)piece.n);
    if (sink == NULL)
        return true;
    if (!sink->is_file)
        return buf_append(sink->memory, piece.p, piece.n);
    if (answer->status != 206 && call->start_length != 0) /* all of it comes, once more */
        sink->length = call->start_length = 0;
    if (sink->length + (int64_t)piece.n > BLOB_MAX_BYTES)
        return false; /* nobody has put so much */
    call->is_disk_full = !file_write_at(sink->fd, sink->length, piece);
    if (call->is_disk_full)
        return false;
    sink->length += (int64_t)piece.n;
    return true;
}

/* --- one attempt --- */

struct fields {
    struct s3_field signed_ones[FIELDS_MAX];
    size_t count;
    char time[S3_TIME_SIZE];
    char range[S3_RANGE_SIZE];
    char lines[FIELDS_MAX][FIELD_MAX_BYTES];
    const char *sent[FIELDS_MAX];
    size_t sent_count;
};

static void add_field(struct fields *fields, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        fields->signed_ones[fields->count++] = (struct s3_field){name, value};
}

static bool sends_body(const struct s3_request *request)
{
    return request->sends_file || request->body.n > 0;
}

/* In the order of their names. */
static void collect_fields(const struct call *call, struct fields *fields)
{
    const struct s3_request *request = call->request;
    bool goes_on = call->start_length > 0;

    s3_time(time_wall(), fields->time);
    if (goes_on)
        (void)snprintf(fields->range, sizeof(fields->range), "bytes=%" PRId64 "-",
                       call->start_length);
    add_field(fields, "content-md5", sends_body(request) ? call->digest.md5 : NULL);
    add_field(fields, "host", call->client->host);
    add_field(fields, "if-match", goes_on ? call->etag_before : NULL);
    add_field(fields, "range", goes_on ? fields->range : request->range);
    add_field(fields, "x-amz-content-sha256", call->digest.sha256);
    add_field(fields, "x-amz-date", fields->time);
    add_field(fields, "x-amz-security-token", call->keys->session_token);
}

static bool add_line(struct fields *fields, const char *name, const char *value)
{
    char *line = fields->lines[fields->sent_count];
    int length = snprintf(line, FIELD_MAX_BYTES, "%s: %s", name, value);

    fields->sent[fields->sent_count++] = line;
    return length > 0 && length < FIELD_MAX_BYTES;
}

static bool sign(const struct call *call, struct fields *fields)
{
    struct buf authorization;

    collect_fields(call, fields);
    const struct s3_sign_options options = {
        .method = call->request->method,
        .path = call->path.data,
        .query = call->query,
        .fields = fields->signed_ones,
        .field_count = fields->count,
        .body_hash = call->digest.sha256,
        .time = fields->time,
        .region = call->client->settings.region,
        .access_key = call->keys->access_key,
        .secret_key = call->keys->secret_key,
    };
    buf_init(&authorization, AUTHORIZATION_MAX_BYTES);
    bool is_done =
        s3_sign(&options, &authorization) && add_line(fields, "Authorization", authorization.data);
    for (size_t i = 0; is_done && i < fields->count; i++)
        if (strcmp(fields->signed_ones[i].name, "host") != 0) /* libcurl sends it */
            is_done = add_line(fields, fields->signed_ones[i].name, fields->signed_ones[i].value);
    buf_deinit(&authorization);
    return is_done;
}

static status_code send_once(struct call *call, struct http_client *http, int64_t deadline,
                             const struct fields *fields, const char *url,
                             struct http_answer *ret_answer, struct status *st)
{
    const struct s3_settings *settings = &call->client->settings;
    const struct s3_request *request = call->request;
    const struct http_request sent = {
        .url = url,
        .body = request->body,
        .on_send = request->sends_file ? send_file : NULL,
        .send_bytes = request->length,
        .bearer_token = "",
        .headers = fields->sent,
        .header_count = fields->sent_count,
        .ca_file = settings->ca_file,
        .times = {.connect_ms = settings->connect_ms,
                  .first_byte_ms = settings->stall_ms,
                  .stall_ms = settings->stall_ms,
                  .deadline_ns = deadline},
        .body_max_bytes = SIZE_MAX,
        .on_body = take_body,
        .reads_refusals = true,
        .on_field = take_field,
        .arg = call,
    };

    return http_client_call(http, request->method, &sent, ret_answer, st);
}

/* A length that was announced tells whether all has come; S3 always says it. */
static bool is_whole(const struct call *call)
{
    const struct s3_sink *sink = call->request->sink;

    return sink == NULL || !sink->is_file ||
           (call->announced >= 0 && sink->length == call->start_length + call->announced);
}

static void begin_attempt(struct call *call)
{
    struct s3_sink *sink = call->request->sink;

    if (sink != NULL && !sink->is_file)
        buf_clear(sink->memory);
    if (call->etag_before[0] == '\0' && sink != NULL)
        sink->length = 0;
    call->start_length = sink != NULL && sink->is_file ? sink->length : 0;
    call->answer = (struct s3_answer){0};
    call->announced = -1;
    call->retry_after_ms = 0;
    buf_clear(&call->refusal);
    s3_keys_give_back(call->keys);
    call->keys = s3_keys_take(call->client->keys);
}

/* What the answer says, if it is a refusal. */
static void read_refusal(struct call *call)
{
    const struct s3_request *request = call->request;

    if (!is_success(call->answer.status)) {
        s3_xml_error(buf_str(&call->refusal), call->answer.code);
    } else if (request->may_refuse_late && request->sink != NULL) {
        s3_xml_error(buf_str(request->sink->memory), call->answer.code);
        if (call->answer.code[0] != '\0')
            call->answer.status = strcmp(call->answer.code, "SlowDown") == 0 ? 503 : 500;
    }
}

/* STATUS_OK when there is an answer, whatever it says. */
static status_code attempt(struct call *call, struct http_client *http, int64_t deadline,
                           struct status *st)
{
    _cleanup_(freep) struct fields *fields = calloc(1, sizeof(*fields));
    char url[URL_MAX_BYTES];
    struct http_answer answer = {0};

    begin_attempt(call);
    int length = snprintf(url, sizeof(url), "%s%s%s%s", call->client->origin, call->path.data,
                          call->query[0] == '\0' ? "" : "?", call->query);
    if (fields == NULL || length < 0 || (size_t)length >= sizeof(url) || !sign(call, fields))
        return FAIL_MEMORY(st);
    status_code code = send_once(call, http, deadline, fields, url, &answer, st);
    call->answer.status = answer.status;
    call->retry_after_ms = answer.retry_after_ms;
    if (call->answer.etag[0] != '\0')
        (void)snprintf(call->etag_before, S3_ETAG_SIZE, "%s", call->answer.etag);
    if (code == STATUS_OK && is_success(answer.status) && !is_whole(call))
        code = FAIL(st, STATUS_DATA_LOSS, NULL, "its answer was cut short");
    TRY(code);
    read_refusal(call);
    if (is_success(call->answer.status))
        atomic_fetch_add(&call->client->sent_bytes, call->request->sends_file
                                                        ? call->request->length
                                                        : (int64_t)call->request->body.n);
    return STATUS_OK;
}

/* --- again or not --- */

/* What was sent came to harm on its way, or was not carried out. */
static bool is_transient_code(const char *code)
{
    static const char *const codes[] = {"BadDigest",
                                        "ConditionalRequestConflict",
                                        "IncompleteBody",
                                        "OperationAborted",
                                        "RequestTimeout",
                                        "SlowDown",
                                        "InvalidDigest",
                                        "XAmzContentSHA256Mismatch",
                                        "XAmzContentChecksumMismatch",
                                        "ServiceUnavailable"};

    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

/* What was to go on cannot: another blob stands there now. */
static bool is_other_blob(const struct call *call)
{
    return call->start_length > 0 && (call->answer.status == 412 || call->answer.status == 416);
}

/* Of keys that were replaced since: nothing has come of what they signed. */
static bool is_refusal_of_old_keys(const struct call *call, status_code code)
{
    const int status = call->answer.status;

    return code == STATUS_OK && (status == 400 || status == 401 || status == 403) &&
           !is_transient_code(call->answer.code) &&
           s3_keys_are_replaced(call->client->keys, call->keys);
}

static bool is_worth_repeating(const struct call *call, status_code code)
{
    const struct s3_request *request = call->request;
    int status = call->answer.status;

    if (request->is_tried_once)
        return false;
    if (code == STATUS_UNAVAILABLE || (code == STATUS_OK && (status == 429 || status == 503)))
        return true;
    if (!request->may_be_repeated)
        return false;
    if (code == STATUS_DATA_LOSS || code == STATUS_DEADLINE_EXCEEDED)
        return true;
    return code == STATUS_OK && (status == 500 || status == 502 || status == 504 ||
                                 is_other_blob(call) || is_transient_code(call->answer.code));
}

/* False when the time would be over. */
static bool pause_before(struct call *call, struct http_client *http, int64_t number,
                         int64_t deadline)
{
    int64_t longest = (int64_t)PAUSE_MIN_MS << (number < 6 ? number : 6);
    int64_t pause_ms =
        1 + (int64_t)random_below((uint64_t)(longest < PAUSE_MAX_MS ? longest : PAUSE_MAX_MS));

    if (call->retry_after_ms > pause_ms)
        pause_ms = call->retry_after_ms;
    int64_t until = time_mono_after_ms(pause_ms);
    return until < deadline && http_client_sleep(http, until);
}

/* An answer to what was asked, though it is no success. */
static bool is_about_the_blob(const struct s3_answer *answer)
{
    return (answer->status == 404 && (strcmp(answer->code, "NoSuchKey") == 0 ||
                                      strcmp(answer->code, "NoSuchUpload") == 0)) ||
           answer->status == 416;
}

static void count(struct s3_client *client, const struct call *call, status_code code)
{
    bool is_answer = code == STATUS_OK && is_about_the_blob(&call->answer);

    atomic_fetch_add(&client->calls[is_answer ? S3_END_OK : s3_end_of(code, call->answer.status)],
                     1);
}

/* The last attempt's outcome. */
static status_code try_until(struct call *call, struct http_client *http, int64_t deadline,
                             struct status *st)
{
    for (int64_t number = 0;; number++) {
        status_code code = attempt(call, http, deadline, st);
        count(call->client, call, code);
        if (code == STATUS_OK && is_success(call->answer.status))
            return code;
        if (number < KEYS_TRIED_MAX && is_refusal_of_old_keys(call, code))
            continue;
        if (!is_worth_repeating(call, code) || number >= call->client->settings.retries ||
            !pause_before(call, http, number, deadline))
            return code;
        if (is_other_blob(call))
            call->etag_before[0] = '\0';
    }
}

static status_code begin_call(struct call *call, struct status *st)
{
    const struct s3_request *request = call->request;

    if (request->sends_file)
        TRY(s3_digest_file(request->fd, request->offset, request->length, &call->digest, st));
    else
        TRY(s3_digest_bytes(request->body, &call->digest, st));
    if (!buf_append_str(&call->path, call->client->base) ||
        (request->key != NULL && (!s3_escape(&call->path, str_of(call->client->prefix), true) ||
                                  !s3_escape(&call->path, str_of(request->key), true))))
        return FAIL_MEMORY(st);
    return STATUS_OK;
}

/* All attempts. OK when there is an answer. */
static status_code perform(struct s3_client *client, const struct s3_request *request,
                           int64_t deadline, struct s3_answer *ret_answer, bool *ret_is_disk_full,
                           struct status *st)
{
    struct call call = {
        .client = client,
        .request = request,
        .query = request->query == NULL ? "" : request->query,
    };
    struct http_client *http = take_connection(client);

    if (http == NULL)
        return FAIL_MEMORY(st);
    buf_init(&call.path, URL_MAX_BYTES);
    buf_init(&call.refusal, REFUSAL_MAX_BYTES);
    status_code code = begin_call(&call, st);
    if (code == STATUS_OK)
        code = try_until(&call, http, deadline, st);
    *ret_answer = call.answer;
    *ret_is_disk_full = call.is_disk_full;
    s3_keys_give_back(call.keys);
    buf_deinit(&call.path);
    buf_deinit(&call.refusal);
    keep_connection(client, http);
    return code;
}

/* --- what the caller is told --- */

static status_code fail_for_caller(const struct s3_request *request, status_code code,
                                   const struct s3_answer *answer, struct status *st)
{
    log_write(LOG_WARNING, "S3 did not do what it was asked", LOG_STRING("method", request->method),
              LOG_INTEGER("http_status", answer->status), LOG_STRING("s3_code", answer->code),
              LOG_STRING("error", code == STATUS_OK ? "it refused" : st->message),
              LOG_STRING("advice", s3_advice(code, answer)));
    (void)FAIL(st, STATUS_UNAVAILABLE, "BLOBS_UNAVAILABLE",
               "the store of files does not answer as it should; try again later");
    st->retry_after_ms = CALLER_RETRY_AFTER_MS;
    return st->code;
}

status_code s3_call(struct s3_client *client, const struct s3_request *request, int64_t deadline,
                    struct s3_answer *ret_answer, struct status *st)
{
    struct s3_answer answer = {0};
    bool is_disk_full = false;
    status_code code = perform(client, request, deadline, &answer, &is_disk_full, st);

    if (is_disk_full)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "a blob could not be written to a file");
    /* Ours: memory, a file that is shorter than was said. */
    if (code == STATUS_RESOURCE_EXHAUSTED || code == STATUS_INTERNAL)
        return code;
    if (code == STATUS_ABORTED && request->sends_file)
        return FAIL(st, STATUS_INTERNAL, NULL, "a file ended before its blob was stored");
    if (code != STATUS_OK || (!is_success(answer.status) && !is_about_the_blob(&answer)))
        return fail_for_caller(request, code, &answer, st);
    *ret_answer = answer;
    return STATUS_OK;
}

/* --- the start --- */

static status_code check_one(struct s3_client *client, const struct s3_request *request,
                             int64_t deadline, struct status *st)
{
    struct s3_answer answer = {0};
    bool is_disk_full;
    status_code code = perform(client, request, deadline, &answer, &is_disk_full, st);
    char refusal[80];

    if (code == STATUS_OK && is_success(answer.status))
        return STATUS_OK;
    if (code == STATUS_RESOURCE_EXHAUSTED)
        return code;
    if (code == STATUS_OK)
        (void)snprintf(refusal, sizeof(refusal), "it answered %d %.60s", answer.status,
                       answer.code);
    else
        (void)snprintf(refusal, sizeof(refusal), "%.79s", st->message);
    if (s3_is_worth_waiting(code, answer.status))
        return FAIL(st, STATUS_UNAVAILABLE, "BLOBS_UNAVAILABLE", "S3 at OCR_S3_URL: %s", refusal);
    return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG", "S3 at OCR_S3_URL: %s: %s", refusal,
                s3_advice(code, &answer));
}

/* Of a list, an object that is put, and its deletion. */
status_code s3_client_check(struct s3_client *client, int64_t deadline, struct status *st)
{
    char query[3 * sizeof(client->prefix) + 64];
    struct buf escaped;

    buf_init(&escaped, 3 * sizeof(client->prefix));
    if (!s3_escape(&escaped, str_of(client->prefix), false)) {
        buf_deinit(&escaped);
        return FAIL_MEMORY(st);
    }
    (void)snprintf(query, sizeof(query), "list-type=2&max-keys=1&prefix=%s", escaped.data);
    buf_deinit(&escaped);
    const struct s3_request requests[] = {
        {.method = "GET", .query = query, .may_be_repeated = true},
        {.method = "PUT", .key = "check", .body = STR("check"), .may_be_repeated = true},
        {.method = "DELETE", .key = "check", .may_be_repeated = true},
    };
    status_code code = STATUS_OK;

    for (size_t i = 0; code == STATUS_OK && i < ARRAY_LENGTH(requests); i++)
        code = check_one(client, &requests[i], deadline, st);
    return code;
}

void s3_client_write_metrics(struct s3_client *client, struct buf *out)
{
    s3_write_metrics(client->calls, atomic_load(&client->sent_bytes),
                     atomic_load(&client->received_bytes), out);
}
