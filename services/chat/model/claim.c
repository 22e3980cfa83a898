#include "services/chat/model/claim.h"

#include <string.h>

#include "lib/base/utf8.h"
#include "services/chat/model/claim_mark.h"
#include "services/chat/text/sentences.h"

enum {
    SCRATCH_MAX_BYTES = 4 << 20,
    /* Looked at anew when so much has come, or a line is whole. */
    LOOK_BYTES = 16,
};

bool claim_parser_init(struct claim_parser *parser, struct str language, bool takes_bare_numbers)
{
    *parser = (struct claim_parser){.language = language, .takes_bare_numbers = takes_bare_numbers};
    buf_init(&parser->text, CLAIM_MAX_BYTES);
    parser->scratch = arena_new(SCRATCH_MAX_BYTES);
    return parser->scratch != NULL;
}

void claim_parser_deinit(struct claim_parser *parser)
{
    buf_deinit(&parser->text);
    arena_free(parser->scratch);
}

/* --- a line, or its beginning, without marks and markup --- */

struct plain {
    char *text;
    uint32_t *origins; /* of each byte, and of the end, in the line */
    size_t length;
    struct claim_mark marks[CLAIM_MARKS_MAX];
    size_t mark_count;
};

/* Control and format characters, which turn the direction of what follows or hide what nobody sees
 * (Unicode 15 §23.2 and §23.9), but for the joiners, which Persian and Indic scripts need. */
static bool is_unseen(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},
        {0x180E, 0x180E}, {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},
        {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(ranges); i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

static bool is_sign(char c)
{
    return c > ' ' && c <= '~' && !(c >= '0' && c <= '9') &&
           !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Bytes of emphasis, code spans and escapes of Markdown (CommonMark 0.31, 2.4, 6.1 and 6.2). */
static size_t markup_length(struct str rest)
{
    if (str_starts_with(rest, STR("**")) || str_starts_with(rest, STR("__")))
        return 2;
    if (rest.p[0] == '`')
        return 1;
    return rest.p[0] == '\\' && rest.n > 1 && is_sign(rest.p[1]) ? 1 : 0;
}

static void keep(struct plain *plain, struct str line, size_t at, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        plain->origins[plain->length] = (uint32_t)(at + i);
        plain->text[plain->length++] = line.p[at + i];
    }
}

/* One character. Returns its bytes. */
static size_t take_character(struct plain *plain, struct str line, size_t at)
{
    uint32_t character;
    bool is_valid;
    size_t length = utf8_decode(line.p + at, line.n - at, &character, &is_valid);

    if (character == '\t')
        plain->origins[plain->length] = (uint32_t)at, plain->text[plain->length++] = ' ';
    else if (is_valid && !is_unseen(character))
        keep(plain, line, at, length);
    return length;
}

/* Returns how much of the line was read: less than all where what stands at its end may become a
 * mark. */
static size_t read_plain(const struct claim_parser *parser, struct str line, size_t at,
                         bool is_whole, struct plain *plain)
{
    while (at < line.n) {
        struct str rest = {line.p + at, line.n - at};
        size_t first_mark = plain->mark_count, length = markup_length(rest);
        if (length == 0 && (rest.p[0] == '[' || rest.p[0] == '\xE3')) {
            mark_state state = claim_mark_read(rest, parser->takes_bare_numbers, plain->marks,
                                               &plain->mark_count, &length);
            if (state == MARK_OPEN && !is_whole)
                break;
            if (state != MARK_WHOLE)
                length = 0;
        }
        for (size_t i = first_mark; i < plain->mark_count; i++)
            plain->marks[i].position = (uint32_t)plain->length;
        at += length > 0 ? length : take_character(plain, line, at);
    }
    plain->origins[plain->length] = (uint32_t)at;
    return at;
}

/* Bytes of "- ", "* ", "12. ", "# " at the start of a line, and of the fences of passages
 * (prompt.h), which models repeat. */
static size_t marker_length(struct str line, bool *ret_is_item)
{
    size_t at = 0, start;

    while (at < line.n && (line.p[at] == ' ' || line.p[at] == '\t'))
        at++;
    start = at;
    while (at < line.n && line.p[at] >= '0' && line.p[at] <= '9')
        at++;
    bool is_numbered =
        at > start && at - start <= 3 && at < line.n && (line.p[at] == '.' || line.p[at] == ')');
    bool is_bullet = at == start && at < line.n && strchr("-*+", line.p[at]) != NULL;
    bool is_round = str_starts_with((struct str){line.p + start, line.n - start}, STR("\u2022"));
    *ret_is_item = is_numbered || is_bullet || is_round;
    at += is_round ? sizeof("\u2022") - 1 : *ret_is_item;
    while (!*ret_is_item && at < line.n && strchr("#|~", line.p[at]) != NULL)
        at++;
    if (at < line.n && line.p[at] == ' ')
        return at;
    *ret_is_item = false;
    return start;
}

/* --- its sentences --- */

/* Whether enough of it has come to know that a sentence begins there. */
static bool has_begun(struct str text)
{
    for (size_t i = 0; i + 1 < text.n; i++)
        if ((unsigned char)text.p[i] >= 0x80 || (!is_sign(text.p[i]) && text.p[i] != ' '))
            return true;
    return false;
}

static bool hand_on(struct claim_parser *parser, const struct plain *plain,
                    const struct sentence *sentence, const struct claim_mark *marks, size_t count,
                    claim_function on_claim, void *arg)
{
    struct claim_mark own[CLAIM_MARKS_MAX];

    for (size_t i = 0; i < count; i++) {
        size_t position = marks[i].position;
        own[i] = marks[i];
        position = position < sentence->offset ? 0 : position - sentence->offset;
        own[i].position = (uint32_t)(position < sentence->length ? position : sentence->length);
    }
    bool begins_line = !parser->is_in_line;
    parser->is_in_line = true;
    return on_claim(arg, &(struct claim){
                             .text = {plain->text + sentence->offset, sentence->length},
                             .marks = own,
                             .mark_count = count,
                             .begins_line = begins_line,
                             .is_item = parser->is_item,
                         });
}

/* Whether two sentences are one: "?" and "." within a word, such as an address, end none. */
static bool is_one(const struct plain *plain, const struct sentence *a, const struct sentence *b)
{
    char end = plain->text[a->offset + a->length - 1];

    if (b->offset != a->offset + a->length || (unsigned char)end >= 0x80)
        return false;
    for (size_t i = 0; i < plain->mark_count; i++)
        if (plain->marks[i].position == b->offset)
            return false;
    return true;
}

/* In place. Returns how many there are. */
static size_t join_sentences(const struct plain *plain, struct sentence *sentences, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && is_one(plain, &sentences[kept - 1], &sentences[i]))
            sentences[kept - 1].length += sentences[i].length;
        else
            sentences[kept++] = sentences[i];
    }
    return kept;
}

