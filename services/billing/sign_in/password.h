#pragma once

/*
 * Passwords: what is accepted, and their Argon2id hashes (RFC 9106, by libsodium).
 *
 * One hash takes PASSWORD_HASH_MEMORY_BYTES and about a tenth of a second of a core, so few run at
 * once and few wait: the next one is refused, so that threads stay free for calls that bill.
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

enum {
    PASSWORD_MIN_BYTES = 8,
    PASSWORD_MAX_BYTES = 256,
    PASSWORD_HASH_SIZE = 128,
    PASSWORD_HASH_MEMORY_BYTES = 64 << 20,
    PASSWORD_HASHES_MAX = 64,    /* most that may be configured to run at once */
    PASSWORD_WAITING_FACTOR = 4, /* for each that runs, this many may wait */
};

/* Fails with INVALID_ARGUMENT WEAK_PASSWORD (password) outside the lengths, and for a password
 * that is the e-mail address, its local part, one character repeated or among the commonest
 * (NIST SP 800-63B §5.1.1.2). */
status_code password_check(const char *password, const char *email, struct status *st) _must_check_;

struct password_hasher;

/* Costs a hash. @at_once: hashes that run at once, 1 to PASSWORD_HASHES_MAX. */
status_code password_hasher_new(int at_once, struct password_hasher **ret_hasher,
                                struct status *st) _must_check_;
void password_hasher_free(struct password_hasher *hasher);
DEFINE_CLEANUP(struct password_hasher *, password_hasher)

/* The hash with salt and parameters, as crypto_pwhash_str_verify() takes it. Blocks. Fails with
 * RESOURCE_EXHAUSTED RATE_LIMITED when too many wait already, DEADLINE_EXCEEDED when its turn does
 * not come in time. */
status_code password_hash(struct password_hasher *hasher, int64_t deadline, const char *password,
                          char ret_hash[static PASSWORD_HASH_SIZE], struct status *st) _must_check_;

/* Whether `hash` is the password's. With `hash` NULL it never is, which takes as long to find out,
 * so that the time does not tell who has an account. Blocks, and fails, as password_hash() does. */
status_code password_verify(struct password_hasher *hasher, int64_t deadline, const char *hash,
                            const char *password, bool *ret_is_right,
                            struct status *st) _must_check_;
