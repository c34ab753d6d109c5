"""Who takes a part in this case only: somebody steps back from it, and another seat takes their place. Pure."""

from pydantic import Field

from throughcare.case.message import Messages
from throughcare.case.parts import RoleId
from throughcare.case.refusals import Unreadable
from throughcare.case.wording import listed
from throughcare.lifecycles.conflict.acts import ConflictEntry
from throughcare.lifecycles.conflict.conflict import Conflict
from throughcare.lifecycles.conflict.facts import RungFacts
from throughcare.lifecycles.conflict.said import ConflictSaid

recusals = Messages()


@recusals.message(
    "recuse",
    by=lambda case: (*case.parts_now(), case.policy.administrator),
    beside=True,
    example={
        "role": "coordinator-supervisor",
        "reason": "Related to one of the people concerned.",
    },
)
class Recuse(RungFacts):
    """Somebody steps back from this case, or is made to: their seat counts as empty here, and is to be filled (Q-37)."""

    role: str = Field(description="The part they have in this case, as it shows it.")
    reason: str = Field(min_length=1, max_length=1000)

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        """The seat is then asked for as an empty one is, and no clock stops (ruling 5)."""
        _check_part(said, self.role)
        seated = case.seated[self.role]
        if not said.roles & {self.role, case.policy.administrator}:
            raise Unreadable(
                "You recuse yourself; the Agency Administrator recuses others.",
                said.allowed,
            )
        if seated.person is None:
            raise Unreadable(f"Nobody sits as {seated.title} now.", said.allowed)
        known = case.recused.get(self.role, [])
        case.recused[self.role] = [*known, seated.person]
        case.want_seats()
        text = f"{seated.title}: whoever sits there is recused from this case."
        clause = case.clause_needing(self.role)
        said.note(ConflictEntry.recused, text, clause, words=said.words(self.reason))


@recusals.message(
    "assign_seat",
    by=lambda case: (case.policy.administrator,),
    beside=True,
    example={
        "role": "coordinator-supervisor",
        "assigned": "coordinator-supervisor-2",
        "reason": "The supervisor supervises both workers.",
    },
)
class AssignSeat(RungFacts):
    """Another seat takes a part in this case only: where the one that should is recused, empty, or the same person sits
    on both sides (ruling 5, Q-37)."""

    role: str = Field(description="The part in this case, as it shows it.")
    assigned: str = Field(description="The seat that takes it, as GET /seats lists it.")
    reason: str = Field(min_length=1, max_length=1000)

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        _check_part(said, self.role)
        case.chosen[self.role] = self.assigned
        case.want_seats()
        title = case.seated[self.role].title
        text = f"{title}: another seat takes this part in this case."
        clause = case.clause_needing(self.role)
        said.note(
            ConflictEntry.seat_assigned, text, clause, words=said.words(self.reason)
        )


def _check_part(said: ConflictSaid, role: RoleId) -> None:
    """Raises Unreadable."""
    parts = said.case.parts_now()
    if role not in parts:
        raise Unreadable(
            f"role must be a part on the current rung: {listed(parts)}.",
            said.allowed,
        )
