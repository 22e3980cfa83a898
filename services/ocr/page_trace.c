#include "services/ocr/page_trace.h"

#include "lib/base/cleanup.h"

void page_trace_begin(struct page_trace *trace, const struct page_task *task)
{
    struct trace_context waiting;

    trace->read = NULL;
    trace->page =
        trace_span_begin_below(TRACE_CONSUMER, "ocr page", &task->submission, &trace->context);
    if (trace->page == NULL)
        return;
    trace_span_set_start(trace->page, task->submit_time);
    trace_span_integer(trace->page, "ocrmesh.page.index", task->page_index);
    trace_span_integer(trace->page, "ocrmesh.page.attempt", task->attempts);
    trace_span_text(trace->page, "ocrmesh.tier",
                    str_of(task->tier == JOB_TIER_VLM ? "vlm" : "cpu"));
    struct trace_span *wait =
        trace_span_begin_below(TRACE_INTERNAL, "ocr queue wait", &trace->context, &waiting);
    trace_span_set_start(wait, task->submit_time);
    trace_span_end(wait);
}

void page_trace_begin_read(struct page_trace *trace)
{
    struct trace_context unused;

    trace_span_end(TAKE(trace->read));
    trace->read =
        trace_span_begin_below(TRACE_INTERNAL, "ocr worker read", &trace->context, &unused);
}

void page_trace_end_read(struct page_trace *trace, const struct status *failure)
{
    if (failure->code != STATUS_OK)
        trace_span_fail(trace->read, failure->reason[0] != '\0' ? failure->reason
                                                                : status_code_name(failure->code));
    trace_span_end(TAKE(trace->read));
}

void page_trace_end(struct page_trace *trace, const char *outcome)
{
    trace_span_end(TAKE(trace->read));
    trace_span_text(trace->page, "ocrmesh.page.outcome", str_of(outcome));
    trace_span_end(TAKE(trace->page));
    trace->context = (struct trace_context){.is_valid = false};
}
