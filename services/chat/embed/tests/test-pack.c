#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "lib/base/file_io.h"
#include "services/chat/embed/pack.h"

/* The real file's beginning, up to and with the directory, and nothing of the tensors. */
enum { HEAD_BYTES = 4700000 };

struct fixture {
    char path[1000];
    uint8_t *head;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    FILE *file;

    assert_non_null(fixture);
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/models/e5-small-q4.bin",
                   getenv("NEURAL_PATH"));
    file = fopen(fixture->path, "re");
    assert_non_null(file);
    fixture->head = malloc(HEAD_BYTES);
    assert_non_null(fixture->head);
    assert_int_equal(fread(fixture->head, 1, HEAD_BYTES, file), HEAD_BYTES);
    (void)fclose(file);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    free(fixture->head);
    free(fixture);
    return 0;
}

/* Opens the head's first bytes as a file of their own. */
static status_code open_part(const struct fixture *fixture, size_t length, struct pack *ret_pack,
                             struct status *st)
{
    _cleanup_(closep) int fd = memfd_create("pack", MFD_CLOEXEC);
    char path[64];

    assert_true(fd >= 0);
    assert_true(file_write_at(fd, 0, (struct str){(const char *)fixture->head, length}));
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return pack_open(path, ret_pack, st);
}

static void opens_the_file_of_the_package(void **state)
{
    const struct fixture *fixture = *state;
    const struct pack_block *blocks;
    const float *values;
    struct status st = {0};
    struct pack pack;

    assert_int_equal(pack_open(fixture->path, &pack, &st), STATUS_OK);
    assert_int_equal(pack.width, 384);
    assert_int_equal(pack.layer_count, 12);
    assert_int_equal(pack.head_count, 12);
    assert_int_equal(pack.inner_width, 1536);
    assert_int_equal(pack.position_count, 512);
    assert_int_equal(pack_floats(&pack, "emb.ln.w", 384, &values, &st), STATUS_OK);
    assert_int_equal(pack_blocks(&pack, "l11.fo.w", (size_t)384 * 1536, &blocks, &st), STATUS_OK);
    pack_close(&pack);
}

static void refuses_tensors_of_other_sizes_and_kinds(void **state)
{
    const struct fixture *fixture = *state;
    const struct pack_block *blocks;
    const float *values;
    struct status st = {0};
    struct pack pack;

    assert_int_equal(pack_open(fixture->path, &pack, &st), STATUS_OK);
    assert_int_equal(pack_floats(&pack, "emb.ln.w", 383, &values, &st), STATUS_UNAVAILABLE);
    assert_int_equal(pack_floats(&pack, "emb.ln", 384, &values, &st), STATUS_UNAVAILABLE);
    assert_int_equal(pack_floats(&pack, "l0.q.w", (size_t)384 * 384, &values, &st),
                     STATUS_UNAVAILABLE);
    assert_int_equal(pack_blocks(&pack, "l0.q.b", 384, &blocks, &st), STATUS_UNAVAILABLE);
    pack_close(&pack);
}

static void refuses_what_is_no_pack(void **state)
{
    struct status st = {0};
    struct pack pack;

    assert_int_equal(pack_open("/dev/null", &pack, &st), STATUS_UNAVAILABLE);
    assert_int_equal(pack_open("/proc/self/exe", &pack, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "MODEL_UNAVAILABLE");
    assert_int_equal(pack_open("/nonexistent", &pack, &st), STATUS_UNAVAILABLE);
}

/* A file that was cut anywhere before its tensors is not opened; one that was cut in front of a
 * tensor does not give it. */
static void refuses_a_file_that_was_cut(void **state)
{
    const struct fixture *fixture = *state;
    const float *values;
    struct status st = {0};
    struct pack pack;

    for (size_t length = 0; length < 100; length++)
        assert_int_equal(open_part(fixture, length, &pack, &st), STATUS_UNAVAILABLE);
    for (size_t length = 100; length < 4600000; length += 99991)
        assert_int_equal(open_part(fixture, length, &pack, &st), STATUS_UNAVAILABLE);
    assert_int_equal(open_part(fixture, HEAD_BYTES, &pack, &st), STATUS_OK);
    assert_int_equal(pack_floats(&pack, "emb.ln.w", 384, &values, &st), STATUS_UNAVAILABLE);
    pack_close(&pack);
}

/* Every single bit of the sizes, turned: it opens or it does not, and nothing else happens. */
static void survives_any_wrong_size(void **state)
{
    const struct fixture *fixture = *state;
    struct status st = {0};
    struct pack pack;

    for (size_t bit = 0; bit < (size_t)8 * 80; bit++) {
        fixture->head[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (open_part(fixture, HEAD_BYTES, &pack, &st) == STATUS_OK)
            pack_close(&pack);
        fixture->head[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void reads_halves(void **state)
{
    assert_true(pack_half(0x3c00) == 1.0F);
    assert_true(pack_half(0xc000) == -2.0F);
    assert_true(pack_half(0x0001) == 0x1p-24F);
    assert_true(pack_half(0x7bff) == 65504.0F);
    assert_true(pack_half(0x8000) == 0.0F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_the_file_of_the_package),
        cmocka_unit_test(refuses_tensors_of_other_sizes_and_kinds),
        cmocka_unit_test(refuses_what_is_no_pack),
        cmocka_unit_test(refuses_a_file_that_was_cut),
        cmocka_unit_test(survives_any_wrong_size),
        cmocka_unit_test(reads_halves),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
