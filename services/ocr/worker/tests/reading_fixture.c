#include "services/ocr/worker/tests/reading_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PAGE_MAX_BYTES = 512 << 20 };

int reading_begin(void **state)
{
    struct reading *reading = calloc(1, sizeof(*reading));

    assert_non_null(reading);
    reading->recognizer = recognizer_new();
    reading->arena = arena_new(PAGE_MAX_BYTES);
    assert_non_null(reading->recognizer);
    assert_non_null(reading->arena);
    *state = reading;
    return 0;
}

int reading_end(void **state)
{
    struct reading *reading = *state;

    recognizer_free(reading->recognizer);
    arena_free(reading->arena);
    free(reading);
    return 0;
}

struct page reading_page(struct reading *reading, int fd, engine_tier tier, const char *language)
{
    const struct recognize_request request = {.tier = tier, .language = language};
    _cleanup_(decoder_closep) struct decoder *decoder = NULL;
    struct status st;
    struct page page;

    assert_int_equal(decoder_open(fd, &decoder, &st), STATUS_OK);
    recognizer_next_document(reading->recognizer);
    assert_int_equal(recognize_page(reading->recognizer, decoder, &request, reading->arena, &page,
                                    &reading->engine_class, &st),
                     STATUS_OK);
    return page;
}
