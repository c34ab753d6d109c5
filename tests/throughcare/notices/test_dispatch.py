"""Notices leave from their table: to a real mail server, from a real database."""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Connection, Engine, event, insert, select, update
from standardwebhooks import Webhook
from temporalio.service import RPCError, RPCStatusCode

from activities.records import RecordActivities
from tests.databases import add_rows
from tests.driving import bring_to_rest, found
from tests.receiver import receiving
from tests.samples import case_record, duty, served_record
from tests.waiting import until
from throughcare.case.advance import handle
from throughcare.case.duty import DutyStatus
from throughcare.case.message import Message
from throughcare.case.needs import Found, Needs
from throughcare.case.notice import Delivered, Delivery, Notice, ToldDuty
from throughcare.case.parts import PackRef
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
    Seated,
    SeatQuery,
    Side,
)
from throughcare.case.wire import CaseRecord, NoticesSettled
from throughcare.config import SmtpSecurity
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.plan_facts import (
    CarePlanFacts,
    Meeting,
    Member,
    MemberStatus,
)
from throughcare.lifecycles.client.plan_policy import MemberKind
from throughcare.lifecycles.conflict.conflict import Conflict, ConflictFacts
from throughcare.lifecycles.conflict.lifecycle import conflict as conflict_messages
from throughcare.notices.channel import Channel, Parcel
from throughcare.notices.daily import may_wait, next_at
from throughcare.notices.dispatch import LEASE, TOGETHER, Dispatcher, Pauses
from throughcare.notices.email import EmailChannel
from throughcare.notices.failures import Undeliverable
from throughcare.notices.letters import NO_ANSWER_NEEDED, by_phone
from throughcare.notices.links import LinkSigner
from throughcare.notices.loop import NoticeLoop
from throughcare.notices.mail import Letter, MailConnection, Mailer, SmtpMailer
from throughcare.notices.mailbox import Mailbox
from throughcare.notices.sending import NoticeSender
from throughcare.notices.webhooks import WebhookChannel, WebhookSender
from throughcare.packs.calendars import load_calendars
from throughcare.packs.pack import Pack
from throughcare.packs.reading import digest, load_packs
from throughcare.store.addressees import PRINT_IT
from throughcare.store.clients import add_client
from throughcare.store.database import open_database
from throughcare.store.directory import AnswersBy
from throughcare.store.identity import Identity
from throughcare.store.notice_queue import CUT_OFF, GATHERING, put_off_no_longer, queued
from throughcare.store.packs import Adoption, adopt, record_adoption
from throughcare.store.records import add, apply_record
from throughcare.store.rows import rows as every_row
from throughcare.store.secretbox import SecretBox
from throughcare.store.tables import (
    AgencyRow,
    LinkRow,
    NoticeRow,
    OrganizationRow,
    PersonRow,
    ProviderRow,
    SeatRow,
)
from throughcare.store.webhooks import set_webhook
from throughcare.temporal.keys import KeyRing
from throughcare.time.deadline import Dated

ROOT = Path(__file__).parents[3]
PACKS = load_packs(ROOT / "policies")
PACK, CARS = PACKS["milwaukee-wraparound"], PACKS["milwaukee-cars"]
CALENDARS = load_calendars(ROOT / "calendars")
RING = KeyRing(active="k", keys={"k": bytes(32)})
SIGNER = LinkSigner(RING)
WEBHOOKS = WebhookSender(SecretBox(RING), development=True)
CASE = "01JGZQ5W3V8X9Y2T4R6N3FK9AB"
NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
SOON = NOW + timedelta(seconds=3)
"""When what could not be sent the first time is tried again."""
LATER = NOW + LEASE + timedelta(seconds=1)
"""When what was left behind is anybody's."""
URL = "https://care.example"
KINDS = ("opened", "opened", "opened", "reminder", "told")
CLIENT = "Robin-Client"
"""Stands wherever a case holds words about a client."""

WORKER = Seated(
    role="human-service-worker",
    title="Human Service Worker",
    seat="seat-hsw",
    person="ana",
    capacity=Capacity.holder,
)
BOSS = Seated(
    role="human-service-worker-supervisor",
    title="Human Service Worker's Supervisor",
    seat="seat-hsw-sup",
    person="bo",
    capacity=Capacity.holder,
)
NEXT = BOSS.model_copy(update={"seat": "seat-next", "person": "cy"})
GONE = BOSS.model_copy(update={"seat": "seat-gone", "person": "gone"})
NOWHERE = BOSS.model_copy(update={"seat": "seat-nowhere", "person": "nowhere"})


PARTS = {
    "care-coordinator": "bo",
    "coordinator-supervisor": "cy",
    "human-service-worker-supervisor": "di",
}
"""Who has which part in a dispute; Ana has all others."""


class Busy(Mailbox):
    """Has no time for bo when he is written to first."""

    busy = True

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if self.busy and address.startswith("bo@"):
            self.busy = False
            return f"451 4.3.0 <{address}> later, please"
        return await super().handle_RCPT(server, session, envelope, address, options)


class Held:
    """A mailer that sends its first letter only when it is told to go on."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()

    def connection(self) -> MailConnection:
        return Watched(self._mailer.connection(), before=self.hold)

    async def hold(self, letter: Letter) -> None:
        self.begun.set()
        await self.goes_on.wait()


async def nothing(letter: Letter) -> None:
    pass


class Watched:
    """A connection at which something happens before a letter is sent, or after it was."""

    def __init__(
        self, connection: MailConnection, before=nothing, after=nothing
    ) -> None:
        self._connection = connection
        self._before, self._after = before, after

    async def send(self, letter: Letter) -> None:
        await self._before(letter)
        await self._connection.send(letter)
        await self._after(letter)

    async def close(self) -> None:
        await self._connection.close()


class Counted:
    """A mailer that counts the connections it is asked for."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer
        self.connections = 0

    def connection(self) -> MailConnection:
        self.connections += 1
        return self._mailer.connection()


@pytest.fixture
def commits():
    """One entry for each transaction that is committed."""
    seen: list[Connection] = []

    def note(connection: Connection) -> None:
        seen.append(connection)

    event.listen(Engine, "commit", note)
    yield seen
    event.remove(Engine, "commit", note)


class PowerCut(BaseException):
    """The process is gone: nothing of it can still handle anything."""


class Mortal:
    """A mailer whose process dies as soon as the mail server has accepted the letter to this person, or the first one."""

    def __init__(self, mailer: Mailer, receiver: str = "") -> None:
        self._mailer = mailer
        self._receiver = receiver

    def connection(self) -> MailConnection:
        return Watched(self._mailer.connection(), after=self.die)

    async def die(self, letter: Letter) -> None:
        if letter.to.startswith(self._receiver):
            raise PowerCut


