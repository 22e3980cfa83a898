#include "lib/http/http_client.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "lib/base/clock.h"
#include "lib/http/http_guard.h"

struct http_client {
    CURLM *multi;
    CURL *easy;
    atomic_bool is_interrupted;
};

/* One call on its way. */
struct call {
    const char *method;
    const struct http_request *request;
    struct http_answer answer;
    CURL *easy;
    size_t head_bytes;
    size_t body_bytes;
    int64_t start_ns;
    int64_t sent_bytes; /* of a body that is read as it is sent */
    int64_t sent_ns;    /* when its last piece was asked for; 0: none was */
    int64_t byte_ns;    /* when the last piece of the answer's body came; 0: none has */
    bool is_head_whole; /* the empty line behind it has come */
    bool is_head_too_large;
    bool is_body_too_large;
    bool is_enough;    /* what was wanted of the answer is there */
    bool is_unwanted;  /* on_body said so */
    bool is_unread;    /* on_send did */
    bool is_timed_out; /* by our clock */
};

DEFINE_CLEANUP_NAMED(struct curl_slist *, header_list_freep, curl_slist_free_all)

status_code http_start(struct status *st)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return FAIL(st, STATUS_INTERNAL, NULL, "libcurl cannot be used");
    return STATUS_OK;
}

struct http_client *http_client_new(void)
{
    _cleanup_(http_client_freep) struct http_client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        return NULL;
    client->multi = curl_multi_init();
    client->easy = curl_easy_init();
    if (client->multi == NULL || client->easy == NULL)
        return NULL;
    return TAKE(client);
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    if (client->easy != NULL)
        curl_easy_cleanup(client->easy);
    if (client->multi != NULL)
        (void)curl_multi_cleanup(client->multi);
    free(client);
}

/* --- interruption --- */

void http_client_interrupt(struct http_client *client)
{
    atomic_store(&client->is_interrupted, true);
    (void)curl_multi_wakeup(client->multi);
}

void http_client_reset(struct http_client *client)
{
    atomic_store(&client->is_interrupted, false);
}

bool http_client_is_interrupted(const struct http_client *client)
{
    return atomic_load(&client->is_interrupted);
}

/* Waits for something to happen on a connection, an interruption, or the time. */
static void wait_for_event(struct http_client *client, int64_t until_ns)
{
    int64_t left_ns = until_ns - time_mono();
    int64_t left_ms = left_ns <= 0 ? 0 : left_ns / NANOSECONDS_PER_MS + 1;

    (void)curl_multi_poll(client->multi, NULL, 0, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms,
                          NULL);
}

bool http_client_sleep(struct http_client *client, int64_t until_ns)
{
    while (!http_client_is_interrupted(client) && time_mono() < until_ns)
        wait_for_event(client, until_ns);
    return !http_client_is_interrupted(client);
}

/* --- the answer --- */

/* "text/html; charset=utf-8" is "text/html". */
static void copy_media_type(const char *content_type, char ret_type[static HTTP_MEDIA_TYPE_MAX + 1])
{
    size_t length = content_type == NULL ? 0 : strcspn(content_type, "; \t");

    if (length > HTTP_MEDIA_TYPE_MAX)
        length = 0;
    for (size_t i = 0; i < length; i++) {
        char c = content_type[i];
        ret_type[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    ret_type[length] = '\0';
}

static void read_head(struct call *call)
{
    const curl_off_t retry_after_max_seconds = 24 * 60 * 60;
    char *content_type = NULL;
    curl_off_t retry_after = 0;
    long status = 0;

    (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &content_type);
    (void)curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after);
    call->answer.status = (int)status;
    copy_media_type(content_type, call->answer.media_type);
    if (retry_after > retry_after_max_seconds)
        retry_after = retry_after_max_seconds;
    call->answer.retry_after_ms = retry_after > 0 ? (int64_t)retry_after * 1000 : 0;
}

/* Anything but the whole length ends the call. */
static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    struct str value = {line, size * count};
    struct str name;

    call->head_bytes += value.n;
    call->is_head_too_large = call->head_bytes > HTTP_HEAD_MAX_BYTES;
    if (call->is_head_too_large)
        return 0;
    call->is_head_whole = str_equal(value, STR("\r\n")) || str_equal(value, STR("\n"));
    if (call->request->on_field != NULL && memchr(value.p, ':', value.n) != NULL &&
        str_next_token(&value, ':', &name))
        call->request->on_field(call->request->arg, name, str_trim(value));
    return size * count;
}

/* --- the request's body --- */

