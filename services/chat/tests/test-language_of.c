#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/chat/text/language_of.h"

static void expect(const char *text, const char *likely, const char *language)
{
    assert_string_equal(language_of(str_of(text), str_of(likely)), language);
}

static void test_questions_are_told_by_their_function_words(void **state)
{
    expect("What is the total and the due date?", "", "en");
    expect("Wie hoch ist der Gesamtbetrag?", "", "de");
    expect("Quel est le montant total de la facture ?", "", "fr");
    expect("¿Cuál es el importe total?", "", "es");
    expect("Qual è l'importo totale della fattura?", "", "it");
    expect("Qual é o valor total da fatura?", "", "pt");
    expect("Wat is het totaalbedrag van de factuur?", "", "nl");
    expect("Vad är det totala beloppet?", "", "sv");
    expect("Jaka jest kwota do zapłaty?", "", "pl");
    expect("Toplam tutar ne kadar?", "", "tr");
    expect("Какова общая сумма счета?", "", "ru");
    expect("Яка загальна сума рахунку?", "", "uk");
}

static void test_questions_are_told_by_their_script(void **state)
{
    expect("总金额是多少？", "", "zh");
    expect("合計金額はいくらですか？", "", "ja");
    expect("Debianの開発者は何人いますか？", "", "ja");
    expect("BIOS设置怎么打开？", "", "zh");
    expect("총 금액은 얼마입니까?", "", "ko");
    expect("ยอดรวมเท่าไหร่", "", "th");
    expect("ما هو المبلغ الإجمالي؟", "", "ar");
    expect("מה הסכום הכולל?", "", "he");
    expect("Ποιο είναι το συνολικό ποσό;", "", "el");
    expect("कुल राशि क्या है?", "", "hi");
}

static void test_the_likely_one_decides_where_the_text_does_not(void **state)
{
    expect("Total?", "de-AT", "de");
    expect("Total?", "", "en");
    expect("42?", "fr", "fr");
    expect("Total?", "ru", "en");
    expect("What is the total?", "de", "en");
    expect("", "und", "en");
}

static void test_bytes_that_are_no_text_are_borne(void **state)
{
    expect("\xff\xfe\xe2\x82", "de", "de");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions_are_told_by_their_function_words),
        cmocka_unit_test(test_questions_are_told_by_their_script),
        cmocka_unit_test(test_the_likely_one_decides_where_the_text_does_not),
        cmocka_unit_test(test_bytes_that_are_no_text_are_borne),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
