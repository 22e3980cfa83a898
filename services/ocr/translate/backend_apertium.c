/*
 * Apertium's programs (www.apertium.org), by ocrmesh-ocr-apertium, which restricts them.
 *
 * All texts of a page go through one pipeline, for starting it takes a few tenths of a second. They
 * are parted by superblanks, "[ocrmesh:N]", which Apertium hands through as they are and in their
 * order; ".[]" before each keeps sentences from going over it, as Apertium's own deformatters do.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/http/http_client.h"
#include "services/ocr/translate/backend.h"
#include "services/ocr/translate/mode.h"

enum {
    PAIRS_MAX = 500,
    STREAM_MAX_BYTES = 8 << 20, /* to and from the programs */
    POLL_MS = 200,              /* how soon an interrupt is seen */
    NAME_MAX_BYTES = 16,
};

#define MARK "ocrmesh:"

/* --- pairs --- */

DEFINE_CLEANUP_NAMED(DIR *, dirp, closedir)

/* "eng-spa.mode"; variants ("spa-cat_valencia") and parts of pipelines are none. */
static bool split_name(const char *file, char source[static NAME_MAX_BYTES],
                       char target[static NAME_MAX_BYTES])
{
    size_t first = strspn(file, "abcdefghijklmnopqrstuvwxyz");
    size_t second = file[first] == '-' ? strspn(file + first + 1, "abcdefghijklmnopqrstuvwxyz") : 0;

    if (first < 2 || first > 3 || second < 2 || second > 3 ||
        strcmp(file + first + 1 + second, ".mode") != 0)
        return false;
    (void)snprintf(source, NAME_MAX_BYTES, "%.*s", (int)first, file);
    (void)snprintf(target, NAME_MAX_BYTES, "%.*s", (int)second, file + first + 1);
    return true;
}

static status_code pairs(const struct translate_backend *backend, struct http_client *client,
                         int64_t deadline_ns, struct arena *arena,
                         const struct translate_pair **ret_pairs, size_t *ret_count,
                         struct status *st)
{
    const char *folder = backend->settings->apertium_modes;
    _cleanup_(dirp) DIR *directory = opendir(folder);
    struct translate_pair *list = ARENA_NEW_ARRAY(arena, struct translate_pair, PAIRS_MAX);
    struct dirent *entry;
    size_t count = 0;

    (void)client;
    (void)deadline_ns;
    if (list == NULL)
        return FAIL_MEMORY(st);
    while (directory != NULL && (entry = readdir(directory)) != NULL && count < PAIRS_MAX) {
        char source[NAME_MAX_BYTES], target[NAME_MAX_BYTES];
        struct mode mode;
        struct status unread;
        if (!split_name(entry->d_name, source, target))
            continue;
        struct translate_pair pair = {language_find(str_of(source)), language_find(str_of(target)),
                                      arena_strdup(arena, source), arena_strdup(arena, target)};
        const char *name = arena_printf(arena, "%s-%s", source, target);
        if (pair.source_name == NULL || pair.target_name == NULL || name == NULL)
            return FAIL_MEMORY(st);
        if (pair.source != NULL && pair.target != NULL && pair.source != pair.target &&
            mode_read(folder, name, &mode, &unread) == STATUS_OK)
            list[count++] = pair;
    }
    *ret_pairs = list;
    *ret_count = count;
    return STATUS_OK;
}

/* --- Apertium's stream format --- */

static bool append_escaped(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("^$@\\/[]{}<>", *text) != NULL && !buf_append_char(out, '\\'))
            return false;
        if (!buf_append_char(out, *text))
            return false;
    }
    return true;
}

static bool write_stream(struct buf *out, const struct translate_request *request)
{
    for (size_t i = 0; i < request->count; i++)
        if (!buf_printf(out, "[" MARK "%zu]", i) || !append_escaped(out, request->texts[i]) ||
            !buf_append_str(out, ".[]"))
            return false;
    return buf_printf(out, "[" MARK "%zu]\n", request->count);
}

/* Takes a superblank off *rest; whether it is the mark of `index`. */
static bool take_superblank(struct str *rest, size_t index, bool *ret_is_mark)
{
    const char *end = memchr(rest->p, ']', rest->n);
    char mark[40];

    if (end == NULL)
        return false;
    struct str inside = {rest->p + 1, (size_t)(end - rest->p) - 1};
    int length = snprintf(mark, sizeof(mark), MARK "%zu", index);
    *ret_is_mark = str_equal(inside, (struct str){mark, (size_t)length});
    *rest = (struct str){end + 1, rest->n - (size_t)(end + 1 - rest->p)};
    return true;
}

/* Ends a text: without the full stop that was put before its last superblank. */
static bool end_text(struct buf *text, struct arena *arena, const char **ret_text)
{
    struct str all = str_trim(buf_str(text));

    if (all.n > 0 && all.p[all.n - 1] == '.')
        all.n--;
    *ret_text = arena_strndup(arena, all.n > 0 ? all.p : "", all.n);
    buf_clear(text);
    return *ret_text != NULL;
}