static size_t on_send(char *bytes, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    int64_t left = call->request->send_bytes - call->sent_bytes;
    size_t length = (int64_t)(size * count) < left ? size * count : (size_t)left;

    call->sent_ns = time_mono();
    if (length == 0)
        return 0;
    call->is_unread = !call->request->on_send(call->request->arg, call->sent_bytes, bytes, length);
    if (call->is_unread)
        return CURL_READFUNC_ABORT;
    call->sent_bytes += (int64_t)length;
    return length;
}

/* A connection that was kept had gone: what was sent on it is sent again. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct call *call = arg;

    if (origin != SEEK_SET || offset < 0 || offset > call->request->send_bytes)
        return CURL_SEEKFUNC_FAIL;
    call->sent_bytes = offset;
    return CURL_SEEKFUNC_OK;
}

/* --- the answer's body --- */

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    size_t length = size * count;

    if (call->byte_ns == 0)
        read_head(call);
    call->byte_ns = time_mono();
    if (!call->request->reads_refusals &&
        (call->answer.status < 200 || call->answer.status > 299)) {
        call->is_enough = true;
        return 0;
    }
    call->body_bytes += length;
    call->is_body_too_large = call->body_bytes > call->request->body_max_bytes;
    if (call->is_body_too_large)
        return 0;
    call->is_unwanted =
        !call->request->on_body(call->request->arg, &call->answer, (struct str){bytes, length});
    return call->is_unwanted ? 0 : length;
}

/* --- the call --- */

/* @pinned: NULL where the URL holds an address itself. */
static bool set_up_pin(CURL *easy, struct curl_slist *pinned)
{
    return curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_RESOLVE, pinned) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK;
}

static bool set_up_stream(CURL *easy, struct call *call)
{
    return curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                            (curl_off_t)call->request->send_bytes) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READDATA, call) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SEEKDATA, call) == CURLE_OK;
}

static bool set_up_body(CURL *easy, struct call *call)
{
    struct str body = call->request->body;

    if (strcmp(call->method, "GET") == 0)
        return true;
    if (call->request->on_send != NULL)
        return set_up_stream(easy, call) &&
               curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;
    return curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.p == NULL ? "" : body.p) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;
}

static bool set_up(struct call *call, struct curl_slist *headers, struct curl_slist *pinned)
{
    const struct http_request *request = call->request;
    CURL *easy = call->easy;

    curl_easy_reset(easy);
    if (request->bearer_token[0] != '\0' &&
        (curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, request->bearer_token) != CURLE_OK ||
         curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER) != CURLE_OK))
        return false;
    if (request->pin != NULL && !set_up_pin(easy, pinned))
        return false;
    if (request->ca_file[0] != '\0' &&
        curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file) != CURLE_OK)
        return false;
    return curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->times.connect_ms) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           set_up_body(easy, call) &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, call) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, call) == CURLE_OK;
}

/* Without "Expect: 100-continue", which some servers leave unanswered for a second. */
static struct curl_slist *make_headers(const struct http_request *request, const char *method)
{
    _cleanup_(header_list_freep) struct curl_slist *headers = NULL;
    char content_type[sizeof("Content-Type: ") + HTTP_MEDIA_TYPE_MAX];
    const char *lines[HTTP_FIELDS_MAX + 2] = {"Expect:"};
    size_t count = 1;

    if (strcmp(method, "GET") != 0) {
        /* Without a field, libcurl says that it is a form. */
        (void)snprintf(content_type, sizeof(content_type), "Content-Type:%s%s",
                       request->content_type == NULL ? "" : " ",
                       request->content_type == NULL ? "" : request->content_type);
        lines[count++] = content_type;
    }
    for (size_t i = 0; i < request->header_count && i < HTTP_FIELDS_MAX; i++)
        lines[count++] = request->headers[i];
    for (size_t i = 0; i < count; i++) {
        struct curl_slist *longer = curl_slist_append(headers, lines[i]);
        if (longer == NULL)
            return NULL;
        headers = longer;
    }
    return TAKE(headers);
}

/* When the call is given up unless something comes. */
static int64_t patience_end(const struct call *call)
{
    const struct http_times *times = &call->request->times;
    int64_t asked_ns = call->sent_ns != 0 ? call->sent_ns : call->start_ns;
    int64_t end = call->byte_ns != 0 ? call->byte_ns + times->stall_ms * NANOSECONDS_PER_MS
                                     : asked_ns + times->first_byte_ms * NANOSECONDS_PER_MS;

    return end < times->deadline_ns ? end : times->deadline_ns;
}

