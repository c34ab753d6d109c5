"""Who a client is stays in the product's own database: everything else is searched for marks written everywhere."""

import asyncio
import json
import re
import sys
from base64 import b64encode
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest

from api.app import create_app
from tests.leaks.conftest import HIDDEN, OF_A_PLAN
from tests.leaks.fields import operations
from tests.leaks.scan import Marks, files, found
from tests.waiting import until
from throughcare.config import Settings
from throughcare.lifecycles.registry import LIFECYCLES

# Whichever comes first waits for all that is done.
pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

OURS = re.compile(r"throughcare\.db(-wal|-shm)?|keys\.json")
"""What may hold what people wrote, and the keys that encrypt the rest. Everything else in the state folder may not."""

ABOUT = re.compile(
    r"\b(rung|waiver|exception|emergency_reason)\b"
    # What somebody wishes for takes the place of what they wished for before.
    r"|body preferences"
)

KNOWN_ALREADY = {
    "extension_asked, taken: plan",
    "plan_finalized, taken: version",
    "plan_signed, taken: version",
    "service_asked_for, taken: plan",
    "signature_missing, taken: version",
    "transfer_asked, taken: agency",
}
"""Where only what the case or the directory has is taken, and nothing of anybody's own."""

DOCUMENTATION = {"/openapi.json", "/docs"}


def leaked(disputes, data_by_name):
    """Every mark, by the place it was written in, with where it was found."""
    found = {name: disputes.marks.found_in(data) for name, data in data_by_name.items()}
    return {name: sorted(places) for name, places in found.items() if places}


# -- the test itself works -----------------------------------------------------------------------------------------------


async def test_what_somebody_leaks_is_found(product, temporal):
    """The same search finds what a client without our converter, and a letter with a name in it, give away."""
    marks = Marks(first=9000)
    await temporal.start_workflow(
        "Nothing",
        id="leak",
        task_queue="nobody",
        memo={"about": marks.text("a memo")},
        static_summary=marks.text("a summary"),
    )
    letter = EmailMessage()
    letter["To"], letter["Subject"] = "anybody@example.org", "A letter"
    letter.set_content(marks.text("a letter"), cte="base64")
    with SMTP("127.0.0.1", product.ports["MAILBOX_PORT"]) as smtp:
        smtp.send_message(letter, "somebody@example.org")
    await temporal.get_workflow_handle("leak").terminate()

    async def are_found():
        places = (marks.found_in(data) for data in files(product.state).values())
        return set().union(*places) == {"a memo", "a summary", "a letter"}

    await until(are_found)


async def test_a_mark_was_written_into_every_field_that_takes_free_text(
    disputes, document
):
    everything = {
        f"{each.name} {' '.join(place)}"
        for each in operations(document)
        for place in each.free
    }
    assert disputes.filled == everything
    assert everything <= set(disputes.marks.places.values())
    assert disputes.refused


async def test_every_word_said_to_a_care_plan_or_a_request_was_taken_by_one(
    disputes, document
):
    """A refusal says little; what is taken goes on to timelines, notices and other cases."""
    messages = {
        *LIFECYCLES["care-plan"].messages,
        *LIFECYCLES["service-request"].messages,
    }
    of_a_plan = messages - {*LIFECYCLES["intake"].messages}
    said = {
        f"{name}, taken: {' '.join(place[1:]).replace(' []', '').replace('*', '1')}"
        for each in operations(document)
        for place in each.free
        if each.path.startswith(OF_A_PLAN)
        and (name := each.path.rpartition("/")[2]) in of_a_plan
        and place[:1] == ("body",)
        and place[1] not in ("seat", "attested")
    }
    assert said - disputes.kept == KNOWN_ALREADY


async def test_no_route_but_those_written_to_by_hand_is_outside_the_document():
    app = create_app(Settings())
    shown = set(app.openapi()["paths"])
    assert set(paths(app.routes)) - shown - DOCUMENTATION == HIDDEN


def paths(routes):
    for route in routes:
        if hasattr(route, "original_router"):
            prefix = route.include_context.prefix
            yield from (prefix + path for path in paths(route.original_router.routes))
        else:
            yield route.path


async def test_what_was_accepted_is_found_where_it_belongs(disputes, product):
    kept = {
        name: data
        for name, data in files(product.state).items()
        if OURS.fullmatch(name)
    }
    there = set().union(*leaked(disputes, kept).values())
    # These say what a message is about, or why it may come; few are kept where the message needs none.
    about = {place for place in disputes.kept if ABOUT.search(place)}
    assert disputes.kept - about <= there


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.encode(),
        lambda text: text.upper().encode(),
        lambda text: json.dumps({"said": text}).encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode().hex().encode(),
        lambda text: b"x=" + b64encode(text.encode()),
        lambda text: b"x" + b64encode(b"y" + text.encode()),
        lambda text: b"\n".join(
            b64encode(b"yz" + text.encode())[i : i + 9] for i in range(0, 80, 9)
        ),
        lambda text: b64encode(text.encode("utf-16")),
        lambda text: _folded(text, b"\r\n "),
        lambda text: _folded(text, b"=\n"),
        lambda text: b64encode(_folded(text, b"\r\n ")),
    ],
    ids=[
        "utf-8",
        "capitals",
        "json",
        "utf-16",
        "big endian",
        "hex",
        "base64",
        "base64 within",
        "folded",
        "both",
        "a calendar's line",
        "a mail's line",
        "a calendar attached",
    ],
)
def test_a_mark_is_found_however_it_is_written(written):
    assert found(written(Marks().text("somewhere"))) == {1}


