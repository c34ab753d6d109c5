"""The names under a version of the plan (CP-C-j): whose they are, how they come there, and why one may be missing."""

import pytest
from pydantic import ValidationError

from tests.lifecycles.care_plan.walk import (
    CLIENT,
    COORDINATOR,
    DAY,
    SUPERVISOR,
    WORKER,
    PlanWalk,
    agreed,
    enrolled,
    on_paper,
    signing,
    signing_now,
    written,
)
from throughcare.case.duty import DutyStatus
from throughcare.case.refusals import (
    NotYourSeat,
    OutOfOrder,
    Unreadable,
)
from throughcare.case.seats import Capacity
from throughcare.lifecycles.client.plan_facts import Version

pytestmark = pytest.mark.clause("CP-C-j")


def four_at_the_table() -> tuple[PlanWalk, Version]:
    """Client, worker, a clinic with a seat here and a sister without one; a version waits for all four names."""
    walk = enrolled()
    walk.consent("elm")
    walk.invite(
        "clinical",
        "Dr Demo",
        organization="Elm",
        provider="elm",
        member_seat="seat-elm",
    )
    walk.invite("family", "Demo Sister")
    walk.meet(CLIENT, COORDINATOR, "member-3", "member-4")
    walk.write_all()
    return walk, walk.put_forward()


# -- who signs --------------------------------------------------------------------------------------------------------------


def test_everybody_who_took_part_signs():
    _, version = four_at_the_table()

    assert version.signers == (CLIENT, COORDINATOR, "member-3", "member-4")


def test_client_and_worker_sign_though_they_were_not_at_the_last_meeting():
    walk = written()
    walk.after(DAY)
    friend = walk.invite("family", "Demo Friend")
    walk.meet(
        friend,
        absent=[
            {"member": CLIENT, "effort": "A call"},
            {"member": COORDINATOR, "effort": "Was ill"},
        ],
    )

    assert walk.put_forward().signers == (CLIENT, COORDINATOR, friend)


def test_with_four_there_and_three_names_the_missing_one_is_named():
    walk, version = four_at_the_table()
    walk.sign(CLIENT, COORDINATOR, "member-4")

    refused = walk.refusal("plan_finalized", WORKER, version=version.number)

    assert "CP-C-j" in refused.detail
    assert refused.detail.endswith("member-3 (clinical).")
    assert walk.life.current is None


def test_with_every_name_under_it_the_plan_is_in_force():
    walk, version = four_at_the_table()
    walk.sign()

    assert walk.finalize().number == version.number
    assert walk.duty("CP-C-j").status is DutyStatus.met


def test_signing_is_a_duty_as_long_as_a_version_waits():
    walk = signing_now()

    assert walk.duty("CP-C-j").is_open
    assert walk.case.step == "signing"


def test_nobody_signs_who_took_no_part():
    walk, version = four_at_the_table()
    friend = walk.invite("family", "Demo Friend")

    refused = walk.refusal("plan_signed", WORKER, **on_paper(version, friend))

    assert isinstance(refused, Unreadable)
    assert "member must be one who signs it" in refused.detail


def test_members_with_a_seat_are_asked_to_read_and_sign():
    walk, version = four_at_the_table()

    asked = [notice for notice in walk.posted if notice.kind == "signature"]
    assert [each.receiver.seat for each in asked] == ["seat-elm"]
    assert version.number in asked[0].what


# -- how a name comes there ------------------------------------------------------------------------------------------------------


def test_a_member_signs_by_account_from_their_own_seat():
    walk, version = four_at_the_table()

    walk.say_from("seat-elm", "plan_signed", **signing(version, "member-3"))

    signature = walk.life.signature("member-3", version.number)
    assert signature is not None
    assert (signature.outcome, signature.how) == ("signed", "account")
    assert signature.digest == version.digest


def test_the_worker_signs_for_themself_by_account():
    walk = signing_now()

    walk.say("plan_signed", WORKER, **signing(walk.life.versions[-1], COORDINATOR))

    signature = walk.life.signature(COORDINATOR, "2")
    assert signature is not None
    assert signature.how == "account"