/* @ret_used: bytes of the line that need not be looked at again. */
static status_code take_sentences(struct claim_parser *parser, struct plain *plain, bool is_whole,
                                  claim_function on_claim, void *arg, size_t *ret_used,
                                  struct status *st)
{
    const struct sentence *cut;
    struct sentence *sentences;
    size_t count, mark = 0;

    TRY(sentences_cut((struct str){plain->text, plain->length}, parser->language, parser->scratch,
                      &cut, &count, st));
    sentences = ARENA_NEW_ARRAY(parser->scratch, struct sentence, count);
    if (sentences == NULL)
        return FAIL_MEMORY(st);
    if (count > 0)
        memcpy(sentences, cut, count * sizeof(*sentences));
    count = join_sentences(plain, sentences, count);
    for (size_t i = 0; i < count; i++) {
        size_t first_mark = mark;
        if (!is_whole &&
            (i + 1 == count || !has_begun((struct str){plain->text + sentences[i + 1].offset,
                                                       sentences[i + 1].length})))
            return STATUS_OK;
        while (mark < plain->mark_count &&
               (i + 1 == count || plain->marks[mark].position <= sentences[i + 1].offset))
            mark++;
        *ret_used = i + 1 < count ? plain->origins[sentences[i + 1].offset] : *ret_used;
        if (!hand_on(parser, plain, &sentences[i], plain->marks + first_mark, mark - first_mark,
                     on_claim, arg))
            return FAIL(st, STATUS_ABORTED, NULL, "no more of its answer was wanted");
    }
    return STATUS_OK;
}

/* @line: from where sentences are wanted; @is_whole: its end has come. */
static status_code look_at_line(struct claim_parser *parser, struct str line, bool is_whole,
                                claim_function on_claim, void *arg, size_t *ret_used,
                                struct status *st)
{
    struct plain plain = {0};
    size_t start = 0;

    *ret_used = 0;
    arena_reset(parser->scratch);
    plain.text = arena_alloc(parser->scratch, line.n + 1);
    plain.origins = ARENA_NEW_ARRAY(parser->scratch, uint32_t, line.n + 1);
    if (plain.text == NULL || plain.origins == NULL)
        return FAIL_MEMORY(st);
    if (!parser->is_in_line)
        start = marker_length(line, &parser->is_item);
    (void)read_plain(parser, line, start, is_whole, &plain);
    return take_sentences(parser, &plain, is_whole, on_claim, arg, ret_used, st);
}

static status_code look(struct claim_parser *parser, bool is_at_end, claim_function on_claim,
                        void *arg, struct status *st)
{
    size_t used;

    for (;;) {
        struct str text = buf_str(&parser->text);
        const char *end = text.n == 0 ? NULL : memchr(text.p, '\n', text.n);
        if (end == NULL)
            break;
        TRY(look_at_line(parser, (struct str){text.p, (size_t)(end - text.p)}, true, on_claim, arg,
                         &used, st));
        buf_consume(&parser->text, (size_t)(end - text.p) + 1);
        parser->is_in_line = false;
    }
    if (parser->text.length > 0) {
        TRY(look_at_line(parser, buf_str(&parser->text), is_at_end, on_claim, arg, &used, st));
        buf_consume(&parser->text, is_at_end ? parser->text.length : used);
    }
    parser->looked_at = parser->text.length;
    return STATUS_OK;
}

status_code claim_parser_feed(struct claim_parser *parser, struct str piece,
                              claim_function on_claim, void *arg, struct status *st)
{
    while (piece.n > 0) {
        size_t length = piece.n < LOOK_BYTES ? piece.n : LOOK_BYTES;
        const char *line_end = memchr(piece.p, '\n', length);
        if (!buf_append(&parser->text, piece.p, length))
            return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL,
                        "a sentence of its answer has more than %d bytes", CLAIM_MAX_BYTES);
        if (line_end != NULL || parser->text.length - parser->looked_at >= LOOK_BYTES)
            TRY(look(parser, false, on_claim, arg, st));
        piece.p += length;
        piece.n -= length;
    }
    return STATUS_OK;
}

status_code claim_parser_end(struct claim_parser *parser, bool is_whole, claim_function on_claim,
                             void *arg, struct status *st)
{
    return look(parser, is_whole, on_claim, arg, st);
}