@pytest.fixture
async def database(databases, empty_database):
    database = open_database(databases.copy(empty_database))
    agency = {"id": "agency", "name": "Agency", "calendar": "milwaukee-county"}
    people = [
        {
            "id": person,
            "name": f"{person.title()} Example",
            "email": None if person == "nowhere" else f"{person}@example.org",
        }
        for person in ("ana", "bo", "cy", "di", "gone", "nowhere")
    ]
    await database.write(adopt, PACK, NOW)
    await database.write(add_rows, AgencyRow, agency | {"packs": []})
    await database.write(add_rows, PersonRow, *people)
    await recorded(database)
    yield database
    await database.close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "mail"


@pytest.fixture
def mailbox(folder, unused_tcp_port):
    mailbox = Mailbox(folder, refuse={"gone@example.org"})
    mailbox.start("127.0.0.1", unused_tcp_port)
    yield mailbox
    mailbox.stop()


@pytest.fixture
def mailer(unused_tcp_port):
    sender = "Throughcare <throughcare@care.example>"
    return SmtpMailer(
        "127.0.0.1", unused_tcp_port, None, None, SmtpSecurity.none, sender
    )


def notice(
    receiver: Seated = WORKER, kind: str = "opened", case_id: str = CASE
) -> Notice:
    return Notice(
        key=f"{case_id}:A1:{kind}:CR-A-1:{receiver.seat}:1",
        kind=kind,
        receiver=receiver,
        clause="CR-A-1",
        step="A1",
        what="The two workers meet",
        due_at=datetime(2026, 1, 12, 20, 5, tzinfo=UTC),
    )


class Cases:
    """The cases as they are spoken to, and what they were told."""

    def __init__(self, fault: BaseException | None = None) -> None:
        self.fault = fault
        self.told: list[tuple[str, str, list[tuple[str, str]]]] = []
        self.channels: list[str] = []

    async def tell(self, kind: str, case_id: str, settled: NoticesSettled) -> None:
        if self.fault:
            raise self.fault
        told = [(n.receiver.seat or "", o.delivery.value) for n, o in settled.outcomes]
        self.channels += [outcome.channel for _, outcome in settled.outcomes]
        self.told.append((kind, case_id, told))


def worker(
    database,
    mailer: Mailer,
    cases: Cases | None = None,
    at: datetime = NOW,
    turn: float = 60,
    more: Sequence[Channel] = (),
) -> Dispatcher:
    """What a worker has of this, at a certain instant."""

    def now() -> datetime:
        return at

    channels = (*more, WebhookChannel(WEBHOOKS), EmailChannel(mailer))
    expiry = timedelta(days=14)
    sender = NoticeSender(channels, URL, CALENDARS, SIGNER, expiry)
    return Dispatcher(database, sender, (cases or Cases()).tell, now, turn=turn)


async def run(database, mailer, at: datetime = NOW, **more) -> None:
    """One look of one worker at the table."""
    await look(worker(database, mailer, at=at, **more))


async def look(one: Dispatcher) -> None:
    await one.take_up()
    await one.finish()


async def send(
    database, mailer, *notices: Notice, at: datetime = NOW, cases: Cases | None = None
) -> dict[str, tuple[str, str]]:
    """What became of the notice to each seat, and why, after a look at that instant."""
    await queue(database, *notices)
    await run(database, mailer, at, cases=cases)
    by_key = {row.key: row for row in await stored(database)}
    found = [by_key[each.key] for each in notices]
    return {row.receiver_seat or "": (row.delivery, row.reason) for row in found}


async def queue(database, *notices: Notice, case_id: str = CASE) -> None:
    """As the record of their case does."""
    rows = [
        queued(case_id, each, NOW, place=place, reports=each.duty is not None)
        for place, each in enumerate(notices)
    ]
    if rows:
        await database.write(add_new, rows)


def add_new(connection: Connection, rows: list[dict[str, object]]) -> None:
    connection.execute(add(connection, NoticeRow), rows)


async def stored(database) -> Sequence[NoticeRow]:
    query = select(NoticeRow).order_by(NoticeRow.place)
    found: Sequence[NoticeRow] = await database.read(every_row, query)
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.eml"))


def receivers(folder: Path) -> list[str]:
    """Whom the letters went to, in the order in which they came."""
    return [name.split("-")[1] for name in names(folder)]


def texts(folder: Path) -> list[str]:
    return [path.read_text() for path in sorted(folder.glob("*.eml"))]


# -- sent once -------------------------------------------------------------------------


@pytest.mark.usefixtures("mailbox")
async def test_run_twice_it_sends_once_and_says_the_same(database, mailer, folder):
    first = await send(database, mailer, notice(WORKER), notice(BOSS))
    second = await send(database, mailer, notice(WORKER), notice(BOSS), at=LATER)

    assert (
        first
        == second
        == {
            "seat-hsw": ("delivered", ""),
            "seat-hsw-sup": ("delivered", ""),
        }
    )
    assert len(names(folder)) == 2


@pytest.mark.usefixtures("mailbox")
async def test_a_notice_cut_off_after_it_went_out_is_uncertain_and_not_sent_again(
    database, mailer, folder
):
    with pytest.raises(PowerCut):
        await send(database, Mortal(mailer), notice())

    again = await send(database, mailer, notice(), at=LATER)

    assert again == {"seat-hsw": ("uncertain", CUT_OFF)}
    assert len(names(folder)) == 1


@pytest.mark.usefixtures("mailbox")
async def test_a_round_in_hand_is_left_alone_for_a_while(database, mailer, folder):
    batch = notice(WORKER), notice(BOSS)
    with pytest.raises(PowerCut):
        await send(database, Mortal(mailer), *batch)

    again = await send(database, mailer, *batch, at=NOW + LEASE)

    assert again == {"seat-hsw": ("sending", ""), "seat-hsw-sup": ("sending", "")}
    assert receivers(folder) == ["ana"]


async def test_while_the_mail_server_is_away_nothing_is_lost_and_then_it_is_sent_once(
    database, mailer, folder, unused_tcp_port
):
    await send(database, mailer, notice())
    (row,) = await stored(database)
    mailbox = Mailbox(folder)
    mailbox.start("127.0.0.1", unused_tcp_port)
    too_soon = await send(database, mailer, notice(), at=NOW + timedelta(seconds=1))
    back = await send(database, mailer, notice(), at=SOON)
    mailbox.stop()

    assert (row.delivery, row.attempts, row.settled_at) == ("queued", 1, None)
    assert row.reason.startswith("the mail server cannot be reached")
    assert row.try_at == NOW + timedelta(seconds=2)
    assert too_soon == {"seat-hsw": ("queued", row.reason)}
    assert back == {"seat-hsw": ("delivered", "")}
    assert len(names(folder)) == 1


