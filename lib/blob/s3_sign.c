#include "lib/blob/s3_sign.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/clock.h"
#include "lib/base/file_io.h"
#include "lib/base/hex.h"

enum {
    HASH_BYTES = 32,
    MD5_BYTES = 16,
    DAY_LENGTH = 8, /* "20130524" */
    REQUEST_MAX_BYTES = 16 << 10,
    KEY_MAX_BYTES = 512,
    FILE_CHUNK_BYTES = 64 << 10,
};

#define ALGORITHM "AWS4-HMAC-SHA256"
#define SERVICE   "s3"
#define SCOPE_END "aws4_request"

/* Both digests at once, for the bytes are read once. */
struct digests {
    EVP_MD_CTX *sha256;
    EVP_MD_CTX *md5; /* NULL: not allowed */
};

static void digests_deinit(struct digests *digests)
{
    EVP_MD_CTX_free(digests->sha256);
    EVP_MD_CTX_free(digests->md5);
}

static bool digests_init(struct digests *digests)
{
    digests->sha256 = EVP_MD_CTX_new();
    digests->md5 = EVP_MD_CTX_new();
    if (digests->md5 != NULL && EVP_DigestInit_ex(digests->md5, EVP_md5(), NULL) != 1) {
        EVP_MD_CTX_free(digests->md5);
        digests->md5 = NULL;
    }
    return digests->sha256 != NULL && EVP_DigestInit_ex(digests->sha256, EVP_sha256(), NULL) == 1;
}

static bool digests_add(struct digests *digests, const void *bytes, size_t length)
{
    return EVP_DigestUpdate(digests->sha256, bytes, length) == 1 &&
           (digests->md5 == NULL || EVP_DigestUpdate(digests->md5, bytes, length) == 1);
}

static bool digests_end(struct digests *digests, struct s3_digest *ret_digest)
{
    unsigned char hash[HASH_BYTES];

    ret_digest->md5[0] = '\0';
    if (digests->md5 != NULL &&
        (EVP_DigestFinal_ex(digests->md5, hash, NULL) != 1 ||
         EVP_EncodeBlock((unsigned char *)ret_digest->md5, hash, MD5_BYTES) != S3_MD5_SIZE - 1))
        return false;
    if (EVP_DigestFinal_ex(digests->sha256, hash, NULL) != 1)
        return false;
    hex_write(hash, HASH_BYTES, ret_digest->sha256);
    return true;
}

status_code s3_digest_bytes(struct str bytes, struct s3_digest *ret_digest, struct status *st)
{
    _cleanup_(digests_deinit) struct digests digests = {0};

    if (!digests_init(&digests) || (bytes.n > 0 && !digests_add(&digests, bytes.p, bytes.n)) ||
        !digests_end(&digests, ret_digest))
        return FAIL_MEMORY(st);
    return STATUS_OK;
}

status_code s3_digest_file(int fd, int64_t offset, int64_t length, struct s3_digest *ret_digest,
                           struct status *st)
{
    _cleanup_(digests_deinit) struct digests digests = {0};
    _cleanup_(freep) char *chunk = malloc(FILE_CHUNK_BYTES);

    if (chunk == NULL || !digests_init(&digests))
        return FAIL_MEMORY(st);
    while (length > 0) {
        size_t part = length < FILE_CHUNK_BYTES ? (size_t)length : FILE_CHUNK_BYTES;
        if (!file_read_at(fd, offset, chunk, part))
            return FAIL(st, STATUS_INTERNAL, NULL, "a file ended before its blob was stored");
        if (!digests_add(&digests, chunk, part))
            return FAIL_MEMORY(st);
        offset += (int64_t)part;
        length -= (int64_t)part;
    }
    if (!digests_end(&digests, ret_digest))
        return FAIL_MEMORY(st);
    return STATUS_OK;
}

void s3_time(int64_t wall_ns, char ret_time[static S3_TIME_SIZE])
{
    time_t seconds = (time_t)(wall_ns / NANOSECONDS_PER_SECOND);
    struct tm parts;

    (void)gmtime_r(&seconds, &parts);
    if (strftime(ret_time, S3_TIME_SIZE, "%Y%m%dT%H%M%SZ", &parts) == 0)
        ret_time[0] = '\0'; /* a year of five digits */
}

