#include "services/ocr/worker/engine/neural/line_reader.h"

#include <string.h>

#include "lib/base/clock.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/engine/neural/line_reader_limits.h"
#include "services/ocr/worker/engine/neural/spans.h"
#include "services/ocr/worker/engine/neural/strip.h"

enum {
    STRIP_HEIGHT = 48,
    /* Narrower batches are filled up: the network has seen no narrower ones. */
    STRIP_WIDTH_MIN = 320,
    /* Longer lines are squeezed: 100 times as long as high is no line of a page. */
    STRIP_WIDTH_MAX = 4800,
    /* Batches are a multiple of it wide, so that sizes come again and what was prepared for them
     * serves again. */
    STRIP_WIDTH_STEP = 32,
    BATCH_LINES_MAX = 8,
    /* Of all strips of a batch: each 8 pixels give 75 kB of logits. */
    BATCH_PIXELS_MAX = 3200,
};

struct line_reader {
    struct network *network;
    char *characters;    /* the file's list, each character ended by NUL */
    const char **labels; /* by label: blank, the characters, space */
    size_t label_count;
};

/* Splits the list of characters, one a line, into labels. */
static status_code read_labels(struct line_reader *reader, struct status *st)
{
    const char *list = network_metadata(reader->network, "character");
    size_t count = 1;

    if (list == NULL || list[0] == '\0')
        return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                    "the recognition model does not name its characters");
    reader->characters = strdup(list);
    for (const char *c = list; *c != '\0'; c++)
        count += *c == '\n';
    reader->labels = calloc(count + 2, sizeof(*reader->labels));
    if (reader->characters == NULL || reader->labels == NULL)
        return FAIL_MEMORY(st);
    reader->labels[reader->label_count++] = ""; /* CTC_BLANK */
    for (char *rest = reader->characters, *one; (one = strsep(&rest, "\n")) != NULL;)
        reader->labels[reader->label_count++] = one;
    reader->labels[reader->label_count++] = " ";
    return STATUS_OK;
}

status_code line_reader_new(struct runtime *runtime, struct line_reader **ret_reader,
                            struct status *st)
{
    _cleanup_(line_reader_freep) struct line_reader *reader = calloc(1, sizeof(*reader));

    /* The probabilities of the labels that count are all that is wanted of a softmax over 18,710
     * of them: a seventh of the time that the network took. In bytes it takes a third less, with
     * the same text but for a space here and there (docs/speed.md). */
    const struct onnx_rewrite rewrite = {
        .drops_softmax = true,
        .limits = line_reader_limits,
        .limit_count = runtime_has_fast_bytes() ? line_reader_limit_count : 0,
    };

    if (reader == NULL)
        return FAIL_MEMORY(st);
    TRY(network_load(runtime, "PP-OCRv6_rec_small.onnx", &rewrite, &reader->network, st));
    TRY(read_labels(reader, st));
    *ret_reader = TAKE(reader);
    return STATUS_OK;
}

void line_reader_free(struct line_reader *reader)
{
    if (reader == NULL)
        return;
    network_free(reader->network);
    free(reader->characters);
    free(reader->labels);
    free(reader);
}

/* --- Batches --- */

/* A line and how wide its strip is. */
struct item {
    struct text_line *line;
    int32_t width;
};

static int compare_width(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    return (x->width > y->width) - (x->width < y->width);
}

static int32_t batch_width(int32_t widest)
{
    int32_t width = widest < STRIP_WIDTH_MIN ? STRIP_WIDTH_MIN : widest;

    return (width + STRIP_WIDTH_STEP - 1) / STRIP_WIDTH_STEP * STRIP_WIDTH_STEP;
}

/* How many of the items, which are sorted by width, go into the next batch. */
static size_t choose_batch(const struct item *items, size_t count)
{
    size_t batch = 1;

    while (batch < count && batch < BATCH_LINES_MAX &&
           (size_t)batch_width(items[batch].width) * (batch + 1) <= BATCH_PIXELS_MAX)
        batch++;
    return batch;
}

static status_code read_batch(struct line_reader *reader, const struct raster *page,
                              const struct item *items, size_t count, struct arena *arena,
                              struct arena *scratch, struct status *st)
{
    struct strip_batch batch = {
        .count = count,
        .width = batch_width(items[count - 1].width),
        .height = STRIP_HEIGHT,
    };
    const size_t sides[NETWORK_RANK_MAX] = {count, STRIP_CHANNELS, STRIP_HEIGHT,
                                            (size_t)batch.width};
    struct strip *strips = ARENA_NEW_ARRAY(scratch, struct strip, count);
    struct tensor logits;

    batch.values = arena_alloc(scratch, sides[0] * sides[1] * sides[2] * sides[3] * sizeof(float));
    if (batch.values == NULL || strips == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < count; i++)
        if (!strip_write(page, items[i].line, items[i].width, &batch, i, scratch, &strips[i]))
            return FAIL_PAGE_TEXT(st);
    TRY(network_run(reader->network, batch.values, sides, st));
    TRY(network_output(reader->network, 0, &logits, st));
    size_t steps = logits.sides[1], labels = logits.sides[2];
    if (logits.sides[0] != count || labels != reader->label_count || steps == 0)
        return FAIL(st, STATUS_INTERNAL, NULL, "text recognition gives other labels");
    struct ctc_symbol *symbols = ARENA_NEW_ARRAY(scratch, struct ctc_symbol, steps);
    if (symbols == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < count; i++) {
        size_t symbol_count =
            ctc_decode(logits.values + i * steps * labels, steps, labels, symbols);
        if (!spans_of_line(symbols, symbol_count, reader->labels, &strips[i],
                           (float)batch.width / (float)steps, arena, items[i].line))
            return FAIL_PAGE_TEXT(st);
    }
    return STATUS_OK;
}

status_code line_reader_read(struct line_reader *reader, const struct raster *page,
                             struct text_line *const *lines, size_t count, int64_t deadline_ns,
                             struct arena *arena, struct status *st)
{
    enum { SCRATCH_MAX_BYTES = 256 << 20 };
    _cleanup_(arena_freep) struct arena *scratch = arena_new(SCRATCH_MAX_BYTES);
    struct item *items = ARENA_NEW_ARRAY(arena, struct item, count + 1);

    if (scratch == NULL || items == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct item){lines[i], strip_width(lines[i], STRIP_HEIGHT, STRIP_WIDTH_MAX)};
    qsort(items, count, sizeof(*items), compare_width);
    for (size_t done = 0; done < count;) {
        size_t batch = choose_batch(items + done, count - done);
        if (time_mono() > deadline_ns)
            return FAIL(st, STATUS_DEADLINE_EXCEEDED, "PAGE_TIMEOUT",
                        "recognising the page took too long");
        arena_reset(scratch);
        TRY(read_batch(reader, page, items + done, batch, arena, scratch, st));
        done += batch;
    }
    return STATUS_OK;
}
