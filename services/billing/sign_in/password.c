#include "services/billing/sign_in/password.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "lib/base/random.h"
#include "lib/base/wait.h"

enum { RETRY_AFTER_MS = 2000 }; /* about as long as a full queue takes */

static_assert(PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "a hash fits");
static_assert(PASSWORD_HASH_MEMORY_BYTES == crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE,
              "the header says how much memory it is");

/* The commonest passwords of leaked lists that are long enough to get here. */
static const char *const common_passwords[] = {
    "password",  "password1",  "password123", "passw0rd",      "p@ssw0rd",   "12345678",
    "123456789", "1234567890", "123123123",   "87654321",      "qwertyuiop", "qwerty123",
    "1q2w3e4r",  "1qaz2wsx",   "q1w2e3r4",    "abcd1234",      "abc12345",   "iloveyou",
    "sunshine",  "princess",   "football",    "baseball",      "superman",   "trustno1",
    "welcome1",  "letmein1",   "whatever",    "administrator", "computer",   "michelle",
};

struct password_hasher {
    int at_once;
    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    int running;
    int waiting;
    char nobodys[PASSWORD_HASH_SIZE]; /* the hash of a password that nobody has */
};

static bool make_hash(const char *password, char ret_hash[static PASSWORD_HASH_SIZE])
{
    return crypto_pwhash_str(ret_hash, password, strlen(password),
                             crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE,
                             crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE) == 0;
}

static bool is_one_character(const char *password)
{
    return password[strspn(password, (char[]){password[0], '\0'})] == '\0';
}

/* The address, or what stands before its "@". */
static bool is_email(const char *password, const char *email)
{
    size_t length = strlen(password);

    return strcasecmp(password, email) == 0 ||
           (strncasecmp(password, email, length) == 0 && email[length] == '@');
}

static bool is_common(const char *password)
{
    for (size_t i = 0; i < ARRAY_LENGTH(common_passwords); i++)
        if (strcasecmp(password, common_passwords[i]) == 0)
            return true;
    return false;
}

status_code password_check(const char *password, const char *email, struct status *st)
{
    size_t length = strlen(password);

    if (length < PASSWORD_MIN_BYTES || length > PASSWORD_MAX_BYTES)
        return FAIL_FIELD(st, "password", "WEAK_PASSWORD",
                          "the password must be %d to %d bytes long", PASSWORD_MIN_BYTES,
                          PASSWORD_MAX_BYTES);
    if (is_one_character(password) || is_email(password, email) || is_common(password))
        return FAIL_FIELD(st, "password", "WEAK_PASSWORD",
                          "the password is easy to guess; choose another one");
    return STATUS_OK;
}

status_code password_hasher_new(int at_once, struct password_hasher **ret_hasher, struct status *st)
{
    _cleanup_(password_hasher_freep) struct password_hasher *hasher = NULL;
    char nobodys[RANDOM_ID_SIZE];

    assert(at_once >= 1 && at_once <= PASSWORD_HASHES_MAX);
    if (sodium_init() < 0)
        return FAIL(st, STATUS_INTERNAL, NULL, "libsodium cannot start");
    hasher = calloc(1, sizeof(*hasher));
    if (hasher == NULL)
        return FAIL_MEMORY(st);
    hasher->at_once = at_once;
    pthread_mutex_init(&hasher->mutex, NULL);
    wait_init(&hasher->changed);
    random_id(nobodys);
    if (!make_hash(nobodys, hasher->nobodys))
        return FAIL_MEMORY(st);
    *ret_hasher = TAKE(hasher);
    return STATUS_OK;
}

void password_hasher_free(struct password_hasher *hasher)
{
    if (hasher == NULL)
        return;
    pthread_cond_destroy(&hasher->changed);
    pthread_mutex_destroy(&hasher->mutex);
    free(hasher);
}

/* Waits for a turn, under the mutex; false when it does not come in time. */
static bool wait_turn(struct password_hasher *hasher, int64_t deadline)
{
    hasher->waiting++;
    while (hasher->running >= hasher->at_once &&
           wait_until(&hasher->changed, &hasher->mutex, deadline))
        ;
    hasher->waiting--;
    return hasher->running < hasher->at_once;
}

static status_code begin(struct password_hasher *hasher, int64_t deadline, struct status *st)
{
    status_code code = STATUS_OK;

    pthread_mutex_lock(&hasher->mutex);
    if (hasher->running >= hasher->at_once &&
        hasher->waiting >= hasher->at_once * PASSWORD_WAITING_FACTOR) {
        code = FAIL(st, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED",
                    "too many passwords are being checked at the moment; try again in a moment");
        st->retry_after_ms = RETRY_AFTER_MS;
    } else if (!wait_turn(hasher, deadline)) {
        code = FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL,
                    "there was no time left to check the password");
    } else {
        hasher->running++;
    }
    pthread_mutex_unlock(&hasher->mutex);
    return code;
}

static void end(struct password_hasher *hasher)
{
    pthread_mutex_lock(&hasher->mutex);
    hasher->running--;
    pthread_cond_signal(&hasher->changed);
    pthread_mutex_unlock(&hasher->mutex);
}

status_code password_hash(struct password_hasher *hasher, int64_t deadline, const char *password,
                          char ret_hash[static PASSWORD_HASH_SIZE], struct status *st)
{
    bool is_made;

    TRY(begin(hasher, deadline, st));
    is_made = make_hash(password, ret_hash);
    end(hasher);
    return is_made ? STATUS_OK : FAIL_MEMORY(st);
}

status_code password_verify(struct password_hasher *hasher, int64_t deadline, const char *hash,
                            const char *password, bool *ret_is_right, struct status *st)
{
    bool is_right;

    TRY(begin(hasher, deadline, st));
    is_right = crypto_pwhash_str_verify(hash == NULL ? hasher->nobodys : hash, password,
                                        strlen(password)) == 0;
    end(hasher);
    *ret_is_right = is_right && hash != NULL;
    return STATUS_OK;
}
