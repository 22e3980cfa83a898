#include "lib/rpc/certificates.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/log/log.h"

#define REASON        "CERTIFICATES"
#define SPIFFE_SCHEME "spiffe://"

DEFINE_CLEANUP_NAMED(X509 *, x509_freep, X509_free)
DEFINE_CLEANUP_NAMED(EVP_PKEY *, evp_pkey_freep, EVP_PKEY_free)
DEFINE_CLEANUP_NAMED(BIO *, bio_freep, BIO_free_all)
DEFINE_CLEANUP_NAMED(GENERAL_NAMES *, general_names_freep, GENERAL_NAMES_free)

static status_code fail_file(struct status *st, const char *path)
{
    return FAIL(st, STATUS_INVALID_ARGUMENT, REASON, "the file %s cannot be read: %s", path,
                strerror(errno));
}

/* The whole file, with a NUL behind it. */
static status_code read_file(const char *path, char **ret_text, struct status *st)
{
    _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    _cleanup_(freep) char *text = NULL;
    struct stat facts;
    size_t length = 0;

    if (fd < 0 || fstat(fd, &facts) != 0)
        return fail_file(st, path);
    if (!S_ISREG(facts.st_mode) || facts.st_size > RPC_CERTIFICATES_MAX_BYTES)
        return FAIL(st, STATUS_INVALID_ARGUMENT, REASON, "%s is no file of at most %d bytes", path,
                    RPC_CERTIFICATES_MAX_BYTES);
    text = calloc(1, (size_t)facts.st_size + 1);
    if (text == NULL)
        return FAIL_MEMORY(st);
    while (length < (size_t)facts.st_size) {
        ssize_t count = read(fd, text + length, (size_t)facts.st_size - length);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_file(st, path);
        if (count == 0)
            break; /* it became shorter; what is there has to stand for itself */
        length += (size_t)count;
    }
    *ret_text = TAKE(text);
    return STATUS_OK;
}

/* A key that every user of the machine can read is no secret; the process starts all the same, for
 * how files are mounted is not always ours to say. */
static void warn_of_open_key(const char *path)
{
    struct stat facts;

    if (stat(path, &facts) == 0 && (facts.st_mode & (S_IROTH | S_IWOTH)) != 0)
        log_write(LOG_WARNING, "every user of this machine can read or change the private key",
                  LOG_STRING("file", path));
}

static int refuse_passphrase(char *buffer, int size, int writing, void *data)
{
    return 0;
}

/* The first certificate; those behind it are parsed, too. */
static status_code parse_certificates(const char *pem, const char *path, X509 **ret_first,
                                      struct status *st)
{
    _cleanup_(bio_freep) BIO *bio = BIO_new_mem_buf(pem, -1);
    _cleanup_(x509_freep) X509 *first = NULL;

    if (bio == NULL)
        return FAIL_MEMORY(st);
    first = PEM_read_bio_X509(bio, NULL, refuse_passphrase, NULL);
    if (first == NULL) {
        ERR_clear_error();
        return FAIL(st, STATUS_INVALID_ARGUMENT, REASON, "%s holds no certificate (PEM)", path);
    }
    for (;;) {
        _cleanup_(x509_freep) X509 *next = PEM_read_bio_X509(bio, NULL, refuse_passphrase, NULL);

        if (next == NULL)
            break;
    }
    bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!is_end)
        return FAIL(st, STATUS_INVALID_ARGUMENT, REASON,
                    "%s holds a certificate that cannot be read", path);
    *ret_first = TAKE(first);
    return STATUS_OK;
}

static status_code check_key(const char *pem, const char *path, X509 *certificate,
                             struct status *st)
{
    _cleanup_(bio_freep) BIO *bio = BIO_new_mem_buf(pem, -1);
    _cleanup_(evp_pkey_freep) EVP_PKEY *key = NULL;

    if (bio == NULL)
        return FAIL_MEMORY(st);
    key = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, NULL);
    bool fits = key != NULL && X509_check_private_key(certificate, key) == 1;
    ERR_clear_error();
    if (key == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, REASON,
                    "%s holds no private key (PEM) without a passphrase", path);
    if (!fits)
        return FAIL(st, STATUS_INVALID_ARGUMENT, REASON,
                    "the key in %s is not that of the certificate", path);
    return STATUS_OK;
}

