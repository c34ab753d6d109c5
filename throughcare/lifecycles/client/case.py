"""A case about a client: duties that moments of a policy open, one pack for all of them, and consents. Pure.

What opens which duty, whose it is and by when is the pack's (throughcare.lifecycles.client.policy).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import ClassVar, Unpack

from pydantic import Field

from throughcare.case.case import Ask, Case
from throughcare.case.clock import Limit, Then, Wake
from throughcare.case.consents import ConsentFacts
from throughcare.case.duty import Act, Basis, Discharge, Duty, DutyStatus
from throughcare.case.entry import CaseLink, EntryKind, Provenance
from throughcare.case.notice import Delivered, Delivery, Notice
from throughcare.case.parts import ClauseId, RoleId
from throughcare.case.seats import Capacity, Seated, SeatQuery
from throughcare.case.taking_back import OPENING_ENTRY
from throughcare.case.wording import one_per_seat
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.facts import Assignment, ClientFacts, Flag, Held
from throughcare.lifecycles.client.fields import ClientStatus
from throughcare.lifecycles.client.policy import (
    Branch,
    DutySpec,
    Moment,
    SharedIndependence,
    SharedIntakePolicy,
)
from throughcare.time.deadline import DayCount, Span

URGENT = (ClientAct.intake_unit_contact, ClientAct.client_contact)
"""What is to be done in an emergency, day or night."""

ONCE = (ClientAct.consents, ClientAct.intake_review, ClientAct.assignment)
"""Duties a case has one of, however many moments ask for them: a second emergency needs no second consents."""

CLOCKS = (
    ClientAct.worker_contact,
    ClientAct.monthly_review,
    ClientAct.periodic_review,
    ClientAct.annual_review,
)
"""What comes again and again, each from the last one."""

ITS_OWN = (Act.fill_seat, Act.mend_calendar, ClientAct.independence, Act.follow_up)
"""Duties of the agency about the case, not steps of it."""


class ClientCase(Case):
    """The state of a case about a client."""

    takes_in: ClassVar[bool] = False
    """Whether it is an intake: any other begins once the person was handed over."""
    policy: SharedIntakePolicy
    independence: SharedIndependence | None = None
    client: str
    imported: bool = False
    """Taken over from elsewhere: what was due before it came here is on record as missed, and nobody is called for it."""
    came_at: datetime | None = None
    """When it was taken over."""
    status: ClientStatus = ClientStatus.open
    known: ClientFacts = Field(default_factory=ClientFacts)
    consents_may_have_changed: bool = True

    # -- what it is ----------------------------------------------------------------------------------------------

    @property
    def is_closed(self) -> bool:
        return self.status is not ClientStatus.open

    @property
    def main_clause(self) -> ClauseId:
        return self.policy.clause

    @property
    def facts(self) -> ClientFacts:
        return self.known

    @property
    def branch(self) -> Branch | None:
        return Branch(self.known.branch) if self.known.branch else None

    @property
    def step(self) -> str:
        """Where it stands, in a word: what its next step is about."""
        return self.status

    @property
    def step_title(self) -> str:
        return self.policy.titles.get(self.step) or super().step_title

    def program_title(self, program: str) -> str:
        return self.policy.titles.get(program, program)

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

    def has_had(self, act: str) -> bool:
        done = (DutyStatus.met, DutyStatus.met_late)
        return any(duty.act == act and duty.status in done for duty in self.duties)

    def in_the_way_of(self, duty: Duty) -> list[Duty]:
        """Of two duties about different needs, neither waits for the other."""
        before = {
            act
            for spec in self.duty_specs()
            if spec.act == duty.act
            for act in spec.after
        }
        return [
            each
            for each in self.outstanding(*before)
            if duty.target is None or each.target in (None, duty.target)
        ]

    def staff(self) -> tuple[RoleId, ...]:
        """The agency's people who work on the case: those its duties can go to, and who is above them."""
        policy = self.policy
        roles = [policy.intake, self.worker, policy.supervisor]
        roles += policy.escalation.above.values()
        return tuple(dict.fromkeys(roles))

    def correctors(self) -> tuple[RoleId, ...]:
        return (*self.staff(), self.policy.administrator)

    # -- who sits there ------------------------------------------------------------------------------------------

    def queries(self) -> tuple[SeatQuery, ...]:
        """Every part of the policy; the worker's seat once it is chosen."""
        return tuple(
            self.query(role)
            for role in self.policy.roles
            if role != self.policy.coordinator or role in self.chosen
        )

    def is_on_side(self, role: RoleId) -> bool:
        """After the hand-over whoever took the person in, and whoever is on call, see no more of them, unless something there is
        theirs to do (ruling 14)."""
        policy = self.policy
        if not self.takes_in and role in (policy.intake, policy.on_call):
            return any(
                duty.is_outstanding and duty.is_held_by(role) for duty in self.duties
            )
        return super().is_on_side(role)

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

    def take_worker_away(self, before: Assignment | None) -> None:
        """Whoever is the worker was never to be it. What they still have to do goes back to the worker of before, or to whoever
        stands in for one, clocks untouched."""
        role = self.policy.coordinator
        if before:
            title = self.policy.roles[role].title
            self.give_worker(
                Seated(
                    role=role,
                    title=title,
                    organization=before.organization,
                    seat=before.seat,
                    person=before.person,
                    capacity=Capacity.holder,
                )
            )
            return
        del self.chosen[role], self.seated[role]
        stand_in = self.seated[self.worker]
        for duty in self.duties:
            if duty.is_outstanding and duty.is_held_by(role):
                changed = {"holders": (stand_in,)}
                self.replace_duty(duty.model_copy(update=changed))
        by = Discharge(event_at=self.opened_at, entered_at=self.opened_at)
        empty = [d for d in self.outstanding(Act.fill_seat) if d.target == role]
        self.take_back(empty, by)

    def worker_changed(self, before: Seated, now: datetime) -> None:
        """Somebody else is the worker from now on."""

    # -- duties --------------------------------------------------------------------------------------------------

    def come(
        self,
        moment: Moment,
        at: datetime,
        *,
        target: str | None = None,
        about: str = "",
        skip: Sequence[ClientAct] = (),
        holder: RoleId | None = None,
    ) -> None:
        """A moment of the policy has come: what it opens is next. `skip` is what the same message has done already, and
        `holder` whoever goes on with it, where that is not always the same."""
        for spec in self.duty_specs():
            if moment not in spec.opens or spec.only not in (None, self.branch):
                continue
            if spec.act in skip or (spec.act in ONCE and self._is_known(spec.act)):
                continue
            text = f"{spec.text}: {about}" if about else spec.text
            whose, limit = holder or spec.holder, spec.limit
            self.ask(
                spec.act,
                spec.clause,
                whose,
                text,
                at,
                moment=moment,
                limit=limit,
                target=target,
            )

    def _is_known(self, act: ClientAct) -> bool:
        known = [duty.act for duty in self.duties]
        return act in [*known, *(each.ask.act for each in self.pending)]

    def ask(
        self,
        act: ClientAct,
        clause: ClauseId,
        holder: RoleId,
        text: str,
        at: datetime,
        *,
        moment: str = "",
        limit: Limit | None = None,
        target: str | None = None,
    ) -> None:
        """A duty that something in the case calls for, or that a moment of the policy opens."""
        ask = Ask(act=act, clause=clause, text=text, holders=(holder,), target=target)
        self.want(ask, at, moment=moment, limit=limit)

    def ask_anew(self, duty: Duty) -> None:
        """What was done by mistake is still to be done, by the limit it had."""
        same = (duty.act, duty.clause)
        specs = [each for each in self.duty_specs() if (each.act, each.clause) == same]
        ask = Ask(
            act=duty.act,
            clause=duty.clause,
            text=duty.text,
            holders=tuple(each.role for each in duty.holders),
            target=duty.target,
        )
        limit = specs[0].limit if specs else None
        self.want(ask, duty.opened_at, moment=duty.step, limit=limit)

    def ask_to_answer_wish(self, at: datetime) -> None:
        """Somebody wants another worker: a change or an explanation, and help with it where the family is to have that."""
        policy, transfer, rules = self.policy, self.policy.transfer, self.independence
        self.ask(
            ClientAct.change,
            transfer.clause if transfer else policy.clause,
            self.answers_wishes,
            "Answer the wish for another worker: a change, or an explanation",
            at,
            limit=transfer.limit if transfer else None,
        )
        if rules:
            what = "Help the family with the change they want"
            self.ask(
                ClientAct.help_with_change, rules.change, policy.coordinator, what, at
            )

    def ask_to_look_again(self, clause: ClauseId) -> None:
        """For a worker who fits a wish: by the day that was named, or within the agency's own limit (CS-V-2)."""
        transfer, since = self.policy.transfer, self.known.look_again_from
        assert since is not None
        limit, on = transfer.revisit if transfer else None, self.known.look_again_on
        if on is not None:
            days = max((on - since.date()).days, 0) + 1
            limit = Limit(
                within=Span(f"P{days}D"),
                days=DayCount.through,
                basis=Basis.agency,
                remind=limit.remind if limit else None,
            )
        what = "Look again for a worker who fits the person's wish"
        role = self.policy.supervisor
        self.ask(ClientAct.revisit, clause, role, what, since, limit=limit)

    def ask_to_review(self, flag: Flag) -> None:
        """Somebody is not independent, and somebody else has to look at it."""
        rules = self.independence
        self.ask(
            ClientAct.independence,
            flag.clause,
            flag.reviewer or self.policy.supervisor,
            f"Look at exception {flag.number}: somebody is not independent",
            flag.opened_at,
            limit=rules.review if rules else None,
            target=str(flag.number),
        )

    def announce(self, opened: Sequence[Duty]) -> None:
        """Each holder is told once of all that has become theirs; an emergency comes apart from the rest."""
        self._announce(
            duty
            for duty in opened
            if duty.is_outstanding
            and not self.is_from_before(duty.opened_at)
            and not self._runs_anew(duty)
        )

    def _runs_anew(self, duty: Duty) -> bool:
        """Whoever has just done it knows that its clock begins again; the reminder is what they need."""
        return duty.act in CLOCKS and self.has_had(duty.act)

    def is_from_before(self, at: datetime) -> bool:
        """What is open since then stands in its holder's list; the holders of a whole caseload are not written to on the day
        it comes."""
        return self.came_at is not None and at <= self.came_at

    def holders_now(self, roles: tuple[RoleId, ...]) -> tuple[RoleId, ...]:
        """In an emergency that comes before an assignment the worker is whoever is on call (Q-08)."""
        mine = self.policy.coordinator
        return tuple(self.worker if role == mine else role for role in roles)

    def _announce(self, opened: Iterable[Duty]) -> None:
        batches: dict[tuple[str, str], list[Duty]] = {}
        for duty in opened:
            kind = "duty_opened"
            root = self.root_of(duty)
            if root.is_open and self._is_urgent(root):
                kind = "emergency"
            elif duty.act == Act.follow_up:
                kind = "climbed"
            batches.setdefault((kind, duty.holders[0].role), []).append(duty)
        for (kind, role), duties in batches.items():
            dues = [(duty.due_at, duty.basis) for duty in duties if duty.due_at]
            due_at, basis = min(dues, key=lambda due: due[0], default=(None, None))
            self.notify(
                kind,
                self.seated[role],
                step=duties[0].step,
                clause=duties[0].clause,
                what="; ".join(duty.text for duty in duties),
                due_at=due_at,
                basis=basis,
                duties=duties,
            )

    def _is_urgent(self, duty: Duty) -> bool:
        return duty.act in URGENT and duty.step == Moment.emergency

    def pass_up_what_is_urgent(self, duty: Duty, now: datetime) -> None:
        """Once; whoever comes to sit there is reminded all the same."""
        holder, clock = self.seated[duty.holders[0].role], self.clocks.get(duty.id)
        root = self.root_of(duty)
        if clock is None or clock.then is not Then.climb or self.is_of_before:
            return
        if not (holder.is_empty and self._is_urgent(root)):
            return
        self.clocks[duty.id] = clock.model_copy(update={"then": Then.remind})
        text = f"Nobody sits there: it goes to the next in line at once. {root.text}."
        step, clause = duty.step, duty.clause
        self.note(EntryKind.seat_empty, text, now, step=step, clause=clause)
        self.climb(duty, now)

    def discharged_by(self, duty: Duty) -> tuple[RoleId, ...]:
        """While nobody sits in its seat, whoever it went up to does it too."""
        roles = super().discharged_by(duty)
        if self.is_of_before or not self.seated[duty.holders[0].role].is_empty:
            return roles
        ups = [up for up in self.outstanding(Act.follow_up) if up.target == duty.id]
        return (*roles, *(up.holders[0].role for up in ups))

    def counted_above(self, duty: Duty, now: datetime) -> tuple[datetime, Limit | None]:
        """What goes up before its limit is over has that limit there too."""
        if not (duty.is_open and duty.receipt):
            return super().counted_above(duty, now)
        rule, basis = duty.receipt.rule, duty.basis or Basis.agency
        return duty.receipt.started_at, Limit(basis=basis, **dict(rule))

    # -- time ----------------------------------------------------------------------------------------------------

    def above(self, role: RoleId) -> RoleId | None:
        return self.policy.escalation.above.get(role)

    def limit_above(self) -> Limit:
        return self.policy.escalation.limit

    def _wakes(self) -> Iterator[Wake]:
        yield from super()._wakes()
        if ends_at := self._next_consent_end(self.opened_at):
            yield Wake(name="consent", at=ends_at, text="a consent ends")

    def _next_consent_end(self, after: datetime) -> datetime | None:
        ends = (each.expires_at for each in self.known.consents if each.expires_at)
        return min((at for at in ends if at > after), default=None)

    def on_time(self, now: datetime, *, for_message: bool = False) -> None:
        super().on_time(now, for_message=for_message)
        ends_at = self._next_consent_end(self.opened_at)
        if ends_at and ends_at <= now:
            self.consents_may_have_changed = True

    @property
    def wants_a_look(self) -> bool:
        stale = self.consents_may_have_changed and not self.is_closed
        return stale or super().wants_a_look

    def look_again(self, what: str) -> None:
        if what == "consents_changed":
            self.consents_may_have_changed = True
        else:
            super().look_again(what)

    def consents_wanted(self) -> str | None:
        return self.client if self.consents_may_have_changed else None

    # -- what a lifecycle adds ---------------------------------------------------------------------------------

    def duty_specs(self) -> tuple[DutySpec, ...]:
        """The duties of the policy that this lifecycle opens."""
        return self.policy.duties

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
            self.note(
                ClientEntry.consent,
                "A consent ended or was withdrawn.",
                now,
                words=gone,
            )
        for new in sorted(after - before):
            self.note(ClientEntry.consent, "A consent is on file.", now, words=new)
        for held in list(self.known.held):
            if self.known.has_consent(held.recipient, now):
                self.known.held.remove(held)
                self._released(held, now)

    def _released(self, held: Held, now: datetime) -> None:
        text = f"The consent for {held.title} is on file: what was held goes out."
        by = Discharge(event_at=now, entered_at=now, text=text)
        for duty in reversed(self.outstanding(held.act)):
            if held.need in (None, duty.target):
                self.discharge(duty, by)
                self.note(
                    ClientEntry.released, text, now, step=duty.step, clause=duty.clause
                )
                if held.provider:
                    self.notify_provider(held.act, held.provider, held.title, duty)
                return

    def notify_provider(self, kind: str, provider: str, title: str, duty: Duty) -> None:
        """Word to a provider that somebody will be in touch; it says nothing about the client."""
        receiver = provider_seat(provider, title)
        self.notify(kind, receiver, step=duty.step, clause=duty.clause)

    def providers_told(self, needs: Sequence[str] | None = None) -> list[Seated]:
        """The providers that got word of this client, about these needs or any."""
        done = (DutyStatus.met, DutyStatus.met_late, DutyStatus.taken_back)
        sent = {
            duty.target
            for duty in self.duties
            if duty.act == ClientAct.referral and duty.status in done and duty.discharge
        }
        return [
            provider_seat(each.provider, each.organization)
            for each in self.known.providers
            if each.referred
            and each.need in sent
            and (needs is None or each.need in needs)
        ]

    def delivered(self, notice: Notice, outcome: Delivered, now: datetime) -> None:
        """A letter to the person that could not be mailed is printed instead, and that is somebody's duty."""
        is_letter = notice.receiver.role == "client"
        if not is_letter or outcome.delivery is Delivery.delivered or self.is_closed:
            super().delivered(notice, outcome, now)
            return
        text = "A letter to the person could not be mailed: it is to be printed."
        self.note(ClientEntry.letter, text, now, step=notice.step, clause=notice.clause)
        what = "Print the letter to the person and send or hand it over"
        # Whoever took the person in has no part in it any more once they were handed over.
        mine = self.takes_in or self.is_of_before
        role = self.policy.intake if mine else self.policy.coordinator
        clause = notice.clause or self.policy.clause
        self.ask(ClientAct.letter, clause, role, what, now, target=notice.key)

    # -- endings -------------------------------------------------------------------------------------------------

    def close(
        self,
        status: ClientStatus,
        text: str,
        now: datetime,
        by: Discharge,
        words: str,
        *,
        clause: ClauseId | None = None,
        told: Sequence[Seated] = (),
        **provenance: Unpack[Provenance],
    ) -> None:
        """Closed means nothing is left open; everybody who had something to do in it is told, and `told` who else."""
        in_error = status is ClientStatus.opened_in_error
        left = [duty for duty in self.open_duties() if duty.act not in ITS_OWN]
        self.status = status
        self.rest_for_good(text, now)
        clause = clause or self.policy.clause
        self.note(
            status,
            text,
            now,
            by=by,
            clause=clause,
            words=words,
            corrects=OPENING_ENTRY if in_error else None,
            **provenance,
        )
        holders = [self.seated[holder.role] for duty in left for holder in duty.holders]
        mine = [self.seated[self.worker], self.seated[self.policy.supervisor]]
        kind = "taken_back" if in_error else "closed"
        for receiver in one_per_seat([*holders, *mine, *told]):
            self.notify(kind, receiver, clause=clause, what=text)

    def cancelled(self, now: datetime) -> None:
        if self.is_closed:
            return
        text = "Withdrawn: cancelled by an operator."
        by = Discharge(event_at=now, entered_at=now)
        self.close(ClientStatus.withdrawn, text, now, by, "")

    def link(self, case: str, relation: str) -> None:
        link = CaseLink(case=case, relation=relation)
        if link not in self.links:
            self.links.append(link)

    def as_table(self) -> str:
        place = (
            f"{self.kind.replace('-', ' ').capitalize()}, {self.step.replace('_', ' ')}"
        )
        return self.duty_table(f"**{place}**")


def provider_seat(provider: str, title: str) -> Seated:
    return Seated(
        role="provider", title=title, seat=f"provider-{provider}", person=provider
    )
