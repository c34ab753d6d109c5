"""Sends the notices a case has queued, by e-mail, in the words of the pack the case was opened under."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from throughcare.domain.calendar import Calendar
from throughcare.domain.casefile import Delivered, Delivery, Notice
from throughcare.letters import NOTHING_ASKED, LetterWriter
from throughcare.links import ASKING_KINDS, LinkSigner
from throughcare.mail import Mailer, MailServerAway, PerhapsSent, Undeliverable
from throughcare.messages import NoticesSent, NoticesToSend
from throughcare.store.database import Database
from throughcare.store.links import answering_by_link, issue
from throughcare.store.notices import addressees, calendar_of, claim, settle
from throughcare.store.packs import pack_by_digest

log = structlog.get_logger()


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
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._public_url = public_url
        self._calendars = calendars
        self._signer = signer
        self._link_expiry = link_expiry

    @activity.defn
    async def send_notices(self, order: NoticesToSend) -> NoticesSent:
        """Every notice is sent at most once, however often this is called.

        Retryable while the mail server is away: what went out stays settled, the rest is tried again.
        """
        claimed, writer = await self._claim(order)
        found = await asyncio.gather(
            *(
                self._send(writer, notice, outcome)
                for notice, outcome in zip(order.notices, claimed, strict=True)
            )
        )
        outcomes = await self._settle(found)
        waiting = sum(each.delivery is Delivery.queued for each in outcomes)
        if waiting:
            raise ApplicationError(
                f"{waiting} of {len(outcomes)} notices wait for the mail server.",
                type=MailServerAway.__name__,
            )
        return NoticesSent(outcomes=outcomes)

    async def _claim(
        self, order: NoticesToSend
    ) -> tuple[list[Delivered], LetterWriter]:
        now = datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            claimed = [
                await claim(session, order.case_id, notice, now)
                for notice in order.notices
            ]
            people = await addressees(session, _people(order))
            links = await self._links(session, order, now)
            pack = await pack_by_digest(session, order.pack.digest)
            calendar = self._calendars.get(
                await calendar_of(session, order.case_id) or ""
            )
        zone = ZoneInfo(calendar.zone if calendar else "UTC")
        writer = LetterWriter(order, pack, people, zone, self._public_url, links)
        return claimed, writer

    async def _links(
        self, session: AsyncSession, order: NoticesToSend, now: datetime
    ) -> dict[str, str]:
        """By notice, where its receiver answers without an account: their own link, or nothing that only an account opens."""
        seats = {each.receiver.seat for each in order.notices if each.receiver.seat}
        without = await answering_by_link(session, seats)
        links = {}
        for notice in order.notices:
            if notice.receiver.seat not in without:
                continue
            links[notice.key] = NOTHING_ASKED
            if notice.kind in ASKING_KINDS:
                link_id = await issue(
                    session, order.case_id, notice, now, self._link_expiry
                )
                token = self._signer.token(link_id)
                links[notice.key] = f"{self._public_url}/answer/{token}"
        return links

    async def _send(
        self, writer: LetterWriter, notice: Notice, claimed: Delivered
    ) -> Delivered:
        if claimed.delivery is not Delivery.sending:
            return claimed
        delivery, reason = await self._tried(writer, notice)
        log.info("notice.tried", notice_key=notice.key, status=delivery)
        return Delivered(key=notice.key, delivery=delivery, reason=reason)

    async def _tried(
        self, writer: LetterWriter, notice: Notice
    ) -> tuple[Delivery, str]:
        try:
            await self._mailer.send(writer.letter(notice))
        except Undeliverable as error:
            return Delivery.failed, error.reason
        except MailServerAway as error:
            return Delivery.queued, error.reason
        except PerhapsSent as error:
            return Delivery.uncertain, error.reason
        return Delivery.delivered, ""

    async def _settle(self, found: list[Delivered]) -> tuple[Delivered, ...]:
        now = datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            return tuple([await settle(session, each, now) for each in found])


def _people(order: NoticesToSend) -> set[str]:
    seats = [notice.receiver for notice in order.notices]
    seats += [notice.sender for notice in order.notices if notice.sender]
    return {seated.person for seated in seats if seated.person}
