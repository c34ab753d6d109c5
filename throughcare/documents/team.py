"""The team of a care plan on paper: who is on it, who is invited, and which places stay open (CP-T-3)."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from throughcare.case.parts import Reading
from throughcare.documents.readings import UnderPolicy
from throughcare.documents.typesetting import pdf
from throughcare.documents.words import PaperWords, words_in
from throughcare.lifecycles.client.plan_facts import (
    CarePlanFacts,
    Meeting,
    Member,
    Slot,
)


class TeamPaper(UnderPolicy):
    """Whoever left, or was never wanted, is not on it, nor why: a team list is for the team."""

    agency: str
    client_name: str
    language: str
    zone: str
    members: tuple[Member, ...]
    open_slots: tuple[Slot, ...]
    next_meeting: Meeting | None
    changed_at: datetime


def team_paper(
    life: CarePlanFacts,
    *,
    agency: str,
    client_name: str,
    language: str,
    zone: str,
    readings: Sequence[Reading] = (),
    redisclosure: str = "",
) -> TeamPaper:
    return TeamPaper(
        agency=agency,
        client_name=client_name,
        language=language,
        zone=zone,
        members=tuple(life.members),
        open_slots=tuple(life.open_slots),
        next_meeting=life.next_meeting,
        # The client is on it from the start, so there is always a first change.
        changed_at=max(each.since_at for each in life.team),
        readings=tuple(readings),
        redisclosure=redisclosure,
    )


def team_pdf(paper: TeamPaper) -> bytes:
    words, zone = words_in(paper.language), ZoneInfo(paper.zone)
    data: dict[str, JsonValue] = {
        "words": words.model_dump(mode="json"),
        **paper.policy_words,
        "title": words.team,
        "agency": paper.agency,
        "client": paper.client_name,
        "changed": words.moment(paper.changed_at, zone),
        "head": [
            words.name,
            words.part,
            words.organization,
            words.contact,
            words.standing,
        ],
        "rows": [_row(each, words) for each in paper.members],
        "open": [f"{words.parts[e.kind]}: {e.reason}" for e in paper.open_slots],
        "meeting": _meeting(paper.next_meeting, words, zone),
    }
    return pdf("team", data, paper.changed_at)


def _row(member: Member, words: PaperWords) -> list[JsonValue]:
    of = ", ".join(filter(None, (member.organization, member.system)))
    standing = words.statuses[member.status]
    return [member.name, words.parts[member.kind], of, member.contact or "", standing]


def _meeting(meeting: Meeting | None, words: PaperWords, zone: ZoneInfo) -> JsonValue:
    if meeting is None:
        return None
    said: Sequence[tuple[str, str]] = (
        (words.when, words.moment(meeting.at, zone)),
        (words.where, meeting.place),
    )
    return [list(each) for each in said]
