#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/chat/text/words.h"

enum { ARENA_BYTES = 1 << 20 };

/* The words of a text, as `field` of each, with a bar between them; in the arena. */
typedef struct str word_field(const struct word *word, struct str text);

static struct str form_of(const struct word *word, struct str text)
{
    return word->form;
}

static struct str term_of(const struct word *word, struct str text)
{
    return word->term;
}

static struct str source_of(const struct word *word, struct str text)
{
    return (struct str){text.p + word->offset, word->length};
}

static struct str content_of(const struct word *word, struct str text)
{
    return word->is_function ? (struct str){"-", 1} : word->form;
}

static struct str name_of(const struct word *word, struct str text)
{
    return word->kind == WORD_NAME     ? STR("name")
           : word->kind == WORD_NUMBER ? STR("number")
                                       : STR("plain");
}

static void expect(word_field *field, const char *language, const char *text, const char *expected)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);
    _cleanup_(words_cutter_freep) struct words_cutter *cutter = words_cutter_new();
    _cleanup_(buf_deinit) struct buf joined;
    const struct word *words;
    struct status st;
    size_t count;

    buf_init(&joined, ARENA_BYTES);
    assert_int_equal(words_cut(cutter, str_of(text), str_of(language), arena, &words, &count, &st),
                     STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        struct str value = field(&words[i], str_of(text));
        assert_true((i == 0 || buf_append_char(&joined, '|')) &&
                    buf_append(&joined, value.p, value.n));
    }
    assert_string_equal(count > 0 ? joined.data : "", expected);
}

static void test_numbers_dates_and_codes_stay_whole(void **state)
{
    expect(form_of, "en", "Invoice AB-1234 of 2026-03-31, 1,234.50 USD (12%).",
           "invoice|ab-1234|of|2026-03-31|1,234.50|usd|12%");
    expect(form_of, "de", "am 31.03.2026 um 12:30 Uhr, 19 % MwSt.: 1.234,50 €",
           "am|31.03.2026|um|12:30|uhr|19%|mwst|1.234,50");
    expect(form_of, "en", "INV/2026/17, COVID-19, ISO 9001:2015, v2.0",
           "inv/2026/17|covid-19|iso|9001:2015|v2.0");
    expect(form_of, "en", "a 24-hour service for 3-person teams",
           "a|24|hour|service|for|3|person|teams");
}

static void test_one_amount_written_in_several_ways_is_one_term(void **state)
{
    expect(term_of, "de", "1.234,50", "1234.5");
    expect(term_of, "en", "1,234.50 1234.50 1'234.50 1234.5", "1234.5|1234.5|1234.5|1234.5");
    expect(term_of, "fr", "1 234,50 euros", "1234.5|euros");
    expect(term_of, "fr", "1\u202f234\u00a0567,00", "1234567");
    expect(term_of, "en", "2 500 people", "2|500|peopl"); /* no groups by space in English */
    expect(term_of, "en", "215.00 0.05 1.5.2 10,20,30", "215|0.05|1.5.2|10,20,30");
}

static void test_one_date_written_in_several_ways_is_one_term(void **state)
{
    expect(term_of, "de", "31.03.2026 2026-03-31 31/03/2026 3/31/2026",
           "2026-03-31|2026-03-31|2026-03-31|2026-03-31");
    expect(term_of, "de", "1.3.2026", "2026-03-01");
    expect(term_of, "en", "03/04/2026", "03/04/2026"); /* April or March */
}

static void test_digits_of_other_scripts_are_ascii(void **state)
{
    expect(form_of, "ar", "٢٠٢٦", "2026");
    expect(form_of, "ja", "２０２６", "2026");
    expect(form_of, "hi", "१२३", "123");
}

