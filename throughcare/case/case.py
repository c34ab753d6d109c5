"""The engine under every lifecycle: duties that open with their due dates, clocks that run, and what their ends do. Pure.

`throughcare.case.advance` says in which order a case is driven. A lifecycle adds its state, its messages and its few own rules,
and never a loop.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from throughcare.case.base import Frozen
from throughcare.case.clock import Clock, Limit, Then, Wake
from throughcare.case.consents import ConsentFacts
from throughcare.case.duty import Act, Basis, Discharge, Duty, DutyStatus, duty_id
from throughcare.case.entry import CaseLink, EntryKind, LinkedCase, Relation
from throughcare.case.message import Message, Messages
from throughcare.case.needs import DateWanted, Found, Needs, Outgoing, Word
from throughcare.case.parts import ClauseId, PackRef, RoleId
from throughcare.case.seats import Capacity, Seated, SeatQuery
from throughcare.case.staffing import StaffedCase
from throughcare.case.wording import NOBODY, one_per_seat
from throughcare.time.deadline import Dated, Receipt

CASE_LINKED = "case_linked"
"""What a case says to another one that is now tied to it: a LinkedCase."""

SEEN_FROM_THERE = {
    Relation.merged_into: Relation.absorbed,
    Relation.duplicate_of: Relation.duplicate,
    Relation.same_dispute: Relation.same_dispute,
    Relation.same_person: Relation.same_person,
}
"""What a case is to the one that it names."""

RETRY = timedelta(hours=1)
"""How long a due date that could not be derived is left before it is asked for again."""


class Ask(Frozen):
    """A duty that is to be opened: the roles that hold it, the first one first, and what it is directed at."""

    act: str
    clause: ClauseId
    text: str
    holders: tuple[RoleId, ...]
    target: str | None = None


class Pending(Frozen):
    """A duty whose moment has come, and whose due date is still to be derived."""

    number: int
    ask: Ask
    moment: str
    started_at: datetime
    limit: Limit | None = None
    entered_at: datetime | None = None
    """When somebody said that its moment has come, where that is not now."""

    @property
    def key(self) -> str:
        return f"pending:{self.number}"

    @property
    def act(self) -> str:
        return self.ask.act

    @property
    def target(self) -> str | None:
        return self.ask.target


class Numbered(Frozen):
    """A writing of a section: `seq` counts them over the whole document."""

    seq: int


class Case(StaffedCase):
    """The state of one case, and what time, seats and due dates do to it.

    `pending` are the duties to be opened before anything else, `clocks` the limits that run: of a duty under its id, of a step
    whose duties share one under the step's. `outgoing` is what other cases are still to be told, or to be begun.
    """

    messages: ClassVar[Messages]
    words: ClassVar[frozenset[str]] = frozenset({CASE_LINKED})
    """What other cases may say to this kind."""

    kind: str
    policy: Any
    pack: PackRef | None = None
    """The version it was moved to, where it is no longer that of its opening."""
    client: str | None = None
    """The opaque id of whom it is about, where that is somebody the database knows."""
    opened_at: datetime
    closed_at: datetime | None = None
    status: str = "open"
    chosen: dict[RoleId, str] = Field(default_factory=dict)
    """Seats settled for this case alone."""
    recused: dict[RoleId, list[str]] = Field(default_factory=dict)
    """The people who stepped back from a part in this case."""
    pending: list[Pending] = Field(default_factory=list)
    pendings: int = 0
    """How many there have been, so that each has a number of its own."""
    clocks: dict[str, Clock] = Field(default_factory=dict)
    retry_at: datetime | None = None
    """When to ask again for due dates that could not be derived."""
    seats_wanted: bool = True
    """Whether somebody else may sit somewhere since they were last looked up."""
    outgoing: list[Outgoing] = Field(default_factory=list)

    # -- what the lifecycle says -----------------------------------------------------------------------------------

    @property
    @abstractmethod
    def is_closed(self) -> bool: ...

    @property
    def administrator(self) -> Seated:
        return self.seated[self.policy.administrator]

    @property
    def oversight(self) -> Seated:
        return self.seated[self.policy.oversight]

    @property
    @abstractmethod
    def main_clause(self) -> ClauseId:
        """The clause the case is under where nothing nearer says."""

    @abstractmethod
    def queries(self) -> tuple[SeatQuery, ...]:
        """Every seat it needs to know now."""

    @abstractmethod
    def correctors(self) -> tuple[RoleId, ...]:
        """Whose entries can be corrected, and who can correct those of others."""

    @abstractmethod
    def cancelled(self, now: datetime) -> None:
        """An operator's cancellation means withdrawn; the record says that nobody of the case did it."""

    @property
    def level(self) -> int:
        """How far up it has climbed, where its lifecycle counts that."""
        return 0

    @property
    def due_at(self) -> datetime | None:
        """The soonest due date that is still to come."""
        dues = (duty.due_at for duty in self.open_duties() if duty.due_at)
        return min(dues, default=None)

    @property
    def is_halted(self) -> bool:
        """Whether it waits for somebody to mend what keeps its next step from beginning."""
        return False

    @property
    def is_overdue(self) -> bool:
        missed = (duty.status is DutyStatus.missed for duty in self.duties)
        return not self.is_closed and any(missed)

    @property
    @abstractmethod
    def facts(self) -> BaseModel:
        """What its record says of it that only its lifecycle knows."""

    @property
    def written(self) -> Sequence[Numbered]:
        """Of a case that writes a document, the writings of its sections that it carries, in order."""
        return ()

    def let_go_of_writings(self) -> None:
        """Keep those that something may still be asked of; the tables have them all."""

    @property
    def lives_long(self) -> bool:
        """Whether it goes on for years: of what is over it records the change alone."""
        return False

    @property
    def step_title(self) -> str:
        """What the step it is at is called on a page."""
        return self.step.replace("_", " ").capitalize()

    def program_title(self, program: str) -> str:
        return program

    @property
    def wants_a_look(self) -> bool:
        """Whether something outside may be otherwise than the case knows."""
        return not self.is_closed and self.seats_wanted

    def look_again(self, what: str) -> None:
        """Something outside changed: `directory_changed`, or what only some kinds of case know of."""
        if not self.is_closed:
            self.want_seats()

    def want_seats(self) -> None:
        """Somebody else may sit somewhere."""
        self.seats_wanted = True

    def above(self, role: RoleId) -> RoleId | None:
        """Whom a missed duty of this role goes up to."""
        return None

    def limit_above(self) -> Limit | None:
        """How long whoever is above has to see to what was missed below."""
        return None

    def discharged_by(self, duty: Duty) -> tuple[RoleId, ...]:
        """The roles that a message which discharges this duty may come from."""
        return tuple(holder.role for holder in duty.holders)

    def in_the_way_of(self, duty: Duty) -> list[Duty]:
        """Duties that the policy wants done before this one."""
        return []

    def right_to_speak(
        self, message: Message, seated: Seated, right: Capacity
    ) -> Capacity | None:
        """By what right a person speaks from a seat they may act from; None where they may not in this case."""
        person = message.actor.person
        is_out = any(person in recused for recused in self.recused.values())
        return None if is_out else right

    def outside_speaker(self, message: Message) -> str | None:
        """Who without a seat says this through a signed link, where this lifecycle sends any out."""
        return None

    def take_word(self, name: str, facts: dict[str, Any], now: datetime) -> None:
        """What another case says, under a name its lifecycle knows. A word nobody knows changes nothing."""
        if name == CASE_LINKED:
            said = LinkedCase.model_validate(facts)
            self.tie(said.link, said.at, now)

    def tie_to(self, kind: str, case: str, relation: Relation, now: datetime) -> None:
        """Name another case here, and have it name this one."""
        self.links.append(CaseLink(case=case, relation=relation))
        link = CaseLink(case=self.case_id, relation=SEEN_FROM_THERE[relation])
        facts = LinkedCase(link=link, at=now).model_dump(mode="json")
        self.outgoing.append(
            Word(kind=kind, case_id=case, name=CASE_LINKED, facts=facts)
        )

    # -- duties that open ------------------------------------------------------------------------------------------

    def want(
        self,
        ask: Ask,
        at: datetime,
        *,
        moment: str = "",
        limit: Limit | None = None,
    ) -> None:
        """A duty is to be opened, counted from `at`."""
        self.pendings += 1
        self.pending.append(
            Pending(
                number=self.pendings,
                ask=ask,
                moment=moment or self.step,
                started_at=at,
                # As it is when the case goes on in another run: without what only its policy knows of it.
                limit=Limit.model_validate(dict(limit)) if limit else None,
            )
        )

    def entered(self, at: datetime, after: int = 0) -> None:
        """What has been asked for since the first `after` duties was entered at this instant."""
        self.pending = [
            each.model_copy(update={"entered_at": at}) if each.number > after else each
            for each in self.pending
        ]

    def open_asked(
        self,
        ask: Ask,
        step: str,
        at: datetime,
        receipt: Receipt | None = None,
        basis: Basis | None = None,
    ) -> Duty:
        return self.open_duty(
            Duty(
                id=duty_id(step, ask.clause, ask.act, ask.holders[0]),
                clause=ask.clause,
                act=ask.act,
                text=ask.text,
                step=step,
                holders=tuple(self.seated[role] for role in ask.holders),
                opened_at=at,
                due_at=receipt.due_at if receipt else None,
                receipt=receipt,
                basis=basis,
                target=ask.target,
            )
        )

    def open_pending(
        self, ready: Sequence[Pending], dates: dict[str, Dated], now: datetime
    ) -> None:
        """Open what is next, each with its due date. One that has none for want of a calendar opens without, and is in
        plain sight until somebody mends it (ruling 5)."""
        opened = []
        for pending in ready:
            self.pending.remove(pending)
            date = dates.get(pending.key, Dated())
            if date.problem and self.is_from_before(pending.started_at):
                # No calendar is ever mended that far back; whether it was late is not known.
                pending = pending.model_copy(update={"limit": None})
            elif date.problem:
                self.retry_at = now + RETRY
                self.ask_to_mend_calendar(date.problem, pending.ask.clause, now)
            opened.append(self._open_pending(pending, date.receipt, now))
        self.announce(opened)

    def _open_pending(
        self, pending: Pending, receipt: Receipt | None, now: datetime
    ) -> Duty:
        ask = pending.ask.model_copy(
            update={"holders": self.holders_now(pending.ask.holders)}
        )
        limit = pending.limit
        basis = limit.basis if limit else None
        duty = self.open_asked(ask, pending.moment, pending.started_at, receipt, basis)
        if duty.due_at and self.is_from_before(duty.due_at):
            return self._was_due(duty, "It was due before the case came here", now)
        entered_at = None if self.is_of_before else pending.entered_at
        if duty.due_at and entered_at and duty.due_at < entered_at:
            # On record as missed, and nobody is called for what lies in the past (ruling 15).
            duty = self._was_due(duty, "It was due before it was entered", now)
        elif limit:
            clock = Clock(then=Then.climb, started_at=duty.opened_at, limit=limit)
            self.clocks[duty.id] = self.dated(clock, duty.due_at, now)
        self.see_filled(ask.holders[0], duty.clause, now)
        self.pass_up_what_is_urgent(duty, now)
        return duty

    def dated(self, clock: Clock, due_at: datetime | None, now: datetime) -> Clock:
        """Whoever is told of it only now needs no reminder that was to come before."""
        dated = clock.dated(due_at) if due_at else clock
        if dated.remind_at and dated.remind_at <= now and not self.is_of_before:
            return dated.model_copy(update={"remind_at": None})
        return dated

    def holders_now(self, roles: tuple[RoleId, ...]) -> tuple[RoleId, ...]:
        """Who has a duty that is opened now for these roles."""
        return roles

    def is_from_before(self, at: datetime) -> bool:
        """Whether this was before the case was taken over from elsewhere."""
        return False

    def _was_due(self, duty: Duty, when: str, now: datetime) -> Duty:
        missed = duty.ended(DutyStatus.missed)
        self.replace_duty(missed)
        self.note_missed(duty, f"{when}: {duty.text}.", now)
        return missed

    def announce(self, opened: Sequence[Duty]) -> None:
        """Their holders are told of what has become theirs."""

    # -- duties that end -------------------------------------------------------------------------------------------

    def discharge(self, duty: Duty, by: Discharge) -> Duty:
        """It is done; whoever above was to see to it has nothing left to see to."""
        done = duty.discharged(by)
        self.replace_duty(done)
        self._rest(duty)
        for above in self.outstanding(Act.follow_up):
            if above.target == duty.id:
                text = f"Done: {duty.text}."
                self.replace_duty(
                    above.discharged(by.model_copy(update={"text": text}))
                )
                self.clocks.pop(above.id, None)
        return done

    def drop(self, duty: Duty, status: DutyStatus, by: Discharge) -> None:
        """It need not be done any more."""
        self.replace_duty(duty.ended(status, by))
        self._rest(duty)
        for above in self.outstanding(Act.follow_up):
            if above.target == duty.id:
                self.replace_duty(above.ended(DutyStatus.withdrawn, by))
                self.clocks.pop(above.id, None)

    def take_back(self, duties: Sequence[Duty], by: Discharge) -> tuple[Seated, ...]:
        """They came of a mistake, or were done by one: nothing counts or waits for them, nor for what went up from them
        (ruling 21). Returns who was told of them."""
        ids = {duty.id for duty in duties}
        mistaken = [d for d in self.duties if d.id in ids or d.target in ids]
        for duty in mistaken:
            end = duty.discharge or by
            self.replace_duty(duty.ended(DutyStatus.taken_back, end))
            self._rest(duty)
        return one_per_seat(holder for duty in mistaken for holder in duty.holders)

    def tell_of_mistake(
        self, receivers: Iterable[Seated], what: str, clause: ClauseId
    ) -> None:
        """Those who were told are told that it was an error; nothing goes to the client."""
        for each in one_per_seat(receivers):
            step = self.step
            self.notify("taken_back", each, step=step, clause=clause, what=what)

    def _rest(self, duty: Duty) -> None:
        """Nobody is reminded of it any more, and what was about to go up does not."""
        self.clocks.pop(duty.id, None)
        self.pending = [
            each
            for each in self.pending
            if (each.ask.act, each.ask.target) != (Act.follow_up, duty.id)
        ]

    # -- what is needed from outside -------------------------------------------------------------------------------

    def needs(self, now: datetime) -> Needs:
        """Everything that can be looked up at once; when that is all known, what other cases are to be told."""
        if self.is_closed:
            seats = self.queries() if self.seats_wanted else ()
            return Needs(seats=seats) if seats else Needs(outgoing=tuple(self.outgoing))
        wanted = Needs(
            seats=self.queries() if self.seats_wanted else (),
            dates=tuple(self.dates_wanted(now)),
            consents_of=self.consents_wanted(),
        )
        if wanted or self.pending:
            return wanted
        self.queue_outgoing(now)
        return Needs(outgoing=tuple(self.outgoing))

    def dates_wanted(self, now: datetime) -> Iterator[DateWanted]:
        for pending in self.pending:
            if pending.limit:
                rule = pending.limit.rule
                yield DateWanted(
                    key=pending.key, rule=rule, started_at=pending.started_at
                )
        if self.retry_at is not None:
            return
        for key, clock in self.clocks.items():
            if clock.is_undated and clock.limit:
                rule = clock.limit.rule
                yield DateWanted(
                    key=f"clock:{key}", rule=rule, started_at=clock.started_at
                )

    def consents_wanted(self) -> str | None:
        """The client whose consents may have changed."""
        return None

    def queue_outgoing(self, now: datetime) -> None:
        """Add to `outgoing` what follows from where the case has come to rest."""

    def take(self, found: Found, now: datetime) -> None:
        """What was looked up or done. Seats come first: duties are opened for whoever sits there."""
        if found.seats:
            self.seats_wanted = False
            self.take_seats(found.seats, now)
        if found.consents is not None and not self.is_closed:
            asked = self.queries()
            self.take_consents(found.consents, now)
            if self.queries() != asked:
                # A member of a team may know of the case now, or no longer.
                self.want_seats()
        if not self.is_closed:
            self.take_dates(found.dates, now)
        del self.outgoing[: found.sent]
        for word in found.undelivered:
            self.could_not_tell(word, now)

    def take_dates(self, dates: dict[str, Dated], now: datetime) -> None:
        late = {k: dates[f"clock:{k}"] for k in self.clocks if f"clock:{k}" in dates}
        for key, date in late.items():
            self.date_clock(key, date, now)
        if late:
            self._see_calendar_mended(now)
        ready = [p for p in self.pending if p.limit is None or p.key in dates]
        if ready:
            self.open_pending(ready, dates, now)

    def date_clock(self, key: str, date: Dated, now: datetime) -> None:
        """The due date that could not be derived when the clock began."""
        if date.receipt is None:
            return
        clock = self.clocks[key].dated(date.receipt.due_at)
        self.clocks[key] = clock
        for duty in self.open_duties():
            if duty.id == key:
                fields = {"due_at": date.receipt.due_at, "receipt": date.receipt}
                self.replace_duty(duty.model_copy(update=fields))

    def _see_calendar_mended(self, now: datetime) -> None:
        if any(clock.is_undated for clock in self.clocks.values()):
            self.retry_at = now + RETRY
        else:
            self.retry_at = None
            self.calendar_mended(now)

    def take_consents(self, found: tuple[ConsentFacts, ...], now: datetime) -> None:
        """What is on file now."""

    def could_not_tell(self, word: Word, now: datetime) -> None:
        """One that has ended meanwhile needs to hear nothing more."""

    # -- seats -----------------------------------------------------------------------------------------------------

    def query(self, role_id: RoleId) -> SeatQuery:
        role = self.policy.roles[role_id]
        below = self.chosen.get(role.reports_from) if role.reports_from else None
        return SeatQuery(
            role=role_id,
            title=role.title,
            accepts=role.accepts,
            seat=self.chosen.get(role_id),
            below=below,
        )

    def take_seats(self, found: Sequence[Seated], now: datetime) -> None:
        """Who sits where now. A seat that changed hands takes its duties along, clocks untouched (O-06)."""
        if self.is_closed:
            # It keeps what it closed with, and hears one more message by who sits there now.
            self.seated.update((seated.role, seated) for seated in found)
            return
        for seated in found:
            before = self.seat(seated)
            if before is not None and before.person != seated.person:
                self.hand_over(before, seated, now)
        self.settle_seats(now)

    def see_filled(self, role: RoleId, clause: ClauseId, now: datetime) -> None:
        """Whoever fills seats is told at once of one that has something open and nobody in it."""
        seated = self.seated[role]
        if seated.is_empty:
            reason = NOBODY if seated.seat else "the directory has no such seat"
            self.ask_to_fill(seated, reason, clause, now, waits=False)

    def settle_seats(self, now: datetime) -> None:
        """Duties to fill a seat end where somebody sits there now, and others open where nobody does (ruling 5)."""
        for duty in self.outstanding(Act.fill_seat):
            seated = self.seated[duty.target or ""]
            if not seated.is_empty:
                self.filled(duty, seated, now)
        for duty in self.open_duties():
            for holder in duty.holders:
                self.see_filled(holder.role, duty.clause, now)
            self.pass_up_what_is_urgent(duty, now)

    def pass_up_what_is_urgent(self, duty: Duty, now: datetime) -> None:
        """What cannot wait until somebody sits in an empty seat goes to the next in line (ruling 22)."""

    # -- time ------------------------------------------------------------------------------------------------------

    def wakes(self) -> tuple[Wake, ...]:
        """Every instant at which time alone changes the case. One timer each, its clause and seats in the summary."""
        return () if self.is_closed else tuple(self._wakes())

    def _wakes(self) -> Iterator[Wake]:
        for duty in self.open_duties():
            yield from self.duty_wakes(duty)
        if self.retry_at:
            text = f"{self.step_ahead} waits for a due date: ask again"
            yield Wake(name="calendar", at=self.retry_at, text=text)
        if change_at := self.next_seat_change_at():
            yield Wake(name="seats", at=change_at, text="a seat changes hands")

    def duty_wakes(self, duty: Duty) -> Iterator[Wake]:
        said = f"{duty.text} ({duty.clause})"
        if duty.due_at:
            whose = (duty.basis or Basis.agency).whose
            text = f"{duty.step}: {said}, {whose} limit"
            yield Wake(name=f"due:{duty.id}", at=duty.due_at, text=text)
        clock = self.clocks.get(duty.id)
        if clock and clock.remind_at:
            text = f"{duty.step} reminder: {said}"
            yield Wake(name=f"remind:{duty.id}", at=clock.remind_at, text=text)

    def on_time(self, now: datetime, *, for_message: bool = False) -> None:
        """Time has come: what is due is missed, who is waited for is reminded, and a limit that is over does what it does.

        Before a message that was received at `now`, the very instant of a limit is still in time (ruling 16).
        """

        def is_over(at: datetime) -> bool:
            return at < now if for_message else at <= now

        for duty in self.miss_what_is_due(is_over):
            text = (
                f"Not done by {(duty.basis or Basis.agency).whose} limit: {duty.text}."
            )
            self.note_missed(duty, text, now)
            clock = self.clocks.pop(duty.id, None)
            if clock and clock.then is Then.climb:
                self.climb(duty, now)
        for key, clock in list(self.clocks.items()):
            if self.clocks.get(key) is not clock:
                continue
            if clock.due_at and is_over(clock.due_at):
                self.clocks.pop(key)
                self.limit_over(key, clock, now)
            elif clock.remind_at and is_over(clock.remind_at):
                self.clocks[key] = clock.model_copy(update={"remind_at": None})
                self.remind(key, now)
        if self.retry_at and is_over(self.retry_at):
            self.retry_at = None
            self.ask_dates_again(now)
        change_at = self.next_seat_change_at()
        if change_at is not None and is_over(change_at):
            self.want_seats()

    def note_missed(self, duty: Duty, text: str, now: datetime) -> None:
        clause, due_at = duty.clause, duty.due_at
        self.note(
            EntryKind.missed, text, now, event_at=due_at, step=duty.step, clause=clause
        )

    def limit_over(self, key: str, clock: Clock, now: datetime) -> None:
        """The clock of a step is over, or one that is no duty's own."""

    def ask_dates_again(self, now: datetime) -> None:
        if any(clock.is_undated for clock in self.clocks.values()):
            return
        text = "Nothing here waits for a due date any more."
        end = Discharge(event_at=now, entered_at=now, text=text)
        for duty in self.outstanding(Act.mend_calendar):
            self.drop(duty, DutyStatus.withdrawn, end)

    def climb(self, duty: Duty, now: datetime) -> None:
        """What was missed goes up to whoever is above its holder; from the highest it goes nowhere, and is reported."""
        holder = duty.holders[0]
        self.notify_of("missed", holder, duty)
        above = self.above(holder.role)
        if above is None:
            text = f"Nobody is above {holder.title}: it stays open. {duty.text}."
            self.note(
                EntryKind.unresolved, text, now, step=duty.step, clause=duty.clause
            )
            self.notify_of("unresolved", self.oversight, duty)
            return
        of = self.root_of(duty)
        why = "See to what was not done"
        if duty.is_open:
            why = f"Nobody sits at {holder.title}, so it is yours"
        text = f"{why}: {of.text}"
        ask = Ask(
            act=Act.follow_up,
            clause=duty.clause,
            text=text,
            holders=(above,),
            target=of.id,
        )
        at, limit = self.counted_above(duty, now)
        self.want(ask, at, moment=duty.step, limit=limit)

    def root_of(self, duty: Duty) -> Duty:
        """What was to be done in the first place, where whoever is above sees to it."""
        root = duty.target if duty.act == Act.follow_up else duty.id
        return next(each for each in self.duties if each.id == root)

    def counted_above(self, duty: Duty, now: datetime) -> tuple[datetime, Limit | None]:
        """From when, and how long, whoever is above has to see to this."""
        return now, self.limit_above()

    def remind(self, key: str, now: datetime) -> None:
        """Whoever a duty, or a step, waits for is reminded of it. Where nobody is there, nobody was (ruling 22)."""
        duty = next(each for each in self.duties if each.id == key)
        reaches = self.is_of_before or not duty.holders[0].is_empty
        if duty.is_open and reaches:
            self.notify_of("reminder", duty.holders[0], duty)
            text = f"Reminded {duty.holders[0].title}: {duty.text}."
            self.note(EntryKind.reminded, text, now, step=duty.step, clause=duty.clause)

    def notify_of(self, kind: str, receiver: Seated, duty: Duty) -> None:
        self.notify(
            kind,
            receiver,
            step=duty.step,
            clause=duty.clause,
            what=duty.text,
            due_at=duty.due_at,
            basis=duty.basis,
            duties=(duty,),
        )

    # -- its end ---------------------------------------------------------------------------------------------------

    def rest_for_good(self, text: str, now: datetime) -> None:
        """Closed means nothing is left open and no clock runs."""
        self.closed_at, self.seats_wanted = now, False
        self.pending.clear()
        self.clocks.clear()
        self.retry_at = None
        end = Discharge(event_at=now, entered_at=now, text=text)
        self.end_open_duties(DutyStatus.withdrawn, end)

    # -- for operators ---------------------------------------------------------------------------------------------

    @abstractmethod
    def as_table(self) -> str:
        """Where it stands, as Markdown; never anything about whom it concerns."""
