"""What somebody sees who opens a signed link, and which answers the page offers them. Nothing on it names a client."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from api.casepage import ALLOWED
from throughcare.domain.acts import ACTS
from throughcare.domain.pack import Pack
from throughcare.domain.seats import Side
from throughcare.store.cases import WholeCase
from throughcare.store.tables import LinkRow


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    kind: str
    required: bool = False
    most: int = 4000


@dataclass(frozen=True)
class Form:
    name: str
    label: str
    button: str
    fields: tuple[Field, ...]


WHEN = Field("event_at", "When it was (now, if you leave this empty)", "when")
NOTE = Field("note", "In your own words, if you like", "text")

FORMS = (
    Form(
        "meeting_held",
        "We met",
        "Record that we met",
        (
            Field("attendees", "Who was there", "attendees", required=True),
            Field("outcome", "What came of it", "outcome"),
            WHEN,
            NOTE,
        ),
    ),
    Form("contact_made", "We were in contact", "Record the contact", (WHEN, NOTE)),
    Form(
        "information_provided",
        "I handed on all relevant information",
        "Record that I handed it on",
        (WHEN, NOTE),
    ),
    Form(
        "notice_given",
        "I told them",
        "Record that I told them",
        (Field("how", "How", "line", required=True, most=200), WHEN, NOTE),
    ),
    Form(
        "agreement_reached",
        "My side agrees",
        "Say that my side agrees",
        (Field("terms", "What was agreed", "text"), WHEN),
    ),
    Form(
        "partial_agreement",
        "My side agrees in part",
        "Say what is settled and what is not",
        (
            Field("settled", "What is settled", "text", required=True),
            Field("remaining", "What is still in dispute", "text", required=True),
        ),
    ),
    Form(
        "agreement_not_reached",
        "There is no agreement",
        "Say that there is no agreement",
        (
            Field(
                "waiver",
                "Why a recommended step was left out, if one was",
                "text",
                most=1000,
            ),
            NOTE,
        ),
    ),
)
"""The answers a link can carry, in the order they are offered."""

ANSWERS = {form.name: form for form in FORMS}
assert ANSWERS.keys() <= ACTS.keys()


@dataclass(frozen=True)
class Page:
    case: str
    rung: str
    person: str
    seat: str
    other: str
    expires: str
    zone: str
    duties: tuple[str, ...]
    attendees: tuple[tuple[str, str], ...]
    forms: tuple[Form, ...]


def page_of(link: LinkRow, whole: WholeCase, pack: Pack, zone: ZoneInfo) -> Page:
    """The case as the seat of this link sees it: policy, seats and clocks."""
    ladder = pack.conflict.ladder(whole.row.ladder)
    rungs = {rung.id: rung for rung in ladder.rungs}
    rung = rungs.get(link.rung)
    mine = [seat for seat in whole.seats if seat.seat_id == link.seat_id]
    sides = {pack.conflict.roles[seat.role].side for seat in mine}
    others = [
        pack.conflict.roles[role].title
        for side in Side
        if rung and side not in sides
        for role in rung.seats[side]
    ]
    allowed = ALLOWED.validate_python(whole.row.allowed)
    open_to_me = {each.message for each in allowed if link.seat_id in each.seats}
    return Page(
        case=whole.row.id,
        rung=f"{rung.id}: {rung.title}" if rung else ladder.title,
        person=whole.names.get(link.person_id, ""),
        seat=mine[0].title if mine else "",
        other=" or ".join(others) or "the other side",
        expires=shown(link.expires_at, zone),
        zone=zone.key,
        duties=tuple(_waited_for(link, whole, zone)),
        attendees=tuple(
            (seat.seat_id, seat.title) for seat in whole.seats if seat.seat_id
        ),
        forms=tuple(form for form in FORMS if form.name in open_to_me),
    )


def _waited_for(link: LinkRow, whole: WholeCase, zone: ZoneInfo) -> Iterator[str]:
    for duty in whole.duties:
        held = any(holder.seat == link.seat_id for holder in duty.holders)
        if duty.is_outstanding and held:
            whose = f" ({duty.basis.whose} limit)" if duty.basis else ""
            until = f", until {shown(duty.due_at, zone)}{whose}" if duty.due_at else ""
            yield f"{duty.text}{until}"


def shown(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%A, %B} {local.day}, {local:%Y, %I:%M %p %Z}"
