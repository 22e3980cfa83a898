/*
 * ocrmesh-top: what a mesh is at, in a terminal, from the metrics of its processes.
 *
 * On a terminal it draws anew until Ctrl-C; elsewhere, or with --once, it prints one snapshot of
 * what happened within an interval. Exits 0, or 1 when no process answers a snapshot, 2 when the
 * arguments make no sense.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/config/config.h"
#include "lib/http/http_client.h"
#include "services/top/view.h"

enum {
    EXIT_USAGE = 2,
    PROCESSES_MAX = 64,
    ASK_TIMEOUT_MS = 1000, /* each process, twice */
    INTERVAL_LIVE_MS = 2000,
    INTERVAL_ONCE_MS = 1000,
    VIEW_MAX_BYTES = 1 << 20,
    URL_MAX_BYTES = 320,
};

struct settings {
    const char *bridge, *ocr, *billing, *export, *chat;
};

static const struct config_entry entries[] = {
    {"BRIDGE_ADMIN_LISTEN", CONFIG_ADDRESS, offsetof(struct settings, bridge), "127.0.0.1:9080",
     "address of the bridge's admin port", 0, 0},
    {"OCR_ADMIN_LISTEN", CONFIG_ADDRESS, offsetof(struct settings, ocr), "127.0.0.1:9051",
     "address of ocr's admin port", 0, 0},
    {"BILLING_ADMIN_LISTEN", CONFIG_ADDRESS, offsetof(struct settings, billing), "127.0.0.1:9052",
     "address of billing's admin port", 0, 0},
    {"EXPORT_ADMIN_LISTEN", CONFIG_ADDRESS, offsetof(struct settings, export), "127.0.0.1:9054",
     "address of export's admin port", 0, 0},
    {"CHAT_ADMIN_LISTEN", CONFIG_ADDRESS, offsetof(struct settings, chat), "127.0.0.1:9053",
     "address of chat's admin port", 0, 0},
};

struct top {
    struct http_client *client;
    struct process processes[PROCESSES_MAX];
    size_t count;
    bool is_live;
};

static void print_help(FILE *out)
{
    (void)fputs("Usage: ocrmesh-top [--once] [NAME=HOST:PORT...]\n\n"
                "  --once           one snapshot, as when it is piped\n"
                "  NAME=HOST:PORT   the admin port of a process that is a bridge, ocr, billing,\n"
                "                   export or chat, for each replica; without any: those of the\n"
                "                   settings below\n\n",
                out);
    config_print_help(out, "ocrmesh-top", "what a mesh is at, in a terminal", entries,
                      ARRAY_LENGTH(entries));
}

/* --- asking --- */

static bool keep(void *arg, const struct http_answer *answer, struct str piece)
{
    return buf_append(arg, piece.p, piece.n);
}

/* The HTTP status; 0 when there was no answer. */
static int ask(const struct top *top, const char *address, const char *path, struct buf *body)
{
    char url[URL_MAX_BYTES];
    struct http_answer answer = {0};
    struct status st = {0};

    if (snprintf(url, sizeof(url), "http://%s%s", address, path) >= (int)sizeof(url))
        return 0;
    const struct http_request request = {
        .url = url,
        .bearer_token = "",
        .ca_file = "",
        .times = {ASK_TIMEOUT_MS, ASK_TIMEOUT_MS, ASK_TIMEOUT_MS,
                  time_mono_after_ms(ASK_TIMEOUT_MS)},
        .body_max_bytes = SAMPLE_TEXT_MAX_BYTES,
        .on_body = keep,
        .arg = body,
    };
    return http_client_get(top->client, &request, &answer, &st) == STATUS_OK ? answer.status : 0;
}

/* The samples of last time become those before. */
static void look_at(const struct top *top, struct process *process)
{
    _cleanup_(buf_deinit) struct buf ready;
    struct buf text;

    sample_set_deinit(&process->before);
    process->before = process->now;
    process->now = (struct sample_set){.time = time_mono()};
    buf_init(&ready, SAMPLE_TEXT_MAX_BYTES);
    buf_init(&text, SAMPLE_TEXT_MAX_BYTES);
    process->state = PROCESS_AWAY;
    if (ask(top, process->address, "/metrics", &text) != 200) {
        buf_deinit(&text);
        return;
    }
    if (!sample_set_init(&process->now, text, time_mono()))
        return;
    process->state =
        ask(top, process->address, "/readyz", &ready) == 200 ? PROCESS_READY : PROCESS_NOT_READY;
}

