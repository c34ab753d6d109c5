"""The page behind the link of a member of a team who has no account: the version they are asked to sign, and one answer.

The page itself names nobody but its reader; the plan is behind it, for nobody signs what they have not read.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import JsonValue, ValidationError
from starlette.datastructures import FormData

from api import pages
from api.answering import shown
from api.cases.message_bodies import body_of
from api.deps import Parts, TheParts
from api.followed import NO_SUCH_LINK, Followed, Shut, check_good, recorded
from api.handing import TAKEN_LATER, hand_in
from api.routes.answer import PlainPages
from api.routes.documents import PDF, FoundPlan, found_plan, given, paper_of
from throughcare.case.refusals import Refused
from throughcare.documents.plan import plan_pdf
from throughcare.documents.words import PLAIN, words_in
from throughcare.lifecycles.care_plan.signing import PlanSigned, SignatureMissing
from throughcare.lifecycles.client.plan_facts import Member, Version
from throughcare.store.access import Scope
from throughcare.store.cases import find_case, find_message
from throughcare.store.database import within
from throughcare.store.links import find_link
from throughcare.usecases.desk import TemporalAway
from throughcare.usecases.messages import deliver

router = APIRouter(prefix="/sign", include_in_schema=False, route_class=PlainPages)

ANSWERS = {"plan_signed": "I sign this version", "signature_missing": "I do not sign"}
REFUSING = body_of(SignatureMissing)
SIGNING = body_of(PlanSigned)

KEPT_PRIVATE = {
    name: value
    for name, value in pages.HEADERS.items()
    if name != "Content-Security-Policy"
}


@dataclass(frozen=True)
class ToSign(Followed):
    """A link by which a member may still sign."""

    found: FoundPlan
    member: Member
    version: Version


@router.get("/{token}")
async def show(token: str, parts: TheParts) -> HTMLResponse:
    """Reading changes nothing: mail scanners open links too."""
    opened = await _open(token, parts)
    problem = ""
    if opened.refusal:
        problem = f"What you sent before was not applied: {opened.refusal}"
    elif opened.link.message_id:
        problem = "An answer was sent with this link, and is still to be applied. Only the same answer can be sent again."
    return _form(token, opened, problem)


@router.get("/{token}/plan.pdf")
async def read_plan(token: str, parts: TheParts) -> Response:
    """What is signed, whole."""
    opened = await _open(token, parts)
    paper = paper_of(opened.found, opened.version)
    made = await asyncio.to_thread(plan_pdf, paper)
    name = f"care-plan-version-{opened.version.number}.pdf"
    response = given(made, PDF, name, opened.row.id)
    response.headers.update(KEPT_PRIVATE)
    return response


@router.post("/{token}")
async def answer(token: str, request: Request, parts: TheParts) -> HTMLResponse:
    """One answer. A refusal by the case leaves the link as good as it was."""
    opened = await _open(token, parts)
    async with request.form(max_files=0, max_fields=20) as form:
        try:
            name, facts = _read(form, opened)
        except ValueError as error:
            return _form(token, opened, str(error), 422, form)
        row = opened.row
        send = partial(deliver, row.kind, row.id, name, services=parts)
        try:
            applied = await hand_in(opened.link, opened.heard, name, facts, send, parts)
        except (Refused, TemporalAway) as error:
            # The case may have moved on since the page was opened, and that be why.
            opened = await _open(token, parts)
            why = str(error) if isinstance(error, Refused) else TAKEN_LATER
            return _form(token, opened, why, error.status, form)
    done = "Thank you. You can close this page."
    if applied:
        line = recorded(ANSWERS[name], opened, datetime.now(UTC))
        return _page("Your answer is recorded", [line, done])
    line = f"“{ANSWERS[name]}”: kept, and applied as soon as it can be."
    return _page("Your answer is kept", [line, done], 202)


# -- following the link -----------------------------------------------------------------------------------------------


async def _open(token: str, parts: Parts) -> ToSign:
    """Raises Shut where this link lets nobody sign any more."""
    link_id, now = parts.links.link_id(token), datetime.now(UTC)
    async with parts.database.sessions() as session:
        link = await find_link(session, link_id) if link_id else None
        if link is None:
            raise NO_SUCH_LINK
        everywhere = Scope(seats=None)
        row = await within(
            session, find_case, everywhere, link.case_id, kind="care-plan"
        )
        found = await found_plan(session, row, parts) if row else None
        sent = link.message_id
        heard = (
            await within(session, find_message, link.case_id, sent) if sent else None
        )
    if found is None:
        raise NO_SUCH_LINK
    followed = Followed(link, found.row, ZoneInfo(found.zone), heard)
    call = f"Call {found.here.name}; your answer can also be taken on paper."
    check_good(followed, now, ANSWERS[heard.name] if heard else "", call)
    member, version = _member(followed, found, call), _version(followed, found, call)
    known = found.plan.life.signature(member.id, version.number)
    if known and known.outcome == "signed":
        raise Shut(410, "You have signed this version", "Nothing is left to do.")
    return ToSign(link, found.row, followed.zone, heard, found, member, version)


def _member(followed: Followed, found: FoundPlan, call: str) -> Member:
    member = found.plan.life.member(followed.link.person_id)
    if member is None or not member.is_outside:
        raise Shut(403, "You are not on this team any more", call)
    if not found.plan.may_be_told(member):
        raise Shut(403, "The plan may not be shown to you now", call)
    return member


def _version(followed: Followed, found: FoundPlan, call: str) -> Version:
    last = found.plan.life.versions[-1:]
    if not last or last[0].place != followed.link.step:
        new = "It takes the place of the one this link is for."
        raise Shut(410, "Another version was put forward", f"{new} {call}")
    return last[0]


# -- the answer ---------------------------------------------------------------------------------------------------------


def _read(form: FormData, opened: ToSign) -> tuple[str, dict[str, JsonValue]]:
    """The message and its facts. Raises ValueError, in words for its sender."""
    name, version = str(form.get("message", "")), opened.version
    facts: dict[str, JsonValue] = {
        "member": opened.member.id,
        "version": version.number,
    }
    if name == "plan_signed":
        facts |= {"digest": version.digest, "how": "link"}
        SIGNING.model_validate(facts)
        return name, facts
    if name != "signature_missing":
        raise ValueError("Choose one of the answers on this page.")
    reason = str(form.get("reason", "")).strip()
    facts |= {"outcome": "refused", "reason": reason}
    try:
        REFUSING.model_validate(facts)
    except ValidationError:
        wrong = "look at this again" if reason else "fill in"
        raise ValueError(f"Please {wrong}: Why you do not sign.") from None
    return name, facts


# -- pages --------------------------------------------------------------------------------------------------------------


def _form(
    token: str,
    opened: ToSign,
    problem: str = "",
    status: int = 200,
    form: FormData | None = None,
) -> HTMLResponse:
    """With the reason as it was written, so that nobody has to write it twice."""
    version, words = opened.version, words_in(PLAIN)
    facts = (
        ("What it is", f"A care plan of {opened.found.here.name}"),
        ("Case", opened.row.id),
        ("Version", f"{version.number} ({words.kinds[version.kind]})"),
        ("Put forward", shown(version.put_forward_at, opened.zone)),
        ("Digest", f"{version.digest[:12]}…"),
        ("You sign as", f"{opened.member.name}, {words.parts[opened.member.kind]}"),
        ("This link is good until", shown(opened.link.expires_at, opened.zone)),
    )
    return _page(
        "A plan to read and sign",
        [],
        status,
        problem=problem,
        facts=facts,
        plan=f"{token}/plan.pdf",
        reason=str(form.get("reason", "")) if form else "",
    )


def _page(
    title: str, lines: list[str], status: int = 200, **more: object
) -> HTMLResponse:
    given = {"problem": "", "facts": (), "plan": "", "reason": ""} | more
    return pages.page("sign.html", status, title=title, lines=lines, **given)
