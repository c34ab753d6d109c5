"""What of a span leaves this process. Loaded only where there are traces: it needs the extra `tracing`."""

import re
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.trace import Status, Tracer
from temporalio.contrib.opentelemetry import TracingInterceptor

ATTRIBUTES = frozenset(
    {
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "case.kind",
        "case.step",
        "notice.channel",
        "notice.count",
        "outcome",
    }
)
"""A new one belongs here if no value it will ever hold tells who a client is."""

NAME = re.compile(r"[A-Za-z_.]+(:\w+)?")
"""What Temporal does to a workflow, an activity or a message; a transaction; or a request, whose route is an attribute."""


class AllowedOnly(SpanExporter):
    """Passes on a span's times, its name, and `ATTRIBUTES`; of an exception that there was one. Temporal's own spans say more:
    the ids of workflows, and the texts of exceptions."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_allowed(each) for each in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _allowed(span: ReadableSpan) -> ReadableSpan:
    facts = span.attributes or {}
    return ReadableSpan(
        name=span.name if NAME.fullmatch(span.name) else "hidden",
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: facts[name] for name in facts.keys() & ATTRIBUTES},
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


class Exporting:
    """Sends the spans of this process in batches, from a thread of its own."""

    def __init__(self, url: str, service: str) -> None:
        self._provider = TracerProvider(
            resource=Resource({"service.name": f"throughcare-{service}"}),
            shutdown_on_exit=False,
        )
        exporter = AllowedOnly(OTLPSpanExporter(endpoint=f"{url}/v1/traces"))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer: Tracer = self._provider.get_tracer("throughcare")
        self.interceptors = [TracingInterceptor(self.tracer)]

    def end(self) -> None:
        """Send what is left."""
        self._provider.shutdown()
