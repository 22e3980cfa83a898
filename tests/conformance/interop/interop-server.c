/*
 * Serves grpc.testing.TestService on a free port of the loopback, prints "port N", and drains at
 * SIGTERM.
 */

#include <signal.h>
#include <stdio.h>

#include "tests/conformance/interop/test_service.h"

enum { DRAIN_MS = 1000 };

static status_code run(struct status *st)
{
    const struct rpc_server_options options = {
        .address = "127.0.0.1:0",
        .descriptor_set = test_descriptor_set_start,
        .descriptor_set_size = test_descriptor_set_size,
    };
    const struct rpc_service *const services[] = {test_service()};
    _cleanup_(rpc_server_freep) struct rpc_server *server = NULL;
    sigset_t stop;
    int signal_number;

    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
    TRY(rpc_server_new(&options, services, ARRAY_LENGTH(services), &server, st));
    (void)printf("port %d\n", rpc_server_port(server));
    (void)fflush(stdout);
    (void)sigwait(&stop, &signal_number);
    rpc_server_drain(server, DRAIN_MS);
    return STATUS_OK;
}

int main(void)
{
    struct status st;

    rpc_start();
    status_code code = run(&st);
    rpc_stop();
    if (code != STATUS_OK)
        (void)fprintf(stderr, "%s: %s\n", status_code_name(code), st.message);
    return code == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
