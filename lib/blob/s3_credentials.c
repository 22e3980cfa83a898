#include "lib/blob/s3_credentials.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file_io.h"
#include "lib/base/str.h"
#include "lib/blob/s3_settings.h"
#include "lib/log/log.h"

/* What a change of the file shows by: a new file has a new number, and one that was written over a
 * new time. */
struct file_state {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec change_time;
};

struct held_keys {
    struct s3_keys keys; /* first: s3_keys_give_back() is told of this alone */
    atomic_int holders;
    char text[]; /* the file's */
};

struct s3_key_source {
    const char *path; /* NULL: the settings have them */
    pthread_mutex_t lock;
    struct held_keys *latest;
    struct file_state state; /* of the file that was last looked into */
    int64_t look_time;       /* of the next look */
};

/* --- whether they are some --- */

/* Printable ASCII, as a field of HTTP takes it. */
static bool is_secret(const char *text, size_t max)
{
    size_t length = 0;

    while (text[length] > ' ' && text[length] <= '~')
        length++;
    return length >= 1 && length <= max && text[length] == '\0';
}

static bool is_access_key(const char *text)
{
    return is_secret(text, S3_ACCESS_KEY_MAX) && strpbrk(text, "/,") == NULL;
}

static bool is_session_token(const char *text)
{
    return text[0] == '\0' || is_secret(text, S3_SESSION_TOKEN_MAX);
}

static const char *path_of(const struct s3_settings *settings)
{
    return settings->credentials_file == NULL || settings->credentials_file[0] == '\0'
               ? NULL
               : settings->credentials_file;
}

static status_code check_settings(const struct s3_settings *settings, struct status *st)
{
    if (!is_access_key(settings->access_key))
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_ACCESS_KEY must be the identifier of an access key for OCR_S3_URL");
    if (!is_secret(settings->secret_key, S3_ACCESS_KEY_MAX))
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_SECRET_KEY must be the secret of OCR_S3_ACCESS_KEY, without spaces and "
                    "line ends");
    if (!is_session_token(settings->session_token))
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_SESSION_TOKEN must be a session token, without spaces and line ends");
    return STATUS_OK;
}

/* --- the file --- */

static status_code fail_file(const char *path, const char *why, struct status *st)
{
    return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG", "OCR_S3_CREDENTIALS_FILE: '%.120s' %s",
                path, why);
}

/* Cuts the text into lines, names and values, in place. Lines that are none, and names that are not
 * known, belong to other programs. */
static void parse(char *text, struct s3_keys *ret_keys)
{
    static const struct {
        struct str name;
        size_t offset;
    } members[] = {
        {STR("aws_access_key_id"), offsetof(struct s3_keys, access_key)},
        {STR("aws_secret_access_key"), offsetof(struct s3_keys, secret_key)},
        {STR("aws_session_token"), offsetof(struct s3_keys, session_token)},
    };
    struct s3_keys none = {"", "", ""};
    struct str rest = str_of(text), line;
    bool is_first = true, is_wanted = true;

    *ret_keys = none;
    while (str_next_token(&rest, '\n', &line)) {
        struct str name, value = str_trim(line);

        if (value.n == 0 || value.p[0] == '#' || value.p[0] == ';')
            continue;
        if (value.p[0] == '[') {
            const bool is_default = str_equal(value, STR("[default]"));

            if (is_default)
                *ret_keys = none; /* of the profiles before it */
            is_wanted = is_default || is_first;
            is_first = false;
            continue;
        }
        if (!is_wanted || !str_next_token(&value, '=', &name) || value.p == NULL)
            continue;
        name = str_trim(name);
        value = str_trim(value);
        text[value.p - text + (ptrdiff_t)value.n] = '\0';
        for (size_t i = 0; i < ARRAY_LENGTH(members); i++)
            if (str_equal(name, members[i].name))
                memcpy((char *)ret_keys + members[i].offset, &value.p, sizeof(value.p));
    }
}

static struct file_state state_of(const struct stat *facts)
{
    return (struct file_state){facts->st_dev, facts->st_ino, facts->st_size, facts->st_mtim};
}

static bool is_same_state(const struct file_state *a, const struct file_state *b)
{
    return a->device == b->device && a->number == b->number && a->size == b->size &&
           a->change_time.tv_sec == b->change_time.tv_sec &&
           a->change_time.tv_nsec == b->change_time.tv_nsec;
}

/* *ret_state is set on failure, too, where there is a file. */
static status_code read_file(const char *path, struct held_keys **ret_keys,
                             struct file_state *ret_state, struct status *st)
{
    _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    _cleanup_(freep) struct held_keys *held = NULL;
    struct stat facts;

