#pragma once

/*
 * A program of the mesh as a child process of a test.
 *
 * Its log is kept for questions; lines that are none of ours (a sanitizer's, the loader's) are
 * passed on to stderr. No program links this folder. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

struct service_process;

/*
 * Starts the program and waits until its log names the port that it serves on, which is a free one
 * when its address ends in ":0".
 *
 * @environment: "NAME=value", ended by NULL. The child gets these, PATH, and the sanitizers'
 *     options.
 *
 * Ends the test, with the log so far, when the program does not come to serve.
 */
struct service_process *service_process_start(const char *program, const char *const *environment);

int service_process_port(const struct service_process *process);
/* Resident memory, and the largest so far, in KiB; -1 when the process is gone. */
int64_t service_process_memory_kib(const struct service_process *process);
int64_t service_process_peak_kib(const struct service_process *process);
/* Whether a line of the log so far holds the text. */
bool service_process_has_logged(struct service_process *process, const char *text);
/* Waits until one does; ends the test when none comes. */
void service_process_wait_logged(struct service_process *process, const char *text);
/* The first number that the log has under that key; -1: none. */
int64_t service_process_logged_number(struct service_process *process, const char *key);

/* Without waiting. */
void service_process_signal(struct service_process *process, int signal_number);
/* Waits for its end and frees it; the exit status, or 128 and the signal's number. */
int service_process_wait(struct service_process *process);
/* Both. */
int service_process_end(struct service_process *process, int signal_number);
