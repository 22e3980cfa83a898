#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sodium.h>

#include "lib/base/clock.h"
#include "services/billing/sign_in/password.h"

static void assert_weak(const char *password, const char *email)
{
    struct status st = {0};

    assert_int_equal(password_check(password, email, &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "WEAK_PASSWORD");
    assert_string_equal(st.field, "password");
}

static void test_passwords_that_are_easy_to_guess_are_refused(void **state)
{
    char long_one[PASSWORD_MAX_BYTES + 2];

    memset(long_one, 'x', sizeof(long_one));
    long_one[0] = 'y';
    long_one[PASSWORD_MAX_BYTES + 1] = '\0';
    assert_weak("", "ada@example.com");
    assert_weak("seven77", "ada@example.com");
    assert_weak(long_one, "ada@example.com");
    assert_weak("aaaaaaaaaaaa", "ada@example.com");
    assert_weak("PassWord123", "ada@example.com");
    assert_weak("Ada@Example.com", "ada@example.com");
    assert_weak("ada.lovelace", "Ada.Lovelace@example.com");
}

static void test_other_passwords_are_taken(void **state)
{
    struct status st = {0};
    char longest[PASSWORD_MAX_BYTES + 1];

    memset(longest, 'x', sizeof(longest));
    longest[0] = 'y';
    longest[PASSWORD_MAX_BYTES] = '\0';
    assert_int_equal(password_check("correct horse battery", "ada@example.com", &st), STATUS_OK);
    assert_int_equal(password_check("12ab56cd", "ada@example.com", &st), STATUS_OK);
    assert_int_equal(password_check("ada.love", "ada.lovelace@example.com", &st), STATUS_OK);
    assert_int_equal(password_check(longest, "ada@example.com", &st), STATUS_OK);
}

static void test_a_hash_is_argon2id_and_verifies(void **state)
{
    _cleanup_(password_hasher_freep) struct password_hasher *hasher = NULL;
    char hash[PASSWORD_HASH_SIZE], again[PASSWORD_HASH_SIZE];
    struct status st = {0};

    assert_int_equal(password_hasher_new(1, &hasher, &st), STATUS_OK);
    assert_int_equal(password_hash(hasher, TIME_NEVER, "correct horse", hash, &st), STATUS_OK);
    assert_int_equal(password_hash(hasher, TIME_NEVER, "correct horse", again, &st), STATUS_OK);
    assert_memory_equal(hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31);
    assert_string_not_equal(hash, again); /* salted */
    assert_int_equal(crypto_pwhash_str_verify(hash, "correct horse", 13), 0);
    assert_int_not_equal(crypto_pwhash_str_verify(hash, "correct house", 13), 0);
}

/* Threads that hash at the same time, and what became of them. */
struct crowd {
    struct password_hasher *hasher;
    int64_t deadline;
    atomic_int hashed, refused, late;
};

static void *hash_one(void *arg)
{
    struct crowd *crowd = arg;
    char hash[PASSWORD_HASH_SIZE];
    struct status st = {0};

    switch (password_hash(crowd->hasher, crowd->deadline, "correct horse", hash, &st)) {
    case STATUS_OK:
        atomic_fetch_add(&crowd->hashed, 1);
        break;
    case STATUS_RESOURCE_EXHAUSTED:
        if (strcmp(st.reason, "RATE_LIMITED") == 0 && st.retry_after_ms > 0)
            atomic_fetch_add(&crowd->refused, 1);
        break;
    case STATUS_DEADLINE_EXCEEDED:
        atomic_fetch_add(&crowd->late, 1);
        break;
    default:
        break;
    }
    return NULL;
}

static void run_crowd(struct crowd *crowd, int size)
{
    pthread_t threads[32];

    assert_true(size <= 32);
    for (int i = 0; i < size; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_one, crowd), 0);
    for (int i = 0; i < size; i++)
        pthread_join(threads[i], NULL);
}

/* One runs and four may wait, so of twenty at once at least five are served. */
static void test_few_wait_and_the_rest_is_refused_at_once(void **state)
{
    _cleanup_(password_hasher_freep) struct password_hasher *hasher = NULL;
    struct status st = {0};

    assert_int_equal(password_hasher_new(1, &hasher, &st), STATUS_OK);
    struct crowd crowd = {.hasher = hasher, .deadline = TIME_NEVER};
    run_crowd(&crowd, 20);
    assert_int_equal(crowd.hashed + crowd.refused, 20);
    assert_true(crowd.hashed >= 1 + PASSWORD_WAITING_FACTOR);
    assert_true(crowd.refused > 0);
}

static void test_who_waits_gives_up_at_its_deadline(void **state)
{
    _cleanup_(password_hasher_freep) struct password_hasher *hasher = NULL;
    struct status st = {0};

    assert_int_equal(password_hasher_new(1, &hasher, &st), STATUS_OK);
    struct crowd crowd = {.hasher = hasher, .deadline = time_mono_after_ms(1)};
    run_crowd(&crowd, 5);
    assert_int_equal(crowd.hashed + crowd.late, 5);
    assert_true(crowd.late > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passwords_that_are_easy_to_guess_are_refused),
        cmocka_unit_test(test_other_passwords_are_taken),
        cmocka_unit_test(test_a_hash_is_argon2id_and_verifies),
        cmocka_unit_test(test_few_wait_and_the_rest_is_refused_at_once),
        cmocka_unit_test(test_who_waits_gives_up_at_its_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
