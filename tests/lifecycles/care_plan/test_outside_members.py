"""Members of the team who have no seat here: what they are told by e-mail, what is held, and signing through a link."""

import pytest

from tests.lifecycles.care_plan.walk import (
    CLIENT,
    COORDINATOR,
    WEEK,
    WORKER,
    PlanWalk,
    enrolled,
    signing,
)
from throughcare.case.notice import Notice
from throughcare.case.refusals import (
    NotYourSeat,
    Refused,
    Unreadable,
)
from throughcare.case.seats import (
    Actor,
    Capacity,
    HeldSeat,
)
from throughcare.lifecycles.client.plan_facts import Version
from throughcare.store.addressees import members_outside

SISTER, DOCTOR = "member-3", "member-4"
EMAIL = "sister@family.example"


def with_outsiders() -> PlanWalk:
    """A sister the client named, and a doctor for whom there is no consent; both have an address."""
    walk = enrolled()
    walk.invite("family", "Demo Sister", contact=f"555 0100, {EMAIL}")
    walk.invite("clinical", "Dr Demo", contact="doctor@clinic.example")
    return walk


def signing_outside() -> tuple[PlanWalk, Version]:
    walk = with_outsiders()
    walk.meet(CLIENT, COORDINATOR, SISTER, DOCTOR)
    walk.write_all()
    return walk, walk.put_forward()


def outside(walk: PlanWalk, kind: str) -> list[Notice]:
    sent = [each for each in walk.posted if each.receiver.role == "member"]
    return [each for each in sent if each.kind == kind]


def told(walk: PlanWalk, kind: str) -> list[str | None]:
    return [each.receiver.seat for each in outside(walk, kind)]


def held(walk: PlanWalk) -> list[tuple[str, str]]:
    return [(e.text, e.note) for e in walk.case.timeline if e.kind == "held"]


def linked(member: str, seat: str | None = None) -> Actor:
    seat = seat or member
    return Actor(person=seat, seats=(HeldSeat(seat=seat, capacity=Capacity.link),))


def refusal(walk: PlanWalk, actor: Actor, name: str, **facts: object) -> Refused:
    try:
        walk.say_as(actor, name, **facts)
    except Refused as refused:
        return refused
    raise AssertionError(f"{name} was not refused")


# -- word to them ------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-M-1")
def test_family_the_client_named_is_told_of_a_meeting_by_e_mail():
    walk = with_outsiders()

    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))

    [notice] = outside(walk, "member_meeting")
    assert (notice.receiver.seat, notice.what) == (SISTER, "1")
    assert notice.due_at == walk.now + WEEK


@pytest.mark.clause("CP-E-5")
def test_word_of_a_meeting_is_held_from_whoever_there_is_no_consent_for():
    walk = with_outsiders()

    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))

    [(text, words)] = held(walk)
    assert "no consent for 1 of the team" in text
    assert words == DOCTOR


@pytest.mark.clause("CP-E-5")
def test_with_a_consent_they_are_told_too_and_nothing_is_held():
    walk = with_outsiders()
    walk.consent("Dr Demo")

    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))

    assert told(walk, "member_meeting") == [SISTER, DOCTOR]
    assert held(walk) == []


@pytest.mark.clause("CP-E-5")
def test_what_was_held_goes_out_when_the_consent_comes():
    walk, version = signing_outside()

    walk.consent("Dr Demo")

    assert told(walk, "member_meeting")[-1] == DOCTOR
    assert told(walk, "signature") == [SISTER, DOCTOR]
    assert outside(walk, "signature")[-1].step == f"version {version.number}"
    assert [e.kind for e in walk.case.timeline].count("released") == 1


def test_whoever_has_no_address_is_told_nothing_and_nothing_is_held():
    walk = enrolled()
    walk.invite("family", "Demo Sister", contact="555 0100")
    walk.invite("clinical", "Dr Demo")

    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))

    assert told(walk, "member_meeting") == []
    assert held(walk) == []


@pytest.mark.parametrize(
    "contact",
    ["josé.demo-pérez@correo.example", "john@gmail", "john @gmail.example"],
)
def test_an_address_that_cannot_be_read_whole_is_written_to_in_no_part(contact: str):
    walk = enrolled()
    walk.invite("family", "Demo Sister", contact=contact)

    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))

    assert told(walk, "member_meeting") == []
    assert members_outside(walk.life) == {}


