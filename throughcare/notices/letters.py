"""The words of a notice: a pack's text, filled in for one receiver."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from throughcare.case.duty import Basis
from throughcare.case.notice import Notice, ToldDuty
from throughcare.case.seats import Seated
from throughcare.documents.words import words_in
from throughcare.lifecycles.conflict.policy import ConflictPolicy
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.notices.daily import next_at
from throughcare.notices.failures import Undeliverable
from throughcare.notices.mail import Letter
from throughcare.notices.texts import OWN_NOTICES, SERVED_NOTICES, SERVED_NOTICES_IN
from throughcare.packs.pack import NoticeText, Pack
from throughcare.store.addressees import (
    PRINT_IT,
    Addressee,
    LetterCase,
    address_key,
    is_of_directory,
)

SHORT_ID = 6
"""The end of a case's id, which is its random part, is enough to tell cases apart in an inbox."""


NO_ANSWER_NEEDED = "You need not answer this message."
"""Stands where a link would, for people without an account whom a notice asks nothing: the case itself would not open."""

PLAIN = "en"
"""The language of what a pack says to everybody."""

_BEGINS_WITH = re.compile(r"(^\s*|[.!?]\s+)\{(lifecycle|whose)\}", re.MULTILINE)


class LetterWriter:
    """Fills in the pack's texts. It is given seats, names and policy, and nothing about a client but where to write to and
    in which language."""

    def __init__(
        self,
        about: LetterCase,
        pack: Pack | None,
        people: Mapping[str, Addressee],
        zone: ZoneInfo,
        public_url: str,
        recused: Collection[str] = (),
    ) -> None:
        self._about = about
        self._pack = pack
        self._people = people
        self._zone = zone
        self._public_url = public_url
        self._recused = recused

    def may_be_told(self, notice: Notice) -> bool:
        """Whoever is recused is told nothing more of the case (ruling 20)."""
        return notice.receiver.person not in self._recused

    def check_may_be_told(self, notice: Notice) -> None:
        """Raises Undeliverable."""
        if not self.may_be_told(notice):
            raise Undeliverable("they are recused from this case")

    def letter(self, notice: Notice, link: str | None = None) -> Letter:
        """`link` stands in place of the case's address. Raises Undeliverable where there is no e-mail address, or no text
        that can be filled in."""
        receiver = self._addressee(notice.receiver)
        if receiver is None or not receiver.email:
            is_client = notice.receiver.role == "client"
            raise Undeliverable(PRINT_IT if is_client else "no e-mail address")
        subject, body = self.words(notice, receiver.language or PLAIN, link)
        try:
            return Letter(
                to=receiver.email,
                subject=subject,
                body=body,
                message_id=sha256(notice.key.encode()).hexdigest()[:32],
            )
        except ValueError:
            raise self._cannot_be_filled_in(notice) from None

    def words(
        self, notice: Notice, language: str, link: str | None = None
    ) -> tuple[str, str]:
        """Subject and body. Raises Undeliverable."""
        pack, text = self._text(notice.kind, language)
        fields = self._fields(notice, pack, language, link)
        body = text.body
        if notice.duties and "{what}" not in body:
            body = body.replace("{link}", "{what}\n\n{link}")
        subject, body = self._filled_in(notice, fields, text.subject, body)
        said = self.redisclosure(language)
        return subject, f"{body.rstrip()}\n\n{said}\n" if said else body

    def lines(self, notice: Notice) -> list[str]:
        """The notice as part of a letter about several cases: what it is and its limit, one line for each duty. Raises
        Undeliverable."""
        pack, text = self._text(notice.kind, PLAIN)
        fields = self._fields(notice, pack, PLAIN, None)
        (title,) = self._filled_in(notice, fields, text.subject)
        what = notice.what if "{what}" in text.body else ""
        alone = ToldDuty(id="", text=what, due_at=notice.due_at, basis=notice.basis)
        if notice.duties or notice.due_at:
            told = notice.duties or (alone,)
            said = [self._limited(duty, pack, notice) for duty in told]
        else:
            said = [what]
        begun = (f"{title}: {each}" if each else title for each in said)
        return [f"- {' '.join(each.split())} {fields['link']}" for each in begun]

    def daily_at(self, notice: Notice, now: datetime) -> datetime | None:
        """When the receiver's daily letter leaves next, where they want one."""
        receiver = self._addressee(notice.receiver)
        if receiver is None or not receiver.email or receiver.daily_hour is None:
            return None
        return next_at(receiver.daily_hour, self._zone, now)

    def redisclosure(self, language: str) -> str:
        """What goes with whatever is said of a client of a recovery program (42 CFR 2.32)."""
        if self._pack is None:
            return ""
        return self._pack.redisclosure(self._about.kind, language)

    def language(self, notice: Notice) -> str:
        """The receiver's, where one is known."""
        receiver = self._addressee(notice.receiver)
        return (receiver.language if receiver else None) or PLAIN

    def shown_at(self, notice: Notice) -> str | None:
        """Where the receiver finds the case, if they can sign in."""
        if not is_of_directory(self._about.kind, notice.receiver):
            return None
        path = LIFECYCLES[self._about.kind].path
        return f"{self._public_url}{path}/{self._about.case_id}"

    def _filled_in(
        self, notice: Notice, fields: Mapping[str, str], *texts: str
    ) -> list[str]:
        try:
            return [_filled_in(each, fields) for each in texts]
        except (LookupError, ValueError, AttributeError):
            raise self._cannot_be_filled_in(notice) from None

    def _cannot_be_filled_in(self, notice: Notice) -> Undeliverable:
        return Undeliverable(
            f"the text for {notice.kind} in {self._about.pack} cannot be filled in"
        )

    def _text(self, kind: str, language: str) -> tuple[Pack, NoticeText]:
        """In their language where the pack has it, else in the pack's own. Raises Undeliverable."""
        if self._pack is None:
            raise self._has_no_text(kind)
        theirs = self._pack.notices_in.get(language, {}).get(kind)
        theirs = theirs or SERVED_NOTICES_IN.get(language, {}).get(kind)
        own = OWN_NOTICES | (SERVED_NOTICES if self._is_served else {})
        text = theirs or self._pack.notices.get(kind) or own.get(kind)
        if text is None:
            raise self._has_no_text(kind)
        return self._pack, text

    def _has_no_text(self, kind: str) -> Undeliverable:
        return Undeliverable(f"{self._about.pack} has no text for {kind}")

    @property
    def _is_served(self) -> bool:
        return self._about.kind != "conflict"

    def _addressee(self, seated: Seated) -> Addressee | None:
        return self._people.get(address_key(self._about.kind, seated) or "")

    def _fields(
        self, notice: Notice, pack: Pack, language: str, link: str | None
    ) -> dict[str, str]:
        """One for each of NOTICE_FIELDS, and in capitals those that may begin a sentence."""
        about, sender = self._about, notice.sender
        ladder, rung, other = _place(pack, about.ladder, notice)
        lifecycle = about.kind.replace("-", " ")
        whose = self._whose(pack, notice)
        what = notice.what
        if len(notice.duties) > 1:
            # Each has a limit of its own, and those of one letter need not agree.
            lines = (self._limited(duty, pack, notice) for duty in notice.duties)
            what = "\n".join(f"- {line}" for line in lines)
            limits = {(duty.due_at, duty.basis) for duty in notice.duties}
            whose = whose if len(limits) == 1 else "the soonest"
        return {
            "case": about.case_id[-SHORT_ID:],
            "link": link or self._address(notice),
            "ladder": ladder,
            "rung": rung,
            "sender": self._name(sender) if sender else "",
            "sender_title": sender.title if sender else "",
            "receiver": self._name(notice.receiver),
            "receiver_title": notice.receiver.title,
            "other": other,
            "due": self._due(notice.due_at, language),
            "whose": whose,
            "Whose": _capital(whose),
            "what": what,
            "clause": notice.clause or "",
            "lifecycle": lifecycle,
            "Lifecycle": _capital(lifecycle),
            "grievance": _grievance(pack, language),
        }

    def _due(self, due_at: datetime | None, language: str) -> str:
        if due_at is None or language == PLAIN:
            return due_words(due_at, self._zone)
        return words_in(language).moment(due_at, self._zone)

    def _limited(self, duty: ToldDuty, pack: Pack, notice: Notice) -> str:
        if duty.due_at is None:
            return f"{duty.text} (no limit)"
        own = notice.model_copy(update={"basis": duty.basis})
        due = due_words(duty.due_at, self._zone)
        return f"{duty.text} ({self._whose(pack, own)} limit: {due})"

    def _address(self, notice: Notice) -> str:
        """Whoever is not of the directory has no account; they call the agency."""
        return self.shown_at(notice) or self._about.agency

    def _name(self, seated: Seated) -> str:
        """A client is called by no name in an e-mail."""
        person = self._addressee(seated)
        return person.name if person and person.name else seated.title

    def _whose(self, pack: Pack, notice: Notice) -> str:
        """Whose limit it is that a notice tells: an agency's is never called the policy's, nor the other way (ruling 1)."""
        if notice.basis:
            return notice.basis.whose
        if self._is_served:
            return "the"
        return _limit_basis(pack.conflict, self._about.ladder, notice.step).whose


