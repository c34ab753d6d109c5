"""Who would fit a client: a stated wish first, else the needs that were found; with reasons, and nobody left out."""

import pytest

from throughcare.lifecycles.client.facts import Preference
from throughcare.lifecycles.client.fit import (
    Candidate,
    matches,
    rank,
)


def candidate(seat: str, **changed: object) -> Candidate:
    return Candidate.model_validate(
        {
            "seat": seat,
            "title": "Supports Coordinator",
            "organization": "Maplewood Demo Supports",
            "person": f"person-of-{seat}",
            "capacity": 10,
            "caseload": 5,
        }
        | changed
    )


def wish(kind: str, words: str) -> Preference:
    return Preference(kind=kind, words=words)


def order(ranked) -> list[str]:
    return [each.candidate.seat for each in ranked]


EQUIPPED = candidate("equipped", experience=("adaptive equipment purchasing",))
BILINGUAL = candidate(
    "bilingual", gender="female", languages=("English", "Spanish"), culture=("Arab",)
)
ROOMY = candidate("roomy", gender="male", caseload=0, other=("mature",))
EVERYBODY = (ROOMY, BILINGUAL, EQUIPPED)


@pytest.mark.clause("CS-G-2")
def test_whoever_meets_a_stated_wish_comes_first():
    ranked = rank(EVERYBODY, [wish("experience", "Adaptive equipment")], ())

    assert order(ranked)[0] == "equipped"
    assert "matches experience: Adaptive equipment" in ranked[0].reasons
    assert [each.kind for each in ranked[0].meets] == ["experience"]
    assert "does not match experience: Adaptive equipment" in ranked[1].reasons


@pytest.mark.clause("CS-G-2")
def test_of_two_wishes_whoever_meets_both_comes_before_whoever_meets_one():
    wishes = [wish("gender", "a woman"), wish("language", "speaks Spanish")]
    monolingual = candidate("monolingual", gender="Female", languages=("English",))

    ranked = rank([ROOMY, monolingual, BILINGUAL], wishes, ())

    assert order(ranked) == ["bilingual", "monolingual", "roomy"]


@pytest.mark.clause("CS-G-3")
@pytest.mark.clause("CS-X-2")
def test_with_no_wish_whoever_has_done_what_is_needed_comes_first():
    ranked = rank(EVERYBODY, (), ["experience with adaptive equipment purchasing"])

    assert order(ranked)[0] == "equipped"
    assert (
        "matches the need: experience with adaptive equipment purchasing"
        in ranked[0].reasons
    )
    assert ranked[1].answers == ()


@pytest.mark.clause("CS-G-3")
def test_a_wish_weighs_more_than_a_need_and_the_need_decides_between_equals():
    both = candidate("both", gender="male", experience=("dual conditions",))

    ranked = rank(
        [EQUIPPED, ROOMY, both], [wish("gender", "male")], ["dual conditions"]
    )

    assert order(ranked) == ["both", "roomy", "equipped"]


@pytest.mark.parametrize(
    ("kind", "words", "is_met"),
    [
        pytest.param("gender", "Female", True, id="another spelling"),
        pytest.param("gender", "male", False, id="a word within another"),
        pytest.param("language", "es", True, id="a language by its code"),
        pytest.param("language", "Hmong", False, id="a language they do not speak"),
        pytest.param("culture", "someone Arab", True, id="culture"),
        pytest.param("something else", "Spanish", True, id="a kind nobody foresaw"),
        pytest.param("gender", "not a woman", None, id="what is not wanted"),
    ],
)
@pytest.mark.clause("CS-G-2")
def test_a_wish_in_free_words_is_looked_for_in_the_profile(kind, words, is_met):
    assert matches(BILINGUAL, kind, words) is is_met


@pytest.mark.clause("CS-G-2")
def test_a_wish_that_says_what_is_not_wanted_is_left_to_people():
    (ranked,) = rank([BILINGUAL], [wish("gender", "not a woman")], ())

    assert ranked.meets == ()
    assert "for you to judge: gender: not a woman" in ranked.reasons


def test_a_wish_for_the_former_worker_is_met_by_them():
    former = candidate("former", former=True)

    ranked = rank([ROOMY, former], [wish("history", "the worker from before")], ())

    assert order(ranked) == ["former", "roomy"]
    assert "was their former worker" in ranked[0].reasons


def test_whoever_has_no_room_comes_last_and_says_so():
    full = EQUIPPED.model_copy(update={"caseload": 10})

    ranked = rank([full, ROOMY], [wish("experience", "adaptive equipment")], ())

    assert order(ranked) == ["roomy", "equipped"]
    assert "has room for 10 more" in ranked[0].reasons
    assert "has no room: 10 of 10" in ranked[1].reasons
    assert not ranked[1].available


def test_an_empty_seat_and_one_without_a_profile_are_shown_with_what_is_missing():
    empty = candidate("empty", person=None)
    unwritten = candidate("unwritten", capacity=None, caseload=2)

    ranked = rank([empty, unwritten], (), ())

    assert order(ranked) == ["unwritten", "empty"]
    assert "has 2; how many they can have is not written down" in ranked[0].reasons
    assert "nobody sits there now" in ranked[1].reasons


@pytest.mark.clause("CF-S-2a")
def test_of_equals_whoever_is_independent_comes_first_and_the_other_says_why_not():
    tied = candidate("a", independent=False, shares_with=("Harbor Demo Shelter",))
    free = candidate("b", independent=True)

    ranked = rank([tied, free], (), ())

    assert order(ranked) == ["b", "a"]
    assert "independent of everybody who delivers services" in ranked[0].reasons
    assert (
        "same agency as provider Harbor Demo Shelter: not independent"
        in ranked[1].reasons
    )


@pytest.mark.clause("CF-S-2c")
def test_a_worker_who_delivers_a_service_themself_says_so():
    both = candidate("a", independent=False, delivers=("Lantern Demo Treatment",))

    (ranked,) = rank([both], (), ())

    assert (
        "is the provider Lantern Demo Treatment themself: not independent"
        in ranked.reasons
    )


def test_nobody_is_left_out_and_the_order_is_the_same_every_time():
    wishes, needs = [wish("age", "mature")], ["dual conditions"]

    forwards, backwards = (
        rank(EVERYBODY, wishes, needs),
        rank(EVERYBODY[::-1], wishes, needs),
    )

    assert order(forwards) == order(backwards)
    assert set(order(forwards)) == {each.seat for each in EVERYBODY}
