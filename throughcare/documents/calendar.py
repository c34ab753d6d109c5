"""Invitations to meetings of a team, for people's calendars (RFC 5545, RFC 5546).

A calendar is often shared and kept elsewhere, so an invitation says neither whom the meeting is about, nor who else comes,
nor where it is: that is shown with the case.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

from icalendar import Calendar, Event, vCalAddress

from throughcare.case.base import Frozen
from throughcare.documents.words import words_in
from throughcare.lifecycles.client.plan_facts import Meeting, MeetingStatus

PRODUCT = "-//Throughcare//Throughcare//EN"
MEDIA_TYPE = "text/calendar"
AN_HOUR = timedelta(hours=1)
"""How long a meeting stands in a calendar whose end nobody said."""

NOBODY = "invalid:nomail"
"""Stands for somebody without an e-mail address, as calendar programs know it."""


class Invitation(Frozen):
    """To one meeting, or word that it is not held. `sequence` tells a calendar which of two is the newer."""

    case: str
    number: int
    at: datetime
    ends_at: datetime | None
    sequence: int
    cancelled: bool
    agency: str
    language: str
    address: str | None
    """Where the case is shown, for those who can sign in."""
    made_at: datetime

    @property
    def method(self) -> str:
        return "CANCEL" if self.cancelled else "REQUEST"

    @property
    def uid(self) -> str:
        return f"{self.case}-meeting-{self.number}@throughcare"

    def ics(self, sender: str, receiver: str | None) -> bytes:
        """`sender` as mail is sent from, with a name or without."""
        words = words_in(self.language)
        event = Event()
        event.add("uid", self.uid)
        event.add("sequence", self.sequence)
        event.add("dtstamp", self.made_at.astimezone(UTC))
        event.add("dtstart", self.at.astimezone(UTC))
        event.add("dtend", (self.ends_at or self.at + AN_HOUR).astimezone(UTC))
        event.add("summary", words.meeting)
        event.add("status", "CANCELLED" if self.cancelled else "CONFIRMED")
        event.add("class", "PRIVATE")
        organizer = vCalAddress(f"mailto:{parseaddr(sender)[1]}")
        organizer.params["CN"] = self.agency
        event.add("organizer", organizer)
        event.add("attendee", _attendee(receiver))
        if self.address:
            event.add("description", words.meeting_place)
            event.add("url", self.address)
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("method", self.method)
        calendar.add_component(event)
        made: bytes = calendar.to_ical()
        return made


def _attendee(receiver: str | None) -> vCalAddress:
    """Nobody reads an answer that a calendar sends, so none is asked for."""
    attendee = vCalAddress(f"mailto:{receiver}" if receiver else NOBODY)
    attendee.params |= {
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "NEEDS-ACTION",
        "RSVP": "FALSE",
    }
    return attendee


def invitation(
    meeting: Meeting,
    *,
    case: str,
    agency: str,
    language: str,
    address: str | None,
    made_at: datetime,
    withdrawn: bool = False,
) -> Invitation:
    """`withdrawn` where whoever gets it is no longer expected, though others are."""
    is_off = meeting.status is MeetingStatus.not_held
    return Invitation(
        case=case,
        number=meeting.number,
        at=meeting.at,
        ends_at=meeting.ends_at,
        # That it is not held is a change of its own.
        sequence=meeting.sequence + is_off,
        cancelled=is_off or withdrawn,
        agency=agency,
        language=language,
        address=address,
        made_at=made_at,
    )
