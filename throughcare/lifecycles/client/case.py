"""A case about a client: duties that moments open, clocks that run, and what is missed going up. Pure.

What opens which duty, whose it is and by when is the pack's (throughcare.lifecycles.client.policy); what people's messages do is
in throughcare.lifecycles.client_hearing. The workflow looks up seats, derives due dates, hands over the time, and goes on until
the case is closed.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.case import Wake
from throughcare.case.duty import (
    Act,
    Basis,
    Discharge,
    Duty,
    DutyStatus,
    duty_id,
)
from throughcare.case.entry import CaseLink, Relation
from throughcare.case.message import Message
from throughcare.case.notice import (
    Delivered,
    Delivery,
    Notice,
)
from throughcare.case.parts import ClauseId, RoleId
from throughcare.case.seats import (
    Attestation,
    Capacity,
    Seated,
    SeatQuery,
)
from throughcare.case.staffing import StaffedCase
from throughcare.case.wording import NOBODY, one_per_seat
from throughcare.lifecycles.client.acts import IntakeStatus
from throughcare.lifecycles.client.consents import ConsentFacts
from throughcare.lifecycles.client.facts import (
    ClientFacts,
    Flag,
    Held,
)
from throughcare.lifecycles.client.policy import (
    Branch,
    DutyLimit,
    DutySpec,
    Moment,
    SharedIndependence,
    SharedIntakePolicy,
)
from throughcare.time.deadline import (
    Dated,
    DayCount,
    Span,
    Within,
    remind_at,
)

RETRY = timedelta(hours=1)
"""How long a due date that could not be derived is left before it is asked for again."""

SHAPE = 1
"""What a case about a client that is opened today knows; a case keeps the shape it was opened with."""

URGENT = (Act.intake_unit_contact, Act.client_contact)
"""What is to be done in an emergency, day or night."""

ONCE = (Act.consents, Act.intake_review, Act.assignment)
"""Duties a case has one of, however many moments ask for them: a second emergency needs no second consents."""

CLOCKS = (
    Act.worker_contact,
    Act.monthly_review,
    Act.periodic_review,
    Act.annual_review,
)
"""What comes again and again, each from the last one."""

ITS_OWN = (Act.fill_seat, Act.mend_calendar, Act.independence, Act.follow_up)
"""Duties of the agency about the case, not steps of it."""


class Pending(Frozen):
    """A duty whose moment has come, and whose due date is still to be derived."""

    act: Act
    clause: ClauseId
    holder: RoleId
    text: str
    moment: str
    started_at: datetime
    limit: DutyLimit | None = None
    target: str | None = None

    @property
    def rule(self) -> Within | None:
        if self.limit is None:
            return None
        return Within(
            within=self.limit.within, days=self.limit.days, hours=self.limit.hours
        )


class ClientCase(StaffedCase):
    """The state of a case about a client. `pending` are the duties that are to be opened before anything else."""

    shape: int = 1
    kind: str = ""
    policy: SharedIntakePolicy
    independence: SharedIndependence | None = None
    client: str
    opened_at: datetime
    imported: bool = False
    """Taken over from elsewhere: what was due before it came here is on record as missed, and nobody is called for it."""
    came_at: datetime | None = None
    """When it was taken over."""
    status: IntakeStatus = IntakeStatus.open
    closed_at: datetime | None = None
    chosen: dict[RoleId, str] = Field(default_factory=dict)
    """Seats settled for this case: the worker's, once there is one."""
    known: ClientFacts = Field(default_factory=ClientFacts)
    pending: list[Pending] = Field(default_factory=list)
    reminders: dict[str, datetime] = Field(default_factory=dict)
    """Per duty, when its holder is reminded of it."""
    limits: dict[str, DutyLimit] = Field(default_factory=dict)
    """Per duty that no calendar gave a due date yet, the limit it was opened under."""
    retry_at: datetime | None = None
    consents_may_have_changed: bool = True

    # -- what it is ----------------------------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        return self.status is not IntakeStatus.open

    @property
    def is_overdue(self) -> bool:
        missed = (duty.status is DutyStatus.missed for duty in self.duties)
        return not self.is_closed and any(missed)

    @property
    def branch(self) -> Branch | None:
        return Branch(self.known.branch) if self.known.branch else None

    @property
    def due_at(self) -> datetime | None:
        """The soonest due date that is still to come."""
        dues = (duty.due_at for duty in self.open_duties() if duty.due_at)
        return min(dues, default=None)

    @property
    def stage(self) -> str:
        """Where it stands, in a word: what its next step is about."""
        return self.status

    @property
    def here(self) -> str:
        return self.stage

    @property
    def administrator(self) -> Seated:
        return self.seated[self.policy.administrator]

    @property
    def oversight(self) -> Seated:
        return self.seated[self.policy.oversight]

    @property
    def worker(self) -> RoleId:
        """Whoever is the worker for now: in an emergency that comes before an assignment, the seat on call (Q-08)."""
        policy = self.policy
        if policy.coordinator in self.chosen:
            return policy.coordinator
        return policy.on_call or policy.supervisor

    @property
    def answers_wishes(self) -> RoleId:
        """Who answers a wish for another worker: the supervisor, or the next one above who is not the worker themself."""
        policy, worker = self.policy, self.seated.get(self.policy.coordinator)
        role = policy.supervisor
        while worker and worker.person and self.seated[role].person == worker.person:
            above = policy.escalation.above.get(role)
            if above is None:
                return policy.oversight
            role = above
        return role

    def has_had(self, act: Act) -> bool:
        done = (DutyStatus.met, DutyStatus.met_late)
        return any(duty.act is act and duty.status in done for duty in self.duties)

    def standing_in_the_way(self, act: Act, target: str | None = None) -> list[Duty]:
        """Duties that the policy wants done before one of this act; of two about different needs, neither waits for the
        other."""
        before = {
            a for spec in self.duty_specs() if spec.act is act for a in spec.after
        }
        return [
            duty
            for duty in self.outstanding(*before)
            if target is None or duty.target in (None, target)
        ]

    # -- who sits there ------------------------------------------------------------------------------------------

    def queries(self) -> tuple[SeatQuery, ...]:
        """Every part of the policy; the worker's seat once it is chosen."""
        return tuple(
            self._query(role)
            for role in self.policy.roles
            if role != self.policy.coordinator or role in self.chosen
        )

    def _query(self, role_id: RoleId) -> SeatQuery:
        role = self.policy.roles[role_id]
        return SeatQuery(
            role=role_id,
            title=role.title,
            accepts=role.accepts,
            seat=self.chosen.get(role_id),
            below=self.chosen.get(role.reports_from) if role.reports_from else None,
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
        for duty in self.outstanding(Act.fill_seat):
            seated = self.seated[duty.target or ""]
            if not seated.is_empty:
                self.filled(duty, seated, now)
        for duty in self.open_duties():
            for holder in duty.holders:
                self._see_filled(holder.role, duty.clause, now)

    def _see_filled(self, role: RoleId, clause: ClauseId, now: datetime) -> None:
        seated = self.seated[role]
        if seated.is_empty:
            reason = NOBODY if seated.seat else "the directory has no such seat"
            self.ask_to_fill(seated, reason, clause, now, waits=False)

    def give_worker(self, seat: Seated) -> list[Duty]:
        """The worker is chosen: what whoever stood in for them still has to do is theirs, clocks untouched (Q-08)."""
        stood_in = self.worker
        self.chosen[self.policy.coordinator] = seat.seat or ""
        self.seat(seat)
        taken = [
            duty.model_copy(update={"holders": (seat,)})
            for duty in self.duties
            if duty.is_outstanding
            and duty.act not in ITS_OWN
            and duty.is_held_by(stood_in)
            and stood_in != self.policy.supervisor
        ]
        for duty in taken:
            self.replace_duty(duty)
        return taken

    # -- duties --------------------------------------------------------------------------------------------------

    def come(
        self,
        moment: Moment,
        at: datetime,
        *,
        target: str | None = None,
        about: str = "",
        skip: Sequence[Act] = (),
        holder: RoleId | None = None,
    ) -> None:
        """A moment of the policy has come: what it opens is next. `skip` is what the same message has done already, and
        `holder` whoever goes on with it, where that is not always the same."""
        for spec in self.duty_specs():
            if moment not in spec.opens or spec.only not in (None, self.branch):
                continue
            if spec.act in skip or (spec.act in ONCE and self._is_known(spec.act)):
                continue
            opened = self._of(spec, moment, at, target, about)
            if holder:
                opened = opened.model_copy(update={"holder": holder})
            self.pending.append(opened)

    def _is_known(self, act: Act) -> bool:
        known = [duty.act for duty in self.duties]
        return act in [*known, *(each.act for each in self.pending)]

    def _of(
        self,
        spec: DutySpec,
        moment: Moment,
        at: datetime,
        target: str | None,
        about: str,
    ) -> Pending:
        text = f"{spec.text}: {about}" if about else spec.text
        return Pending(
            act=spec.act,
            clause=spec.clause,
            holder=spec.holder,
            text=text,
            moment=moment,
            started_at=at,
            limit=spec.limit,
            target=target,
        )

    def ask(
        self,
        act: Act,
        clause: ClauseId,
        holder: RoleId,
        text: str,
        at: datetime,
        *,
        moment: str = "",
        limit: DutyLimit | None = None,
        target: str | None = None,
    ) -> None:
        """A duty that something in the case calls for, and no moment of the policy opens."""
        self.pending.append(
            Pending(
                act=act,
                clause=clause,
                holder=holder,
                text=text,
                moment=moment or self.stage,
                started_at=at,
                limit=limit,
                target=target,
            )
        )

    def ask_to_answer_wish(self, at: datetime) -> None:
        """Somebody wants another worker: a change or an explanation, and help with it where the family is to have that."""
        policy, transfer, rules = self.policy, self.policy.transfer, self.independence
        self.ask(
            Act.change,
            transfer.clause if transfer else policy.clause,
            self.answers_wishes,
            "Answer the wish for another worker: a change, or an explanation",
            at,
            limit=transfer.limit if transfer else None,
        )
        if rules:
            what = "Help the family with the change they want"
            self.ask(Act.help_with_change, rules.change, policy.coordinator, what, at)

    def ask_to_look_again(self, clause: ClauseId) -> None:
        """For a worker who fits a wish: by the day that was named, or within the agency's own limit (CS-V-2)."""
        transfer, since = self.policy.transfer, self.known.look_again_from
        assert since is not None
        limit, on = transfer.revisit if transfer else None, self.known.look_again_on
        if on is not None:
            days = max((on - since.date()).days, 0) + 1
            limit = DutyLimit(
                within=Span(f"P{days}D"),
                days=DayCount.through,
                basis=Basis.agency,
                remind=limit.remind if limit else None,
            )
        what = "Look again for a worker who fits the person's wish"
        role = self.policy.supervisor
        self.ask(Act.revisit, clause, role, what, since, limit=limit)

    def ask_to_review(self, flag: Flag) -> None:
        """Somebody is not independent, and somebody else has to look at it."""
        rules = self.independence
        self.ask(
            Act.independence,
            flag.clause,
            flag.reviewer or self.policy.supervisor,
            f"Look at exception {flag.number}: somebody is not independent",
            flag.opened_at,
            limit=rules.review if rules else None,
            target=str(flag.number),
        )

    def open_pending(self, dated: Sequence[Dated], now: datetime) -> None:
        """Open what is next, each with its due date. One that has none for want of a calendar opens without, and is in
        plain sight until somebody mends it (ruling 5)."""
        opened = []
        for pending, date in zip(self.pending, dated, strict=True):
            if date.problem and self._is_from_before(pending.started_at):
                # No calendar is ever mended that far back; whether it was late is not known.
                pending = pending.model_copy(update={"limit": None})
            elif date.problem:
                self.retry_at = now + RETRY
                self.ask_to_mend_calendar(date.problem, pending.clause, now)
            opened.append(self._open(pending, date, now))
        self.pending.clear()
        self._announce(
            duty
            for duty in opened
            if duty.is_open
            and not self._is_from_before(duty.opened_at)
            and not self._runs_anew(duty)
        )

    def _runs_anew(self, duty: Duty) -> bool:
        """Whoever has just done it knows that its clock begins again; the reminder is what they need."""
        return duty.act in CLOCKS and self.has_had(duty.act)

    def _is_from_before(self, at: datetime) -> bool:
        """Whether this was before the case was taken over. What is open since then stands in its holder's list; the
        holders of a whole caseload are not written to on the day it comes."""
        return self.came_at is not None and at <= self.came_at

    def _open(self, pending: Pending, date: Dated, now: datetime) -> Duty:
        role, receipt = self._holder(pending), date.receipt
        duty = self.open_duty(
            Duty(
                id=duty_id(pending.moment, pending.clause, pending.act, role),
                clause=pending.clause,
                act=pending.act,
                text=pending.text,
                rung=pending.moment,
                holders=(self.seated[role],),
                opened_at=pending.started_at,
                due_at=receipt.due_at if receipt else None,
                receipt=receipt,
                basis=pending.limit.basis if pending.limit else None,
                target=pending.target,
            )
        )
        if duty.due_at and self._is_from_before(duty.due_at):
            return self._was_due_elsewhere(duty, now)
        if pending.limit and duty.due_at:
            self._remind_of(duty, duty.due_at, pending.limit)
        elif pending.limit:
            self.limits[duty.id] = pending.limit
        self._see_filled(role, duty.clause, now)
        return duty

    def _remind_of(self, duty: Duty, due_at: datetime, limit: DutyLimit) -> None:
        if limit.remind:
            at = remind_at(duty.opened_at, due_at, limit.remind)
            self.reminders[duty.id] = at

    def _holder(self, pending: Pending) -> RoleId:
        is_workers = pending.holder == self.policy.coordinator
        return self.worker if is_workers else pending.holder

    def _was_due_elsewhere(self, duty: Duty, now: datetime) -> Duty:
        missed = duty.ended(DutyStatus.missed)
        self.replace_duty(missed)
        text = f"It was due before the case came here: {duty.text}."
        self.note(
            "missed",
            text,
            now,
            event_at=duty.due_at,
            rung=duty.rung,
            clause=duty.clause,
        )
        return missed

    def _announce(self, opened: Iterable[Duty]) -> None:
        """Each holder is told once of all that has become theirs; an emergency comes apart from the rest."""
        batches: dict[tuple[str, str], list[Duty]] = {}
        for duty in opened:
            kind = "duty_opened"
            if duty.act is Act.follow_up:
                kind = "climbed"
            elif duty.act in URGENT and duty.rung == Moment.emergency:
                kind = "emergency"
            batches.setdefault((kind, duty.holders[0].role), []).append(duty)
        for (kind, role), duties in batches.items():
            dues = [(duty.due_at, duty.basis) for duty in duties if duty.due_at]
            due_at, basis = min(dues, key=lambda due: due[0], default=(None, None))
            self.tell(
                kind,
                self.seated[role],
                rung=duties[0].rung,
                clause=duties[0].clause,
                what="; ".join(duty.text for duty in duties),
                due_at=due_at,
                basis=basis,
            )

    def undated(self) -> list[Duty]:
        """Duties that have a limit and no due date yet, because no calendar gave one."""
        return [duty for duty in self.open_duties() if duty.id in self.limits]

    def limit_of(self, duty: Duty) -> DutyLimit | None:
        """The limit a duty that has no due date yet was opened under."""
        return self.limits.get(duty.id)

    def date(self, dates: dict[str, Dated], now: datetime) -> None:
        """The due dates that could not be derived before."""
        for duty in self.undated():
            date = dates.get(duty.id)
            if date and date.receipt:
                due_at = date.receipt.due_at
                fields = {"due_at": due_at, "receipt": date.receipt}
                self.replace_duty(duty.model_copy(update=fields))
                self._remind_of(duty, due_at, self.limits.pop(duty.id))
        if self.undated():
            self.retry_at = now + RETRY
        else:
            self.retry_at = None
            self.calendar_mended(now)

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
                self.reminders.pop(above.id, None)
        return done

    def drop(self, duty: Duty, status: DutyStatus, by: Discharge) -> None:
        """It need not be done any more."""
        self.replace_duty(duty.ended(status, by))
        self._rest(duty)
        for above in self.outstanding(Act.follow_up):
            if above.target == duty.id:
                self.replace_duty(above.ended(DutyStatus.withdrawn, by))

    def _rest(self, duty: Duty) -> None:
        """Nobody is reminded of it any more, and what was about to go up does not."""
        self.reminders.pop(duty.id, None)
        self.pending = [
            each
            for each in self.pending
            if (each.act, each.target) != (Act.follow_up, duty.id)
        ]

    # -- time ----------------------------------------------------------------------------------------------------

    def wakes(self) -> tuple[Wake, ...]:
        """Every instant at which time alone changes the case."""
        if self.is_closed:
            return ()
        wakes = []
        for duty in self.open_duties():
            said = f"{duty.text} ({duty.clause})"
            if duty.due_at:
                whose = (duty.basis or Basis.agency).whose
                text = f"{duty.rung}: {said}, {whose} limit"
                wakes.append(Wake(name=f"due:{duty.id}", at=duty.due_at, text=text))
            if at := self.reminders.get(duty.id):
                text = f"{duty.rung} reminder: {said}"
                wakes.append(Wake(name=f"remind:{duty.id}", at=at, text=text))
        if self.retry_at:
            text = "waits for a due date: ask again"
            wakes.append(Wake(name="calendar", at=self.retry_at, text=text))
        if change_at := self.next_seat_change_at():
            wakes.append(Wake(name="seats", at=change_at, text="a seat changes hands"))
        if ends_at := self._next_consent_end(self.opened_at):
            text = "a consent ends"
            wakes.append(Wake(name="consent", at=ends_at, text=text))
        return tuple(wakes)

    def _next_consent_end(self, after: datetime) -> datetime | None:
        ends = (each.expires_at for each in self.known.consents if each.expires_at)
        return min((at for at in ends if at > after), default=None)

    def on_time(self, now: datetime) -> None:
        """Time has come: what is due is missed and goes up, and who is waited for is reminded."""
        for duty in self.miss_what_is_due(now):
            self.reminders.pop(duty.id, None)
            self._missed(duty, now)
        for which, at in list(self.reminders.items()):
            if at <= now:
                del self.reminders[which]
                self._remind(which, now)
        if self.retry_at and self.retry_at <= now:
            self.retry_at = None
            if not self.undated():
                self._awaits_no_date(now)
        ends_at = self._next_consent_end(self.opened_at)
        if ends_at and ends_at <= now:
            self.consents_may_have_changed = True

    def _awaits_no_date(self, now: datetime) -> None:
        text = "Nothing here waits for a due date any more."
        end = Discharge(event_at=now, entered_at=now, text=text)
        for duty in self.outstanding(Act.mend_calendar):
            self.drop(duty, DutyStatus.withdrawn, end)

    def _missed(self, duty: Duty, now: datetime) -> None:
        whose = (duty.basis or Basis.agency).whose
        text = f"Not done by {whose} limit: {duty.text}."
        self.note(
            "missed",
            text,
            now,
            event_at=duty.due_at,
            rung=duty.rung,
            clause=duty.clause,
        )
        holder = duty.holders[0]
        self._tell_of("missed", holder, duty)
        above = self.policy.escalation.above.get(holder.role)
        root = duty.target if duty.act is Act.follow_up else duty.id
        if above is None:
            text = f"Nobody is above {holder.title}: it stays open. {duty.text}."
            self.note("unresolved", text, now, rung=duty.rung, clause=duty.clause)
            self._tell_of("unresolved", self.oversight, duty)
            return
        of = next(each for each in self.duties if each.id == root)
        self.ask(
            Act.follow_up,
            duty.clause,
            above,
            f"See to what was not done: {of.text}",
            now,
            moment=duty.rung,
            limit=self.policy.escalation.limit,
            target=root,
        )

    def _remind(self, which: str, now: datetime) -> None:
        duty = next(each for each in self.duties if each.id == which)
        if not duty.is_open:
            return
        self._tell_of("reminder", duty.holders[0], duty)
        text = f"Reminded {duty.holders[0].title}: {duty.text}."
        self.note("reminded", text, now, rung=duty.rung, clause=duty.clause)

    def _tell_of(self, kind: str, receiver: Seated, duty: Duty) -> None:
        self.tell(
            kind,
            receiver,
            rung=duty.rung,
            clause=duty.clause,
            what=duty.text,
            due_at=duty.due_at,
            basis=duty.basis,
        )

    # -- what a lifecycle adds ---------------------------------------------------------------------------------

    def duty_specs(self) -> tuple[DutySpec, ...]:
        """The duties of the policy that this lifecycle opens."""
        return self.policy.duties

    @abstractmethod
    def hears(self, message: str) -> bool:
        """Whether this lifecycle, under this policy, has use for a message."""

    @abstractmethod
    def beside(self) -> Iterator[tuple[str, tuple[RoleId, ...]]]:
        """Messages that come in no fixed order, and the roles they may come from."""

    def outside_speaker(self, message: Message) -> str | None:
        """Who without a seat says this through a signed link, where this lifecycle sends any out."""
        return None

    # -- the person and their consents ---------------------------------------------------------------------------

    def as_receiver(self) -> Seated:
        """The person themselves, to whom letters go. Who that is, and where they live, is known to the sender alone."""
        title = self.policy.client_word.capitalize()
        return Seated(role="client", title=title, seat="client", person=self.client)

    def take_consents(self, found: tuple[ConsentFacts, ...], now: datetime) -> None:
        """What is on file now. What was held for want of a consent that has come is no longer held."""
        self.consents_may_have_changed = False
        before = {each.id for each in self.known.consents}
        after = {each.id for each in found}
        self.known.consents = list(found)
        # In an order of their own, as a set's is another in every process.
        for gone in sorted(before - after):
            self.note("consent", "A consent ended or was withdrawn.", now, words=gone)
        for new in sorted(after - before):
            self.note("consent", "A consent is on file.", now, words=new)
        for held in list(self.known.held):
            if self.known.has_consent(held.recipient, now):
                self.known.held.remove(held)
                self._released(held, now)

    def _released(self, held: Held, now: datetime) -> None:
        text = f"The consent for {held.title} is on file: what was held goes out."
        by = Discharge(event_at=now, entered_at=now, text=text)
        for duty in reversed(self.outstanding(Act(held.act))):
            if held.need in (None, duty.target):
                self.discharge(duty, by)
                self.note("released", text, now, rung=duty.rung, clause=duty.clause)
                if held.provider:
                    self.tell_provider(held.act, held.provider, held.title, duty)
                return

    def tell_provider(self, kind: str, provider: str, title: str, duty: Duty) -> None:
        """Word to a provider that somebody will be in touch; it says nothing about the client."""
        receiver = Seated(
            role="provider", title=title, seat=f"provider-{provider}", person=provider
        )
        self.tell(kind, receiver, rung=duty.rung, clause=duty.clause)

    def delivered(self, notice: Notice, outcome: Delivered, now: datetime) -> None:
        """A letter to the person that could not be mailed is printed instead, and that is somebody's duty."""
        is_letter = notice.receiver.role == "client"
        if not is_letter or outcome.delivery is Delivery.delivered or self.is_closed:
            super().delivered(notice, outcome, now)
            return
        text = "A letter to the person could not be mailed: it is to be printed."
        self.note("letter", text, now, rung=notice.rung, clause=notice.clause)
        what = "Print the letter to the person and send or hand it over"
        role, clause = self.policy.intake, notice.clause or self.policy.clause
        self.ask(Act.letter, clause, role, what, now, target=notice.key)

    # -- endings -------------------------------------------------------------------------------------------------

    def close(
        self,
        status: IntakeStatus,
        text: str,
        now: datetime,
        by: Discharge,
        words: str,
        *,
        clause: ClauseId | None = None,
        capacity: Capacity | None = None,
        message_id: str | None = None,
        attested: Attestation | None = None,
    ) -> None:
        """Closed means nothing is left open; everybody who had something to do in it is told."""
        left = [duty for duty in self.open_duties() if duty.act not in ITS_OWN]
        self.status, self.closed_at = status, now
        self.pending.clear()
        self.reminders.clear()
        self.retry_at = None
        end = Discharge(event_at=now, entered_at=now, text=text)
        self.end_open_duties(DutyStatus.withdrawn, end)
        clause = clause or self.policy.clause
        self.note(
            status,
            text,
            now,
            by=by,
            clause=clause,
            capacity=capacity,
            message_id=message_id,
            words=words,
            attested=attested,
        )
        holders = [self.seated[holder.role] for duty in left for holder in duty.holders]
        mine = [self.seated[self.worker], self.seated[self.policy.supervisor]]
        for receiver in one_per_seat([*holders, *mine]):
            self.tell("closed", receiver, clause=clause, what=text)

    def cancelled(self, now: datetime) -> None:
        """An operator's cancellation means withdrawn; the record says that nobody of the case did it."""
        if self.is_closed:
            return
        text = "Withdrawn: cancelled by an operator."
        by = Discharge(event_at=now, entered_at=now)
        self.close(IntakeStatus.withdrawn, text, now, by, "")

    def link(self, case: str, relation: Relation) -> None:
        link = CaseLink(case=case, relation=relation)
        if link not in self.links:
            self.links.append(link)

    def as_table(self) -> str:
        place = f"{self.kind.replace('-', ' ').capitalize()}, {self.stage.replace('_', ' ')}"
        return self.duty_table(f"**{place}**")