@pytest.mark.parametrize("member", [CLIENT, "member-3"])
def test_nobody_signs_by_account_for_another(member: str):
    walk, version = four_at_the_table()

    refused = walk.refusal("plan_signed", WORKER, **signing(version, member))

    assert "not signed from an account of their own" in refused.detail
    assert walk.life.signatures == []


def test_a_supervisor_who_acts_for_the_worker_does_not_sign_as_them():
    walk = signing_now()
    version = walk.life.versions[-1]

    refused = walk.refusal_from(
        "seat-worker",
        "plan_signed",
        by=Capacity.supervisor,
        **signing(version, COORDINATOR),
    )

    assert "not signed from an account of their own" in refused.detail
    paper = on_paper(version, COORDINATOR)
    walk.say_from("seat-worker", "plan_signed", by=Capacity.supervisor, **paper)


@pytest.mark.parametrize("role", [WORKER, SUPERVISOR])
def test_a_signature_on_paper_is_entered_by_the_agencys_people(role: str):
    walk = signing_now()

    walk.say("plan_signed", role, **on_paper(walk.life.versions[-1], CLIENT))

    signature = walk.life.signature(CLIENT, "2")
    assert signature is not None
    assert signature.how == "paper"


def test_an_outside_member_enters_nobodys_signature_on_paper():
    walk, version = four_at_the_table()

    refused = walk.refusal_from("seat-elm", "plan_signed", **on_paper(version, CLIENT))

    assert "entered by the agency's people" in refused.detail


def test_a_signature_by_link_comes_through_a_link():
    walk, version = four_at_the_table()
    by_link = signing(version, "member-3") | {"how": "link"}

    refused = walk.refusal_from("seat-elm", "plan_signed", **by_link)
    assert "signed link" in refused.detail

    walk.say_from("seat-elm", "plan_signed", by=Capacity.link, **by_link)
    signature = walk.life.signature("member-3", version.number)
    assert signature is not None
    assert signature.how == "link"


def test_a_stranger_signs_nothing():
    walk, version = four_at_the_table()

    refused = walk.refusal_from(
        "seat-elsewhere", "plan_signed", **on_paper(version, CLIENT)
    )

    assert isinstance(refused, NotYourSeat)


def test_a_signature_on_paper_of_some_days_ago_has_the_time_it_was_made():
    walk = signing_now()
    signed_at = walk.now
    walk.after(2 * DAY)

    paper = on_paper(walk.life.versions[-1], CLIENT)
    walk.say("plan_signed", WORKER, **paper, event_at=signed_at.isoformat())

    signature = walk.life.signature(CLIENT, "2")
    assert signature is not None
    assert signature.at == signed_at


# -- what is signed ------------------------------------------------------------------------------------------------------------


def test_the_digest_must_be_that_of_the_version():
    walk = signing_now()
    version = walk.life.versions[-1]
    other = on_paper(version, CLIENT) | {"digest": "0" * 64}

    refused = walk.refusal("plan_signed", WORKER, **other)

    assert "Read the version again before signing" in refused.detail
    assert walk.life.signatures == []


def test_what_is_no_digest_is_refused_as_such():
    walk = signing_now()
    other = on_paper(walk.life.versions[-1], CLIENT) | {"digest": "yes"}

    with pytest.raises(ValidationError, match="digest"):
        walk.say("plan_signed", WORKER, **other)


def test_signatures_under_a_superseded_version_do_not_count_for_the_next():
    walk = signing_now()
    walk.sign()
    walk.write("vision", {"text": "A house by the lake"})

    version = walk.put_forward()

    refused = walk.refusal("plan_finalized", WORKER, version=version.number)
    assert "member-1 (client), member-2 (coordinator)" in refused.detail
    statuses = [duty.status for duty in walk.duties("CP-C-j")]
    assert statuses == [DutyStatus.withdrawn, DutyStatus.open]


