/* From a model's Markdown to blocks: what is kept, and that nothing else gets through. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "services/ocr/worker/vision/formula.h"
#include "services/ocr/worker/vision/reading.h"

enum { ARENA_BYTES = 64 << 20 };

static int set_up(void **state)
{
    *state = arena_new(ARENA_BYTES);
    return *state == NULL;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void write_units(struct buf *out, const struct reading *reading, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        const struct unit *unit = &reading->units.items[i];
        bool is_last = i + 1 == first + count;
        assert_true(buf_printf(out, "%s%s", unit->text,
                               is_last                ? ""
                               : unit->ends_line      ? "/"
                               : unit->no_space_after ? ""
                                                      : " "));
    }
}

/* "H1 Title; P one/two; L1 1. item; T (0,0)a (0,1x2)b; F x^2" */
static const char *outline(struct arena *arena, const char *markdown)
{
    static const char kinds[] = {[BLOCK_HEADING] = 'H',
                                 [BLOCK_PARAGRAPH] = 'P',
                                 [BLOCK_LIST_ITEM] = 'L',
                                 [BLOCK_TABLE] = 'T',
                                 [BLOCK_FORMULA] = 'F'};
    struct reading reading;
    struct buf out;

    buf_init(&out, 1 << 20);
    assert_true(reading_parse(str_of(markdown), arena, &reading));
    for (size_t b = 0; b < reading.block_count; b++) {
        const struct reading_block *block = &reading.blocks[b];
        assert_true(buf_printf(&out, "%s%c", b > 0 ? "; " : "", kinds[block->kind]));
        if (block->level > 0)
            assert_true(buf_printf(&out, "%u", block->level));
        if (block->kind != BLOCK_TABLE) {
            assert_true(buf_append_char(&out, ' '));
            write_units(&out, &reading, block->first_unit, block->unit_count);
        }
        for (size_t c = 0; c < block->cell_count; c++) {
            const struct reading_cell *cell = &block->cells[c];
            assert_true(buf_printf(&out, " (%u,%u", cell->row, cell->column));
            if (cell->row_span * cell->column_span > 1)
                assert_true(buf_printf(&out, ":%ux%u", cell->row_span, cell->column_span));
            assert_true(buf_printf(&out, "%s)", cell->is_header ? "h" : ""));
            write_units(&out, &reading, cell->first_unit, cell->unit_count);
        }
    }
    const char *text = arena_strdup(arena, buf_str(&out).p);
    buf_deinit(&out);
    return text;
}

static void test_structure_is_kept(void **state)
{
    assert_string_equal(outline(*state, "# One\n\nA *b* __c__\nd `e`  \nf\n\n### Three"),
                        "H1 One; P A b c/d e/f; H3 Three");
    assert_string_equal(outline(*state, "- a\n- b\n  - c\n\n3. x\n4. y\n"),
                        "L1 • a; L1 • b; L2 • c; L1 3. x; L1 4. y");
    assert_string_equal(outline(*state, "- [ ] no\n- [x] yes"), "L1 ☐ no; L1 ☑ yes");
    assert_string_equal(outline(*state, "> quoted\n\n---\n\n```\ncode line\n```"),
                        "P quoted; P code line");
    assert_string_equal(outline(*state, ""), "");
}

static void test_tables_of_both_kinds_are_kept(void **state)
{
    assert_string_equal(outline(*state, "| a | b |\n|---|--:|\n| 1 | 2 3 |\n| | 4 |"),
                        "T (0,0h)a (0,1h)b (1,0)1 (1,1)2 3 (2,0) (2,1)4");
    assert_string_equal(
        outline(*state, "Before\n<table>\n<tr><th colspan=2>Head</th></tr>\n\n"
                        "<tr><td rowspan=\"2\">a<br>b</td><td>c</td></tr>\n<tr><td>d</td></tr>\n"
                        "</table>\nAfter"),
        "P Before; T (0,0:1x2h)Head (1,0:2x1)a/b (1,1)c (2,1)d; P After");
    assert_string_equal(outline(*state, "<table><thead><tr><td>h</td></tr></thead>"
                                        "<tbody><tr><td>1</td></tr></tbody></table>"),
                        "T (0,0h)h (1,0)1");
}

static void test_what_models_put_around_their_answer_goes(void **state)
{
    assert_string_equal(outline(*state, "```markdown\n# One\n\ntwo\n```"), "H1 One; P two");
    assert_string_equal(outline(*state, "<think>a # b\n\nc</think>\n\n# One"), "H1 One");
    assert_string_equal(outline(*state, "```\na\n```\n\n```\nb\n```"), "P a; P b");
}

static void test_hostile_markup_leaves_text_alone(void **state)
{
    assert_string_equal(outline(*state, "a [b](javascript:alert(1)) ![c](http://x/y.png) <b>d</b>"),
                        "P a b d");
    assert_string_equal(outline(*state, "<script>alert(1)</script>\n\ntext"), "P text");
    assert_string_equal(outline(*state, "<div onclick=\"x()\">one<style>p{}</style> two</div>"),
                        "P one two");
    assert_string_equal(outline(*state, "<iframe src=x>y</iframe>\n\n<embed src=x>\n\nz"), "P z");
    assert_string_equal(outline(*state, "[a]: http://evil\n\nsee [a] &lt;script&gt;"),
                        "P see a <script>");
}

