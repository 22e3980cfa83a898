#pragma once

/*
 * The parts of a question: "What is the total, and when is it due?" asks two things. Private to
 * question/. Thread rule: one thread at a time.
 */

#include "services/chat/question/part_reader.h"

/*
 * Cuts at sentence ends, and at commas and words for "and" where what follows asks again or names
 * another thing that forms have a label for or a kind of answer ("the total and the due date"; not
 * "terms and conditions"). Stretches of `text`, at least one.
 */
status_code question_split(const struct part_reader *reader, struct str text,
                           struct str ret_parts[static QUESTION_PARTS_MAX], size_t *ret_count,
                           struct status *st) _must_check_;
