"""The product after a few disputes and intakes in which marks were written wherever anybody can write anything."""

import asyncio
import os
import re
import signal
import sqlite3
from contextlib import asynccontextmanager, closing
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle
from urllib.parse import quote

import pytest
from temporalio.client import Client

from tests.e2e.product import Product, rehearsal, somebody
from tests.leaks.careplans import BESIDE, CarePlans
from tests.leaks.fields import FITTING, operations, with_text
from tests.leaks.intakes import Intakes
from tests.leaks.scan import Marks
from tests.receiver import receiving
from tests.waiting import until
from tests.workflows.conftest import free_port
from throughcare.lifecycles.registry import LIFECYCLES

WORKERS = {"attendees": ["coordinator-1", "human-service-worker"]}
ADMINISTRATOR, CLOSER, OPERATOR = "walnut", "dogwood", "yew"
OF_CLIENTS = ("/intakes", "/care-plans", "/service-requests", "/clients", "/consents")
OF_A_PLAN = ("/care-plans", "/service-requests")
WITH_CLIENTS = "hawthorn"
ENDS = {
    name
    for lifecycle in LIFECYCLES.values()
    if lifecycle.path in OF_CLIENTS
    for name, message in lifecycle.messages.items()
    if message.ends
}
"""Messages that end a case about a client; each is said to one of its own, and the others to one that all share."""
LOOK_UP = ("/search", "/send-again")
"""Routes whose body says what is looked for, and is not kept."""
TOGETHER = {("body", "note"), ("body", "attested", "how")}
"""Fields that every message about a client has, and that are kept in the same way."""
AT_ONCE = 4
LEFT_AT_ONCE = 80
"""While nobody answers each request takes two seconds, and none of them keeps the machine busy."""

# Routes the OpenAPI document leaves out; `Disputes` speaks to them by hand.
HIDDEN = {
    "/answer/{token}",
    "/sign/{token}",
    "/sign/{token}/plan.pdf",
    "/codec/decode",
    "/codec/sign-in",
    "/care-plans/{case_id}/messages/{name}",
    "/conflicts/{case_id}/messages/{name}",
    "/intakes/{case_id}/messages/{name}",
    "/service-requests/{case_id}/messages/{name}",
}


