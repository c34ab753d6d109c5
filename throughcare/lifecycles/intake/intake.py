"""An intake, from the first call to a plan under way. Pure."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import JsonValue

from throughcare.case.duty import Discharge
from throughcare.case.entry import EntryKind, Relation
from throughcare.case.message import Messages
from throughcare.case.needs import StartCase
from throughcare.case.parts import ClauseId
from throughcare.case.seats import Capacity
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.openings import CARE_PLAN, CarePlanOpening, Referral
from throughcare.lifecycles.client.plan_policy import SharedCarePlanPolicy
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid

STEPS: tuple[tuple[str, tuple[ClientAct, ...]], ...] = (
    ("screening", (ClientAct.screening,)),
    ("eligibility", (ClientAct.eligibility,)),
    ("offer", (ClientAct.offer,)),
    (
        "emergency",
        (
            ClientAct.intake_unit_contact,
            ClientAct.screen_results,
            ClientAct.needs_confirmation,
            ClientAct.provider_search,
            ClientAct.referral,
            ClientAct.preliminary_plan,
            ClientAct.service_request,
            ClientAct.requests_sent,
        ),
    ),
    ("waiting_for_consents", (ClientAct.consents,)),
    (
        "assignment",
        (
            ClientAct.intake_review,
            ClientAct.preferences,
            ClientAct.rapport,
            ClientAct.assignment,
        ),
    ),
    ("first_contact", (ClientAct.client_contact, ClientAct.first_meeting)),
    (
        "planning",
        (
            ClientAct.initial_plan,
            ClientAct.team_meeting_with_client,
            ClientAct.final_plan,
        ),
    ),
)
"""The stages of an intake, and what is still to be done while it is at one. An emergency is seen to before the rest."""


class Intake(ClientCase):
    messages: ClassVar[Messages] = Messages(ClientSaid)
    kind: Literal["intake"] = "intake"
    takes_in: ClassVar[bool] = True
    care_plan: SharedCarePlanPolicy | None = None
    """What the policy asks of the care plan it leads to."""
    closure_clause: ClauseId | None = None

    @property
    def step(self) -> str:
        if self.is_closed:
            return self.status
        for stage, acts in STEPS:
            if self.outstanding(*acts) or any(p.act in acts for p in self.pending):
                return stage
        return "offer_declined" if self.known.offer == "declined" else "under_way"

    def open(
        self,
        referral: Referral,
        person: str,
        seat: str | None,
        now: datetime,
        capacity: Capacity | None = None,
    ) -> None:
        """The first call: the policy's first duties are next, dated from when it came."""
        by = Discharge(event_at=referral.at, entered_at=now, person=person, seat=seat)
        words = "\n".join(each for each in (referral.source, referral.words) if each)
        text = "Taken over from elsewhere." if self.imported else "Intake opened."
        self.came_at = now if self.imported else None
        clause = self.policy.clause
        self.note(
            EntryKind.opened,
            text,
            now,
            clause=clause,
            by=by,
            capacity=capacity,
            words=words,
        )
        self.come(Moment.opened, referral.at)
        self.known.former = list(referral.former)
        if referral.former:
            self.come(Moment.returned, referral.at)
            self._say_who_left(now)
        self._tie_to_live(referral, now)
        if referral.alike:
            self.note(
                ClientEntry.alike,
                "Somebody known here may be the same person. Nothing is merged until somebody says so.",
                now,
                clause=clause,
                words=", ".join(referral.alike),
            )
            what = "Say whether this is somebody who is known here already"
            self.ask(ClientAct.identity, clause, self.policy.intake, what, now)
        self.entered(now)

    def begin_care_plan(
        self, care_plan: str, opens: dict[str, JsonValue], at: datetime
    ) -> None:
        """The care plan goes on from here with what the intake knew, from the enrollment at `at` on."""
        about = CarePlanOpening(
            client=self.client,
            policy=self.policy,
            independence=self.independence,
            care_plan=self.care_plan,
            closure_clause=self.closure_clause,
            intake=self.case_id,
            enrolled_at=None if self.is_of_before else at,
            chosen=dict(self.chosen),
            known=self.known.model_copy(update={"care_plan": None}),
        )
        opening: dict[str, JsonValue] = {
            **opens,
            "linked": [self.case_id],
            "about": about.model_dump(mode="json"),
        }
        start = StartCase(kind=CARE_PLAN, case_id=care_plan, opening=opening)
        self.outgoing.append(start)

    def _tie_to_live(self, referral: Referral, now: datetime) -> None:
        """A second intake may open; it names at once what of the same person is open already (CP-P-1)."""
        for case in referral.live:
            self.tie_to(self.kind, case, Relation.same_person, now)
        live, clause = list(referral.live), self.policy.enrollment.clause
        if referral.live_plan:
            self.tie_to(CARE_PLAN, referral.live_plan, Relation.same_person, now)
            live.append(referral.live_plan)
        if live:
            text = "The same person has another intake or a care plan that is open. Nothing is merged; a second plan is not filed."
            words = ", ".join(live)
            self.note(EntryKind.linked, text, now, clause=clause, words=words)

    def _say_who_left(self, now: datetime) -> None:
        clause = self.policy.returning_clause or self.policy.clause
        for former in self.known.former:
            if not former.here:
                text = (
                    f"{former.title} of before is no longer here: others are offered."
                )
                self.note(ClientEntry.former_left, text, now, clause=clause)
