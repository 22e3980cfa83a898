#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "services/ocr/worker/sandbox.h"

/* Each test enters the sandbox in a child, which does what an exploit would do and answers by its
 * exit code: 0 for yes. Where the sandbox ends it instead, that is a refusal, too. */

static const char *models_path;
static int inherited_socket = -1; /* opened before the sandbox was entered */

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
    if (WIFSIGNALED(how) && WTERMSIG(how) == SIGSYS)
        return IS_REFUSED;
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

static int connect_somewhere(void)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return connect(inherited_socket, (const struct sockaddr *)&address, sizeof(address)) < 0 &&
                   (errno == EPERM || errno == EACCES)
               ? IS_REFUSED
               : IS_ALLOWED;
}

/* Data to somewhere else through a socket that is open. */
static int send_elsewhere(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};

    return sendto(inherited_socket, "x", 1, 0, (const struct sockaddr *)&address, sizeof(address)) <
                   0
               ? IS_REFUSED
               : IS_ALLOWED;
}

static int listen_somewhere(void)
{
    return listen(inherited_socket, 1) < 0 && errno == EPERM ? IS_REFUSED : IS_ALLOWED;
}

/* That ends with 1, as IS_ALLOWED. */
static int become_another_program(void)
{
    char *const arguments[] = {(char *)"/bin/false", NULL};

    (void)execve("/bin/false", arguments, NULL);
    return IS_ALLOWED;
}

/* The same without a path, of a file that is in memory alone. */
static int become_a_file_in_memory(void)
{
    char *const arguments[] = {(char *)"x", NULL};

    (void)syscall(SYS_execveat, STDIN_FILENO, "", arguments, NULL, AT_EMPTY_PATH);
    return IS_ALLOWED;
}

static int trace_parent(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) < 0 ? IS_REFUSED : IS_ALLOWED;
}

static int read_memory_of_parent(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&inherited_socket, 1};

    return process_vm_readv(getppid(), &here, 1, &there, 1, 0) < 0 ? IS_REFUSED : IS_ALLOWED;
}

static int open_memory_of_parent(void)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)getppid());
    return open(path, O_RDWR) < 0 ? IS_REFUSED : IS_ALLOWED;
}

static int take_descriptor_of_parent(void)
{
    int pidfd = (int)syscall(SYS_pidfd_open, getppid(), 0);

    return pidfd < 0 && errno == EPERM ? IS_REFUSED : IS_ALLOWED;
}

static int leave_by_namespace(void)
{
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ? IS_REFUSED : IS_ALLOWED;
}

static int load_kernel_program(void)
{
    return syscall(SYS_bpf, 0, NULL, 0) < 0 && errno == EPERM ? IS_REFUSED : IS_ALLOWED;
}

static int go_round_by_ring(void)
{
    return syscall(SYS_io_uring_setup, 1, NULL) < 0 && errno == EPERM ? IS_REFUSED : IS_ALLOWED;
}

static int make_file_in_memory(void)
{
    return memfd_create("x", 0) < 0 && errno == EPERM ? IS_REFUSED : IS_ALLOWED;
}

/* Code of a file, as a library is loaded: none can be opened to map it. */
static int map_code_of_a_file(void)
{
    int fd = open("/bin/true", O_RDONLY);

    return fd < 0 || mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED
               ? IS_REFUSED
               : IS_ALLOWED;
}

static int raise_own_limits(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    return setrlimit(RLIMIT_AS, &limit) < 0 && errno == EPERM ? IS_REFUSED : IS_ALLOWED;
}

static int open_descriptors_without_end(void)
{
    for (int i = 0; i <= WORKER_FILES_MAX; i++)
        if (open("/dev/null", O_RDONLY) < 0)
            return errno == EMFILE ? IS_REFUSED : BROKEN;
    return IS_ALLOWED;
}

static int remove_a_file(void)
{
    return unlink(models_path) < 0 && errno == EPERM ? IS_REFUSED : IS_ALLOWED;
}

static int write_a_model(void)
{
    return open(models_path, O_TMPFILE | O_RDWR, 0600) < 0 ? IS_REFUSED : IS_ALLOWED;
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

static void test_there_is_no_way_out_through_an_open_socket(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_SECCOMP, connect_somewhere);
    assert_refused(SANDBOX_WITHOUT_SECCOMP, send_elsewhere);
    assert_refused(SANDBOX_WITHOUT_SECCOMP, listen_somewhere);
}

static void test_no_other_program_is_run(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_SECCOMP, become_another_program);
    assert_refused(SANDBOX_WITHOUT_SECCOMP, become_a_file_in_memory);
    assert_refused(SANDBOX_WITHOUT_SECCOMP, make_file_in_memory);
}

static void test_the_parent_is_out_of_reach(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_SECCOMP, trace_parent);
    assert_refused(SANDBOX_WITHOUT_SECCOMP, read_memory_of_parent);
    assert_refused(SANDBOX_WITHOUT_SECCOMP, take_descriptor_of_parent);
}

static void test_the_kernel_is_out_of_reach(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_SECCOMP, leave_by_namespace);
    assert_refused(SANDBOX_WITHOUT_SECCOMP, load_kernel_program);
    assert_refused(SANDBOX_WITHOUT_SECCOMP, go_round_by_ring);
}

static void test_limits_cannot_be_raised(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_SECCOMP, raise_own_limits);
}

static void test_files_are_neither_mapped_as_code_nor_changed(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_LANDLOCK, map_code_of_a_file);
    assert_refused(SANDBOX_WITHOUT_LANDLOCK, open_memory_of_parent);
    assert_refused(SANDBOX_WITHOUT_LANDLOCK, write_a_model);
}

static void test_files_cannot_be_removed(void **state)
{
    (void)state;
    assert_refused(SANDBOX_WITHOUT_SECCOMP, remove_a_file);
}

static void test_descriptors_have_an_end(void **state)
{
    (void)state;
    assert_refused(0, open_descriptors_without_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_can_be_started_and_are_in_the_sandbox),
        cmocka_unit_test(test_there_is_no_network),
        cmocka_unit_test(test_there_is_no_way_out_through_an_open_socket),
        cmocka_unit_test(test_no_other_program_is_run),
        cmocka_unit_test(test_the_parent_is_out_of_reach),
        cmocka_unit_test(test_the_kernel_is_out_of_reach),
        cmocka_unit_test(test_limits_cannot_be_raised),
        cmocka_unit_test(test_files_are_neither_mapped_as_code_nor_changed),
        cmocka_unit_test(test_files_cannot_be_removed),
        cmocka_unit_test(test_descriptors_have_an_end),
        cmocka_unit_test(test_other_files_cannot_be_read),
        cmocka_unit_test(test_no_file_can_be_written),
        cmocka_unit_test(test_there_are_no_further_processes),
        cmocka_unit_test(test_nobody_can_be_signalled),
        cmocka_unit_test(test_memory_has_an_end),
        cmocka_unit_test(test_models_can_be_read_and_open_descriptors_used),
    };

    models_path = getenv("OCRMESH_TEST_DATA");
    inherited_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return models_path != NULL ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
