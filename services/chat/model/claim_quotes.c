#include "services/chat/model/claim_quotes.h"

#include <string.h>

#include "services/chat/text/folded_find.h"

enum {
    /* Of a quote that stands for the sentence. */
    QUOTE_BYTES_MIN = 8,
    /* In quotation marks: less is a word that is spoken of. */
    QUOTATION_BYTES_MIN = 12,
};

/* What ends a sentence, at the end of a quote, may be the model's. */
static bool find(const struct passage *passage, struct str quote, size_t *ret_offset,
                 size_t *ret_length)
{
    bool is_found = folded_find(passage->text, quote, ret_offset, ret_length);

    while (!is_found && quote.n > 0 && strchr(".,;:", quote.p[quote.n - 1]) != NULL) {
        quote.n--;
        is_found = folded_find(passage->text, quote, ret_offset, ret_length);
    }
    return is_found;
}

static status_code stands_in(struct given *given, uint32_t number, struct str quote,
                             bool *ret_stands, struct status *st)
{
    const struct given_passage *passage;
    size_t offset, length;

    TRY(given_passage(given, number, &passage, st));
    *ret_stands = find(passage->passage, quote, &offset, &length);
    return STATUS_OK;
}

status_code claim_quote_stands(struct given *given, const struct claim *claim, struct str text,
                               bool *ret_stands, struct status *st)
{
    *ret_stands = false;
    for (size_t i = 0; i < claim->mark_count && !*ret_stands; i++)
        TRY(stands_in(given, claim->marks[i].number, text, ret_stands, st));
    return STATUS_OK;
}

/* What stands between the first `open` and the next `close` of *rest, which is left behind it. */
static bool next_quotation(struct str *rest, const char *open, const char *close,
                           struct str *ret_quotation)
{
    const char *end = rest->p + rest->n;
    const char *start = memmem(rest->p, rest->n, open, strlen(open));

    if (start == NULL)
        return false;
    start += strlen(open);
    const char *stop = memmem(start, (size_t)(end - start), close, strlen(close));
    if (stop == NULL)
        return false;
    *ret_quotation = (struct str){start, (size_t)(stop - start)};
    *rest = (struct str){stop + strlen(close), 0};
    rest->n = (size_t)(end - rest->p);
    return true;
}

static status_code quotations_stand(struct given *given, const struct claim *claim, bool *ret_stand,
                                    struct status *st)
{
    static const struct {
        const char *open, *close;
    } signs[] = {{"\"", "\""},
                 {"\u201c", "\u201d"},
                 {"\u201e", "\u201c"},
                 {"\u00ab", "\u00bb"},
                 {"\u300c", "\u300d"}};

    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++) {
        struct str rest = claim->text, quotation;
        while (*ret_stand && next_quotation(&rest, signs[i].open, signs[i].close, &quotation))
            if (quotation.n >= QUOTATION_BYTES_MIN)
                TRY(claim_quote_stands(given, claim, quotation, ret_stand, st));
    }
    return STATUS_OK;
}

status_code claim_quotes_stand(struct given *given, const struct claim *claim, bool *ret_stand,
                               struct status *st)
{
    *ret_stand = true;
    for (size_t i = 0; i < claim->mark_count && *ret_stand; i++)
        if (claim->marks[i].quote.n > 0)
            TRY(stands_in(given, claim->marks[i].number, claim->marks[i].quote, ret_stand, st));
    return quotations_stand(given, claim, ret_stand, st);
}

/* The units that a stretch of a passage's text touches, together. */
static struct claim_ground units_of(const struct given_passage *passage, size_t offset,
                                    size_t length)
{
    uint32_t start = (uint32_t)offset, end = (uint32_t)(offset + length);

    for (size_t i = 0; i < passage->unit_count; i++) {
        uint32_t unit = passage->units[i].offset, unit_end = unit + passage->units[i].length;
        if (unit >= offset + length || unit_end <= offset)
            continue;
        start = unit < start ? unit : start;
        end = unit_end > end ? unit_end : end;
    }
    return (struct claim_ground){passage, start, end - start};
}

/* A citation is of one block, or row. */
static bool is_of_one_piece(const struct claim_ground *ground)
{
    const struct passage *passage = ground->passage->passage;

    for (size_t i = 0; i < passage->piece_count; i++)
        if (ground->offset >= passage->pieces[i].offset &&
            ground->offset + ground->length <=
                passage->pieces[i].offset + passage->pieces[i].length)
            return true;
    return false;
}

static bool has_ground(const struct claim_ground *grounds, size_t count,
                       const struct claim_ground *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (grounds[i].passage == wanted->passage && grounds[i].offset == wanted->offset)
            return true;
    return false;
}

status_code claim_quotes_find(struct given *given, const struct claim *claim,
                              struct claim_ground ret_grounds[static CLAIM_MARKS_MAX],
                              size_t *ret_count, struct status *st)
{
    *ret_count = 0;
    for (size_t i = 0; i < claim->mark_count; i++) {
        const struct claim_mark *mark = &claim->marks[i];
        const struct given_passage *passage;
        size_t offset, length;
        if (!given_has(given, mark->number) || mark->quote.n < QUOTE_BYTES_MIN)
            continue;
        TRY(given_passage(given, mark->number, &passage, st));
        if (!find(passage->passage, mark->quote, &offset, &length))
            continue;
        struct claim_ground ground = units_of(passage, offset, length);
        if (is_of_one_piece(&ground) && !has_ground(ret_grounds, *ret_count, &ground))
            ret_grounds[(*ret_count)++] = ground;
    }
    return STATUS_OK;
}
