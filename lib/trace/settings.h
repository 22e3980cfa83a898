#pragma once

/*
 * The settings of tracing: OpenTelemetry's own variables, the same in every program. Milliseconds
 * are plain numbers here, as its specification has them.
 *
 * Thread rule: before threads are started.
 */

#include "lib/config/config.h"
#include "lib/trace/trace.h"

struct trace_settings {
    const char *endpoint, *traces_endpoint, *headers, *certificate, *resource_attributes;
    const char *sampler, *sampler_argument;
    int64_t timeout_ms, delay_ms, queue_max, batch_max;
    char url[2048]; /* made of the endpoints */
};

enum { TRACE_SETTINGS_COUNT = 11 };
extern const struct config_entry trace_settings_entries[TRACE_SETTINGS_COUNT];

/* @service: the program's, static. Text of *ret_options is borrowed from *settings. Fails with
 * INVALID_ARGUMENT CONFIG. */
status_code trace_settings_read(struct trace_settings *settings, const char *service,
                                struct trace_options *ret_options, struct status *st) _must_check_;
