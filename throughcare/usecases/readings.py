"""How the agency reads its policy, as far as that concerns a case: shown on its page and on every printout (ruling 4)."""

from collections.abc import Iterator

from throughcare.case.parts import ClauseId, Reading
from throughcare.lifecycles.conflict.policy import ConflictPolicy, Ladder
from throughcare.packs.pack import Pack


def readings_of(kind: str, pack: Pack) -> tuple[Reading, ...]:
    """Of a case about a client: those of the intake, and past it those of the care plan as well."""
    readings = pack.intake.readings if pack.intake else ()
    if kind != "intake" and pack.care_plan:
        readings = (*readings, *pack.care_plan.readings)
    return readings


def readings_for(policy: ConflictPolicy, ladder: Ladder) -> tuple[Reading, ...]:
    """Of a conflict: those of a clause of this ladder, or of a clause that is of no ladder and so is meant for all."""
    here = set(_clauses(ladder))
    elsewhere = {c for other in policy.ladders for c in _clauses(other)} - here
    return tuple(
        reading for reading in policy.readings if set(reading.clauses) - elsewhere
    )


def _clauses(ladder: Ladder) -> Iterator[ClauseId]:
    for clause in (
        ladder.clause,
        ladder.either_side_clause,
        ladder.supervisor_may_be_party,
    ):
        if clause:
            yield clause
    for rung in ladder.rungs:
        acts = (rung.meeting, rung.team, rung.contact, rung.assistance, rung.outcome)
        yield from (act.clause for act in acts if act)
        yield from (passing.clause for passing in (*rung.notices, *rung.information))