static bool look(struct top *top)
{
    bool is_any_there = false;

    for (size_t i = 0; i < top->count; i++) {
        look_at(top, &top->processes[i]);
        is_any_there |= top->processes[i].state != PROCESS_AWAY;
    }
    return is_any_there;
}

/* --- showing --- */

static int columns(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* False when nobody reads it any more. */
static bool show(const struct top *top)
{
    _cleanup_(buf_deinit) struct buf out;
    char time[TIME_RFC3339_SIZE];

    buf_init(&out, VIEW_MAX_BYTES);
    time_format_rfc3339(time_wall(), time);
    bool fits =
        (!top->is_live || buf_append_str(&out, "\x1b[H\x1b[J")) &&
        buf_printf(&out, "ocrmesh top  %s%s\n\n", time, top->is_live ? "  Ctrl-C ends it" : "") &&
        view_write(top->processes, top->count, top->is_live ? columns() : 0, &out);

    return fits && fwrite(out.data, 1, out.length, stdout) == out.length && fflush(stdout) == 0;
}

/* False when the process is to end. */
static bool pause_for(const sigset_t *signals, int64_t ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * NANOSECONDS_PER_MS};

    return sigtimedwait(signals, NULL, &time) < 0;
}

static int run_once(struct top *top, const sigset_t *signals)
{
    (void)look(top);
    if (!pause_for(signals, INTERVAL_ONCE_MS))
        return EXIT_FAILURE;
    bool is_any_there = look(top);
    return show(top) && is_any_there ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* On the terminal's other screen, without a cursor; both are put back. */
static int run_live(struct top *top, const sigset_t *signals)
{
    (void)fputs("\x1b[?1049h\x1b[?25l", stdout);
    (void)look(top);
    while (show(top) && pause_for(signals, INTERVAL_LIVE_MS))
        (void)look(top);
    (void)fputs("\x1b[?25h\x1b[?1049l", stdout);
    (void)fflush(stdout);
    return EXIT_SUCCESS;
}

/* --- arguments --- */

static bool add_process(struct top *top, const char *name, const char *address)
{
    if (top->count == PROCESSES_MAX)
        return false;
    top->processes[top->count++] = (struct process){.name = name, .address = address};
    return true;
}

/* "ocr=10.0.0.7:9051" */
static bool add_named(struct top *top, char *argument)
{
    static const char *const names[] = {"bridge", "ocr", "billing", "export", "chat"};
    char *equals = strchr(argument, '=');

    if (equals == NULL)
        return false;
    *equals = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (strcmp(argument, names[i]) == 0)
            return add_process(top, names[i], equals + 1);
    return false;
}

static void add_all(struct top *top, const struct settings *settings)
{
    (void)add_process(top, "bridge", settings->bridge);
    (void)add_process(top, "ocr", settings->ocr);
    (void)add_process(top, "billing", settings->billing);
    (void)add_process(top, "export", settings->export);
    (void)add_process(top, "chat", settings->chat);
}

static void top_deinit(struct top *top)
{
    for (size_t i = 0; i < top->count; i++) {
        sample_set_deinit(&top->processes[i].now);
        sample_set_deinit(&top->processes[i].before);
    }
    http_client_free(top->client);
}

int main(int argc, char **argv)
{
    static struct settings settings;
    _cleanup_(top_deinit) struct top top = {.is_live = isatty(STDOUT_FILENO) != 0};
    struct status st = {0};
    sigset_t signals;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help(stdout);
            return EXIT_SUCCESS;
        }
        if (strcmp(argv[i], "--once") == 0) {
            top.is_live = false;
        } else if (!add_named(&top, argv[i])) {
            print_help(stderr);
            return EXIT_USAGE;
        }
    }
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    if (config_load(entries, ARRAY_LENGTH(entries), &settings, &st) != STATUS_OK ||
        http_start(&st) != STATUS_OK) {
        (void)fprintf(stderr, "ocrmesh-top: %s\n", st.message);
        return EXIT_FAILURE;
    }
    if (top.count == 0)
        add_all(&top, &settings);
    top.client = http_client_new();
    if (top.client == NULL)
        return EXIT_FAILURE;
    return top.is_live ? run_live(&top, &signals) : run_once(&top, &signals);
}