async def test_while_a_server_is_away_the_other_letters_for_it_wait_untried(
    database, mailer
):
    async with receiving() as theirs:
        await without_account(database, NEXT)
        await connected(database, theirs.url)
        outcomes = await send(
            database, mailer, notice(WORKER), notice(BOSS), notice(NEXT)
        )

    rows = await stored(database)
    assert [row.attempts for row in rows] == [1, 0, 1]
    assert {row.try_at for row in rows[:2]} == {NOW + timedelta(seconds=2)}
    assert outcomes["seat-next"] == ("delivered", "")


def test_a_server_that_stays_away_is_asked_less_and_less_often():
    pauses, at, waited = Pauses(), NOW, []
    for _ in range(10):
        until = pauses.begin("mail", at)
        assert pauses.begin("mail", at) == until
        waited.append((until - at).total_seconds())
        at = until

    assert waited == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    pauses.end("mail")
    assert pauses.begin("mail", at) == at + timedelta(seconds=2)


async def test_one_receiver_the_server_has_no_time_for_does_not_hold_up_the_others(
    database, mailer, folder, unused_tcp_port
):
    mailbox = Busy(folder)
    mailbox.start("127.0.0.1", unused_tcp_port)

    await send(database, mailer, notice(BOSS), notice(WORKER))
    before = names(folder)
    await send(database, mailer, notice(BOSS), notice(WORKER), at=SOON)
    mailbox.stop()

    assert [name.split("-")[1] for name in before] == ["ana"]
    assert [name.split("-")[1] for name in names(folder)] == ["ana", "bo"]


@pytest.mark.usefixtures("mailbox")
async def test_of_a_round_that_is_cut_off_every_letter_is_uncertain_and_none_of_the_next(
    database, mailer, folder
):
    batch = [notice(kind=f"opened-{number}") for number in range(TOGETHER)]
    batch = [each.model_copy(update={"kind": "opened"}) for each in batch]
    with pytest.raises(PowerCut):
        await send(database, Mortal(mailer), *batch, notice(BOSS))

    for _ in range(2):
        await send(database, mailer, at=LATER)

    rows = await stored(database)
    assert {row.delivery for row in rows[:TOGETHER]} == {"uncertain"}
    assert rows[-1].delivery == "delivered"
    assert receivers(folder) == ["ana", "bo"]


@pytest.mark.usefixtures("mailbox")
async def test_a_round_is_one_claim_one_connection_and_one_settlement(
    database, mailer, folder, commits
):
    told = [f"{CASE[:-1]}{number}" for number in range(3)]
    for case_id in told:
        await recorded(database, case_id=case_id)
        both = [notice(seat, case_id=case_id) for seat in (WORKER, BOSS)]
        await queue(database, *both, case_id=case_id)
    counted = Counted(mailer)
    commits.clear()

    await run(database, counted)

    assert len(receivers(folder)) == 6
    assert (counted.connections, len(commits)) == (1, 2)


@pytest.mark.usefixtures("mailbox")
async def test_letters_go_out_in_the_order_of_the_notices(database, mailer, folder):
    seats = NEXT, WORKER, BOSS, WORKER, NEXT
    batch = [notice(seat, kind) for seat, kind in zip(seats, KINDS, strict=True)]

    await send(database, mailer, *batch)

    assert receivers(folder) == ["cy", "ana", "bo", "ana", "cy"]


@pytest.mark.usefixtures("mailbox")
async def test_what_there_is_no_time_for_is_sent_in_the_next_turn_of_its_case(
    database, mailer, folder
):
    await queue(database, notice(BOSS), notice(WORKER), notice(NEXT))

    await run(database, mailer, turn=0)
    before = receivers(folder)
    async with worker(database, mailer, turn=0):
        await until(lambda: are_done(database))

    assert (before, receivers(folder)) == (["bo"], ["bo", "ana", "cy"])


@pytest.mark.usefixtures("mailbox")
async def test_two_workers_at_once_send_every_letter_once_and_tell_every_case(
    database, mailer, folder
):
    seats, cases = (BOSS, WORKER, GONE), [f"{CASE[:-2]}{n:02}" for n in range(12)]
    for case_id in cases:
        await recorded(database, case_id=case_id)
        batch = [notice(seat, case_id=case_id) for seat in seats]
        await queue(database, *batch, case_id=case_id)

    told = Cases()
    async with worker(database, mailer, told), worker(database, mailer, told):
        await until(lambda: are_done(database))

    assert sorted(receivers(folder)) == ["ana"] * 12 + ["bo"] * 12
    assert {row.attempts for row in await stored(database)} == {1}
    assert sorted(case_id for _, case_id, _ in told.told) == cases


@pytest.mark.usefixtures("mailbox")
async def test_a_worker_that_leaves_finishes_the_letter_it_is_at_and_begins_no_other(
    database, mailer, folder
):
    await queue(database, notice(BOSS), notice(WORKER))
    slow = Held(mailer)

    leaving = worker(database, slow)
    async with leaving:
        await slow.begun.wait()
        leaving.stop()
        slow.goes_on.set()

    assert [row.delivery for row in await stored(database)] == ["delivered", "queued"]
    assert receivers(folder) == ["bo"]


@pytest.mark.usefixtures("mailbox")
async def test_what_is_queued_meanwhile_is_sent_as_soon_as_the_worker_is_told(
    database, mailer, folder
):
    async with worker(database, mailer) as idle:
        await queue(database, notice())
        idle.queued.set()
        await until(lambda: are_done(database), within_seconds=0.9)

    assert receivers(folder) == ["ana"]


async def are_done(database) -> bool:
    return all(row.done_at for row in await stored(database))


# -- by which channel ------------------------------------------------------------------------


class Chat:
    """A channel that reaches some seats, for its own words; this file is all that there is of it."""

    name = "chat"

    def __init__(self, *seats: str | None) -> None:
        self.seats = seats
        self.said: list[tuple[str | None, str]] = []
        self.open = 0

    def round(self) -> "ChatRound":
        self.open += 1
        return ChatRound(self)


class ChatRound:
    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def servers(
        self, connection: Connection, seats: Mapping[str, str | None]
    ) -> Mapping[str, str]:
        return {key: "chat" for key, seat in seats.items() if seat in self._chat.seats}

    async def send(self, parcel: Parcel, at: datetime) -> None:
        seat = parcel.notice.receiver.seat
        if seat == GONE.seat:
            raise Undeliverable("they have left the chat")
        subject, _ = parcel.writer.words(parcel.notice, "en", parcel.link)
        self._chat.said.append((seat, subject))

    async def close(self) -> None:
        self._chat.open -= 1


