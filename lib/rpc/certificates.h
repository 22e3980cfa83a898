#pragma once

/*
 * One reading of an identity's files: checked, counted, never changed. Thread rule: any thread.
 */

#include <stdatomic.h>
#include <stdbool.h>

#include <openssl/x509.h>

#include "lib/rpc/identity.h"

enum {
    RPC_SPIFFE_ID_MAX = 2048,             /* bytes, SPIFFE ID §2.3 */
    RPC_CERTIFICATES_MAX_BYTES = 1 << 20, /* of one file */
};

struct rpc_certificates {
    atomic_int holders;
    uint64_t generation; /* 1, 2, ... of its identity */
    char *certificate_pem, *key_pem, *ca_pem;
    char *spiffe_id;
    int64_t expire_time; /* wall nanoseconds */
};

/* Reads and checks the three files; the generation is 0. */
status_code rpc_certificates_read(const struct rpc_identity_options *options,
                                  struct rpc_certificates **ret_certificates,
                                  struct status *st) _must_check_;
/* The SPIFFE ID in a certificate, which the caller frees. Fails with INVALID_ARGUMENT, and names
 * `path`, for one that does not name exactly one. */
status_code rpc_certificate_spiffe_id(const X509 *certificate, const char *path, char **ret_id,
                                      struct status *st) _must_check_;
bool rpc_certificates_equal(const struct rpc_certificates *a, const struct rpc_certificates *b);
void rpc_certificates_unref(struct rpc_certificates *certificates);
DEFINE_CLEANUP_NAMED(struct rpc_certificates *, rpc_certificates_unrefp, rpc_certificates_unref)

/* The identity's latest ones; the caller holds them until rpc_certificates_unref(). */
struct rpc_certificates *rpc_identity_take(struct rpc_identity *identity);
/* Their generation. Does not block. */
uint64_t rpc_identity_generation(const struct rpc_identity *identity);