def test_whoever_left_is_told_of_no_meeting():
    walk = with_outsiders()
    walk.say("member_left", WORKER, member=SISTER, reason="Moved away")

    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))

    assert told(walk, "member_meeting") == []


@pytest.mark.clause("CP-C-j")
def test_they_are_asked_to_sign_the_version_they_took_part_in():
    walk, version = signing_outside()

    [notice] = outside(walk, "signature")
    assert (notice.receiver.seat, notice.step) == (SISTER, f"version {version.number}")
    assert held(walk)[-1][1] == DOCTOR


def test_no_notice_and_no_line_says_who_they_are_or_where_they_live():
    walk, _ = signing_outside()

    said = [each.model_dump_json() for each in walk.posted]
    said += [each.text for each in walk.case.timeline]
    for secret in (EMAIL, "Demo Sister", "Dr Demo", "clinic.example"):
        assert not [each for each in said if secret in each]


# -- their own word ------------------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-C-j")
def test_a_name_that_comes_by_a_link_is_marked_so_for_ever():
    walk, version = signing_outside()

    by_link = signing(version, SISTER) | {"how": "link"}
    walk.say_as(linked(SISTER), "plan_signed", **by_link)

    signature = walk.life.signature(SISTER, version.number)
    assert signature is not None
    assert (signature.outcome, signature.how) == ("signed", "link")
    entry = walk.case.timeline[-1]
    assert (entry.capacity, entry.person) == (Capacity.link, SISTER)
    assert "through a signed link" in entry.text


@pytest.mark.clause("CP-C-j")
def test_a_reason_not_to_sign_that_comes_by_a_link_is_marked_so_too():
    walk, version = signing_outside()

    why = {"outcome": "refused", "reason": "Too far away"}
    facts = {"member": SISTER, "version": version.number} | why
    walk.say_as(linked(SISTER), "signature_missing", **facts)

    signature = walk.life.signature(SISTER, version.number)
    assert signature is not None
    assert (signature.outcome, signature.how) == ("refused", "link")
    assert walk.case.timeline[-1].capacity is Capacity.link


def test_by_a_link_nobody_signs_for_another_or_says_anything_else():
    walk, version = signing_outside()
    for_client = signing(version, CLIENT) | {"how": "link"}

    for name, facts in (("plan_signed", for_client), ("note_added", {"words": "Hi"})):
        assert isinstance(refusal(walk, linked(SISTER), name, **facts), NotYourSeat)


def test_by_a_link_nobody_enters_a_signature_on_paper():
    walk, version = signing_outside()

    paper = signing(version, SISTER) | {"how": "paper"}

    assert (
        "agency's people"
        in refusal(walk, linked(SISTER), "plan_signed", **paper).detail
    )


def test_a_link_is_good_for_nothing_without_a_consent():
    walk, version = signing_outside()

    by_link = signing(version, DOCTOR) | {"how": "link"}

    assert isinstance(
        refusal(walk, linked(DOCTOR), "plan_signed", **by_link), NotYourSeat
    )


def test_a_link_is_good_for_nothing_once_they_left():
    walk, version = signing_outside()
    walk.say("member_left", WORKER, member=SISTER, reason="Moved away")

    by_link = signing(version, SISTER) | {"how": "link"}

    assert isinstance(
        refusal(walk, linked(SISTER), "plan_signed", **by_link), NotYourSeat
    )


def test_a_link_is_good_for_one_version_alone():
    walk, version = signing_outside()
    walk.put_forward()

    by_link = signing(version, SISTER) | {"how": "link"}

    assert isinstance(
        refusal(walk, linked(SISTER), "plan_signed", **by_link), Unreadable
    )


def test_whoever_is_refused_late_is_told_where_they_were_asked():
    walk, _ = signing_outside()
    actor, now = linked(SISTER), walk.now

    walk.case.refuse("plan_signed", "Too late.", actor, "m1", now)

    assert walk.case.unsent[-1].receiver.role == "member"
    assert walk.case.unsent[-1].kind == "refused"
