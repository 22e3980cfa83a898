#pragma once

/*
 * How many calls of each method ended with which code, and how long they took, for /metrics:
 *
 *     ocrmesh_rpc_calls_total{method="ocrmesh.ocr.v1.OcrService/GetJob",code="OK"} 12
 *     ocrmesh_rpc_call_duration_seconds_bucket{method="ocrmesh.ocr.v1.OcrService/GetJob",le="0.1"}
 * 9
 *
 * Memory is one row of counters a method, made at the start. Thread rule: any thread.
 */

#include "lib/base/str.h"
#include "lib/rpc/server.h"

struct call_metrics;

/* Counts the methods of `services`, borrowed for the life of the result. NULL when out of memory.
 */
struct call_metrics *call_metrics_new(const struct rpc_service *const *services,
                                      size_t service_count);
void call_metrics_free(struct call_metrics *metrics);
DEFINE_CLEANUP(struct call_metrics *, call_metrics)

/* @method: "/package.Service/Method"; one that is not known is not counted. */
void call_metrics_add(struct call_metrics *metrics, const char *method, status_code code,
                      int64_t duration_ns);

/* Appends what is not zero in Prometheus text format; what does not fit is left out. */
void call_metrics_write(struct call_metrics *metrics, struct buf *out);
