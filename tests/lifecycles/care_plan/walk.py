"""A care plan under milwaukee-cars to walk through without Temporal, from what its intake knew on, and the requests it makes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.driving import begun
from tests.lifecycles.intake import cars
from tests.lifecycles.intake.cars import (
    DAY,
    MANAGER,
    OVERSIGHT,
    SUPERVISOR,
    TUESDAY,
    UNIT,
    WORKER,
)
from tests.lifecycles.intake.walk import CARS, Walk, local, pack
from throughcare.case.duty import Duty
from throughcare.case.needs import StartCase, Word
from throughcare.case.refusals import Refused
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
)
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.plan_facts import (
    CarePlanFacts,
    Meeting,
    Member,
    ServiceAsked,
    Version,
)
from throughcare.lifecycles.client.plan_policy import CarePlanPolicy

__all__ = [
    "DAY",
    "MANAGER",
    "OVERSIGHT",
    "SUPERVISOR",
    "TUESDAY",
    "UNIT",
    "WORKER",
    "local",
]

CLIENT, COORDINATOR = "member-1", "member-2"
"""The two who are on every team from the start."""

WEEK = timedelta(days=7)
CLOSURE = "CC-08.4"

SECTIONS: dict[str, dict[str, Any]] = {
    "vision": {"text": "A home of my own", "quotes": ["I want a door I can close"]},
    "strengths": {"strengths": [{"whose": "client", "text": "Never misses a day"}]},
    "needs": {
        "needs": [{"id": "home", "whose": "client", "text": "To be safe", "rank": 1}]
    },
    "strategies": {"strategies": [{"need": "home", "text": "Look at three flats"}]},
    "safety": {
        "text": "Call the sister first",
        "client_strengths": "Calms down by walking",
        "natural_supports": "A sister two streets away",
    },
}
"""Everything a first plan says, in the order it is written in."""

UPDATES = {"successes": ["Moved in"], "barriers": ["No bus on Sundays"]}


def rules() -> CarePlanPolicy:
    found = pack(CARS).care_plan
    assert found is not None
    return found


@dataclass
class PlanWalk(Walk):
    """One care plan, driven as its workflow drives it."""

    # -- what people do ------------------------------------------------------------------------------------------

    def say_from(
        self,
        seat: str,
        name: str,
        /,
        by: Capacity = Capacity.holder,
        **facts: Any,
    ) -> None:
        """From this seat itself, which may be a member's."""
        actor = Actor(
            person=self.person(seat), seats=(HeldSeat(seat=seat, capacity=by),)
        )
        self.say_as(actor, name, **facts)

    def refusal_from(self, seat: str, name: str, /, **facts: Any) -> Refused:
        try:
            self.say_from(seat, name, **facts)
        except Refused as refused:
            return refused
        raise AssertionError(f"{name} was not refused")

    def invite(self, kind: str, name: str, **facts: Any) -> str:
        """Somebody who is on the team from now on, by their id there."""
        given = {"kind": kind, "name": name, "joined": True}
        self.say("member_invited", WORKER, **(given | facts))
        return self.life.team[-1].id

    def meet(self, *attended: str, **facts: Any) -> Meeting:
        """Whoever else is on the team was not invited, unless they were to a meeting that is set."""
        there = {*(attended or (CLIENT, COORDINATOR))}
        there |= {each["member"] for each in facts.get("absent", ())}
        set_for = self.life.next_meeting.invited if self.life.next_meeting else ()
        others = [e.id for e in self.life.members if e.id not in {*there, *set_for}]
        given = {
            "not_invited": [{"member": e, "reason": "Not about them"} for e in others],
            "attended": attended or (CLIENT, COORDINATOR),
            "confidentiality_reminded": True,
            "next": self.following(),
            "screen": "screens/1",
        }
        self.say("team_meeting_held", WORKER, **(given | facts))
        return self.life.held[-1]

    def following(self, after: timedelta = 4 * WEEK) -> dict[str, str]:
        return {"at": (self.now + after).isoformat(), "place": "The library"}

    def write(self, section: str, content: dict[str, Any], role: str = WORKER) -> None:
        """Over its last revision."""
        last = self.case.latest(section)
        self.say(
            "section_written",
            role,
            section=section,
            replaces=last.revision if last else 0,
            content=content,
        )

    def write_all(self, **changed: dict[str, Any]) -> None:
        for section, content in (SECTIONS | changed).items():
            self.write(section, content)

    def put_forward(self, kind: str = "final", **facts: Any) -> Version:
        self.say("plan_put_forward", WORKER, kind=kind, **facts)
        return self.life.versions[-1]

    def sign(self, *members: str, version: Version | None = None) -> None:
        """On paper, as it is entered by the worker; all who are to, where nobody is named."""
        under = version or self.life.versions[-1]
        for member in members or under.signers:
            self.say("plan_signed", WORKER, **on_paper(under, member))

    def finalize(self) -> Version:
        number = self.life.versions[-1].number
        self.say("plan_finalized", WORKER, version=number)
        return self.life.versions[-1]

    def put_in_force(self, kind: str = "final") -> Version:
        self.put_forward(kind)
        self.sign()
        return self.finalize()

    def amend(self) -> Version:
        """The second version of the team's plan, or a later one."""
        self.write("updates", UPDATES)
        return self.put_in_force("amended")

    def review(self, **facts: Any) -> None:
        given = {"kind": "monthly", "outcome": "no_change"}
        self.say("review_held", WORKER, **(given | facts))

    def ask_for(self, service: str = "housing", **facts: Any) -> "RequestWalk":
        """A request for one service, which is a case of its own from here on."""
        current = self.life.current
        given = {
            "service": service,
            "need": "home",
            "provider": "hearth",
            "provider_title": "Hearth Demo Housing",
            "organization": "Hearth",
            "chosen_by_client": True,
            "plan": current.number if current else "1",
            "request": f"01REQUEST{len(self.life.services) + 1}",
        }
        self.say("service_asked_for", WORKER, **(given | facts))
        return self.begin_request(self.life.services[-1])

    def begin_request(self, asked: ServiceAsked) -> "RequestWalk":
        starts = [e for e in self.outgoing if isinstance(e, StartCase)]
        began = begun(next(e for e in starts if e.case_id == asked.case), self.now)
        walk = RequestWalk(began, self.now, consents=self.consents, people=self.people)
        walk.plan = self
        walk.settle()
        return walk

    # -- what is to be seen ---------------------------------------------------------------------------------------

    @property
    def life(self) -> CarePlanFacts:
        assert isinstance(self.case, CarePlan)
        return self.case.life

    def member(self, member_id: str) -> Member:
        found = self.life.member(member_id)
        assert found is not None
        return found

    @property
    def review_due(self) -> Duty:
        """The monthly review that is waited for."""
        return self.case.outstanding(ClientAct.monthly_review)[0]  # type: ignore[no-any-return]  # A walk's case may be any.

    def lacks(self) -> list[str]:
        """The clauses of whatever the team lacks."""
        return [clause for clause, _ in self.case.gaps()]


