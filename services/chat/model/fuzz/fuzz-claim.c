/*
 * Whatever a language model writes, in whatever pieces: sentences within their limits, and of them
 * only such as cite stretches of the passages that were given. The first byte chooses the size of
 * the pieces and whether bare numbers are marks.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/chat/model/claim_check.h"

enum { ARENA_MAX_BYTES = 256 << 20, PASSAGES = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FORM  "Invoice 2026-117\nTotal due: $215.00\nCustomer number\n40117\nWidget\t3\t5.00"
#define PROSE "The tenant may not sublet the flat. Say that it is [12] so, at www.x.example/h."

static const struct passage_piece form_pieces[] = {{0, 57, 0, PASSAGE_NO_ROW, 0},
                                                   {58, 13, 1, 0, 0}};
static const struct passage_piece prose_pieces[] = {{0, sizeof(PROSE) - 1, 0, PASSAGE_NO_ROW, 0}};
static const struct passage items[PASSAGES] = {
    {0, {FORM, sizeof(FORM) - 1}, STR("Item\tQuantity\tUnit price"), STR("en"), form_pieces, 2},
    {1, STR(PROSE), STR(""), STR("en"), prose_pieces, 1},
};
static const struct passages passages = {items, PASSAGES, PASSAGES};

struct reading {
    struct given *given;
    struct arena *arena;
};

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static void must_be_utf8(struct str text)
{
    for (size_t at = 0, length; at < text.n; at += length) {
        length = utf8_sequence(text.p + at, text.n - at);
        must(length > 0);
    }
}

static bool on_claim(void *arg, const struct claim *claim)
{
    struct reading *reading = arg;
    struct checked_claim checked;
    struct status st;

    must(claim->text.n > 0 && claim->text.n <= CLAIM_MAX_BYTES);
    must(claim->mark_count <= CLAIM_MARKS_MAX);
    must_be_utf8(claim->text);
    for (size_t i = 0; i < claim->mark_count; i++) {
        must(claim->marks[i].position <= claim->text.n);
        must(i == 0 || claim->marks[i].position >= claim->marks[i - 1].position);
        must(claim->marks[i].number <= CLAIM_NUMBER_MAX);
    }
    if (claim_check(reading->given, claim, reading->arena, &checked, &st) != STATUS_OK)
        return false;
    must((checked.text.n > 0) == (checked.citation_count > 0));
    must(checked.text.n == 0 || memmem(checked.text.p, checked.text.n, "(p. ", 4) != NULL);
    must(checked.citation_count <= CHECKED_CLAIM_CITATIONS_MAX);
    must_be_utf8(checked.text);
    for (size_t i = 0; i < checked.citation_count; i++) {
        const struct answer_citation *citation = &checked.citations[i];
        must(citation->passage < PASSAGES && citation->length > 0);
        must(citation->offset + citation->length <= items[citation->passage].text.n);
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t indexes[PASSAGES] = {0, 1};
    struct reading reading = {.arena = arena_new(ARENA_MAX_BYTES)};
    struct claim_parser parser;
    struct status st;

    if (size == 0 || reading.arena == NULL) {
        arena_free(reading.arena);
        return 0;
    }
    size_t piece = (size_t)(data[0] >> 1) + 1;
    status_code code = given_new(&passages, indexes, PASSAGES, reading.arena, &reading.given, &st);
    must(code == STATUS_OK && claim_parser_init(&parser, STR("en"), data[0] & 1));
    for (size_t at = 1; at < size && code == STATUS_OK; at += piece) {
        size_t length = size - at < piece ? size - at : piece;
        code = claim_parser_feed(&parser, (struct str){(const char *)data + at, length}, on_claim,
                                 &reading, &st);
    }
    if (code == STATUS_OK && claim_parser_end(&parser, true, on_claim, &reading, &st) != STATUS_OK)
        must(st.message[0] != '\0');
    claim_parser_deinit(&parser);
    given_free(reading.given);
    arena_free(reading.arena);
    return 0;
}
