#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/chat/question/concept.h"
#include "services/chat/question/concept_table.h"
#include "services/chat/question/question.h"
#include "services/chat/question/question_words.h"

enum { ARENA_BYTES = 16 << 20 };

static int setup(void **state)
{
    *state = arena_new(ARENA_BYTES);
    return *state == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static struct question read_question(void **state, const char *text)
{
    struct question question;
    struct status st;

    assert_int_equal(question_read(str_of(text), NULL, 0, NULL, *state, &question, &st), STATUS_OK);
    return question;
}

static bool has_term(const struct question_part *part, const char *form)
{
    for (size_t i = 0; i < part->asked_count; i++)
        if (str_equal(part->terms[i].form, str_of(form)))
            return true;
    return false;
}

static bool has_concept(const struct question_part *part, const char *name)
{
    for (size_t i = 0; i < part->concept_count; i++)
        if (strcmp(part->concepts[i].concept->name, name) == 0)
            return true;
    return false;
}

/* --- tables --- */

static void assert_list_is_folded(struct arena *arena, struct str list)
{
    struct str phrase;

    while (str_next_token(&list, '|', &phrase)) {
        struct folded_text folded;
        struct str inner;
        assert_true(phrase.n > 0);
        if (phrase.p[phrase.n - 1] == '*')
            phrase.n--;
        assert_true(folded_text_make(phrase, arena, &folded));
        inner = str_trim(folded.folded);
        if (!str_equal(inner, phrase))
            fail_msg("\"%.*s\" is folded \"%.*s\"", (int)phrase.n, phrase.p, (int)inner.n, inner.p);
    }
}

static void test_phrases_of_the_tables_are_folded(void **state)
{
    size_t count;
    const struct question_words *words = question_words_all(&count);
    const struct concept *concepts;

    for (size_t i = 0; i < count; i++)
        for (question_role role = 0; role < QUESTION_ROLE_COUNT; role++)
            assert_list_is_folded(*state, question_phrases(&words[i], role));
    concepts = concept_table(&count);
    for (size_t i = 0; i < count; i++)
        assert_list_is_folded(*state, str_of(concepts[i].phrases));
}

static void test_folding_drops_case_accents_and_punctuation(void **state)
{
    struct folded_text folded;

    assert_true(
        folded_text_make(STR("  Fällig:  STRASSE–Straße #12, №7 Ｔｏｔａｌ "), *state, &folded));
    assert_true(str_equal(folded.folded, STR(" fallig strasse strasse no 12 no 7 total ")));
}

static void test_a_phrase_is_found_as_whole_words(void **state)
{
    struct folded_text folded;
    size_t begin;
    size_t end;

    assert_true(folded_text_make(STR("Subtotal 5, total due 7"), *state, &folded));
    assert_true(phrase_find(folded.folded, STR("total"), 0, &begin, &end));
    assert_true(str_equal(folded_text_origin(&folded, STR("Subtotal 5, total due 7"), begin, end),
                          STR("total")));
    assert_false(phrase_find(folded.folded, STR("sub"), 0, &begin, &end));
    assert_true(folded_text_make(STR("请问合计金额是多少"), *state, &folded));
    assert_true(phrase_find(folded.folded, STR("合计"), 0, &begin, &end));
}

/* --- kinds --- */

static void test_words_that_ask_say_the_kind_in_each_language(void **state)
{
    static const struct {
        const char *text;
        answer_kind kind;
        const char *language;
    } cases[] = {
        {"When does the lease start?", ANSWER_DATE, "en"},
        {"How much does the licence cost?", ANSWER_AMOUNT, "en"},
        {"How many pages were read?", ANSWER_NUMBER, "en"},
        {"Who signed the agreement?", ANSWER_PERSON, "en"},
        {"Where is the head office?", ANSWER_PLACE, "en"},
        {"Why was the flight cancelled?", ANSWER_REASON, "en"},
        {"What is this document about?", ANSWER_SUMMARY, "en"},
        {"Please summarize the document", ANSWER_SUMMARY, "en"},
        {"What happens when the tenant leaves?", ANSWER_ANY, "en"},
        {"Wann beginnt der Kurs im Sommer?", ANSWER_DATE, "de"},
        {"Wie viele Teilnehmer gab es?", ANSWER_NUMBER, "de"},
        {"Wer hat den Bericht geschrieben?", ANSWER_PERSON, "de"},
        {"Worum geht es in diesem Dokument?", ANSWER_SUMMARY, "de"},
        {"Quand commence le cours ?", ANSWER_DATE, "fr"},
        {"Combien de personnes sont venues ?", ANSWER_NUMBER, "fr"},
        {"¿Quién firmó el contrato?", ANSWER_PERSON, "es"},
        {"¿Dónde está la oficina?", ANSWER_PLACE, "es"},
        {"Quando inizia il corso di cucina?", ANSWER_DATE, "it"},
        {"Quem assinou o contrato de trabalho?", ANSWER_PERSON, "pt"},
        {"Waarom is de vlucht geannuleerd?", ANSWER_REASON, "nl"},
        {"Когда начинается курс?", ANSWER_DATE, "ru"},
        {"Сколько стоит билет?", ANSWER_AMOUNT, "ru"},
        {"谁签署了合同？", ANSWER_PERSON, "zh"},
        {"いつ始まりますか？", ANSWER_DATE, "ja"},
        {"متى يبدأ العقد؟", ANSWER_DATE, "ar"},
        {"अनुबंध कब शुरू होता है?", ANSWER_DATE, "hi"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct question question = read_question(state, cases[i].text);
        assert_int_equal(question.part_count, 1);
        if (question.parts[0].kind != cases[i].kind)
            fail_msg("%s: kind %d", cases[i].text, question.parts[0].kind);
        assert_string_equal(question.language, cases[i].language);
    }
}

static void test_a_label_says_the_kind_of_its_value(void **state)
{
    struct question question = read_question(state, "What is the due date?");

    assert_int_equal(question.parts[0].kind, ANSWER_DATE);
    assert_true(has_concept(&question.parts[0], "due_date"));
    question = read_question(state, "Wie lautet der Gesamtbetrag?");
    assert_int_equal(question.parts[0].kind, ANSWER_AMOUNT);
    assert_true(has_concept(&question.parts[0], "total"));
}

static void test_words_that_say_nothing_are_not_looked_for(void **state)
{
    struct question question =
        read_question(state, "Can you please tell me who wrote the preface?");

    assert_true(has_term(&question.parts[0], "preface"));
    assert_false(has_term(&question.parts[0], "please"));
    assert_false(has_term(&question.parts[0], "tell"));
}

/* --- parts --- */

static void test_two_things_are_two_parts(void **state)
{
    struct question question = read_question(state, "What is the total and the due date?");

    assert_int_equal(question.part_count, 2);
    assert_true(has_concept(&question.parts[0], "total"));
    assert_int_equal(question.parts[0].kind, ANSWER_AMOUNT);
    assert_true(has_concept(&question.parts[1], "due_date"));
    assert_int_equal(question.parts[1].kind, ANSWER_DATE);

    question = read_question(state, "How much is the rent, and when does the lease end?");
    assert_int_equal(question.part_count, 2);
    assert_int_equal(question.parts[1].kind, ANSWER_DATE);

    question = read_question(state, "Quel est le montant total et la date d'échéance ?");
    assert_int_equal(question.part_count, 2);
    question = read_question(state, "合計金額と支払期限は？");
    assert_int_equal(question.part_count, 2);
}

static void test_two_words_for_one_thing_are_one_part(void **state)
{
    assert_int_equal(read_question(state, "What do the terms and conditions say?").part_count, 1);
    assert_int_equal(read_question(state, "How many apples and oranges were sold?").part_count, 1);
    assert_int_equal(read_question(state, "How much is shipping and handling?").part_count, 1);
}

static void test_parts_share_what_they_are_of(void **state)
{
    struct question question = read_question(state, "What is the date and place of the meeting?");

    assert_int_equal(question.part_count, 2);
    assert_true(has_term(&question.parts[0], "meeting"));
    assert_true(has_term(&question.parts[1], "meeting"));
}

static void test_a_page_that_is_named_is_read(void **state)
{
    struct question question = read_question(state, "What does page 3 say about solvents?");

    assert_int_equal(question.page_number, 3);
    assert_true(has_term(&question.parts[0], "solvents"));
    assert_false(has_term(&question.parts[0], "3"));
    assert_int_equal(read_question(state, "Was steht auf Seite 12 über Farben?").page_number, 12);
    assert_int_equal(read_question(state, "第3页的标题是什么？").page_number, 3);
    assert_int_equal(read_question(state, "How many pages are there in 2 volumes?").page_number, 0);
}

/* --- conversations --- */

static struct question read_after(void **state, const char *earlier, const char *answer,
                                  const char *text)
{
    struct turn turn = {str_of(earlier), str_of(answer)};
    struct question question;
    struct status st;

    assert_int_equal(question_read(str_of(text), &turn, 1, NULL, *state, &question, &st),
                     STATUS_OK);
    return question;
}

static void test_a_follow_up_takes_what_it_leaves_out(void **state)
{
    struct question question = read_after(state, "How many tons were shipped in March?",
                                          "In March 40 tons were shipped (p. 1)", "And in April?");

    assert_true(question.is_follow_up);
    assert_int_equal(question.parts[0].kind, ANSWER_NUMBER);
    assert_true(has_term(&question.parts[0], "april"));
    assert_true(has_term(&question.parts[0], "tons"));
    assert_false(has_term(&question.parts[0], "march"));
}

static void test_a_label_in_a_follow_up_stands_alone(void **state)
{
    struct question question =
        read_after(state, "What is the total?", "Total: $42.00 (p. 1)", "and the tax?");

    assert_true(has_concept(&question.parts[0], "tax"));
    assert_int_equal(question.parts[0].kind, ANSWER_AMOUNT);
    assert_false(has_term(&question.parts[0], "total"));
}

static void test_a_page_in_a_follow_up_asks_the_same_again(void **state)
{
    struct question question =
        read_after(state, "Which solvents are allowed?", "Ethanol (p. 1)", "what about page 3?");

    assert_int_equal(question.page_number, 3);
    assert_true(has_term(&question.parts[0], "solvents"));
    assert_true(question.parts[0].terms[0].weight >= 1);
}

static void test_they_may_be_whom_the_answer_names(void **state)
{
    struct question question =
        read_after(state, "Who is the supplier?", "Supplier: Brightwater Optics (p. 1)",
                   "Where are they located?");

    assert_true(question.is_follow_up);
    assert_true(has_term(&question.parts[0], "brightwater"));
}

static void test_a_whole_question_is_no_follow_up(void **state)
{
    struct question question =
        read_after(state, "Who is the supplier?", "Supplier: Brightwater Optics (p. 1)",
                   "How many litres does the cooling tank hold?");

    assert_false(question.is_follow_up);
    assert_false(has_term(&question.parts[0], "supplier"));
}

static void test_a_follow_up_is_whole_with_the_question_before(void **state)
{
    static const char steps[] = "What about April?",
                      whole[] = "How many litres does the tank hold?";
    const struct turn turn = {STR("How many tons were shipped in March?"), STR("40 (p. 1)")};
    struct question question = read_after(state, turn.question.p, turn.answer.p, steps);

    assert_true(str_equal(question_whole(&question, &turn, 1, *state),
                          STR("How many tons were shipped in March? What about April?")));
    question = read_after(state, turn.question.p, turn.answer.p, whole);
    assert_true(str_equal(question_whole(&question, &turn, 1, *state), str_of(whole)));
}

/* --- hostile text --- */

static void test_long_and_broken_questions_are_read(void **state)
{
    enum { LONG_BYTES = 8000 };
    static char text[LONG_BYTES];
    static const char *const units[] = {"and ", "a", "?", "total and ", "\xFF",
                                        "页",   ",", " ", "。"};
    struct status st;

    for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
        struct question question;
        struct turn turn = {{text, sizeof(text)}, {text, sizeof(text)}};
        for (size_t k = 0; k < sizeof(text); k++)
            text[k] = units[i][k % strlen(units[i])];
        arena_reset(*state);
        assert_int_equal(
            question_read((struct str){text, sizeof(text)}, &turn, 1, NULL, *state, &question, &st),
            STATUS_OK);
        assert_true(question.part_count >= 1 && question.part_count <= QUESTION_PARTS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_phrases_of_the_tables_are_folded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_folding_drops_case_accents_and_punctuation, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_phrase_is_found_as_whole_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words_that_ask_say_the_kind_in_each_language, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_label_says_the_kind_of_its_value, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words_that_say_nothing_are_not_looked_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_two_things_are_two_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_words_for_one_thing_are_one_part, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parts_share_what_they_are_of, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_page_that_is_named_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_follow_up_takes_what_it_leaves_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_label_in_a_follow_up_stands_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_page_in_a_follow_up_asks_the_same_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_they_may_be_whom_the_answer_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_whole_question_is_no_follow_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_follow_up_is_whole_with_the_question_before, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_long_and_broken_questions_are_read, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
