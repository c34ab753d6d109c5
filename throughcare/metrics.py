"""What operators watch, for Prometheus: how requests go, and figures over all cases. Served on a port of their own.

No label says anything about anybody: they are routes as templates, words of the policy, states and queues. The worker's
own metrics are Temporal's (throughcare.temporal.client).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.service import RPCError

from throughcare.store.database import Database, DatabaseBusy
from throughcare.store.figures import Figures, figures
from throughcare.temporal.client import MetricsNotServed
from throughcare.temporal.liveness import count_stuck, served_queues
from throughcare.usecases.lookout import PARTS, Lookout

FRESH_FOR = timedelta(seconds=15)
"""However often and by however many they are scraped: the figures are counted over every open duty."""

PATIENCE = timedelta(seconds=5)
"""Prometheus itself gives a scrape ten seconds."""

log = structlog.get_logger("throughcare.metrics")

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"})

REQUESTS = Histogram(
    "throughcare_request_duration_seconds",
    "Requests to the API by route, method and class of status, and how long they took",
    ["method", "route", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
PAYLOAD_READS = Counter(
    "throughcare_payload_reads",
    "Encrypted payloads that somebody asked to have decoded, by what they were answered",
    ["status"],
)
for _status in ("allowed", "refused", "not_signed_in"):
    # An alert looks for a rise, so there is a series before the first one.
    PAYLOAD_READS.labels(_status)

LIMITED = Counter(
    "throughcare_limited",
    "Requests and connections refused because there were too many, by which limit they were over",
    ["limit"],
)
for _limit in (
    *(f"attempts_{proof}" for proof in ("key", "sign_in", "link", "webhook")),
    *("openings", "changes", "at_once", "connections", "slow"),
):
    LIMITED.labels(_limit)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """`route` is a template: an address itself may say anything, and so may a method."""
    known = method if method in METHODS else "other"
    REQUESTS.labels(known, route, f"{status // 100}xx").observe(seconds)


class Watch:
    """Reads the figures, and whether what they are read from is there. What cannot be read is left out, never a zero."""

    def __init__(self, database: Database, client: Client, lookout: Lookout) -> None:
        self._database = database
        self._client = client
        self._lookout = lookout
        self._one_at_a_time = asyncio.Lock()
        self._read_at = float("-inf")
        self._last: tuple[Metric, ...] = ()

    async def metrics(self) -> tuple[Metric, ...]:
        async with self._one_at_a_time:
            now = asyncio.get_running_loop().time()
            if now - self._read_at > FRESH_FOR.total_seconds():
                of_cases, of_temporal = await asyncio.gather(
                    self._of_cases(), self._of_temporal()
                )
                self._last, self._read_at = (*of_cases, *of_temporal), now
        return (*self._last, self._trouble())

    def _trouble(self) -> Metric:
        ails: dict[tuple[str, ...], int] = {
            (part,): int(part in self._lookout.found) for part in PARTS
        }
        return _labelled("trouble", "1 for what ails, else 0", ("part",), ails)

    async def _of_cases(self) -> tuple[Metric, ...]:
        now = _now()
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                found = await self._database.read(figures, now)
        except (TimeoutError, SQLAlchemyError, DatabaseBusy):
            return (_reachable("database", False),)
        return (_reachable("database", True), *_shown(found, now))

    async def _of_temporal(self) -> tuple[Metric, ...]:
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                served = await served_queues(self._client, _now())
                stuck = await count_stuck(self._client)
        except (TimeoutError, RPCError, RuntimeError):
            return (_reachable("temporal", False),)
        return (
            _reachable("temporal", True),
            _gauge("workflows_stuck", "Workflows whose tasks keep failing", stuck),
            _labelled(
                "queue_served",
                "1 where a worker lives that takes work from the queue",
                ("queue",),
                {(queue,): int(ok) for queue, ok in served.items()},
            ),
        )


@asynccontextmanager
async def metrics_served(
    host: str, port: int | None, watch: Watch
) -> AsyncIterator[None]:
    """For as long as this lasts, where a port is given. Raises `MetricsNotServed`."""
    if port is None:
        yield
        return
    registry = CollectorRegistry()
    registry.register(REGISTRY)
    registry.register(_OnTheLoop(watch))
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        # The server that starts us would only have a text withheld.
        log.error("metrics.not_served", address=f"{host}:{port}", exc_info=error)
        raise MetricsNotServed(f"{host}:{port}", reason) from error
    try:
        yield
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        thread.join()


class _OnTheLoop(Collector):
    """A scrape comes in a thread of its own; the database and Temporal are spoken to on the application's loop."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._loop = asyncio.get_running_loop()

    def collect(self) -> Iterable[Metric]:
        asked = asyncio.run_coroutine_threadsafe(self._watch.metrics(), self._loop)
        return asked.result(2 * PATIENCE.total_seconds())


def _shown(found: Figures, now: datetime) -> Iterator[Metric]:
    by_clause = ("lifecycle", "clause")
    yield _labelled(
        "duties_outstanding",
        "Duties of open cases that are still to be done",
        by_clause,
        {(each.lifecycle, each.clause): each.outstanding for each in found.duties},
    )
    yield _labelled(
        "duties_overdue",
        "Duties of open cases that are past their limit and still to be done",
        by_clause,
        {(each.lifecycle, each.clause): each.overdue for each in found.duties},
    )
    yield _labelled("cases", "Open cases", ("lifecycle", "status"), found.cases)
    yield _labelled(
        "notices",
        "Notices by what became of them, but for those delivered",
        ("status",),
        {(status,): count for status, count in found.notices.items()},
    )
    yield _gauge(
        "notice_queued_seconds",
        "How long the oldest notice has waited to be sent",
        _age(found.queued_since, now),
    )
    yield _gauge(
        "directory_change_untold_seconds",
        "Age of the oldest change of the directory that open cases were not told of",
        _age(found.untold_since, now),
    )
    yield _labelled(
        "emergency_accesses",
        "Clients opened in an emergency that nobody has reviewed: in time yet, or overdue",
        ("status",),
        {(status,): count for status, count in found.emergency_accesses.items()},
    )
    if check := found.check:
        yield _gauge(
            "record_check_ended_timestamp_seconds",
            "When the tables were last compared with the workflows",
            check.ended_at.timestamp(),
        )
        yield _labelled(
            "record_check_cases",
            "Cases by what the last comparison found",
            ("status",),
            {
                ("different",): check.different,
                ("mended",): check.mended,
                ("unreachable",): check.unreachable,
                ("ahead",): check.ahead,
            },
        )


def _age(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since else 0.0


def _reachable(what: str, answer: bool) -> Metric:
    return _gauge(f"{what}_reachable", "1 where it answered, else 0", int(answer))


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"throughcare_{name}", text, value)


def _labelled(
    name: str,
    text: str,
    labels: tuple[str, ...],
    values: Mapping[tuple[str, ...], int],
) -> Metric:
    family = GaugeMetricFamily(f"throughcare_{name}", text, labels=labels)
    for of, value in values.items():
        family.add_metric(of, value)
    return family


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (a scrape is never part of a workflow)