/* libcurl's result; CURLE_OK when it was us who ended the call. */
static CURLcode drive(struct http_client *client, struct call *call)
{
    CURLcode result = CURLE_OK;
    CURLMsg *message;
    int running = 1, left;

    while (running != 0 && !http_client_is_interrupted(client)) {
        if (curl_multi_perform(client->multi, &running) != CURLM_OK)
            return CURLE_RECV_ERROR;
        if (running == 0)
            break;
        call->is_timed_out = time_mono() >= patience_end(call);
        if (call->is_timed_out)
            break;
        wait_for_event(client, patience_end(call));
    }
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL)
        if (message->msg == CURLMSG_DONE)
            result = message->data.result;
    return result;
}

/* What libcurl says, which is for us and no caller, in words that hold no address. */
static status_code fail_call(const struct call *call, CURLcode result, struct status *st)
{
    switch (result) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_OPERATION_TIMEDOUT: /* only connecting has a time that libcurl watches */
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "it cannot be reached");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return FAIL(st, STATUS_FAILED_PRECONDITION, NULL, "its certificate is not valid");
    case CURLE_URL_MALFORMAT:
        return FAIL(st, STATUS_FAILED_PRECONDITION, NULL, "its URL cannot be used");
    case CURLE_OUT_OF_MEMORY:
        return FAIL_MEMORY(st);
    default:
        return FAIL(st, STATUS_DATA_LOSS, NULL,
                    call->byte_ns != 0 ? "its answer was cut short" : "it gave no answer");
    }
}

static status_code judge(const struct http_client *client, struct call *call, CURLcode result,
                         struct status *st)
{
    if (http_client_is_interrupted(client))
        return FAIL(st, STATUS_CANCELLED, NULL, "the call was interrupted");
    if (call->is_timed_out)
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL,
                    call->byte_ns != 0 ? "its answer did not end in time"
                                       : "it did not answer in time");
    if (call->is_head_too_large || call->is_body_too_large)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "its answer is too long");
    if (call->is_unwanted)
        return FAIL(st, STATUS_ABORTED, NULL, "its answer was not read to the end");
    if (call->is_unread)
        return FAIL(st, STATUS_ABORTED, NULL, "what was to be sent could not be read");
    if (result != CURLE_OK && !call->is_enough)
        return fail_call(call, result, st);
    /* libcurl takes a head that ends with the connection for a whole one. */
    if (!call->is_head_whole)
        return FAIL(st, STATUS_DATA_LOSS, NULL, "its answer was cut short");
    read_head(call);
    return STATUS_OK;
}

status_code http_client_call(struct http_client *client, const char *method,
                             const struct http_request *request, struct http_answer *ret_answer,
                             struct status *st)
{
    _cleanup_(header_list_freep) struct curl_slist *headers = make_headers(request, method);
    _cleanup_(header_list_freep) struct curl_slist *pinned = NULL;
    struct call call = {
        .request = request, .method = method, .easy = client->easy, .start_ns = time_mono()};

    if (request->pin != NULL && request->pin->entry[0] != '\0') {
        pinned = curl_slist_append(NULL, request->pin->entry);
        if (pinned == NULL)
            return FAIL_MEMORY(st);
    }
    if (headers == NULL || !set_up(&call, headers, pinned) ||
        curl_multi_add_handle(client->multi, client->easy) != CURLM_OK)
        return FAIL_MEMORY(st);
    CURLcode result = drive(client, &call);
    status_code code = judge(client, &call, result, st);
    (void)curl_multi_remove_handle(client->multi, client->easy);
    if (code == STATUS_OK)
        *ret_answer = call.answer;
    return code;
}

status_code http_client_post(struct http_client *client, const struct http_request *request,
                             struct http_answer *ret_answer, struct status *st)
{
    return http_client_call(client, "POST", request, ret_answer, st);
}

status_code http_client_get(struct http_client *client, const struct http_request *request,
                            struct http_answer *ret_answer, struct status *st)
{
    return http_client_call(client, "GET", request, ret_answer, st);
}

/* --- */

DEFINE_CLEANUP_NAMED(CURLU *, url_freep, curl_url_cleanup)

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool is_there = curl_url_get(url, part, &text, 0) == CURLUE_OK && text[0] != '\0';

    curl_free(text);
    return is_there;
}

bool http_url_is_plain(const char *text)
{
    _cleanup_(url_freep) CURLU *url = curl_url();

    if (strncmp(text, "http://", strlen("http://")) != 0 &&
        strncmp(text, "https://", strlen("https://")) != 0)
        return false;
    return url != NULL && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
           has_part(url, CURLUPART_HOST) && !has_part(url, CURLUPART_USER) &&
           !has_part(url, CURLUPART_PASSWORD) && !has_part(url, CURLUPART_FRAGMENT);
}
