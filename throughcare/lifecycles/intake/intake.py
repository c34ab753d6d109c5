"""An intake, from the first call to a plan under way. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from throughcare.case.base import Frozen
from throughcare.case.duty import Act, Discharge
from throughcare.case.parts import RoleId
from throughcare.case.seats import Capacity
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.facts import Former
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.turns import (
    ENDINGS,
    staff,
    with_a_worker,
)
from throughcare.time.deadline import Instant

STAGES: tuple[tuple[str, tuple[Act, ...]], ...] = (
    ("screening", (Act.screening,)),
    ("eligibility", (Act.eligibility,)),
    ("offer", (Act.offer,)),
    (
        "emergency",
        (
            Act.intake_unit_contact,
            Act.screen_results,
            Act.needs_confirmation,
            Act.provider_search,
            Act.referral,
            Act.preliminary_plan,
            Act.service_request,
            Act.requests_sent,
        ),
    ),
    ("waiting_for_consents", (Act.consents,)),
    (
        "assignment",
        (Act.intake_review, Act.preferences, Act.rapport, Act.assignment),
    ),
    ("first_contact", (Act.client_contact, Act.first_meeting)),
    (
        "planning",
        (Act.initial_plan, Act.team_meeting_with_client, Act.final_plan),
    ),
)
"""The stages of an intake, and what is still to be done while it is at one. An emergency is seen to before the rest."""


class Referral(Frozen):
    """What the first call said. Who it is about is kept apart, and known here by an opaque id."""

    at: Instant
    source: str
    """Who referred them, or that they walked in."""
    words: str = ""
    alike: tuple[str, ...] = ()
    """Clients who may be the same person."""
    former: tuple[Former, ...] = ()


class Intake(ClientCase):
    kind: Literal["intake"] = "intake"

    @property
    def stage(self) -> str:
        if self.is_closed:
            return self.status
        for stage, acts in STAGES:
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
            "opened", text, now, clause=clause, by=by, capacity=capacity, words=words
        )
        self.come(Moment.opened, referral.at)
        self.known.former = list(referral.former)
        if referral.former:
            self.come(Moment.returned, referral.at)
            self._say_who_left(now)
        if referral.alike:
            self.note(
                "alike",
                "Somebody known here may be the same person. Nothing is merged until somebody says so.",
                now,
                clause=clause,
                words=", ".join(referral.alike),
            )
            what = "Say whether this is somebody who is known here already"
            self.ask(Act.identity, clause, self.policy.intake, what, now)

    def _say_who_left(self, now: datetime) -> None:
        clause = self.policy.returning_clause or self.policy.clause
        for former in self.known.former:
            if not former.here:
                text = (
                    f"{former.title} of before is no longer here: others are offered."
                )
                self.note("former_left", text, now, clause=clause)

    def hears(self, message: str) -> bool:
        """Messages that only a policy which knows them has use for."""
        policy = self.policy
        match message:
            case "emergency_identified" | "contact_attempted":
                return policy.has_emergencies or message == "contact_attempted"
            case "fund_payment_made":
                return policy.fund is not None
            case "preferences_recorded":
                return policy.preferences is not None
            case _:
                return True

    def beside(self) -> Iterator[tuple[str, tuple[RoleId, ...]]]:
        """Messages that come in no fixed order."""
        everybody = staff(self)
        yield "emergency_identified", everybody
        yield "contact_attempted", everybody
        yield "preferences_recorded", everybody
        yield "assessment_filed", everybody
        if self.known.offer == "declined":
            yield "offer_accepted", everybody
        if self.known.services:
            yield "fund_payment_made", everybody
        yield from with_a_worker(self)
        yield "enroll", (self.worker, self.policy.supervisor)
        for ending in ENDINGS:
            if ending != "enroll":
                yield ending, everybody
