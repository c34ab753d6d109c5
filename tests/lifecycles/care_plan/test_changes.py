"""What changed in the plan since somebody signed it."""

from tests.lifecycles.care_plan.walk import (
    SECTIONS,
    UPDATES,
    WEEK,
    WORKER,
    PlanWalk,
    agreed,
    enrolled,
    signing_now,
)
from throughcare.lifecycles.care_plan.changes import Changes, changes_since


def changes(walk: PlanWalk) -> Changes:
    """Between the last two versions."""
    older, newer = walk.life.versions[-2:]
    return changes_since(walk.case, older, newer)


def test_a_version_put_forward_again_as_it_was_has_no_changes():
    walk = signing_now()
    walk.put_forward()

    found = changes(walk)

    assert found.are_none
    assert (found.older, found.newer) == ("2", "3")


def test_a_section_that_says_something_else_comes_with_both_texts():
    walk = signing_now()
    walk.write("vision", {"text": "A house by the lake"})
    walk.put_forward()

    [change] = changes(walk).sections

    assert (change.section, change.title) == ("vision", "The life the client wants")
    assert change.how == "changed"
    assert change.old is not None and change.new is not None
    assert change.old.text == "A home of my own"
    assert change.new.text == "A house by the lake"


def test_a_section_written_anew_in_the_same_words_has_not_changed():
    walk = signing_now()
    walk.write("vision", SECTIONS["vision"])
    walk.put_forward()

    assert changes(walk).sections == ()


def test_other_quotes_or_ranks_are_a_change():
    walk = signing_now()
    walk.write("vision", SECTIONS["vision"] | {"quotes": ["I want a garden"]})
    [need] = SECTIONS["needs"]["needs"]
    walk.write("needs", {"needs": [need | {"rank": 2}]})
    walk.put_forward()

    assert [each.section for each in changes(walk).sections] == ["vision", "needs"]


def test_a_new_section_is_added_and_the_order_is_that_of_the_plan():
    walk = agreed()
    walk.write("safety", SECTIONS["safety"] | {"text": "Call the neighbour first"})
    walk.write("updates", UPDATES)
    walk.put_forward("amended")

    found = [(each.section, each.how) for each in changes(walk).sections]

    assert found == [("updates", "added"), ("safety", "changed")]
    added = changes(walk).sections[0]
    assert added.old is None
    assert added.new is not None and added.new.successes == ("Moved in",)


def test_a_section_that_is_no_longer_there_is_removed():
    """No message takes one away, but an older version may have what its policy no longer asks for."""
    walk = agreed()
    older = walk.life.versions[-1]
    fewer = {k: v for k, v in older.sections.items() if k != "safety"}
    newer = older.model_copy(update={"number": "3", "sections": fewer})

    [change] = changes_since(walk.case, older, newer).sections

    assert (change.section, change.how, change.new) == ("safety", "removed", None)
    assert change.old is not None and change.old.text == "Call the sister first"


def test_after_a_preliminary_plan_everything_else_is_new():
    walk = enrolled()
    walk.write("safety", SECTIONS["safety"])
    walk.put_in_force("preliminary")
    walk.meet()
    for section in ("vision", "strengths", "needs", "strategies"):
        walk.write(section, SECTIONS[section])
    walk.put_forward()

    found = changes(walk)

    assert [(each.section, each.how) for each in found.sections] == [
        ("vision", "added"),
        ("strengths", "added"),
        ("needs", "added"),
        ("strategies", "added"),
    ]
    assert found.follow_up is not None
    assert found.follow_up.old is None


def test_who_joined_and_who_left_is_said():
    walk = signing_now()
    walk.invite("family", "Demo Friend")
    walk.put_forward()
    joined = changes(walk)
    walk.say("member_left", WORKER, member="member-3", reason="Moved away")
    walk.put_forward()
    left = changes(walk)

    assert ([e.name for e in joined.joined], joined.left) == (["Demo Friend"], ())
    assert ([e.name for e in left.left], left.joined) == (["Demo Friend"], ())


def test_a_meeting_that_moved_is_said_with_both_dates_and_places():
    walk = signing_now()
    before = walk.life.versions[-1].follow_up
    walk.say(
        "meeting_scheduled",
        WORKER,
        at=(walk.now + WEEK).isoformat(),
        place="The town hall",
    )
    walk.put_forward()

    moved = changes(walk).follow_up

    assert moved is not None and moved.new is not None
    assert moved.old == before
    assert (moved.new.at, moved.new.place) == (walk.now + WEEK, "The town hall")


def test_versions_far_apart_are_compared_as_they_stood():
    walk = agreed()
    first = walk.life.versions[0]
    walk.write("vision", {"text": "A house"})
    walk.amend()
    walk.write("vision", SECTIONS["vision"])
    third = walk.amend()

    found = changes_since(walk.case, first, third)

    assert [each.section for each in found.sections] == ["updates"]
