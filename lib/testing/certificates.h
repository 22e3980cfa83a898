#pragma once

/*
 * Certificates for tests, made on the spot: authorities, and what they sign, as PEM files in a
 * folder of their own. A failure fails the test. Thread rule: one thread at a time.
 */

#include <stdbool.h>

struct test_authority;

/* One that signs itself. `name` is what it is called. */
struct test_authority *test_authority_new(const char *name);
void test_authority_free(struct test_authority *authority);

/* A folder below /tmp that holds certificates; removed with all that it has. */
struct test_certificates {
    char folder[64];
    char certificate[96], key[96], ca[96]; /* paths */
};

void test_certificates_init(struct test_certificates *files);
void test_certificates_deinit(struct test_certificates *files);

/* What a certificate is made with. */
struct test_certificate {
    const char *spiffe_id; /* or any URI; NULL: none */
    const char *second_uri;
    long begin_s, end_s; /* from now; both 0: an hour around now */
};

/* Writes a new key and its certificate, each in one step (rename). */
void test_certificates_write(const struct test_certificates *files,
                             const struct test_authority *authority,
                             const struct test_certificate *certificate);
/* Writes one of the two alone: the other belongs to another pair then. */
void test_certificates_write_key_alone(const struct test_certificates *files);
/* The authorities that are trusted; `second` may be NULL. */
void test_certificates_trust(const struct test_certificates *files,
                             const struct test_authority *first,
                             const struct test_authority *second);
