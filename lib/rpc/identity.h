#pragma once

/*
 * Who this process is to its peers: its certificate, the key to it, and the authorities that it
 * trusts, all from PEM files that are read again while the process runs.
 *
 * A certificate names one SPIFFE ID (X.509-SVID §2: exactly one URI among its alternative names),
 * and the name stays for as long as the process runs. New files are taken when they fit together
 * (key, certificate, authorities, not expired, the same ID); until then the ones before are kept
 * and what is wrong is logged, so that files may be replaced one after the other. Servers and
 * channels that were made with the identity take new files up by themselves: see `server.h` and
 * `client.h`.
 *
 * Thread rule: any thread, after rpc_identity_new().
 */

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct rpc_identity;

/* Paths of PEM files, borrowed for as long as the identity lives. */
struct rpc_identity_options {
    const char *certificate_path; /* the certificate, then those between it and the authority */
    const char *key_path;         /* without a passphrase */
    const char *ca_path;          /* authorities, one or several */
    int64_t reload_ms; /* between two looks at the files; 0: rpc_identity_reload() only */
};

/* Fails with INVALID_ARGUMENT, and a message that names the file, when the files do not fit. */
status_code rpc_identity_new(const struct rpc_identity_options *options,
                             struct rpc_identity **ret_identity, struct status *st) _must_check_;
/* After the servers and channels that were made with it. */
void rpc_identity_free(struct rpc_identity *identity);
DEFINE_CLEANUP(struct rpc_identity *, rpc_identity)

/* "spiffe://ocrmesh.local/ocr"; lives as long as the identity. */
const char *rpc_identity_id(const struct rpc_identity *identity);
/* Until when the certificate holds, wall nanoseconds. */
int64_t rpc_identity_expire_time(struct rpc_identity *identity);

/* Looks at the files now; STATUS_OK also when they are what they were. Fails as rpc_identity_new()
 * does; what was read before stays in use. */
status_code rpc_identity_reload(struct rpc_identity *identity, struct status *st) _must_check_;
