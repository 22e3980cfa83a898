#include "services/chat/embed/pieces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/utf8.h>

#include "lib/base/cleanup.h"
#include "lib/base/utf8.h"

enum {
    TEXT_MAX_BYTES = 64 << 10,
    SPACE_SIGN = 0x2581, /* LOWER ONE EIGHTH BLOCK */
};

/* How much worse the unknown piece is than the worst known one, as SentencePiece has it. */
#define UNKNOWN_PENALTY 10.0F

/* What a code point is replaced with. */
struct rule {
    uint32_t from;
    uint32_t output; /* in rule_outputs */
    uint32_t output_count;
};

struct pieces {
    const struct pack *pack; /* borrowed */
    uint32_t *slots;         /* number of a piece plus one, by hash; 0: none */
    uint32_t slot_mask;
    size_t piece_max_bytes;
    float unknown_score;
    struct rule *rules; /* by code point */
    uint32_t *rule_outputs;
};

static uint32_t uint32_at(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

static float score_of(const struct pack *pack, uint32_t number)
{
    float score;

    memcpy(&score, pack->piece_scores + 4 * (size_t)number, sizeof(score));
    return score;
}

static struct str bytes_of(const struct pack *pack, uint32_t number)
{
    uint32_t begin = uint32_at(pack->piece_offsets + 4 * (size_t)number);
    uint32_t end = uint32_at(pack->piece_offsets + 4 * ((size_t)number + 1));

    return (struct str){pack->piece_bytes.p + begin, end - begin};
}

/* --- the vocabulary --- */

/* FNV-1a (G. Fowler, L. Noll, K.-P. Vo). */
static uint32_t hash_of(struct str text)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < text.n; i++)
        hash = (hash ^ (uint8_t)text.p[i]) * 16777619U;
    return hash;
}

/* The number of a piece; the unknown one when there is none. */
static uint32_t look_up(const struct pieces *pieces, struct str text)
{
    uint32_t slot = hash_of(text) & pieces->slot_mask;

    for (; pieces->slots[slot] != 0; slot = (slot + 1) & pieces->slot_mask)
        if (str_equal(bytes_of(pieces->pack, pieces->slots[slot] - 1), text))
            return pieces->slots[slot] - 1;
    return pieces->pack->unknown_piece;
}

static status_code read_pieces(struct pieces *pieces, struct status *st)
{
    const struct pack *pack = pieces->pack;
    uint32_t slot_count = 1;
    float worst = 0;

    while (slot_count < 2 * pack->piece_count)
        slot_count *= 2;
    pieces->slot_mask = slot_count - 1;
    pieces->slots = calloc(slot_count, sizeof(*pieces->slots));
    if (pieces->slots == NULL)
        return FAIL_MEMORY(st);
    for (uint32_t i = 0; i < pack->piece_count; i++) {
        struct str text = bytes_of(pack, i);
        float score = score_of(pack, i);
        uint32_t slot = hash_of(text) & pieces->slot_mask;

        /* Signs such as the beginning of a text, which no text may spell, have no score. */
        if (text.n == 0 || !(score < 0))
            continue;
        worst = fminf(worst, score);
        pieces->piece_max_bytes =
            text.n > pieces->piece_max_bytes ? text.n : pieces->piece_max_bytes;
        while (pieces->slots[slot] != 0)
            slot = (slot + 1) & pieces->slot_mask;
        pieces->slots[slot] = i + 1;
    }
    pieces->unknown_score = worst - UNKNOWN_PENALTY;
    return STATUS_OK;
}

/* Each rule: code point, how many replace it (one byte), those; four bytes a code point. */
static status_code read_rules(struct pieces *pieces, struct status *st)
{
    const struct pack *pack = pieces->pack;
    const uint8_t *at = (const uint8_t *)pack->rules.p;
    const uint8_t *end = at + pack->rules.n;
    uint32_t output_count = 0;

    /* No rule is shorter than 5 bytes, and no output than 4. */
    if (pack->rule_count > pack->rules.n / 5)
        return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                    "the embedding model's vocabulary is broken");
    pieces->rules = calloc(pack->rule_count + 1, sizeof(*pieces->rules));
    pieces->rule_outputs = calloc(pack->rules.n / 4 + 1, sizeof(*pieces->rule_outputs));
    if (pieces->rules == NULL || pieces->rule_outputs == NULL)
        return FAIL_MEMORY(st);
    for (uint32_t i = 0; i < pack->rule_count; i++) {
        struct rule *rule = &pieces->rules[i];

        if (end - at < 5 || end - at < 5 + 4 * (ptrdiff_t)at[4] ||
            (i > 0 && uint32_at(at) <= rule[-1].from))
            return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                        "the embedding model's vocabulary is broken");
        *rule = (struct rule){uint32_at(at), output_count, at[4]};
        at += 5;
        for (uint32_t k = 0; k < rule->output_count; k++, at += 4)
            pieces->rule_outputs[output_count++] = uint32_at(at);
    }
    return STATUS_OK;
}

