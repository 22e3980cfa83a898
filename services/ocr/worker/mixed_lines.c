#include "services/ocr/worker/mixed_lines.h"

#include "services/ocr/worker/layout.h"
#include "services/ocr/worker/line_cut.h"
#include "services/ocr/worker/line_quality.h"
#include "services/ocr/worker/lookalikes.h"
#include "services/ocr/worker/mixed_words.h"
#include "services/ocr/worker/normalize.h"

enum {
    /* Shorter lines are numbers and marks. */
    LETTERS_MIN = 3,
};

/* Of the letters of a line. Measured on Russian, Korean and Japanese pages: lines in their own
 * language 0.8 to 0.97, English ones 0.2 to 0.7. */
static const float confidence_poor = 0.75f;

/* Of words in Latin letters, on average, for a line to be taken. */
static const float confidence_latin = 0.7f;

/* By which a line must be surer: a word of twenty by a fifth. */
static const float margin = 0.01f;

static bool is_poor(const struct line *line)
{
    size_t letters;
    float confidence = line_quality(line, &letters);

    return letters >= LETTERS_MIN && confidence < confidence_poor;
}

static bool has_poor_word(const struct line *line)
{
    for (size_t w = 0; w < line->word_count; w++)
        if (mixed_words_is_poor(&line->words[w]))
            return true;
    return false;
}

/* Most words, not lines: each of these may have a word in it that no other line is as poor for. */
static bool is_poor_as_a_rule(const struct page *page)
{
    size_t words = 0, poor = 0;

    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++) {
            const struct line *line = &page->blocks[b].lines[l];
            for (size_t w = 0; w < line->word_count; w++) {
                words++;
                poor += line->words[w].confidence < confidence_poor;
            }
        }
    return poor * 2 > words;
}

/* The fullest line of what was found; NULL: there is none. */
static struct line *fullest(const struct page *found)
{
    struct line *best = NULL;

    for (size_t b = 0; b < found->block_count; b++)
        for (size_t l = 0; l < found->blocks[b].line_count; l++)
            if (best == NULL || found->blocks[b].lines[l].word_count > best->word_count)
                best = &found->blocks[b].lines[l];
    return best;
}

static void move_words(struct line *line, int32_t x, int32_t y)
{
    for (size_t w = 0; w < line->word_count; w++) {
        struct bbox *box = &line->words[w].bbox;
        *box = (struct bbox){box->x0 + x, box->y0 + y, box->x1 + x, box->y1 + y};
    }
}

/* A piece of a line may be sure, and letters of any script look like capitals to the second model,
 * but it is not sure of them. */
static bool is_surer(const struct line *found, const struct line *line)
{
    size_t letters, found_letters, latin_words = 0;
    double latin_sum = 0;

    for (size_t w = 0; w < found->word_count; w++)
        if (lookalikes_count_latin(found->words[w].text, "") > 0) {
            latin_sum += (double)found->words[w].confidence;
            latin_words++;
        }
    float confidence = line_quality(line, &letters);
    float found_confidence = line_quality(found, &found_letters);
    return found_confidence > confidence + margin && found_letters * 3 >= letters * 2 &&
           latin_sum >= (double)confidence_latin * (double)latin_words;
}

status_code mixed_lines_read_line(const struct mixed_lines *how, struct arena *arena,
                                  const struct line *line, struct line **ret_found,
                                  struct status *st)
{
    _cleanup_(image_freep) struct image *image = NULL;
    struct engine_job job = {
        .models = how->models, .layout = LAYOUT_LINE, .deadline_ns = how->deadline_ns};
    struct page found;
    struct line_cut cut;
    uint32_t turns;

    TRY(line_cut(how->image, layout_line_box(line), &cut, st));
    image = cut.image;
    job.image = image;
    page_begin(&found, arena);
    found.width = image->width;
    found.height = image->height;
    found.dpi = image->dpi;
    TRY(how->engine_class->read(how->engine, &job, &found, &turns, st));
    *ret_found = fullest(&found);
    if (*ret_found != NULL)
        move_words(*ret_found, cut.x, cut.y);
    return STATUS_OK;
}

static status_code read_line(const struct mixed_lines *how, struct arena *arena, struct line *line,
                             struct status *st)
{
    struct line *other;

    TRY(mixed_lines_read_line(how, arena, line, &other, st));
    if (other == NULL)
        return STATUS_OK;
    if (is_poor(line) && is_surer(other, line)) {
        line->words = other->words;
        line->word_count = other->word_count;
        line->word_capacity = other->word_capacity;
        return STATUS_OK;
    }
    return mixed_words_merge(line, other, how->script, arena, st);
}

status_code mixed_lines_read(const struct mixed_lines *how, struct page *page, struct status *st)
{
    if (is_poor_as_a_rule(page))
        return STATUS_OK;
    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++) {
            struct line *line = &page->blocks[b].lines[l];
            if (line->direction == DIRECTION_TOP_TO_BOTTOM ||
                (!is_poor(line) && !has_poor_word(line)))
                continue;
            status_code code = read_line(how, page->arena, line, st);
            if (code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED)
                return STATUS_OK;
            TRY(code);
        }
    return STATUS_OK;
}
