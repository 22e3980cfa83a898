#pragma once

/*
 * A program of the mesh as a child of the test, known by the port that its log names. Thread rule:
 * one thread at a time.
 */

#include <sys/types.h>

struct service_process;

/* @environment: "NAME=value" strings, ended by NULL: all that the program gets beside PATH.
 * Returns once it serves; ends the test when it does not. Its log goes on to stderr. */
struct service_process *service_process_start(const char *program, const char *const *environment);
int service_process_port(const struct service_process *process);
pid_t service_process_pid(const struct service_process *process);
/* Sends the signal and waits for the end: the exit status, or 128 and the signal's number. */
int service_process_end(struct service_process *process, int signal_number);
