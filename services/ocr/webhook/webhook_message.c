#include "services/ocr/webhook/webhook_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"

#define SECRET_PREFIX    "whsec_"
#define SIGNATURE_PREFIX "v1,"

enum { PAUSE_FACTOR = 3 };

void webhook_secret_make(char ret_secret[static WEBHOOK_SECRET_SIZE])
{
    unsigned char key[WEBHOOK_KEY_BYTES];
    size_t prefix = strlen(SECRET_PREFIX);

    random_bytes(key, sizeof(key));
    memcpy(ret_secret, SECRET_PREFIX, prefix);
    (void)sodium_bin2base64(ret_secret + prefix, WEBHOOK_SECRET_SIZE - prefix, key, sizeof(key),
                            sodium_base64_VARIANT_ORIGINAL);
    sodium_memzero(key, sizeof(key));
}

void webhook_body_write(const char *job_id, job_state state, int64_t event_time,
                        char ret_body[static WEBHOOK_BODY_SIZE])
{
    /* As the REST API says it: a cancelled job has failed. */
    const char *status = state == JOB_DONE ? "done" : "failed";
    char time[TIME_RFC3339_SIZE];

    time_format_rfc3339(event_time, time);
    (void)snprintf(ret_body, WEBHOOK_BODY_SIZE,
                   "{\"type\":\"job.%s\",\"timestamp\":\"%s\","
                   "\"data\":{\"uuid\":\"%s\",\"status\":\"%s\"}}",
                   status, time, job_id, status);
}

static bool read_key(const char *secret, unsigned char ret_key[static WEBHOOK_KEY_MAX_BYTES],
                     size_t *ret_length)
{
    size_t prefix = strlen(SECRET_PREFIX);

    return strncmp(secret, SECRET_PREFIX, prefix) == 0 &&
           sodium_base642bin(ret_key, WEBHOOK_KEY_MAX_BYTES, secret + prefix,
                             strlen(secret + prefix), NULL, ret_length, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0;
}

bool webhook_sign(const char *secret, const char *message_id, int64_t timestamp_seconds,
                  struct str body, char ret_signature[static WEBHOOK_SIGNATURE_SIZE])
{
    unsigned char key[WEBHOOK_KEY_MAX_BYTES], mac[crypto_auth_hmacsha256_BYTES];
    size_t prefix = strlen(SIGNATURE_PREFIX), length;
    crypto_auth_hmacsha256_state state;
    char time[32];

    if (!read_key(secret, key, &length))
        return false;
    int time_length = snprintf(time, sizeof(time), ".%" PRId64 ".", timestamp_seconds);
    (void)crypto_auth_hmacsha256_init(&state, key, length);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)message_id,
                                        strlen(message_id));
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)time, (size_t)time_length);
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.p, body.n);
    (void)crypto_auth_hmacsha256_final(&state, mac);
    memcpy(ret_signature, SIGNATURE_PREFIX, prefix);
    (void)sodium_bin2base64(ret_signature + prefix, WEBHOOK_SIGNATURE_SIZE - prefix, mac,
                            sizeof(mac), sodium_base64_VARIANT_ORIGINAL);
    sodium_memzero(key, sizeof(key));
    return true;
}

int64_t webhook_pause_ms(int32_t tries, int64_t first_ms)
{
    int64_t pause = first_ms;

    while (--tries > 0 && pause < WEBHOOK_PAUSE_MAX_MS)
        pause *= PAUSE_FACTOR;
    pause = pause < WEBHOOK_PAUSE_MAX_MS ? pause : WEBHOOK_PAUSE_MAX_MS;
    return pause - (int64_t)random_below((uint64_t)pause / 2 + 1);
}
