"""Notices as e-mail, in the words of the case's pack. It takes whatever no other channel does."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection

from throughcare.case.notice import Notice
from throughcare.documents.calendar import Invitation, invitation, worth_telling
from throughcare.notices.channel import Parcel
from throughcare.notices.mail import MailConnection, Mailer

MAIL_SERVER = "mail"

MEETING_KINDS = ("meeting", "client_meeting", "member_meeting")
"""Notices of a meeting, whose number is what they say. It goes along for the calendar."""


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
        invited = tuple(_invitations(parcel, at))
        await self._connection.send(letter.model_copy(update={"invitations": invited}))

    async def close(self) -> None:
        await self._connection.close()


def is_of_meeting(notice: Notice) -> bool:
    return notice.kind in MEETING_KINDS


def _invitations(parcel: Parcel, now: datetime) -> Iterator[Invitation]:
    notice, about = parcel.notice, parcel.about
    if not (is_of_meeting(notice) and notice.what.isdecimal()):
        return
    for meeting in worth_telling(parcel.meetings, int(notice.what)):
        yield invitation(
            meeting,
            case=about.case_id,
            agency=about.agency,
            language=parcel.writer.language(notice),
            address=parcel.writer.shown_at(notice),
            made_at=now,
        )