class Disputes:
    """What people do, and every mark they leave. `kept`: those that were accepted, and belong in the database."""

    def __init__(self, product):
        self.product = product
        self.marks = Marks()
        self.kept: set[str] = set()
        self.filled: set[str] = set()
        self.left = []
        self.refused = 0
        self.shared: dict[str, str] = {}
        """By the path's beginning, the case about a client to which most messages are said."""
        self.client = ""
        self.intakes = Intakes(self)
        self.care_plans = CarePlans(self)

    # -- sending ---------------------------------------------------------------------------------------------------

    async def send(self, method, path, person="alder", body=None, places=(), **how):
        """`places` are the names of the marks in it that are kept if this is accepted."""
        headers = self.product.key(person) | how.pop("headers", {})
        answer = await self.product.http.request(
            method, path, json=body, headers=headers, **how
        )
        assert answer.status_code < 500, (method, path, answer.text)
        if answer.status_code == 202:
            self.left.append((person, answer.headers["Location"], places))
        return answer

    async def opened(self, counterpart="human-service-worker"):
        youth, subject = "POST /conflicts youth", "POST /conflicts subject"
        body = {
            "coordinator_seat": "coordinator-1",
            "counterpart_seat": counterpart,
            "youth": self.marks.text(youth),
            "subject": self.marks.text(subject),
        }
        answer = await self.send("POST", "/conflicts", body=body)
        assert answer.status_code in (201, 202), answer.text
        self.kept |= {youth, subject}
        address = answer.headers["Location"]

        async def has_begun():
            return (await self.send("GET", address)).status_code == 200

        await until(has_begun, 60)
        return address.rpartition("/")[2]

    async def say(self, person, case, name, *written, **facts):
        """A message that is taken, with a mark in each field of `written`."""
        places = {each: f"{name} {each}, taken" for each in written}
        texts: dict[str, object] = {
            each: self.marks.text(place) for each, place in places.items()
        }
        if "documents" in texts:
            texts["documents"] = [texts["documents"]]
        answer = await self.send(
            "POST",
            f"/conflicts/{case}/messages/{name}",
            person,
            facts | texts,
            headers={"Idempotency-Key": self.marks.word(f"{name} Idempotency-Key")},
        )
        assert answer.status_code in (200, 202, 204), (name, answer.text)
        self.kept |= set(places.values())

    # -- every field of every route ----------------------------------------------------------------------------------

    async def fill_every_field(
        self, document, only=lambda operation: True, at_once=AT_ONCE
    ):
        """One request for each place that takes free text, with a mark there and nowhere else."""
        gate = asyncio.Semaphore(at_once)
        chosen = [each for each in operations(document) if only(each)]
        async with asyncio.TaskGroup() as sending:
            for operation in chosen:
                sending.create_task(self._fill(document, operation, gate))
        return {f"{o.name} {' '.join(place)}" for o in chosen for place in o.free}

    async def _fill(self, document, operation, gate):
        async with gate:
            case = await self.case_for(operation)
        for places in at_once(operation):
            async with gate:
                await self._fill_some(document, operation, places, case)

    async def case_for(self, operation):
        """A case of its own, as some messages end one."""
        if "{case_id}" not in operation.path:
            return ""
        if operation.path.startswith("/conflicts"):
            return await self.opened()
        ends = operation.path.rpartition("/")[2] in ENDS
        if ends and operation.path.startswith("/intakes"):
            return await self.referred()
        return self.shared[operation.path.split("/")[1] + ("-ending" if ends else "")]

    async def share_cases(self):
        """Of clients: an intake, a care plan and a request of it, one of each for what ends it, and a request for later."""
        self.shared["intakes"] = self.shared["intakes-ending"] = await self.referred()
        plan, request, ending, left = await self.care_plans.shared()
        self.shared["care-plans"] = plan
        self.shared["service-requests"] = request
        self.shared["service-requests-ending"] = ending
        self.shared["service-requests-left"] = left
        self.shared["care-plans-ending"] = await self.care_plan()
        found = await self.product.get(WITH_CLIENTS, "/clients")
        self.client = found["items"][0]["id"]

    async def referred(self):
        screen = {"emergency": False}
        address = await self.product.referred(person=somebody(), screen=screen)
        return address.rpartition("/")[2]

    async def care_plan(self):
        """The id of one that has only begun."""
        address = await self.care_plans.begun()
        return address.rpartition("/")[2]

    async def divided(self, said):
        """The case of each of these messages, by the name of the operation: several care plans, and one request."""
        plans = [await self.care_plan() for _ in range(BESIDE)]
        cases = {
            "care-plans": cycle([self.shared["care-plans"], *plans]),
            "service-requests": cycle([self.shared["service-requests-left"]]),
        }
        return {each.name: next(cases[each.path.split("/")[1]]) for each in said}

    async def _fill_some(self, document, operation, places, case):
        """One request. Several places are all in the body, and written there one after the other."""
        where, *rest = places[0]
        names = [f"{operation.name} {' '.join(place)}" for place in places]
        texts = [self.marks.text(name) for name in names]
        text = texts[0]
        known = self._known(operation, case)
        path = re.sub(
            r"\{(\w+)\}",
            lambda part: quote(
                text
                if places == [("path", part[1])]
                else known.get(part[1], "coordinator-1"),
                safe="",
            ),
            operation.path,
        )
        body = deepcopy(operation.body)
        for place, said in zip(places, texts, strict=True):
            if where == "body":
                changed = replace(operation, body=body)
                body = with_text(document, changed, place, said)
        query = {rest[0]: text} if where == "query" else None
        header = {rest[0]: text.encode()} if where == "header" else {}
        self._fit(operation, body, places)
        if operation.method == "put" and operation.path.startswith(OF_A_PLAN):
            # Which the first of them has read, and no other.
            header.setdefault("If-Match", b'"0"')
        of_client = operation.path.startswith(OF_CLIENTS)
        for person in (WITH_CLIENTS if of_client else "alder", ADMINISTRATOR):
            answer = await self.send(
                operation.method,
                path,
                person,
                body,
                names,
                params=query,
                headers=header,
            )
            if answer.status_code != 403:
                break
        self.refused += answer.status_code >= 400
        is_kept = where == "body" and not operation.path.endswith(LOOK_UP)
        if is_kept and answer.status_code in (200, 201):
            self.kept |= set(names)

    def _known(self, operation, case):
        of_worker = operation.path.startswith("/workers")
        return {
            "case_id": case,
            "policy_id": "milwaukee-wraparound",
            "ladder_id": "A",
            "client_id": self.client,
            "provider_id": "lantern",
            "section": "vision",
            "number": "1",
            "seat_id": "supports-coordinator-2" if of_worker else "coordinator-1",
        }

    def _fit(self, operation, body, places):
        """What the rest of a body about a client needs so that it is not refused for its sake."""
        if not body or not operation.path.startswith(OF_CLIENTS):
            return
        if "attested" in body and ("body", "attested", "seat") not in places:
            body["attested"]["seat"] = "central-intake-1"
        if operation.path == "/consents" and ("body", "client") not in places:
            body["client"] = self.client

    # -- where a mark has no business at all -------------------------------------------------------------------------

    async def knock_everywhere(self, case):
        http, word, text = self.product.http, self.marks.word, self.marks.text
        key = self.product.key("alder")
        here = f"/conflicts/{case}/messages"
        as_json = key | {"Content-Type": "application/json"}
        await self.send("POST", f"{here}/{word('a message nobody knows')}", body={})
        await self.send("GET", f"/{word('a path nobody knows')}")
        await self.send("GET", "/conflicts", params={word("a filter's name"): "1"})
        await self.send("POST", f"{here}/withdraw", body={word("a field's name"): "1"})
        await self.send("PATCH", f"/conflicts/{word('a wrong method')}")
        await self.send(word("a method nobody knows"), "/conflicts")
        for body, why in (
            ("{%s", "cut off"),
            ('"%s"', "no object"),
            ("\xff%s", "no text"),
        ):
            said = (body % word(f"an unreadable body, {why}")).encode("latin-1")
            await http.post(f"{here}/withdraw", content=said, headers=as_json)
        large = text("a body that is too large") * 20_000
        await http.post(f"{here}/withdraw", content=large.encode(), headers=as_json)
        plain = text("a body that is no JSON")
        await http.post(f"{here}/withdraw", content=plain.encode(), headers=key)
        await self._knock_with_headers(case, key)
        await self._knock_at_hidden_routes(case)

    async def _knock_with_headers(self, case, key):
        http, word = self.product.http, self.marks.word
        for name in (
            "X-Request-Id",
            "Idempotency-Key",
            "Cookie",
            "User-Agent",
            "Referer",
        ):
            said = word(f"the header {name}")
            headers = key | {name: said, "traceparent": f"00-{said}-01"}
            await http.post(
                f"/conflicts/{case}/messages/merge", json={}, headers=headers
            )
        for scheme in ("Bearer", "Basic"):
            key = {"Authorization": f"{scheme} {word(f'a key, {scheme}')}"}
            await http.get("/conflicts", headers=key)

    async def _knock_at_hidden_routes(self, case):
        http, marks = self.product.http, self.marks
        await http.get(f"/answer/{marks.word('a token')}")
        to_sign = f"/sign/{marks.word('a token to sign by')}"
        for path in (to_sign, f"{to_sign}/plan.pdf"):
            await http.get(path)
        mark = marks.text("the page to sign on")
        await http.post(to_sign, data={"message": mark, "reason": mark})
        for field in (
            "message",
            "attendees",
            "outcome",
            "event_at",
            "note",
            "a-stranger",
        ):
            link = await self.link(case)
            good = {"message": "meeting_held", "outcome": "no_agreement"} | WORKERS
            said = good | {field: marks.text(f"the answer page {field}")}
            await http.post(link, data=said)
        key = {"key": marks.word("the sign-in page")}
        await http.post("/codec/sign-in", data=key)
        as_operator = self.product.key(OPERATOR)
        for place in ("throughcare-case", "encryption-key-id", "encoding"):
            encoded = marks.word(f"the codec, {place}").encode()
            payload = {"metadata": {place: _base64(encoded)}, "data": _base64(encoded)}
            nobody: dict[str, str] = {}
            for headers in (nobody, as_operator):
                body = {"payloads": [payload]}
                await http.post("/codec/decode", json=body, headers=headers)

    async def link(self, case):
        """The newest link that the other agency's worker was sent about this case."""

        async def has_come():
            return bool(self._links(case))

        await until(has_come, 30)
        return self._links(case)[-1]

    def _links(self, case):
        mails = [m for m in self.product.mails(case) if "ironwood" in m["To"]]
        said = (re.search(r"/answer/\S+", mail.get_content()) for mail in mails)
        return [link[0] for link in said if link]

    # -- whole disputes ----------------------------------------------------------------------------------------------

    async def settle_and_break_it(self):
        case = await self.opened()
        said = datetime.now(UTC).isoformat()
        word = {"seat": FITTING["seat"], "said_at": said}
        place = "meeting_held attested.how, taken"
        word["how"] = self.marks.text(place)
        await self.say("alder", case, "meeting_held", "note", **WORKERS, attested=word)
        self.kept.add(place)
        await self.say("alder", case, "agreement_reached", "terms", "note")
        await self.say("ironwood", case, "agreement_reached", "terms", "note")
        await self.say("alder", case, "correct_entry", "correction", "note", entry=1)
        await self.say("alder", case, "agreement_broken", "reason", "note")
        return case

    async def climb_and_close_it(self):
        case = await self.opened()
        parts = ("settled", "remaining", "note")
        await self.say("alder", case, "meeting_held", "note", **WORKERS)
        await self.say("alder", case, "partial_agreement", *parts)
        await self.say("ironwood", case, "agreement_not_reached", "waiver", "note")
        await self.say("birch", case, "contact_made", "note")
        await self.say("alder", case, "information_provided", "documents", "note")
        await self.say(
            "birch", case, "recuse", "reason", "note", role="coordinator-supervisor"
        )
        assigned = {
            "role": "coordinator-supervisor",
            "assigned": "coordinator-supervisor-2",
        }
        await self.say(ADMINISTRATOR, case, "assign_seat", "reason", "note", **assigned)
        await self.say("alder", case, "violation_identified", "note", kind="policy")
        await self.say(
            "alder", case, "violation_reported", "note", recipient="quality-assurance"
        )

        async def is_at_the_top():
            shown = await self.product.case(case)
            return shown["status"] == "unresolved_at_top"

        await until(is_at_the_top, 60)
        await self.say(CLOSER, case, "close", "reason", "note")
        await self.say(CLOSER, case, "reopen", "reason", "note")
        return case

    async def mend_them(self, into):
        merged, refiled = await self.opened(), await self.opened()
        await self.say("alder", merged, "merge", "reason", into=into)
        seats = {
            "coordinator_seat": "coordinator-1",
            "counterpart_seat": "dmcps-case-manager",
        }
        await self.say("alder", refiled, "refile", "reason", **seats)

    async def live_with_clients(self, into):
        """All there is beside the conflict that climbs, which waits for its limits most of the time."""
        await self.mend_them(into)
        await self.intakes.somebody_is_entered()
        await self.intakes.go_through_to_a_care_plan()
        await self.intakes.see_to_an_emergency()
        await self.care_plans.carry_one_to_its_end()
        await self.care_plans.take_one_over()

    # -- left while nobody answers -----------------------------------------------------------------------------------

    @asynccontextmanager
    async def nobody_answering(self):
        """What is sent meanwhile is left as a signal, heard later, and much of it refused then."""
        # Stopped while it writes, it would keep everybody else from writing.
        await self.notices_are_out()
        worker = self.product.pids()["worker"]
        os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(worker, signal.SIGCONT)
        gate = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as asking:
            for left in self.left:
                asking.create_task(self._is_heard(gate, *left))

    async def _is_heard(self, gate, person, address, places):
        outcome = "recorded"

        async def is_told():
            nonlocal outcome
            outcome = (await self.product.get(person, address))["outcome"]
            return outcome != "recorded"

        async with gate:
            await until(is_told, 60)
        if outcome == "applied":
            self.kept |= set(places)

    async def notices_are_out(self):
        def waiting():
            file = self.product.state / "throughcare.db"
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
                asked = "SELECT count(*) FROM notices WHERE done_at IS NULL"
                return database.execute(asked).fetchone()[0]

        async def none_waits():
            return waiting() == 0

        await until(none_waits, 60)