bool s3_escape(struct buf *out, struct str text, bool is_path)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool is_kept = (c != '\0' && strchr(plain, c) != NULL) || (is_path && c == '/');
        if (!(is_kept ? buf_append_char(out, (char)c) : buf_printf(out, "%%%02X", c)))
            return false;
    }
    return true;
}

/* --- the signature --- */

static bool append_names(const struct s3_sign_options *options, struct buf *out)
{
    for (size_t i = 0; i < options->field_count; i++)
        if (!buf_printf(out, "%s%s", i == 0 ? "" : ";", options->fields[i].name))
            return false;
    return true;
}

static bool hash(struct str text, char ret_hash[static S3_HASH_SIZE])
{
    unsigned char bytes[HASH_BYTES];

    if (EVP_Digest(text.p, text.n, bytes, NULL, EVP_sha256(), NULL) != 1)
        return false;
    hex_write(bytes, HASH_BYTES, ret_hash);
    return true;
}

/* The hash of the request as both sides write it. */
static bool hash_request(const struct s3_sign_options *options, char ret_hash[static S3_HASH_SIZE])
{
    struct buf request;
    bool is_done;

    buf_init(&request, REQUEST_MAX_BYTES);
    is_done = buf_printf(&request, "%s\n%s\n%s\n", options->method, options->path, options->query);
    for (size_t i = 0; is_done && i < options->field_count; i++)
        is_done =
            buf_printf(&request, "%s:%s\n", options->fields[i].name, options->fields[i].value);
    is_done = is_done && buf_append_char(&request, '\n') && append_names(options, &request) &&
              buf_printf(&request, "\n%s", options->body_hash) && hash(buf_str(&request), ret_hash);
    buf_deinit(&request);
    return is_done;
}

static bool authenticate(const void *key, size_t key_length, struct str text,
                         unsigned char ret_code[static HASH_BYTES])
{
    return HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)text.p, text.n, ret_code,
                NULL) != NULL;
}

/* The key of this day, region and service. */
static bool derive_key(const struct s3_sign_options *options,
                       unsigned char ret_key[static HASH_BYTES])
{
    char first[KEY_MAX_BYTES];
    int length = snprintf(first, sizeof(first), "AWS4%s", options->secret_key);
    bool is_done =
        length > 0 && (size_t)length < sizeof(first) &&
        authenticate(first, (size_t)length, (struct str){options->time, DAY_LENGTH}, ret_key) &&
        authenticate(ret_key, HASH_BYTES, str_of(options->region), ret_key) &&
        authenticate(ret_key, HASH_BYTES, STR(SERVICE), ret_key) &&
        authenticate(ret_key, HASH_BYTES, STR(SCOPE_END), ret_key);

    explicit_bzero(first, sizeof(first));
    return is_done;
}

bool s3_sign(const struct s3_sign_options *options, struct buf *out)
{
    unsigned char key[HASH_BYTES], code[HASH_BYTES];
    char request_hash[S3_HASH_SIZE], signature[S3_HASH_SIZE];
    char text[256];

    if (strlen(options->time) != S3_TIME_SIZE - 1 || !hash_request(options, request_hash))
        return false;
    int length =
        snprintf(text, sizeof(text), ALGORITHM "\n%s\n%.*s/%s/" SERVICE "/" SCOPE_END "\n%s",
                 options->time, DAY_LENGTH, options->time, options->region, request_hash);
    if (length < 0 || (size_t)length >= sizeof(text) || !derive_key(options, key) ||
        !authenticate(key, sizeof(key), (struct str){text, (size_t)length}, code))
        return false;
    hex_write(code, HASH_BYTES, signature);
    return buf_printf(out,
                      ALGORITHM " Credential=%s/%.*s/%s/" SERVICE "/" SCOPE_END ",SignedHeaders=",
                      options->access_key, DAY_LENGTH, options->time, options->region) &&
           append_names(options, out) && buf_printf(out, ",Signature=%s", signature);
}
