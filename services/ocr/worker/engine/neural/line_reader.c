#include "services/ocr/worker/engine/neural/line_reader.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/neural/openvino.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/engine/neural/line_reader_limits.h"
#include "services/ocr/worker/engine/neural/spans.h"
#include "services/ocr/worker/engine/neural/strip.h"

enum {
    STRIP_HEIGHT = 48,
    /* The network has been trained with batches this wide or wider, and weighs features by their
     * mean over the strip, what fills it up included. */
    STRIP_WIDTH_USUAL = 320,
    /* Short lines are tried in narrower batches first, which take less time. */
    STRIP_WIDTH_MIN = 64,
    /* Longer lines are squeezed: 100 times as long as high is no line of a page. */
    STRIP_WIDTH_MAX = 4800,
    /* A batch with other sides than any before takes half as long again, until all is prepared for
     * such ones: so there are few widths, and few counts. Multiples of this up to 320; of its
     * double up to 640, of four times it up to 1280 and so on. With coarser steps a page of 75 dpi
     * lost digits. */
    STRIP_WIDTH_STEP = 32,
    /* Of short lines as many are read at once, where there are so many of a width, else one: of
     * longer ones, what several have in between leaves the processor's cache. */
    BATCH_LINES = 4,
};

struct line_reader {
    struct network *network;
    struct classifier *classifier; /* NULL: the network gives a value for each label itself */
    char *characters;              /* the file's list, each character ended by NUL */
    const char **labels;           /* by label: blank, the characters, space */
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
    if (reader->classifier != NULL && classifier_labels(reader->classifier) != reader->label_count)
        return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                    "the recognition model names other characters than it tells apart");
    return STATUS_OK;
}

status_code line_reader_new(struct runtime *runtime, struct line_reader **ret_reader,
                            struct status *st)
{
    _cleanup_(line_reader_freep) struct line_reader *reader = calloc(1, sizeof(*reader));
    _cleanup_(classifier_layer_deinit) struct classifier_layer layer = {0};

    /* The probabilities of the labels that count are all that is wanted of a softmax over 18,710
     * of them: a seventh of the time that the network took. In bytes it takes a third less, with
     * the same text but for a space here and there (docs/speed.md). */
    bool has_classifier = classifier_is_supported();
    const struct onnx_rewrite rewrite = {
        .drops_softmax = true,
        .classifier = has_classifier ? &layer : NULL,
        .limits = line_reader_limits,
        .limit_count = openvino_has_fast_bytes() ? line_reader_limit_count : 0,
    };

    if (reader == NULL)
        return FAIL_MEMORY(st);
    TRY(network_load(runtime, "PP-OCRv6_rec_small.onnx", &rewrite, true, &reader->network, st));
    if (has_classifier)
        TRY(classifier_new(&layer, &reader->classifier, st));
    TRY(read_labels(reader, st));
    *ret_reader = TAKE(reader);
    return STATUS_OK;
}

void line_reader_free(struct line_reader *reader)
{
    if (reader == NULL)
        return;
    network_free(reader->network);
    classifier_free(reader->classifier);
    free(reader->characters);
    free(reader->labels);
    free(reader);
}

/* --- Batches --- */

/* A line and how wide its strip is. */
struct item {
    struct text_line *line;
    int32_t width;
    float certainty; /* of its least sure symbol, when it has been read; 1 in a wide batch */
};

static int compare_width(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    return (x->width > y->width) - (x->width < y->width);
}

static int32_t batch_width(int32_t width, int32_t width_min)
{
    int32_t step = STRIP_WIDTH_STEP;

    for (int32_t most = STRIP_WIDTH_USUAL; most < width; most *= 2)
        step *= 2;
    if (width < width_min)
        width = width_min;
    return (width + step - 1) / step * step;
}

/* How many of the items, which are sorted by width, go into the next batch. */
static size_t choose_batch(const struct item *items, size_t count, int32_t width_min)
{
    int32_t width = batch_width(items[0].width, width_min);
    bool are_alike = count >= BATCH_LINES && width <= STRIP_WIDTH_USUAL &&
                     batch_width(items[BATCH_LINES - 1].width, width_min) == width;

    return are_alike ? BATCH_LINES : 1;
}

/* How sure the least sure symbol is; 0 where there is none. */
static float least_probability(const struct ctc_symbol *symbols, size_t count)
{
    float least = count > 0 ? 1 : 0;

    for (size_t i = 0; i < count; i++)
        least = symbols[i].probability < least ? symbols[i].probability : least;
    return least;
}