def _folded(text, by):
    data = text.encode()
    middle = data.index(b"quill")
    return data[:middle] + by + data[middle:]


# -- and nothing leaks ---------------------------------------------------------------------------------------------------


async def test_nothing_in_the_state_folder_but_our_database_names_a_client(
    disputes, product
):
    """The Temporal server's database with its write-ahead log, every log, every e-mail as it came, and the rest."""
    others = {
        name: data
        for name, data in files(product.state).items()
        if not OURS.fullmatch(name)
    }
    assert {"temporal.db", "log/api.log", "log/worker.log", "log/temporal.log"} <= set(
        others
    )
    assert any(name.startswith("mailbox/") for name in others)
    assert leaked(disputes, others) == {}


async def test_nothing_the_product_prints_names_a_client(disputes, product):
    assert leaked(disputes, {"printed": product.said.encode()}) == {}


async def test_nothing_anybody_can_ask_of_temporal_without_our_keys_names_a_client(
    disputes, temporal
):
    shown = {}
    async for run in temporal.list_workflows():
        history = await temporal.get_workflow_handle(
            run.id, run_id=run.run_id
        ).fetch_history()
        described = await temporal.workflow_service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(
                namespace="default",
                execution=WorkflowExecution(workflow_id=run.id, run_id=run.run_id),
            )
        )
        events = b"".join(event.SerializeToString() for event in history.events)
        shown[run.id] = events + described.SerializeToString()

    kinds = {name.rpartition("-")[0] for name in shown}
    assert {"conflict", "intake", "care-plan", "service-request"} <= kinds
    assert leaked(disputes, shown) == {}


async def test_what_operators_read_in_the_temporal_ui_names_no_client(
    disputes, product, temporal
):
    """The current details of a case, which its workflow writes in plain text when it is asked."""
    case = await disputes.opened()
    handle = temporal.get_workflow_handle(f"conflict-{case}")
    details = repr(await handle.query("__temporal_workflow_metadata")).encode()

    assert b"Human Service Worker" in details
    assert leaked(disputes, {"details": details}) == {}


@pytest.mark.parametrize("kind", ["care-plan", "service-request"])
async def test_what_they_read_there_of_a_care_plan_and_what_it_asks_for_names_no_client(
    disputes, temporal, kind
):
    case = disputes.shared[f"{kind}s"]
    handle = temporal.get_workflow_handle(f"{kind}-{case}")
    details = repr(await handle.query("__temporal_workflow_metadata")).encode()

    assert b"Recovery Support Coordinator" in details
    assert leaked(disputes, {"details": details}) == {}


async def test_invitations_to_meetings_were_sent_and_name_nobody(disputes, product):
    """Where and with whom a team meets says of somebody that they are a client."""
    mails = product.mails()
    calendars = [
        part.get_payload(decode=True)
        for mail in mails
        for part in mail.walk()
        if part.get_content_type() == "text/calendar"
    ]

    assert calendars
    assert all(b"BEGIN:VEVENT" in each for each in calendars)
    assert leaked(disputes, dict(enumerate(calendars))) == {}


async def test_no_process_was_started_with_anything_that_names_a_client(
    disputes, product
):
    shown = {
        f"{name} {what}": Path(f"/proc/{pid}/{what}").read_bytes()  # noqa: ASYNC240 (no file waits there)
        for name, pid in product.pids().items()
        for what in ("cmdline", "environ")
    }
    assert all(shown.values())
    assert leaked(disputes, shown) == {}


@pytest.mark.parametrize("part", ["API", "WORKER"])
async def test_no_metric_names_a_client(disputes, product, part):
    address = f"http://127.0.0.1:{product.ports[f'{part}_METRICS_PORT']}/metrics"
    shown = await product.http.get(address)

    assert shown.status_code == 200
    assert b"# TYPE" in shown.content
    assert leaked(disputes, {"metrics": shown.content}) == {}


async def test_no_trace_that_the_product_sends_names_a_client(disputes, product):
    sent = b"".join(product.traces.bodies)

    for said in (b"throughcare-api", b"/conflicts/:case_id", b"RunActivity", b"e-mail"):
        assert said in sent, said
    assert leaked(disputes, {"traces": sent}) == {}


RECORDED = """
import sys

import anyio
import httpx2
from opentelemetry import trace

from api.app import create_app
from throughcare.config import Settings


class Span(trace.NonRecordingSpan):
    def is_recording(self):
        return True

    def set_attribute(self, key, value):
        print(key, value)

    def set_attributes(self, attributes):
        print(attributes)


class Tracer(trace.NoOpTracer):
    def start_span(self, name, *args, **how):
        print(name, how)
        return Span(trace.INVALID_SPAN_CONTEXT)


class Provider(trace.TracerProvider):
    def get_tracer(self, *args, **how):
        return Tracer()


async def ask(paths):
    app = create_app(Settings())
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as http:
        for path in paths:
            await http.get(path)


trace.set_tracer_provider(Provider())
print("recording")
anyio.run(ask, sys.argv[1:])
"""


async def test_no_trace_names_a_client_where_an_operator_records_traces():
    """In a process of its own, which has a recorder as an OpenTelemetry distribution would put it there."""
    word = Marks().word("an address")
    paths = (f"/answer/{word}", f"/conflicts?program={word}", f"/{word}")
    recording = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RECORDED, *paths),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    said, _ = await recording.communicate()

    assert recording.returncode == 0
    assert b"recording" in said
    assert found(said) == set()
