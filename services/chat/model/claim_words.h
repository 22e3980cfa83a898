#pragma once

/*
 * The small words of a claim that turn what it says: negations, restrictions, order in time,
 * comparison, duty and leave, and what makes a saying of a fact - "say that the total is zero", "if
 * the total is zero"; and the signs of currencies. Private to model/.
 *
 * Forms as words.h folds them, of many languages at once: a word that another language has by
 * chance makes a claim fail that would hold, and never the other way round. Thread rule: any
 * thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/chat/text/words.h"

/* Bits. */
typedef enum {
    TURN_NEGATION = 1,
    TURN_RESTRICTION = 2, /* only, except, unless */
    TURN_BEFORE = 4,
    TURN_AFTER = 8,
    TURN_MORE = 16, /* at least, over */
    TURN_LESS = 32,
    TURN_DUTY = 64,
    TURN_LEAVE = 128,  /* may, can */
    TURN_SAYING = 256, /* orders to say something, what somebody claims, conditions */
} claim_turn;

/* What must stand in both or in neither; the rest only in what bears the claim out. */
#define TURNS_MUTUAL ((uint32_t)(TURN_NEGATION | TURN_RESTRICTION | TURN_SAYING))

/* @list: forms, each with a space on both sides. */
bool claim_word_is_among(const struct word *word, const char *list);

/* 0 for a word that turns nothing. */
uint32_t claim_word_turns(const struct word *word);
uint32_t claim_words_turns(const struct word *words, size_t count);

/* "and", "or" and so on, at which a sentence may be parted. */
bool claim_word_joins(const struct word *word);

/* Whether each sign of a currency, and "%", of `claim` stands in `text` or in `context`, as a
 * sign or a word. */
bool claim_signs_stand_in(struct str claim, struct str text, struct str context);