@pytest.mark.usefixtures("mailbox")
async def test_another_channel_takes_what_it_reaches_and_the_notice_says_so(
    database, mailer, folder
):
    chat, cases = Chat(BOSS.seat, GONE.seat), Cases()
    batch = notice(WORKER), notice(BOSS).model_copy(update=TOLD), notice(GONE)
    await queue(database, *batch)

    await run(database, mailer, more=[chat], cases=cases)

    assert chat.said == [(BOSS.seat, "Conflict 3FK9AB has been opened")]
    assert receivers(folder) == ["ana"]
    assert [row.channel for row in await stored(database)] == ["e-mail", "chat", "chat"]
    assert cases.channels == ["chat", "chat"]
    assert chat.open == 0


@pytest.mark.usefixtures("mailbox")
async def test_a_timeline_says_by_which_channel_a_notice_went_or_did_not(
    database, mailer
):
    conflict = told_of_a_client()
    duty = next(each for each in conflict.unsent if each.duty)
    for each, became in ((duty, "delivered"), (conflict.unsent[0], "failed")):
        outcome = Delivered(key=each.key, delivery=Delivery(became), channel="chat")
        conflict.settled(each, outcome, NOW)

    told, failed = (
        next(entry for entry in conflict.timeline if entry.kind == kind)
        for kind in ("told", "notice_failed")
    )
    assert told.channel == failed.channel == "chat"
    assert told.text.endswith(", by chat.")


# -- on a loop of their own -------------------------------------------------------------------


@pytest.mark.usefixtures("mailbox")
async def test_notices_leave_while_the_loop_that_cases_run_on_is_busy(
    database, mailer, folder
):
    async with NoticeLoop(worker(database, mailer)) as notices:
        await queue(database, notice())
        notices.wake()
        busy_until = time.monotonic() + 10
        while not names(folder) and time.monotonic() < busy_until:
            pass

    assert receivers(folder) == ["ana"]
    assert await are_done(database)


# -- what its case is told -----------------------------------------------------------------


TOLD = {"duty": "A1:CR-A-2a:notice:1"}
"""Of a notice that discharges a duty."""


@pytest.mark.usefixtures("mailbox")
async def test_a_case_is_told_at_once_and_together_of_duties_and_of_what_failed(
    database, mailer
):
    cases = Cases()
    discharging = notice(BOSS).model_copy(update=TOLD)

    await send(database, mailer, notice(WORKER), discharging, notice(GONE), cases=cases)

    both = [("seat-hsw-sup", "delivered"), ("seat-gone", "failed")]
    assert cases.told == [("conflict", CASE, both)]
    assert await are_done(database)


@pytest.mark.usefixtures("mailbox")
async def test_a_case_is_told_once_by_the_next_where_a_worker_dies_before_it_does(
    database, mailer
):
    cases = Cases()
    discharging = notice().model_copy(update=TOLD)
    with pytest.raises(PowerCut):
        await send(database, mailer, discharging, cases=Cases(PowerCut()))

    await run(database, mailer, NOW + LEASE, cases=cases)
    too_soon = list(cases.told)
    for _ in range(2):
        await run(database, mailer, LATER, cases=cases)

    assert too_soon == []
    assert cases.told == [("conflict", CASE, [("seat-hsw", "delivered")])]


@pytest.mark.usefixtures("mailbox")
async def test_while_temporal_is_away_letters_leave_and_cases_are_told_afterwards(
    database, mailer
):
    away = RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
    cases = Cases(away)

    outcomes = await send(database, mailer, notice(GONE), notice(BOSS), cases=cases)
    cases.fault = None
    await run(database, mailer, LATER, cases=cases)

    assert outcomes["seat-hsw-sup"] == ("delivered", "")
    assert cases.told == [("conflict", CASE, [("seat-gone", "failed")])]
    assert await are_done(database)


@pytest.mark.usefixtures("mailbox")
async def test_a_letter_that_is_cut_off_is_told_as_uncertain(database, mailer):
    cases = Cases()
    with pytest.raises(PowerCut):
        await send(database, Mortal(mailer), notice())

    await run(database, mailer, LATER, cases=cases)

    assert cases.told == [("conflict", CASE, [("seat-hsw", "uncertain")])]


@pytest.mark.usefixtures("mailbox")
async def test_a_closed_case_is_told_of_every_letter_that_was_still_to_leave(
    database, mailer
):
    await send(database, mailer, notice(NEXT))
    await queue(database, notice(WORKER))
    record = conflict_record(closed_at=NOW, version=2, notices=(notice(BOSS),))
    awaited = (await RecordActivities(database).record_case(record)).awaited
    cases = Cases()

    await run(database, mailer, cases=cases)

    assert set(awaited) == {notice(WORKER).key, notice(BOSS).key}
    both = [("seat-hsw", "delivered"), ("seat-hsw-sup", "delivered")]
    assert cases.told == [("conflict", CASE, both)]
    again = await RecordActivities(database).record_case(record)
    assert again.awaited == ()


# -- a seat that was taken in many cases ----------------------------------------------------


async def seat_taken_in(database, count: int, receiver: Seated = WORKER) -> list[str]:
    """The keys of the notices of as many cases, queued within a few seconds."""
    keys = []
    for number in range(count):
        case_id = f"{CASE[:-2]}{number:02}"
        await recorded(database, case_id=case_id)
        word = notice(receiver, "seat_taken", case_id)
        await queue(database, word, case_id=case_id)
        keys.append(word.key)
    return keys


@pytest.mark.usefixtures("mailbox")
async def test_whoever_takes_a_seat_gets_one_letter_about_all_its_cases(
    database, mailer, folder
):
    keys = await seat_taken_in(database, 23)
    await seat_taken_in(database, 1, BOSS)

    await run(database, mailer)
    assert names(folder) == []
    await run(database, mailer, NOW + GATHERING)

    assert sorted(receivers(folder)) == ["ana", "bo"]
    (letter,) = (each for each in texts(folder) if "To: ana" in each)
    assert "23 cases are yours now" in letter
    assert f"{URL}/duties?mine=3Dtrue" in letter or f"{URL}/duties?mine=true" in letter
    assert {row.delivery for row in await stored(database) if row.key in keys} == {
        "delivered"
    }


@pytest.mark.usefixtures("mailbox")
async def test_one_case_is_told_of_in_its_own_words(database, mailer, folder):
    await seat_taken_in(database, 1)

    await run(database, mailer, NOW + GATHERING)

    (letter,) = texts(folder)
    assert "The two workers meet" in letter