    if (fd < 0 || fstat(fd, &facts) != 0)
        return fail_file(path, "cannot be read", st);
    *ret_state = state_of(&facts);
    if (!S_ISREG(facts.st_mode) || facts.st_size > S3_KEY_FILE_MAX_BYTES)
        return fail_file(path, "is no file of keys", st);
    held = calloc(1, sizeof(*held) + (size_t)facts.st_size + 1);
    if (held == NULL)
        return FAIL_MEMORY(st);
    if (!file_read_at(fd, 0, held->text, (size_t)facts.st_size))
        return fail_file(path, "cannot be read", st);
    parse(held->text, &held->keys);
    if (!is_access_key(held->keys.access_key) ||
        !is_secret(held->keys.secret_key, S3_ACCESS_KEY_MAX) ||
        !is_session_token(held->keys.session_token))
        return fail_file(path,
                         "must hold aws_access_key_id and aws_secret_access_key, and may hold "
                         "aws_session_token, as the AWS CLI writes them",
                         st);
    atomic_init(&held->holders, 1);
    *ret_keys = TAKE(held);
    return STATUS_OK;
}

status_code s3_keys_check(const struct s3_settings *settings, struct status *st)
{
    _cleanup_(freep) struct held_keys *held = NULL;
    struct file_state state;

    if (path_of(settings) == NULL)
        return check_settings(settings, st);
    if (settings->access_key[0] != '\0' || settings->secret_key[0] != '\0' ||
        settings->session_token[0] != '\0')
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "OCR_S3_CREDENTIALS_FILE is set, so that OCR_S3_ACCESS_KEY, OCR_S3_SECRET_KEY "
                    "and OCR_S3_SESSION_TOKEN must not be");
    return read_file(path_of(settings), &held, &state, st);
}

/* --- the source --- */

static status_code take_settings(const struct s3_settings *settings, struct held_keys **ret_keys,
                                 struct status *st)
{
    struct held_keys *held = calloc(1, sizeof(*held));

    if (held == NULL)
        return FAIL_MEMORY(st);
    held->keys =
        (struct s3_keys){settings->access_key, settings->secret_key, settings->session_token};
    atomic_init(&held->holders, 1);
    *ret_keys = held;
    return STATUS_OK;
}

status_code s3_key_source_new(const struct s3_settings *settings, struct s3_key_source **ret_source,
                              struct status *st)
{
    _cleanup_(s3_key_source_freep) struct s3_key_source *source = calloc(1, sizeof(*source));

    if (source == NULL)
        return FAIL_MEMORY(st);
    (void)pthread_mutex_init(&source->lock, NULL);
    source->path = path_of(settings);
    TRY(source->path == NULL ? take_settings(settings, &source->latest, st)
                             : read_file(source->path, &source->latest, &source->state, st));
    source->look_time = time_mono_after_ms(S3_KEY_FILE_LOOK_MS);
    *ret_source = TAKE(source);
    return STATUS_OK;
}

void s3_key_source_free(struct s3_key_source *source)
{
    if (source == NULL)
        return;
    if (source->latest != NULL)
        s3_keys_give_back(&source->latest->keys);
    (void)pthread_mutex_destroy(&source->lock);
    free(source);
}

/* Under the lock. A file that is no good is told of once: it is not looked into again until it
 * changes. */
static void look(struct s3_key_source *source)
{
    struct held_keys *fresh = NULL;
    struct file_state state;
    struct status st = {0};
    struct stat facts;

    source->look_time = time_mono_after_ms(S3_KEY_FILE_LOOK_MS);
    if (stat(source->path, &facts) != 0)
        return; /* between two names, or gone: what is known serves on */
    state = state_of(&facts);
    if (is_same_state(&state, &source->state))
        return;
    source->state = state;
    if (read_file(source->path, &fresh, &source->state, &st) != STATUS_OK) {
        log_failure(LOG_ERROR, "keys of S3 not read again: the old ones stay", &st);
        return;
    }
    s3_keys_give_back(&source->latest->keys);
    source->latest = fresh;
    log_write(LOG_INFO, "keys of S3 read again", LOG_STRING("file", source->path));
}

const struct s3_keys *s3_keys_take(struct s3_key_source *source)
{
    pthread_mutex_lock(&source->lock);
    if (source->path != NULL && time_mono() >= source->look_time)
        look(source);
    struct held_keys *held = source->latest;
    atomic_fetch_add(&held->holders, 1);
    pthread_mutex_unlock(&source->lock);
    return &held->keys;
}

void s3_keys_give_back(const struct s3_keys *keys)
{
    struct held_keys *held = (struct held_keys *)keys;

    if (keys != NULL && atomic_fetch_sub(&held->holders, 1) == 1)
        free(held);
}

bool s3_keys_are_replaced(struct s3_key_source *source, const struct s3_keys *keys)
{
    if (source->path == NULL)
        return false;
    pthread_mutex_lock(&source->lock);
    look(source);
    bool is_replaced = &source->latest->keys != keys;
    pthread_mutex_unlock(&source->lock);
    return is_replaced;
}
