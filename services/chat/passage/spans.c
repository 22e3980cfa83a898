#include "services/chat/passage/spans.h"

#include "services/chat/passage/word_estimate.h"
#include "services/chat/text/sentences.h"

struct cutting {
    struct passage_span *spans;
    size_t count; /* those that have ended */
    size_t words_wanted;
    size_t words; /* of the one that is being made */
};

static void end_span(struct cutting *cutting)
{
    cutting->count++;
    cutting->words = 0;
}

/* A sentence that would make a span too long begins the next one. The last span takes all. */
static void add_sentence(struct cutting *cutting, uint32_t offset, struct str sentence)
{
    size_t words = word_estimate(sentence);
    size_t words_max = cutting->words_wanted + cutting->words_wanted / 4;

    if (words == 0)
        words = 1;
    if (cutting->words > 0 && cutting->words + words > words_max &&
        cutting->count < PASSAGE_SPANS_MAX - 1)
        end_span(cutting);
    struct passage_span *span = &cutting->spans[cutting->count];
    if (cutting->words == 0)
        span->offset = offset;
    span->length = offset + (uint32_t)sentence.n - span->offset;
    cutting->words += words;
    if (cutting->words >= cutting->words_wanted && cutting->count < PASSAGE_SPANS_MAX - 1)
        end_span(cutting);
}

static status_code add_piece(struct cutting *cutting, const struct passage *passage,
                             uint32_t offset, size_t length, struct arena *arena, struct status *st)
{
    const struct str text = {passage->text.p + offset, length};
    const struct sentence *sentences;
    size_t count;

    TRY(sentences_cut(text, passage->language, arena, &sentences, &count, st));
    for (size_t i = 0; i < count; i++)
        add_sentence(cutting, offset + sentences[i].offset,
                     (struct str){text.p + sentences[i].offset, sentences[i].length});
    return STATUS_OK;
}

status_code passage_spans_cut(const struct passage *passage, size_t limit_bytes,
                              struct arena *arena,
                              struct passage_span ret_spans[static PASSAGE_SPANS_MAX],
                              size_t *ret_count, struct status *st)
{
    size_t text_bytes = passage->text.n < limit_bytes ? passage->text.n : limit_bytes;
    size_t words = word_estimate((struct str){passage->text.p, text_bytes});
    struct cutting cutting = {ret_spans, 0, PASSAGE_SPAN_WORDS, 0};

    if (words > (size_t)PASSAGE_SPAN_WORDS * PASSAGE_SPANS_MAX)
        cutting.words_wanted = (words + PASSAGE_SPANS_MAX - 1) / PASSAGE_SPANS_MAX;
    for (size_t i = 0; i < passage->piece_count; i++) {
        const struct passage_piece *piece = &passage->pieces[i];
        if (piece->offset >= text_bytes)
            break;
        size_t length = text_bytes - piece->offset;
        if (length > piece->length)
            length = piece->length;
        TRY(add_piece(&cutting, passage, piece->offset, length, arena, st));
    }
    if (cutting.words > 0)
        end_span(&cutting);
    if (cutting.count == 0)
        ret_spans[cutting.count++] = (struct passage_span){0, (uint32_t)text_bytes};
    *ret_count = cutting.count;
    return STATUS_OK;
}
