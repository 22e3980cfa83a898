#pragma once

/*
 * What every main() does the same way: `--help`, the log level, SIGPIPE, traces, waiting for the
 * end.
 *
 * program_start() runs before any thread is started, so that all threads inherit the blocked
 * signals. Thread rule: the main thread.
 */

#include <stdbool.h>

#include "lib/config/config.h"

/* Blocks SIGTERM and SIGINT, ignores SIGPIPE, starts the log under `service` at LOG_LEVEL, answers
 * `--help` with the table (exit 0) and unknown arguments with it (exit 2), loads the settings;
 * a bad value is logged and ends the process with exit 78 (EX_CONFIG). Where the environment names
 * a receiver of traces (lib/trace/settings.h), their exporter is started. */
void program_start(int argc, char **argv, const char *service, const char *purpose,
                   const struct config_entry *entries, size_t count, void *ret_settings);

/* Loads what program_start() does, and leaves nothing running: for a program that only looks
 * whether its settings are right. What it logs is failures alone. */
status_code program_load(const char *service, const struct config_entry *entries, size_t count,
                         void *ret_settings, struct status *st) _must_check_;

/* The last thing: sends the traces that are left. */
void program_end(void);

/* Blocks until SIGTERM or SIGINT; returns its number. */
int program_wait_for_signal(void);

/* Whether one of them has come already; for a start that waits for something. */
bool program_is_told_to_end(void);
