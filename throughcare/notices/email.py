"""Notices as e-mail, in the words of the case's pack. It takes whatever no other channel does."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from throughcare.case.notice import Notice
from throughcare.documents.calendar import Invitation, invitation
from throughcare.lifecycles.care_plan.telling import OFF
from throughcare.lifecycles.client.plan_facts import MeetingStatus
from throughcare.notices.channel import Parcel
from throughcare.notices.mail import MailConnection, Mailer

MAIL_SERVER = "mail"

MEETING_KINDS = ("meeting", "client_meeting", "member_meeting")
"""Notices that ask to a meeting, whose number is what they say. It goes along for the calendar; with OFF, it leaves that."""


class EmailChannel:
    name = "e-mail"

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    def round(self) -> "EmailRound":
        return EmailRound(self._mailer.connection())


class EmailRound:
    """Over one connection to the mail server."""

    def __init__(self, connection: MailConnection) -> None:
        self._connection = connection

    def servers(
        self, connection: Connection, seats: Mapping[str, str | None]
    ) -> Mapping[str, str]:
        return dict.fromkeys(seats, MAIL_SERVER)

    async def send(self, parcel: Parcel, at: datetime) -> None:
        letter = parcel.writer.letter(parcel.notice, parcel.link)
        brought = _invitation(parcel, at)
        await self._connection.send(letter.model_copy(update={"invitation": brought}))

    async def close(self) -> None:
        await self._connection.close()


def is_of_meeting(notice: Notice) -> bool:
    return notice.kind.removesuffix(OFF) in MEETING_KINDS


def _invitation(parcel: Parcel, now: datetime) -> Invitation | None:
    """What a letter about a meeting puts into a calendar, or takes out of it: calendars read one of a letter. Nothing where it
    asks to one that is over, or not held."""
    notice, about = parcel.notice, parcel.about
    meeting = next((e for e in parcel.meetings if str(e.number) == notice.what), None)
    is_off = notice.kind.endswith(OFF)
    if meeting is None or not is_of_meeting(notice):
        return None
    if meeting.status is not MeetingStatus.scheduled and not is_off:
        return None
    return invitation(
        meeting,
        case=about.case_id,
        agency=about.agency,
        language=parcel.writer.language(notice),
        address=parcel.writer.shown_at(notice),
        made_at=now,
        withdrawn=is_off,
    )
