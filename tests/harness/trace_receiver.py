"""A receiver of OpenTelemetry traces (OTLP over HTTP, protobuf) that keeps what it gets."""

import threading
from collections import namedtuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from . import wait
from .http_server import Handler, HttpServer

# `parent` is "" for the first one of a trace; ids are in hexadecimal.
Span = namedtuple("Span", "service name kind trace id parent start end attributes failed state")

KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


def value_of(any_value):
    return getattr(any_value, any_value.WhichOneof("value"))


def attributes_of(pairs):
    return {pair.key: value_of(pair.value) for pair in pairs}


def spans_of(request):
    for resource in request.resource_spans:
        service = attributes_of(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    service,
                    span.name,
                    KINDS[span.kind],
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    attributes_of(span.attributes),
                    span.status.code == 2,
                    span.trace_state,
                )


class TraceReceiver:
    """`with TraceReceiver() as receiver:` serves `receiver.endpoint` (OTEL_EXPORTER_OTLP_ENDPOINT)."""

    def __init__(self):
        self.spans = []
        self.requests = []  # (path, headers, resource attributes)
        self.lock = threading.Lock()

    def __enter__(self):
        receiver = self

        class Receiving(Handler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = ExportTraceServiceRequest.FromString(self.body())
                with receiver.lock:
                    receiver.requests.append((self.path, dict(self.headers), request))
                    receiver.spans.extend(spans_of(request))
                answer = ExportTraceServiceResponse().SerializeToString()
                self.answer(200, answer, {"Content-Type": "application/x-protobuf"})

        self.server = HttpServer(Receiving)
        self.endpoint = self.server.origin
        return self

    def __exit__(self, *_):
        self.server.close()

    def trace(self, trace_id):
        """{id: span} of a trace, as far as it has come."""
        with self.lock:
            return {span.id: span for span in self.spans if span.trace == trace_id}

    def wait_for(self, trace_id, is_complete, seconds=240):
        """Waits until is_complete([span, ...]) of a trace, and returns {id: span}."""
        try:
            wait.until(lambda: is_complete(list(self.trace(trace_id).values())), seconds, "the trace is whole")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; there is {self.names(trace_id)}") from error
        return self.trace(trace_id)

    def names(self, trace_id):
        return sorted((span.service, span.name) for span in self.trace(trace_id).values())
