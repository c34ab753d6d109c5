"""What operators scrape: from a running API and worker with a case at work and another workflow that cannot go on."""

import re
import socket
import sysconfig
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from temporalio.testing import WorkflowEnvironment

from tests.api.conftest import Service, installation
from tests.waiting import until
from tests.workflows.conftest import free_port
from throughcare.config import Settings
from throughcare.metrics import Watch, metrics_served
from throughcare.notices.mail import mailer
from throughcare.store.comparison import note_check
from throughcare.store.database import open_database
from throughcare.store.differences import Compared
from throughcare.temporal.client import (
    TASK_QUEUE,
    MetricsNotServed,
    connect,
    prepare_namespace,
)
from throughcare.temporal.keys import read_or_create
from throughcare.temporal.liveness import count_stuck
from throughcare.temporal.runner import CaseRunner
from throughcare.usecases.lookout import Lookout
from worker import build_workers

ALERTS = Path(__file__).parents[2] / "deploy" / "alerts.yaml"
NAME = r"(?:throughcare|temporal)_\w+"
TEMPORAL = Path(sysconfig.get_path("scripts"), "temporal")
SECRET = "Youth-Zebra-17"
NOW = datetime.now(UTC)
SEALED = {"metadata": {"encoding": "YmluYXJ5L2VuY3J5cHRlZA=="}, "data": "AAAA"}
"""A payload as far as its encoding says so: binary/encrypted."""

# What a label may be about; and what Temporal's own come with.
LABELS = {
    "clause",
    "lifecycle",
    "status",
    "route",
    "method",
    "queue",
    "le",
    "limit",
    "part",
}
OF_TEMPORAL = {
    "activity_type",
    "eager",
    "failure_reason",
    "namespace",
    "operation",
    "poller_type",
    "service_name",
    "status_code",
    "task_queue",
    "worker_type",
    "workflow_type",
    "le",
}


@dataclass
class Watched:
    """An installation and what was scraped from its two processes' ports."""

    service: Service
    case: str
    of_api: str
    of_worker: str

    def value(self, name, **labels):
        (found,) = samples(self.of_api, name, **labels)
        return found.value


def samples(text, name, **labels):
    return [
        sample
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]


async def scraped(port):
    async with httpx2.AsyncClient(trust_env=False) as http:
        return (await http.get(f"http://127.0.0.1:{port}/metrics")).text


@pytest.fixture(scope="module")
async def server(databases):
    """One that calls a workflow stuck after its first failed task, not after a minute of them; and one for each kind of
    database, for it remembers workers that are gone."""
    setting = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=1"
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL),
        dev_server_extra_args=["--dynamic-config-value", setting],
    ) as env:
        yield env.client.service_client.config.target_host


@pytest.fixture(scope="module")
async def watched(server, mail, fresh_database, tmp_path_factory):
    ports = {"api_metrics_port": free_port(), "worker_metrics_port": free_port()}
    folder = tmp_path_factory.mktemp("watched")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TEMPORAL_ADDRESS", server)
        async with installation(
            folder, mailbox_port=mail, database_url=fresh_database(), **ports
        ) as service:
            yield await watch(service)


async def watch(service):
    settings = service.settings
    client = await connect(
        read_or_create(settings.keys),
        service="worker",
        metrics=settings.worker_metrics,
    )
    await prepare_namespace(client, settings.history_retention)
    database = service.app.state.parts.database
    workers = build_workers(client, database, mailer(settings), settings, CaseRunner())
    unknown = await client.start_workflow(
        "Unknown", id="unknown", task_queue=TASK_QUEUE
    )
    await database.write(note_check, "check", *a_check())
    async with workers[0], workers[1], workers[2]:
        case = (await service.opened(youth=SECRET, subject=SECRET))["id"]
        await service.get("alder", f"/conflicts/{case}")
        await service.get("alder", f"/no/such/{SECRET}")
        async with service.calls() as http:
            await http.request("BREW", "/conflicts")
        await service.post("walnut", "/codec/decode", {"payloads": [SEALED]})

        async def is_stuck():
            return await count_stuck(client) == 1

        await until(is_stuck)
        of_api = await scraped(settings.api_metrics_port)
        of_worker = await scraped(settings.worker_metrics_port)
        await unknown.terminate()
    return Watched(service, case, of_api, of_worker)


