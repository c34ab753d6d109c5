"""Sends the notices a case has queued, by e-mail, in the words of the pack the case was opened under, or to an agency's
own system."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from throughcare.case.notice import (
    Delivered,
    Delivery,
    Notice,
)
from throughcare.case.wire import NoticesSent, NoticesToSend
from throughcare.documents.calendar import Invitation, invitation, worth_telling
from throughcare.lifecycles.care_plan.telling import OUTSIDE
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
    FAREWELL,
    TIMEOUT,
    Mailer,
    MailServerAway,
    PerhapsSent,
    Undeliverable,
)
from throughcare.notices.webhooks import Announcement, WebhookSender
from throughcare.store.database import Database
from throughcare.store.links import answering_by_link, issue
from throughcare.store.notices import (
    address_key,
    addressees,
    claim,
    is_of_directory,
    members_outside,
    settle,
    so_far,
    written_from,
)
from throughcare.store.packs import pack_by_digest
from throughcare.store.served import known_of
from throughcare.store.tables import CaseRow
from throughcare.store.webhooks import Webhook, told_by_webhook
from throughcare.time.calendar import Calendar

GO_ON_AFTER = timedelta(milliseconds=100)
"""The pause before the rest of a batch that took too long, where the mail server itself works."""

MEETING_KINDS = ("meeting", "client_meeting", "member_meeting")
"""Notices of a meeting, whose number is what they say. It goes along for the calendar."""

log = structlog.get_logger()


class _Batch(NamedTuple):
    """What became of the notices of one order, those still to be sent as their turn comes, and what their letters are
    written from. `without_account` are the seats whose people answer by links, `webhooks` those whose own system is told,
    `meetings` those of the case where a notice is of one."""

    order: NoticesToSend
    agency: str
    found: dict[str, Delivered]
    unsent: Sequence[Notice]
    writer: LetterWriter
    without_account: set[str]
    webhooks: Mapping[str, Webhook]
    meetings: Sequence[Meeting]


class NoticeActivities:
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
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._public_url = public_url
        self._calendars = calendars
        self._signer = signer
        self._link_expiry = link_expiry
        self._webhooks = webhooks

    @activity.defn
    async def send_notices(self, order: NoticesToSend) -> NoticesSent:
        """Every notice is sent at most once, however often this is called, and one after the other in their order.

        Retryable while the mail server is away, and where time runs out: what went out stays settled, the rest is tried
        again.
        """
        last_start = asyncio.get_running_loop().time() + _time_to_start()
        batch = await self._batch(order)
        found = batch.found
        for number, notice in enumerate(batch.unsent):
            # A letter that outlives this attempt would be taken for cut off by the next one.
            if number and asyncio.get_running_loop().time() > last_start:
                break
            found[notice.key] = await self._send(batch, notice)
        _check_all_settled(order, found)
        return NoticesSent(outcomes=tuple(found[each.key] for each in order.notices))

    async def _batch(self, order: NoticesToSend) -> _Batch:
        seats = {
            each.receiver.seat
            for each in order.notices
            if each.receiver.seat and is_of_directory(order.kind, each.receiver)
        }
        keys = [each.key for each in order.notices]
        async with self._database.sessions() as session:
            people = await addressees(session, _people(order))
            pack = await pack_by_digest(session, order.pack.digest)
            agency = await written_from(session, order.case_id)
            without_account = await answering_by_link(session, seats)
            webhooks = await told_by_webhook(session, seats)
            found, tried = await so_far(session, keys)
            life = await _life(session, order)
        if life:
            people |= members_outside(life)
        # In their order; but a letter that took all the time there was holds up none a second time.
        unsent = [each for each in order.notices if each.key not in found]
        unsent.sort(key=lambda each: tried.get(each.key, 0))
        calendar = self._calendars.get(agency.calendar) if agency else None
        zone = ZoneInfo(calendar.zone if calendar else "UTC")
        name = agency.name if agency else ""
        writer = LetterWriter(order, pack, people, zone, self._public_url, name)
        return _Batch(
            order,
            name,
            found,
            unsent,
            writer,
            without_account,
            webhooks,
            life.meetings if life else (),
        )

    async def _send(self, batch: _Batch, notice: Notice) -> Delivered:
        """Claim it, send it, write down what became of it. Cut off in between, this one alone is in doubt."""
        claimed, link = await self._claim(batch, notice)
        if claimed.delivery is not Delivery.sending:
            return claimed
        delivery, reason = await self._tried(batch, notice, link)
        log.info("notice.tried", notice_key=notice.key, status=delivery)
        outcome = Delivered(key=notice.key, delivery=delivery, reason=reason)
        async with self._database.sessions.begin() as session:
            return await settle(session, outcome, datetime.now(UTC))

    async def _claim(
        self, batch: _Batch, notice: Notice
    ) -> tuple[Delivered, str | None]:
        """The claim, and what stands in the letter in place of the case's address, for those without an account."""
        order, now = batch.order, datetime.now(UTC)
        case_id = order.case_id
        async with self._database.sessions.begin() as session:
            claimed = await claim(session, case_id, notice, now)
            if claimed.delivery is not Delivery.sending:
                return claimed, None
            page, otherwise = _answered_at(batch, notice)
            if page is None:
                return claimed, otherwise
            link_id = await issue(session, case_id, notice, now, self._link_expiry)
        log.info("link.issued", link_id=link_id, notice_key=notice.key)
        return claimed, f"{self._public_url}/{page}/{self._signer.token(link_id)}"

    async def _tried(
        self, batch: _Batch, notice: Notice, link: str | None
    ) -> tuple[Delivery, str]:
        try:
            await self._hand_over(batch, notice, link)
        except Undeliverable as error:
            return Delivery.failed, error.reason
        except MailServerAway as error:
            return Delivery.queued, error.reason
        except PerhapsSent as error:
            return Delivery.uncertain, error.reason
        return Delivery.delivered, ""

    async def _hand_over(self, batch: _Batch, notice: Notice, link: str | None) -> None:
        """To the agency's own system where it has one, else as a letter."""
        hook = batch.webhooks.get(notice.receiver.seat or "")
        if hook is None:
            letter = batch.writer.letter(notice, link)
            invited = tuple(_invitations(batch, notice, datetime.now(UTC)))
            await self._mailer.send(letter.model_copy(update={"invitations": invited}))
            return
        order = batch.order
        said = Announcement.of(notice, order.case_id, order.ladder, order.kind)
        await self._webhooks.deliver(hook, said, datetime.now(UTC))


