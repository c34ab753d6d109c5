"""Invitations to meetings: what a calendar gets, and that the letters of a case bring it."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import select

from tests.databases import add_rows
from tests.samples import served_record
from tests.throughcare.documents.samples import CASE, CLIENT, NOW, life
from throughcare.case.notice import Delivery, Notice
from throughcare.case.parts import PackRef
from throughcare.case.seats import Seated
from throughcare.config import SmtpSecurity
from throughcare.documents.calendar import NOBODY, invitation
from throughcare.lifecycles.care_plan.telling import OUTSIDE
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.plan_facts import (
    Meeting,
    MeetingStatus,
    Member,
    MemberStatus,
)
from throughcare.lifecycles.client.plan_policy import MemberKind
from throughcare.notices.dispatch import Dispatcher
from throughcare.notices.email import EmailChannel
from throughcare.notices.links import LinkSigner
from throughcare.notices.mail import SmtpMailer
from throughcare.notices.mailbox import Mailbox
from throughcare.notices.sending import NoticeSender
from throughcare.packs.calendars import load_calendars
from throughcare.packs.reading import digest, load_packs
from throughcare.store.clients import add_client
from throughcare.store.identity import Identity
from throughcare.store.packs import Adoption, adopt, record_adoption
from throughcare.store.records import apply_record
from throughcare.store.rows import rows
from throughcare.store.tables import AgencyRow, NoticeRow, PersonRow
from throughcare.temporal.keys import KeyRing

ROOT = Path(__file__).parents[3]
CARS = load_packs(ROOT / "policies")["milwaukee-cars"]
CALENDARS = load_calendars(ROOT / "calendars")
RING = KeyRing(active="k", keys={"k": bytes(32)})
SENDER = "Throughcare <throughcare@care.example>"
URL = "https://care.example"
PLACE = "The home of Robin-Client"
AT = datetime(2026, 4, 1, 15, tzinfo=UTC)
MEETING = Meeting(number=2, at=AT, place=PLACE)
WORKER = Seated(
    role="coordinator", title="Coordinator", seat="seat-worker", person="ana"
)
HERSELF = Seated(role="client", title="Client", seat="client", person=CLIENT)


def made(
    meeting=MEETING,
    receiver="ana@example.org",
    language="en",
    address=None,
    withdrawn=False,
):
    said = invitation(
        meeting,
        case=CASE,
        agency="Wraparound Milwaukee; Demo",
        language=language,
        address=address,
        made_at=NOW,
        withdrawn=withdrawn,
    )
    return said.ics(SENDER, receiver)


def event(ics):
    calendar = Calendar.from_ical(ics)
    (found,) = calendar.events
    return calendar, found


def test_an_invitation_says_when_in_utc_and_neither_where_nor_about_whom():
    ics = made(address=f"{URL}/care-plans/{CASE}")
    calendar, meeting = event(ics)

    assert calendar["METHOD"] == "REQUEST"
    assert meeting["SUMMARY"] == "Team meeting"
    assert meeting["DTSTART"].dt == AT
    assert b"DTSTART:20260401T150000Z\r\n" in ics
    assert "LOCATION" not in meeting
    assert PLACE.encode() not in ics
    assert meeting["CLASS"] == "PRIVATE"


def test_an_invitation_has_what_calendars_need_of_a_request():
    calendar, meeting = event(made())

    assert calendar["VERSION"] == "2.0"
    assert meeting["ORGANIZER"] == "mailto:throughcare@care.example"
    assert meeting["ORGANIZER"].params["CN"] == "Wraparound Milwaukee; Demo"
    assert meeting["ATTENDEE"] == "mailto:ana@example.org"
    assert meeting["DTSTAMP"].dt == NOW
    assert meeting["STATUS"] == "CONFIRMED"


def test_a_meeting_at_another_time_is_the_same_one_with_a_higher_sequence():
    moved = MEETING.model_copy(
        update={"at": AT + timedelta(days=1), "sequence": MEETING.sequence + 1}
    )
    _, before = event(made())
    _, after = event(made(moved))

    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTART"].dt == AT + timedelta(days=1)


def test_a_meeting_that_is_not_held_leaves_the_calendar():
    off = MEETING.model_copy(update={"status": MeetingStatus.not_held})
    _, before = event(made())
    calendar, after = event(made(off))

    assert calendar["METHOD"] == "CANCEL"
    assert after["STATUS"] == "CANCELLED"
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_an_invitation_ends_when_it_was_said_to_and_an_hour_later_otherwise():
    _, unsaid = event(made())
    told = MEETING.model_copy(update={"ends_at": AT + timedelta(hours=2)})
    _, said = event(made(told))

    assert unsaid["DTEND"].dt == AT + timedelta(hours=1)
    assert said["DTEND"].dt == AT + timedelta(hours=2)


def test_whoever_left_has_it_cancelled_while_it_stands_for_the_others():
    calendar, after = event(made(withdrawn=True))
    _, before = event(made())

    assert calendar["METHOD"] == "CANCEL"
    assert (after["UID"], after["STATUS"]) == (before["UID"], "CANCELLED")
    assert "DTEND" in after


def test_two_meetings_of_a_case_are_two_in_a_calendar():
    _, one = event(made())
    _, other = event(made(MEETING.model_copy(update={"number": 3})))

    assert one["UID"] != other["UID"]


def test_whoever_has_no_address_and_reads_spanish_is_invited_too():
    _, meeting = event(made(receiver=None, language="es"))

    assert meeting["ATTENDEE"] == NOBODY
    assert meeting["SUMMARY"] == "Reunión del equipo"


# -- by mail ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "mail"


@pytest.fixture
def port(folder):
    mailbox = Mailbox(folder)
    yield mailbox.start("127.0.0.1", 0)
    mailbox.stop()


async def told(database, port, notices, meetings=(MEETING,), kind="care-plan", team=()):
    """The letters of a case with these meetings."""
    ref = PackRef(id=CARS.header.id, version=CARS.header.version, digest=digest(CARS))
    adoption = Adoption(version=1, title="Director", on=NOW.date())
    agency = {"id": "agency", "name": "Agency", "calendar": "milwaukee-county"}
    ana = {"id": "ana", "name": "Ana Example", "email": "ana@example.org"}
    client = Identity(name="Robin-Client", language="es", email="robin@x.example")
    plan = life(meetings=list(meetings))
    plan.team.extend(team)
    facts = ClientFacts(life=plan)
    record = served_record(
        case_id=CASE,
        kind=kind,
        agency="agency",
        client=CLIENT,
        pack=ref,
        facts=facts.model_dump(mode="json"),
        notices=tuple(notices),
    )

    def write(connection):
        record_adoption(connection, CARS.header.id, adoption, by="ana", at=NOW)
        adopt(connection, CARS, NOW)
        add_rows(connection, AgencyRow, agency | {"packs": []})
        add_rows(connection, PersonRow, ana)
        add_client(connection, CLIENT, client, by="ana", at=NOW)
        apply_record(connection, record)

    await database.write(write)
    sender = SmtpMailer("127.0.0.1", port, None, None, SmtpSecurity.none, SENDER)
    sending = NoticeSender(
        [EmailChannel(sender)],
        URL,
        CALENDARS,
        LinkSigner(RING),
        timedelta(days=14),
    )
    dispatcher = Dispatcher(database, sending, nobody, lambda: NOW)
    await dispatcher.take_up()
    await dispatcher.finish()
    sent = await database.read(rows, select(NoticeRow))
    assert {row.delivery for row in sent} == {Delivery.delivered}


async def nobody(kind, case_id, settled):
    raise AssertionError("no case is told of a letter that was delivered")


def notice(receiver=WORKER, kind="meeting", what="2"):
    return Notice(
        key=f"{CASE}:{kind}:{receiver.seat}",
        kind=kind,
        receiver=receiver,
        clause="CP-M-1",
        what=what,
        due_at=AT,
    )


def letter(folder, to):
    (path,) = folder.glob(f"*-{to}-*.eml")
    return message_from_bytes(path.read_bytes(), policy=default)


def calendars(message):
    return [each for each in message.iter_attachments()]


async def test_a_letter_about_a_meeting_brings_it_for_the_calendar(
    database, port, folder
):
    await told(database, port, [notice()])

    (brought,) = calendars(letter(folder, "ana"))
    assert brought.get_content_type() == "text/calendar"
    assert brought.get_param("method") == "REQUEST"
    assert brought.get_filename() == "meeting.ics"
    _, meeting = event(brought.get_payload(decode=True))
    assert meeting["DTSTART"].dt == AT
    assert meeting["ATTENDEE"] == "mailto:ana@example.org"
    assert meeting["URL"] == f"{URL}/care-plans/{CASE}"


async def test_the_client_is_invited_in_their_language_and_sent_to_no_page(
    database, port, folder
):
    await told(database, port, [notice(HERSELF, "client_meeting")])

    (brought,) = calendars(letter(folder, "robin"))
    _, meeting = event(brought.get_payload(decode=True))
    assert meeting["SUMMARY"] == "Reunión del equipo"
    assert "URL" not in meeting
    assert "DESCRIPTION" not in meeting


async def test_no_letter_about_a_meeting_says_where_it_is_or_about_whom(
    database, port, folder
):
    await told(database, port, [notice(), notice(HERSELF, "client_meeting")])

    for to in ("ana", "robin"):
        message = letter(folder, to)
        parts = [each.get_payload(decode=True) or b"" for each in message.walk()]
        whole = message.as_bytes() + b"".join(parts)
        assert b"Robin-Client" not in whole
        assert b"Demo-Fern" not in whole


async def test_a_letter_puts_one_meeting_into_a_calendar_or_takes_one_out(
    database, port, folder
):
    off = MEETING.model_copy(update={"number": 1, "status": MeetingStatus.not_held})
    both = [notice(kind="meeting_off", what="1"), notice()]

    await told(database, port, both, [off, MEETING])

    brought = [calendars(each) for each in letters(folder)]
    methods = {one.get_param("method") for (one,) in brought}
    assert methods == {"CANCEL", "REQUEST"}


async def test_whoever_left_the_team_is_written_to_once_more_to_take_it_back(
    database, port, folder
):
    away = Seated(role=OUTSIDE, title="Team member", seat="member-9", person="member-9")
    gone = Member(
        id="member-9",
        kind=MemberKind.family,
        name="Demo Sister",
        status=MemberStatus.left,
        since_at=NOW,
        contact="sister@elm.example",
    )

    await told(database, port, [notice(away, "member_meeting_off")], team=[gone])

    (one,) = letters(folder)
    assert one["To"] == "sister@elm.example"
    (brought,) = calendars(one)
    assert brought.get_param("method") == "CANCEL"


async def test_the_client_reads_in_their_language_that_a_meeting_is_off(
    database, port, folder
):
    await told(database, port, [notice(HERSELF, "client_meeting_off")])

    message = letter(folder, "robin")
    assert "reunión" in message["Subject"]
    (brought,) = calendars(message)
    assert brought.get_param("method") == "CANCEL"


def letters(folder):
    return [
        message_from_bytes(path.read_bytes(), policy=default)
        for path in sorted(folder.glob("*.eml"))
    ]


async def test_a_letter_that_comes_after_the_meeting_brings_nothing(
    database, port, folder
):
    over = MEETING.model_copy(update={"status": MeetingStatus.held})

    await told(database, port, [notice()], [over])

    assert calendars(letter(folder, "ana")) == []


async def test_a_letter_about_something_else_brings_nothing(database, port, folder):
    await told(database, port, [notice(kind="duty_opened")])

    assert calendars(letter(folder, "ana")) == []
