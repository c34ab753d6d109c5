"""What concerns more than one conflict: two that are merged, and one that begins anew on another ladder."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import Field
from sqlalchemy import Connection, select

from throughcare.case.base import Written
from throughcare.case.seats import Side
from throughcare.case.wire import OpenCase
from throughcare.errors import BadRequestValue
from throughcare.lifecycles.conflict.lifecycle import ConflictOpening
from throughcare.lifecycles.conflict.opening import choose
from throughcare.store.cases import facts_of, find_case
from throughcare.store.directory import seat_facts
from throughcare.store.packs import pack_by_digest, packs_in_force
from throughcare.store.tables import CaseRow, CaseSeatRow
from throughcare.usecases.asking import Asking
from throughcare.usecases.open_conflict import named_seat
from throughcare.usecases.storable import Reason, Storable


class Merged(Storable, Written):
    """This case is about the same dispute as another one, which goes on with both."""

    into: str = Field(description="The case that goes on.")
    reason: Reason
    seat: str | None = None


class Refiled(Storable, Written):
    """The two seats the dispute is really between. They decide the ladder, as at an opening."""

    coordinator_seat: str
    counterpart_seat: str
    supervisor_is_party: Side | None = None
    reason: Reason
    seat: str | None = None


def other_of_two(
    connection: Connection, other_id: str, case: CaseRow, asking: Asking
) -> str:
    """The case that is to go on: open, to be seen by the asker, and between the same two seats. Raises BadRequestValue."""
    other = find_case(connection, asking.scope, other_id, kind="conflict")
    if other is None or other.id == case.id:
        raise BadRequestValue("into", "There is no other such case you may see.")
    if other.closed_at:
        raise BadRequestValue("into", "That case is closed.")
    pack = pack_by_digest(connection, case.pack_digest)
    assert pack is not None, "a pack is kept once a case was opened under it"
    ladder = facts_of(case).ladder
    workers = [*pack.conflict_policy.ladder(ladder).workers.values()]
    between = [_seats(connection, each.id, workers) for each in (case, other)]
    if facts_of(other).ladder != ladder or between[0] != between[1]:
        raise BadRequestValue("into", "That case is between other seats.")
    return other.id


def _seats(
    connection: Connection, case_id: str, roles: Sequence[str]
) -> set[str | None]:
    query = select(CaseSeatRow.seat_id).where(
        CaseSeatRow.case_id == case_id, CaseSeatRow.role.in_(roles)
    )
    return set(connection.scalars(query))


def refiled_opening(
    connection: Connection, new_id: str, case: CaseRow, body: Refiled, asking: Asking
) -> OpenCase[ConflictOpening]:
    """The case that begins in its place. Raises BadRequestValue and CannotOpen."""
    agency, packs = packs_in_force(connection)
    in_force = next((each for each in packs if each.ref.id == case.pack_id), None)
    if in_force is None:
        raise BadRequestValue("case", "The agency no longer uses the pack it is under.")
    policy, now = in_force.pack.conflict_policy, datetime.now(UTC)
    coordinator = seat_facts(connection, body.coordinator_seat, now)
    counterpart = seat_facts(connection, body.counterpart_seat, now)
    chosen = choose(
        policy,
        named_seat(coordinator, "coordinator_seat"),
        named_seat(counterpart, "counterpart_seat"),
        party=body.supervisor_is_party,
    )
    facts = facts_of(case)
    if chosen.ladder.id == facts.ladder:
        raise BadRequestValue(
            "counterpart_seat",
            f"These seats are on ladder {facts.ladder}, where the case already is.",
        )
    about = ConflictOpening(
        policy=policy.model_copy(update={"ladders": (chosen.ladder,)}),
        raised_by=facts.raised_by,
        chosen=chosen.chosen,
        supervisor_is_party=body.supervisor_is_party,
        youth=facts.youth,
        subject=facts.subject,
        refiled_from=case.id,
    )
    return OpenCase[ConflictOpening](
        kind="conflict",
        case_id=new_id,
        agency=agency.id,
        calendar=agency.calendar,
        program=(coordinator.program if coordinator else None) or "",
        pack=in_force.ref,
        opened_by=asking.person_id,
        opened_from=chosen.seats[facts.raised_by],
        received_at=now,
        about=about,
    )
