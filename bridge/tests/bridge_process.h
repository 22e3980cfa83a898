#pragma once

/*
 * The real ocrmesh-bridge as a child process of a test, on free ports of the loopback.
 *
 * The program's path is in the environment variable OCRMESH_BRIDGE_PROGRAM.
 */

#include "lib/testing/service_process.h"

/* Starts it with all four services on `mesh_port` and further settings ("NAME=value", NULL at the
 * end; NULL: none). */
struct service_process *bridge_process_start(int mesh_port, const char *const *settings);
