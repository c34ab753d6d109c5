"""Traces for OpenTelemetry, where an operator asks for them: requests, transactions, rounds of notices, and what Temporal runs.

What leaves this process is made of what is known to be safe, as log lines are (throughcare.temporal.spans).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry.trace import Span, Status, StatusCode, Tracer

from throughcare.errors import ThroughcareError

SpanFacts = Mapping[str, str | int]


class TracingNotInstalled(ThroughcareError):
    status = 500

    def __init__(self) -> None:
        super().__init__(
            "Traces need the extra `tracing`: install throughcare[tracing], or set no THROUGHCARE_TRACES_URL."
        )


class _Open:
    """The tracer of this process, for whoever has something to tell; there is none as a rule."""

    tracer: Tracer | None = None


@contextmanager
def tracing(url: str | None, service: str) -> Iterator[Sequence[Any]]:
    """Spans go to `url` as OTLP over HTTP, for as long as this lasts; without one there are none. Gives what the client of
    Temporal is to be made with. Raises TracingNotInstalled."""
    if url is None:
        yield ()
        return
    try:
        from throughcare.temporal.spans import Exporting
    except ImportError:
        raise TracingNotInstalled from None
    exporting = Exporting(url, service)
    _Open.tracer = exporting.tracer
    try:
        yield exporting.interceptors
    finally:
        _Open.tracer = None
        exporting.end()


@contextmanager
def span(name: str, facts: SpanFacts | None = None) -> Iterator[Span | None]:
    """Around what is done here; None where there are no traces."""
    if _Open.tracer is None:
        yield None
        return
    with _Open.tracer.start_as_current_span(
        name,
        attributes=facts,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except BaseException:
            current.set_status(Status(StatusCode.ERROR))
            raise
