/*
 * interop-client                  the names of the cases, one a line
 * interop-client PORT CASE        runs a case against a server on the loopback
 */

#include <stdio.h>

#include "lib/base/clock.h"
#include "tests/conformance/interop/interop_cases.h"

enum { CONNECT_MS = 10000 };

static bool run(const char *port, const char *name)
{
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
    struct status st;
    char target[64];

    (void)snprintf(target, sizeof(target), "ipv4:127.0.0.1:%s", port);
    const struct rpc_channel_options options = {.target = target};
    if (rpc_channel_new(&options, &channel, &st) != STATUS_OK ||
        rpc_channel_wait_ready(channel, time_mono_after_ms(CONNECT_MS), &st) != STATUS_OK) {
        (void)fprintf(stderr, "%s: %s\n", target, st.message);
        return false;
    }
    return interop_case_run(name, channel);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        interop_case_list();
        return argc == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    rpc_start();
    bool is_passed = run(argv[1], argv[2]);
    rpc_stop();
    return is_passed ? EXIT_SUCCESS : EXIT_FAILURE;
}
