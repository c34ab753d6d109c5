"""Every part is killed again and again while people decide and limits end: nothing is lost and nothing happens twice."""

import asyncio
import os
import secrets
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from random import Random

import pytest

from tests.api.careplans import SECTIONS
from tests.e2e.product import hurried, rehearsal
from tests.faults.installation import API, PATIENCE, SERVER, WORKER, Installation
from tests.faults.stories import (
    CARE_PLAN,
    CLIMBED,
    EMERGENCY,
    ESCALATED,
    ORDINARY,
    PLANNED,
    REWRITTEN,
    SERVICE,
    SETTLED,
    UNANSWERED,
    Story,
)
from tests.waiting import until
from throughcare.case.wire import workflow_id
from throughcare.lifecycles.client.plan_facts import Content
from throughcare.store.database import open_database
from throughcare.usecases.reconciliation import Reconciliation

# Whichever comes first waits until the chaos is over.
pytestmark = [pytest.mark.long, pytest.mark.timeout(420)]

SEED = int(os.environ.get("THROUGHCARE_KILLS_SEED") or secrets.randbelow(10**6))
"""Printed with a failure; set it to have the same parts killed after the same number of answers."""

# The longest first.
STORIES = (PLANNED, CLIMBED, ORDINARY, SETTLED, EMERGENCY, ESCALATED, UNANSWERED) * 2
KILLS = 24
LIMITS = {"A": 4, "B": 3600, "C": 3600, "top": 3600}
IN_INTAKES = {"CP-E-1a": 3, "CP-E-1b": 8, "CP-N-4a": 4, "above": 4}
SENT = """
SELECT k.key, k.resource_id, m.case_id, m.name, m.applied AND m.superseded_at IS NULL
FROM idempotency_keys AS k LEFT JOIN messages AS m ON m.id = k.resource_id
"""
UNHEARD = """
SELECT count(*) FROM idempotency_keys
WHERE resource_id NOT IN (SELECT id FROM messages UNION SELECT id FROM cases)
"""
# A worker killed between its record and Temporal has what it recorded done over: that stays, marked, beside what stands.
STANDING = "case_id = ? AND supersession = 0"
ON_TIMELINE = f"""
SELECT body ->> 'message_id', kind, body ->> 'text', body ->> 'clause' FROM timeline WHERE {STANDING}
"""
CONSENT = {
    "recipient": "payer",
    "purpose": "To pay for a service",
    "given_at": "2026-03-01T12:00:00Z",
    "reference": "consents/1",
}
UNSENT = ("needless", "superseded")
"""What became of a notice that was not sent, and is not lost: what it told was done, or did not happen, before it left."""

UNSETTLED = "SELECT count(*) FROM notices WHERE done_at IS NULL"
OPENED = "SELECT id, status, step, kind FROM cases ORDER BY id"
PAST_DUE = "SELECT case_id, id FROM duties WHERE status = 'open' AND due_at < ?"
SOON = timedelta(minutes=2)
MISSED = f"""
SELECT body ->> 'text' FROM timeline
WHERE {STANDING} AND kind IN ('missed', 'unresolved') AND body ->> 'clause' = 'CP-N-4a' ORDER BY seq
"""
ENROLLED = """
SELECT l.case_id, l.other_id, p.client_id = i.client_id
FROM case_links AS l JOIN cases AS i ON i.id = l.case_id JOIN cases AS p ON p.id = l.other_id
WHERE l.relation = 'care_plan'
"""
WRITTEN = f"""
SELECT seq, section, revision, content FROM plan_sections WHERE {STANDING} ORDER BY seq
"""
TOLD = f"""
SELECT count(*) FROM timeline WHERE {STANDING} AND kind = 'service_decided'
"""


