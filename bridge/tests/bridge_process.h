#pragma once

/*
 * The real ocrmesh-bridge as a child process of a test, on free ports of the loopback.
 *
 * The program's path is in the environment variable OCRMESH_BRIDGE_PROGRAM.
 */

#include <stdbool.h>
#include <stdint.h>

struct bridge_process;

/* Starts it with all four services on `mesh_port` and further settings ("NAME=value", NULL at the
 * end), and waits until it serves; NULL when it does not start. */
struct bridge_process *bridge_process_start(int mesh_port, const char *const *settings);
/* Its public port. */
int bridge_process_port(const struct bridge_process *process);
/* Resident memory in KiB. The largest is counted anew from here. */
int64_t bridge_process_memory_kib(const struct bridge_process *process);
/* The largest since then. */
int64_t bridge_process_peak_kib(const struct bridge_process *process);
/* True when a line of the log so far holds the text. */
bool bridge_process_has_logged(struct bridge_process *process, const char *text);
/* SIGTERM, without waiting. */
void bridge_process_terminate(struct bridge_process *process);
/* Waits for its end and frees it; returns the exit status, or 128 and the signal's number. */
int bridge_process_wait(struct bridge_process *process);
