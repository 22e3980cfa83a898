#include "services/chat/model/claim_check.h"

#include <string.h>

#include "services/chat/model/claim_match.h"
#include "services/chat/model/claim_quotes.h"
#include "services/chat/text/folded_find.h"

enum {
    TEXT_MAX_BYTES = CLAIM_MAX_BYTES * 2,
};

struct check {
    struct given *given;
    const struct claim *claim;
    struct buf text;
    struct checked_claim *result;
    /* Units that have words of the sentence in another order; quoted in its place. */
    struct claim_ground untold[CLAIM_MARKS_MAX];
    size_t untold_count;
};

/* --- markup and addresses --- */

static bool has(struct str text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static bool has_markup(struct str text)
{
    for (size_t i = 0; i + 1 < text.n; i++) {
        char next = text.p[i + 1] | 0x20;
        if (text.p[i] == '<' && ((next >= 'a' && next <= 'z') || strchr("/!?", text.p[i + 1])))
            return true;
    }
    return has(text, "](") || has(text, "][") || has(text, "![") || has(text, "&#");
}

static bool is_address(struct str word)
{
    return has(word, "://") || has(word, "www.") || has(word, "mailto:") || has(word, "data:") ||
           has(word, "javascript:");
}

static bool has_address(struct str text)
{
    struct str word;

    while (str_next_token(&text, ' ', &word))
        if (is_address(word))
            return true;
    return false;
}

static status_code is_foreign_text(struct check *check, bool *ret_is_foreign, struct status *st)
{
    struct str rest = check->claim->text, word;
    bool stands = true;

    *ret_is_foreign = has_markup(rest);
    while (!*ret_is_foreign && str_next_token(&rest, ' ', &word)) {
        if (!is_address(word))
            continue;
        TRY(claim_quote_stands(check->given, check->claim, word, &stands, st));
        *ret_is_foreign = !stands;
    }
    return STATUS_OK;
}

/* --- the sentence --- */

static bool ends_in_space(const struct check *check)
{
    return check->text.length == 0 || check->text.data[check->text.length - 1] == ' ';
}

static bool append_page(struct check *check, const struct given_passage *passage)
{
    return buf_printf(&check->text, "%s(p. %u)", ends_in_space(check) ? "" : " ",
                      passage->passage->page_index + 1);
}

/* Bytes of what ends a sentence, at the end of a text. */
static size_t end_length(struct str text)
{
    static const char *const ends[] = {".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f"};
    size_t length = 0, step;

    do {
        step = 0;
        for (size_t i = 0; i < ARRAY_LENGTH(ends) && step == 0; i++) {
            size_t n = strlen(ends[i]);
            if (text.n - length >= n && memcmp(text.p + text.n - length - n, ends[i], n) == 0)
                step = n;
        }
        length += step;
    } while (step > 0);
    return length;
}

/* Nothing but spaces and signs that say nothing: neither of a value nor of a comparison. */
static bool is_bare(struct str text)
{
    text.n -= end_length(text);
    for (size_t i = 0; i < text.n; i++)
        if (strchr(" \t\n.,;:!?()[]\"'_-|", text.p[i]) == NULL || text.p[i] == '\0')
            return false;
    return true;
}

/* Text of the sentence, its runs of spaces folded. */
static bool append_text(struct check *check, struct str text)
{
    bool is_sign = text.n > 0 && (strchr(".,;:!?)", text.p[0]) != NULL || is_bare(text));

    return text.n == 0 ||
           ((is_sign || ends_in_space(check) || buf_append_char(&check->text, ' ')) &&
            folded_append(&check->text, text));
}

static bool cite(struct check *check, const struct claim_ground *grounds, size_t count)
{
    struct checked_claim *result = check->result;

    for (size_t i = 0; i < count; i++) {
        bool is_new_page = true;
        for (size_t k = 0; k < i; k++)
            is_new_page = is_new_page && grounds[k].passage->passage->page_index !=
                                             grounds[i].passage->passage->page_index;
        if (result->citation_count == CHECKED_CLAIM_CITATIONS_MAX ||
            (is_new_page && !append_page(check, grounds[i].passage)))
            return false;
        result->citations[result->citation_count++] = (struct answer_citation){
            grounds[i].passage->index, grounds[i].offset, grounds[i].length};
    }
    return true;
}

/* A stretch of the sentence and the marks that it rests on; its pages go before what ends it. */
static status_code take_stretch(struct check *check, struct str stretch, size_t first_mark,
                                size_t mark_end, bool *ret_holds, struct status *st)
{
    struct claim_ground grounds[CLAIM_PARTS_MAX];
    uint32_t numbers[CLAIM_MARKS_MAX];
    struct str text = str_trim(stretch);
    size_t count, end = end_length(text);

    for (size_t i = first_mark; i < mark_end; i++)
        numbers[i - first_mark] = check->claim->marks[i].number;
    TRY(claim_match(check->given, text, numbers, mark_end - first_mark, grounds, &count, st));
    *ret_holds = count > 0 && grounds[0].is_told;
    if (count > 0 && !*ret_holds && check->untold_count < CLAIM_MARKS_MAX)
        check->untold[check->untold_count++] = grounds[0];
    if (*ret_holds &&
        (!append_text(check, (struct str){text.p, text.n - end}) || !cite(check, grounds, count) ||
         !buf_append(&check->text, text.p + text.n - end, end)))
        *ret_holds = false;
    return STATUS_OK;
}

/* Each stretch rests on the marks that follow it; what follows the last of them, on all. */
static status_code take_sentence(struct check *check, bool *ret_holds, struct status *st)
{
    const struct claim *claim = check->claim;
    const char *text = claim->text.p;
    size_t start = 0, first = 0;

    *ret_holds = true;
    for (size_t i = 0; i < claim->mark_count && *ret_holds; i++) {
        size_t here = claim->marks[i].position;
        size_t next = i + 1 < claim->mark_count ? claim->marks[i + 1].position : claim->text.n;
        struct str stretch = {text + start, claim->marks[first].position - start};
        bool is_followed =
            i + 1 < claim->mark_count && is_bare((struct str){text + here, next - here});
        if (is_followed || is_bare(stretch))
            continue;
        TRY(take_stretch(check, stretch, first, i + 1, ret_holds, st));
        start = here;
        first = i + 1;
    }
    struct str tail = str_trim((struct str){text + start, claim->text.n - start});
    if (!*ret_holds)
        return STATUS_OK;
    if (!is_bare(tail) || check->text.length == 0)
        return take_stretch(check, tail, 0, claim->mark_count, ret_holds, st);
    *ret_holds = append_text(check, tail);
    return STATUS_OK;
}

/* One that says nothing of what it rests on. */
static status_code take_uncited(struct check *check, bool *ret_is_found, struct status *st)
{
    struct str text = str_trim(check->claim->text);
    struct claim_ground ground;
    size_t end = end_length(text);

    *ret_is_found = false;
    if (has_markup(text) || has_address(text) || memchr(text.p, '?', text.n) != NULL ||
        memchr(text.p, '"', text.n) != NULL)
        return STATUS_OK;
    TRY(claim_match_any(check->given, text, &ground, ret_is_found, st));
    if (*ret_is_found && !ground.is_told) {
        check->untold[check->untold_count++] = ground;
        *ret_is_found = false;
    }
    if (*ret_is_found &&
        (!append_text(check, (struct str){text.p, text.n - end}) || !cite(check, &ground, 1) ||
         !buf_append(&check->text, text.p + text.n - end, end)))
        *ret_is_found = false;
    return STATUS_OK;
}

static status_code judge(struct check *check, claim_verdict *ret_verdict, struct status *st)
{
    const struct claim *claim = check->claim;
    bool is_foreign, stand, holds;

    if (claim->mark_count == 0) {
        TRY(take_uncited(check, &holds, st));
        *ret_verdict = holds ? CLAIM_FOUND : CLAIM_UNCITED;
        return STATUS_OK;
    }
    *ret_verdict = CLAIM_UNKNOWN_PASSAGE;
    for (size_t i = 0; i < claim->mark_count; i++)
        if (!given_has(check->given, claim->marks[i].number))
            return STATUS_OK;
    TRY(is_foreign_text(check, &is_foreign, st));
    TRY(claim_quotes_stand(check->given, claim, &stand, st));
    *ret_verdict = is_foreign ? CLAIM_FOREIGN_MARKUP : CLAIM_WRONG_QUOTE;
    if (is_foreign || !stand)
        return STATUS_OK;
    TRY(take_sentence(check, &holds, st));
    *ret_verdict = holds ? CLAIM_HOLDS : CLAIM_UNSUPPORTED;
    return STATUS_OK;
}

/* --- what is left of one that fails --- */

static bool append_quote(struct check *check, const struct claim_ground *ground)
{
    struct str text = {ground->passage->passage->text.p + ground->offset, ground->length};

    return buf_append_str(&check->text, ends_in_space(check) ? "\u201c" : " \u201c") &&
           folded_append(&check->text, text) && buf_append_str(&check->text, "\u201d") &&
           cite(check, ground, 1);
}

static bool is_among(const struct claim_ground *grounds, size_t count,
                     const struct claim_ground *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (grounds[i].passage == wanted->passage &&
            grounds[i].offset < wanted->offset + wanted->length &&
            wanted->offset < grounds[i].offset + grounds[i].length)
            return true;
    return false;
}

/* What it quotes, and what has its words in another order; as many as there is room for. */
static status_code take_quotes(struct check *check, struct status *st)
{
    struct checked_claim *result = check->result;
    struct claim_ground grounds[2 * CLAIM_MARKS_MAX];
    size_t count;

    buf_clear(&check->text);
    result->citation_count = 0;
    TRY(claim_quotes_find(check->given, check->claim, grounds, &count, st));
    for (size_t i = 0; i < check->untold_count; i++)
        if (!is_among(grounds, count, &check->untold[i]))
            grounds[count++] = check->untold[i];
    for (size_t i = 0; i < count; i++) {
        size_t length = check->text.length;

        if (!append_quote(check, &grounds[i])) {
            check->text.length = length;
            break;
        }
        result->verdict = CLAIM_QUOTED;
    }
    return STATUS_OK;
}

static status_code check_text(struct check *check, struct arena *arena, struct status *st)
{
    struct checked_claim *result = check->result;

    TRY(judge(check, &result->verdict, st));
    if (result->verdict != CLAIM_HOLDS && result->verdict != CLAIM_FOUND)
        TRY(take_quotes(check, st));
    const char *text =
        arena_strndup(arena, check->text.length == 0 ? "" : check->text.data, check->text.length);
    if (text == NULL)
        return FAIL_MEMORY(st);
    result->text = (struct str){text, check->text.length};
    return STATUS_OK;
}

status_code claim_check(struct given *given, const struct claim *claim, struct arena *arena,
                        struct checked_claim *ret_checked, struct status *st)
{
    struct check check = {.given = given, .claim = claim, .result = ret_checked};

    *ret_checked = (struct checked_claim){0};
    buf_init(&check.text, TEXT_MAX_BYTES);
    status_code code = check_text(&check, arena, st);
    buf_deinit(&check.text);
    return code;
}
