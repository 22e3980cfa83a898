/*
 * Any bytes, in a language that the first byte chooses, become words and sentences that lie in the
 * text, in order; what words are compared by is valid UTF-8.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/chat/text/folded_find.h"
#include "services/chat/text/language_of.h"
#include "services/chat/text/sentences.h"
#include "services/chat/text/text_language.h"
#include "services/chat/text/words.h"

enum { ARENA_MAX_BYTES = 64 << 20, TEXT_MAX_BYTES = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void must_be_utf8(struct str text)
{
    size_t step;

    for (size_t at = 0; at < text.n; at += step) {
        step = utf8_sequence(text.p + at, text.n - at);
        must(step > 0);
    }
}

static void check_words(struct str text, struct str language, struct arena *arena)
{
    _cleanup_(words_cutter_freep) struct words_cutter *cutter = words_cutter_new();
    const struct word *words;
    struct status st;
    size_t count, end = 0;

    must(cutter != NULL);
    must(words_cut(cutter, text, language, arena, &words, &count, &st) == STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        must(words[i].offset >= end && words[i].length > 0);
        end = words[i].offset + words[i].length;
        must(end <= text.n && words[i].form.n > 0 && words[i].term.n > 0);
        must_be_utf8(words[i].form);
        must_be_utf8(words[i].term);
    }
}

static void check_sentences(struct str text, struct str language, struct arena *arena)
{
    const struct sentence *sentences;
    struct status st;
    size_t count, end = 0, offset, length;

    must(sentences_cut(text, language, arena, &sentences, &count, &st) == STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        struct str sentence = {text.p + sentences[i].offset, sentences[i].length};
        must(sentences[i].offset >= end && sentences[i].length > 0);
        end = sentences[i].offset + sentences[i].length;
        must(end <= text.n);
        if (folded_find(text, sentence, &offset, &length))
            must(offset <= sentences[i].offset && offset + length <= text.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct str language = {"und", 3};

    if (size == 0 || size > TEXT_MAX_BYTES)
        return 0;
    if (data[0] < text_language_count())
        language = str_of(text_language_at(data[0])->code);
    struct str text = {(const char *)data + 1, size - 1};
    check_words(text, language, arena);
    check_sentences(text, language, arena);
    must(text_language_find(str_of(language_of(text, language))) != NULL);
    return 0;
}
