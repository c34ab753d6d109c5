"""Whatever people send and however time passes: no rung is skipped, closed means closed, and no notice goes out twice."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from throughcare.case.notice import Delivery
from throughcare.case.permissions import allowed_now
from throughcare.case.refusals import (
    AlreadySaid,
    NotYourEntry,
    NotYourSeat,
    Refused,
    SamePerson,
    StepsOutstanding,
    Unreadable,
    ViolationOutstanding,
)
from throughcare.case.seats import Capacity, Side
from throughcare.lifecycles.conflict.lifecycle import conflict as conflict_messages
from throughcare.lifecycles.conflict.rungs import speaking

LATER_REFUSALS = (
    AlreadySaid,
    NotYourEntry,
    SamePerson,
    StepsOutstanding,
    Unreadable,
    ViolationOutstanding,
)
"""What may still stand against a message whose turn it is: an answer given before, or a step not yet taken."""

TAKE_UP = {"reopen", "agreement_broken", "correct_entry"}

numbers = st.integers(0, 30)
messages = st.tuples(
    st.just("say"), st.sampled_from(list(conflict_messages)), numbers, st.booleans()
)
turns = st.tuples(st.just("take a turn"), numbers, numbers, st.booleans())
events = st.one_of(
    messages,
    turns,
    turns,
    st.tuples(st.sampled_from(["wait", "vacate", "fill", "deliver"]), numbers),
)
openings = st.fixed_dictionaries(
    {"ladder": st.sampled_from("ABC"), "raised_by": st.sampled_from(Side)}
)
properties = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def facts_for(case, name, positive):
    """Facts that fit a message, so that only its turn and its sender decide."""
    workers = case.conflict.ladder.workers.values()
    return {
        "meeting_held": {
            "attendees": case.seats(*workers),
            "outcome": "agreement" if positive else "no_agreement",
        },
        "agreement_not_reached": {"waiver": "a reason"} if positive else {},
        "notice_given": {"how": "by phone"},
        "team_intervention_required": {"reason": "a reason"},
        "violation_identified": {"kind": "policy"},
        "violation_reported": {"recipient": "quality-assurance"},
        "withdraw": {"reason": "a reason"},
        "opened_in_error": {"reason": "a reason"},
        "close": {"reason": "a reason"},
        "partial_agreement": {"settled": "one", "remaining": "two", "waiver": "why"},
        "correct_entry": {"entry": 1, "correction": "not so"},
        "recuse": {"role": case.conflict.parts_now()[0], "reason": "a reason"},
        "assign_seat": {
            "role": case.conflict.parts_now()[-1],
            "assigned": "seat-another",
            "reason": "a reason",
        },
        "reopen": {"reason": "a reason"},
        "agreement_broken": {"reason": "a reason"},
        "merge": {"into": "02CASE", "reason": "a reason"},
        "refile": {"case": "03CASE", "ladder": "B", "opening": {}, "reason": "why"},
        "move_to_version": {
            "pack": "pack",
            "version": 2,
            "digest": "d",
            "policy": case.conflict.policy.model_dump(mode="json"),
            "reason": "a reason",
        },
    }.get(name, {})


def say(case, name, seat, positive):
    role = next(r for r, s in case.conflict.seated.items() if s.seat == seat)
    facts = facts_for(case, name, positive)
    case.say(name, role, held={seat: Capacity.holder}, **facts)


def happen(case, event):
    conflict = case.conflict
    roles = list(conflict.seated)
    match event:
        case ["say", name, number, positive]:
            seats = case.seats(*roles)
            say(case, name, seats[number % len(seats)], positive)
        case ["take a turn", number, other, positive]:
            if allowed := allowed_now(conflict):
                turn = allowed[number % len(allowed)]
                say(case, turn.message, turn.seats[other % len(turn.seats)], positive)
        case ["wait", _] if conflict.wakes():
            case.wait()
        case ["vacate", number] if not conflict.is_closed:
            case.vacate(roles[number % len(roles)])
        case ["fill", number] if not conflict.is_closed:
            role = roles[number % len(roles)]
            case.fill(role, f"person-{role}-{number}")
        case ["deliver", number]:
            kinds = sorted({notice.kind for notice in case.posted})
            outcome = (Delivery.delivered, Delivery.failed)[number % 2]
            case.deliver(kinds[number % len(kinds)], outcome)


def check(case):
    conflict = case.conflict
    rungs = [rung.id for rung in conflict.ladder.rungs]
    assert conflict.reached == rungs[: len(conflict.reached)]
    assert conflict.step_id == (conflict.reached[-1] if conflict.reached else None)
    keys = [notice.key for notice in case.posted]
    assert len(keys) == len(set(keys))
    ids = [duty.id for duty in conflict.duties]
    assert len(ids) == len(set(ids))
    if conflict.is_closed:
        assert conflict.open_duties() == []
        assert conflict.wakes() == ()
        assert {each.message for each in allowed_now(conflict)} <= TAKE_UP


@properties
@given(opening=openings, sequence=st.lists(events, max_size=40))
def test_no_sequence_skips_a_rung_leaves_a_closed_case_open_or_sends_a_notice_twice(
    dispute, opening, sequence
):
    case = dispute(**opening)

    for event in sequence:
        try:
            happen(case, event)
        except Refused:
            case.now += timedelta(minutes=1)
        check(case)


@properties
@given(opening=openings, sequence=st.lists(turns, max_size=12), last=turns)
def test_a_message_that_is_listed_may_come_from_every_seat_it_is_listed_for(
    dispute, opening, sequence, last
):
    case = dispute(**opening)

    for event in [*sequence, last]:
        refused = None
        try:
            happen(case, event)
        except Refused as error:
            refused = error
        # A seat stays listed when the one who sits there is recused: whoever takes it next may send it.
        may_be_recused = (NotYourSeat,) if case.conflict.recused else ()
        later = (*LATER_REFUSALS, *may_be_recused)
        assert refused is None or isinstance(refused, later), refused
        for rung in case.conflict.reached:
            assert speaking(case.conflict.rung_named(rung))
