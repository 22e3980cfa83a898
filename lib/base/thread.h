#pragma once

/*
 * Threads of a library: signals are the main thread's business. Thread rule: any thread.
 */

#include <pthread.h>
#include <stdbool.h>

#include "lib/base/cleanup.h"

/* @name: up to 15 bytes, for ps(1) and debuggers.
 *
 * The thread takes no signals but those of a fault of its own, so that what reports faults
 * (sanitizers, fuzzers, a core dump) learns of them. False when none can be started. */
bool thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *arg),
                  void *arg) _must_check_;
