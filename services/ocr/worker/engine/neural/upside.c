#include "services/ocr/worker/engine/neural/upside.h"

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/engine/neural/strip.h"

enum {
    STRIP_HEIGHT = 48,
    STRIP_WIDTH = 192,
    BATCH_LINES = 8,
    LABELS = 2, /* upright, on its head */
};

struct upside {
    struct network *network;
};

status_code upside_new(struct runtime *runtime, struct upside **ret_upside, struct status *st)
{
    _cleanup_(upside_freep) struct upside *upside = calloc(1, sizeof(*upside));

    if (upside == NULL)
        return FAIL_MEMORY(st);
    TRY(network_load(runtime, "ch_ppocr_mobile_v2.0_cls_mobile.onnx", NULL, false, &upside->network,
                     st));
    *ret_upside = TAKE(upside);
    return STATUS_OK;
}

void upside_free(struct upside *upside)
{
    if (upside == NULL)
        return;
    network_free(upside->network);
    free(upside);
}

/* The part of a line that fills a strip: squeezed, letters lose what tells up from down. */
static struct text_line part_of(const struct text_line *line)
{
    float part = text_line_height(line) * STRIP_WIDTH / STRIP_HEIGHT / text_line_length(line);
    struct text_line first = *line;

    if (part < 1)
        text_line_part(line, 0, part, first.corners);
    return first;
}

static status_code classify_batch(struct upside *upside, const struct raster *page,
                                  const struct text_line *lines, size_t count, struct arena *arena,
                                  float *ret_probabilities, struct status *st)
{
    struct strip_batch batch = {
        .values = ARENA_NEW_ARRAY(arena, float, count *STRIP_CHANNELS *STRIP_HEIGHT *STRIP_WIDTH),
        .count = count,
        .width = STRIP_WIDTH,
        .height = STRIP_HEIGHT,
    };
    const size_t sides[NETWORK_RANK_MAX] = {count, STRIP_CHANNELS, STRIP_HEIGHT, STRIP_WIDTH};
    struct tensor probabilities;
    struct strip strip;

    for (size_t i = 0; i < count; i++) {
        const struct text_line part = part_of(&lines[i]);
        if (batch.values == NULL ||
            !strip_write(page, &part, strip_width(&part, STRIP_HEIGHT, STRIP_WIDTH), &batch, i,
                         arena, &strip))
            return FAIL_PAGE_MEMORY(st);
    }
    TRY(network_run(upside->network, batch.values, sides, st));
    TRY(network_output(upside->network, 0, &probabilities, st));
    if (probabilities.sides[0] != count || probabilities.sides[1] != LABELS)
        return FAIL(st, STATUS_INTERNAL, NULL, "line orientation gives other labels");
    for (size_t i = 0; i < count; i++)
        ret_probabilities[i] = probabilities.values[i * LABELS + 1];
    return STATUS_OK;
}

status_code upside_classify(struct upside *upside, const struct raster *page,
                            const struct text_line *lines, size_t count, struct arena *arena,
                            float *ret_probabilities, struct status *st)
{
    for (size_t i = 0; i < count; i += BATCH_LINES) {
        size_t batch = count - i < BATCH_LINES ? count - i : BATCH_LINES;
        TRY(classify_batch(upside, page, lines + i, batch, arena, ret_probabilities + i, st));
    }
    return STATUS_OK;
}
