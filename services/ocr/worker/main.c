/*
 * ocrmesh-ocr-worker: reads pages for the ocr service in a process of its own, so that a hostile
 * document meets neither the service's memory nor its network.
 *
 *   ocrmesh-ocr-worker --channel-fd 3          answers WorkerRequests on that socket until its end
 *   ocrmesh-ocr-worker --read FILE [--language L] [--tier T] [--format text|markdown|words]
 *                                             prints a file's text, for people
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <allheaders.h>

#include "lib/base/clock.h"
#include "services/ocr/worker/picture/pix_memory.h"
#include "services/ocr/worker/sandbox.h"
#include "services/ocr/worker/serve.h"

enum {
    /* Everything that is kept of one page: blocks, texts, messages. */
    PAGE_ARENA_MAX_BYTES = 512 << 20,
};

/* @may_write_files: as in sandbox.h. Afterwards the process is in its sandbox. */
static status_code worker_init(struct worker *worker, bool may_write_files, struct status *st)
{
    const char *models_paths[ENGINE_TIERS];
    size_t path_count = 0;
    struct status unused;
    uint32_t gaps;

    worker->recognizer = recognizer_new();
    worker->arena = arena_new(PAGE_ARENA_MAX_BYTES);
    if (worker->recognizer == NULL || worker->arena == NULL)
        return FAIL_MEMORY(st);
    TRY(recognizer_prepare(worker->recognizer, TIER_CPU, &models_paths[path_count++], st));
    /* Without it there are still the pages of the other tier. */
    path_count += recognizer_prepare(worker->recognizer, TIER_VLM, &models_paths[path_count],
                                     &unused) == STATUS_OK;
    TRY(sandbox_enter(models_paths, path_count, may_write_files, &gaps, st));
    if (gaps != 0)
        (void)fprintf(stderr, "ocrmesh-ocr-worker: runs without%s%s%s\n",
                      gaps & SANDBOX_WITHOUT_LANDLOCK ? " Landlock" : "",
                      gaps & SANDBOX_WITHOUT_SECCOMP ? " seccomp" : "",
                      gaps & SANDBOX_WITHOUT_LIMITS ? " limits" : "");
    return STATUS_OK;
}

static status_code open_file(const char *path, int *ret_fd, struct status *st)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return FAIL(st, STATUS_NOT_FOUND, NULL, "%s: %s", path, strerror(errno));
    *ret_fd = fd;
    return STATUS_OK;
}

/* What is printed of a page. */
typedef enum { FORMAT_TEXT, FORMAT_MARKDOWN, FORMAT_WORDS } output_format;

/* A line a word, with the engine's own confidence; an empty one after each line of the page. */
static void print_words(const struct page *page)
{
    static const char *const kinds[] = {
        [CONFIDENCE_CALIBRATED] = "calibrated",
        [CONFIDENCE_TESSERACT] = "tesseract",
        [CONFIDENCE_NETWORKS] = "networks",
    };

    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++) {
            const struct line *line = &page->blocks[b].lines[l];
            for (size_t w = 0; w < line->word_count; w++)
                (void)printf("%s\t%.4f\t%s\n", kinds[line->words[w].confidence_kind],
                             (double)line->words[w].confidence, line->words[w].text);
            (void)printf("\n");
        }
}

