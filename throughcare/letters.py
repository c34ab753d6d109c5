"""The words of a notice: a pack's text, filled in for one receiver."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from throughcare.domain.casefile import Notice
from throughcare.domain.duty import Basis
from throughcare.domain.pack import Pack
from throughcare.domain.seats import Seated
from throughcare.mail import Letter, Undeliverable
from throughcare.messages import NoticesToSend
from throughcare.store.notices import Addressee
from throughcare.texts import OWN_NOTICES

SHORT_ID = 6
"""The end of a case's id, which is its random part, is enough to tell cases apart in an inbox."""


NO_ANSWER_NEEDED = "You need not answer this message."
"""Stands where a link would, for people without an account whom a notice asks nothing: the case itself would not open."""


class LetterWriter:
    """Fills in the pack's texts. It is given seats, names and policy, and nothing about a client."""

    def __init__(
        self,
        order: NoticesToSend,
        pack: Pack | None,
        people: Mapping[str, Addressee],
        zone: ZoneInfo,
        public_url: str,
    ) -> None:
        self._order = order
        self._pack = pack
        self._people = people
        self._zone = zone
        self._public_url = public_url

    def letter(self, notice: Notice, link: str | None = None) -> Letter:
        """`link` stands in place of the case's address. Raises Undeliverable where there is no e-mail address, or no text
        that can be filled in."""
        receiver = self._people.get(notice.receiver.person or "")
        if receiver is None or not receiver.email:
            raise Undeliverable("no e-mail address")
        said = self._pack.notices.get(notice.kind) if self._pack else None
        text = said or OWN_NOTICES.get(notice.kind)
        if self._pack is None or text is None:
            raise Undeliverable(f"{self._order.pack} has no text for {notice.kind}")
        fields = self._fields(notice, self._pack, link)
        try:
            return Letter(
                to=receiver.email,
                subject=text.subject.format_map(fields),
                body=text.body.format_map(fields),
                message_id=sha256(notice.key.encode()).hexdigest()[:32],
            )
        except (LookupError, ValueError, AttributeError):
            raise Undeliverable(
                f"the text for {notice.kind} in {self._order.pack} cannot be filled in"
            ) from None

    def _fields(self, notice: Notice, pack: Pack, link: str | None) -> dict[str, str]:
        """One for each of NOTICE_FIELDS."""
        order, sender = self._order, notice.sender
        ladder, rung, other = _place(pack, order.ladder, notice)
        return {
            "case": order.case_id[-SHORT_ID:],
            "link": link or f"{self._public_url}/conflicts/{order.case_id}",
            "ladder": ladder,
            "rung": rung,
            "sender": self._name(sender) if sender else "",
            "sender_title": sender.title if sender else "",
            "receiver": self._name(notice.receiver),
            "receiver_title": notice.receiver.title,
            "other": other,
            "due": self._due(notice.due_at),
            "whose": _whose(pack, order.ladder, notice.rung),
            "what": notice.what,
            "clause": notice.clause or "",
        }

    def _name(self, seated: Seated) -> str:
        person = self._people.get(seated.person or "")
        return person.name if person else seated.title

    def _due(self, due_at: datetime | None) -> str:
        if due_at is None:
            return "none"
        local = due_at.astimezone(self._zone)
        return f"{local:%A, %B} {local.day}, {local:%Y, %I:%M %p %Z}"


def _whose(pack: Pack, ladder_id: str, rung_id: str) -> str:
    """Whose limit it is that a notice tells: an agency's is never called the policy's, nor the other way (ruling 1)."""
    rungs = (
        r for each in pack.conflict.ladders if each.id == ladder_id for r in each.rungs
    )
    rung = next((each for each in rungs if each.id == rung_id), None)
    basis = rung.limit.basis if rung and rung.limit else Basis.agency
    return f"{basis.whose[0].upper()}{basis.whose[1:]}"


def _place(pack: Pack, ladder_id: str, notice: Notice) -> tuple[str, str, str]:
    """The titles of the ladder, of the rung, and of those who speak there for the side that is not the receiver's."""
    ladder = next(
        (each for each in pack.conflict.ladders if each.id == ladder_id), None
    )
    if ladder is None:
        return ladder_id, notice.rung, "the other side"
    rung = next((each for each in ladder.rungs if each.id == notice.rung), None)
    role = pack.conflict.roles.get(notice.receiver.role)
    if rung is None or role is None or role.side is None:
        return ladder.title, rung.title if rung else notice.rung, "the other side"
    others = (pack.conflict.roles[each].title for each in rung.seats[role.side.other])
    return ladder.title, rung.title, " or ".join(others)
