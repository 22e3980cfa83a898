#include "lib/testing/certificates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum { HOUR_S = 3600, PATH_SIZE = 128, NAMES_SIZE = 512 };

struct test_authority {
    EVP_PKEY *key;
    X509 *certificate;
};

static X509 *new_certificate(const char *name, EVP_PKEY *key, long begin_s, long end_s)
{
    static long serial = 1;
    X509 *certificate = X509_new();

    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), begin_s));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), end_s));
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN",
                                                MBSTRING_ASC, (const unsigned char *)name, -1, -1,
                                                0),
                     1);
    return certificate;
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

struct test_authority *test_authority_new(const char *name)
{
    struct test_authority *authority = calloc(1, sizeof(*authority));

    assert_non_null(authority);
    authority->key = EVP_EC_gen("P-256");
    authority->certificate = new_certificate(name, authority->key, -HOUR_S, HOUR_S);
    X509 *certificate = authority->certificate;
    assert_int_equal(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)), 1);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    assert_true(X509_sign(certificate, authority->key, EVP_sha256()) > 0);
    return authority;
}

void test_authority_free(struct test_authority *authority)
{
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
    free(authority);
}

void test_certificates_init(struct test_certificates *files)
{
    (void)snprintf(files->folder, sizeof(files->folder), "/tmp/test-certificates-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
    (void)snprintf(files->certificate, sizeof(files->certificate), "%s/own.pem", files->folder);
    (void)snprintf(files->key, sizeof(files->key), "%s/own.key", files->folder);
    (void)snprintf(files->ca, sizeof(files->ca), "%s/ca.pem", files->folder);
}

void test_certificates_deinit(struct test_certificates *files)
{
    (void)unlink(files->certificate);
    (void)unlink(files->key);
    (void)unlink(files->ca);
    assert_int_equal(rmdir(files->folder), 0);
}

/* A file that takes its path's place once it is whole. */
static FILE *open_part(const char *path, char part[static PATH_SIZE])
{
    (void)snprintf(part, PATH_SIZE, "%s.part", path);
    FILE *file = fopen(part, "w");
    assert_non_null(file);
    assert_int_equal(chmod(part, S_IRUSR | S_IWUSR), 0);
    return file;
}

static void close_part(FILE *file, const char *part, const char *path)
{
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(part, path), 0);
}

static void write_key(const char *path, EVP_PKEY *key)
{
    char part[PATH_SIZE];
    FILE *file = open_part(path, part);

    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    close_part(file, part, path);
}

void test_certificates_write(const struct test_certificates *files,
                             const struct test_authority *authority,
                             const struct test_certificate *wanted)
{
    const bool has_times = wanted->begin_s != 0 || wanted->end_s != 0;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = new_certificate("a program", key, has_times ? wanted->begin_s : -HOUR_S,
                                        has_times ? wanted->end_s : HOUR_S);
    char names[NAMES_SIZE], part[PATH_SIZE];

    assert_int_equal(
        X509_set_issuer_name(certificate, X509_get_subject_name(authority->certificate)), 1);
    (void)snprintf(names, sizeof(names), "%s%s%s%s", wanted->spiffe_id != NULL ? "URI:" : "DNS:a",
                   wanted->spiffe_id != NULL ? wanted->spiffe_id : "",
                   wanted->second_uri != NULL ? ",URI:" : "",
                   wanted->second_uri != NULL ? wanted->second_uri : "");
    add_extension(certificate, NID_subject_alt_name, names);
    assert_true(X509_sign(certificate, authority->key, EVP_sha256()) > 0);
    write_key(files->key, key);
    FILE *file = open_part(files->certificate, part);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    close_part(file, part, files->certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

void test_certificates_write_key_alone(const struct test_certificates *files)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    write_key(files->key, key);
    EVP_PKEY_free(key);
}

void test_certificates_trust(const struct test_certificates *files,
                             const struct test_authority *first,
                             const struct test_authority *second)
{
    char part[PATH_SIZE];
    FILE *file = open_part(files->ca, part);

    assert_int_equal(PEM_write_X509(file, first->certificate), 1);
    if (second != NULL)
        assert_int_equal(PEM_write_X509(file, second->certificate), 1);
    close_part(file, part, files->ca);
}
