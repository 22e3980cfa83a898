#pragma once

/*
 * The real ocrmesh-bridge as a child process of a test, on free ports of the loopback.
 *
 * The program's path is in the environment variable OCRMESH_BRIDGE_PROGRAM.
 */

#include "lib/testing/service_process.h"

struct fake_mesh;

/* Starts it with all four services on `mesh_port` and further settings ("NAME=value", NULL at the
 * end; NULL: none). */
struct service_process *bridge_process_start(int mesh_port, const char *const *settings);

/* The process, and the services of fixed answers behind it; for a program's tests together. */
void bridge_process_start_all(const char *const *settings, struct fake_mesh **ret_mesh,
                              struct service_process **ret_bridge);
/* Drains the process and frees both; its exit status. */
int bridge_process_end_all(struct fake_mesh *mesh, struct service_process *bridge);
