#pragma once

/*
 * The tool presets that a caller can name. A preset sets what the caller has not set, and what is
 * derived from the pages once they are read (docs/tools.md has the table).
 * Thread rule: any thread; the table is static.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/ocr/job.h"

/* What a tool does beside reading. */
enum {
    TOOL_EXTRACTS = 1 << 0,     /* key-value pairs and line items: services/ocr/extract */
    TOOL_WANTS_LATEX = 1 << 1,  /* what lacks it is told: page_tool.h */
    TOOL_TRANSLATES = 1 << 2,   /* needs translate_to; services/ocr/translate */
    TOOL_WANTS_TABLES = 1 << 3, /* as LaTeX */
};

struct tool {
    const char *slug;
    const char *description; /* one English sentence */
    job_tier default_tier;
    const char *const *formats; /* of the export service, the suggested one first; ends in NULL */
    const char *const *adds;    /* what a job gets beside the document; ends in NULL */
    unsigned does;              /* TOOL_... */
};

size_t tool_count(void);
const struct tool *tool_at(size_t index);

/* NULL when there is none of that name. */
const struct tool *tool_find(struct str slug);

/* The tool's tier; `cpu` where there is no engine for it. */
job_tier tool_tier(const struct tool *tool, bool has_vlm);

/* INVALID_ARGUMENT UNKNOWN_TOOL, field "tool", naming what is known. Empty is no tool: fine. */
status_code tool_check(struct str slug, struct status *st) _must_check_;
