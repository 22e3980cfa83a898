#include "services/billing/token.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "lib/base/random.h"

#define PREFIX "om_"

enum { SECRET_BYTES = 32 };

static_assert(TOKEN_HASH_SIZE == crypto_hash_sha256_BYTES, "SHA-256 has 32 bytes");
static_assert(TOKEN_SIZE == sizeof(PREFIX) - 1 +
                                sodium_base64_ENCODED_LEN(SECRET_BYTES,
                                                          sodium_base64_VARIANT_URLSAFE_NO_PADDING),
              "a token fits");

void token_make(char ret_token[static TOKEN_SIZE])
{
    unsigned char secret[SECRET_BYTES];

    random_bytes(secret, sizeof(secret));
    memcpy(ret_token, PREFIX, sizeof(PREFIX));
    (void)sodium_bin2base64(ret_token + sizeof(PREFIX) - 1, TOKEN_SIZE - (sizeof(PREFIX) - 1),
                            secret, sizeof(secret), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(secret, sizeof(secret));
}

void token_hash(struct str token, unsigned char ret_hash[static TOKEN_HASH_SIZE])
{
    (void)crypto_hash_sha256(ret_hash, (const unsigned char *)token.p, token.n);
}
