#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "lib/base/file_io.h"

static void test_bytes_are_written_where_they_belong(void **state)
{
    _cleanup_(closep) int fd = memfd_create("test", MFD_CLOEXEC);
    char got[9] = "";

    assert_true(file_write_at(fd, 4, str_of("next")));
    assert_true(file_write_at(fd, 0, str_of("this")));
    assert_true(file_write_at(fd, 8, str_of("")));
    assert_int_equal(pread(fd, got, sizeof(got), 0), 8);
    assert_string_equal(got, "thisnext");
}

/* The system writes what there is room for, and refuses the rest. */
static void test_a_file_without_room_for_all_is_a_failure(void **state)
{
    enum { ROOM = 6 };
    struct rlimit before, small = {.rlim_cur = ROOM};
    _cleanup_(closep) int fd = memfd_create("test", MFD_CLOEXEC);

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool is_written = file_write_at(fd, 0, str_of("more than six"));
    int error = errno;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(is_written);
    assert_int_equal(error, EFBIG);
    assert_int_equal(lseek(fd, 0, SEEK_END), ROOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_written_where_they_belong),
        cmocka_unit_test(test_a_file_without_room_for_all_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
