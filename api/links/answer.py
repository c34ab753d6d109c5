"""The page behind a link into a conflict: which answers it offers, and how one is read. Nothing on it names a client."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from pydantic import JsonValue, ValidationError
from starlette.datastructures import FormData

from api.cases.message_bodies import body_of
from api.links.page import LinkPage, UnreadableAnswer
from throughcare.case.seats import Side
from throughcare.lifecycles.conflict.conflict import ConflictStatus
from throughcare.lifecycles.conflict.lifecycle import CONFLICT
from throughcare.lifecycles.conflict.policy import Ladder, Rung
from throughcare.notices.letters import due_words
from throughcare.store.cases import WholeCase, allowed_of
from throughcare.store.tables import LinkRow
from throughcare.usecases.link_access import ConflictAccess, conflict_access


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
    Form("assistance_requested", "We ask for help", "Ask for help", (NOTE,)),
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
BODIES = {name: body_of(CONFLICT.messages[name].facts) for name in ANSWERS}


class AnswerPage(LinkPage[ConflictAccess]):
    prefix = "/answer"
    template = "answer.html"
    labels: ClassVar = {form.name: form.label for form in FORMS}
    access = staticmethod(conflict_access)

    def read(
        self, form: FormData, access: ConflictAccess
    ) -> tuple[str, dict[str, JsonValue]]:
        name, rung = str(form.get("message", "")), access.link.step
        asked = ANSWERS.get(name)
        if asked is None:
            raise UnreadableAnswer("Choose one of the answers on this page.")
        facts = _facts(asked, form, access.zone)
        if rung:
            facts["rung"] = rung
        try:
            BODIES[name].model_validate(facts)
        except ValidationError as error:
            raise UnreadableAnswer(_what_is_wrong(error, asked, facts)) from None
        return name, facts

    def shown(
        self, token: str, access: ConflictAccess, form: FormData | None
    ) -> dict[str, object]:
        def given(message: str, field: str) -> list[str]:
            if form is None or form.get("message") != message:
                return []
            return [str(each) for each in form.getlist(field)]

        page = _page_of(access)
        found = {"title": "Your answer is asked for", "page": page, "given": given}
        if page.forms:
            return found
        nothing = "At this step, nothing can be entered from your seat any more."
        return found | {"title": "Nothing is asked of you now", "lines": [nothing]}

    def in_words(self, refusal: str) -> str:
        """A case names messages and their fields as programs do; whoever reads this page knows them by their labels."""
        for form in FORMS:
            refusal = refusal.replace(form.name, f"“{form.label}”")
            for field in form.fields:
                refusal = refusal.replace(f"`{field.name}`", f"“{field.label}”")
        return refusal


router = AnswerPage().router


# -- what it shows ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ConflictPage:
    case: str
    ladder: str
    rung: str
    person: str
    seat: str
    other: str
    expires: str
    zone: str
    duties: tuple[str, ...]
    otherwise: str
    attendees: tuple[tuple[str, str], ...]
    forms: tuple[Form, ...]


def _page_of(access: ConflictAccess) -> ConflictPage:
    """The case as the seat of this link sees it: policy, seats and clocks."""
    link, whole, pack, zone = access.link, access.whole, access.pack, access.zone
    ladder = pack.conflict_policy.ladder(whole.line.ladder or "")
    rung = next((each for each in ladder.rungs if each.id == link.step), None)
    mine = [seat for seat in whole.seats if seat.seat_id == link.seat_id]
    sides = {pack.conflict_policy.roles[seat.role].side for seat in mine}
    others = [
        pack.conflict_policy.roles[role].title
        for side in Side
        if rung and side not in sides
        for role in rung.seats[side]
    ]
    return ConflictPage(
        case=whole.row.id,
        ladder=ladder.title,
        rung=f"{rung.id}: {rung.title}" if rung else "none yet",
        person=whole.names.get(link.person_id, ""),
        seat=mine[0].title if mine else "",
        other=" or ".join(others) or "the other side",
        expires=due_words(link.expires_at, zone),
        zone=zone.key,
        duties=tuple(_waited_for(link, whole, zone)),
        otherwise=_otherwise(whole, ladder, rung),
        attendees=_attendees(whole, rung),
        forms=tuple(_offered(link, whole)),
    )


def _offered(link: LinkRow, whole: WholeCase) -> Iterator[Form]:
    """Those this seat may send now about the rung of its link; the case itself judges once more."""
    allowed = allowed_of(whole.row)
    mine = {each.message for each in allowed if link.seat_id in each.seats}
    left = {
        duty.act
        for duty in whole.duties
        if duty.is_outstanding and duty.step == link.step
    }
    for form in FORMS:
        if form.name in mine and (not link.step or _is_about(form, left)):
            yield form


def _is_about(form: Form, left: set[str]) -> bool:
    """Whether the answer fits a rung on which this is left to do. Agreement may still come on one left behind (O-24)."""
    kind = CONFLICT.messages[form.name]
    acts = {kind.discharges, *kind.answers}
    return form.name == "agreement_reached" or bool(acts & left)


def _attendees(whole: WholeCase, rung: Rung | None) -> tuple[tuple[str, str], ...]:
    """The seats that speak on the rung, by id and title."""
    here = [role for side in Side for role in rung.seats[side]] if rung else []
    seats = {each.seat_id: each.title for each in whole.seats if each.role in here}
    return tuple((seat, title) for seat, title in seats.items() if seat)


def _waited_for(link: LinkRow, whole: WholeCase, zone: ZoneInfo) -> Iterator[str]:
    for duty in whole.duties:
        waited_for = any(
            holder.seat == link.seat_id and duty.is_waited_for_from(holder.role)
            for holder in duty.holders
        )
        if waited_for:
            here = ZoneInfo(duty.receipt.zone) if duty.receipt else zone
            whose = f" ({duty.basis.whose} limit)" if duty.basis else ""
            until = (
                f", until {due_words(duty.due_at, here)}{whose}" if duty.due_at else ""
            )
            yield f"{duty.text}{until}"


def _otherwise(whole: WholeCase, ladder: Ladder, rung: Rung | None) -> str:
    """What the end of the rung's limit does, for as long as it is still to come."""
    at_work = (
        whole.row.status == ConflictStatus.open and rung and whole.row.step == rung.id
    )
    if rung is None or rung.limit is None or not at_work or whole.row.due_at is None:
        return ""
    if rung.limit.then == "remind":
        return "those who still have something to do are reminded"
    if rung is ladder.rungs[-1]:
        return "the case stays open and is reported as unresolved"
    after = ladder.rungs[ladder.rungs.index(rung) + 1]
    return f"the case goes on to the next step, {after.id}: {after.title}"


# -- what comes back ------------------------------------------------------------------------------------------------


def _what_is_wrong(
    error: ValidationError, asked: Form, facts: dict[str, JsonValue]
) -> str:
    labels = {field.name: field.label for field in asked.fields}
    wrong = [str(each["loc"][0]) if each["loc"] else "" for each in error.errors()]
    named = "; ".join(dict.fromkeys(labels.get(each, each) for each in wrong))
    missing = not any(facts.get(each) for each in wrong)
    asks = "Please fill in" if missing else "Please look at this again"
    return f"{asks}: {named}."


def _facts(asked: Form, form: FormData, zone: ZoneInfo) -> dict[str, JsonValue]:
    facts: dict[str, JsonValue] = {}
    for field in asked.fields:
        if field.kind == "attendees":
            facts[field.name] = [str(each) for each in form.getlist(field.name)]
        elif given := str(form.get(field.name, "")).strip():
            facts[field.name] = _instant(given, zone) if field.kind == "when" else given
    return facts


def _instant(given: str, zone: ZoneInfo) -> str:
    try:
        return datetime.fromisoformat(given).replace(tzinfo=zone).isoformat()
    except ValueError:
        raise UnreadableAnswer("Write the time as a date and a time.") from None