async def test_a_letter_about_many_cases_that_cannot_leave_waits_for_all_of_them(
    database, mailer
):
    keys = await seat_taken_in(database, 12)

    await run(database, mailer, NOW + GATHERING)

    rows = [row for row in await stored(database) if row.key in keys]
    assert {row.delivery for row in rows} == {"queued"}
    assert len({row.try_at for row in rows}) == 1


# -- one letter a day -----------------------------------------------------------------------


NEXT_MORNING = datetime(2026, 1, 6, 14, tzinfo=UTC)
"""Eight o'clock where the agency is."""
DUE = "limit: Monday, January 12, 2026, 02:05 PM CST"


async def wants_one_a_day(database, person: str = "ana", hour: int | None = 8) -> None:
    theirs = update(PersonRow).where(PersonRow.id == person)
    await database.write(lambda c: c.execute(theirs.values(daily_hour=hour)))


async def news_in(database, count: int, receiver: Seated = WORKER) -> list[str]:
    """As many cases, each with something new that can wait. Returns their ids."""
    kinds = ("opened", "rung_opened", "seat_taken")
    cases = [f"{CASE[:-2]}{number:02}" for number in range(count)]
    for number, case_id in enumerate(cases):
        await recorded(database, case_id=case_id)
        word = notice(receiver, kinds[number % len(kinds)], case_id)
        await queue(database, word, case_id=case_id)
    return cases


def bodies(folder: Path) -> list[str]:
    letters = (message_from_string(text, policy=default) for text in texts(folder))
    return [letter.get_content().replace("\r\n", "\n") for letter in letters]


@pytest.mark.usefixtures("mailbox")
async def test_who_asked_for_it_gets_one_letter_a_day_about_all_that_can_wait(
    database, mailer, folder
):
    await wants_one_a_day(database)
    cases = await news_in(database, 2 * TOGETHER + 1)
    await queue(database, notice(BOSS))

    for at in (NOW, NOW, NOW, NOW + GATHERING, NEXT_MORNING - GATHERING):
        await run(database, mailer, at)
    assert receivers(folder) == ["bo"]
    await run(database, mailer, NEXT_MORNING)

    assert receivers(folder) == ["bo", "ana"]
    lines = [e for e in bodies(folder)[-1].splitlines() if e.startswith("- ")]
    assert sorted(line.rpartition("/")[2] for line in lines) == cases
    for line in lines:
        assert DUE in line
        assert f"{URL}/conflicts/" in line
    (first,) = (line for line in lines if line.endswith(cases[0]))
    assert first.startswith(f"- Conflict {cases[0][-6:]} has been opened: The two")
    assert {row.delivery for row in await stored(database)} == {"delivered"}


@pytest.mark.usefixtures("mailbox")
async def test_what_is_put_off_holds_up_no_other_letter(database, mailer, folder):
    await wants_one_a_day(database)
    await news_in(database, 2 * TOGETHER)
    await queue(database, notice(BOSS))

    one = worker(database, mailer)
    while await one.take_up():
        await one.finish()

    assert receivers(folder) == ["bo"]


@pytest.mark.usefixtures("mailbox")
async def test_one_thing_alone_comes_at_that_hour_in_its_own_words(
    database, mailer, folder
):
    await wants_one_a_day(database)
    await send(database, mailer, notice())
    assert texts(folder) == []

    await run(database, mailer, NEXT_MORNING)

    (body,) = bodies(folder)
    assert "A conflict that concerns you" in body


@pytest.mark.usefixtures("mailbox")
@pytest.mark.parametrize(
    "urgent",
    [
        notice(kind="reminder"),
        notice(kind="unresolved"),
        notice(kind="told").model_copy(update={"sender": BOSS, "duty": "d"}),
        notice().model_copy(update={"due_at": NEXT_MORNING}),
        notice().model_copy(
            update={"duties": (ToldDuty(id="d", text="T", due_at=NEXT_MORNING),)}
        ),
    ],
    ids=["reminder", "unresolved", "telling", "due by then", "one duty due by then"],
)
async def test_what_is_urgent_leaves_at_once_all_the_same(
    database, mailer, folder, urgent
):
    await wants_one_a_day(database)

    await send(database, mailer, urgent)

    assert receivers(folder) == ["ana"]


@pytest.mark.parametrize("kind", ["emergency", "missed", "climbed", "seat_empty"])
def test_an_emergency_and_what_was_missed_cannot_wait(kind):
    assert not may_wait(notice(kind=kind), NEXT_MORNING)


@pytest.mark.usefixtures("mailbox")
async def test_what_is_answered_by_signed_link_leaves_at_once(database, mailer, folder):
    await without_account(database, WORKER)
    await wants_one_a_day(database)

    await send(database, mailer, notice())

    assert receivers(folder) == ["ana"]


@pytest.mark.usefixtures("mailbox")
async def test_a_system_of_their_own_is_told_at_once(database, mailer, folder):
    await wants_one_a_day(database)

    await queue(database, notice())
    await run(database, mailer, more=[Chat(WORKER.seat)])

    (row,) = await stored(database)
    assert (row.delivery, row.channel) == ("delivered", "chat")


@pytest.mark.usefixtures("mailbox")
async def test_the_letter_of_a_day_tells_nothing_that_is_done_by_then(
    database, mailer, folder
):
    await wants_one_a_day(database, "bo")
    duties = duty(1), duty(2), duty(3)
    await recorded(database, version=2, duties=duties)
    word = telling_of(1, 2)
    await send(database, mailer, word, notice(BOSS), telling_of_alone(3))
    met = duty(2, DutyStatus.met), duty(3, DutyStatus.met)
    await recorded(database, version=3, duties=(duty(1), *met))

    await run(database, mailer, NEXT_MORNING)

    (body,) = bodies(folder)
    assert body.count("- Conflict") == 2
    assert "Duty 1" in body
    assert "Duty 2" not in body
    assert "Duty 3" not in body


def telling_of_alone(number: int) -> Notice:
    word = telling_of(number)
    return word.model_copy(update={"key": f"{word.key}-alone"})


@pytest.mark.usefixtures("mailbox")
async def test_what_waits_leaves_when_the_wish_is_taken_back(database, mailer, folder):
    await wants_one_a_day(database)
    await news_in(database, 2)
    await run(database, mailer)
    assert texts(folder) == []

    await wants_one_a_day(database, hour=None)
    await database.write(put_off_no_longer, "ana")
    await run(database, mailer)

    (body,) = bodies(folder)
    assert body.count("- Conflict") == 2


@pytest.mark.usefixtures("mailbox")
async def test_the_letter_of_a_day_says_what_goes_with_word_of_a_recovery_program(
    database, mailer, folder
):
    await about_a_client(database)
    await wants_one_a_day(database)
    await news_in(database, 1)
    await send(database, mailer, notice(kind="duty_opened"), notice(kind="relieved"))

    await run(database, mailer, NEXT_MORNING)

    (body,) = bodies(folder)
    assert body.count(CARS.redisclosure("intake", "en")) == 1