def test_what_gave_way_to_another_version_is_signed_no_more():
    walk = signing_now()
    first = walk.life.versions[-1]
    walk.put_forward()

    refused = walk.refusal("plan_signed", WORKER, **on_paper(first, CLIENT))

    assert "put forward last, or one that came into force: 3" in refused.detail


def test_signatures_under_the_plan_in_force_stay_when_it_is_amended():
    walk = agreed()
    before = list(walk.life.signatures)

    walk.amend()

    assert walk.life.signatures[: len(before)] == before
    assert [e.version for e in walk.life.signatures] == ["2", "2", "3", "3"]


def test_nothing_is_signed_before_a_version_is_put_forward():
    walk = written()
    facts = {"member": CLIENT, "version": "2", "digest": "0" * 64}

    refused = walk.refusal("plan_signed", WORKER, **facts, how="paper")

    assert isinstance(refused, OutOfOrder)


# -- why a name is missing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["refused", "unavailable"])
def test_a_missing_name_has_its_reason_and_the_plan_goes_on(outcome: str):
    walk, version = four_at_the_table()
    walk.sign(CLIENT, COORDINATOR, "member-4")
    walk.say(
        "signature_missing",
        WORKER,
        member="member-3",
        version=version.number,
        outcome=outcome,
        reason="On leave until spring",
    )

    walk.finalize()

    signature = walk.life.signature("member-3", version.number)
    assert signature is not None
    assert (signature.outcome, signature.reason) == (outcome, "On leave until spring")


def missing(version: Version, member: str) -> dict[str, str]:
    about = {"member": member, "version": version.number}
    return about | {"outcome": "unavailable", "reason": "On leave"}


def test_a_missing_name_without_a_reason_is_refused():
    walk, version = four_at_the_table()
    facts = missing(version, "member-3") | {"reason": ""}

    with pytest.raises(ValidationError, match="reason"):
        walk.say("signature_missing", WORKER, **facts)


def test_whoever_was_unavailable_may_sign_later():
    walk, version = four_at_the_table()
    walk.sign(CLIENT, COORDINATOR, "member-4")
    walk.say("signature_missing", WORKER, **missing(version, "member-3"))
    walk.finalize()
    walk.after(DAY)

    walk.say_from("seat-elm", "plan_signed", **signing(version, "member-3"))

    signature = walk.life.signature("member-3", version.number)
    assert signature is not None
    assert signature.outcome == "signed"


def test_a_name_that_is_there_is_not_taken_away_by_a_reason_and_comes_once():
    walk, version = four_at_the_table()
    walk.sign(CLIENT)

    gone = walk.refusal("signature_missing", WORKER, **missing(version, CLIENT))
    again = walk.refusal("plan_signed", WORKER, **on_paper(version, CLIENT))

    assert gone.detail == again.detail == "member-1 has signed version 2 already."


def test_a_member_who_left_before_signing_is_accounted_for_by_a_reason():
    walk, version = four_at_the_table()
    walk.sign(CLIENT, COORDINATOR, "member-4")
    walk.say("member_left", WORKER, member="member-3", reason="Changed clinics")
    refused = walk.refusal("plan_finalized", WORKER, version=version.number)
    assert "member-3" in refused.detail

    walk.say("signature_missing", WORKER, **missing(version, "member-3"))

    assert walk.finalize().final_at == walk.now


def test_whoever_left_does_not_sign_the_next_version():
    walk, _ = four_at_the_table()
    walk.say("member_left", WORKER, member="member-3", reason="Changed clinics")

    version = walk.put_forward()

    assert version.signers == (CLIENT, COORDINATOR, "member-4")
    assert "member-3" not in [each.member for each in version.members]


def test_nobodys_name_is_on_the_timeline_where_operators_read_it():
    walk, version = four_at_the_table()
    walk.say("signature_missing", WORKER, **missing(version, "member-3"))
    walk.sign(CLIENT)

    refused = walk.refusal("plan_finalized", WORKER, version=version.number)

    shown = [entry.text for entry in walk.case.timeline] + [refused.detail]
    assert [text for text in shown if "Demo" in text or "On leave" in text] == []
