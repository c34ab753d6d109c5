"""Sends one notice: as an e-mail in the words of the case's pack, or to an agency's own system."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, select

from throughcare.case.notice import Delivered, Delivery, Notice
from throughcare.documents.calendar import Invitation, invitation, worth_telling
from throughcare.lifecycles.care_plan.telling import OUTSIDE
from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.plan_facts import CarePlanFacts, Meeting
from throughcare.notices.letters import (
    NO_ANSWER_NEEDED,
    LetterWriter,
    by_phone,
)
from throughcare.notices.links import (
    ASKING_KINDS,
    SIGNED_KINDS,
    LinkSigner,
)
from throughcare.notices.mail import (
    Mailer,
    MailServerAway,
    PerhapsSent,
    RefusedForNow,
    Undeliverable,
)
from throughcare.notices.webhooks import Announcement, WebhookSender
from throughcare.store.database import Database
from throughcare.store.links import answering_by_link, issue
from throughcare.store.notices import (
    LetterCase,
    address_key,
    addressees,
    claim,
    is_of_directory,
    letter_case,
    members_outside,
)
from throughcare.store.packs import pack_by_digest
from throughcare.store.tables import CaseRow
from throughcare.store.webhooks import Webhook, told_by_webhook
from throughcare.time.calendar import Calendar

MAIL = "mail"
"""The mail server, among the servers that notices go to; the others are organizations with a system of their own."""

MEETING_KINDS = ("meeting", "client_meeting", "member_meeting")
"""Notices of a meeting, whose number is what they say. It goes along for the calendar."""

log = structlog.get_logger("throughcare.notices")


class Batch(NamedTuple):
    """Notices of one case, and what their letters are written from. `without_account` are the seats whose people answer by
    links, `webhooks` those whose own system is told, `meetings` those of the case where a notice is of one."""

    about: LetterCase
    writer: LetterWriter
    without_account: set[str]
    webhooks: Mapping[str, Webhook]
    meetings: Sequence[Meeting]

    def server(self, notice: Notice) -> str:
        """Where it goes: MAIL, or an organization."""
        hook = self.webhooks.get(notice.receiver.seat or "")
        return hook.organization_id if hook else MAIL


class Tried(NamedTuple):
    """What came of sending one. `is_away`: the server itself, so that the others for it can wait."""

    outcome: Delivered
    is_away: bool = False


class NoticeSender:
    """Due dates are told in the zone of the agency's calendar, and in UTC where that is not among `calendars`."""

    def __init__(
        self,
        database: Database,
        mailer: Mailer,
        public_url: str,
        calendars: Mapping[str, Calendar],
        signer: LinkSigner,
        link_expiry: timedelta,
        webhooks: WebhookSender,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._public_url = public_url
        self._calendars = calendars
        self._signer = signer
        self._link_expiry = link_expiry
        self._webhooks = webhooks
        self._now = now

    async def batch(self, case_id: str, notices: Sequence[Notice]) -> Batch | None:
        """None where there is no such case."""
        return await self._database.read(self._batch, case_id, notices)

    def _batch(
        self, connection: Connection, case_id: str, notices: Sequence[Notice]
    ) -> Batch | None:
        about = letter_case(connection, case_id)
        if about is None:
            return None
        seats = _seats(about, notices)
        people = addressees(connection, _people(about, notices))
        pack = pack_by_digest(connection, about.pack.digest)
        without_account = answering_by_link(connection, seats)
        webhooks = told_by_webhook(connection, seats)
        life = _life(connection, case_id, notices)
        if life:
            people |= members_outside(life)
        calendar = self._calendars.get(about.calendar or "")
        zone = ZoneInfo(calendar.zone if calendar else "UTC")
        writer = LetterWriter(about, pack, people, zone, self._public_url)
        meetings = life.meetings if life else ()
        return Batch(about, writer, without_account, webhooks, meetings)

    async def send(self, batch: Batch, notice: Notice) -> Tried | None:
        """Claim it, then send it; cut off in between, it is in doubt. None where it is not ours to send."""
        is_ours, link = await self._database.write(self._claim, batch, notice)
        if not is_ours:
            return None
        delivery, reason, is_away = await self._tried(batch, notice, link)
        log.info("notice.tried", notice_key=notice.key, status=delivery)
        outcome = Delivered(key=notice.key, delivery=delivery, reason=reason)
        return Tried(outcome, is_away)

    def _claim(
        self, connection: Connection, batch: Batch, notice: Notice
    ) -> tuple[bool, str | None]:
        """Whether it is ours, and what stands in the letter in place of the case's address, for those without an account."""
        case_id, now = batch.about.case_id, self._now()
        if not claim(connection, notice.key, now):
            return False, None
        page, otherwise = _answered_at(batch, notice)
        if page is None:
            return True, otherwise
        link_id = issue(connection, case_id, notice, now, self._link_expiry)
        log.info("link.issued", link_id=link_id, notice_key=notice.key)
        return True, f"{self._public_url}/{page}/{self._signer.token(link_id)}"

    async def _tried(
        self, batch: Batch, notice: Notice, link: str | None
    ) -> tuple[Delivery, str, bool]:
        try:
            await self._hand_over(batch, notice, link)
        except Undeliverable as error:
            return Delivery.failed, error.reason, False
        except MailServerAway as error:
            is_away = not isinstance(error, RefusedForNow)
            return Delivery.queued, error.reason, is_away
        except PerhapsSent as error:
            return Delivery.uncertain, error.reason, False
        return Delivery.delivered, "", False

    async def _hand_over(self, batch: Batch, notice: Notice, link: str | None) -> None:
        """To the agency's own system where it has one, else as a letter."""
        hook = batch.webhooks.get(notice.receiver.seat or "")
        if hook is None:
            letter = batch.writer.letter(notice, link)
            invited = tuple(_invitations(batch, notice, self._now()))
            await self._mailer.send(letter.model_copy(update={"invitations": invited}))
            return
        about = batch.about
        said = Announcement.of(notice, about.case_id, about.ladder, about.kind)
        await self._webhooks.deliver(hook, said, self._now())


def _answered_at(batch: Batch, notice: Notice) -> tuple[str | None, str | None]:
    """The page that takes an answer to this without an account; where there is none, what stands in its place, if anything."""
    about, receiver = batch.about, notice.receiver
    if about.kind != "conflict" and receiver.role == OUTSIDE:
        return ("sign" if notice.kind in SIGNED_KINDS else None), None
    if receiver.seat not in batch.without_account:
        return None, None
    if about.kind != "conflict":
        return None, by_phone(about.agency)
    if notice.kind not in ASKING_KINDS:
        return None, NO_ANSWER_NEEDED
    return "answer", None


def _seats(about: LetterCase, notices: Sequence[Notice]) -> set[str]:
    receivers = [notice.receiver for notice in notices]
    return {
        each.seat
        for each in receivers
        if each.seat and is_of_directory(about.kind, each)
    }


def _people(about: LetterCase, notices: Sequence[Notice]) -> set[str]:
    seats = [notice.receiver for notice in notices]
    seats += [notice.sender for notice in notices if notice.sender]
    return {key for seated in seats if (key := address_key(about.kind, seated))}


def _life(
    connection: Connection, case_id: str, notices: Sequence[Notice]
) -> CarePlanFacts | None:
    """What the case knows of its team and their meetings as they stand now, which may be later than the notice."""
    about_team = any(
        notice.kind in MEETING_KINDS or notice.receiver.role == OUTSIDE
        for notice in notices
    )
    if not about_team:
        return None
    facts = connection.scalar(select(CaseRow.facts).where(CaseRow.id == case_id))
    return ClientFacts.model_validate(facts).life if facts else None


def _invitations(batch: Batch, notice: Notice, now: datetime) -> Iterator[Invitation]:
    if notice.kind not in MEETING_KINDS or not notice.what.isdecimal():
        return
    for meeting in worth_telling(batch.meetings, int(notice.what)):
        yield invitation(
            meeting,
            case=batch.about.case_id,
            agency=batch.about.agency,
            language=batch.writer.language(notice),
            address=batch.writer.shown_at(notice),
            made_at=now,
        )
