#include "services/chat/question/kind_words.h"

#include "services/chat/question/phrases.h"

const struct kind_word kinds_asked[KINDS_ASKED] = {
    /* Of equally long phrases in one place the first counts. */
    {ASKS_WHEN, ANSWER_DATE},  {ASKS_HOW_MANY, ANSWER_NUMBER}, {ASKS_HOW_MUCH, ANSWER_AMOUNT},
    {ASKS_WHO, ANSWER_PERSON}, {ASKS_WHERE, ANSWER_PLACE},     {ASKS_WHY, ANSWER_REASON},
    {ASKS_LIST, ANSWER_LIST},  {ASKS_WHAT, ANSWER_ANY},
};

const struct kind_word kinds_meant[KINDS_MEANT] = {
    {MEANS_DATE, ANSWER_DATE},     {MEANS_AMOUNT, ANSWER_AMOUNT}, {MEANS_NUMBER, ANSWER_NUMBER},
    {MEANS_PERSON, ANSWER_PERSON}, {MEANS_PLACE, ANSWER_PLACE},   {MEANS_REASON, ANSWER_REASON},
};

/* Where the first of a list's phrases stands; of those in one place the longest. */
static bool first_of(struct str folded, struct str list, size_t *ret_begin, size_t *ret_end)
{
    struct str phrase;
    bool is_found = false;

    while (str_next_token(&list, '|', &phrase)) {
        size_t begin;
        size_t end;
        if (!phrase_find(folded, phrase, 0, &begin, &end))
            continue;
        if (is_found && (begin > *ret_begin || (begin == *ret_begin && end <= *ret_end)))
            continue;
        *ret_begin = begin;
        *ret_end = end;
        is_found = true;
    }
    return is_found;
}

bool kind_asked(const struct question_words *words, bool anywhere, struct str folded,
                answer_kind *ret_kind)
{
    size_t best_begin = SIZE_MAX;
    size_t best_length = 0;

    for (size_t i = 0; i < KINDS_ASKED; i++) {
        size_t begin;
        size_t end;
        if (anywhere && kinds_asked[i].role == ASKS_WHAT && best_begin != SIZE_MAX)
            continue;
        if (!first_of(folded, question_phrases(words, kinds_asked[i].role), &begin, &end))
            continue;
        if (anywhere)
            begin = 0;
        if (begin > best_begin || (begin == best_begin && end - begin <= best_length))
            continue;
        best_begin = begin;
        best_length = end - begin;
        *ret_kind = kinds_asked[i].kind;
    }
    return best_begin != SIZE_MAX;
}

bool kind_meant(const struct question_words *words, struct str folded, answer_kind *ret_kind)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < KINDS_MEANT; i++) {
        size_t begin;
        size_t end;
        if (!first_of(folded, question_phrases(words, kinds_meant[i].role), &begin, &end) ||
            begin >= best)
            continue;
        best = begin;
        *ret_kind = kinds_meant[i].kind;
    }
    return best != SIZE_MAX;
}
