"""The text of the plan under milwaukee-cars: its sections, the order they are written in, and what keeps it from being whole."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.lifecycles.care_plan.walk import (
    CLIENT,
    COORDINATOR,
    SECTIONS,
    UPDATES,
    WEEK,
    WORKER,
    PlanWalk,
    agreed,
    enrolled,
    met,
    written,
)
from throughcare.case.refusals import Overwritten, Unreadable

# -- the order of work ----------------------------------------------------------------------------------------------------


def refused_writing(walk: PlanWalk, section: str, content: dict[str, Any]) -> str:
    last = walk.case.latest(section)
    return walk.refusal(
        "section_written",
        WORKER,
        section=section,
        replaces=last.revision if last else 0,
        content=content,
    ).detail


@pytest.mark.clause("CP-O-1")
def test_the_vision_comes_first_and_waits_for_nothing():
    walk = enrolled()

    walk.write("vision", SECTIONS["vision"])

    assert walk.said("section_written")[0].clause == "CP-O-1"


@pytest.mark.clause("CP-O-2")
def test_strengths_before_the_vision_are_out_of_order():
    detail = refused_writing(enrolled(), "strengths", SECTIONS["strengths"])

    assert "CP-O-2" in detail
    assert "write vision first" in detail


@pytest.mark.clause("CP-O-3")
def test_needs_before_strengths_are_out_of_order():
    walk = enrolled()
    walk.write("vision", SECTIONS["vision"])

    detail = refused_writing(walk, "needs", SECTIONS["needs"])

    assert "CP-O-3" in detail
    assert "write strengths first" in detail


def up_to_strengths() -> PlanWalk:
    walk = enrolled()
    for section in ("vision", "strengths"):
        walk.write(section, SECTIONS[section])
    return walk


@pytest.mark.clause("CP-O-4")
def test_strategies_before_needs_are_out_of_order():
    detail = refused_writing(up_to_strengths(), "strategies", SECTIONS["strategies"])

    assert "CP-O-4" in detail
    assert "write needs first" in detail


@pytest.mark.clause("CP-O-4")
def test_strategies_before_the_needs_are_ranked_are_out_of_order():
    walk = up_to_strengths()
    walk.write("needs", {"needs": [need("home"), need("work", rank=1)]})

    detail = refused_writing(walk, "strategies", SECTIONS["strategies"])

    assert "CP-O-4" in detail
    assert detail.endswith("without a rank are home.")


@pytest.mark.clause("CP-O-2")
@pytest.mark.clause("CP-O-3")
@pytest.mark.clause("CP-O-4")
def test_in_their_order_every_section_is_taken():
    walk = enrolled()

    walk.write_all()

    assert [each.section for each in walk.case.writings] == list(SECTIONS)


@pytest.mark.clause("CP-E-12")
def test_the_safety_plan_can_be_written_at_any_time():
    walk = enrolled()

    walk.write("safety", SECTIONS["safety"])

    assert walk.case.latest("safety").revision == 1


# -- what keeps it from being whole ----------------------------------------------------------------------------------------


def need(name: str, text: str = "To be safe", **facts: Any) -> dict[str, Any]:
    return {"id": name, "whose": "client", "text": text, **facts}


def not_whole(walk: PlanWalk, kind: str = "final") -> str:
    before = len(walk.life.versions)
    detail = walk.refusal("plan_put_forward", WORKER, kind=kind).detail
    assert len(walk.life.versions) == before
    assert "The plan is not whole" in detail
    return detail


def without(section: str) -> PlanWalk:
    """A plan with everything in it but this section."""
    walk = written()
    walk.case.writings = [e for e in walk.case.writings if e.section != section]
    return walk


@pytest.mark.parametrize(
    "section",
    [
        pytest.param("vision", marks=pytest.mark.clause("CP-C-d"), id="vision"),
        pytest.param("strengths", marks=pytest.mark.clause("CP-C-e"), id="strengths"),
        pytest.param("needs", marks=pytest.mark.clause("CP-C-f"), id="needs"),
        pytest.param("strategies", marks=pytest.mark.clause("CP-C-g"), id="strategies"),
        pytest.param("safety", marks=pytest.mark.clause("CP-E-12"), id="safety"),
    ],
)
def test_a_plan_without_a_section_is_refused_and_names_it(section: str):
    walk = without(section)

    detail = not_whole(walk)

    found = walk.case.rules.plan.section(section)
    assert f"{found.title} ({found.clause})" in detail


@pytest.mark.clause("CP-C-e")
def test_strengths_are_those_of_the_client_and_of_others_on_the_team():
    walk = written()
    both = [
        {"whose": "the client", "text": "Never gives up"},
        {"whose": "the sister", "text": "Always answers"},
    ]
    walk.write("strengths", {"strengths": both})

    version = walk.put_forward()

    strengths = walk.case.content_of(version)["strengths"].strengths
    assert [each.whose for each in strengths] == ["the client", "the sister"]


@pytest.mark.clause("CP-C-d")
def test_the_clients_own_words_are_kept_as_quotes():
    walk = written()

    assert walk.case.latest("vision").content.quotes == ("I want a door I can close",)


@pytest.mark.clause("CP-C-f")
def test_needs_without_ranks_are_refused():
    walk = written()
    walk.write("needs", {"needs": [need("home", rank=1), need("work")]})

    assert "without a rank are work" in not_whole(walk)


@pytest.mark.clause("CP-C-f")
def test_no_two_needs_have_the_same_rank():
    walk = up_to_strengths()
    needs = [need("home", rank=1), need("work", rank=1)]

    assert "no two have the same rank" in refused_writing(
        walk, "needs", {"needs": needs}
    )


@pytest.mark.clause("CP-C-g")
def test_a_ranked_need_with_no_strategy_is_refused():
    walk = written()
    walk.write("needs", {"needs": [need("home", rank=1), need("work", rank=2)]})

    assert "without a strategy are work" in not_whole(walk)


@pytest.mark.clause("CP-C-g")
def test_a_strategy_is_for_a_need_of_the_plan():
    walk = written()

    detail = refused_writing(
        walk, "strategies", {"strategies": [{"need": "work", "text": "Ask around"}]}
    )

    assert "need must be one of: home" in detail


@pytest.mark.clause("CP-C-h")
def test_the_first_plan_needs_no_updates_and_every_later_one_does():
    walk = agreed()

    detail = not_whole(walk, "amended")

    assert "CP-C-h" in detail
    walk.write("updates", UPDATES)
    walk.put_forward("amended")


@pytest.mark.clause("CP-C-h")
def test_a_plan_that_follows_a_preliminary_one_is_still_the_teams_first():
    walk = enrolled()
    walk.write("safety", SECTIONS["safety"])
    walk.put_in_force("preliminary")
    walk.meet()
    for section in ("vision", "strengths", "needs", "strategies"):
        walk.write(section, SECTIONS[section])

    version = walk.put_in_force()

    assert version.kind == "final"


@pytest.mark.clause("CP-C-i")
def test_a_plan_with_no_next_meeting_is_refused():
    walk = agreed()
    both = [CLIENT, COORDINATOR]
    walk.say("closure_agreed", WORKER, agreed_by=both, readiness="Manages alone")
    walk.meet(next=None)
    walk.write("updates", UPDATES)

    assert "CP-C-i" in not_whole(walk, "amended")


@pytest.mark.clause("CP-C-b")
@pytest.mark.clause("CP-E-11a")
@pytest.mark.clause("CP-P-2")
def test_a_plan_is_not_the_teams_before_the_team_has_met():
    walk = enrolled()
    walk.say("meeting_scheduled", WORKER, **walk.following(WEEK))
    walk.write_all()

    detail = not_whole(walk)

    assert "the team has not met with the client" in detail


@pytest.mark.clause("CP-E-11a")
@pytest.mark.clause("CP-E-11b")
def test_a_meeting_without_the_client_does_not_make_a_plan_final():
    walk = enrolled()
    walk.meet(COORDINATOR)
    walk.write_all()
    assert "the team has not met with the client" in not_whole(walk)

    walk.after(WEEK)
    walk.meet()

    assert walk.put_in_force().kind == "final"


def test_everything_that_is_missing_is_said_at_once():
    detail = not_whole(met())

    for clause in ("CP-C-d", "CP-C-e", "CP-C-f", "CP-C-g", "CP-E-12"):
        assert clause in detail


# -- the safety and crisis plan ---------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-E-6b")
@pytest.mark.clause("CP-E-12")
@pytest.mark.parametrize("lacking", ["text", "client_strengths", "natural_supports"])
def test_a_safety_plan_is_built_on_strengths_and_natural_supports(lacking: str):
    walk = enrolled()
    content = {k: v for k, v in SECTIONS["safety"].items() if k != lacking}

    detail = refused_writing(walk, "safety", content)

    assert "CP-E-12" in detail
    assert detail.endswith(f"missing: {lacking}.")


@pytest.mark.clause("CP-E-6a")
@pytest.mark.clause("CP-E-6b")
def test_a_preliminary_plan_needs_no_more_than_its_safety_plan():
    walk = enrolled()
    assert "CP-E-12" in not_whole(walk, "preliminary")
    walk.write("safety", SECTIONS["safety"])

    version = walk.put_in_force("preliminary")

    assert version.kind == "preliminary"
    assert walk.life.current is None
    assert walk.case.step == "team"


@pytest.mark.clause("CP-E-6a")
@pytest.mark.clause("CP-E-11b")
def test_after_a_preliminary_plan_the_final_one_is_still_owed():
    walk = met()
    walk.write("safety", SECTIONS["safety"])

    walk.put_in_force("preliminary")

    assert walk.duty("CP-P-2").is_open
    assert walk.case.known.plan.kind == "preliminary"


# -- needs are apart from services -------------------------------------------------------------------------------------------


@pytest.mark.clause("CP-C-f2")
@pytest.mark.parametrize("text", ["housing", "Housing.", "CHILD CARE"])
def test_a_need_worded_as_a_service_is_asked_for_its_concern(text: str):
    walk = up_to_strengths()

    detail = refused_writing(walk, "needs", {"needs": [need("home", text, rank=1)]})

    assert "CP-C-f2" in detail
    assert "Which concern is it to settle?" in detail


@pytest.mark.clause("CP-C-f2")
def test_a_concern_that_mentions_a_service_is_a_need():
    walk = up_to_strengths()

    text = "Sleeps badly for fear of losing housing"
    walk.write("needs", {"needs": [need("home", text, rank=1)]})

    assert walk.case.latest("needs").content.needs[0].text == text


# -- whose words stand ---------------------------------------------------------------------------------------------------------


def test_a_section_written_anew_counts_its_revisions():
    walk = enrolled()
    for text in ("A home", "A home of my own", "A home by the lake"):
        walk.write("vision", {"text": text})

    revisions = [(e.seq, e.revision, e.content.text) for e in walk.case.writings]
    assert revisions == [
        (1, 1, "A home"),
        (2, 2, "A home of my own"),
        (3, 3, "A home by the lake"),
    ]


def test_two_who_write_at_once_lose_nothing_of_either():
    walk = enrolled()
    walk.write("vision", {"text": "A home"})
    theirs = {"section": "vision", "replaces": 0, "content": {"text": "A garden"}}

    refused = walk.refusal("section_written", WORKER, **theirs)

    assert isinstance(refused, Overwritten)
    assert refused.shown is not None
    assert refused.shown["current"]["content"]["text"] == "A home"
    assert refused.shown["yours"] == {"text": "A garden"}
    assert len(walk.case.writings) == 1


def test_a_revision_that_nobody_wrote_cannot_be_replaced():
    refused = enrolled().refusal(
        "section_written", WORKER, section="vision", replaces=3, content={"text": "A"}
    )

    assert isinstance(refused, Unreadable)
    assert "vision is at revision 0" in refused.detail


@pytest.mark.parametrize(
    ("section", "content", "said"),
    [
        ("vision", {}, "say at least one of text"),
        ("vision", {"strengths": [{"whose": "c", "text": "t"}]}, "not strengths"),
        ("needs", {"text": "To be safe"}, "needs takes needs"),
        ("members", {"text": "Everybody"}, "must be one that is written"),
        ("dreams", {"text": "A boat"}, "must be one that is written: vision"),
    ],
    ids=["nothing", "another kind", "words for a list", "derived", "unknown"],
)
def test_a_section_takes_what_is_its_own(section: str, content: Any, said: str):
    walk = up_to_strengths()

    assert said in refused_writing(walk, section, content)


def test_no_two_needs_have_the_same_id():
    walk = up_to_strengths()

    detail = refused_writing(
        walk, "needs", {"needs": [need("home", rank=1), need("home", rank=2)]}
    )

    assert "each has an id of its own" in detail


@pytest.mark.clause("CP-C-f")
def test_a_rank_is_a_number_from_one_on():
    with pytest.raises(ValidationError, match="rank"):
        up_to_strengths().write("needs", {"needs": [need("home", rank=0)]})
