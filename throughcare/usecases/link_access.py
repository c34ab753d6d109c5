"""A signed link as it is followed: whether an answer may still come by it, and if not, why, in words for whoever has it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from throughcare.case.seats import Side
from throughcare.case.wire import Refusal
from throughcare.errors import IsRecused, ThroughcareError
from throughcare.lifecycles.client.plan_facts import Member, Version
from throughcare.notices.letters import due_words
from throughcare.packs.pack import Pack
from throughcare.store.access import Scope
from throughcare.store.cases import WholeCase, find_case, find_message, whole_case
from throughcare.store.directory import agency, seat_facts
from throughcare.store.links import find_link
from throughcare.store.packs import pack_by_digest
from throughcare.store.tables import CaseRow, LinkRow, MessageRow
from throughcare.usecases.plan_documents import (
    Calendars,
    FoundPlan,
    found_plan,
    zone_of,
)

NEW_LINK = (
    "The next notice that asks something of you brings a new link. "
    "The care coordinator's side can also enter what you tell them, in your name."
)
EVERY_CASE = Scope(seats=None)


class LinkUnusable(ThroughcareError):
    """The link leads to no answer; `title` and the detail say why, and what to do."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail


NO_SUCH_LINK = LinkUnusable(
    404, "This link is not one of ours", "Copy it whole from the e-mail it came in."
)


@dataclass(frozen=True)
class Following:
    """How a link is followed. `labels`: what its answers are called on its page, by the name of the message."""

    labels: Mapping[str, str]
    calendars: Calendars
    now: datetime
    to_answer: bool = False
    """Then the link is locked: it is taken away or used by nobody else until the transaction is over."""


@dataclass(frozen=True)
class LinkAccess:
    """A link by which an answer may still come. `answered` is what its case made of the one it was used for."""

    link: LinkRow
    case: CaseRow
    zone: ZoneInfo
    answered: MessageRow | None

    @property
    def refusal(self) -> str:
        """Why an answer that was kept was not applied after all."""
        if self.answered is None or self.answered.refusal is None:
            return ""
        return Refusal.model_validate(self.answered.refusal).detail

    def recorded(self, label: str, at: datetime) -> str:
        when = due_words(at, self.zone)
        return f"“{label}”: recorded in case {self.case.id} on {when}."


@dataclass(frozen=True)
class ConflictAccess(LinkAccess):
    whole: WholeCase
    pack: Pack


@dataclass(frozen=True)
class SigningAccess(LinkAccess):
    """Of a member of a team who has no seat, to sign a version of its plan."""

    found: FoundPlan
    member: Member
    version: Version


def conflict_access(
    connection: Connection, link_id: str | None, how: Following
) -> ConflictAccess:
    """Raises LinkUnusable where no answer may come by this link any more."""
    link = _link(connection, link_id, how)
    scope = Scope(seats=None, person=link.person_id)
    try:
        whole = whole_case(connection, scope, link.case_id, kind="conflict")
    except IsRecused as out:
        raise LinkUnusable(403, "You are out of this case", str(out)) from None
    if whole is None:
        raise NO_SUCH_LINK
    pack = pack_by_digest(connection, whole.row.pack_digest)
    if pack is None:
        raise NO_SUCH_LINK
    zone = ZoneInfo(zone_of(agency(connection), how.calendars))
    answered = _answered(connection, link)
    access = ConflictAccess(link, whole.row, zone, answered, whole, pack)
    _check_good(access, how, NEW_LINK)
    seat = seat_facts(connection, link.seat_id, how.now)
    if seat is None or seat.person != link.person_id:
        raise LinkUnusable(
            403,
            "Somebody else has this seat now",
            "The link was made out to whoever had it before. Notices now go to the one who has it.",
        )
    return access


def signing_access(
    connection: Connection, link_id: str | None, how: Following
) -> SigningAccess:
    """Raises LinkUnusable where this link lets nobody sign any more."""
    link = _link(connection, link_id, how)
    row = find_case(connection, EVERY_CASE, link.case_id, kind="care-plan")
    found = found_plan(connection, row, how.calendars) if row else None
    if found is None:
        raise NO_SUCH_LINK
    zone, answered = ZoneInfo(found.zone), _answered(connection, link)
    call = f"Call {found.here.name}; your answer can also be taken on paper."
    _check_good(LinkAccess(link, found.row, zone, answered), how, call)
    member, version = _member(link, found, call), _version(link, found, call)
    known = found.plan.life.signature(member.id, version.number)
    if known and known.outcome == "signed":
        raise LinkUnusable(
            410, "You have signed this version", "Nothing is left to do."
        )
    return SigningAccess(link, found.row, zone, answered, found, member, version)


def coordinates(
    connection: Connection, whole: WholeCase, seats: Collection[str]
) -> bool:
    """Whether one of these seats is on the coordination side of the conflict, which runs it."""
    pack = pack_by_digest(connection, whole.row.pack_digest)
    roles = pack.conflict_policy.roles if pack else {}
    return any(
        each.seat_id in seats and roles[each.role].side is Side.coordination
        for each in whole.seats
    )


def _link(connection: Connection, link_id: str | None, how: Following) -> LinkRow:
    link = find_link(connection, link_id or "", lock=how.to_answer)
    if link is None:
        raise NO_SUCH_LINK
    return link


def _answered(connection: Connection, link: LinkRow) -> MessageRow | None:
    if link.message_id is None:
        return None
    return find_message(connection, link.case_id, link.message_id)


def _check_good(access: LinkAccess, how: Following, how_else: str) -> None:
    link, row, answered = access.link, access.case, access.answered
    if answered and answered.applied:
        said = access.recorded(how.labels[answered.name], answered.received_at)
        raise LinkUnusable(410, "This link has been used", f"{said} {how_else}")
    if row.closed_at:
        ended = row.status.replace("_", " ")
        raise LinkUnusable(410, "This case is closed", f"It ended as {ended}.")
    if link.revoked_at:
        raise LinkUnusable(410, "This link was withdrawn", how_else)
    if link.expires_at <= how.now:
        until = f"It was good until {due_words(link.expires_at, access.zone)}."
        raise LinkUnusable(410, "This link has expired", f"{until} {how_else}")


def _member(link: LinkRow, found: FoundPlan, call: str) -> Member:
    member = found.plan.life.member(link.person_id)
    if member is None or not member.is_outside:
        raise LinkUnusable(403, "You are not on this team any more", call)
    if not found.plan.may_be_told(member):
        raise LinkUnusable(403, "The plan may not be shown to you now", call)
    return member


def _version(link: LinkRow, found: FoundPlan, call: str) -> Version:
    last = found.plan.life.versions[-1:]
    if not last or last[0].place != link.step:
        new = "It takes the place of the one this link is for."
        raise LinkUnusable(410, "Another version was put forward", f"{new} {call}")
    return last[0]