/* What the network gives for a step: features, or a value for each label. */
static size_t values_of_step(const struct line_reader *reader)
{
    return reader->classifier != NULL ? classifier_inputs(reader->classifier) : reader->label_count;
}

static void choose_labels(struct line_reader *reader, const float *values, size_t steps,
                          struct ctc_step *ret_steps)
{
    if (reader->classifier != NULL)
        classifier_run(reader->classifier, values, steps, ret_steps);
    else
        ctc_choose(values, steps, reader->label_count, ret_steps);
}

static status_code read_batch(struct line_reader *reader, const struct raster *page,
                              struct item *items, size_t count, int32_t width_min,
                              struct arena *arena, struct arena *scratch, struct status *st)
{
    struct strip_batch batch = {
        .count = count,
        .width = batch_width(items[count - 1].width, width_min),
        .height = STRIP_HEIGHT,
    };
    const size_t sides[NETWORK_RANK_MAX] = {count, STRIP_CHANNELS, STRIP_HEIGHT,
                                            (size_t)batch.width};
    struct strip *strips = ARENA_NEW_ARRAY(scratch, struct strip, count);
    struct tensor output;

    batch.values = arena_alloc(scratch, sides[0] * sides[1] * sides[2] * sides[3] * sizeof(float));
    if (batch.values == NULL || strips == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < count; i++)
        if (!strip_write(page, items[i].line, items[i].width, &batch, i, scratch, &strips[i]))
            return FAIL_PAGE_TEXT(st);
    TRY(network_run(reader->network, batch.values, sides, st));
    TRY(network_output(reader->network, 0, &output, st));
    size_t steps = output.sides[1], values = output.sides[2];
    if (output.sides[0] != count || values != values_of_step(reader) || steps == 0)
        return FAIL(st, STATUS_INTERNAL, NULL, "text recognition gives other labels");
    struct ctc_step *seen = ARENA_NEW_ARRAY(scratch, struct ctc_step, steps);
    struct ctc_symbol *symbols = ARENA_NEW_ARRAY(scratch, struct ctc_symbol, steps);
    if (seen == NULL || symbols == NULL)
        return FAIL_PAGE_TEXT(st);
    for (size_t i = 0; i < count; i++) {
        choose_labels(reader, output.values + i * steps * values, steps, seen);
        size_t symbol_count = ctc_decode(seen, steps, symbols);
        if (!spans_of_line(symbols, symbol_count, reader->labels, &strips[i],
                           (float)batch.width / (float)steps, arena, items[i].line))
            return FAIL_PAGE_TEXT(st);
        items[i].certainty =
            batch.width < STRIP_WIDTH_USUAL ? least_probability(symbols, symbol_count) : 1;
    }
    return STATUS_OK;
}

/* Reads the items, which are sorted by width. */
static status_code read_items(struct line_reader *reader, const struct raster *page,
                              struct item *items, size_t count, int32_t width_min,
                              int64_t deadline_ns, struct arena *arena, struct arena *scratch,
                              struct status *st)
{
    for (size_t done = 0; done < count;) {
        size_t batch = choose_batch(items + done, count - done, width_min);
        if (time_mono() > deadline_ns)
            return FAIL(st, STATUS_DEADLINE_EXCEEDED, "PAGE_TIMEOUT",
                        "recognising the page took too long");
        arena_reset(scratch);
        TRY(read_batch(reader, page, items + done, batch, width_min, arena, scratch, st));
        done += batch;
    }
    return STATUS_OK;
}

/* Leaves the short lines that a narrow batch has left in doubt, to be read as usual: of 1,614 on 40
 * mixed pages 54 became other text in narrow batches, but none of which each symbol had 0.97. A
 * fifth of the short lines is read again. Returns how many. */
static size_t leave_uncertain(struct item *items, size_t count)
{
    const float certainty_min = 0.97f;
    size_t left = 0;

    for (size_t i = 0; i < count && items[i].width <= STRIP_WIDTH_USUAL; i++)
        if (items[i].certainty < certainty_min)
            items[left++] = items[i];
    return left;
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
        items[i] = (struct item){lines[i], strip_width(lines[i], STRIP_HEIGHT, STRIP_WIDTH_MAX), 0};
    qsort(items, count, sizeof(*items), compare_width);
    TRY(read_items(reader, page, items, count, STRIP_WIDTH_MIN, deadline_ns, arena, scratch, st));
    count = leave_uncertain(items, count);
    return read_items(reader, page, items, count, STRIP_WIDTH_USUAL, deadline_ns, arena, scratch,
                      st);
}