@dataclass
class RequestWalk(Walk):
    """One request for a service, and the care plan it tells what becomes of it."""

    plan: PlanWalk | None = None

    def settle(self) -> None:
        super().settle()
        words, plan = self.outgoing, self.plan
        self.outgoing = []
        for word in words:
            if plan and isinstance(word, Word):
                plan.now = max(plan.now, self.now)
                plan.case.take_word(word.name, word.facts, plan.now)
                plan.settle()

    def hear_of_plans(self) -> None:
        """The care plan tells of the plans it has now."""
        assert self.plan
        self.case.known.plans = list(self.plan.case.known.plans)

    def submit(self) -> None:
        self.consent("payer")
        self.say("request_submitted", WORKER, plan_attached=True, to="The payer")

    def decide(self, decision: str = "approved", **facts: Any) -> None:
        self.say("request_decided", WORKER, decision=decision, **facts)

    def approve(self, until: str) -> None:
        self.submit()
        self.decide(until=until)


def on_paper(version: Version, member: str) -> dict[str, Any]:
    return signing(version, member) | {"how": "paper"}


def signing(version: Version, member: str) -> dict[str, Any]:
    return {"member": member, "version": version.number, "digest": version.digest}


def enrolled(
    at: datetime = TUESDAY,
    *,
    earlier: tuple[str, ...] = (),
    wanting: bool = False,
    **how: Any,
) -> PlanWalk:
    """An intake has enrolled somebody, who may be `wanting` another worker; their care plan begins with what it knew."""
    intake = cars.planned(at, **how)
    if wanting:
        intake.say("change_requested", WORKER, by="client")
    intake.say("enroll", WORKER, care_plan="01PLAN", earlier=earlier)
    known = intake.case.known.model_copy(update={"care_plan": None})
    case = CarePlan(
        case_id="01PLAN",
        policy=intake.case.policy,
        independence=intake.case.independence,
        client=intake.case.client,
        opened_at=intake.now,
        chosen=dict(intake.case.chosen),
        known=known,
        rules=rules(),
        closure_clause=CLOSURE,
    )
    case.open(intake.case.case_id, "person-supervisor", intake.now)
    walk = PlanWalk(
        case,
        intake.now,
        empty=intake.empty,
        organizations=intake.organizations,
        people=intake.people,
        consents=intake.consents,
    )
    walk.settle()
    return walk


def teamed(at: datetime = TUESDAY, **how: Any) -> PlanWalk:
    """A care plan whose team is whole."""
    walk = enrolled(at, **how)
    walk.invite("clinical", "Dr Demo")
    walk.say("supports_named", WORKER, names=["Demo Sister"])
    walk.invite("family", "Demo Sister")
    walk.say("systems_recorded", WORKER, systems=["W-2"])
    walk.invite("system", "Demo Officer", system="W-2")
    return walk


def met(at: datetime = TUESDAY, **how: Any) -> PlanWalk:
    """Client and worker have met as a team."""
    walk = enrolled(at, **how)
    walk.meet()
    return walk


def written(at: datetime = TUESDAY, **how: Any) -> PlanWalk:
    """The team's plan is written, and nothing of it put forward."""
    walk = met(at, **how)
    walk.write_all()
    return walk


def signing_now(at: datetime = TUESDAY, **how: Any) -> PlanWalk:
    """A version waits for the names of client and worker."""
    walk = written(at, **how)
    walk.put_forward()
    return walk


def agreed(at: datetime = TUESDAY, **how: Any) -> PlanWalk:
    """The team's first plan is in force."""
    walk = written(at, **how)
    walk.put_in_force()
    return walk