def a_check():
    found = Compared(cases=5, different=2, mended=1, unreachable=0)
    return NOW - timedelta(hours=1), NOW, found


def test_requests_are_counted_by_template_and_class_of_status(watched):
    count = "throughcare_request_duration_seconds_count"

    of_the_case = {"route": "/conflicts/:case_id", "method": "GET", "status": "2xx"}
    assert watched.value(count, **of_the_case) >= 1
    assert watched.value(count, route="none", method="GET", status="4xx") >= 1
    assert watched.value(count, method="other", status="4xx") >= 1


async def test_open_duties_and_cases_are_counted(watched):
    page = await watched.service.get(
        "tamarack", "/duties", case=watched.case, limit=100
    )
    duties = {(duty["clause"], duty["id"]) for duty in page.json()["items"]}

    counted = samples(watched.of_api, "throughcare_duties_outstanding")
    assert sum(sample.value for sample in counted) == len(duties)
    assert {sample.labels["clause"] for sample in counted} == {c for c, _ in duties}
    assert watched.value("throughcare_cases", lifecycle="conflict", status="open") == 1


def test_the_last_check_of_the_records_is_told(watched):
    assert watched.value("throughcare_record_check_cases", status="different") == 2
    ended = watched.value("throughcare_record_check_ended_timestamp_seconds")
    assert ended == pytest.approx(NOW.timestamp())


def test_refused_reads_of_payloads_are_counted(watched):
    assert watched.value("throughcare_payload_reads_total", status="refused") >= 1


def test_a_workflow_that_cannot_go_on_is_counted(watched):
    assert watched.value("throughcare_workflows_stuck") == 1
    failed = samples(
        watched.of_worker,
        "temporal_workflow_task_execution_failed_total",
        workflow_type="Unknown",
    )
    assert sum(sample.value for sample in failed) >= 1


def test_what_everything_is_read_from_is_reachable_and_the_queues_are_served(watched):
    for part in ("database", "temporal"):
        assert watched.value(f"throughcare_{part}_reachable") == 1
    served = samples(watched.of_api, "throughcare_queue_served")
    assert [sample.value for sample in served] == [1, 1]


def test_no_metric_says_anything_about_anybody(watched):
    said = watched.of_api + watched.of_worker
    ours = [
        family
        for family in text_string_to_metric_families(watched.of_api)
        if family.name.startswith("throughcare_")
    ]
    theirs = text_string_to_metric_families(watched.of_worker)

    assert ours
    assert SECRET not in said
    assert watched.case not in said
    assert labels_of(ours) <= LABELS
    assert labels_of(theirs) <= OF_TEMPORAL


def labels_of(families):
    return {
        name for each in families for sample in each.samples for name in sample.labels
    }


def test_every_metric_that_an_alert_names_is_served(watched):
    rules = YAML(typ="safe").load(ALERTS.read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    named = {name for expr in asked for name in re.findall(NAME, expr)}
    served = {
        sample.name
        for text in (watched.of_api, watched.of_worker)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }

    assert len(named) > 10
    assert named <= served


async def test_what_cannot_be_read_is_left_out_and_said_to_be_away(tmp_path):
    watch = await watching_nothing(tmp_path)

    found = await watch.metrics()

    values = {sample.name: sample.value for each in found for sample in each.samples}
    assert values == {
        "throughcare_database_reachable": 0,
        "throughcare_temporal_reachable": 0,
        "throughcare_trouble": 0,
    }


async def test_a_port_that_is_taken_is_named(tmp_path):
    watch = await watching_nothing(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(MetricsNotServed, match=f"127.0.0.1:{port}: .*in use"):
            async with metrics_served("127.0.0.1", port, watch):
                pass


async def watching_nothing(folder):
    """Neither its database nor its Temporal is there."""
    client = await connect(
        read_or_create(folder / "keys.json"),
        service="test",
        target_host=f"127.0.0.1:{free_port()}",
        lazy=True,
        give_up_after=timedelta(seconds=1),
    )
    database = open_database(f"sqlite:///{folder}/no/such/folder.db")
    lookout = Lookout(database, client, mailer(Settings(state=folder)), None, folder)
    return Watch(database, client, lookout)
