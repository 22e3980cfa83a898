#pragma once

/*
 * Configuration from environment variables, by one table a program.
 *
 *     static const struct config_entry entries[] = {
 *         {"OCR_LISTEN", CONFIG_STRING, offsetof(struct settings, listen), "127.0.0.1:50051",
 *          "address that the RPC server binds", 0, 0},
 *     };
 *
 * config_load() fills a struct from the table, and config_print_help() prints the table for
 * `--help`. A value that does not fit stops the start: the message names the variable and what it
 * expects. An empty variable counts as unset. Thread rule: before threads are started.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/status.h"

typedef enum {
    CONFIG_STRING,      /* const char *; owned by the environment, never NULL */
    CONFIG_ADDRESS,     /* as a string; "127.0.0.1:8080", "[::]:8080", "name:0" */
    CONFIG_RPC_ADDRESS, /* as an address, or "unix:/path", "unix-abstract:name" */
    CONFIG_INTEGER,     /* int64_t, min to max */
    CONFIG_BOOLEAN,     /* bool; true/false/1/0/yes/no/on/off */
    CONFIG_DURATION_MS, /* int64_t; "250ms", "30s", "5m", "2h", "7d", min to max in ms */
    CONFIG_BYTES,       /* int64_t; "512", "64KiB", "50MiB", "2GiB", min to max in bytes */
} config_type;

struct config_entry {
    const char *name; /* environment variable */
    config_type type;
    size_t offset;             /* of the member in the settings struct */
    const char *default_value; /* as it would stand in the environment; NULL: required */
    const char *description;   /* one line, with unit */
    int64_t min;
    int64_t max; /* min == max == 0: any */
};

status_code config_load(const struct config_entry *entries, size_t count, void *ret_settings,
                        struct status *st) _must_check_;

void config_print_help(FILE *out, const char *program, const char *purpose,
                       const struct config_entry *entries, size_t count);
