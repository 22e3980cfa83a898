#pragma once

/*
 * Whether an address leads to this machine alone, by what it says: nothing is looked up.
 * Thread rule: any thread.
 */

#include <stdbool.h>

/*
 * @address: as grpc takes it, to bind or to call: "127.0.0.1:50051", "[::1]:0", "localhost:1",
 * "unix:/path", "dns:///127.0.0.1:50051", "ipv4:127.0.0.2:1,127.0.0.3:1".
 *
 * True for Unix sockets, 127.0.0.0/8, ::1 and localhost; false for every other name.
 */
bool local_address_is(const char *address);
