#include "lib/blob/s3_settings.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "lib/blob/s3_credentials.h"
#include "lib/http/http_client.h"

#define LOWER_DIGITS  "abcdefghijklmnopqrstuvwxyz0123456789"
#define ALPHANUMERICS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" LOWER_DIGITS

enum { REGION_MAX = 64, BUCKET_MIN = 3, BUCKET_MAX = 63 };

static bool is_made_of(const char *text, const char *set, size_t min, size_t max)
{
    size_t length = strspn(text, set);

    return length >= min && length <= max && text[length] == '\0';
}

static status_code check_url(const struct s3_settings *settings, struct status *st)
{
    const char *url = settings->url;
    const char *slashes = strstr(url, "://");
    const char *host = slashes == NULL ? "" : slashes + 3;

    if (!http_url_is_plain(url) || strlen(url) > S3_URL_MAX ||
        !is_made_of(host, LOWER_DIGITS ".-:[]", 1, S3_URL_MAX))
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_URL must be http or https, the host's name in lower case and, where "
                    "needed, a port, with nothing behind, such as https://s3.example.com:9000");
    if (s3_settings_are_virtual(settings) && host[strspn(host, "0123456789.:[]")] == '\0')
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_ADDRESSING: OCR_S3_URL is an address, which no bucket's name can stand "
                    "before: set it to path");
    return STATUS_OK;
}

/* Keys of blobs follow it, so that libcurl and servers must leave it as it is. */
static bool is_prefix(const char *prefix)
{
    struct str rest = str_of(prefix);
    struct str part;

    if (!is_made_of(prefix, ALPHANUMERICS "._-/", 0, S3_PREFIX_MAX))
        return false;
    if (rest.n == 0)
        return true;
    if (rest.p[rest.n - 1] == '/')
        rest.n--;
    while (str_next_token(&rest, '/', &part))
        if (part.n == 0 || str_equal(part, STR(".")) || str_equal(part, STR("..")))
            return false;
    return true;
}

bool s3_settings_are_virtual(const struct s3_settings *settings)
{
    return strcmp(settings->addressing, "virtual") == 0;
}

status_code s3_settings_check(const struct s3_settings *settings, struct status *st)
{
    if (!s3_settings_are_virtual(settings) && strcmp(settings->addressing, "path") != 0)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_ADDRESSING must be path or virtual, not '%.40s'", settings->addressing);
    TRY(check_url(settings, st));
    if (!is_made_of(settings->bucket, LOWER_DIGITS ".-", BUCKET_MIN, BUCKET_MAX))
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_BUCKET must be the name of a bucket: 3 to 63 lower-case letters, "
                    "digits, '.' and '-', not '%.80s'",
                    settings->bucket);
    if (!is_made_of(settings->region, ALPHANUMERICS "-_", 1, REGION_MAX))
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_REGION must be the name of a region such as eu-central-1, not '%.80s'",
                    settings->region);
    TRY(s3_keys_check(settings, st));
    if (!is_prefix(settings->prefix))
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_PREFIX must be up to 128 letters, digits, '.', '_', '-' and '/', "
                    "without a folder that is empty, '.' or '..'");
    if (settings->ca_file[0] != '\0' && access(settings->ca_file, R_OK) != 0)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_CA_FILE: '%.120s' cannot be read", settings->ca_file);
    return STATUS_OK;
}
