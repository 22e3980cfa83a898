#pragma once

/*
 * The real ocrmesh-export as a child process of a test, on free ports of the loopback.
 *
 * The program's path is in the environment variable OCRMESH_EXPORT_PROGRAM.
 */

#include <stdint.h>

struct export_process;

/* Starts it against the ocr service on `ocr_port` and waits until it serves; NULL when it does not
 * start. Its log is passed on to stderr. */
struct export_process *export_process_start(int ocr_port);
/* Port of its gRPC server. */
int export_process_port(const struct export_process *process);
/* Largest resident memory so far, in KiB. */
int64_t export_process_peak_kib(const struct export_process *process);
/* SIGTERM, without waiting. */
void export_process_terminate(struct export_process *process);
/* Waits for its end and frees it; returns the exit status, or 128 and the signal's number. */
int export_process_wait(struct export_process *process);
