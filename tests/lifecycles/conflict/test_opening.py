"""Which ladder a dispute climbs, and who may start it."""

import pytest

from throughcare.case.refusals import CannotOpen
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
    SeatKind,
    Side,
)
from throughcare.lifecycles.conflict.opening import (
    NamedSeat,
    NotYoursToOpen,
    choose,
    raised_by,
)


def named(role: str, program: str | None = None) -> NamedSeat:
    kind = SeatKind(role=role, program=program)
    return NamedSeat(id=f"seat-of-{role}", title=role.capitalize(), kind=kind)


COORDINATOR = named("care-coordinator", "wraparound")
WORKER = named("human-service-worker")
PROVIDER = named("network-provider")


def actor(**held: Capacity) -> Actor:
    seats = tuple(
        HeldSeat(seat=f"seat-of-{role.replace('_', '-')}", capacity=capacity)
        for role, capacity in held.items()
    )
    return Actor(person="alder", seats=seats)


@pytest.mark.parametrize(
    ("counterpart", "ladder"),
    [
        pytest.param(
            "human-service-worker", "A", marks=pytest.mark.clause("CR-A-0"), id="A"
        ),
        pytest.param(
            "dmcps-case-manager", "B", marks=pytest.mark.clause("CR-B-0"), id="B"
        ),
        pytest.param(
            "network-provider", "C", marks=pytest.mark.clause("CR-C-0"), id="C"
        ),
    ],
)
def test_the_other_sides_seat_decides_the_ladder(pack, counterpart, ladder):
    opening = choose(pack.conflict_policy, COORDINATOR, named(counterpart))

    assert opening.ladder.id == ladder
    assert opening.chosen == {
        "care-coordinator": COORDINATOR.id,
        counterpart: f"seat-of-{counterpart}",
    }


@pytest.mark.clause("CR-N-1a")
@pytest.mark.parametrize(
    ("role", "program"),
    [
        ("care-coordinator", "wraparound"),
        ("care-coordinator", "reach"),
        ("care-coordinator", "ccs"),
        ("care-coordinator", "youth-connect"),
        ("case-manager", "fiss"),
    ],
)
def test_five_kinds_of_seat_count_as_a_care_coordinator(pack, role, program):
    assert choose(pack.conflict_policy, named(role, program), WORKER).ladder.id == "A"


@pytest.mark.clause("CR-N-1a")
@pytest.mark.parametrize(
    ("role", "program"),
    [
        ("care-coordinator", "fiss"),
        ("care-coordinator", None),
        ("case-manager", "reach"),
        ("coordinator-supervisor", None),
    ],
)
def test_no_other_seat_counts_and_the_refusal_lists_those_that_do(pack, role, program):
    with pytest.raises(CannotOpen, match=r"case-manager \(fiss\)") as refused:
        choose(pack.conflict_policy, named(role, program), WORKER)

    assert "care-coordinator (youth-connect)" in refused.value.detail


def test_a_seat_on_no_ladder_is_told_which_seats_are_on_one(pack):
    with pytest.raises(
        CannotOpen, match=r"human-service-worker \(ladder A\)"
    ) as refused:
        choose(pack.conflict_policy, COORDINATOR, named("cyfs-manager"))

    assert "network-provider (ladder C)" in refused.value.detail


def test_a_ladder_asked_for_must_be_the_one_the_seats_lead_to(pack):
    assert (
        choose(pack.conflict_policy, COORDINATOR, WORKER, ladder="A").ladder.id == "A"
    )
    with pytest.raises(CannotOpen, match="or write A"):
        choose(pack.conflict_policy, COORDINATOR, WORKER, ladder="C")


@pytest.mark.clause("CR-C-2b")
@pytest.mark.parametrize(
    ("party", "coordinator", "counterpart", "twice"),
    [
        pytest.param(
            Side.counterpart,
            COORDINATOR,
            named("provider-supervisor"),
            ("network-provider", "provider-supervisor"),
            id="the provider's",
        ),
        pytest.param(
            Side.coordination,
            named("coordinator-supervisor"),
            PROVIDER,
            ("care-coordinator", "coordinator-supervisor"),
            id="the coordinator's",
        ),
    ],
)
def test_a_supervisor_who_is_the_party_takes_both_parts_of_that_side(
    pack, party, coordinator, counterpart, twice
):
    opening = choose(pack.conflict_policy, coordinator, counterpart, party=party)

    assert opening.ladder.id == "C"
    assert {opening.chosen[role] for role in twice} == {opening.seats[party]}
    assert len(opening.chosen) == 3


@pytest.mark.clause("CR-C-2b")
@pytest.mark.parametrize(
    ("counterpart", "party"),
    [
        ("human-service-worker-supervisor", Side.counterpart),
        ("dmcps-supervisor", Side.counterpart),
        ("human-service-worker", Side.coordination),
    ],
)
def test_only_a_ladder_that_says_so_knows_a_supervisor_as_party(
    pack, counterpart, party
):
    with pytest.raises(CannotOpen, match="Ladders where one may: C"):
        choose(pack.conflict_policy, COORDINATOR, named(counterpart), party=party)


@pytest.mark.clause("CR-C-2b")
def test_a_worker_is_not_taken_for_a_supervisor_who_is_the_party(pack):
    with pytest.raises(CannotOpen, match=r"provider-supervisor \(ladder C\)"):
        choose(pack.conflict_policy, COORDINATOR, PROVIDER, party=Side.counterpart)


@pytest.mark.parametrize("capacity", Capacity)
def test_whoever_may_act_from_a_seat_may_open_from_it(pack, capacity):
    opening = choose(pack.conflict_policy, COORDINATOR, WORKER)

    raised = raised_by(pack.conflict_policy, opening, actor(care_coordinator=capacity))

    assert (raised.side, raised.capacity) == (Side.coordination, capacity)


def test_ones_own_seat_comes_before_one_they_supervise(pack):
    opening = choose(pack.conflict_policy, COORDINATOR, WORKER)
    both = actor(
        care_coordinator=Capacity.supervisor, human_service_worker=Capacity.holder
    )

    assert raised_by(pack.conflict_policy, opening, both).side is Side.counterpart


def test_who_could_speak_for_either_side_is_asked_which(pack):
    opening = choose(pack.conflict_policy, COORDINATOR, WORKER)
    both = actor(
        care_coordinator=Capacity.supervisor, human_service_worker=Capacity.supervisor
    )

    with pytest.raises(CannotOpen, match="`seat`"):
        raised_by(pack.conflict_policy, opening, both)
    chosen = both.model_copy(update={"chosen": WORKER.id})
    assert raised_by(pack.conflict_policy, opening, chosen).side is Side.counterpart


def test_nobody_opens_a_dispute_that_is_not_theirs(pack):
    opening = choose(pack.conflict_policy, COORDINATOR, WORKER)

    with pytest.raises(NotYoursToOpen, match="from neither"):
        raised_by(pack.conflict_policy, opening, actor(cyfs_manager=Capacity.holder))


@pytest.mark.clause("CR-N-2")
def test_only_ladder_c_lets_the_other_side_start_whatever_the_agency_sets(pack):
    strict = pack.conflict_policy.model_copy(update={"either_side_may_open": False})
    provider = actor(network_provider=Capacity.holder)
    worker = actor(human_service_worker=Capacity.holder)

    on_c = raised_by(strict, choose(strict, COORDINATOR, PROVIDER), provider)

    assert on_c.side is Side.counterpart
    with pytest.raises(NotYoursToOpen, match="Care Coordinator's side"):
        raised_by(strict, choose(strict, COORDINATOR, WORKER), worker)
