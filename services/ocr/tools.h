#pragma once

/*
 * The tool presets that a caller can name. Thread rule: any thread; the table is static.
 */

#include <stddef.h>

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/ocr/job.h"

struct tool {
    const char *slug;
    const char *description; /* one English sentence */
    job_tier default_tier;
};

size_t tool_count(void);
const struct tool *tool_at(size_t index);

/* INVALID_ARGUMENT UNKNOWN_TOOL, field "tool", naming what is known. Empty is no tool: fine. */
status_code tool_check(struct str slug, struct status *st) _must_check_;