static void test_formulas_are_kept_and_prices_stay_prices(void **state)
{
    assert_string_equal(outline(*state, "Let $a_1 * b_1$ and \\(c_2\\) be"),
                        "P Let $a_1 * b_1$ and $c_2$ be");
    assert_string_equal(outline(*state, "$$\n\\frac{a}{b}\n$$\n\nand \\[ x^2 \\] so"),
                        "F \\frac{a}{b}; P and $$x^2$$ so");
    assert_string_equal(outline(*state, "```latex\ne = mc^2\n```"), "F e = mc^2");
    assert_string_equal(outline(*state, "It costs $5 and $10, or 3$ and 4$."),
                        "P It costs $5 and $10, or 3$ and 4$.");
    assert_string_equal(outline(*state, "| $x_1$ | 2 |\n|---|---|\n| $y|z$ | \\$5 |"),
                        "T (0,0h)$x_1$ (0,1h)2 (1,0)$y\\vert{}z$ (1,1)$5");
    /* A place that the text brings along is none. */
    assert_string_equal(outline(*state, "\xee\x80\x80 $a$"), "P $a$");
}

static const char *clean(struct arena *arena, const char *latex)
{
    return formula_clean(str_of(latex), arena);
}

static void test_latex_can_only_show(void **state)
{
    struct arena *arena = *state;

    assert_string_equal(clean(arena, " \\sum_{i=1}^n\n x_i "), "\\sum_{i=1}^n  x_i");
    assert_string_equal(clean(arena, "a<b"), "a\\lt b");
    assert_string_equal(clean(arena, "<script>x"), "\\lt script\\gt x");
    assert_string_equal(clean(arena, "[a](b)"), "[a]{}(b)");
    assert_null(clean(arena, "\\href{javascript:alert(1)}{x}"));
    assert_null(clean(arena, "\\input{/etc/passwd}"));
    assert_null(clean(arena, "\\def\\x{\\x}\\x"));
    assert_null(clean(arena, "\\frac{a}{b"));
    assert_null(clean(arena, "a}{b"));
    assert_null(clean(arena, "a$b"));
    assert_null(clean(arena, "x \\"));
    assert_null(clean(arena, "a % b"));
    assert_null(clean(arena, "  "));
    assert_null(clean(arena, "\xff"));
}

static void test_scripts_without_spaces_come_by_character(void **state)
{
    struct reading reading;

    assert_true(reading_parse(str_of("東京 2024年"), *state, &reading));
    static const char *const wanted[] = {"東", "京", "2024", "年"};
    assert_int_equal(reading.units.count, ARRAY_LENGTH(wanted));
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
        assert_string_equal(reading.units.items[i].text, wanted[i]);
    assert_true(reading.units.items[0].no_space_after);
    assert_false(reading.units.items[1].no_space_after);
    assert_true(reading.units.items[2].no_space_after);
}

/* Persian "mikhaham": its parts are held apart by a joiner, and are one word. */
static void test_joiners_do_not_part_words(void **state)
{
    struct reading reading;

    assert_true(reading_parse(str_of("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"), *state,
                              &reading));
    assert_int_equal(reading.units.count, 1);
}

static void test_readings_are_bounded(void **state)
{
    struct reading reading;
    struct buf text;

    buf_init(&text, READING_MAX_BYTES * 2);
    for (int i = 0; i < UNITS_MAX + 10; i++)
        assert_true(buf_append_str(&text, "a "));
    assert_false(reading_parse(buf_str(&text), *state, &reading));
    buf_clear(&text);
    for (int i = 0; i < 30000; i++)
        assert_true(buf_append_str(&text, "<div>"));
    assert_false(reading_parse(buf_str(&text), *state, &reading));
    buf_clear(&text);
    while (text.length <= READING_MAX_BYTES)
        assert_true(buf_append_char(&text, '>'));
    assert_false(reading_parse(buf_str(&text), *state, &reading));
    /* Deep, but short enough. */
    buf_clear(&text);
    for (int i = 0; i < 5000; i++)
        assert_true(buf_append_str(&text, "<div>"));
    (void)!reading_parse(buf_str(&text), *state, &reading);
    buf_deinit(&text);
}

/* To count the items before each would take a minute and more. */
static void test_many_empty_items_are_passed_over(void **state)
{
    struct reading reading;
    struct buf text;
    int number = 1;

    buf_init(&text, READING_MAX_BYTES);
    while (buf_printf(&text, "%d.\n", number))
        number++;
    assert_true(reading_parse(buf_str(&text), *state, &reading));
    assert_int_equal(reading.block_count, 0);
    buf_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_structure_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tables_of_both_kinds_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_models_put_around_their_answer_goes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_markup_leaves_text_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_formulas_are_kept_and_prices_stay_prices, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_latex_can_only_show, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_scripts_without_spaces_come_by_character, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_joiners_do_not_part_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_readings_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_empty_items_are_passed_over, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
