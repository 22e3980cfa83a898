/*
 * Requests that two parsers may read differently, and others that no proper client sends, to the
 * real bridge process. A proxy in front that reads them the other way would let one client's bytes
 * pass for another's request: where it is not certain where a request ends, it is refused and the
 * connection closed, so that nothing behind it is taken for a request.
 *
 * Each case is followed by a sound request on the same connection; how many answers come tells
 * whether that was read as one. After each the process answers the next client.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/tests/bridge_process.h"
#include "bridge/tests/fake_mesh.h"
#include "bridge/tests/http_client.h"
#include "lib/base/cleanup.h"

enum { ANSWERS_MAX_BYTES = 64 * 1024, LARGE_BYTES = 40 * 1024 };

static struct fake_mesh *mesh;
static struct service_process *bridge;

static int start(void **state)
{
    bridge_process_start_all(NULL, &mesh, &bridge);
    return 0;
}

static int stop(void **state)
{
    return bridge_process_end_all(mesh, bridge);
}

/* What follows each case. */
static const char next_request[] = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

struct wire_case {
    const char *what;
    struct str bytes;
    int status;
    bool is_open; /* the connection goes on: what follows is answered */
};

#define CLOSED(what, status, bytes) {what, {bytes, sizeof(bytes) - 1}, status, false}
#define OPEN(what, status, bytes)   {what, {bytes, sizeof(bytes) - 1}, status, true}

/* Appends what comes until the other side ends. */
static void read_all(int fd, struct buf *out)
{
    char piece[4096];
    ssize_t count;

    while (!http_client_is_silent(fd, HTTP_CLIENT_TIMEOUT_MS) &&
           (count = read(fd, piece, sizeof(piece))) > 0)
        assert_true(buf_append(out, piece, (size_t)count));
}

static int count_answers(const struct buf *answers, int *ret_first_status)
{
    static const char begin[] = "HTTP/1.1 ";
    int count = 0;

    *ret_first_status = 0;
    for (const char *at = answers->data; at != NULL && (at = strstr(at, begin)) != NULL; at++)
        if (count++ == 0)
            *ret_first_status = atoi(at + strlen(begin));
    return count;
}

