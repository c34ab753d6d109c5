"""A message before a case about a client: who speaks, which duty it discharges, and what every kind of message may need. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from throughcare.case.duty import (
    Duty,
    DutyStatus,
    duty_id,
)
from throughcare.case.parts import ClauseId, RoleId
from throughcare.case.said import Said
from throughcare.case.seats import Capacity, Seated
from throughcare.case.wording import listed
from throughcare.lifecycles.client.acts import ClientEntry
from throughcare.lifecycles.client.facts import (
    Flag,
    Held,
    PlanVersion,
)
from throughcare.lifecycles.client.fields import ClientStatus

if TYPE_CHECKING:
    from throughcare.lifecycles.client.case import ClientCase


class ClientSaid(Said["ClientCase"]):
    """One message before one case."""

    case: "ClientCase"

    @property
    def is_taken_over(self) -> bool:
        """Whether it comes from the record of before, with a caseload that is brought in."""
        return self.capacity is Capacity.imported

    # -- duties --------------------------------------------------------------------------------------------------

    def duties(self) -> list[Duty]:
        """What this message discharges, the oldest first. Of duties about different needs it is the one that was named;
        raises Unreadable where there is none for it."""
        kind = self.case.messages[self.message.name]
        acts = (kind.discharges,) if kind.discharges else ()
        found, field = list(reversed(self.case.outstanding(*acts))), kind.about
        if field is None:
            return self._asked_by_then(found)
        named = str(getattr(self.message.facts, field))
        mine = [duty for duty in found if duty.target == named]
        if not mine:
            known = listed(duty.target for duty in found)
            raise self.unreadable(f"{field} must be one of: {known}.")
        return mine[:1]

    def _asked_by_then(self, duties: list[Duty]) -> list[Duty]:
        """What happened before a duty came up answers the earlier one alone, where there is one: a second emergency has
        clocks of its own (O-38)."""
        at = self.message.event_at
        return [duty for duty in duties if duty.opened_at <= at] or duties

    def discharge(
        self,
        text: str,
        *,
        words: str = "",
        duties: Sequence[Duty] | None = None,
        kind: StrEnum | None = None,
    ) -> None:
        """Everything this message discharges is done, and the timeline says it once for each clause."""
        for duty in self.duties() if duties is None else duties:
            self.discharge_one(duty, text, self.words(words), kind)

    def discharge_or_say(
        self,
        duties: Sequence[Duty],
        text: str,
        clause: ClauseId | None = None,
        words: str = "",
    ) -> None:
        """What discharges nothing is an entry all the same."""
        if duties:
            self.discharge(text, words=words, duties=duties)
        else:
            self.say(text, clause, words)

    def open_now(
        self,
        act: str,
        clause: ClauseId,
        role: RoleId,
        text: str,
        target: str | None = None,
    ) -> Duty:
        """A duty without a limit, so there is nothing to derive first."""
        stage = self.case.step
        return self.case.open_duty(
            Duty(
                id=duty_id(stage, clause, act, role),
                clause=clause,
                act=act,
                text=text,
                step=stage,
                holders=(self.case.seated[role],),
                opened_at=self.counted_from,
                target=target,
            )
        )

    def drop(self, *acts: str, text: str) -> None:
        by = self.by.model_copy(update={"text": text})
        for duty in self.case.outstanding(*acts):
            self.case.drop(duty, DutyStatus.withdrawn, by)

    # -- what may leave the agency ----------------------------------------------------------------------------------

    def may_go_to(
        self,
        recipient: str,
        title: str,
        duty: Duty,
        exception: str | None = None,
        *,
        provider: str | None = None,
    ) -> bool:
        """Whether something about the client may go to this recipient; where not, it is held and the missing consent is
        named (CP-E-5, Q-34). Raises Refused for an emergency exception this agency does not allow."""
        case = self.case
        if case.known.has_consent(recipient, self.now):
            return True
        if exception is not None:
            if not case.policy.emergency_disclosure:
                raise self.refused(
                    f"There is no consent for {title}, and this agency's setting allows no exception in an emergency. Record the consent first."
                )
            text = f"Sent to {title} without a consent, as an exception in an emergency, which this agency's setting allows."
            self.note(ClientEntry.disclosed, text, duty.clause, words=exception)
            return True
        held = Held(
            act=duty.act,
            recipient=recipient,
            title=title,
            provider=provider,
            need=duty.target,
            since_at=self.now,
        )
        if not any(
            (each.act, each.recipient, each.need) == (held.act, recipient, held.need)
            for each in case.known.held
        ):
            case.known.held.append(held)
        text = f"Held: there is no consent for {title} on file. It goes out as soon as there is one."
        self.note(
            ClientEntry.held, text, duty.clause, step=duty.step, words=self.words("")
        )
        for holder in duty.holders:
            case.notify(
                "held", holder, step=duty.step, clause=duty.clause, what=duty.text
            )
        return False

    # -- independence ----------------------------------------------------------------------------------------------

    def flag(
        self,
        clause: ClauseId,
        about: str,
        *,
        exception: str | None = None,
        reviewer: RoleId | None = None,
        reported: bool = False,
    ) -> None:
        """Somebody is not independent: a duty to look at it, or with a reason an exception on record that is looked at
        again (CF-S). Raises Refused where the agency lets nothing through without a reason."""
        case, rules = self.case, self.case.independence
        if rules and rules.refuses and exception is None and not reported:
            raise self.refused(
                f"Not independent: {about} Give the reason in `exception` to let it through, on record."
            )
        number = len(case.known.flags) + 1
        flag = Flag(
            number=number,
            clause=clause,
            about=about,
            opened_at=self.counted_from,
            reviewer=reviewer,
        )
        if exception is not None:
            flag = flag.model_copy(
                update={
                    "resolution": "accepted",
                    "reason": exception,
                    "settled_by": self.message.actor.person,
                }
            )
        case.known.flags.append(flag)
        said = "accepted for a reason" if exception else "to be looked at"
        text = f"Not independent, {said}. {about}"
        self.note(ClientEntry.not_independent, text, clause, words=exception or "")
        case.ask_to_review(flag)

    def check_deliverers(
        self, organization: str, clause: ClauseId, who: str, exception: str | None
    ) -> None:
        """Flags somebody whose own organization delivers services to this client."""
        if organization and organization in self.case.known.providing().values():
            about = f"{who} belongs to an organization that delivers services to this client."
            self.flag(clause, about, exception=exception)

    # -- the person ------------------------------------------------------------------------------------------------

    def write_to_client(
        self, kind: str, clause: ClauseId, duty: Duty | None = None
    ) -> None:
        """A letter to the person, in their language. Where it cannot be mailed, somebody has to print it. Of what was
        before the case came here they are told nothing anew."""
        if self.is_taken_over:
            return
        case = self.case
        case.notify(
            kind,
            case.as_receiver(),
            step=case.step,
            clause=clause,
            duty=duty.id if duty else None,
        )

    def check_authorised(self, stated_by: str, authorised: Sequence[str]) -> None:
        """Only the client, and whoever may speak for them, states a preference (CS-X-1)."""
        known = [each.casefold() for each in authorised]
        if stated_by.casefold() in ("client", *known):
            return
        listed = ", ".join(["client", *authorised])
        raise self.unreadable(
            f"stated_by must be the client or a spokesperson who may speak for them: {listed}."
        )

    def plan_named(self, version: str) -> PlanVersion:
        """Raises Unreadable where no such version is on file (CP-P-3)."""
        plans = self.case.known.plans
        for plan in plans:
            if plan.version == version:
                return plan
        listed = ", ".join(plan.version for plan in plans) or "none"
        raise self.unreadable(f"plan must be a version on file: {listed}.")

    # -- endings -----------------------------------------------------------------------------------------------------

    def close(
        self,
        status: ClientStatus,
        text: str,
        words: str = "",
        clause: str = "",
        told: Sequence[Seated] = (),
    ) -> None:
        self.case.close(
            status,
            text + self.by_right(),
            self.now,
            self.by,
            self.words(words),
            clause=clause or None,
            told=told,
            **self.provenance,
        )

    def link(self, case: str, relation: str) -> None:
        self.case.link(case, relation)