@pytest.mark.parametrize(
    ("hour", "now", "expected"),
    [
        (8, "2026-01-05T13:59:59Z", "2026-01-05T14:00:00Z"),
        (8, "2026-01-05T14:00:00Z", "2026-01-06T14:00:00Z"),
        (2, "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z"),
    ],
    ids=["today", "tomorrow", "the clocks skip it"],
)
def test_the_hour_is_of_the_agency_s_zone(hour, now, expected):
    at = next_at(hour, ZoneInfo("America/Chicago"), datetime.fromisoformat(now))

    assert at == datetime.fromisoformat(expected)


# -- what cannot be delivered ------------------------------------------------------------


@pytest.mark.usefixtures("mailbox")
async def test_what_cannot_be_delivered_fails_with_a_reason_that_names_nobody(
    database, mailer, folder
):
    outcomes = await send(database, mailer, notice(), notice(GONE), notice(NOWHERE))

    assert outcomes == {
        "seat-hsw": ("delivered", ""),
        "seat-gone": ("failed", "the mail server refused the receiver (550)"),
        "seat-nowhere": ("failed", "no e-mail address"),
    }
    assert len(names(folder)) == 1


@pytest.mark.usefixtures("mailbox")
async def test_whoever_is_recused_is_told_nothing_more_of_the_case(database, mailer):
    await recorded(database, version=2, recused=("ana",))

    outcomes = await send(database, mailer, notice(), notice(BOSS))

    assert outcomes["seat-hsw"] == ("failed", "they are recused from this case")
    assert outcomes["seat-hsw-sup"] == ("delivered", "")


@pytest.mark.usefixtures("mailbox")
async def test_a_notice_the_pack_has_no_words_for_fails_alone(database, mailer):
    outcomes = await send(database, mailer, notice(kind="unheard_of"), notice(BOSS))

    assert outcomes["seat-hsw"][0] == "failed"
    assert outcomes["seat-hsw"][1].endswith("has no text for unheard_of")
    assert outcomes["seat-hsw-sup"] == ("delivered", "")


@pytest.mark.usefixtures("mailbox")
async def test_a_pack_this_installation_does_not_have_fails_the_notice(
    database, mailer
):
    pack = ref(PACK).model_copy(update={"digest": "unknown"})
    await recorded(database, version=2, pack=pack)

    outcomes = await send(database, mailer, notice())

    assert outcomes["seat-hsw"][0] == "failed"


# -- what it says ----------------------------------------------------------------------------


@pytest.mark.usefixtures("mailbox")
async def test_a_notice_tells_the_due_time_where_the_agency_is_and_the_link(
    database, mailer, folder
):
    await send(database, mailer, notice())

    (text,) = texts(folder)
    assert "Subject: Conflict 3FK9AB has been opened\n" in text
    assert "Monday, January 12, 2026, 02:05 PM CST" in text
    assert f"{URL}/conflicts/{CASE}\n" in text


# -- for people without an account ---------------------------------------------------------------


@pytest.mark.usefixtures("mailbox")
async def test_a_notice_to_an_agency_without_accounts_carries_a_signed_link(
    database, mailer, folder
):
    await without_account(database, WORKER)

    await send(database, mailer, notice(WORKER), notice(BOSS))

    to_worker, to_boss = texts(folder)
    assert f"{URL}/conflicts/" not in to_worker
    (link,) = await links(database)
    assert SIGNER.link_id(token_in(to_worker)) == link.id
    assert (link.case_id, link.seat_id, link.person_id) == (CASE, "seat-hsw", "ana")
    assert (link.step, link.used_at) == ("A1", None)
    assert link.expires_at - link.created_at == timedelta(days=14)
    assert "/answer/" not in to_boss


async def test_a_notice_that_is_tried_again_carries_the_same_link(
    database, mailer, folder, unused_tcp_port
):
    await without_account(database, WORKER)
    await send(database, mailer, notice())
    (before,) = await links(database)
    mailbox = Mailbox(folder)
    mailbox.start("127.0.0.1", unused_tcp_port)

    await send(database, mailer, notice(), at=SOON)
    mailbox.stop()

    (link,) = await links(database)
    assert SIGNER.link_id(token_in(*texts(folder))) == before.id == link.id
    assert link.expires_at > before.expires_at


@pytest.mark.usefixtures("mailbox")
async def test_a_notice_that_asks_nothing_of_them_has_no_link_they_could_not_open(
    database, mailer, folder
):
    await without_account(database, WORKER)

    await send(database, mailer, notice(kind="agreed"))

    (text,) = texts(folder)
    assert NO_ANSWER_NEEDED in text
    assert URL not in text
    assert await links(database) == []


@pytest.mark.usefixtures("mailbox")
async def test_an_agency_with_a_system_of_its_own_is_told_there_and_not_by_mail(
    database, mailer, folder
):
    await without_account(database, WORKER)
    async with receiving() as theirs:
        await connected(database, theirs.url)
        batch, today = (notice(WORKER), notice(BOSS)), datetime.now(UTC)
        outcomes = await send(database, mailer, *batch, at=today)

    assert set(outcomes.values()) == {("delivered", "")}
    ((_, headers, body),) = theirs.requests
    assert Webhook("whsec_c2VjcmV0").verify(body, headers)["seat"] == WORKER.seat
    assert receivers(folder) == ["bo"]
    assert await links(database) == []


async def test_a_system_that_is_away_gets_the_same_webhook_again_and_once(
    database, mailer
):
    await without_account(database, WORKER)
    async with receiving(answers=[503, 204]) as theirs:
        await connected(database, theirs.url)
        away = await send(database, mailer, notice())
        for _ in range(2):
            outcomes = await send(database, mailer, notice(), at=SOON)

    assert away == {WORKER.seat: ("queued", "their system could not take it (503)")}
    assert outcomes == {WORKER.seat: ("delivered", "")}
    ids = [headers["webhook-id"] for _, headers, _ in theirs.requests]
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def test_what_their_system_refuses_has_failed_and_says_so(database, mailer):
    await without_account(database, WORKER)
    async with receiving(answers=[404]) as theirs:
        await connected(database, theirs.url)
        outcomes = await send(database, mailer, notice())

    assert outcomes == {WORKER.seat: ("failed", "their system refused it (404)")}


async def connected(database, url: str) -> None:
    """Have that agency be told by webhooks instead."""
    sealed = SecretBox(RING).seal("whsec_c2VjcmV0", "other")
    await database.write(set_webhook, "other", url, sealed, by="walnut", at=NOW)