static void check_next_client(const char *after)
{
    struct http_answer answer;
    int fd = http_client_connect(service_process_port(bridge));

    http_client_send_text(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    http_client_read(fd, &answer);
    if (answer.status != 200)
        fail_msg("%d for the next client after: %s", answer.status, after);
    http_answer_deinit(&answer);
    (void)close(fd);
}

/* False, and says why, when the case is read otherwise than it should. */
static bool passes(const struct wire_case *wire_case)
{
    int fd = http_client_connect(service_process_port(bridge));
    struct buf answers;
    int status;

    buf_init(&answers, ANSWERS_MAX_BYTES);
    http_client_send(fd, wire_case->bytes.p, wire_case->bytes.n);
    http_client_send(fd, next_request, sizeof(next_request) - 1);
    read_all(fd, &answers);
    int count = count_answers(&answers, &status);
    bool is_right = status == wire_case->status && count == (wire_case->is_open ? 2 : 1) &&
                    (wire_case->is_open || strstr(answers.data, "connection: close\r\n") != NULL);
    if (!is_right)
        print_error("%s: %d, %d answers:\n%s\n", wire_case->what, status, count, answers.data);
    buf_deinit(&answers);
    (void)close(fd);
    check_next_client(wire_case->what);
    return is_right;
}

static void check_cases(const struct wire_case *cases, size_t count)
{
    size_t passed = 0;

    for (size_t i = 0; i < count; i++)
        passed += passes(&cases[i]);
    assert_int_equal(passed, count);
}

#define GET   "GET /healthz HTTP/1.1\r\nHost: a\r\n"
#define POST  "POST /api/v1/ocr/ HTTP/1.1\r\nHost: a\r\n"
#define FORM  POST "Content-Type: multipart/form-data; boundary=cut\r\n"
#define CHUNK FORM "Transfer-Encoding: chunked\r\n\r\n"

/* RFC 9112 §2.2, §3. */
static void test_request_lines(void **state)
{
    static const struct wire_case cases[] = {
        CLOSED("bare LF", 400, "GET /healthz HTTP/1.1\nHost: a\n\n"),
        CLOSED("bare LF after the request line", 400, "GET /healthz HTTP/1.1\nHost: a\r\n\r\n"),
        CLOSED("two spaces", 400, "GET  /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("a space more at the end", 400, "GET /healthz HTTP/1.1 \r\nHost: a\r\n\r\n"),
        CLOSED("a tab", 400, "GET\t/healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("a space before the method", 400, " GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("a form feed", 400, "GET\f/healthz\fHTTP/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("no version", 400, "GET /healthz\r\nHost: a\r\n\r\n"),
        CLOSED("no target", 400, "GET HTTP/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("a version in small letters", 400, "GET /healthz http/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("version 1.10", 400, "GET /healthz HTTP/1.10\r\nHost: a\r\n\r\n"),
        CLOSED("version 1,1", 400, "GET /healthz HTTP/1,1\r\nHost: a\r\n\r\n"),
        CLOSED("version 2.0", 505, "GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n"),
        CLOSED("version 0.9", 505, "GET /healthz HTTP/0.9\r\nHost: a\r\n\r\n"),
        CLOSED("an unknown method", 501, "FROB /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("a method in small letters", 501, "get /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("a method that is no token", 400, "GE(T /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("a NUL in the target", 400, "GET /heal\0thz HTTP/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("a CR in the target", 400, "GET /heal\rthz HTTP/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("TLS", 400, "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"),
        CLOSED("binary", 400, "\xff\xfe\xfd"),
        OPEN("a fragment", 400, "GET /healthz#a HTTP/1.1\r\nHost: a\r\n\r\n"),
        CLOSED("a target without slash", 400, "GET healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
        OPEN("raw UTF-8 in the target", 400, "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"),
        OPEN("a broken escape", 400, "GET /healthz?a=%4 HTTP/1.1\r\nHost: a\r\n\r\n"),
        OPEN("authority form", 400, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        OPEN("dots are not walked", 404, "GET /api/../healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
        OPEN("absolute form", 200, "GET http://a/healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
        OPEN("empty lines before it", 200, "\r\n\r\n\r\n" GET "\r\n"),
    };

    check_cases(cases, ARRAY_LENGTH(cases));
}

/* RFC 9112 §5, RFC 9110 §5.5. */
static void test_header_lines(void **state)
{
    static const struct wire_case cases[] = {
        CLOSED("a bare LF in a line", 400, GET "X: a\nY: b\r\n\r\n"),
        CLOSED("a bare LF that ends the head", 400, GET "\n"),
        CLOSED("a bare CR in a value", 400, GET "X: a\rY: b\r\n\r\n"),
        CLOSED("two CR", 400, GET "X: a\r\r\n\r\n"),
        CLOSED("a folded line", 400, GET "X: a\r\n b\r\n\r\n"),
        CLOSED("a line folded with a tab", 400, GET "X: a\r\n\tb\r\n\r\n"),
        CLOSED("a folded line first", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        CLOSED("a space before the colon", 400, GET "X : a\r\n\r\n"),
        CLOSED("a tab before the colon", 400, GET "X\t: a\r\n\r\n"),
        CLOSED("no colon", 400, GET "X\r\n\r\n"),
        CLOSED("no name", 400, GET ": a\r\n\r\n"),
        CLOSED("a space in the name", 400, GET "X Y: a\r\n\r\n"),
        CLOSED("a NUL in the value", 400, GET "X: a\0b\r\n\r\n"),
        CLOSED("a NUL in the name", 400, GET "X\0Y: a\r\n\r\n"),
        CLOSED("a control character", 400,
               GET "X: a\x01"
                   "b\r\n\r\n"),
        CLOSED("a DEL", 400, GET "X: a\x7f\r\n\r\n"),
        CLOSED("raw UTF-8 in the name", 400, GET "X\xc3\xa9: a\r\n\r\n"),
        CLOSED("no host", 400, "GET /healthz HTTP/1.1\r\n\r\n"),
        CLOSED("two hosts", 400, GET "Host: b\r\n\r\n"),
        CLOSED("two hosts, the same", 400, GET "HOST: a\r\n\r\n"),
        CLOSED("a host with a space", 400, "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n"),
        CLOSED("a host with a path", 400, "GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        CLOSED("a host with a user", 400, "GET /healthz HTTP/1.1\r\nHost: b@a\r\n\r\n"),
        CLOSED("a list of hosts", 400, "GET /healthz HTTP/1.1\r\nHost: a,b\r\n\r\n"),
        CLOSED("another expectation", 417, GET "Expect: 200-ok\r\n\r\n"),
        CLOSED("two expectations", 417, GET "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"),
        OPEN("values that look like lines", 200, GET "X: a\\r\\nY: b%0d%0a\r\n\r\n"),
        OPEN("an empty value", 200, GET "X:\r\n\r\n"),
        OPEN("bytes above ASCII in a value", 200, GET "X: \xc3\xa9\xff\r\n\r\n"),
    };

    check_cases(cases, ARRAY_LENGTH(cases));
}

/* RFC 9112 §6. */
static void test_lengths(void **state)
{
    static const struct wire_case cases[] = {
        CLOSED("both lengths", 400,
               POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "0\r\n\r\n"),
        CLOSED("both, the other way", 400,
               POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"
                    "\r\n0\r\n\r\n"),
        CLOSED("two lengths", 400, POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        CLOSED("two lengths, the same", 400,
               POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"
                    "hello"),
        CLOSED("a list of lengths", 400, POST "Content-Length: 5, 5\r\n\r\nhello"),
        CLOSED("+5", 400, POST "Content-Length: +5\r\n\r\nhello"),
        CLOSED("-5", 400, POST "Content-Length: -5\r\n\r\nhello"),
        CLOSED("hexadecimal", 400, POST "Content-Length: 0x5\r\n\r\nhello"),
        CLOSED("a fraction", 400, POST "Content-Length: 5.0\r\n\r\nhello"),
        CLOSED("an exponent", 400, POST "Content-Length: 1e1\r\n\r\nhello"),
        CLOSED("a space within", 400, POST "Content-Length: 1 0\r\n\r\nhello"),
        CLOSED("no number", 400, POST "Content-Length: \r\n\r\nhello"),
        CLOSED("quotes", 400, POST "Content-Length: \"5\"\r\n\r\nhello"),
        CLOSED("beyond 64 bits", 400, POST "Content-Length: 18446744073709551621\r\n\r\nhello"),
        CLOSED("other digits", 400, POST "Content-Length: \xd9\xa5\r\n\r\nhello"),
        CLOSED("on a GET", 400, GET "Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello"),
        CLOSED("chunked twice", 400, POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        CLOSED("chunked in two lines", 400,
               POST "Transfer-Encoding: chunked\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        CLOSED("identity", 400, POST "Transfer-Encoding: identity\r\n\r\n"),
        CLOSED("chunked and identity", 400,
               POST "Transfer-Encoding: chunked\r\n"
                    "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
        CLOSED("gzip", 400, POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        CLOSED("a word around it", 400, POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        CLOSED("a parameter", 400, POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"),
        CLOSED("a comma", 400, POST "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n"),
        CLOSED("quoted", 400, POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
        CLOSED("a vertical tab", 400, POST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"),
        CLOSED("no coding", 400, POST "Transfer-Encoding:\r\n\r\n0\r\n\r\n"),
        CLOSED("chunked in HTTP/1.0", 400,
               "POST /api/v1/ocr/ HTTP/1.0\r\nHost: a\r\n"
               "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        CLOSED("a folded coding", 400, POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
        OPEN("a body that nobody wants", 200, GET "Content-Length: 5\r\n\r\nGET /"),
        OPEN("another field's name", 200, GET "Transfer_Encoding: chunked\r\n\r\n"),
        OPEN("any case of letters", 400, FORM "TRANSFER-ENCODING: Chunked\r\n\r\n0\r\n\r\n"),
    };

    check_cases(cases, ARRAY_LENGTH(cases));
}

/* RFC 9112 §7.1. All of them are read, for they go where a body is read. */
static void test_chunks(void **state)
{
    static const struct wire_case cases[] = {
        CLOSED("no size", 400, CHUNK "\r\n\r\n"),
        CLOSED("no digit", 400, CHUNK "z\r\n\r\n"),
        CLOSED("0x", 400, CHUNK "0x5\r\n--cut\r\n0\r\n\r\n"),
        CLOSED("a plus", 400, CHUNK "+5\r\n--cut\r\n0\r\n\r\n"),
        CLOSED("a minus", 400, CHUNK "-1\r\n--cut\r\n0\r\n\r\n"),
        CLOSED("a space before", 400, CHUNK " 5\r\n--cut\r\n0\r\n\r\n"),
        CLOSED("a space behind", 400, CHUNK "5 \r\n--cut\r\n0\r\n\r\n"),
        CLOSED("beyond 64 bits", 400, CHUNK "10000000000000005\r\n--cut\r\n0\r\n\r\n"),
        CLOSED("a NUL", 400, CHUNK "5\0\r\n--cut\r\n0\r\n\r\n"),
        CLOSED("bare LF behind the size", 400, CHUNK "5\n--cut\r\n0\r\n\r\n"),
        CLOSED("bare CR behind the size", 400, CHUNK "5\r--cut\r\n0\r\n\r\n"),
        CLOSED("bare LF behind the data", 400, CHUNK "5\r\n--cut\n0\r\n\r\n"),
        CLOSED("more data than its size", 400, CHUNK "5\r\n--cutX\r\n0\r\n\r\n"),
        CLOSED("less data than its size", 400, CHUNK "9\r\n--cut\r\n0\r\n\r\n"),
        CLOSED("bare LF in an extension", 400, CHUNK "5;a\nb\r\n--cut\r\n0\r\n\r\n"),
        CLOSED("bare LF in the trailer", 400, CHUNK "0\r\nX: a\n\r\n"),
        CLOSED("bare CR in the trailer", 400, CHUNK "0\r\nX: a\rb\r\n\r\n"),
        CLOSED("a NUL in the trailer", 400, CHUNK "0\r\nX: \0\r\n\r\n"),
        OPEN("an extension", 400, CHUNK "5;a=b\r\n--cut\r\n0\r\n\r\n"),
        OPEN("a trailer", 400, CHUNK "0\r\nX: a\r\nContent-Length: 50\r\n\r\n"),
        OPEN("many zeros", 400, CHUNK "000000005\r\n--cut\r\n000\r\n\r\n"),
    };

    check_cases(cases, ARRAY_LENGTH(cases));
}

/* `before`, then `piece` over and over, then `after`. */
static void check_large(const char *what, int status, const char *before, const char *piece,
                        const char *after)
{
    struct buf text;

    buf_init(&text, SIZE_MAX >> 1);
    assert_true(buf_append_str(&text, before));
    while (text.length < LARGE_BYTES)
        assert_true(buf_append_str(&text, piece));
    assert_true(buf_append_str(&text, after));
    const struct wire_case large = {what, buf_str(&text), status, false};
    check_cases(&large, 1);
    buf_deinit(&text);
}

static void test_what_does_not_end(void **state)
{
    check_large("a target", 431, "GET /", "aaaaaaaa", " HTTP/1.1\r\nHost: a\r\n\r\n");
    check_large("a value", 431, GET "X: ", "aaaaaaaa", "\r\n\r\n");
    check_large("a name", 431, GET, "aaaaaaaa", ": a\r\n\r\n");
    check_large("header lines", 431, GET, "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", "\r\n");
    check_large("short header lines", 431, GET, "X:\r\n", "\r\n");
    check_large("a method", 431, "", "AAAAAAAA", " / HTTP/1.1\r\nHost: a\r\n\r\n");
    check_large("an extension", 400, CHUNK "5;", "aaaaaaaa", "\r\n--cut\r\n0\r\n\r\n");
    check_large("trailers", 400, CHUNK "0\r\n", "X: aaaa\r\n", "\r\n");
    check_large("a size of zeros", 400, CHUNK, "00000000", "\r\n\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_lines),     cmocka_unit_test(test_header_lines),
        cmocka_unit_test(test_lengths),           cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_what_does_not_end),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
