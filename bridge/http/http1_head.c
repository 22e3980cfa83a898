#include "bridge/http/http1_head.h"

#include <http_parser.h>
#include <string.h>

static status_code fail(struct status *st, const char *what)
{
    return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_REQUEST", "the request has %s", what);
}

size_t http1_head_length(struct str bytes, size_t scanned)
{
    static const char end[] = "\r\n\r\n";
    size_t from = scanned > 3 ? scanned - 3 : 0;
    const char *at;

    if (bytes.n < 4 || from >= bytes.n)
        return 0;
    at = memmem(bytes.p + from, bytes.n - from, end, 4);
    return at != NULL ? (size_t)(at - bytes.p) + 4 : 0;
}

/* Every line ends in CR LF, and neither stands alone. */
static bool has_sound_lines(struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] == '\0')
            return false;
        if (bytes.p[i] == '\r' && (i + 1 == bytes.n || bytes.p[i + 1] != '\n'))
            return false;
        if (bytes.p[i] == '\n' && (i == 0 || bytes.p[i - 1] != '\r'))
            return false;
    }
    return true;
}

static bool next_line(struct str *rest, struct str *ret_line)
{
    const char *cr = memmem(rest->p, rest->n, "\r\n", 2);

    if (cr == NULL)
        return false;
    *ret_line = (struct str){rest->p, (size_t)(cr - rest->p)};
    rest->p += ret_line->n + 2;
    rest->n -= ret_line->n + 2;
    return true;
}

/* method SP request-target SP HTTP-version, with single spaces. */
static status_code check_request_line(struct str line, struct str *ret_target, struct status *st)
{
    struct str method, target, version;

    if (!str_next_token(&line, ' ', &method) || !str_next_token(&line, ' ', &target) ||
        !str_next_token(&line, ' ', &version) || line.p != NULL || !header_is_token(method) ||
        target.n == 0)
        return fail(st, "a malformed request line");
    if (version.n != 8 || !str_starts_with(version, STR("HTTP/")) || version.p[5] < '0' ||
        version.p[5] > '9' || version.p[6] != '.' || version.p[7] < '0' || version.p[7] > '9')
        return fail(st, "a malformed HTTP version");
    if (version.p[5] != '1')
        return FAIL(st, STATUS_UNIMPLEMENTED, "HTTP_VERSION",
                    "this server speaks HTTP/1.1, HTTP/1.0 and HTTP/2");
    *ret_target = target;
    return STATUS_OK;
}

static status_code add_field(struct str line, struct arena *arena, struct http1_head *head,
                             struct status *st)
{
    struct str name;

    if (!str_next_token(&line, ':', &name) || line.p == NULL || !header_is_token(name))
        return fail(st, "a malformed header line");
    if (!header_is_value(line))
        return fail(st, "a control character in a header");
    if (head->field_count == HTTP1_FIELDS_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "HEADERS_TOO_LARGE",
                    "the request has more than %d header lines", HTTP1_FIELDS_MAX);
    char *lower = arena_strndup(arena, name.p, name.n);
    if (lower == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < name.n; i++)
        if (lower[i] >= 'A' && lower[i] <= 'Z')
            lower[i] = (char)(lower[i] + ('a' - 'A'));
    head->fields[head->field_count++] = (struct header_field){{lower, name.n}, str_trim(line)};
    return STATUS_OK;
}

static int count_fields(const struct http1_head *head, struct str name, struct str *ret_value)
{
    int count = 0;

    for (size_t i = 0; i < head->field_count; i++) {
        if (str_equal(head->fields[i].name, name)) {
            *ret_value = head->fields[i].value;
            count++;
        }
    }
    return count;
}