def spoken_in(pack: Pack, kind: str, language: str) -> str:
    """The language a client is written to in: theirs where the pack has the text in it."""
    spoken = (pack.notices_in.get(language, {}), SERVED_NOTICES_IN.get(language, {}))
    return language if any(kind in texts for texts in spoken) else PLAIN


def by_phone(agency: str) -> str:
    """Stands where a link would, for people without an account who have a part in a case about a client."""
    return f"Call {agency or 'the agency'}: what you say is entered for you."


def due_words(due_at: datetime | None, zone: ZoneInfo) -> str:
    if due_at is None:
        return "none"
    local = due_at.astimezone(zone)
    return f"{local:%A, %B} {local.day}, {local:%Y, %I:%M %p %Z}"


def _filled_in(text: str, fields: Mapping[str, str]) -> str:
    """A sentence that begins with one of these begins with a capital."""
    text = _BEGINS_WITH.sub(lambda found: f"{found[1]}{{{_capital(found[2])}}}", text)
    return text.format_map(fields)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _grievance(pack: Pack, language: str) -> str:
    """Where somebody who was refused can turn, in their language."""
    routes = pack.intake.endings.grievance if pack.intake else {}
    return routes.get(language) or routes.get(PLAIN, "")


def _limit_basis(policy: ConflictPolicy | None, ladder_id: str, rung_id: str) -> Basis:
    rungs = (
        r
        for each in (policy.ladders if policy else ())
        if each.id == ladder_id
        for r in each.rungs
    )
    rung = next((each for each in rungs if each.id == rung_id), None)
    return rung.limit.basis if rung and rung.limit else Basis.agency


def _place(pack: Pack, ladder_id: str, notice: Notice) -> tuple[str, str, str]:
    """The titles of the ladder, of the rung, and of those who speak there for the side that is not the receiver's."""
    policy = pack.conflict
    ladders = policy.ladders if policy else ()
    ladder = next((each for each in ladders if each.id == ladder_id), None)
    if policy is None or ladder is None:
        return ladder_id, notice.step.replace("_", " "), "the other side"
    rung = next((each for each in ladder.rungs if each.id == notice.step), None)
    role = policy.roles.get(notice.receiver.role)
    if rung is None or role is None or role.side is None:
        return ladder.title, rung.title if rung else notice.step, "the other side"
    others = (policy.roles[each].title for each in rung.seats[role.side.other])
    return ladder.title, rung.title, " or ".join(others)