static void test_words_are_stemmed_by_language(void **state)
{
    expect(term_of, "en", "payments paying", "payment|pay");
    expect(term_of, "de", "Rechnungen Rechnung", "rechnung|rechnung");
    expect(term_of, "deu", "Häuser", "haus");
    expect(term_of, "fr-CA", "continuellement", "continuel");
    expect(term_of, "ru", "договора договору", "договор|договор");
    expect(term_of, "und", "payments", "payments");
}

static void test_marks_are_dropped_but_for_letters_of_their_own(void **state)
{
    expect(form_of, "fr", "Échéance réglée", "echeance|reglee");
    expect(form_of, "es", "facturación año", "facturacion|año");
    expect(form_of, "sv", "Förfallodag på", "förfallodag|på");
    expect(form_of, "de", "Fälligkeit Straße", "falligkeit|strasse");
    expect(form_of, "el", "Ημερομηνία", "ημερομηνια");
    expect(form_of, "vi", "hóa đơn", "hóa|đơn");
    expect(form_of, "pl", "łączna", "laczna");
    expect(form_of, "tr", "FATURA TARİHİ IŞIK", "fatura|tarihi|isik");
}

static void test_what_arabic_and_hebrew_leave_out_is_dropped(void **state)
{
    expect(form_of, "ar", "فَاتُورَة", "فاتورة");
    expect(form_of, "ar", "الفـــاتورة أحمد إلى", "الفاتورة|احمد|الي");
    expect(form_of, "he", "שָׁלוֹם", "שלום");
}

static void test_width_and_composition_do_not_matter(void **state)
{
    expect(form_of, "ja", "ＩＮＶＯＩＣＥ ｶﾞｲﾄﾞ", "invoice|ガイド");
    expect(form_of, "ko", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국");
    expect(form_of, "en", "e\u0301tude ﬁle", "etude|file");
}

static void test_words_without_spaces_are_cut(void **state)
{
    expect(form_of, "zh", "发票号码是多少", "发票|号码|是|多少");
    expect(form_of, "th", "ใบแจ้งหนี้นี้", "ใบ|แจ้ง|หนี้|นี้");
}

static void test_lines_of_scripts_without_spaces_are_joined(void **state)
{
    expect(form_of, "ja", "ファイ\nルの削除", "ファイル|の|削除");
    expect(source_of, "ja", "ファイ\nルの削除", "ファイ\nル|の|削除");
    expect(source_of, "zh", "金额\n号码", "金额|号码");
    expect(form_of, "zh", "金额\nUSD 100", "金额|usd|100");
}

static void test_korean_particles_are_cut(void **state)
{
    expect(term_of, "ko", "금액은 금액을 총금액입니까", "금액|금액|총금액");
}

static void test_marks_that_stand_before_their_letters_join_them(void **state)
{
    /* As TeX's text layers have them. */
    expect(form_of, "de", "f¨ur Schl¨usselw¨orter ¨Anderung", "fur|schlusselworter|anderung");
    expect(source_of, "de", "f¨ur", "f¨ur");
    expect(form_of, "cs", "ˇcerven´y", "cerveny");
    expect(form_of, "it", "l´Impresa", "l|impresa");
}

static void test_a_hyphen_at_the_end_of_a_line_is_no_part_of_the_word(void **state)
{
    expect(form_of, "de", "die Rech-\nnung vom", "die|rechnung|vom");
    expect(source_of, "de", "die Rech-\nnung vom", "die|Rech-\nnung|vom");
    expect(form_of, "de", "Nord-\nSüd", "nord|sud");
    expect(form_of, "en", "pay\u00ad\nment pay\u00adment", "payment|payment");
}

static void test_elisions_and_possessives_are_cut(void **state)
{
    expect(form_of, "fr", "l'adresse d’une société", "l|adresse|d|une|societe");
    expect(form_of, "it", "dellAssicurato lImpresa PayPal", "dell|assicurato|l|impresa|pay|pal");
    expect(form_of, "en", "PayPal", "paypal");
    expect(form_of, "en", "the company's don't O'Brien", "the|company|don't|o'brien");
}

static void test_missing_spaces_do_not_join_words(void **state)
{
    expect(form_of, "en", "ended.The Name:John acme.com ____Smith",
           "ended|the|name|john|acme.com|smith");
}

static void test_function_words_are_told(void **state)
{
    expect(content_of, "en", "What is the total of the invoice?", "-|-|-|total|-|-|invoice");
    expect(content_of, "de", "Wie hoch ist der Betrag für das Büro?", "-|hoch|-|-|betrag|-|-|buro");
    expect(content_of, "und", "the total", "the|total");
}

static void test_names_and_numbers_are_told(void **state)
{
    expect(name_of, "en", "Dear John, call ACME at 42.", "plain|name|plain|name|plain|number");
    expect(name_of, "en", "It ended. The end", "plain|plain|plain|plain");
}

static void test_invalid_bytes_part_words(void **state)
{
    expect(form_of, "en",
           "ab\xff\xfe"
           "cd \xe2\x82",
           "ab|cd");
}

static void test_offsets_count_bytes_beyond_the_basic_plane(void **state)
{
    expect(source_of, "en", "😀 día 𝐀𝐁 x", "día|𝐀𝐁|x");
    expect(form_of, "en", "𝐀𝐁", "ab");
}

static void test_a_text_that_is_too_long_is_refused(void **state)
{
    enum { LENGTH = (1 << 20) + 1 };
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);
    _cleanup_(words_cutter_freep) struct words_cutter *cutter = words_cutter_new();
    _cleanup_(freep) char *text = malloc(LENGTH);
    const struct word *words;
    struct status st;
    size_t count;

    memset(text, 'a', LENGTH);
    assert_int_equal(
        words_cut(cutter, (struct str){text, LENGTH}, STR("en"), arena, &words, &count, &st),
        STATUS_INVALID_ARGUMENT);
    assert_int_equal(
        words_cut(cutter, (struct str){text, LENGTH - 1}, STR("en"), arena, &words, &count, &st),
        STATUS_OK);
    assert_int_equal(count, 1);
}