def is_left(operation):
    """What is said to an intake is not left for a care plan once more: it is the same message, heard in the same way."""
    if "/messages/" not in operation.path:
        return False
    name = operation.path.rpartition("/")[2]
    return not (
        operation.path.startswith(OF_A_PLAN) and name in LIFECYCLES["intake"].messages
    )


def at_once(operation):
    """Which fields are filled in one request: each by itself, but for those that are kept with every message."""
    if not operation.path.startswith(OF_CLIENTS) or "/messages/" not in operation.path:
        return [[place] for place in operation.free]
    both = [place for place in operation.free if place in TOGETHER]
    others = [[place] for place in operation.free if place not in TOGETHER]
    return [both, *others] if both else others


def _base64(data):
    from base64 import b64encode

    return b64encode(data).decode()


@pytest.fixture(scope="module")
async def product(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaks")
    limits = {"A1": 3600, "A": 4, "top": 3600}
    metrics = {f"{part}_METRICS_PORT": free_port() for part in ("API", "WORKER")}
    policies = rehearsal(folder / "policies", limits)
    async with receiving(answers=[200]) as traces:
        product = Product(
            folder, policies, LOG_LEVEL="debug", TRACES_URL=traces.url, **metrics
        )
        product.ports |= metrics
        product.traces = traces
        await product.start()
        yield product
        await product.put_away()


@pytest.fixture(scope="module")
async def document(product):
    return (await product.http.get("/openapi.json")).json()


@pytest.fixture(scope="module")
async def disputes(product, document):
    """All of it done, once for all tests."""
    disputes = Disputes(product)
    await disputes.share_cases()
    disputes.filled = await disputes.fill_every_field(document)
    case = await disputes.settle_and_break_it()
    await disputes.knock_everywhere(case)
    async with asyncio.TaskGroup() as group:
        group.create_task(disputes.climb_and_close_it())
        group.create_task(disputes.live_with_clients(case))
    # Opened before, as opening waits for an answer.
    said = [each for each in operations(document) if is_left(each)]
    of_a_plan = [each for each in said if each.path.startswith(OF_A_PLAN)]
    cases = {e.name: await disputes.case_for(e) for e in said if e not in of_a_plan}
    cases |= await disputes.divided(of_a_plan)

    async def case_for(operation):
        return cases[operation.name]

    disputes.case_for = case_for  # type: ignore[method-assign]  # From here on each has a case of its own.
    async with disputes.nobody_answering():
        await disputes.fill_every_field(
            document,
            lambda each: each.name in cases and each.method == "post",
            LEFT_AT_ONCE,
        )
    await disputes.notices_are_out()
    return disputes


@pytest.fixture(scope="module")
async def temporal(product):
    """A client of anybody who can reach the server: without our keys."""
    return await Client.connect(f"127.0.0.1:{product.ports['TEMPORAL_PORT']}")
