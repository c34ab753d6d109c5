"""The page behind a signed link: it says what is asked and of whom, and takes one answer. For people without an account."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import JsonValue, ValidationError
from starlette.datastructures import FormData

from api import pages
from api.answering import ANSWERS, Form, Page, page_of, shown
from api.deps import Parts, TheParts
from api.errors import TemporalAway
from api.routes.messages import body_of, deliver
from throughcare.domain.acts import ACTS
from throughcare.domain.refusals import Refused
from throughcare.domain.seats import Actor, Capacity, HeldSeat
from throughcare.errors import ThroughcareError
from throughcare.messages import Envelope
from throughcare.store.access import Scope
from throughcare.store.cases import WholeCase, find_message, whole_case
from throughcare.store.directory import seat_facts
from throughcare.store.links import find_link, give_back, use
from throughcare.store.tables import LinkRow

router = APIRouter(prefix="/answer", include_in_schema=False)
log = structlog.get_logger("throughcare.api")


class Shut(ThroughcareError):
    """The link leads to no answer; `title` and the detail say why, and what to do."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail


NO_SUCH_LINK = Shut(
    404, "This link is not one of ours", "Copy it whole from the e-mail it came in."
)


ANOTHER_ANSWER = Shut(
    409,
    "Another answer was sent with this link",
    "It is being applied. Open the link again in a minute to see what became of it.",
)


@router.get("/{token}")
async def show(token: str, parts: TheParts) -> HTMLResponse:
    """Reading changes nothing: mail scanners open links too."""
    try:
        link, whole, zone = await _opened(token, parts)
        return await _form(link, whole, zone, parts)
    except Shut as shut:
        return _shut(shut)


@router.post("/{token}")
async def answer(token: str, request: Request, parts: TheParts) -> HTMLResponse:
    """One answer. A refusal by the case leaves the link as good as it was."""
    try:
        link, whole, zone = await _opened(token, parts)
    except Shut as shut:
        return _shut(shut)
    async with request.form(max_files=0, max_fields=100) as form:
        try:
            name, facts = _said(form, link, zone)
        except ValueError as error:
            return await _form(link, whole, zone, parts, str(error), 422)
    return await _hand_in(link, whole, zone, name, facts, parts)


async def _hand_in(
    link: LinkRow,
    whole: WholeCase,
    zone: ZoneInfo,
    name: str,
    facts: dict[str, JsonValue],
    parts: Parts,
) -> HTMLResponse:
    now = datetime.now(UTC)
    held = HeldSeat(seat=link.seat_id, capacity=Capacity.link)
    envelope = Envelope(
        message_id=_message_id(link, name, facts),
        actor=Actor(person=link.person_id, seats=(held,), chosen=link.seat_id),
        received_at=now,
        facts=facts,
    )
    async with parts.database.sessions.begin() as session:
        mine = await use(session, link.id, envelope.message_id, now)
    if not mine:
        return _shut(ANOTHER_ANSWER)
    try:
        applied = await deliver(link.case_id, name, envelope, parts)
    except (Refused, TemporalAway) as error:
        async with parts.database.sessions.begin() as session:
            await give_back(session, link.id)
        log.info("link.refused", case_id=link.case_id, kind=type(error).__name__)
        return await _form(link, whole, zone, parts, str(error), error.status)
    log.info("link.used", case_id=link.case_id, message_name=name)
    said = ANSWERS[name].label
    line = (
        f"{said}: recorded in case {link.case_id} on {shown(now, zone)}."
        if applied
        else f"{said}: kept, and applied in case {link.case_id} as soon as it can be."
    )
    done = "Thank you. You can close this page."
    return _page(
        "Your answer is recorded", [line, done], status=200 if applied else 202
    )


def _message_id(link: LinkRow, name: str, facts: dict[str, JsonValue]) -> str:
    """The same answer sent twice is the same message, and heard once."""
    said = json.dumps([name, facts], sort_keys=True)
    return f"{link.id}-{sha256(said.encode()).hexdigest()[:12]}"


# -- private -------------------------------------------------------------------------------------------------------


async def _opened(token: str, parts: Parts) -> tuple[LinkRow, WholeCase, ZoneInfo]:
    """The link and its case, if an answer may still come. Raises Shut."""
    link_id = parts.links.link_id(token)
    now = datetime.now(UTC)
    async with parts.database.sessions() as session:
        link = await find_link(session, link_id) if link_id else None
        if link is None:
            raise NO_SUCH_LINK
        whole = await whole_case(session, Scope(seats=None), link.case_id)
        seat = await seat_facts(session, link.seat_id, now)
        sent = link.message_id
        heard = await find_message(session, link.case_id, sent) if sent else None
    if whole is None:
        raise NO_SUCH_LINK
    agency, _ = await parts.shelf.in_force()
    calendar = parts.calendars.get(agency.calendar)
    zone = ZoneInfo(calendar.zone if calendar else "UTC")
    if heard and heard.applied:
        at = shown(heard.received_at, zone)
        raise Shut(
            410,
            "This link has been used",
            f"An answer was recorded with it on {at}. The next notice brings a new link.",
        )
    if link.revoked_at:
        raise Shut(410, "This link was withdrawn", "The next notice brings a new one.")
    if link.expires_at <= now:
        raise Shut(
            410,
            "This link has expired",
            f"It was good until {shown(link.expires_at, zone)}. The next notice brings a new one.",
        )
    if seat is None or seat.person != link.person_id:
        raise Shut(
            403,
            "Somebody else has this seat now",
            "The link was made out to whoever had it before. Notices now go to the one who has it.",
        )
    if whole.row.closed_at:
        ended = whole.row.status.replace("_", " ")
        raise Shut(410, "This case is closed", f"It ended as {ended}.")
    return link, whole, zone


async def _form(
    link: LinkRow,
    whole: WholeCase,
    zone: ZoneInfo,
    parts: Parts,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    pack = await parts.shelf.pack(whole.row.pack_digest)
    page = page_of(link, whole, pack, zone)
    lines = []
    if not page.forms:
        lines = ["Nothing is waited for from you at this step any more."]
    title = "Your answer is asked for"
    return _page(title, lines, problem=problem, page=page, status=status)


def _shut(shut: Shut) -> HTMLResponse:
    return _page(shut.title, [shut.detail], status=shut.status)


def _page(
    title: str,
    lines: list[str],
    *,
    problem: str = "",
    page: Page | None = None,
    status: int = 200,
) -> HTMLResponse:
    return pages.page(
        "answer.html", status, title=title, lines=lines, problem=problem, page=page
    )


def _said(
    form: FormData, link: LinkRow, zone: ZoneInfo
) -> tuple[str, dict[str, JsonValue]]:
    """The message and its facts as the page's form gives them. Raises ValueError, in words for its sender."""
    name = str(form.get("message", ""))
    asked = ANSWERS.get(name)
    if asked is None:
        raise ValueError("Choose one of the answers on this page.")
    facts = _facts(asked, form, zone)
    if link.rung:
        facts["rung"] = link.rung
    try:
        body_of(ACTS[name]).model_validate(facts)
    except ValidationError as error:
        labels = {field.name: field.label for field in asked.fields}
        wrong = [str(each["loc"][0]) if each["loc"] else "" for each in error.errors()]
        named = "; ".join(dict.fromkeys(labels.get(each, each) for each in wrong))
        raise ValueError(f"Please fill in: {named}.") from None
    return name, facts


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
        raise ValueError("Write the time as a date and a time.") from None