def _answered_at(batch: _Batch, notice: Notice) -> tuple[str | None, str | None]:
    """The page that takes an answer to this without an account; where there is none, what stands in its place, if anything."""
    order, receiver = batch.order, notice.receiver
    if order.kind != "conflict" and receiver.role == OUTSIDE:
        return ("sign" if notice.kind in SIGNED_KINDS else None), None
    if receiver.seat not in batch.without_account:
        return None, None
    if order.kind != "conflict":
        return None, by_phone(batch.agency)
    if notice.kind not in ASKING_KINDS:
        return None, NO_ANSWER_NEEDED
    return "answer", None


def _time_to_start() -> float:
    """For how many seconds letters may be begun, so that the last one still ends within this attempt."""
    whole = activity.info().start_to_close_timeout or TIMEOUT + FAREWELL
    return (whole - TIMEOUT - FAREWELL).total_seconds()


def _check_all_settled(order: NoticesToSend, found: Mapping[str, Delivered]) -> None:
    """Raises ApplicationError where notices are still to be sent."""
    away = [each for each in found.values() if each.delivery is Delivery.queued]
    waiting = len(order.notices) - len(found) + len(away)
    if waiting:
        raise ApplicationError(
            f"{waiting} of {len(order.notices)} notices wait for the mail server.",
            type=MailServerAway.__name__ if away else "MailServerSlow",
            next_retry_delay=None if away else GO_ON_AFTER,
        )


def _people(order: NoticesToSend) -> set[str]:
    seats = [notice.receiver for notice in order.notices]
    seats += [notice.sender for notice in order.notices if notice.sender]
    return {key for seated in seats if (key := address_key(order.kind, seated))}


async def _life(session: AsyncSession, order: NoticesToSend) -> CarePlanFacts | None:
    """What the case knows of its team and their meetings as they stand now, which may be later than the notice."""
    about_team = any(
        notice.kind in MEETING_KINDS or notice.receiver.role == OUTSIDE
        for notice in order.notices
    )
    row = await session.get(CaseRow, order.case_id) if about_team else None
    return known_of(row).life if row else None


def _invitations(batch: _Batch, notice: Notice, now: datetime) -> Iterator[Invitation]:
    if notice.kind not in MEETING_KINDS or not notice.what.isdecimal():
        return
    for meeting in worth_telling(batch.meetings, int(notice.what)):
        yield invitation(
            meeting,
            case=batch.order.case_id,
            agency=batch.agency,
            language=batch.writer.language(notice),
            address=batch.writer.shown_at(notice),
            made_at=now,
        )