status_code pieces_new(const struct pack *pack, struct pieces **ret_pieces, struct status *st)
{
    _cleanup_(pieces_freep) struct pieces *pieces = calloc(1, sizeof(*pieces));

    if (pieces == NULL)
        return FAIL_MEMORY(st);
    pieces->pack = pack;
    TRY(read_pieces(pieces, st));
    TRY(read_rules(pieces, st));
    *ret_pieces = TAKE(pieces);
    return STATUS_OK;
}

void pieces_free(struct pieces *pieces)
{
    if (pieces == NULL)
        return;
    free(pieces->slots);
    free(pieces->rules);
    free(pieces->rule_outputs);
    free(pieces);
}

/* --- a text in the form that the vocabulary knows --- */

static int compare_rules(const void *key, const void *element)
{
    uint32_t from = *(const uint32_t *)key;
    const struct rule *rule = element;

    return from < rule->from ? -1 : from > rule->from;
}

static bool append_character(struct buf *out, uint32_t character)
{
    char bytes[U8_MAX_LENGTH];
    size_t length = 0;

    U8_APPEND_UNSAFE(bytes, length, character == ' ' ? (uint32_t)SPACE_SIGN : character);
    return buf_append(out, bytes, length);
}

/* A run of spaces is one; the text begins as if a space stood before it. */
static bool append_folded(struct buf *out, uint32_t character, bool *is_after_space)
{
    bool is_space = character == ' ';

    if (is_space && *is_after_space)
        return true;
    *is_after_space = is_space;
    return append_character(out, character);
}

static status_code normalize(const struct pieces *pieces, struct str text, struct buf *out,
                             struct status *st)
{
    bool is_after_space = false;
    bool is_fine = append_folded(out, ' ', &is_after_space);

    for (size_t at = 0; at < text.n && is_fine;) {
        uint32_t character;
        bool is_valid;

        at += utf8_decode(text.p + at, text.n - at, &character, &is_valid);
        const struct rule *rule = bsearch(&character, pieces->rules, pieces->pack->rule_count,
                                          sizeof(*rule), compare_rules);
        if (rule == NULL) {
            is_fine = append_folded(out, character, &is_after_space);
            continue;
        }
        for (uint32_t i = 0; i < rule->output_count && is_fine; i++)
            is_fine = append_folded(out, pieces->rule_outputs[rule->output + i], &is_after_space);
    }
    if (!is_fine)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "the text is too long to be embedded");
    return STATUS_OK;
}

/* --- the best way to cut it --- */

/* The best way to a place of the text. */
struct step {
    float score;
    uint32_t number; /* of the piece that ends here */
    uint32_t from;   /* where it begins, in bytes */
};

/* Every piece that begins at `at`, and the unknown one for its first character. */
static void extend(const struct pieces *pieces, struct str text, size_t at, struct step *steps)
{
    size_t end = at + utf8_sequence(text.p + at, text.n - at);
    float unknown = steps[at].score + pieces->unknown_score;

    if (unknown > steps[end].score)
        steps[end] = (struct step){unknown, pieces->pack->unknown_piece, (uint32_t)at};
    for (; end - at <= pieces->piece_max_bytes; end += utf8_sequence(text.p + end, text.n - end)) {
        uint32_t number = look_up(pieces, (struct str){text.p + at, end - at});

        if (number != pieces->pack->unknown_piece) {
            float score = steps[at].score + score_of(pieces->pack, number);
            if (score > steps[end].score)
                steps[end] = (struct step){score, number, (uint32_t)at};
        }
        if (end == text.n)
            break;
    }
}

status_code pieces_cut(const struct pieces *pieces, struct str text, struct arena *arena,
                       const uint32_t **ret_numbers, size_t *ret_count, struct status *st)
{
    _cleanup_(freep) struct step *steps = NULL;
    _cleanup_(buf_deinit) struct buf folded;
    size_t count = 0;

    buf_init(&folded, TEXT_MAX_BYTES);
    TRY(normalize(pieces, text, &folded, st));
    struct str all = buf_str(&folded);
    steps = calloc(all.n + 1, sizeof(*steps));
    if (steps == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 1; i <= all.n; i++)
        steps[i].score = -INFINITY;
    for (size_t i = 0; i < all.n; i++)
        if (isfinite(steps[i].score))
            extend(pieces, all, i, steps);
    for (size_t at = all.n; at > 0; at = steps[at].from)
        count++;
    uint32_t *numbers = ARENA_NEW_ARRAY(arena, uint32_t, count);
    if (numbers == NULL)
        return FAIL_MEMORY(st);
    *ret_count = count;
    for (size_t at = all.n; at > 0; at = steps[at].from)
        numbers[--count] = steps[at].number;
    *ret_numbers = numbers;
    return STATUS_OK;
}
