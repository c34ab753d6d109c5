"""What takes a closed conflict up again, at the rung where it stopped. Pure."""

from collections.abc import Iterable

from pydantic import Field

from throughcare.case.message import Messages
from throughcare.case.parts import RoleId
from throughcare.lifecycles.conflict.acts import ConflictEntry
from throughcare.lifecycles.conflict.conflict import Conflict, ConflictStatus
from throughcare.lifecycles.conflict.facts import RungFacts
from throughcare.lifecycles.conflict.said import ConflictSaid

taking_up = Messages()


@taking_up.message(
    "agreement_broken",
    by=Conflict.everybody,
    when=lambda case: case.status is ConflictStatus.agreed,
    beside=True,
    takes_up=True,
    example={"reason": "The visits agreed on do not take place."},
)
class AgreementBroken(RungFacts):
    """What both sides agreed is not kept. The case is taken up again at the rung where it stopped."""

    reason: str = Field(min_length=1, max_length=1000)

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        text = "the agreement is not kept; the case is taken up again"
        _take_up(said, ConflictEntry.agreement_broken, text, self.reason)


def _reopeners(case: Conflict) -> Iterable[RoleId]:
    """Of a case that an authority closed, that authority."""
    if case.status is ConflictStatus.closed_by_authority:
        return case.ladder.closing_authority
    return case.everybody()


@taking_up.message(
    "reopen",
    by=_reopeners,
    when=lambda case: (
        case.status in (ConflictStatus.withdrawn, ConflictStatus.closed_by_authority)
    ),
    beside=True,
    takes_up=True,
    example={"reason": "The matter has come back."},
)
class Reopen(RungFacts):
    """A closed case is taken up again, at the rung where it stopped."""

    reason: str = Field(min_length=1, max_length=1000)

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        _take_up(said, ConflictEntry.reopened, "taken up again", self.reason)


def _take_up(said: ConflictSaid, kind: ConflictEntry, what: str, reason: str) -> None:
    case = said.case
    was = case.status.replace("_", " ")
    text = f"{said.seated.title}: {what}. It was closed as {was}."
    case.take_up(said.counted_from)
    clause = case.main_clause
    said.note(kind, text, clause, words=said.words(reason))
    roles = [role for each in case.reached for role in case.rung_named(each).roles]
    told = {case.seated[role].seat: role for role in roles}
    for role in told.values():
        rung = case.moving_to or ""
        case.notify("reopened", case.seated[role], step=rung, clause=clause, what=text)
