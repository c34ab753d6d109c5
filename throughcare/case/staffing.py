"""What every case with seats does about them: an empty one is filled, a notice that failed is said, a message that was
refused is answered. Pure."""

from abc import abstractmethod
from datetime import datetime

from throughcare.case.casefile import KEPT_REPORTS, MEASURED_EVERY, ROOM, CaseFile
from throughcare.case.duty import (
    Act,
    Basis,
    Discharge,
    Duty,
    duty_id,
)
from throughcare.case.entry import CaseLink, EntryKind, Relation
from throughcare.case.notice import (
    Delivered,
    Delivery,
    Notice,
)
from throughcare.case.parts import RoleId
from throughcare.case.seats import Actor, Seated
from throughcare.case.wording import any_of, soonest, until

TIED: dict[str, str] = {
    Relation.absorbed: "Another case was merged into this one; its timeline stays with it.",
    Relation.same_dispute: "Another case about the same youth was opened between the same seats; both go on, tied together.",
    Relation.same_person: "Another intake of the same person was opened; both go on, tied together.",
    Relation.duplicate: "Another case was opened in error: it was a duplicate of this one.",
}


class StaffedCase(CaseFile):
    """A case whose seats are looked up. A lifecycle says where it stands and who sees to what goes wrong."""

    # -- what the lifecycle says -----------------------------------------------------------------------------------

    @property
    @abstractmethod
    def step(self) -> str:
        """Where it stands, in a word; empty before the first step."""

    @property
    def step_ahead(self) -> str:
        """The step that waits for its seats, or the one it is at."""
        return self.step

    @property
    @abstractmethod
    def administrator(self) -> Seated:
        """Who fills seats and keeps the calendar."""

    @property
    @abstractmethod
    def oversight(self) -> Seated:
        """Who stands in where the administrator is missing."""

    def is_on_side(self, role: RoleId) -> bool:
        """Whether a part is one in the case itself. Who fills empty seats, or reviews, is not told of every case."""
        return role not in (self.administrator.role, self.oversight.role)

    # -- empty seats -----------------------------------------------------------------------------------------------

    def ask_to_fill(
        self, seated: Seated, reason: str, clause: str, now: datetime, *, waits: bool
    ) -> None:
        """A duty for whoever fills seats, who is told at once (ruling 5). Asked already, nothing more is done."""
        what = f"Fill the seat of {seated.title}: {reason}"
        fills = self.outstanding(Act.fill_seat)
        asked = next((duty for duty in fills if duty.target == seated.role), None)
        if asked and asked.text == what:
            return
        holder, step = self.caretaker(seated), self.step_ahead
        if asked:
            # Another reason than before is news, and the same duty.
            self.replace_duty(asked.model_copy(update={"text": what}))
        else:
            self.open_duty(
                Duty(
                    id=duty_id(step, clause, Act.fill_seat, seated.role),
                    clause=clause,
                    act=Act.fill_seat,
                    text=what,
                    step=step,
                    holders=(holder,),
                    opened_at=now,
                    basis=Basis.agency,
                    target=seated.role,
                )
            )
        text = f"{f'{step} waits: ' if waits else ''}{seated.title}: {reason}."
        self.note(EntryKind.seat_empty, text, now, step=step, clause=clause)
        self.notify("seat_empty", holder, step=step, clause=clause, what=what)

    def caretaker(self, seated: Seated) -> Seated:
        """Who sees to a seat or a notice that failed: the administrator, or oversight where that is the one concerned."""
        administrator = self.administrator
        if administrator.is_empty or administrator.role == seated.role:
            return self.oversight
        return administrator

    def filled(self, duty: Duty, seated: Seated, now: datetime) -> None:
        end = Discharge(event_at=now, entered_at=now, text="The seat is filled.")
        self.replace_duty(duty.discharged(end))
        text = f"{seated.title}: the seat is filled."
        self.note(EntryKind.seat_filled, text, now, step=duty.step, clause=duty.clause)

    def hand_over(self, before: Seated, seated: Seated, now: datetime) -> None:
        """A seat that changed hands takes its duties along, clocks untouched (O-06)."""
        if seated.is_empty:
            text = f"{seated.title}: nobody sits there now. Clocks run on."
        else:
            text = f"{seated.title}: the seat changed hands ({seated.capacity}). Clocks run on."
        step = self.step
        by = Discharge(
            event_at=now, entered_at=now, person=seated.person, seat=seated.seat
        )
        self.note(
            EntryKind.seat_changed, text, now, by=by, step=step, before=before.person
        )
        mine = [duty for duty in self.open_duties() if duty.is_held_by(seated.role)]
        if mine:
            what = "; ".join(duty.text for duty in mine)
            due_at = soonest(mine)
            self.notify(
                "seat_taken", seated, step=step, what=what, due_at=due_at, duties=mine
            )

    # -- a calendar that gives no date -------------------------------------------------------------------------------

    def ask_to_mend_calendar(self, problem: str, clause: str, now: datetime) -> None:
        """No due date can be derived; somebody is told and has it as a duty until one can (ruling 5)."""
        if self.outstanding(Act.mend_calendar):
            return
        step, holder = self.step_ahead, self.administrator
        duty = self.open_duty(
            Duty(
                id=duty_id(step, clause, Act.mend_calendar, holder.role),
                clause=clause,
                act=Act.mend_calendar,
                text=f"Mend the calendar: {problem}",
                step=step,
                holders=(holder,),
                opened_at=now,
                basis=Basis.agency,
            )
        )
        text = f"{step} waits for a due date: {problem}"
        self.note(EntryKind.undated, text, now, step=step, clause=clause)
        self.notify("undated", holder, step=step, clause=clause, what=duty.text)

    def calendar_mended(self, now: datetime) -> None:
        for duty in self.outstanding(Act.mend_calendar):
            end = Discharge(
                event_at=now, entered_at=now, text="The calendar is mended."
            )
            self.replace_duty(duty.discharged(end))

    # -- what came back, and what came too late ----------------------------------------------------------------------

    def refuse(
        self, message: str, detail: str, actor: Actor, message_id: str, now: datetime
    ) -> None:
        """A message that was refused after all is on the timeline, and its sender, who may wait no more, is told."""
        by = Discharge(event_at=now, entered_at=now, person=actor.person)
        text = f"{message} was refused. {detail}"
        self.note(
            EntryKind.refused, text, now, by=by, step=self.step, message_id=message_id
        )
        self._notify_refused(actor, message)

    def refuse_unread(self, name: str, detail: str, now: datetime) -> None:
        """A message was left that nobody can read, or that was not encrypted for this case: whoever keeps the case is told."""
        text = f"A message was left that nobody can read: {detail}"
        self.note(EntryKind.refused, text, now)
        if self.seated:
            what = "A message was left in this case that was not taken"
            self.notify("unread", self.administrator, step=self.step, what=what)

    def measure(self, now: datetime) -> None:
        """See whether the case can carry more. Where it cannot, that is said, and whoever keeps the case is told at once."""
        if self.grown < MEASURED_EVERY:
            return
        was_full, self.grown = self.is_full, 0
        self.is_full = len(self.model_dump_json()) > ROOM
        if self.is_full and not was_full:
            what = "This case holds as much as one case can. It takes only what brings it to an end"
            self.note(EntryKind.full, f"{what}; its clocks go on.", now, step=self.step)
            self.notify("full", self.administrator, step=self.step, what=what)

    def known_as(self, message: str) -> str:
        """A message as its sender is told of it: a name that is none of ours may say anything."""
        return message.replace("_", " ")

    def _notify_refused(self, actor: Actor, message: str) -> None:
        """By the name of the message alone: the reason may quote what they wrote."""
        seats = [held.seat for held in actor.seats]
        mine = [each for each in self.seated.values() if each.seat in seats]
        here = min(mine, key=lambda each: each.seat != actor.chosen, default=None)
        title = here.title if here else "you"
        seat = here.seat if here else next(iter(seats), actor.person)
        receiver = Seated(role="sender", title=title, seat=seat, person=actor.person)
        self.notify("refused", receiver, step=self.step, what=self.known_as(message))

    def tie(self, link: CaseLink, event_at: datetime, now: datetime) -> None:
        """Another case says that it belongs to this one; hearing it twice changes nothing."""
        if link in self.links:
            return
        self.links.append(link)
        text = TIED.get(link.relation, "Another case is tied to this one.")
        words = f"Case {link.case}."
        self.note(
            EntryKind.linked, text, now, event_at=event_at, step=self.step, words=words
        )

    def settled(self, notice: Notice, outcome: Delivered, now: datetime) -> None:
        """What became of a notice, however often it is told."""
        if notice.key in self.reported:
            return
        self.reported = [*self.reported, notice.key][-KEPT_REPORTS:]
        self.delivered(notice, outcome, now)

    def delivered(self, notice: Notice, outcome: Delivered, now: datetime) -> None:
        """A delivered notice discharges its duty; one that failed leaves it open and is said at once (ruling 5)."""
        if outcome.delivery is Delivery.needless:
            return
        if outcome.delivery is not Delivery.delivered:
            self._not_delivered(notice, outcome, now)
            return
        for duty in self.duties:
            if duty.is_outstanding and duty.id == notice.duty:
                how = outcome.channel or "e-mail"
                text = f"Sent by {how} in the sender's name."
                told = Discharge(event_at=now, entered_at=now, text=text)
                self.replace_duty(duty.discharged(told))
                words = f"{duty.text}, by {how}."
                self.note(
                    EntryKind.told,
                    words,
                    now,
                    step=duty.step,
                    clause=duty.clause,
                    channel=outcome.channel,
                )

    def _not_delivered(self, notice: Notice, outcome: Delivered, now: datetime) -> None:
        unsure = outcome.delivery is Delivery.uncertain
        what = "may not have arrived" if unsure else "did not arrive"
        reason = outcome.reason or outcome.delivery
        text = f"The notice to {notice.receiver.title} {what} ({reason})."
        step, clause = notice.step, notice.clause
        kind, channel = EntryKind.notice_failed, outcome.channel
        self.note(kind, text, now, step=step, clause=clause, channel=channel)
        if notice.kind == "notice_failed":
            return  # Telling of it again would end nowhere where mail itself is down.
        told = self.caretaker(notice.receiver)
        self.notify("notice_failed", told, step=step, clause=clause, what=text)

    # -- for everybody to see ----------------------------------------------------------------------------------------

    def waiting_roles(self) -> list[str]:
        """The roles something is waited for from."""
        roles = [each.role for duty in self.open_duties() for each in duty.holders]
        return list(dict.fromkeys(roles))

    def duty_table(self, head: str) -> str:
        """The open duties as Markdown, for operators: clause, what, seat and due; nothing about the client."""
        rows = [
            f"| {d.clause} | {d.text} | {any_of(d.holders)} | {until(d.due_at)} |"
            for d in self.open_duties()
        ]
        if not rows:
            return f"{head}\n\nNothing is open."
        titles = ["| clause | duty | seat | due (UTC) |", "|---|---|---|---|"]
        return "\n".join([head, "", *titles, *rows])
