#include "services/ocr/worker/calibration.h"

#include "services/ocr/worker/calibration_table.h"

/* Straight between the points of a table, level beyond its ends. */
static float interpolated(const struct calibration_point *points, size_t count, float confidence)
{
    size_t next = 0;

    while (next < count && points[next].confidence <= confidence)
        next++;
    if (next == 0)
        return points[0].probability;
    if (next == count)
        return points[count - 1].probability;
    const struct calibration_point *a = &points[next - 1], *b = &points[next];
    float part = (confidence - a->confidence) / (b->confidence - a->confidence);
    return a->probability + part * (b->probability - a->probability);
}

float calibration_of(confidence_kind kind, float confidence)
{
    switch (kind) {
    case CONFIDENCE_TESSERACT:
        return interpolated(calibration_tesseract, ARRAY_LENGTH(calibration_tesseract), confidence);
    case CONFIDENCE_NETWORKS:
        return interpolated(calibration_networks, ARRAY_LENGTH(calibration_networks), confidence);
    default:
        return confidence;
    }
}

static bool apply_to_line(struct line *line)
{
    bool is_changed = false;

    for (size_t i = 0; i < line->word_count; i++) {
        struct word *word = &line->words[i];
        is_changed |= word->confidence_kind != CONFIDENCE_CALIBRATED;
        word->confidence = calibration_of(word->confidence_kind, word->confidence);
        word->confidence_kind = CONFIDENCE_CALIBRATED;
    }
    return is_changed;
}

bool calibration_apply(struct page *page)
{
    bool is_changed = false;

    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++)
            is_changed |= apply_to_line(&page->blocks[b].lines[l]);
    return is_changed;
}