/* RFC 9112 §6: exactly one way to tell the body's length. */
static status_code check_framing(struct http1_head *head, struct status *st)
{
    struct str length = {0}, coding = {0}, host = {0}, expectation = {0};
    int lengths = count_fields(head, STR("content-length"), &length);
    int codings = count_fields(head, STR("transfer-encoding"), &coding);
    int hosts = count_fields(head, STR("host"), &host);

    if (hosts > 1 || (hosts == 0 && head->minor_version >= 1))
        return fail(st, "no Host header, or several");
    for (size_t i = 0; hosts == 1 && i < host.n; i++)
        if (host.p[i] == ' ' || host.p[i] == '\t' || host.p[i] == ',' || host.p[i] == '/' ||
            host.p[i] == '@')
            return fail(st, "a malformed Host header");
    if (lengths > 1 || (lengths > 0 && codings > 0))
        return fail(st, "more than one length");
    head->content_length = -1;
    if (lengths == 1) {
        if (length.n == 0 || length.n > 18)
            return fail(st, "a malformed Content-Length");
        for (size_t i = 0; i < length.n; i++)
            if (length.p[i] < '0' || length.p[i] > '9')
                return fail(st, "a malformed Content-Length");
        (void)str_to_int64(length, &head->content_length);
    }
    if (codings > 0) {
        if (codings > 1 || head->minor_version == 0 || !str_equal_nocase(coding, STR("chunked")))
            return fail(st, "a Transfer-Encoding other than \"chunked\"");
        head->is_chunked = true;
    }
    int expectations = count_fields(head, STR("expect"), &expectation);
    if (expectations > 0) {
        if (expectations > 1 || !str_equal_nocase(expectation, STR("100-continue")))
            return FAIL(st, STATUS_INVALID_ARGUMENT, "EXPECTATION_FAILED",
                        "the only expectation that is met is 100-continue");
        head->expects_continue = head->minor_version >= 1;
    }
    return STATUS_OK;
}

static int stop_parser(http_parser *parser)
{
    return 2; /* no body, for all the parser knows: framing is the connection's */
}

/* The parser that has seen more of the world has to agree: method, target, lengths, tokens. */
static status_code check_with_parser(struct str bytes, struct http1_head *head, struct status *st)
{
    http_parser parser;
    http_parser_settings settings;

    http_parser_settings_init(&settings);
    settings.on_headers_complete = stop_parser;
    http_parser_init(&parser, HTTP_REQUEST);
    (void)http_parser_execute(&parser, &settings, bytes.p, bytes.n);
    if (HTTP_PARSER_ERRNO(&parser) == HPE_INVALID_METHOD)
        return FAIL(st, STATUS_UNIMPLEMENTED, "UNKNOWN_METHOD", "the request method is not known");
    if (HTTP_PARSER_ERRNO(&parser) != HPE_OK)
        return fail(st, http_errno_description(HTTP_PARSER_ERRNO(&parser)));
    head->method = http_method_str((enum http_method)parser.method);
    return STATUS_OK;
}

static bool keeps_alive(const struct http1_head *head)
{
    if (head->minor_version == 0)
        return false;
    for (size_t i = 0; i < head->field_count; i++)
        if (str_equal(head->fields[i].name, STR("connection")) &&
            header_list_has(head->fields[i].value, STR("close")))
            return false;
    return true;
}

status_code http1_head_parse(struct str bytes, struct arena *arena, struct http1_head *ret_head,
                             struct status *st)
{
    struct http1_head head = {0};
    struct str rest = bytes, line;

    if (!has_sound_lines(bytes))
        return fail(st, "a line that does not end in CR LF");
    if (!next_line(&rest, &line))
        return fail(st, "a malformed request line");
    TRY(check_request_line(line, &head.target, st));
    head.minor_version = line.p[line.n - 1] == '0' ? 0 : 1;
    head.fields = ARENA_NEW_ARRAY(arena, struct header_field, HTTP1_FIELDS_MAX);
    if (head.fields == NULL)
        return FAIL_MEMORY(st);
    while (next_line(&rest, &line) && line.n > 0)
        TRY(add_field(line, arena, &head, st));
    TRY(check_framing(&head, st));
    TRY(check_with_parser(bytes, &head, st));
    head.keeps_alive = keeps_alive(&head);
    *ret_head = head;
    return STATUS_OK;
}
