"""A signed link as it is followed: whether an answer may still come by it, and if not, why, in words for whoever has it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from api.answering import ANSWERS, shown
from api.deps import Parts
from throughcare.case.wire import Refusal
from throughcare.errors import ThroughcareError
from throughcare.store.access import Scope
from throughcare.store.cases import WholeCase, find_message, whole_case
from throughcare.store.database import within
from throughcare.store.directory import seat_facts
from throughcare.store.links import find_link
from throughcare.store.notices import calendar_of
from throughcare.store.tables import CaseRow, LinkRow, MessageRow

HOW_ELSE = (
    "The next notice that asks something of you brings a new link. "
    "The care coordinator's side can also enter what you tell them, in your name."
)


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


@dataclass(frozen=True)
class Followed:
    """A link as it stands. `heard` is what its case made of the answer it was used for."""

    link: LinkRow
    row: CaseRow
    zone: ZoneInfo
    heard: MessageRow | None

    @property
    def refusal(self) -> str:
        """Why an answer that was kept was not applied after all."""
        if self.heard is None or self.heard.refusal is None:
            return ""
        return Refusal.model_validate(self.heard.refusal).detail


@dataclass(frozen=True)
class Opened(Followed):
    """One into a conflict that may still be used."""

    whole: WholeCase


async def open_link(token: str, parts: Parts) -> Opened:
    """Raises Shut where no answer may come by this link any more."""
    link_id, now = parts.links.link_id(token), datetime.now(UTC)
    async with parts.database.sessions() as session:
        link = await find_link(session, link_id) if link_id else None
        if link is None:
            raise NO_SUCH_LINK
        whole = await within(
            session, whole_case, Scope(seats=None), link.case_id, kind="conflict"
        )
        seat = await within(session, seat_facts, link.seat_id, now)
        sent = link.message_id
        heard = (
            await within(session, find_message, link.case_id, sent) if sent else None
        )
        calendar = parts.calendars.get(await calendar_of(session, link.case_id) or "")
    if whole is None:
        raise NO_SUCH_LINK
    zone = ZoneInfo(calendar.zone if calendar else "UTC")
    opened = Opened(link, whole.row, zone, heard, whole)
    check_good(opened, now, ANSWERS[heard.name].label if heard else "", HOW_ELSE)
    if seat is None or seat.person != link.person_id:
        raise Shut(
            403,
            "Somebody else has this seat now",
            "The link was made out to whoever had it before. Notices now go to the one who has it.",
        )
    return opened


def check_good(opened: Followed, now: datetime, label: str, how_else: str) -> None:
    """`label` is what was answered with it, in the words of its page. Raises Shut where it is good for nothing any more."""
    link, row, heard = opened.link, opened.row, opened.heard
    if heard and heard.applied:
        said = recorded(label, opened, heard.received_at)
        raise Shut(410, "This link has been used", f"{said} {how_else}")
    if row.closed_at:
        ended = row.status.replace("_", " ")
        raise Shut(410, "This case is closed", f"It ended as {ended}.")
    if link.revoked_at:
        raise Shut(410, "This link was withdrawn", how_else)
    if link.expires_at <= now:
        until = f"It was good until {shown(link.expires_at, opened.zone)}."
        raise Shut(410, "This link has expired", f"{until} {how_else}")


def recorded(label: str, opened: Followed, at: datetime) -> str:
    when = shown(at, opened.zone)
    return f"“{label}”: recorded in case {opened.link.case_id} on {when}."
