#pragma once

/*
 * What became of this process's spans, for /metrics; nothing where traces are off. Any thread.
 */

#include "lib/base/str.h"

void trace_metrics_write(struct buf *out);