static bool read_stream(struct str stream, size_t count, struct arena *arena,
                        const char **ret_texts)
{
    _cleanup_(buf_deinit) struct buf text;
    size_t seen = 0; /* marks */

    buf_init(&text, STREAM_MAX_BYTES);
    while (stream.n > 0) {
        char c = stream.p[0];
        if (c == '[') {
            bool is_mark;
            if (!take_superblank(&stream, seen, &is_mark))
                return false;
            if (is_mark && seen > 0 && !end_text(&text, arena, &ret_texts[seen - 1]))
                return false;
            if (is_mark && seen == count)
                return true;
            if (is_mark) {
                buf_clear(&text);
                seen++;
            }
            continue;
        }
        size_t skipped = c == '\\' && stream.n > 1 ? 1 : 0;
        if (!buf_append_char(&text, stream.p[skipped]))
            return false;
        stream = (struct str){stream.p + skipped + 1, stream.n - skipped - 1};
    }
    return false;
}

/* --- the process --- */

struct child {
    pid_t pid; /* 0: none; leads a group of its own */
    int in;    /* what is written to it */
    int out;
};

static void child_end(struct child *child)
{
    if (child->in >= 0)
        (void)close(child->in);
    if (child->out >= 0)
        (void)close(child->out);
    if (child->pid == 0)
        return;
    (void)kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static int spawn(const char *program, char *const arguments[], int in, int out, pid_t *ret_pid)
{
    static char *const environment[] = {(char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C.UTF-8",
                                        NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    int error;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    (void)sigemptyset(&signals);
    error = posix_spawnattr_setsigmask(&attributes, &signals);
    (void)sigaddset(&signals, SIGPIPE);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(&attributes, &signals);
    if (error == 0)
        error = posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    if (error == 0)
        error = posix_spawn(ret_pid, program, &actions, &attributes, arguments, environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

static status_code start(const struct translate_backend *backend, const char *pair,
                         struct child *child, struct status *st)
{
    const struct translate_settings *settings = backend->settings;
    char *const arguments[] = {(char *)settings->apertium_program, (char *)settings->apertium_modes,
                               (char *)pair, NULL};
    _cleanup_(closep) int in = -1;
    _cleanup_(closep) int out = -1;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return FAIL_MEMORY(st);
    in = ends[0];
    child->in = ends[1];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return FAIL_MEMORY(st);
    child->out = ends[0];
    out = ends[1];
    if (fcntl(child->in, F_SETFL, O_NONBLOCK) < 0 ||
        spawn(settings->apertium_program, arguments, in, out, &child->pid) != 0) {
        child->pid = 0;
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "%s cannot be started", backend->name);
    }
    return STATUS_OK;
}

static bool write_some(struct child *child, struct str *rest)
{
    ssize_t written = write(child->in, rest->p, rest->n);

    if (written < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (written > 0)
        *rest = (struct str){rest->p + written, rest->n - (size_t)written};
    if (written <= 0 || rest->n == 0) {
        (void)close(child->in);
        child->in = -1;
    }
    return true;
}

/* Writes all of `input` and reads the answer to its end. */
static status_code exchange(const struct translate_backend *backend, struct child *child,
                            struct str input, struct http_client *client, int64_t deadline_ns,
                            struct buf *answer, struct status *st)
{
    char piece[16384];

    for (;;) {
        struct pollfd fds[] = {{.fd = child->out, .events = POLLIN},
                               {.fd = child->in, .events = POLLOUT}};
        if (http_client_is_interrupted(client))
            return FAIL(st, STATUS_CANCELLED, NULL, "the translation was interrupted");
        if (time_mono() >= deadline_ns)
            return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL, "%s did not end in time",
                        backend->name);
        if (poll(fds, ARRAY_LENGTH(fds), POLL_MS) <= 0)
            continue;
        if (fds[1].revents != 0)
            (void)write_some(child, &input);
        if (fds[0].revents == 0)
            continue;
        ssize_t length = read(child->out, piece, sizeof(piece));
        if (length == 0)
            return STATUS_OK;
        if (length < 0 && errno != EINTR)
            return FAIL(st, STATUS_DATA_LOSS, NULL, "%s broke off", backend->name);
        if (length > 0 && !buf_append(answer, piece, (size_t)length))
            return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "%s said too much", backend->name);
    }
}

static status_code run(const struct translate_backend *backend,
                       const struct translate_request *request, const struct translate_pair *pair,
                       int64_t deadline_ns, struct arena *arena, const char **ret_texts,
                       struct status *st)
{
    const char *name = arena_printf(arena, "%s-%s", pair->source_name, pair->target_name);
    _cleanup_(child_end) struct child child = {.in = -1, .out = -1};
    _cleanup_(buf_deinit) struct buf input;
    _cleanup_(buf_deinit) struct buf answer;

    buf_init(&input, STREAM_MAX_BYTES);
    buf_init(&answer, STREAM_MAX_BYTES);
    if (name == NULL || !write_stream(&input, request))
        return FAIL_MEMORY(st);
    TRY(start(backend, name, &child, st));
    TRY(exchange(backend, &child, buf_str(&input), request->client, deadline_ns, &answer, st));
    if (!read_stream(buf_str(&answer), request->count, arena, ret_texts))
        return FAIL(st, STATUS_DATA_LOSS, NULL, "%s did not translate all of it", backend->name);
    return STATUS_OK;
}

void backend_apertium_init(struct translate_backend *backend,
                           const struct translate_settings *settings)
{
    *backend = (struct translate_backend){
        .name = "Apertium",
        .slug = "apertium",
        .settings = settings,
        .takes_pages = true,
        .pairs = pairs,
        .run = run,
    };
}