/* @fd: taken. */
static status_code print_document(struct worker *worker, int fd, engine_tier tier,
                                  const char *language, output_format format, struct status *st)
{
    TRY(worker_open_document(worker, fd, 0, st));
    for (uint32_t i = 0; i < decoder_page_count(worker->decoder); i++) {
        const struct recognize_request request = {.page_index = i,
                                                  .tier = tier,
                                                  .language = language,
                                                  .is_uncalibrated = format == FORMAT_WORDS};
        const struct engine_class *engine_class;
        struct page page;
        int64_t start = time_mono();
        TRY(worker_read_page(worker, &request, &page, &engine_class, st));
        if (format == FORMAT_WORDS)
            print_words(&page);
        else
            (void)printf("%s\n", format == FORMAT_MARKDOWN ? page.markdown : page.text);
        (void)fprintf(stderr,
                      "page %u: %ux%u, %.0f dpi, %s %s, %s, confidence %.3f, %" PRId64 " ms\n",
                      i + 1, page.width, page.height, (double)page.dpi, page.language, page.script,
                      page.source == TEXT_FROM_LAYER ? "text layer" : "recognized",
                      (double)page.mean_confidence, (time_mono() - start) / NANOSECONDS_PER_MS);
        for (size_t w = 0; w < page.warning_count; w++)
            (void)fprintf(stderr, "page %u: %s\n", i + 1, page.warnings[w]);
    }
    return STATUS_OK;
}

static int usage(FILE *out, int code)
{
    (void)fprintf(out, "usage: ocrmesh-ocr-worker --channel-fd N\n"
                       "       ocrmesh-ocr-worker --read FILE [--language CODE] [--tier cpu|vlm]\n"
                       "           [--format text|markdown|words]\n");
    return code;
}

/* One thread a worker: more only fight for the cores, at several times the cost. libgomp reads its
 * limit when it is loaded, before main(), so that the program starts itself anew with it. */
static void use_one_thread(char **argv)
{
    const char *limit = getenv("OMP_THREAD_LIMIT");

    if (limit != NULL && strcmp(limit, "1") == 0)
        return;
    (void)setenv("OMP_THREAD_LIMIT", "1", 1);
    (void)execv("/proc/self/exe", argv);
    (void)fprintf(stderr, "ocrmesh-ocr-worker: more than one thread will be used: %s\n",
                  strerror(errno));
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"channel-fd", required_argument, NULL, 'c'},
        {"read", required_argument, NULL, 'r'},
        {"language", required_argument, NULL, 'l'},
        {"tier", required_argument, NULL, 't'},
        {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    _cleanup_(worker_deinit) struct worker worker = {0};
    const char *path = NULL;
    const char *language = "auto";
    engine_tier tier = TIER_CPU;
    output_format format = FORMAT_TEXT;
    int64_t channel_fd = -1;
    struct status st;

    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'c' && str_to_int64(str_of(optarg), &channel_fd) && channel_fd <= INT32_MAX)
            continue;
        if (option == 'r')
            path = optarg;
        else if (option == 'l')
            language = optarg;
        else if (option == 't' && strcmp(optarg, "vlm") == 0)
            tier = TIER_VLM;
        else if (option == 't' && strcmp(optarg, "cpu") == 0)
            tier = TIER_CPU;
        else if (option == 'f' && strcmp(optarg, "markdown") == 0)
            format = FORMAT_MARKDOWN;
        else if (option == 'f' && strcmp(optarg, "text") == 0)
            format = FORMAT_TEXT;
        else if (option == 'f' && strcmp(optarg, "words") == 0)
            format = FORMAT_WORDS;
        else
            return usage(option == 'h' ? stdout : stderr, option == 'h' ? 0 : 2);
    }
    if ((channel_fd >= 0) == (path != NULL))
        return usage(stderr, 2);

    use_one_thread(argv);
    (void)setMsgSeverity(L_SEVERITY_NONE);
    pix_memory_use();
    int fd = -1;
    status_code code = path != NULL ? open_file(path, &fd, &st) : STATUS_OK;
    if (code == STATUS_OK)
        code = worker_init(&worker, path != NULL, &st);
    if (code == STATUS_OK)
        code = path != NULL ? print_document(&worker, fd, tier, language, format, &st)
                            : worker_serve(&worker, (int)channel_fd, &st);
    if (code == STATUS_OK)
        return 0;
    (void)fprintf(stderr, "ocrmesh-ocr-worker: %s\n", st.message);
    return 1;
}
