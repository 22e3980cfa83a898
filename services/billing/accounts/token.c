#include "services/billing/accounts/token.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "lib/base/random.h"

enum {
    SECRET_BYTES = 32,
    PREFIX_LENGTH = 3,
};

static const char prefixes[][PREFIX_LENGTH + 1] = {
    [TOKEN_API] = "om_",
    [TOKEN_SESSION] = "os_",
    [TOKEN_RESET] = "or_",
};

static_assert(TOKEN_HASH_SIZE == crypto_hash_sha256_BYTES, "SHA-256 has 32 bytes");
static_assert(TOKEN_SIZE == PREFIX_LENGTH +
                                sodium_base64_ENCODED_LEN(SECRET_BYTES,
                                                          sodium_base64_VARIANT_URLSAFE_NO_PADDING),
              "a token fits");

void token_make(token_kind kind, char ret_token[static TOKEN_SIZE])
{
    unsigned char secret[SECRET_BYTES];

    random_bytes(secret, sizeof(secret));
    memcpy(ret_token, prefixes[kind], PREFIX_LENGTH);
    (void)sodium_bin2base64(ret_token + PREFIX_LENGTH, TOKEN_SIZE - PREFIX_LENGTH, secret,
                            sizeof(secret), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(secret, sizeof(secret));
}

void token_hash(struct str token, unsigned char ret_hash[static TOKEN_HASH_SIZE])
{
    (void)crypto_hash_sha256(ret_hash, (const unsigned char *)token.p, token.n);
}
