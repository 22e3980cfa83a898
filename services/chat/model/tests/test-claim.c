/* Sentences and marks out of what a model writes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/chat/model/claim.h"

enum { SEEN_MAX_BYTES = 4096 };

/* Writes a claim as "text{1@8}{2@8:quote}". */
static bool note(void *arg, const struct claim *claim)
{
    struct buf *seen = arg;

    assert_true(buf_printf(seen, "%s%s%.*s",
                           seen->length == 0    ? ""
                           : claim->begins_line ? "\n"
                                                : "|",
                           claim->is_item ? "- " : "", (int)claim->text.n, claim->text.p));
    for (size_t i = 0; i < claim->mark_count; i++) {
        const struct claim_mark *mark = &claim->marks[i];
        assert_true(buf_printf(seen, "{%u@%u%s%.*s}", mark->number, mark->position,
                               mark->quote.n > 0 ? ":" : "", (int)mark->quote.n, mark->quote.p));
    }
    return true;
}

static void read_pieces(const char *written, size_t piece, bool takes_bare, struct buf *seen)
{
    struct claim_parser parser;
    struct str rest = str_of(written);
    struct status st;

    assert_true(claim_parser_init(&parser, STR("en"), takes_bare));
    while (rest.n > 0) {
        size_t length = rest.n < piece ? rest.n : piece;
        assert_int_equal(claim_parser_feed(&parser, (struct str){rest.p, length}, note, seen, &st),
                         STATUS_OK);
        rest.p += length;
        rest.n -= length;
    }
    assert_int_equal(claim_parser_end(&parser, true, note, seen, &st), STATUS_OK);
    claim_parser_deinit(&parser);
}

/* In whatever pieces it comes. */
static void assert_claims(const char *written, const char *expected)
{
    for (size_t piece = 1; piece < 200; piece += 13) {
        struct buf seen;
        buf_init(&seen, SEEN_MAX_BYTES);
        read_pieces(written, piece, false, &seen);
        assert_string_equal(seen.length == 0 ? "" : seen.data, expected);
        buf_deinit(&seen);
    }
}

static void test_a_mark_belongs_to_the_sentence_that_it_ends(void **state)
{
    assert_claims("The total is $42 [P1]. It is due soon [P2].",
                  "The total is $42 .{1@17}|It is due soon .{2@15}");
    assert_claims("The total is $42. [P1] It is due soon. [P2]",
                  "The total is $42.{1@17}|It is due soon.{2@15}");
    assert_claims("The total is $42 [P1] and due soon [P2].",
                  "The total is $42  and due soon .{1@17}{2@31}");
    assert_claims("[P3] The total is $42.", "The total is $42.{3@0}");
    assert_claims("No mark here. None there.", "No mark here.|None there.");
}

static void test_marks_have_several_forms(void **state)
{
    assert_claims("It is so [P1, P2; P3].", "It is so .{1@9}{2@9}{3@9}");
    assert_claims("It is so [P1][passage 2]\u3010P4\u3011.", "It is so .{1@9}{2@9}{4@9}");
    assert_claims("It is so [P1: \"due on 3 March\"].", "It is so .{1@9:due on 3 March}");
    assert_claims("It is so [P1: \u201cof \"x\", and y\u201d, P2 \u00abz\u00bb].",
                  "It is so .{1@9:of \"x\", and y}{2@9:z}");
    assert_claims("It is so [P1: see [4] there].", "It is so  there].{1@9:see [4}");
    assert_claims("It is so [P1: no signs].", "It is so .{1@9:no signs}");
}

static void test_what_is_no_mark_stays_text(void **state)
{
    assert_claims("See [12] and [x] and [P] and [P99999].",
                  "See [12] and [x] and [P] and [P99999].");
    assert_claims("An open one [P1: \"never closed", "An open one [P1: \"never closed");
}

static void test_numbers_alone_are_marks_where_the_document_has_none(void **state)
{
    struct buf seen;

    buf_init(&seen, SEEN_MAX_BYTES);
    read_pieces("It is so [2].", 3, true, &seen);
    assert_string_equal(seen.data, "It is so .{2@9}");
    buf_deinit(&seen);
}

static void test_lines_lists_and_emphasis_are_taken_out(void **state)
{
    assert_claims("# Answer\n\n- **Total**: `42` [P1]\n2. Tax: 5 [P1]\n",
                  "Answer\n- Total: 42{1@9}\n- Tax: 5{1@6}");
    assert_claims("| Total: 42\n~ Invoice\n", "Total: 42\nInvoice");
    assert_claims("It costs \\$42 \xE2\x80\xAEnow\x07 [P1].", "It costs $42 now .{1@17}");
}

static void test_what_nobody_sees_is_taken_out(void **state)
{
    assert_claims("It\u2067 costs\u00AD 4\u20602\U000E0041\U000E007F now\u061C [P1].",
                  "It costs 42 now .{1@16}");
    assert_claims("\u0645\u06CC\u200C\u0634\u0648\u062F [P1].",
                  "\u0645\u06CC\u200C\u0634\u0648\u062F .{1@14}");
}

static void test_abbreviations_do_not_end_sentences(void **state)
{
    assert_claims("Mr. Stone pays approx. 3.5 percent [P1]. Yes.",
                  "Mr. Stone pays approx. 3.5 percent .{1@35}|Yes.");
    assert_claims("See http://x.example/?q=1.2!3 [P1]. Yes.",
                  "See http://x.example/?q=1.2!3 .{1@30}|Yes.");
}

static void test_a_sentence_without_end_is_refused(void **state)
{
    struct claim_parser parser;
    struct status st;
    struct buf seen;
    status_code code = STATUS_OK;

    buf_init(&seen, SEEN_MAX_BYTES);
    assert_true(claim_parser_init(&parser, STR("en"), false));
    for (int i = 0; i < CLAIM_MAX_BYTES && code == STATUS_OK; i++)
        code = claim_parser_feed(&parser, STR("on and "), note, &seen, &st);
    assert_int_equal(code, STATUS_RESOURCE_EXHAUSTED);
    assert_int_equal(seen.length, 0);
    claim_parser_deinit(&parser);
    buf_deinit(&seen);
}

static bool want_no_more(void *arg, const struct claim *claim)
{
    (*(int *)arg)++;
    return false;
}

static void test_who_wants_no_more_is_left_alone(void **state)
{
    struct claim_parser parser;
    struct status st;
    int count = 0;

    assert_true(claim_parser_init(&parser, STR("en"), false));
    assert_int_equal(
        claim_parser_feed(&parser, STR("One line.\nAnother line.\n"), want_no_more, &count, &st),
        STATUS_ABORTED);
    assert_int_equal(count, 1);
    claim_parser_deinit(&parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mark_belongs_to_the_sentence_that_it_ends),
        cmocka_unit_test(test_marks_have_several_forms),
        cmocka_unit_test(test_what_is_no_mark_stays_text),
        cmocka_unit_test(test_numbers_alone_are_marks_where_the_document_has_none),
        cmocka_unit_test(test_lines_lists_and_emphasis_are_taken_out),
        cmocka_unit_test(test_what_nobody_sees_is_taken_out),
        cmocka_unit_test(test_abbreviations_do_not_end_sentences),
        cmocka_unit_test(test_a_sentence_without_end_is_refused),
        cmocka_unit_test(test_who_wants_no_more_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