/* X.509-SVID §2: exactly one URI, which is the SPIFFE ID. */
status_code rpc_certificate_spiffe_id(const X509 *certificate, const char *path, char **ret_id,
                                      struct status *st)
{
    _cleanup_(general_names_freep) GENERAL_NAMES *names =
        X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    struct str id = {0};
    int uris = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type != GEN_URI)
            continue;
        uris++;
        id = (struct str){(const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier),
                          (size_t)ASN1_STRING_length(name->d.uniformResourceIdentifier)};
    }
    if (uris != 1 || !str_starts_with(id, STR(SPIFFE_SCHEME)) || id.n > RPC_SPIFFE_ID_MAX ||
        memchr(id.p, '\0', id.n) != NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, REASON,
                    "the certificate in %s names no SPIFFE ID: one URI " SPIFFE_SCHEME
                    "... among its alternative names",
                    path);
    *ret_id = strndup(id.p, id.n);
    return *ret_id != NULL ? STATUS_OK : FAIL_MEMORY(st);
}

static status_code check_time(const X509 *certificate, const char *path, int64_t *ret_expire_time,
                              struct status *st)
{
    struct tm end;

    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
        return FAIL(st, STATUS_INVALID_ARGUMENT, REASON,
                    "the certificate in %s does not tell until when it holds", path);
    *ret_expire_time = (int64_t)timegm(&end) * NANOSECONDS_PER_SECOND;
    if (*ret_expire_time <= time_wall())
        return FAIL(st, STATUS_INVALID_ARGUMENT, REASON,
                    "the certificate in %s expired on %04d-%02d-%02d", path, end.tm_year + 1900,
                    end.tm_mon + 1, end.tm_mday);
    return STATUS_OK;
}

static status_code check(struct rpc_certificates *certificates,
                         const struct rpc_identity_options *options, struct status *st)
{
    _cleanup_(x509_freep) X509 *own = NULL, *authority = NULL;

    TRY(parse_certificates(certificates->certificate_pem, options->certificate_path, &own, st));
    TRY(check_key(certificates->key_pem, options->key_path, own, st));
    TRY(parse_certificates(certificates->ca_pem, options->ca_path, &authority, st));
    TRY(check_time(own, options->certificate_path, &certificates->expire_time, st));
    return rpc_certificate_spiffe_id(own, options->certificate_path, &certificates->spiffe_id, st);
}

status_code rpc_certificates_read(const struct rpc_identity_options *options,
                                  struct rpc_certificates **ret_certificates, struct status *st)
{
    _cleanup_(rpc_certificates_unrefp) struct rpc_certificates *certificates =
        calloc(1, sizeof(*certificates));

    if (certificates == NULL)
        return FAIL_MEMORY(st);
    atomic_init(&certificates->holders, 1);
    warn_of_open_key(options->key_path);
    TRY(read_file(options->certificate_path, &certificates->certificate_pem, st));
    TRY(read_file(options->key_path, &certificates->key_pem, st));
    TRY(read_file(options->ca_path, &certificates->ca_pem, st));
    TRY(check(certificates, options, st));
    *ret_certificates = TAKE(certificates);
    return STATUS_OK;
}

bool rpc_certificates_equal(const struct rpc_certificates *a, const struct rpc_certificates *b)
{
    return strcmp(a->certificate_pem, b->certificate_pem) == 0 &&
           strcmp(a->key_pem, b->key_pem) == 0 && strcmp(a->ca_pem, b->ca_pem) == 0;
}

void rpc_certificates_unref(struct rpc_certificates *certificates)
{
    if (atomic_fetch_sub_explicit(&certificates->holders, 1, memory_order_acq_rel) != 1)
        return;
    if (certificates->key_pem != NULL)
        OPENSSL_cleanse(certificates->key_pem, strlen(certificates->key_pem));
    free(certificates->certificate_pem);
    free(certificates->key_pem);
    free(certificates->ca_pem);
    free(certificates->spiffe_id);
    free(certificates);
}