class Chaos:
    """Fourteen cases at once with those they lead to, and somebody who kills the parts under them."""

    def __init__(self, installation):
        self.installation = installation
        self.random = Random(SEED)
        self.answers = asyncio.Condition()
        self.answered = 0
        self.killed: Counter[str] = Counter()
        self.cases: dict[str, Story] = {}
        """By the id of the case."""
        self.led_to: dict[str, str] = {}
        """Of a care plan the request for a service, and of an intake the care plan that somebody goes on with."""
        self.keys: dict[str, list[str]] = {}
        """Per case, the keys of what was said in it, in order."""

    async def run(self):
        async with asyncio.TaskGroup() as group:
            group.create_task(self._kill())
            for story in STORIES:
                group.create_task(self._live(story))

    async def is_over(self):
        """Every message was judged, every notice is settled, and what climbs is at the top."""
        [(unheard,)] = self.installation.rows(UNHEARD)
        [(unsettled,)] = self.installation.rows(UNSETTLED)
        climbing = self.installation.rows(PAST_DUE, instant(datetime.now(UTC) + SOON))
        ended = sorted((case, s.status) for case, s in self.cases.items())
        untold = [plan for plan in self.of(CARE_PLAN) if self.times_told(plan) == 0]
        is_left = unheard or unsettled or climbing or untold
        return not is_left and [row[:2] for row in self.opened()] == ended

    def of(self, story):
        return [case for case, told in self.cases.items() if told is story]

    def opened(self):
        """Every case but care plans that nobody goes on with, as the table has them."""
        found = self.installation.rows(OPENED)
        return [
            (case, status, rung)
            for case, status, rung, kind in found
            if kind != "care-plan" or case in self.cases
        ]

    def times_told(self, plan):
        """How often a care plan was told what became of its request."""
        [(count,)] = self.installation.rows(TOLD, plan)
        return count

    async def _kill(self):
        # The same number of each, so that none is left out by chance.
        parts = [SERVER, WORKER, API] * (KILLS // 3)
        self.random.shuffle(parts)
        answers = sum(1 + story.all_said for story in STORIES)
        at = sorted(self.random.sample(range(1, answers - len(STORIES)), KILLS))
        for part, count in zip(parts, at, strict=True):
            async with self.answers:
                await self.answers.wait_for(partial(self._has_answered, count))
            await self.installation.kill(part)
            self.killed[part] += 1
            await self.installation.start(part)

    def _has_answered(self, count):
        return self.answered >= count

    async def _live(self, story):
        if story.counterpart:
            address = await self.installation.opened(story.counterpart)
        else:
            address = await self.installation.referred()
        await self._answered()
        if story.leads_to:
            await self._consent(address)
        await self._tell(story, address)

    async def _tell(self, story, address):
        case = address.rpartition("/")[2]
        self.cases[case], self.keys[case] = story, []
        for person, name, facts in story.said:
            if callable(facts):
                facts = facts(await self._read(address, person))
            key = secrets.token_hex(8)
            self.keys[case].append(key)
            path = f"{address}/messages/{name}"
            answer = await self.installation.insisted(path, person, key, facts)
            assert answer.status_code in (200, 202), answer.text
            await self._answered()
            if answer.status_code == 202 and not story.counterpart:
                # Whoever is next may have no part in the intake before this is heard.
                await self.installation.heard(answer.headers["Location"], person)
        if story.leads_to:
            following = await self._led_to(address, story.leads_to)
            self.led_to[case] = following.rpartition("/")[2]
            await self._tell(story.leads_to, following)

    async def _led_to(self, address, story):
        """The address of the case that this one led to, once it can be read."""
        relation = story.begins_as
        path = f"/{relation.replace('_', '-')}s"
        found: list[str] = []

        async def is_there():
            links = (await self._read(address, "beech"))["links"]
            found[:] = [e["case"] for e in links if e["relation"] == relation]
            return bool(found) and bool(await self._read(f"{path}/{found[0]}", "beech"))

        await until(is_there, PATIENCE)
        return f"{path}/{found[0]}"

    async def _consent(self, intake):
        """That the payer may know, without which nothing goes there."""
        seen = await self._read(intake, "aspen")
        consent = CONSENT | {"client": seen["client"]["id"]}
        # Twice, where the first answer is lost, is as good as once.
        given = await self.installation.insisted("/consents", "aspen", None, consent)
        assert given.status_code == 201, given.text

    async def _read(self, address, person):
        """The case as this person sees it; nothing where it is not there yet."""
        found = []

        async def is_answered():
            answer = await self.installation.asked("GET", address, person)
            if answer is not None and answer.status_code in (200, 404):
                found.append(answer.json() if answer.status_code == 200 else {})
            return bool(found)

        await until(is_answered, 4 * PATIENCE)
        return found[0]

    async def life(self, plan):
        """What is recorded of a care plan's team, versions and requests."""
        return (await self._read(f"/care-plans/{plan}", "beech"))["facts"]["life"]

    async def _answered(self):
        async with self.answers:
            self.answered += 1
            self.answers.notify_all()


def instant(at):
    """As SQLite keeps it."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


@pytest.fixture(scope="module")
async def chaos(tmp_path_factory):
    """It is over: every part runs, and every case has come to rest."""
    folder = tmp_path_factory.mktemp("kills")
    policies = hurried(rehearsal(folder / "policies", LIMITS), IN_INTAKES)
    installation = Installation(folder, policies)
    chaos = Chaos(installation)
    try:
        await installation.set_up()
        async with asyncio.timeout(4 * PATIENCE):
            await chaos.run()
        await installation.is_ready()
        await until(chaos.is_over, 2 * PATIENCE)
        yield chaos
    finally:
        await installation.put_away()


@pytest.fixture(autouse=True)
def seed(record_property):
    record_property("seed", SEED)
    sys.stdout.write(f"THROUGHCARE_KILLS_SEED={SEED}\n")


async def test_every_part_was_killed_while_people_decided(chaos):
    assert chaos.killed == {SERVER: 8, WORKER: 8, API: 8}
    assert sum(map(len, chaos.keys.values())) >= 100


async def test_every_decision_is_applied_exactly_once_and_in_order(chaos):
    heard = {row[0]: row[1:] for row in chaos.installation.rows(SENT)}
    for case, story in chaos.cases.items():
        said = [heard[key] for key in chaos.keys[case]]
        assert [(told, name, applied) for _, told, name, applied in said] == [
            (case, name, True) for _, name, _ in story.said
        ]
        entries = Counter(chaos.installation.rows(ON_TIMELINE, case))
        ids = [message_id for message_id, *_ in said]
        # What a message brings about may be several entries, but each of them once.
        mine = {entry: n for entry, n in entries.items() if entry[0] in ids}
        assert set(mine.values()) == {1}
        assert {message_id for message_id, *_ in mine} == set(ids)


async def test_every_case_ends_as_if_nothing_had_been_killed(chaos):
    assert chaos.opened() == sorted(
        (case, story.status, story.rung) for case, story in chaos.cases.items()
    )


async def test_every_limit_that_passed_ended_its_rung_once(chaos):
    now = datetime.now(UTC)
    assert chaos.installation.rows(PAST_DUE, instant(now)) == []
    for case, story in chaos.cases.items():
        query = f"SELECT body ->> 'step' FROM timeline WHERE {STANDING} AND kind = 'lapsed' ORDER BY seq"
        lapsed = [rung for (rung,) in chaos.installation.rows(query, case)]
        passed = ["A1", "A2", "A3", "A4", "A5"] if story is CLIMBED else []
        assert lapsed == passed


@pytest.mark.clause("CP-N-4a")
async def test_every_limit_of_an_intake_that_passed_went_up_once_and_no_further_than_the_top(
    chaos,
):
    unanswered = [c for c, story in chaos.cases.items() if story is UNANSWERED]
    for case in unanswered:
        said = [text for (text,) in chaos.installation.rows(MISSED, case)]
        assert [text.partition(":")[0].partition(" is ")[0] for text in said] == [
            "Not done by the policy's limit",
            "Not done by the agency's own limit",
            "Not done by the agency's own limit",
            "Nobody",
        ]
    query = f"SELECT body ->> 'clause', body ->> 'step', body ->> 'text', body ->> 'event_at' FROM timeline WHERE {STANDING} AND kind = 'missed'"
    intakes = [c for c, story in chaos.cases.items() if story.counterpart is None]
    for case in intakes:
        missed = Counter(chaos.installation.rows(query, case))
        assert set(missed.values()) <= {1}


@pytest.mark.clause("CP-P-1")
async def test_every_intake_that_enrolled_somebody_led_to_one_care_plan(chaos):
    enrolled = {c for c, story in chaos.cases.items() if story.status == "enrolled"}
    found = chaos.installation.rows(ENROLLED)
    assert sorted(case for case, _, _ in found) == sorted(enrolled)
    assert {same for _, _, same in found} == {True}
    query = "SELECT id FROM cases WHERE kind = 'care-plan'"
    plans = [plan for (plan,) in chaos.installation.rows(query)]
    assert sorted(plan for _, plan, _ in found) == sorted(plans)


async def test_every_writing_of_a_plan_is_kept_once_and_in_its_order(chaos):
    plans = chaos.of(CARE_PLAN)
    assert len(plans) == STORIES.count(PLANNED)
    texts = [*SECTIONS.items(), *REWRITTEN.items()]
    for plan in plans:
        rows = chaos.installation.rows(WRITTEN, plan)
        assert [seq for seq, *_ in rows] == list(range(1, len(texts) + 1))
        for section in SECTIONS:
            mine = [(number, c) for _, each, number, c in rows if each == section]
            written = [content for each, content in texts if each == section]
            assert [number for number, _ in mine] == list(range(1, len(written) + 1))
            for (_, kept), content in zip(mine, written, strict=True):
                said = Content.model_validate(content)
                assert Content.model_validate_json(kept) == said


@pytest.mark.clause("CP-C-j")
async def test_every_plan_came_into_force_once_with_every_name_under_it(chaos):
    for plan in chaos.of(CARE_PLAN):
        life = await chaos.life(plan)
        (version,) = life["versions"]
        assert version["final_at"]
        under = sorted((each["member"], each["outcome"]) for each in life["signatures"])
        assert under == [(member, "signed") for member in version["signers"]]


@pytest.mark.clause("CP-R-2")
async def test_every_request_is_one_case_and_told_its_plan_exactly_once(chaos):
    requests = chaos.of(SERVICE)
    plans = chaos.of(CARE_PLAN)
    assert sorted(chaos.led_to[plan] for plan in plans) == sorted(requests)
    for plan in plans:
        (asked,) = (await chaos.life(plan))["services"]
        assert (asked["case"], asked["status"]) == (chaos.led_to[plan], "approved")
        assert chaos.times_told(plan) == 1
        # A second word of the same decision may leave no second entry.
        history = await chaos.installation.client.get_workflow_handle(
            workflow_id("care-plan", plan)
        ).fetch_history()
        signals = [
            event.workflow_execution_signaled_event_attributes.signal_name
            for event in history.events
        ]
        assert signals.count("service_decided") == 1


async def test_no_notice_is_sent_twice_and_none_is_lost_without_a_word(chaos):
    settled, arrived = await at_rest(chaos.installation)
    known = {sha256(key.encode()).hexdigest()[:32]: key for key in settled}
    assert set(arrived.values()) == {1}
    assert arrived.keys() <= known.keys()
    for message_id, key in known.items():
        # Cut off as it was sent, it may have arrived or not; nobody can know, and the case says so.
        if settled[key] != "uncertain":
            assert (settled[key] == "delivered") is (message_id in arrived)
            assert settled[key] in {"delivered", *UNSENT}


async def at_rest(installation):
    """The notices and the mails at a moment when none is on its way: a case at the top goes on asking."""
    query = "SELECT key, delivery FROM notices"
    found = {}

    async def none_is_on_its_way():
        found["settled"] = dict(installation.rows(query))
        found["arrived"] = Counter(
            mail["Message-ID"].strip("<>").partition("@")[0]
            for mail in installation.mails()
        )
        on_its_way = {"queued", "sending"} & set(found["settled"].values())
        return not on_its_way and dict(installation.rows(query)) == found["settled"]

    await until(none_is_on_its_way, PATIENCE)
    return found["settled"], found["arrived"]


async def test_the_tables_say_what_the_workflows_say(chaos):
    database = open_database(chaos.installation.settings.database)
    check = Reconciliation(
        chaos.installation.client, database, lambda: datetime.now(UTC)
    )
    cases = await check.every_case(closed_for=timedelta(days=1))
    compared = await check.run("after-the-kills", cases)
    await database.close()
    plans = {plan for _, plan, _ in chaos.installation.rows(ENROLLED)}
    assert cases == chaos.cases.keys() | plans
    assert (compared.cases, compared.left) == (len(cases), ())