static void test_a_full_arena_is_said(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(256);
    _cleanup_(words_cutter_freep) struct words_cutter *cutter = words_cutter_new();
    const struct word *words;
    struct status st;
    size_t count;

    assert_int_equal(words_cut(cutter, STR("one two three four five six"), STR("en"), arena, &words,
                               &count, &st),
                     STATUS_RESOURCE_EXHAUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_dates_and_codes_stay_whole),
        cmocka_unit_test(test_one_amount_written_in_several_ways_is_one_term),
        cmocka_unit_test(test_one_date_written_in_several_ways_is_one_term),
        cmocka_unit_test(test_digits_of_other_scripts_are_ascii),
        cmocka_unit_test(test_words_are_stemmed_by_language),
        cmocka_unit_test(test_marks_are_dropped_but_for_letters_of_their_own),
        cmocka_unit_test(test_what_arabic_and_hebrew_leave_out_is_dropped),
        cmocka_unit_test(test_width_and_composition_do_not_matter),
        cmocka_unit_test(test_words_without_spaces_are_cut),
        cmocka_unit_test(test_lines_of_scripts_without_spaces_are_joined),
        cmocka_unit_test(test_korean_particles_are_cut),
        cmocka_unit_test(test_marks_that_stand_before_their_letters_join_them),
        cmocka_unit_test(test_a_hyphen_at_the_end_of_a_line_is_no_part_of_the_word),
        cmocka_unit_test(test_elisions_and_possessives_are_cut),
        cmocka_unit_test(test_missing_spaces_do_not_join_words),
        cmocka_unit_test(test_function_words_are_told),
        cmocka_unit_test(test_names_and_numbers_are_told),
        cmocka_unit_test(test_invalid_bytes_part_words),
        cmocka_unit_test(test_offsets_count_bytes_beyond_the_basic_plane),
        cmocka_unit_test(test_a_text_that_is_too_long_is_refused),
        cmocka_unit_test(test_a_full_arena_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