async def without_account(database, seated: Seated) -> None:
    """Have this seat belong to an agency whose people answer by links."""
    await database.write(put_without_account, seated)


def put_without_account(connection: Connection, seated: Seated) -> None:
    other = {
        "id": "other",
        "name": "Other",
        "aliases": [],
        "answers_by": AnswersBy.link,
    }
    connection.execute(insert(OrganizationRow), other)
    seat = {
        "id": seated.seat,
        "agency_id": "agency",
        "organization_id": "other",
        "role": seated.role,
        "title": seated.title,
        "person_id": seated.person,
        "since_at": NOW,
    }
    connection.execute(insert(SeatRow), seat)


async def links(database) -> list[LinkRow]:
    return list(await database.read(every_row, select(LinkRow)))


def token_in(text: str) -> str:
    found = re.search(rf"{URL}/answer/(\S+)", text)
    assert found, text
    return found[1]


# -- of cases about a client ---------------------------------------------------------------------


TO_CLIENT = Seated(role="client", title="Client", seat="client", person="robin")
TO_PROVIDER = Seated(role="provider", title="Acorn", seat="provider-p", person="p")
SHOWN = "Intake 3FK9AB"


async def about_a_client(database, email: str | None = "robin@client.example") -> None:
    """An intake of somebody who reads Spanish, with a provider they were referred to."""
    adoption = Adoption(version=1, title="Director", on=NOW.date())
    identity = Identity(name=CLIENT, language="es", email=email, address=CLIENT)
    provider = {
        "id": "p",
        "name": "Acorn Demo",
        "organization": "Acorn Demo Provider",
        "services": [],
        "email": "acorn@provider.example",
        "languages": [],
        "qualified": True,
    }
    record = served_record(
        case_id=CASE, agency="agency", client="robin", pack=ref(CARS)
    )

    def write(connection):
        record_adoption(connection, CARS.header.id, adoption, by="ana", at=NOW)
        adopt(connection, CARS, NOW)
        add_client(connection, "robin", identity, by="ana", at=NOW)
        add_rows(connection, ProviderRow, provider)
        apply_record(connection, record)

    await database.write(write)


async def test_a_case_about_a_client_writes_to_client_provider_and_staff(
    database, mailer, folder, mailbox
):
    await about_a_client(database)
    batch = (
        notice(TO_CLIENT, "client_decision"),
        notice(TO_PROVIDER, "referral"),
        notice(WORKER, "duty_opened"),
    )

    outcomes = await send(database, mailer, *batch)

    assert set(outcomes.values()) == {("delivered", "")}
    assert receivers(folder) == ["robin", "acorn", "ana"]
    to_client, to_provider, to_worker = texts(folder)
    assert "Hola" in to_client
    assert SHOWN in to_worker
    assert f"{URL}/intakes/{CASE}" in to_worker
    assert "02:05 PM CST" in to_worker
    assert not any(URL in text for text in (to_client, to_provider))
    assert not any(CLIENT in text for text in texts(folder) + names(folder))


async def test_a_client_without_e_mail_has_a_letter_to_be_printed(
    database, mailer, folder, mailbox
):
    await about_a_client(database, email=None)

    outcomes = await send(database, mailer, notice(TO_CLIENT, "client_worker"))

    assert outcomes == {"client": ("failed", PRINT_IT)}
    assert names(folder) == []


async def test_whoever_has_no_account_answers_for_a_client_by_phone(
    database, mailer, folder, mailbox
):
    await about_a_client(database)
    await without_account(database, WORKER)

    await send(database, mailer, notice(WORKER, "reminder"))

    (text,) = texts(folder)
    assert by_phone("Agency") in text
    assert URL not in text
    assert await links(database) == []


async def test_a_system_is_told_which_kind_of_case_it_is(database, mailer):
    await about_a_team(database)
    await without_account(database, WORKER)
    async with receiving() as theirs:
        await connected(database, theirs.url)
        asked, today = notice(WORKER, "reminder"), datetime.now(UTC)
        await send(database, mailer, asked, at=today)

    ((_, headers, body),) = theirs.requests
    said = Webhook("whsec_c2VjcmV0").verify(body, headers)
    assert (said["case"], said["lifecycle"]) == (CASE, "care-plan")


# -- of members of a team who have no seat -------------------------------------------------------


SISTER = Member(
    id="member-3",
    kind=MemberKind.family,
    name="Demo Sister",
    status=MemberStatus.joined,
    since_at=NOW,
    contact="555 0100, or sister@family.example",
)
TO_SISTER = Seated(role="member", title="Team member", seat=SISTER.id, person=SISTER.id)


def for_sister(kind: str, **changed: object) -> Notice:
    return notice(TO_SISTER, kind).model_copy(update=changed)


async def about_a_team(database, *team: Member) -> None:
    """A care plan with this team, whose second meeting is still to come."""
    await about_a_client(database)
    meeting = Meeting(number=2, at=datetime.now(UTC) + timedelta(days=7), place=CLIENT)
    facts = ClientFacts(life=CarePlanFacts(team=list(team), meetings=[meeting]))
    record = served_record(
        version=2,
        case_id=CASE,
        kind="care-plan",
        agency="agency",
        client="robin",
        pack=ref(CARS),
        facts=facts.model_dump(mode="json"),
    )
    await database.write(apply_record, record)


async def test_a_member_outside_gets_word_of_a_meeting_with_its_invitation(
    database, mailer, folder, mailbox
):
    await about_a_team(database, SISTER)

    await send(database, mailer, for_sister("member_meeting", what="2"))

    assert receivers(folder) == ["sister"]
    (text,) = texts(folder)
    assert "Demo Sister,\n\nthe team you are on meets" in text
    assert "02:05 PM CST" in text
    (mail,) = folder.glob("*.eml")
    assert "text/calendar" in mail.read_text()
    assert not any(secret in mail.read_text() for secret in (CLIENT, URL))
    assert await links(database) == []


async def test_a_member_outside_gets_a_link_to_sign_one_version(
    database, mailer, folder, mailbox
):
    await about_a_team(database, SISTER)
    asked = for_sister("signature", step="version 3", what="Read and sign version 3")

    for at in (NOW, LATER):
        await send(database, mailer, asked, at=at)

    (text,) = texts(folder)
    found = re.search(rf"{URL}/sign/(\S+)", text)
    assert found, text
    (link,) = await links(database)
    assert SIGNER.link_id(found[1]) == link.id
    assert (link.person_id, link.step) == (SISTER.id, "version 3")
    assert "Read and sign version 3" in text
    assert CLIENT not in text


async def test_what_a_member_outside_sent_and_was_refused_has_no_link_of_its_own(
    database, mailer, folder, mailbox
):
    await about_a_team(database, SISTER)

    await send(database, mailer, for_sister("refused", what="plan signed"))

    (text,) = texts(folder)
    assert URL not in text
    assert await links(database) == []


