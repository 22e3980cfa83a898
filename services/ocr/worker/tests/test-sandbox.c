#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "services/ocr/worker/sandbox.h"

/* Each test enters the sandbox in a child, which answers by its exit code: 0 for yes. */

static const char *models_path;

enum { IS_REFUSED = 0, IS_ALLOWED = 1, SKIPPED = 77, BROKEN = 99 };

static int in_sandbox(uint32_t needed, int (*question)(void))
{
    int how;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct status st;
        uint32_t gaps;
        if (sandbox_enter(&models_path, 1, false, &gaps, &st) != STATUS_OK)
            _exit(BROKEN);
        _exit((gaps & needed) != 0 ? SKIPPED : question());
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    return WEXITSTATUS(how);
}

static void assert_refused(uint32_t needed, int (*question)(void))
{
    int answer = in_sandbox(needed, question);

    if (answer == SKIPPED)
        skip(); /* the kernel does not have it, or a sanitizer needs it */
    assert_int_equal(answer, IS_REFUSED);
}

static int open_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? IS_REFUSED : IS_ALLOWED;
}

static int open_other_file(void)
{
    return open("/etc/passwd", O_RDONLY) < 0 ? IS_REFUSED : IS_ALLOWED;
}

static int make_process(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    return child < 0 && errno == EPERM ? IS_REFUSED : IS_ALLOWED;
}

static int signal_parent(void)
{
    return kill(getppid(), 0) < 0 && errno == EPERM ? IS_REFUSED : IS_ALLOWED;
}

static int take_memory_without_end(void)
{
    void *memory = mmap(NULL, ((size_t)WORKER_MEMORY_MAX_MIB + 1) << 20, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? IS_REFUSED : IS_ALLOWED;
}

static int write_file(void)
{
    int fd = open("/tmp", O_TMPFILE | O_WRONLY, 0600);

    return fd < 0 || write(fd, "x", 1) < 0 ? IS_REFUSED : IS_ALLOWED;
}

static void *answer(void *ret)
{
    *(int *)ret = 0;
    return NULL;
}

/* 0 when it works: the other way round than above. */
static int start_thread(void)
{
    pthread_t thread;
    int result = 1;

    return pthread_create(&thread, NULL, answer, &result) != 0 ? 1
           : pthread_join(thread, NULL) != 0                   ? 1
                                                               : result;
}

static void *open_socket_in_thread(void *ret)
{
    *(int *)ret = open_socket();
    return NULL;
}

static int open_socket_from_thread(void)
{
    pthread_t thread;
    int result = IS_ALLOWED;

    if (pthread_create(&thread, NULL, open_socket_in_thread, &result) != 0 ||
        pthread_join(thread, NULL) != 0)
        return BROKEN;
    return result;
}

/* 0 when it works. */
static int read_models(void)
{
    return open(models_path, O_RDONLY | O_DIRECTORY) >= 0 ? 0 : 1;
}

static int write_to_a_pipe(void)
{
    return write(STDERR_FILENO, "", 0) == 0 && getpid() > 0 ? 0 : 1;
}

static void test_there_is_no_network(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_SECCOMP, open_socket);
}

static void test_other_files_cannot_be_read(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_LANDLOCK, open_other_file);
}

static void test_no_file_can_be_written(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_LIMITS, write_file);
}

static void test_there_are_no_further_processes(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_SECCOMP, make_process);
}

static void test_nobody_can_be_signalled(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_SECCOMP, signal_parent);
}

static void test_memory_has_an_end(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_LIMITS, take_memory_without_end);
}

static void test_models_can_be_read_and_open_descriptors_used(void **state)
{
    (void)state;
    assert_int_equal(in_sandbox(0, read_models), 0);
    assert_int_equal(in_sandbox(0, write_to_a_pipe), 0);
}

static void test_threads_can_be_started_and_are_in_the_sandbox(void **state)
{
    (void)state;
    assert_int_equal(in_sandbox(0, start_thread), 0);
    assert_refused(SANDBOX_WITHOUT_SECCOMP, open_socket_from_thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_can_be_started_and_are_in_the_sandbox),
        cmocka_unit_test(test_there_is_no_network),
        cmocka_unit_test(test_other_files_cannot_be_read),
        cmocka_unit_test(test_no_file_can_be_written),
        cmocka_unit_test(test_there_are_no_further_processes),
        cmocka_unit_test(test_nobody_can_be_signalled),
        cmocka_unit_test(test_memory_has_an_end),
        cmocka_unit_test(test_models_can_be_read_and_open_descriptors_used),
    };

    models_path = getenv("OCRMESH_TEST_DATA");
    return models_path != NULL ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
