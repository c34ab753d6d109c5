"""Contact as often as the plan says, each kind on a clock of its own, for as long as there is a plan."""

from datetime import timedelta

import pytest

from tests.lifecycles.intake import cars
from tests.lifecycles.intake.csm import change, planned
from tests.lifecycles.intake.walk import local
from throughcare.case.duty import (
    Act,
    Basis,
    DutyStatus,
)
from throughcare.lifecycles.client.acts import ClientAct

pytestmark = pytest.mark.clause("CS-W-9")

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)

BOTH = [
    {"kind": "face-to-face", "every": "P7D"},
    {"kind": "natural-supports", "every": "P1M"},
]
WITH_PHONE = [
    {"kind": "face-to-face", "every": "P7D"},
    {"kind": "phone", "every": "P3D"},
]


def clock(walk, kind):
    """The latest duty of this kind of contact."""
    found = [d for d in walk.case.duties if d.act == ClientAct.worker_contact]
    return [duty for duty in found if duty.target == kind][-1]


def test_each_kind_of_contact_has_a_clock_of_its_own():
    walk = planned(contacts=BOTH)

    assert clock(walk, "face-to-face").due_at == local("2026-03-09 09:00")
    assert clock(walk, "natural-supports").due_at == local("2026-04-02 09:00")
    assert clock(walk, "face-to-face").holders[0].role == "coordinator"


def test_it_is_the_plans_own_limit_and_never_shown_as_the_policys():
    walk = planned()

    assert clock(walk, "face-to-face").basis is Basis.plan


def test_eight_days_of_phone_calls_alone_leave_the_face_to_face_contact_due():
    walk = planned(contacts=WITH_PHONE)

    for _ in range(4):
        walk.after(2 * DAY)
        walk.say("contact_held", "coordinator", kind="phone")

    assert clock(walk, "face-to-face").status is DutyStatus.missed
    assert clock(walk, "phone").is_open
    assert walk.case.is_overdue


@pytest.mark.parametrize(
    ("early", "status"),
    [(MINUTE, DutyStatus.open), (timedelta(0), DutyStatus.missed)],
    ids=["a minute before", "at the limit"],
)
def test_a_week_is_a_week(early, status):
    walk = planned()

    walk.until(local("2026-03-09 09:00") - early)

    assert clock(walk, "face-to-face").status is status


def test_a_contact_by_a_kind_the_plan_does_not_name_stops_nothing():
    walk = planned()
    walk.after(DAY)

    walk.say("contact_held", "coordinator", kind="phone")

    assert clock(walk, "face-to-face").due_at == local("2026-03-09 09:00")
    assert "another kind" in walk.said("contact_held")[0].text


def test_a_contact_starts_its_clock_again_from_when_it_was_held():
    walk = planned()
    walk.after(3 * DAY)

    walk.say("contact_held", "coordinator", kind="face-to-face", at=walk.now - DAY)

    assert clock(walk, "face-to-face").due_at == local("2026-03-11 09:00")
    assert clock(walk, "face-to-face").is_open


def test_a_contact_from_before_the_last_one_moves_no_clock_and_mends_no_miss():
    walk = planned()
    walk.after(5 * DAY)
    walk.say("contact_held", "coordinator", kind="face-to-face")
    walk.after(8 * DAY)

    walk.say("contact_held", "coordinator", kind="face-to-face", at=walk.now - 9 * DAY)

    assert clock(walk, "face-to-face").status is DutyStatus.missed
    assert clock(walk, "face-to-face").opened_at == local("2026-03-07 09:00")


def test_a_contact_entered_late_counts_from_when_it_was_held():
    walk = planned()
    walk.after(8 * DAY)
    missed = clock(walk, "face-to-face")

    walk.say("contact_held", "coordinator", kind="face-to-face", at=walk.now - 2 * DAY)

    (mended,) = [duty for duty in walk.case.duties if duty.id == missed.id]
    assert mended.status is DutyStatus.met and mended.entered_late
    assert clock(walk, "face-to-face").due_at == local("2026-03-15 10:00")


def test_a_contact_that_is_missed_goes_up_from_holder_to_holder():
    walk = planned()

    walk.after(30 * DAY)

    above = [d for d in walk.case.duties if d.act == Act.follow_up]
    mine = [d for d in above if d.clause == "CS-W-9"]
    assert [d.holders[0].role for d in mine] == ["supervisor", "program-manager"]
    assert "CS-W-9" in [entry.clause for entry in walk.said("unresolved")]

    walk.say("contact_held", "coordinator", kind="face-to-face")

    assert not walk.case.is_closed
    assert clock(walk, "face-to-face").is_open
    open_above = walk.case.outstanding(Act.follow_up)
    assert "CS-W-9" not in [duty.clause for duty in open_above]


def test_the_clocks_go_on_in_the_care_plan_where_they_stand():
    walk = planned(contacts=BOTH)
    walk.after(3 * DAY)

    after = walk.enroll()

    assert clock(after, "face-to-face").due_at == local("2026-03-09 09:00")
    assert clock(after, "natural-supports").due_at == local("2026-04-02 09:00")
    after.say("contact_held", "coordinator", kind="face-to-face")
    assert clock(after, "face-to-face").due_at == local("2026-03-12 09:00")
    after.until(local("2026-03-12 09:00"))
    assert clock(after, "face-to-face").status is DutyStatus.missed
    assert after.told("climbed") == ["supervisor"]


def test_a_contact_held_in_the_intake_is_where_the_care_plan_counts_from():
    walk = planned(contacts=BOTH)
    walk.after(DAY)

    walk.say(
        "contact_held", "coordinator", kind="natural-supports", at=walk.now - 2 * MINUTE
    )
    after = walk.enroll()

    assert clock(after, "natural-supports").due_at == local("2026-04-03 08:58")


def test_a_new_worker_takes_the_clocks_as_they_are():
    walk = planned()
    walk.say("change_requested", walk.intake, by="client")
    walk.after(DAY)

    change(walk)

    assert clock(walk, "face-to-face").due_at == local("2026-03-09 09:00")
    assert clock(walk, "face-to-face").holders[0].seat == "seat-elm"


def test_a_revised_plan_sets_the_clocks_anew():
    walk = cars.planned()
    walk.say("circumstances_changed", "coordinator", what="Moved")
    twice: list[dict[str, str]] = [
        {"kind": "phone", "every": "P2D"},
        {"kind": "face-to-face", "every": "P7D"},
    ]
    walk.say("plan_revised", "coordinator", **cars.PLAN, contacts=twice)
    walk.after(DAY)
    walk.say("circumstances_changed", "coordinator", what="Moved again")

    once: list[dict[str, str]] = [{"kind": "phone", "every": "P14D"}]
    walk.say("plan_revised", "coordinator", **cars.PLAN, contacts=once)

    (only,) = walk.case.outstanding(ClientAct.worker_contact)
    assert (only.target, only.due_at) == ("phone", walk.now + 14 * DAY)
    assert clock(walk, "face-to-face").status is DutyStatus.withdrawn