@pytest.mark.parametrize(
    "changed",
    [{"status": MemberStatus.left}, {"contact": "555 0100"}],
    ids=["left", "no address"],
)
async def test_a_member_who_left_or_has_no_address_is_written_to_no_more(
    database, mailer, folder, mailbox, changed
):
    await about_a_team(database, SISTER.model_copy(update=changed))

    outcomes = await send(database, mailer, for_sister("member_meeting", what="2"))

    assert outcomes == {SISTER.id: ("failed", "no e-mail address")}
    assert names(folder) == []


async def test_a_seat_that_is_called_like_a_member_changes_nothing_for_them(
    database, mailer, folder, mailbox
):
    await about_a_team(database, SISTER)
    await without_account(database, TO_SISTER.model_copy(update={"person": "ana"}))
    async with receiving() as theirs:
        await connected(database, theirs.url)
        await send(database, mailer, for_sister("member_meeting", what="2"))

    assert theirs.requests == []
    assert receivers(folder) == ["sister"]


# -- what is done already ---------------------------------------------------------------------


def telling_of(*numbers: int) -> Notice:
    duties = [duty(number) for number in numbers]
    told = [ToldDuty(id=e.id, text=f"Duty {e.id[-1]}", due_at=e.due_at) for e in duties]
    said = {"what": "; ".join(e.text for e in told), "duties": tuple(told)}
    return notice(BOSS, "rung_opened").model_copy(update=said)


@pytest.mark.usefixtures("mailbox")
async def test_a_letter_tells_nothing_that_was_done_before_it_left(
    database, mailer, folder
):
    await recorded(
        database, version=2, duties=(duty(1), duty(2, DutyStatus.met), duty(3))
    )

    await send(database, mailer, telling_of(1, 2, 3))

    (text,) = texts(folder)
    assert "Duty 1" in text
    assert "Duty 2" not in text
    assert "Duty 3" in text


@pytest.mark.usefixtures("mailbox")
async def test_a_letter_with_nothing_left_to_tell_is_not_sent_and_nobody_is_called_for_it(
    database, mailer, folder
):
    cases = Cases()
    await recorded(database, version=2, duties=(duty(1, DutyStatus.met),))

    became = await send(database, mailer, telling_of(1), cases=cases)
    await run(database, mailer, at=LATER, cases=cases)

    assert became == {BOSS.seat: ("needless", "")}
    assert texts(folder) == []
    assert cases.told == []


@pytest.mark.usefixtures("mailbox")
async def test_what_was_told_by_other_means_is_not_mailed_and_its_case_hears_so_at_once(
    database, mailer, folder
):
    cases = Cases()
    done = duty(1, DutyStatus.met)
    await recorded(database, version=2, duties=(done,))

    said = {"sender": WORKER, "duty": done.id}
    told = notice(BOSS, "told").model_copy(update=said)
    await send(database, mailer, told, cases=cases)

    assert texts(folder) == []
    assert cases.told == [("conflict", CASE, [(BOSS.seat, "needless")])]
    (row,) = await stored(database)
    assert row.done_at is not None


@pytest.mark.usefixtures("mailbox")
async def test_a_missed_duty_is_still_told(database, mailer, folder):
    await recorded(database, version=2, duties=(duty(1, DutyStatus.missed),))

    await send(database, mailer, telling_of(1))

    assert len(texts(folder)) == 1


# -- what it never says ----------------------------------------------------------------------


@pytest.mark.usefixtures("mailbox")
async def test_nothing_people_write_of_a_client_reaches_a_mail(
    database, mailer, folder
):
    conflict = told_of_a_client()
    entries, notices = tuple(conflict.timeline), tuple(conflict.unsent)
    await recorded(database, version=2, entries=entries, notices=notices)

    await run(database, mailer)

    assert {row.delivery for row in await stored(database)} == {"delivered"}
    assert any(CLIENT in entry.note for entry in conflict.timeline)
    assert len(texts(folder)) == len(conflict.unsent) > 4
    assert not any(CLIENT in text for text in texts(folder) + names(folder))


def told_of_a_client() -> Conflict:
    """A conflict that failed at A1 and went on to A2, every message of which speaks of the client."""
    policy = PACK.conflict_policy
    workers = policy.ladder("A").workers
    conflict = Conflict(
        case_id=CASE,
        policy=policy.model_copy(update={"ladders": (policy.ladder("A"),)}),
        youth=CLIENT,
        subject=CLIENT,
        raised_by=Side.counterpart,
        opened_at=NOW,
        chosen={role: f"seat-{role}" for role in workers.values()},
    )
    conflict.open("ana", f"seat-{workers[Side.counterpart]}", NOW)
    bring_to_rest(conflict, NOW, everything)
    seats = [f"seat-{role}" for role in workers.values()]
    for name, more in (
        ("meeting_held", {"attendees": seats}),
        ("agreement_not_reached", {}),
    ):
        facts = conflict_messages[name].facts.model_validate({"note": CLIENT, **more})
        actor = Actor(
            person="bo", seats=(HeldSeat(seat=seats[0], capacity=Capacity.holder),)
        )
        conflict = handle(
            conflict,
            Message(
                message_id=name, name=name, actor=actor, received_at=NOW, facts=facts
            ),
        )
    bring_to_rest(conflict, NOW, everything)
    return conflict


def everything(needs: Needs) -> Found:
    """Somebody sits everywhere, and nothing has a limit."""
    return found(needs, seated=sits, dated=lambda wanted: Dated())


def sits(query: SeatQuery) -> Seated:
    seat = query.seat or f"seat-{query.role}"
    person = PARTS.get(query.role, "ana")
    return Seated(role=query.role, title=query.title, seat=seat, person=person)


async def recorded(database, **changed: object) -> None:
    """Write the case down as its workflow would."""
    await database.write(apply_record, conflict_record(**changed))


def conflict_record(**changed: object) -> CaseRecord:
    """With the client's name in all that may hold it."""
    facts = ConflictFacts(
        ladder="A", youth=CLIENT, subject=CLIENT, raised_by=Side.counterpart
    )
    given: dict[str, Any] = {
        "case_id": CASE,
        "agency": "agency",
        "pack": ref(PACK),
        "facts": facts.model_dump(mode="json"),
        "opened_by": "ana",
        "opened_at": NOW,
        "due_at": None,
        "at": NOW,
        "seats": (),
        "duties": (),
        "allowed": (),
    }
    return case_record(**(given | changed))


def ref(pack: Pack) -> PackRef:
    return PackRef(id=pack.header.id, version=pack.header.version, digest=digest(pack))
