"""The worker: runs the lifecycles and their activities. Composition only."""

import asyncio
import gc
import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client, Interceptor
from temporalio.service import RPCError
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker, WorkflowRunner

from activities.lookups import LookupActivities
from activities.reconciliation import ReconciliationActivities
from activities.records import RecordActivities
from throughcare.config import Environment, Settings, read_settings
from throughcare.errors import ThroughcareError
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.logging import configure
from throughcare.notices.dispatch import Dispatcher
from throughcare.notices.email import EmailChannel
from throughcare.notices.links import LinkSigner
from throughcare.notices.loop import NoticeLoop, new_loop
from throughcare.notices.mail import Mailer, mailer
from throughcare.notices.sending import NoticeSender
from throughcare.notices.webhooks import WebhookChannel, WebhookSender
from throughcare.packs.calendars import load_calendars
from throughcare.store.database import Database, DatabaseBusy, open_database
from throughcare.store.secretbox import SecretBox
from throughcare.temporal.client import (
    NIGHTLY_QUEUE,
    TASK_QUEUE,
    connect,
    prepare_namespace,
)
from throughcare.temporal.ending import STICKY_TIMEOUT, WORKER_GRACE, end_process
from throughcare.temporal.keys import read
from throughcare.temporal.nightly import night_zone, schedule_nightly_check
from throughcare.temporal.reporting import CaseReporter
from throughcare.temporal.runner import CaseRunner
from throughcare.temporal.tracing import tracing
from throughcare.usecases.belonging import hold_together
from workflows.case import CaseWorkflow
from workflows.records_check import RecordsCheckWorkflow

RETRY_AFTER = timedelta(seconds=0.5)

# As many as fit into 300 MiB (bench/memory.py); a case that is not among them is read from its history again.
CACHED_CASES = 800

log = structlog.get_logger("throughcare.worker")


def case_workflows() -> list[type]:
    """The workflow class of every lifecycle there is."""
    modules = (import_module(each.module) for each in LIFECYCLES.values())
    return [
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, CaseWorkflow)
        and each is not CaseWorkflow
    ]


def build_dispatcher(
    client: Client, database: Database, mailer: Mailer, settings: Settings
) -> Dispatcher:
    keys = read(settings.keys)
    in_development = settings.environment is Environment.development
    webhooks = WebhookSender(SecretBox(keys), development=in_development)
    sender = NoticeSender(
        (WebhookChannel(webhooks), EmailChannel(mailer)),
        settings.public_url,
        load_calendars(settings.calendars),
        LinkSigner(keys),
        settings.link_expiry,
    )
    return Dispatcher(database, sender, CaseReporter(client).tell, _now)


def build_workers(
    client: Client,
    database: Database,
    mailer: Mailer,
    settings: Settings,
    runner: WorkflowRunner,
) -> tuple[NoticeLoop, Worker, Worker]:
    """What sends the notices, on a loop of its own; one worker for the lifecycles, and one for the nightly check, so that none holds up a case."""
    calendars = load_calendars(settings.calendars)
    notices = NoticeLoop(build_dispatcher(client, database, mailer, settings))
    check = ReconciliationActivities(client, database, mend=settings.records_mend)
    lifecycles = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=case_workflows(),
        activities=[
            RecordActivities(database, notices.wake).record_case,
            LookupActivities(database, calendars).look_up,
        ],
        workflow_runner=runner,
        sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
        graceful_shutdown_timeout=WORKER_GRACE,
        max_cached_workflows=CACHED_CASES,
        max_concurrent_workflow_tasks=20,
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(20),
        max_concurrent_activities=20,
        max_concurrent_local_activities=20,
    )
    nightly = Worker(
        client,
        task_queue=NIGHTLY_QUEUE,
        workflows=[RecordsCheckWorkflow],
        activities=[check.check_records],
        workflow_runner=runner,
        graceful_shutdown_timeout=WORKER_GRACE,
        max_concurrent_activities=10,
    )
    return notices, lifecycles, nightly


def _now() -> datetime:
    return datetime.now(UTC)


async def _reach_temporal(
    settings: Settings, database: Database, interceptors: Sequence[Interceptor]
) -> Client:
    """Whoever starts everything at once need not start it in order: Temporal and the tables may come later, the worker waits. Raises
    OtherInstallation."""
    keys = read(settings.keys)
    zone = night_zone(load_calendars(settings.calendars).values())
    while True:
        try:
            client = await connect(
                keys,
                service="worker",
                metrics=settings.worker_metrics,
                interceptors=interceptors,
            )
            await hold_together(client, database, keys)
            await prepare_namespace(client, settings.history_retention)
            await schedule_nightly_check(client, zone)
        except (RuntimeError, RPCError) as error:
            log.warning("temporal.awaited", exc_info=error)
        except (SQLAlchemyError, DatabaseBusy) as error:
            log.warning("database.awaited", exc_info=error)
        else:
            return client
        await asyncio.sleep(RETRY_AFTER.total_seconds())


async def run(settings: Settings) -> None:
    """Serve until told to stop (SIGTERM, Ctrl-C)."""
    configure(settings.log_level, json=settings.log_format == "json")
    with tracing(settings.traces_url, "worker") as interceptors:
        await _serve(settings, interceptors)


async def _serve(settings: Settings, interceptors: Sequence[Interceptor]) -> None:
    database = open_database(settings.database)
    client = await _reach_temporal(settings, database, interceptors)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    notices, lifecycles, nightly = build_workers(
        client, database, mailer(settings), settings, CaseRunner()
    )
    async with notices, lifecycles, nightly:
        log.info("worker.started")
        await stop.wait()
        notices.stop()
    await database.close()


if __name__ == "__main__":
    # Until it serves there is nothing to finish.
    signal.signal(signal.SIGTERM, lambda *_: end_process())
    # What is imported stays; the collector need not look through it again and again.
    gc.freeze()
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(run(read_settings()))
    except ThroughcareError as error:
        # In words for whoever started it; our logs show no text of an exception.
        end_process(1, str(error))
    end_process()
